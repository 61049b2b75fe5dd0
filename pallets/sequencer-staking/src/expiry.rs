//! Bonds that stop counting because the end of their timelock is near, and what else is done in every block.

use crate::{
	Bond, Bonds, Config, Error, ExpiredTo, Expiries, Leave, Pallet, WeightInfo, BONDS_PER_BLOCK,
	EXPIRY_SPREAD, HEIGHTS_PER_BLOCK, MAX_EXPIRING,
};
use alloc::vec::Vec;
use entangled_bitcoin::OutPoint;
use pallet_btc_light_client::BitcoinChain;
use polkadot_sdk::frame_support::{ensure, weights::Weight};

impl<T: Config> Pallet<T> {
	/// What the pallet does in every block: so many bonds at the most expire, or are ordered to be slashed.
	pub(crate) fn step() -> Weight {
		let mut bonds = BONDS_PER_BLOCK;
		let heights = Self::expire(&mut bonds);
		Self::go_through_offences(&mut bonds);
		T::WeightInfo::step(heights, BONDS_PER_BLOCK.saturating_sub(bonds))
	}

	/// Lets bonds that have expired count no more, as many as there is budget for. Gives how many heights were
	/// looked at.
	fn expire(budget: &mut u32) -> u32 {
		let tip = T::Bitcoin::clock().bitcoin_height;
		let from = ExpiredTo::<T>::get();
		let mut height = from;
		let mut looked = 0u32;
		while height <= tip && looked < HEIGHTS_PER_BLOCK {
			looked = looked.saturating_add(1);
			if !Self::expire_at(height, budget) {
				break;
			}
			height = height.saturating_add(1);
		}
		if height != from {
			ExpiredTo::<T>::put(height);
		}
		looked
	}

	/// Lets bonds count no more that expire at a height. Gives whether all have.
	fn expire_at(height: u32, budget: &mut u32) -> bool {
		let mut due = Expiries::<T>::get(height).into_inner();
		let take = usize::try_from(*budget).unwrap_or(usize::MAX).min(due.len());
		let now = due.drain(..take).collect::<Vec<_>>();
		for outpoint in now {
			*budget = budget.saturating_sub(1);
			// Takes it out of the list, too.
			if let Some(mut bond) = Bonds::<T>::get(outpoint) {
				Self::leave(outpoint, &mut bond, Leave::Expired);
				Bonds::<T>::insert(outpoint, bond);
			}
		}
		due.is_empty()
	}

	/// Height of Bitcoin's tip at which a bond in a block of this height counts no more: so early that it can be
	/// slashed for as long as one that was unbonded, and some blocks earlier still when many expire then.
	pub(crate) fn place_to_expire(
		bond: &Bond<T::AccountId>,
		included: u32,
	) -> Result<u32, Error<T>> {
		let counts = bond.timelock.saturating_sub(bond.rules.unbonding_time);
		let latest = included.saturating_add(counts.into());
		let next = T::Bitcoin::clock().bitcoin_height.saturating_add(1);
		let earliest = next.max(ExpiredTo::<T>::get());
		ensure!(latest >= earliest, Error::<T>::ExpiresTooSoon);
		let earliest = earliest.max(latest.saturating_sub(EXPIRY_SPREAD));
		let room = |height: &u32| {
			let bonds = Expiries::<T>::decode_len(height).unwrap_or(0);
			u32::try_from(bonds).is_ok_and(|bonds| bonds < MAX_EXPIRING)
		};
		(earliest..=latest).rev().find(room).ok_or(Error::<T>::TooManyExpiring)
	}

	/// Has a bond expire at a height.
	pub(crate) fn await_expiry(outpoint: OutPoint, expires: u32) -> Result<(), Error<T>> {
		Expiries::<T>::try_mutate(expires, |due| due.try_push(outpoint))
			.map_err(|_| Error::<T>::TooManyExpiring)
	}

	/// Has a bond not expire any more.
	pub(crate) fn forget_expiry(outpoint: &OutPoint, expires: u32) {
		Expiries::<T>::mutate_exists(expires, |due| {
			if let Some(bonds) = due {
				bonds.retain(|other| other != outpoint);
			}
			*due = due.take().filter(|bonds| !bonds.is_empty());
		});
	}
}
