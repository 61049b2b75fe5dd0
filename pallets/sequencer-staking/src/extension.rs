//! A bond that takes over the coin of another one, so that it need not be free between.
//!
//! The transaction spends the old bond by its covenant and pays to the new one. The old covenant signs it only
//! once the way out of the new bond is signed. What the old bond has to answer for, the new one answers for: a
//! slash follows the coin.

use crate::{
	bond::MAX_SIGNATURES, registration::Entry, Asked, Bond, BondState, Bonds, Config, CovenantId,
	CurrentPolicy, Duty, Error, Outcome, Pallet, Presigned, Signatures, SlashOrder, SlashOrders,
};
use entangled_bitcoin::{
	bond::{check_funding, extension_transaction, CovenantSpend, MAIN_VOUT},
	transaction::without_witnesses,
	OutPoint,
};
use pallet_btc_light_client::Host;
use polkadot_sdk::{frame_support::ensure, sp_runtime::DispatchResult};

impl<T: Config> Pallet<T> {
	pub(crate) fn do_extend(
		owner: T::AccountId,
		outpoint: OutPoint,
		timelock: u16,
		covenant: CovenantId,
		presigned: Presigned,
	) -> DispatchResult {
		let old = Self::open_bond(&outpoint)?;
		ensure!(old.owner == owner, Error::<T>::NotOwner);
		let counts = matches!(old.state, BondState::Active { .. });
		ensure!(counts, Error::<T>::NotActive);
		let policy = CurrentPolicy::<T>::get();
		Self::ensure_place(&old.sequencer, true)?;
		let terms = Self::terms_now(&owner, old.staker, timelock, covenant, &policy)?;
		let old_terms = Self::terms_of(&old)?;
		let spend = extension_transaction::<Host>(&old_terms, &old.coin(outpoint), &terms)
			.ok_or(Error::<T>::BelowMinimum)?;
		let funding = without_witnesses(&spend.transaction);
		let coin = check_funding::<Host>(&funding, MAIN_VOUT, &terms, policy.min_bond)
			.map_err(Error::<T>::from)?;
		let (sequencer, extends) = (old.sequencer, Some(outpoint));
		let entry = Entry { owner, sequencer, covenant, extends, presigned };
		Self::write_down(entry, &terms, coin, &policy)
	}

	/// The bond whose coin this one takes over, if it is an extension.
	pub(crate) fn extended(bond: &Bond<T::AccountId>) -> Option<(OutPoint, Bond<T::AccountId>)> {
		let outpoint = bond.extends?;
		Some((outpoint, Bonds::<T>::get(outpoint)?))
	}

	/// The transaction by which a bond takes over another one's coin.
	pub(crate) fn extension(bond: &Bond<T::AccountId>) -> Result<CovenantSpend, Error<T>> {
		let (outpoint, old) = Self::extended(bond).ok_or(Error::<T>::NotAsked)?;
		let (terms, new) = (Self::terms_of(&old)?, Self::terms_of(bond)?);
		extension_transaction::<Host>(&terms, &old.coin(outpoint), &new)
			.ok_or(Error::<T>::BooksBroken)
	}

	/// Forgets what was signed to make a bond of another one's coin. It is done.
	pub(crate) fn forget_extension(outpoint: &OutPoint) {
		Asked::<T>::remove(outpoint, Duty::Extension);
		let _ = Signatures::<T>::clear_prefix((outpoint, Duty::Extension), MAX_SIGNATURES, None);
	}

	/// Closes the bond whose coin another one has taken over. Gives the order to slash it, if there is one,
	/// or should be: whoever cheats must not get away by way of an extension.
	pub(crate) fn take_over(
		outpoint: OutPoint,
		into: OutPoint,
	) -> Option<SlashOrder<T::AccountId>> {
		let mut old = Self::open_bond(&outpoint).ok()?;
		Self::order_pending(outpoint, &mut old);
		let order = SlashOrders::<T>::get(outpoint);
		Self::close(outpoint, old, Outcome::Extended { into });
		order
	}
}
