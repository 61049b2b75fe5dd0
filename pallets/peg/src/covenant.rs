//! Committees as the covenants of what is bonded.
//!
//! What is bonded while a committee serves can be slashed by that committee only, long after its term. So
//! its keys are never forgotten. What it slashes pays to a script of it, as a deposit does that nobody can take
//! back, and comes in here. Its members sign for that coin too, when it is swept.

use crate::{
	CoinOrigin, CommitteeId, Committees, Config, CustodyCoin, Error, Event, FormerCoins, Pallet,
	Unswept, UnsweptDeposits, MAX_UNSWEPT,
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

	/// Whether there is room for another coin that was slashed. Half of the places among those that wait to be
	/// swept are left to deposits: what was slashed can wait on Bitcoin, for nobody else can spend it.
	pub fn has_room() -> bool {
		UnsweptDeposits::<T>::decode_len().unwrap_or(0) < MAX_UNSWEPT as usize / 2
	}

	/// Takes in a coin that pays to a committee's script with this commitment, as somebody has proven who knows
	/// why it does. The block that it is in has this height. It waits to be swept. Accounts are credited with parts
	/// of it; the rest is the reserve's. Halted or not: every unit that is minted is covered by the coin. Refused
	/// while there is no room for it ([`Pallet::has_room`]), unless it is on the books already.
	pub fn receive(
		committee: CommitteeId,
		commitment: [u8; 32],
		outpoint: OutPoint,
		value: Sats,
		height: u32,
		credits: &[(T::AccountId, Sats)],
	) -> DispatchResult {
		ensure!(Committees::<T>::contains_key(committee), Error::<T>::UnknownCommittee);
		let credited = Sats::checked_sum(credits.iter().map(|(_, amount)| *amount))
			.filter(|sum| *sum <= value)
			.ok_or(Error::<T>::AboveMaximum)?;
		if Self::is_booked(outpoint) {
			// Governance has adopted it, and so the reserve has had all of it.
			ensure!(credited <= Self::reserve_fund(), Error::<T>::InvariantBroken);
		} else {
			ensure!(Self::has_room(), Error::<T>::TooManyUnswept);
			let origin = CoinOrigin::Deposit { commitment, refund: None };
			let coin = CustodyCoin { value, committee, origin };
			Self::book(outpoint, &coin, height)?;
			Self::await_sweep(Unswept { refund_height: u32::MAX, outpoint, committee })?;
			FormerCoins::<T>::remove(outpoint);
		}
		for (who, amount) in credits.iter().filter(|(_, amount)| *amount > Sats::ZERO) {
			T::Ebtc::mint_into(who, amount.0.into())?;
		}
		Self::deposit_event(Event::CoinReceived { outpoint, value, committee, credited });
		Ok(())
	}
}
