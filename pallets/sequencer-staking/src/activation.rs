//! Bonds that come to count.

use crate::{Bond, BondState, Bonds, Config, Error, Event, Leave, Pallet};
use entangled_bitcoin::OutPoint;
use pallet_btc_light_client::{BitcoinChain, ClaimError, InclusionClaim, NotFinal};
use polkadot_sdk::{
	frame_support::{ensure, traits::Get},
	sp_runtime::DispatchResult,
	sp_staking::SessionIndex,
};

/// A bond that is on Bitcoin.
pub(crate) struct Activation<AccountId> {
	pub(crate) bond: Bond<AccountId>,
	/// Height of the block that it is in.
	pub(crate) included: u32,
	/// Until when it counts; `None` when it is too late for that.
	pub(crate) expires: Option<u32>,
}

impl<T: Config> Pallet<T> {
	/// What follows from the proof that a bond is on Bitcoin, if it is good now.
	pub(crate) fn plan_activation(
		outpoint: &OutPoint,
		claim: &InclusionClaim,
	) -> Result<Activation<T::AccountId>, Error<T>> {
		let bond = Self::open_bond(outpoint)?;
		let extends = bond.extends.is_some();
		let deadline = match bond.state {
			// The coin has moved. No matter that a signature was missing, or when.
			BondState::Registered { .. } | BondState::Approved { .. } if extends => u32::MAX,
			BondState::Registered { .. } => return Err(Error::<T>::NotApproved),
			BondState::Approved { deadline } => deadline.bitcoin_height,
			_ => return Err(Error::<T>::AlreadyActive),
		};
		ensure!(claim.fits(), Error::<T>::TransactionTooLong);
		ensure!(claim.txid() == outpoint.txid, Error::<T>::NotTheFunding);
		let included = claim.block.height;
		// Who looks for spent bonds looks from the registration on.
		let early = included < bond.registered.bitcoin_height;
		ensure!(extends || !early, Error::<T>::FundedTooEarly);
		// The rules may be long gone then, and the covenant too.
		ensure!(included <= deadline, Error::<T>::FundedTooLate);
		T::Bitcoin::verify(claim).map_err(Error::<T>::from)?;
		if extends {
			return Ok(Self::extension_at(bond, included));
		}
		let expires = Some(Self::place_to_expire(&bond, included)?);
		Ok(Activation { bond, included, expires })
	}

	/// What follows when the transaction is in a final block that makes a bond of another one's coin. It comes
	/// in even when it is too late for it to count, for the other one must not count any more.
	pub(crate) fn extension_at(
		bond: Bond<T::AccountId>,
		included: u32,
	) -> Activation<T::AccountId> {
		let expires = Self::place_to_expire(&bond, included).ok();
		Activation { bond, included, expires }
	}

	pub(crate) fn do_activate(outpoint: OutPoint, claim: &InclusionClaim) -> DispatchResult {
		let activation = Self::plan_activation(&outpoint, claim)?;
		Self::bring_in(outpoint, activation)
	}

	/// Lets a bond count from now on, unless it comes too late, for a sequencer that has cheated, or has taken
	/// over a coin that is to be slashed: then it is to be slashed in that one's place.
	pub(crate) fn bring_in(
		outpoint: OutPoint,
		activation: Activation<T::AccountId>,
	) -> DispatchResult {
		let Activation { mut bond, included, expires } = activation;
		Self::return_deposit(&mut bond);
		Self::forget_extension(&outpoint);
		let order = bond.extends.and_then(|old| Self::take_over(old, outpoint));
		let why = match expires {
			_ if order.is_some() => Leave::Slashed,
			_ if Self::is_banned(&bond.sequencer) => Leave::Banned,
			None => Leave::Expired,
			Some(expires) => {
				bond.state = BondState::Active { included, expires };
				Self::add_weight(&mut bond)?;
				Self::await_expiry(outpoint, expires)?;
				let value = bond.value;
				Bonds::<T>::insert(outpoint, bond);
				Self::deposit_event(Event::BondActivated { outpoint, value, expires });
				return Ok(());
			},
		};
		// It answers for what the other one answers for, or for nothing.
		let extended = Self::extended(&bond);
		bond.counts_from = extended.map_or(SessionIndex::MAX, |(_, old)| old.counts_from);
		let left = T::CurrentSession::get();
		bond.state = BondState::Leaving { included, left, unbonded: None };
		Self::deposit_event(Event::BondLeaves { outpoint, why });
		if let Some(order) = order {
			Self::order(outpoint, &bond, order.reporter);
		}
		Bonds::<T>::insert(outpoint, bond);
		Ok(())
	}
}

impl<T> From<ClaimError> for Error<T> {
	fn from(error: ClaimError) -> Self {
		match error {
			ClaimError::Block(NotFinal::Frozen) => Error::Frozen,
			ClaimError::Block(NotFinal::Stale) => Error::Stale,
			ClaimError::Block(_) => Error::BlockNotFinal,
			ClaimError::Proof(_) => Error::WrongProof,
		}
	}
}
