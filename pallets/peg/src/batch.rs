//! The payment in flight: when it leaves, what is in it, and when it is replaced.
//!
//! Decided once for each Bitcoin block. All attempts at a batch spend the same coins, so that one of
//! them at the most can be mined. A replacement pays whom the attempts before it pay and who waits by
//! then: the more share it, the less must each pay. Who is in any of the attempts is bound to the
//! batch until one of them is mined.

use crate::{
	coin::{spend_weight, Spendable},
	outflow, transaction, Attempt, Attempts, Batch, Checkpoints, CoinOrigin, CommitteeId,
	Committees, Config, Event, InFlight, MainCoin, NextBatch, PaidOut, Pallet, Policy, Queue,
	Unswept, UnsweptDeposits, Withdrawal, WithdrawalId, WithdrawalState, Withdrawals, MAX_INPUTS,
	MAX_PAYOUTS,
};
use alloc::vec::Vec;
use entangled_bitcoin::{
	custody::{
		decide, select, transaction_weight, Decision, FeeFloor, LastAttempt, Limits, Request,
		Selection, Terms,
	},
	FeeRate, PayoutScript, Sats, Weight,
};
use pallet_btc_light_client::{BitcoinChain, Clock, Host};
use polkadot_sdk::frame_support::BoundedVec;

/// How many of those that wait and can pay are looked at for a batch: twice as many as it can have,
/// so that some that do not fit leave room for others.
const CANDIDATES: usize = 2 * MAX_PAYOUTS as usize;

/// How many withdrawals a full batch has.
const FULL: u64 = MAX_PAYOUTS as u64;

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
		let unswept = UnsweptDeposits::<T>::get();
		let urgent = |deposit: &Unswept| {
			let left = deposit.refund_height.saturating_sub(clock.bitcoin_height);
			left <= policy.sweep_margin || deposit.committee != current
		};
		let moves = MainCoin::<T>::get().is_some_and(|(_, committee)| committee != current);
		let must_sweep =
			moves || unswept.len() >= policy.sweep_size as usize || unswept.iter().any(urgent);
		if !must_sweep && !Self::is_due(clock, policy) {
			return;
		}
		let rate = Self::fee_rate(policy);
		let requests = Self::requests(rate, false);
		let (soon, later): (Vec<_>, Vec<_>) = unswept.iter().partition(|deposit| urgent(deposit));
		let all = soon.iter().chain(&later).copied().collect::<Vec<_>>();
		// First with all deposits that fit, for their claims have paid for it. Where fees have risen
		// too far since, with those only that cannot wait, or as many of them as can be paid for.
		let mut blocked = None;
		let most = soon.len().min(MAX_INPUTS as usize);
		let fewer = core::iter::successors(Some(most), |most| Some(most / 2).filter(|_| *most > 0));
		let choices = fewer.filter_map(|most| soon.get(..most));
		for deposits in core::iter::once(&all[..]).chain(choices) {
			let coins = Self::coins_with(deposits);
			let terms = Terms {
				coins: coins.iter().map(|spendable| spendable.coin).collect(),
				requests: requests.clone(),
				rate,
				min_fee: FeeFloor::NONE,
				reserve: Self::reserve_fund(),
				outflow_left: outflow::left(&PaidOut::<T>::get(), clock.bitcoin_height, policy),
				limits: Limits { max_payouts: MAX_PAYOUTS, ..Default::default() },
			};
			match select(&terms) {
				Ok(selection) => {
					// With nobody to pay and nothing to sweep it would be a gift to miners.
					let sweeps = moves || (must_sweep && !deposits.is_empty());
					if sweeps || !selection.payouts.is_empty() {
						return Self::start(current, &coins, selection, rate, clock);
					}
					break;
				},
				Err(why) => blocked = blocked.or(Some(why)),
			}
		}
		if let Some(why) = blocked {
			Self::deposit_event(Event::BatchBlocked { why });
		}
	}

	/// Whether enough withdrawals wait, or one has waited for long enough.
	fn is_due(clock: Clock, policy: &Policy) -> bool {
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
	fn requests(rate: FeeRate, in_flight: bool) -> Vec<Request> {
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
		let main = CoinOrigin::Change.output::<Host>(&multisig)?;
		transaction_weight(1, spend_weight(&multisig, &main)?, 0, Weight::ZERO)
	}

	/// Custody's own coin and these deposits, as far as an input is left for them.
	fn coins_with(deposits: &[&Unswept]) -> Vec<Spendable> {
		let main = MainCoin::<T>::get().map(|(outpoint, _)| outpoint);
		main.into_iter()
			.chain(deposits.iter().map(|deposit| deposit.outpoint))
			.take(MAX_INPUTS as usize)
			.filter_map(Self::spendable)
			.collect()
	}

	fn start(
		current: CommitteeId,
		coins: &[Spendable],
		selection: Selection,
		rate: FeeRate,
		clock: Clock,
	) {
		let inputs = coins.iter().map(|spendable| (spendable.coin.outpoint, spendable.committee));
		let Ok(inputs) = BoundedVec::try_from(inputs.collect::<Vec<_>>()) else { return };
		let id = NextBatch::<T>::get();
		let batch = Batch { id, coins: inputs, change_to: current, attempts: 0 };
		for (withdrawal, why) in &selection.skipped {
			Self::deposit_event(Event::WithdrawalSkipped { id: *withdrawal, why: *why });
		}
		if Self::attempt(batch, coins, selection, rate, clock) {
			NextBatch::<T>::put(id.saturating_add(1));
		}
	}

	/// Builds an attempt and puts it on record. `false` when it cannot be built, and then nothing
	/// has changed.
	fn attempt(
		mut batch: Batch,
		coins: &[Spendable],
		selection: Selection,
		rate: FeeRate,
		clock: Clock,
	) -> bool {
		let Some(change_to) = Committees::<T>::get(batch.change_to) else { return false };
		let anchor = T::Checkpoints::newest();
		let Some((txid, sighashes)) =
			transaction::to_sign(&selection, coins, change_to.custody, &anchor)
		else {
			return false;
		};
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
			payouts,
			change: selection.change,
			fee: selection.fee,
			custody_fee: selection.custody_fee,
			rate,
			weight: selection.weight,
			anchor,
			sighashes,
			built_at: clock.bitcoin_height,
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

	/// Replaces the newest attempt by one that pays more, if it is time to.
	fn replace(batch: Batch, clock: Clock, policy: &Policy) {
		let Some(last) = batch.attempts.checked_sub(1).and_then(Attempts::<T>::get) else { return };
		if !last.complete {
			// No node has seen it. It waits for its signatures, as its successor would, which spends
			// the same coins.
			return;
		}
		let decision = decide(
			&policy.fees,
			&LastAttempt {
				built_at: last.built_at,
				fee: last.fee,
				weight: last.weight,
				attempts: batch.attempts,
			},
			clock.bitcoin_height,
			T::Bitcoin::fee_rate(),
		);
		let (rate, min_fee) = match decision {
			Decision::Replace { rate, min_fee } => (rate, min_fee),
			Decision::Wait { .. } => return,
			Decision::BlockedByCeiling { wanted } => {
				return Self::deposit_event(Event::ReplacementBlocked { wanted })
			},
			Decision::Terminal(why) => {
				return Self::deposit_event(Event::NoMoreReplacements { why })
			},
		};
		let Some(coins) = Self::coins_of(&batch) else { return };
		let terms = Terms {
			coins: coins.iter().map(|spendable| spendable.coin).collect(),
			requests: Self::requests(rate, true),
			rate,
			min_fee,
			reserve: Self::reserve_fund(),
			outflow_left: outflow::left(&PaidOut::<T>::get(), clock.bitcoin_height, policy),
			limits: Limits { max_payouts: MAX_PAYOUTS, ..Default::default() },
		};
		match select(&terms) {
			Ok(selection) => {
				Self::attempt(batch, &coins, selection, rate, clock);
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
