//! The payment in flight: when it leaves, what is in it, and when it is replaced.
//!
//! Decided once for each Bitcoin block. All attempts at a batch spend one coin in common, so that one
//! of them at the most can be mined. A replacement pays whom the attempts before it pay and who waits by
//! then: the more share it, the less must each pay. Who is in any of the attempts is bound to the
//! batch until one of them is mined.

use crate::{
	coin::{spend_weight, Spendable},
	committee::output,
	compose::Order,
	transaction, Attempt, Attempts, Batch, Checkpoints, CoinOrigin, CommitteeId, Committees,
	Config, Event, InFlight, MainCoin, NextBatch, Pallet, Policy, Queue, Unswept, UnsweptDeposits,
	Withdrawal, WithdrawalId, WithdrawalState, Withdrawals, MAX_PAYOUTS,
};
use alloc::vec::Vec;
use entangled_bitcoin::{
	custody::{
		decide, select, transaction_weight, Decision, FeeFloor, Paid, Progress, Request, Selection,
	},
	FeeRate, PayoutScript, Sats, Weight,
};
use pallet_btc_light_client::{BitcoinChain, Clock};
use polkadot_sdk::frame_support::BoundedVec;

/// How many of those that wait and can pay are looked at for a batch: twice as many as it can have,
/// so that some that do not fit leave room for others.
const CANDIDATES: usize = 2 * MAX_PAYOUTS as usize;

/// How many withdrawals a full batch has.
const FULL: u64 = MAX_PAYOUTS as u64;

/// An attempt and its number.
pub(crate) type Attempted = (u32, Attempt);

/// What a withdrawal costs, alone and in a full batch.
pub(crate) struct WithdrawalPrice {
	pub(crate) rate: FeeRate,
	pub(crate) alone: Sats,
	pub(crate) shared: Sats,
}

impl<T: Config> Pallet<T> {
	/// What a withdrawal to a script costs now. `None` when there is no committee to pay it.
	pub(crate) fn price_withdrawal(
		script: &PayoutScript,
		policy: &Policy,
	) -> Option<WithdrawalPrice> {
		let rate = Self::fee_rate(policy);
		let empty = Self::empty_batch()?;
		Some(WithdrawalPrice {
			rate,
			alone: share(empty, script, 1, rate)?,
			shared: share(empty, script, FULL, rate)?,
		})
	}

	/// Begins a batch, or replaces the last attempt at the one in flight.
	pub(crate) fn step_batch(clock: Clock, policy: &Policy) {
		match InFlight::<T>::get() {
			Some(batch) => Self::replace(batch, clock, policy),
			None => Self::begin(clock, policy),
		}
	}

	fn begin(clock: Clock, policy: &Policy) {
		let Some((current, _)) = Self::current_committee() else { return };
		let height = clock.bitcoin_height;
		let silent = Self::silent_committees(height);
		let mut deposits = UnsweptDeposits::<T>::get().into_inner();
		// Where a refund is open, to sweep the coin is the cure.
		deposits.retain(|deposit| !silent.contains(&deposit.committee) || deposit.is_open(height));
		// No attempt is without this coin. So where there is no change yet, it is one of those who
		// sign, and rather of those who serve.
		let doubts = |deposit: &&Unswept| {
			(silent.contains(&deposit.committee), deposit.committee != current)
		};
		let deposit = || deposits.iter().min_by_key(doubts).map(|deposit| deposit.outpoint);
		let first = MainCoin::<T>::get().map(|(outpoint, _)| outpoint).or_else(deposit);
		let order = Order {
			first,
			deposits,
			due: Self::is_due(clock, policy),
			in_flight: false,
			rate: Self::fee_rate(policy),
			min_fee: FeeFloor::NONE,
		};
		if let Some((coins, selection)) = Self::compose(current, &order, clock, policy) {
			Self::start(current, &coins, selection, order.rate, clock, policy);
		}
	}

	/// Whether enough withdrawals wait, or one has waited for long enough.
	pub(crate) fn is_due(clock: Clock, policy: &Policy) -> bool {
		let queue = Queue::<T>::get();
		let Some(oldest) = queue.first() else { return false };
		let waited = || {
			Withdrawals::<T>::get(oldest).is_some_and(|withdrawal| {
				let since = withdrawal.requested.bitcoin_height;
				clock.bitcoin_height.saturating_sub(since) >= policy.batch_wait
			})
		};
		queue.len() >= policy.batch_size as usize || waited()
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

	/// The weight of a transaction that spends custody's coin and pays nobody.
	fn empty_batch() -> Option<Weight> {
		let (_, committee) = Self::current_committee()?;
		let multisig = committee.multisig()?;
		let main = output(&multisig, &CoinOrigin::Change)?;
		transaction_weight(1, spend_weight(&multisig, &main)?, 0, Weight::ZERO)
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
		match select(&Self::terms(&coins, requests, price, clock, policy)) {
			Ok(selection) => {
				Self::attempt(batch, &coins, selection, price.0, clock, policy);
			},
			Err(why) => Self::deposit_event(Event::BatchBlocked { why }),
		}
	}
}

/// What a withdrawal pays in a batch of so many, of which an empty one weighs so much.
fn share(empty: Weight, script: &PayoutScript, payouts: u64, rate: FeeRate) -> Option<Sats> {
	let base = Weight(empty.0.div_ceil(payouts.max(1)));
	rate.fee_for(base.checked_add(script.output_weight())?)
}

fn request<AccountId>(id: WithdrawalId, withdrawal: &Withdrawal<AccountId>) -> Request {
	Request {
		id,
		script: withdrawal.script,
		amount: withdrawal.amount,
		max_fee: withdrawal.max_fee,
	}
}
