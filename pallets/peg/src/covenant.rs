//! Committees as the covenants of what is bonded.
//!
//! What is bonded while a committee serves can be slashed by that committee only, long after its term. So
//! its keys are never forgotten. What it slashes pays to its custody script, and comes in here.

use crate::{
	CoinOrigin, Coins, CommitteeId, Committees, Config, CustodyCoin, CustodyTotal, Error, Event,
	Pallet, Unswept, UnsweptDeposits,
};
use entangled_bitcoin::{Multisig, OutPoint, Sats};
use polkadot_sdk::{
	frame_support::{ensure, traits::fungible::Mutate},
	sp_runtime::DispatchResult,
};

impl<T: Config> Pallet<T> {
	/// The committee that serves.
	pub fn serving() -> Option<(CommitteeId, Multisig)> {
		let (id, committee) = Self::current_committee()?;
		Some((id, committee.multisig()?))
	}

	/// The keys of a committee that serves, or has served.
	pub fn keys_of(id: CommitteeId) -> Option<Multisig> {
		Committees::<T>::get(id)?.multisig()
	}

	/// Takes in a coin that pays to a committee's custody script, as somebody has proven who knows why it
	/// does. The block that it is in has this height. It waits to be swept. Accounts are credited with parts
	/// of it; the rest is the reserve's. Halted or not: every unit that is minted is covered by the coin.
	pub fn receive(
		committee: CommitteeId,
		outpoint: OutPoint,
		value: Sats,
		height: u32,
		credits: &[(T::AccountId, Sats)],
	) -> DispatchResult {
		ensure!(Committees::<T>::contains_key(committee), Error::<T>::UnknownCommittee);
		ensure!(!Coins::<T>::contains_key(outpoint), Error::<T>::AlreadyClaimed);
		let credited = Sats::checked_sum(credits.iter().map(|(_, amount)| *amount));
		ensure!(credited.is_some_and(|sum| sum <= value), Error::<T>::AboveMaximum);
		let custody = CustodyTotal::<T>::get().checked_add(value);
		CustodyTotal::<T>::put(custody.ok_or(Error::<T>::AboveMaximum)?);
		Coins::<T>::insert(outpoint, CustodyCoin { value, committee, origin: CoinOrigin::Change });
		let unswept = Unswept { refund_height: u32::MAX, outpoint, committee };
		UnsweptDeposits::<T>::try_mutate(|waiting| {
			let place = waiting.binary_search(&unswept).unwrap_or_else(|place| place);
			waiting.try_insert(place, unswept).map_err(|_| Error::<T>::TooManyUnswept)
		})?;
		Self::rely_on(height);
		for (who, amount) in credits {
			if *amount > Sats::ZERO {
				T::Ebtc::mint_into(who, amount.0.into())?;
			}
		}
		Self::deposit_event(Event::CoinReceived {
			outpoint,
			value,
			committee,
			credited: credited.unwrap_or(Sats::ZERO),
		});
		Ok(())
	}
}
