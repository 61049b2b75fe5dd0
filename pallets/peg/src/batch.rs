//! The payment in flight: when it leaves, what is in it, and when it is replaced.
//!
//! Decided once for each Bitcoin block. All attempts at a batch spend one coin in common, so that one
//! of them at the most can be mined. A replacement pays whom the attempts before it pay and who waits by
//! then: the more share it, the less must each pay. Who is in any of the attempts is bound to the
//! batch until one of them is mined.

use crate::{
	coin::Spendable,
	compose::{carried, Order},
	price::{share, FULL},
	transaction, Attempt, Attempts, Batch, Checkpoints, Coins, CommitteeId, Committees, Config,
	Event, InFlight, MainCoin, NextBatch, Pallet, Policy, Queue, Unswept, Withdrawal, WithdrawalId,
	WithdrawalState, Withdrawals, MAX_INPUTS, MAX_PAYOUTS,
};
use alloc::vec::Vec;
use core::cmp::Reverse;
use entangled_bitcoin::{
	custody::{decide, select, Decision, FeeFloor, Paid, Progress, Request, Selection},
	FeeRate,
};
use pallet_btc_light_client::{BitcoinChain, Clock};
use polkadot_sdk::frame_support::BoundedVec;

/// How many of those that wait and can pay are looked at for a batch: twice as many as it can have,
/// so that some that do not fit leave room for others.
const CANDIDATES: usize = 2 * MAX_PAYOUTS as usize;

/// An attempt and its number.
pub(crate) type Attempted = (u32, Attempt);

impl<T: Config> Pallet<T> {
	/// Begins a batch, or replaces the last attempt at the one in flight.
	pub(crate) fn step_batch(clock: Clock, policy: &Policy, unswept: &[Unswept]) {
		match InFlight::<T>::get() {
			Some(batch) => Self::replace(batch, clock, policy),
			None => Self::begin(clock, policy, unswept),
		}
	}

	fn begin(clock: Clock, policy: &Policy, unswept: &[Unswept]) {
		let Some((current, _)) = Self::current_committee() else { return };
		let height = clock.bitcoin_height;
		let silent = Self::silent_committees(height);
		let mut deposits = unswept.to_vec();
		// Where a refund is open, to sweep the coin is the cure.
		deposits.retain(|deposit| !silent.contains(&deposit.committee) || deposit.is_open(height));
		// No attempt is without this coin. So where there is no change yet, it is one of those who
		// sign, rather of those who serve, one that cannot wait, and the largest of these.
		let doubts = |deposit: &&Unswept| {
			let value = Coins::<T>::get(deposit.outpoint).map(|coin| coin.value);
			(
				silent.contains(&deposit.committee),
				deposit.committee != current,
				!deposit.is_urgent(current, clock, policy),
				Reverse(value),
			)
		};
		let deposit = || {
			let first = deposits.iter().take(MAX_INPUTS as usize).min_by_key(doubts);
			first.map(|deposit| deposit.outpoint)
		};
		let first = MainCoin::<T>::get().map(|(outpoint, _)| outpoint).or_else(deposit);
		let order = Order {
			first,
			deposits,
			due: false,
			in_flight: false,
			rate: Self::fee_rate(policy),
			min_fee: FeeFloor::NONE,
		};
		if let Some((coins, selection)) = Self::compose(current, &order, clock, policy) {
			Self::start(current, &coins, selection, order.rate, clock, policy);
		}
	}

	/// Whether these are enough, or the oldest of them has waited for long enough.
	pub(crate) fn is_due(requests: &[Request], clock: Clock, policy: &Policy) -> bool {
		let Some(oldest) = requests.first() else { return false };
		let waited = || {
			Withdrawals::<T>::get(oldest.id).is_some_and(|withdrawal| {
				let since = withdrawal.requested.bitcoin_height;
				clock.bitcoin_height.saturating_sub(since) >= policy.batch_wait
			})
		};
		// Nobody waits for more than a transaction can pay.
		requests.len() >= policy.batch_size.min(MAX_PAYOUTS) as usize || waited()
	}

	/// The withdrawals that wait and could pay for their part of a full batch at this rate, oldest
	/// first; and those of the batch in flight, if that is what is built anew.
	pub(crate) fn requests(rate: FeeRate, in_flight: bool) -> Vec<Request> {
		let empty = Self::empty_batch();
		let can_pay = |withdrawal: &Withdrawal<T::AccountId>| {
			let share = empty.and_then(|empty| share(empty, &withdrawal.script, FULL, rate));
			share.is_some_and(|share| withdrawal.max_fee >= share)
		};
		Queue::<T>::get()
			.into_iter()
			.filter_map(|id| Some((id, Withdrawals::<T>::get(id)?)))
			.filter(|(_, withdrawal)| match withdrawal.state {
				WithdrawalState::Pending => can_pay(withdrawal),
				WithdrawalState::InBatch => in_flight,
				_ => false,
			})
			.map(|(id, withdrawal)| request(id, &withdrawal))
			.take(CANDIDATES)
			.collect()
	}

	fn start(
		current: CommitteeId,
		coins: &[Spendable],
		selection: Selection,
		rate: FeeRate,
		clock: Clock,
		policy: &Policy,
	) {
		let Some(common) = coins.first().map(|spendable| spendable.coin.outpoint) else { return };
		let id = NextBatch::<T>::get();
		let batch = Batch { id, common, change_to: current, attempts: 0 };
		for (withdrawal, why) in &selection.skipped {
			Self::deposit_event(Event::WithdrawalSkipped { id: *withdrawal, why: *why });
		}
		if Self::attempt(batch, coins, selection, rate, clock, policy) {
			NextBatch::<T>::put(id.saturating_add(1));
		}
	}

	/// Builds an attempt and puts it on record. `false` when it cannot be built, and then nothing
	/// has changed.
	pub(crate) fn attempt(
		mut batch: Batch,
		coins: &[Spendable],
		selection: Selection,
		rate: FeeRate,
		clock: Clock,
		policy: &Policy,
	) -> bool {
		let Some(change_to) = Committees::<T>::get(batch.change_to) else { return false };
		let anchor = T::Checkpoints::newest();
		let Some((txid, sighashes)) =
			transaction::to_sign(&selection, coins, change_to.custody, &anchor)
		else {
			return false;
		};
		let inputs = coins.iter().map(|spendable| (spendable.coin.outpoint, spendable.committee));
		let Ok(inputs) = BoundedVec::try_from(inputs.collect::<Vec<_>>()) else { return false };
		let payouts = selection.payouts.iter().map(|payout| (payout.id, payout.fee));
		let Ok(payouts) = BoundedVec::try_from(payouts.collect::<Vec<_>>()) else { return false };
		for (id, _) in &payouts {
			Withdrawals::<T>::mutate_extant(id, |withdrawal| {
				withdrawal.state = WithdrawalState::InBatch
			});
		}
		let index = batch.attempts;
		let attempt = Attempt {
			txid,
			coins: inputs,
			payouts,
			change: selection.change,
			fee: selection.fee,
			custody_fee: selection.custody_fee,
			rate,
			weight: selection.weight,
			anchor,
			sighashes,
			built_at: clock.bitcoin_height,
			sign_by: policy.sign_by(clock),
			complete: false,
		};
		Self::deposit_event(Event::AttemptBuilt {
			batch: batch.id,
			attempt: index,
			txid,
			fee: attempt.fee,
		});
		Attempts::<T>::insert(index, attempt);
		batch.attempts = index.saturating_add(1);
		InFlight::<T>::put(batch);
		true
	}

	/// The attempts at a batch, oldest first.
	pub(crate) fn attempts_at(batch: &Batch) -> impl DoubleEndedIterator<Item = Attempted> {
		(0..batch.attempts).filter_map(|index| Some((index, Attempts::<T>::get(index)?)))
	}

	/// The newest attempt at a batch.
	pub(crate) fn newest_attempt(batch: &Batch) -> Option<Attempted> {
		Self::attempts_at(batch).next_back()
	}

	/// What those attempts at a batch pay that nodes may have.
	pub(crate) fn complete_attempts(batch: &Batch) -> Vec<Paid> {
		Self::attempts_at(batch)
			.filter(|(_, attempt)| attempt.complete)
			.map(|(_, Attempt { fee, weight, .. })| Paid { fee, weight })
			.collect()
	}

	/// The price of a replacement; or else what stands in its way is said.
	pub(crate) fn price_of(decision: Decision) -> Option<(FeeRate, FeeFloor)> {
		match decision {
			Decision::Replace { rate, min_fee } => return Some((rate, min_fee)),
			Decision::Wait { .. } => (),
			Decision::BlockedByCeiling { wanted } => {
				Self::deposit_event(Event::ReplacementBlocked { wanted })
			},
			Decision::Terminal(why) => Self::deposit_event(Event::NoMoreReplacements { why }),
		}
		None
	}

	/// Replaces the newest attempt, if it is time to: by one that pays more, or by one that needs the
	/// signatures of others.
	fn replace(batch: Batch, clock: Clock, policy: &Policy) {
		let Some(newest) = Self::newest_attempt(&batch) else { return };
		let last = &newest.1;
		if !last.complete {
			return Self::leave_out(batch, &newest, clock, policy);
		}
		let complete = Self::complete_attempts(&batch);
		let progress = Progress { attempts: batch.attempts, complete: &complete };
		let (height, estimate) = (clock.bitcoin_height, T::Bitcoin::fee_rate());
		let decision = decide(&policy.fees, &progress, last.built_at, height, estimate);
		let Some(price) = Self::price_of(decision) else { return };
		let Some(coins) = Self::coins_of(last) else { return };
		let requests = Self::requests(price.0, true);
		let with = |coins: &[Spendable]| {
			select(&Self::terms(coins, requests.clone(), price, clock, policy))
		};
		let selection = with(&coins).or_else(|why| {
			// Those who are paid may have to pay for one of the deposits, as when it began.
			carried(&coins).and_then(|coins| with(&coins).ok()).ok_or(why)
		});
		match selection {
			Ok(selection) => {
				Self::attempt(batch, &coins, selection, price.0, clock, policy);
			},
			Err(why) => Self::deposit_event(Event::BatchBlocked { why }),
		}
	}
}

fn request<AccountId>(id: WithdrawalId, withdrawal: &Withdrawal<AccountId>) -> Request {
	Request {
		id,
		script: withdrawal.script,
		amount: withdrawal.amount,
		max_fee: withdrawal.max_fee,
	}
}
