//! What covenants sign for bonds, checked on arrival.
//!
//! Nothing is signed that the chain does not ask for: the one way out of a bond, before it is funded; the one
//! transaction that extends it, once the way out of the new bond is signed; and the two that slash it, when
//! that was ordered. Who has signed is on record. Those who come late may sign too, while it makes sense.

use crate::{
	Asked, Bond, BondState, Bonds, Config, CovenantId, CurrentPolicy, Duty, DutySignatures, Error,
	Event, Pallet, Signatures, SlashOrders,
};
use alloc::{vec, vec::Vec};
use entangled_bitcoin::{
	bond::{slashing_transaction, unbonding_transaction, CovenantSpend, Slashable},
	Multisig, OutPoint, Signature, XOnlyKey,
};
use pallet_btc_light_client::{BitcoinChain, Host};
use polkadot_sdk::{frame_support::ensure, sp_runtime::DispatchResult};

impl<T: Config> Pallet<T> {
	/// Whether these are what the holder of a key is asked to sign for a bond. Gives the bond, and the
	/// covenant that signs.
	pub(crate) fn check_signatures(
		outpoint: &OutPoint,
		duty: Duty,
		key: &XOnlyKey,
		signatures: &[Signature],
	) -> Result<(Bond<T::AccountId>, Multisig), Error<T>> {
		let bond = Self::open_bond(outpoint)?;
		let signed = Signatures::<T>::contains_key((outpoint, duty, key));
		ensure!(!signed, Error::<T>::AlreadySigned);
		Self::ensure_asked(outpoint, &bond, duty)?;
		let signers = Self::signers(&bond, duty)?;
		ensure!(signers.keys().contains(key), Error::<T>::NotAMember);
		// Before anything is derived, which costs time.
		ensure!(signatures.len() == duty.signatures(), Error::<T>::WrongSignatureCount);
		let spends = Self::to_sign(*outpoint, &bond, duty)?;
		let good = spends.iter().zip(signatures);
		let good = good.fold(true, |good, (spend, s)| good && spend.is_signed_by::<Host>(key, s));
		ensure!(good, Error::<T>::WrongSignature);
		Ok((bond, signers))
	}

	/// Whether a covenant may sign this for a bond now.
	pub(crate) fn ensure_asked(
		outpoint: &OutPoint,
		bond: &Bond<T::AccountId>,
		duty: Duty,
	) -> Result<(), Error<T>> {
		let waits = matches!(bond.state, BondState::Registered { .. });
		// Nobody is to be led to fund a bond that is good for nothing.
		ensure!(!waits || !Self::is_banned(&bond.sequencer), Error::<T>::Banned);
		let asked = match duty {
			Duty::Unbonding => bond.may_be_unspent(),
			Duty::Extension => {
				let approved = matches!(bond.state, BondState::Approved { .. });
				let asked = Asked::<T>::contains_key(outpoint, duty);
				(approved || asked)
					&& Self::extended(bond).is_some_and(|(_, old)| old.may_be_unspent())
			},
			Duty::Slash => SlashOrders::<T>::contains_key(outpoint),
		};
		ensure!(asked, Error::<T>::NotAsked);
		Ok(())
	}

	/// Which committee has a duty.
	fn covenant_of(bond: &Bond<T::AccountId>, duty: Duty) -> Result<CovenantId, Error<T>> {
		Ok(match duty {
			Duty::Unbonding | Duty::Slash => bond.covenant,
			Duty::Extension => Self::extended(bond).ok_or(Error::<T>::NotAsked)?.1.covenant,
		})
	}

	/// Whose signatures a duty takes.
	pub(crate) fn signers(bond: &Bond<T::AccountId>, duty: Duty) -> Result<Multisig, Error<T>> {
		Self::covenant(Self::covenant_of(bond, duty)?)
	}

	/// The transactions that are to be signed for a duty.
	pub(crate) fn to_sign(
		outpoint: OutPoint,
		bond: &Bond<T::AccountId>,
		duty: Duty,
	) -> Result<Vec<CovenantSpend>, Error<T>> {
		let (terms, coin) = (Self::terms_of(bond)?, bond.coin(outpoint));
		let spends = match duty {
			Duty::Unbonding => vec![unbonding_transaction::<Host>(&terms, &coin)],
			Duty::Extension => vec![Some(Self::extension(bond)?)],
			Duty::Slash => [Slashable::Bond, Slashable::Unbonding]
				.map(|which| slashing_transaction::<Host>(which, &terms, &coin))
				.into(),
		};
		// A bond was registered because there are such transactions.
		spends.into_iter().collect::<Option<_>>().ok_or(Error::<T>::BooksBroken)
	}

	pub(crate) fn do_sign(
		outpoint: OutPoint,
		duty: Duty,
		key: XOnlyKey,
		signatures: DutySignatures,
	) -> DispatchResult {
		let (bond, signers) = Self::check_signatures(&outpoint, duty, &key, &signatures)?;
		Signatures::<T>::insert((outpoint, duty, key), signatures);
		Self::deposit_event(Event::CovenantSigned { outpoint, duty, key });
		let asked = Asked::<T>::contains_key(outpoint, duty);
		if asked && Self::is_complete(&outpoint, duty, &signers) {
			Asked::<T>::remove(outpoint, duty);
			Self::note_duty(&outpoint, duty, Self::covenant_of(&bond, duty)?, true);
			Self::on_complete(outpoint, bond, duty);
		}
		Ok(())
	}

	/// Whether enough members have signed.
	pub(crate) fn is_complete(outpoint: &OutPoint, duty: Duty, signers: &Multisig) -> bool {
		let signed = |key: &&XOnlyKey| Signatures::<T>::contains_key((outpoint, duty, key));
		let signed = signers.keys().iter().filter(signed).count();
		u32::try_from(signed).is_ok_and(|signed| signed >= signers.threshold())
	}

	/// What follows when a duty is done.
	fn on_complete(outpoint: OutPoint, bond: Bond<T::AccountId>, duty: Duty) {
		match duty {
			Duty::Unbonding if bond.extends.is_some() => {
				if matches!(bond.state, BondState::Registered { .. }) {
					Asked::<T>::insert(outpoint, Duty::Extension, ());
				}
			},
			Duty::Unbonding | Duty::Extension => Self::approve(outpoint, bond),
			Duty::Slash => {
				SlashOrders::<T>::mutate_extant(outpoint, |order| order.complete = true);
				Self::deposit_event(Event::SlashCompleted { outpoint });
			},
		}
	}

	/// Lets a bond be funded, for as long again as it could wait for signatures.
	fn approve(outpoint: OutPoint, mut bond: Bond<T::AccountId>) {
		if !matches!(bond.state, BondState::Registered { .. }) {
			return;
		}
		let policy = CurrentPolicy::<T>::get();
		let deadline =
			T::Bitcoin::clock().after(policy.registration_blocks, policy.registration_own_blocks);
		bond.state = BondState::Approved { deadline };
		Bonds::<T>::insert(outpoint, bond);
		Self::deposit_event(Event::BondApproved { outpoint });
	}
}
