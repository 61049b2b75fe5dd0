//! Committees that do not sign.
//!
//! A batch sweeps what former committees hold too, and their members may be gone for ever. So an
//! attempt that does not get its signatures in time is replaced by one that leaves out the coins of
//! those committees of which too few have signed it. Their silence is remembered, and later batches do not
//! wait for it again before a while has passed. The earlier attempt stays on offer: should they return
//! and sign it, it may yet be mined in place of the other, for both spend one coin in common.
//!
//! Where it is that coin which lacks signatures, nothing helps but to wait.

use crate::{
	batch::Attempted, compose::Order, signing::Turnout, Attempts, Batch, CommitteeId, Committees,
	Config, CurrentPolicy, Event, InFlight, Pallet, Policy, UnsweptDeposits,
};
use alloc::{collections::BTreeSet, vec::Vec};
use entangled_bitcoin::{
	custody::{reprice, Progress},
	XOnlyKey,
};
use pallet_btc_light_client::{BitcoinChain, Clock};

impl<T: Config> Pallet<T> {
	/// The committees for whose signatures nothing waits at this height of Bitcoin's tip.
	pub(crate) fn silent_committees(height: u32) -> BTreeSet<CommitteeId> {
		let silent = |id: &CommitteeId| {
			Committees::<T>::get(id).is_some_and(|committee| committee.is_silent(height))
		};
		Self::relevant().into_iter().filter(silent).collect()
	}

	/// Replaces the newest attempt, whose signatures are missing, by one that does not need them, if
	/// it is time to and there is something to be gained.
	pub(crate) fn leave_out(batch: Batch, newest: &Attempted, clock: Clock, policy: &Policy) {
		let (index, attempt) = newest;
		if !clock.has_passed(attempt.sign_by) {
			return;
		}
		let Some((current, _)) = Self::current_committee() else { return };
		let lacking = Self::turnouts(*index, attempt)
			.into_iter()
			.filter(|turnout| !turnout.suffices())
			.map(|turnout| turnout.id)
			.collect::<BTreeSet<_>>();
		let mut common = attempt.coins.iter().filter(|(coin, _)| *coin == batch.common);
		if common.any(|(_, committee)| lacking.contains(committee)) {
			return;
		}
		let complete = Self::complete_attempts(&batch);
		// Where no node has any, it is as with a first attempt.
		let first = complete.is_empty().then(|| Self::fee_rate(policy));
		let progress = Progress { attempts: batch.attempts, complete: &complete };
		let decision = reprice(&policy.fees, &progress, first.or_else(T::Bitcoin::fee_rate));
		let Some((rate, min_fee)) = Self::price_of(decision) else { return };
		let mut out = Self::silent_committees(clock.bitcoin_height);
		out.extend(&lacking);
		let mut deposits = UnsweptDeposits::<T>::get().into_inner();
		deposits.retain(|deposit| !out.contains(&deposit.committee));
		let order = Order {
			first: Some(batch.common),
			deposits,
			due: !attempt.payouts.is_empty(),
			in_flight: true,
			rate,
			min_fee,
		};
		let Some((coins, selection)) = Self::compose(current, &order, clock, policy) else {
			return;
		};
		if !Self::attempt(batch, &coins, selection, rate, clock, policy) {
			return;
		}
		let until = clock.bitcoin_height.saturating_add(policy.silent_blocks);
		for id in lacking {
			Committees::<T>::mutate_extant(id, |committee| committee.silent_until = Some(until));
			Self::deposit_event(Event::CommitteeSilent { committee: id, until });
		}
	}

	/// Takes note that the holder of a key has signed an attempt. A committee of which enough have by
	/// that is silent no more.
	pub(crate) fn hear(key: &XOnlyKey, turnouts: Vec<Turnout<T::AccountId>>) {
		for Turnout { id, mut committee, signed } in turnouts {
			let last = signed == committee.threshold && committee.index_of(key).is_some();
			if last && committee.silent_until.take().is_some() {
				Committees::<T>::insert(id, committee);
				Self::deposit_event(Event::CommitteeHeard { committee: id });
			}
		}
	}

	/// Gives the newest attempt its whole time for signatures again: while the peg was halted nobody
	/// could sign.
	pub(crate) fn renew_signing() {
		let newest = InFlight::<T>::get().and_then(|batch| Self::newest_attempt(&batch));
		if let Some((index, mut attempt)) = newest.filter(|(_, attempt)| !attempt.complete) {
			attempt.sign_by = CurrentPolicy::<T>::get().sign_by(T::Bitcoin::clock());
			Attempts::<T>::insert(index, attempt);
		}
	}
}
