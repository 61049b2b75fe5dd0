//! The payment in flight: when it leaves, what is in it, and when it is replaced.
//!
//! Decided once for each Bitcoin block. All attempts at a batch spend the same coins, so that one of
//! them at the most can be mined. A replacement pays whom the attempts before it pay and who waits by
//! then: the more share it, the less must each pay. Who is in any of the attempts is bound to the
//! batch until one of them is mined.

use crate::{
	coin::Spendable,
	outflow,
	price::{share, FULL},
	transaction, Attempt, Attempts, Batch, Checkpoints, CommitteeId, Committees, Config, Event,
	InFlight, MainCoin, NextBatch, PaidOut, Pallet, Policy, Queue, Unswept, Withdrawal,
	WithdrawalId, WithdrawalState, Withdrawals, MAX_INPUTS, MAX_PAYOUTS,
};
use alloc::vec::Vec;
use entangled_bitcoin::{
	custody::{decide, select, Decision, FeeFloor, LastAttempt, Limits, Request, Selection, Terms},
	FeeRate,
};
use pallet_btc_light_client::{BitcoinChain, Clock};
use polkadot_sdk::frame_support::BoundedVec;

/// How many of those that wait and can pay are looked at for a batch: twice as many as it can have,
/// so that some that do not fit leave room for others.
const CANDIDATES: usize = 2 * MAX_PAYOUTS as usize;

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
		let urgent = |deposit: &Unswept| {
			let left = deposit.refund_height.saturating_sub(clock.bitcoin_height);
			left <= policy.sweep_margin || deposit.committee != current
		};
		let main = MainCoin::<T>::get();
		let moves = main.is_some_and(|(_, committee)| committee != current);
		let must_sweep =
			moves || unswept.len() >= policy.sweep_size as usize || unswept.iter().any(urgent);
		let rate = Self::fee_rate(policy);
		let requests = Self::requests(rate, false);
		if !must_sweep && !Self::is_due(&requests, clock, policy) {
			return;
		}
		// Custody's own coin, the deposits that cannot wait, and the others, as far as inputs are left.
		let (soon, later): (Vec<_>, Vec<_>) = unswept.iter().partition(|deposit| urgent(deposit));
		let own = usize::from(main.is_some());
		let coins = main
			.map(|(outpoint, _)| outpoint)
			.into_iter()
			.chain(soon.iter().chain(&later).map(|deposit: &&Unswept| deposit.outpoint))
			.take(MAX_INPUTS as usize)
			.filter_map(Self::spendable)
			.collect::<Vec<_>>();
		// First with all deposits that fit, for their claims have paid for it. Where fees have risen
		// too far since, with those only that cannot wait, or as many of them as can be paid for. And
		// where custody has no coin of its own, with one that those who are paid pay for.
		let most = soon.len().min(MAX_INPUTS as usize);
		let fewer = core::iter::successors(Some(most), |most| (*most > 0).then_some(most / 2))
			.map(|most| own.saturating_add(most).min(coins.len()))
			.filter(|most| *most > 0);
		let stand_in = carried(&coins).and_then(|coins| coins.into_iter().find(|c| c.coin.main));
		let choices = core::iter::once(coins.len())
			.chain(fewer)
			.filter_map(|most| coins.get(..most))
			.chain(stand_in.as_ref().map(core::slice::from_ref));
		let mut blocked = None;
		for coins in choices {
			match select(&Self::terms(coins, requests.clone(), rate, FeeFloor::NONE, clock, policy))
			{
				Ok(selection) => {
					// With nobody to pay and nothing to sweep it would be a gift to miners.
					let deposits = coins.iter().any(|spendable| !spendable.coin.main);
					let sweeps = moves || (must_sweep && deposits);
					if sweeps || !selection.payouts.is_empty() {
						return Self::start(current, coins, selection, rate, clock);
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

	/// Whether these are enough, or the oldest of them has waited for long enough.
	fn is_due(requests: &[Request], clock: Clock, policy: &Policy) -> bool {
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

	/// What a transaction that spends these coins is made from.
	fn terms(
		coins: &[Spendable],
		requests: Vec<Request>,
		rate: FeeRate,
		min_fee: FeeFloor,
		clock: Clock,
		policy: &Policy,
	) -> Terms {
		Terms {
			coins: coins.iter().map(|spendable| spendable.coin).collect(),
			requests,
			rate,
			min_fee,
			reserve: Self::reserve_fund(),
			outflow_left: outflow::left(&PaidOut::<T>::get(), clock.bitcoin_height, policy),
			limits: Limits { max_payouts: MAX_PAYOUTS, ..Default::default() },
		}
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
		let requests = Self::requests(rate, true);
		let with = |coins: &[Spendable]| {
			select(&Self::terms(coins, requests.clone(), rate, min_fee, clock, policy))
		};
		let selection = with(&coins).or_else(|why| {
			// Those who are paid may have to pay for one of the deposits, as when it began.
			carried(&coins).and_then(|coins| with(&coins).ok()).ok_or(why)
		});
		match selection {
			Ok(selection) => {
				Self::attempt(batch, &coins, selection, rate, clock);
			},
			Err(why) => Self::deposit_event(Event::BatchBlocked { why }),
		}
	}
}

/// The same coins where custody's own is not among them: the largest takes its place, so that those
/// who are paid share what spending it costs.
fn carried(coins: &[Spendable]) -> Option<Vec<Spendable>> {
	if coins.iter().any(|spendable| spendable.coin.main) {
		return None;
	}
	let mut coins = coins.to_vec();
	coins.iter_mut().max_by_key(|spendable| spendable.coin.value)?.coin.main = true;
	Some(coins)
}

fn request<AccountId>(id: WithdrawalId, withdrawal: &Withdrawal<AccountId>) -> Request {
	Request {
		id,
		script: withdrawal.script,
		amount: withdrawal.amount,
		max_fee: withdrawal.max_fee,
	}
}
