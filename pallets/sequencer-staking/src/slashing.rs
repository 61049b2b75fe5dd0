//! Bonds that are slashed.
//!
//! An offence costs all that is bonded for whoever cheated. The bonds are gone through, some in every block, and
//! the covenant is asked to sign for each that answers for the offence. It signs both transactions: which can
//! be mined depends on whether the staker unbonds meanwhile. What comes of it is known when one is in a final block.

use crate::{
	Asked, Bond, Bonds, BondsOf, Config, Covenants, CurrentPolicy, Duty, Event, Leave, Outcome,
	Pallet, PendingSlash, PendingSlashes, Ppm, SlashOrder, SlashOrders,
};
use alloc::vec::Vec;
use entangled_bitcoin::{
	bond::{slashed_commitment, MAIN_VOUT},
	OutPoint, Sats, Txid,
};
use pallet_btc_light_client::{BitcoinChain, Host};
use polkadot_sdk::{
	frame_support::{traits::Get, BoundedVec},
	sp_runtime::DispatchResult,
};

impl<T: Config> Pallet<T> {
	/// Goes through bonds of those who cheated, as many as there is budget for.
	pub(crate) fn go_through_offences(budget: &mut u32) {
		let mut pending = PendingSlashes::<T>::get();
		if pending.is_empty() {
			return;
		}
		let gone_through = pending.iter_mut().map(|slash| Self::go_through(slash, budget));
		let done = gone_through.take_while(|all| *all).count();
		let rest = pending.into_iter().skip(done).collect();
		PendingSlashes::<T>::put(BoundedVec::truncate_from(rest));
	}

	/// Goes through bonds of one who cheated. Those that do not answer for it count no more either: nobody is elected by
	/// them again. Gives whether that were all.
	fn go_through(slash: &mut PendingSlash<T::AccountId>, budget: &mut u32) -> bool {
		let offender = &slash.offender;
		let keys = match slash.cursor {
			Some(last) => BondsOf::<T>::iter_key_prefix_from(
				offender,
				BondsOf::<T>::hashed_key_for(offender, last),
			),
			None => BondsOf::<T>::iter_key_prefix(offender),
		};
		let limit = usize::try_from(*budget).unwrap_or(usize::MAX);
		let bonds = keys.take(limit).collect::<Vec<_>>();
		let done = bonds.len() < limit;
		for outpoint in bonds {
			*budget = budget.saturating_sub(1);
			slash.cursor = Some(outpoint);
			if let Some(mut bond) = Bonds::<T>::get(outpoint) {
				if Self::is_due(&bond, slash) {
					Self::order_slash(outpoint, &mut bond, slash.reporter.clone());
				} else {
					Self::leave(outpoint, &mut bond, Leave::Banned);
				}
				Bonds::<T>::insert(outpoint, bond);
			}
		}
		done
	}

	/// Whether a bond answers for what its sequencer did, and has not ended. The staker may have the coin by
	/// now, or not yet: whoever slashes may still come first.
	fn is_due(bond: &Bond<T::AccountId>, slash: &PendingSlash<T::AccountId>) -> bool {
		bond.sequencer == slash.offender && bond.answers_for(slash.first, slash.last)
	}

	/// Whether a bond is to be slashed, or will be when the bonds of whoever cheated are gone through.
	pub(crate) fn is_condemned(outpoint: &OutPoint, bond: &Bond<T::AccountId>) -> bool {
		SlashOrders::<T>::contains_key(outpoint)
			|| PendingSlashes::<T>::get().iter().any(|slash| Self::is_due(bond, slash))
	}

	/// Orders at once what would be when the bonds of whoever cheated are gone through.
	pub(crate) fn order_pending(outpoint: OutPoint, bond: &mut Bond<T::AccountId>) {
		let pending = PendingSlashes::<T>::get();
		if let Some(slash) = pending.into_iter().find(|slash| Self::is_due(bond, slash)) {
			Self::order_slash(outpoint, bond, slash.reporter);
		}
	}

	/// Orders a bond to be slashed, unless it is already. It counts no more.
	pub(crate) fn order_slash(
		outpoint: OutPoint,
		bond: &mut Bond<T::AccountId>,
		reporter: Option<T::AccountId>,
	) {
		if !SlashOrders::<T>::contains_key(outpoint) {
			Self::leave(outpoint, bond, Leave::Slashed);
			Self::order(outpoint, bond, reporter);
		}
	}

	/// Asks the covenant to sign what slashes a bond.
	pub(crate) fn order(
		outpoint: OutPoint,
		bond: &Bond<T::AccountId>,
		reporter: Option<T::AccountId>,
	) {
		// Not of what others lost: who has much delegated could gain by cheating and reporting it.
		let reporter = reporter.filter(|_| bond.owner == bond.sequencer);
		let order =
			SlashOrder { reporter, since: T::Bitcoin::clock(), complete: false, noted: false };
		SlashOrders::<T>::insert(outpoint, order);
		Asked::<T>::insert(outpoint, Duty::Slash, ());
		let offender = bond.sequencer.clone();
		Self::deposit_event(Event::SlashOrdered { outpoint, offender });
	}

	/// Brings what was slashed in a block of this height into the peg, and credits those who get parts of it. Rounded
	/// down; the rest stays in the peg's reserve.
	pub(crate) fn settle_slash(
		outpoint: OutPoint,
		bond: Bond<T::AccountId>,
		txid: Txid,
		height: u32,
		proceeds: Sats,
	) -> DispatchResult {
		let policy = CurrentPolicy::<T>::get();
		let to_treasury = part(proceeds, policy.treasury_share);
		let mut credits = alloc::vec![(T::Treasury::get(), to_treasury)];
		let mut to_reporter = Sats::ZERO;
		let order = SlashOrders::<T>::get(outpoint);
		if let Some(reporter) = order.and_then(|order| order.reporter) {
			to_reporter = part(proceeds, policy.reporter_share);
			credits.push((reporter, to_reporter));
		}
		let coin = OutPoint { txid, vout: MAIN_VOUT };
		let commitment = slashed_commitment::<Host>(&Self::terms_of(&bond)?);
		T::Covenants::receive(bond.covenant, commitment, coin, proceeds, height, &credits)?;
		Self::deposit_event(Event::SlashSettled {
			outpoint,
			txid,
			proceeds,
			reporter: to_reporter,
			treasury: to_treasury,
		});
		Self::close(outpoint, bond, Outcome::Slashed { txid });
		Ok(())
	}
}

/// So many parts per million of an amount, rounded down.
fn part(amount: Sats, ppm: Ppm) -> Sats {
	let part = u128::from(amount.0).saturating_mul(ppm.into()) / 1_000_000;
	// A part of what fits in 64 bits fits in 64 bits.
	Sats(u64::try_from(part).unwrap_or(amount.0))
}
