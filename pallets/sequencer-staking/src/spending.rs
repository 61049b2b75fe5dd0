//! Transactions that spend bonds, or what unbonding made of them.
//!
//! Which transaction it is decides what follows. Those that the protocol knows have ids that follow from the bond;
//! that a timelock was over, Bitcoin has seen to. Anything else the staker and the covenant have signed together
//! though nobody asked them to.

use crate::{
	Asked, Bond, BondState, Bonds, Config, Covenants, Duty, Error, Event, Leave, Outcome, Pallet,
};
use bitcoin::Transaction;
use entangled_bitcoin::{
	bond::{classify, Slashable, Spend, MAIN_VOUT},
	OutPoint, Sats, Txid,
};
use pallet_btc_light_client::{BitcoinChain, Host, InclusionClaim};
use polkadot_sdk::{frame_support::ensure, sp_runtime::DispatchResult};

/// A transaction that spends a bond.
pub(crate) struct SpendPlan<AccountId> {
	bond: Bond<AccountId>,
	txid: Txid,
	/// Height of the block that it is in.
	height: u32,
	spent: Spent,
}

/// What has become of a bond's coin.
enum Spent {
	/// It was unbonded.
	Unbonded,
	/// It was slashed, and this much came of it.
	Slashed(Sats),
	/// Another bond has taken it over.
	Extended(OutPoint),
	/// Its owner has it.
	Withdrawn,
	/// Who knows.
	Foreign,
}

impl<T: Config> Pallet<T> {
	/// What follows from the proof that a transaction spends a bond, if it is good now.
	pub(crate) fn plan_spend(
		outpoint: &OutPoint,
		claim: &InclusionClaim,
	) -> Result<SpendPlan<T::AccountId>, Error<T>> {
		let bond = Self::open_bond(outpoint)?;
		// The coin is still the old bond's. Only with what brings this one in does it take over what that one
		// answers for.
		let came_in = bond.slashable_until().is_some();
		ensure!(bond.extends.is_none() || came_in, Error::<T>::NotActive);
		ensure!(claim.fits(), Error::<T>::TransactionTooLong);
		let included = T::Bitcoin::verify(claim).map_err(Error::<T>::from)?;
		let (txid, height) = (included.txid, claim.block.height);
		let spend = Self::classify(*outpoint, &bond, &included.transaction)?;
		let spent = match spend {
			Spend::Slashing => {
				ensure!(T::Covenants::has_room(), Error::<T>::CustodyFull);
				Spent::Slashed(Self::main_value(&included.transaction)?)
			},
			Spend::Unbonding if !came_in => Spent::Withdrawn,
			Spend::Unbonding => {
				ensure!(bond.may_be_unspent(), Error::<T>::NothingNew);
				Spent::Unbonded
			},
			Spend::Withdrawal => Spent::Withdrawn,
			Spend::Extension | Spend::Foreign => {
				let into = OutPoint { txid, vout: MAIN_VOUT };
				let new = Bonds::<T>::get(into);
				let is = |new: Bond<_>| new.extends == Some(*outpoint) && !new.has_ended();
				if new.is_some_and(is) {
					Spent::Extended(into)
				} else {
					Spent::Foreign
				}
			},
		};
		Ok(SpendPlan { bond, txid, height, spent })
	}

	/// What a transaction is to a bond.
	fn classify(
		outpoint: OutPoint,
		bond: &Bond<T::AccountId>,
		transaction: &Transaction,
	) -> Result<Spend, Error<T>> {
		let (terms, coin) = (Self::terms_of(bond)?, bond.coin(outpoint));
		let found = [Slashable::Bond, Slashable::Unbonding]
			.into_iter()
			.find_map(|which| classify::<Host>(transaction, which, &terms, &coin, None));
		found.map(|(_, spend)| spend).ok_or(Error::<T>::NotASpend)
	}

	/// What a transaction's most important output holds.
	fn main_value(transaction: &Transaction) -> Result<Sats, Error<T>> {
		let output = usize::try_from(MAIN_VOUT).ok().and_then(|vout| transaction.output.get(vout));
		output.map(|output| Sats(output.value.to_sat())).ok_or(Error::<T>::BooksBroken)
	}

	pub(crate) fn do_report_spend(outpoint: OutPoint, claim: &InclusionClaim) -> DispatchResult {
		let SpendPlan { bond, txid, height, spent } = Self::plan_spend(&outpoint, claim)?;
		match spent {
			Spent::Unbonded => Self::unbonded(outpoint, bond, height),
			Spent::Slashed(proceeds) => Self::settle_slash(outpoint, bond, txid, height, proceeds)?,
			Spent::Extended(into) => {
				let new = Self::open_bond(&into)?;
				Self::bring_in(into, Self::extension_at(new, height))?
			},
			Spent::Withdrawn => Self::close(outpoint, bond, Outcome::Released),
			Spent::Foreign => Self::close(outpoint, bond, Outcome::Foreign { txid }),
		}
		Ok(())
	}

	/// The unbonding transaction is in a block of this height.
	fn unbonded(outpoint: OutPoint, mut bond: Bond<T::AccountId>, height: u32) {
		Self::leave(outpoint, &mut bond, Leave::Unbonded);
		if let BondState::Leaving { unbonded, .. } = &mut bond.state {
			*unbonded = Some(height);
		}
		Asked::<T>::remove(outpoint, Duty::Unbonding);
		let until = height.saturating_add(bond.rules.unbonding_time.into());
		Bonds::<T>::insert(outpoint, bond);
		Self::deposit_event(Event::BondUnbonded { outpoint, until });
	}
}
