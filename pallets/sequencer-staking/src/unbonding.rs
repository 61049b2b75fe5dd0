//! How a bond stops counting, and how it ends.

use crate::{
	bond::MAX_SIGNATURES, Bond, BondState, Bonds, Config, Error, Event, Leave, Outcome, Pallet,
	Signatures,
};
use entangled_bitcoin::OutPoint;
use pallet_btc_light_client::BitcoinChain;
use polkadot_sdk::{
	frame_support::{ensure, traits::Get},
	sp_runtime::DispatchResult,
};

impl<T: Config> Pallet<T> {
	/// Lets a bond count no more, if it does.
	pub(crate) fn leave(outpoint: OutPoint, bond: &mut Bond<T::AccountId>, why: Leave) {
		if Self::discount(&outpoint, bond) {
			Self::deposit_event(Event::BondLeaves { outpoint, why });
		}
	}

	/// Takes the weight of a bond away, if it counts. Gives whether it did.
	fn discount(outpoint: &OutPoint, bond: &mut Bond<T::AccountId>) -> bool {
		let BondState::Active { included, expires } = bond.state else { return false };
		Self::remove_weight(bond);
		Self::forget_expiry(outpoint, expires);
		let left = T::CurrentSession::get();
		bond.state = BondState::Leaving { included, left, unbonded: None };
		true
	}

	/// Ends a bond. What the covenant signed for it is forgotten; but not the way out of one that was given up when it
	/// could be funded, for it may have been.
	pub(crate) fn close(outpoint: OutPoint, mut bond: Bond<T::AccountId>, outcome: Outcome) {
		Self::discount(&outpoint, &mut bond);
		Self::return_deposit(&mut bond);
		Self::detach(&outpoint, &bond);
		let approved = matches!(bond.state, BondState::Approved { .. });
		let may_be_funded = approved && outcome == Outcome::Dropped && bond.extends.is_none();
		if !may_be_funded {
			let _ = Signatures::<T>::clear_prefix((outpoint,), MAX_SIGNATURES, None);
		}
		bond.state = BondState::Closed(outcome);
		Bonds::<T>::insert(outpoint, bond);
		Self::deposit_event(Event::BondClosed { outpoint, outcome });
	}

	pub(crate) fn do_unbond(owner: &T::AccountId, outpoint: OutPoint) -> DispatchResult {
		let mut bond = Self::open_bond(&outpoint)?;
		ensure!(bond.owner == *owner, Error::<T>::NotOwner);
		let counts = matches!(bond.state, BondState::Active { .. });
		ensure!(counts, Error::<T>::NotActive);
		Self::leave(outpoint, &mut bond, Leave::Asked);
		Bonds::<T>::insert(outpoint, bond);
		Ok(())
	}

	/// Closes a bond whose coin the staker can have by now. One that is to be slashed stays open, for as long as the
	/// coin lies there it can be slashed; if it does not, somebody will report that.
	pub(crate) fn do_release(outpoint: OutPoint) -> DispatchResult {
		let bond = Self::open_bond(&outpoint)?;
		let until = bond.slashable_until().ok_or(Error::<T>::NotActive)?;
		let counts = matches!(bond.state, BondState::Active { .. });
		let over = T::Bitcoin::clock().bitcoin_height >= until;
		ensure!(over && !counts, Error::<T>::NotReleased);
		ensure!(!Self::is_condemned(&outpoint, &bond), Error::<T>::BeingSlashed);
		Self::close(outpoint, bond, Outcome::Released);
		Ok(())
	}
}
