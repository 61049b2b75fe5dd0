//! When a transaction is replaced and at what price: each decision, and the named failures.

mod custody_common;

use custody_common::*;
use entangled_bitcoin::{
	custody::{
		build, decide, reprice, select, Decision, FeeFloor, Paid, Policy, Progress, Terms, Why,
	},
	FeeRate, Sats, Selection, Weight,
};
use proptest::prelude::*;

const POLICY: Policy = Policy {
	min_age: 3,
	bump_ppm: 1_250_000,
	incremental: FeeRate(1_000),
	ceiling: FeeRate(100_000),
	max_attempts: 5,
};

/// 10 sat/vB.
const LAST: Paid = Paid { fee: Sats(2_500), weight: Weight(1_000) };

/// Decides about a first attempt of block 100.
fn after(
	policy: &Policy,
	last: Paid,
	attempts: u32,
	height: u32,
	estimate: Option<u64>,
) -> Decision {
	let progress = Progress { attempts, complete: &[last] };
	decide(policy, &progress, 100, height, estimate.map(FeeRate))
}

fn paid(selection: &Selection) -> Paid {
	Paid { fee: selection.fee, weight: selection.weight }
}

fn rate(decision: Decision) -> u64 {
	match decision {
		Decision::Replace { rate, .. } => rate.0,
		other => panic!("{other:?}"),
	}
}

/// The fee that a transaction of these terms pays, from its bytes.
fn fee_of(terms: &Terms, selection: &Selection) -> u64 {
	let script = terms.coins[0].script_pubkey;
	let tx = build(selection, &terms.coins, script, &anchor());
	terms.coins.iter().map(|coin| coin.value.0).sum::<u64>()
		- tx.output.iter().map(|output| output.value.to_sat()).sum::<u64>()
}

/// What nodes ask of a replacement (BIP 125, rules 3 and 4, and `PaysMoreThanConflicts`).
fn is_relayed(last: Paid, next: Paid, incremental: FeeRate) -> bool {
	let rate = |paid: Paid| paid.fee.0 * 1_000 / paid.weight.vbytes();
	let relay = incremental.fee_for(next.weight).unwrap();
	rate(next) > rate(last) && next.fee.0 >= last.fee.0 + relay.0
}

#[test]
fn young_attempts_may_still_confirm() {
	for height in [0, 100, 102] {
		let decision = after(&POLICY, LAST, 1, height, Some(90_000));
		assert_eq!(decision, Decision::Wait { until: 103 });
	}
	assert_eq!(rate(after(&POLICY, LAST, 1, 103, Some(90_000))), 90_000);
}

#[test]
fn the_rate_is_the_largest_of_estimate_and_floors() {
	let at = |policy: &Policy, estimate| rate(after(policy, LAST, 1, 103, estimate));
	assert_eq!(at(&POLICY, Some(20_000)), 20_000);
	assert_eq!(at(&POLICY, Some(9_000)), 12_500);
	assert_eq!(at(&POLICY, None), 12_500);
	assert_eq!(at(&Policy { incremental: FeeRate(5_000), ..POLICY }, None), 15_000);
}

#[test]
fn an_estimate_above_the_ceiling_blocks_until_it_falls() {
	let decision = after(&POLICY, LAST, 1, 103, Some(100_001));
	assert_eq!(decision, Decision::BlockedByCeiling { wanted: FeeRate(100_001) });
	assert_eq!(rate(after(&POLICY, LAST, 1, 104, Some(100_000))), 100_000);
}

#[test]
fn floors_above_the_ceiling_are_the_end_whatever_the_estimate() {
	let last = Paid { fee: Sats(20_001), ..LAST };
	for estimate in [None, Some(1_000), Some(u64::MAX)] {
		assert_eq!(after(&POLICY, last, 1, 103, estimate), Decision::Terminal(Why::Floors));
	}
	let last = Paid { fee: Sats(20_000), ..LAST };
	assert_eq!(rate(after(&POLICY, last, 1, 103, None)), 100_000);
}

#[test]
fn attempts_are_used_up() {
	assert_eq!(after(&POLICY, LAST, 5, 103, None), Decision::Terminal(Why::Attempts));
	assert!(matches!(after(&POLICY, LAST, 4, 103, None), Decision::Replace { .. }));
}

/// keep-core 4171: a sweep at 1 sat/vB that could not be replaced jammed the wallet for hours.
#[test]
fn a_stuck_sweep_at_one_satoshi_is_replaced() {
	let committee = committee(4);
	let mut terms = terms(vec![]);
	terms.coins.push(coin(&committee, &deposit(&committee), 1, 86_100_000_000));
	terms.rate = FeeRate(1_000);
	let first = select(&terms).unwrap();
	let tx = build(&first, &terms.coins, terms.coins[0].script_pubkey, &anchor());
	assert!(tx.is_explicitly_rbf());

	let decision = after(&POLICY, paid(&first), 1, 103, Some(25_000));
	let Decision::Replace { rate, min_fee } = decision else { panic!() };
	(terms.rate, terms.min_fee) = (rate, min_fee);
	let second = select(&terms).unwrap();
	check(&terms, &second);
	assert_eq!(fee_of(&terms, &second), 25 * second.weight.vbytes());
}

/// Babylon vigilante 217, 218, 346: with its default multiplier of one the submitter never bumped.
#[test]
fn a_factor_of_one_or_less_still_bumps() {
	for bump_ppm in [0, 1, 999_999, 1_000_000] {
		let policy = Policy { bump_ppm, ..POLICY };
		assert_eq!(rate(after(&policy, LAST, 1, 103, None)), 11_000);
		assert_eq!(rate(after(&policy, LAST, 1, 103, Some(1_000))), 11_000);
	}
}

/// Babylon vigilante computed the fee of a replacement and then used another.
#[test]
fn the_fee_decided_on_is_the_fee_paid() {
	let mut terms = terms((0..20).map(|id| request(id, 50_000, 100_000)).collect());
	let mut last = select(&terms).unwrap();
	for attempts in 1..5 {
		let decision = after(&POLICY, paid(&last), attempts, 103, None);
		let Decision::Replace { rate, min_fee } = decision else { panic!() };
		(terms.rate, terms.min_fee) = (rate, min_fee);
		let next = select(&terms).unwrap();
		check(&terms, &next);
		let decided = rate.fee_for(next.weight).max(min_fee.fee_for(next.weight)).unwrap();
		assert_eq!(fee_of(&terms, &next), decided.0);
		assert_eq!(next.fee, decided);
		assert!(is_relayed(paid(&last), paid(&next), POLICY.incremental));
		last = next;
	}
}

/// The floor of rule 4 is for the weight of the replacement, not of what it replaces.
#[test]
fn lighter_and_heavier_replacements_are_relayed() {
	let with = |payouts| terms((0..payouts).map(|id| request(id, 50_000, 1_000_000)).collect());
	for (before, then) in [(50, 1), (1, 50), (50, 0), (0, 50)] {
		let last = select(&with(before)).unwrap();
		let decision = after(&POLICY, paid(&last), 1, 103, None);
		let Decision::Replace { rate, min_fee } = decision else { panic!() };
		let next = select(&Terms { rate, min_fee, ..with(then) }).unwrap();
		assert!(is_relayed(paid(&last), paid(&next), POLICY.incremental));
	}
}

/// An old attempt with more coins may pay more in all than a newer one at a higher rate, and nodes may
/// have either.
#[test]
fn a_replacement_outdoes_every_complete_attempt() {
	let heavy = Paid { fee: Sats(9_000), weight: Weight(10_000) };
	let dear = Paid { fee: Sats(5_000), weight: Weight(1_000) };
	for complete in [[heavy, dear], [dear, heavy]] {
		let progress = Progress { attempts: 3, complete: &complete };
		let Decision::Replace { rate, min_fee } = reprice(&POLICY, &progress, None) else {
			panic!()
		};
		assert_eq!(rate, FeeRate(25_000), "a quarter above the dearer one's 20 sat/vB");
		assert_eq!(min_fee, FeeFloor { paid: Sats(9_000), relay: POLICY.incremental });
	}
}

/// No node has seen any, so that there is nothing to outdo.
#[test]
fn where_nothing_was_completed_the_estimate_is_the_price() {
	let progress = Progress { attempts: 1, complete: &[] };
	let price = |estimate: Option<u64>| reprice(&POLICY, &progress, estimate.map(FeeRate));
	let at = |rate| Decision::Replace { rate: FeeRate(rate), min_fee: FeeFloor::NONE };
	assert_eq!(price(Some(2_000)), at(2_000));
	assert_eq!((price(None), price(Some(0))), (at(1_000), at(1_000)), "no less than is relayed");
	assert_eq!(price(Some(100_001)), Decision::BlockedByCeiling { wanted: FeeRate(100_001) });
	let used_up = Progress { attempts: 5, complete: &[] };
	assert_eq!(reprice(&POLICY, &used_up, None), Decision::Terminal(Why::Attempts));
}

#[test]
fn the_floor_of_a_first_attempt_is_nothing() {
	assert_eq!(FeeFloor::default().fee_for(Weight(u64::MAX)), Some(Sats(0)));
	let floor = FeeFloor { paid: Sats(u64::MAX), relay: FeeRate(1) };
	assert_eq!(floor.fee_for(Weight(4)), None);
}

proptest! {
	#![proptest_config(ProptestConfig::with_cases(5_000))]

	#[test]
	fn every_input_has_an_answer_that_holds(
		numbers in any::<[u32; 6]>(),
		amounts in any::<[u64; 2]>(),
		complete in prop::collection::vec(any::<(u64, u64)>(), 0..5),
		estimate in any::<Option<u64>>(),
	) {
		let [min_age, bump_ppm, max_attempts, built_at, attempts, height] = numbers;
		// Numbers of all sizes, not only large ones.
		let shift = height % 64;
		let [incremental, ceiling] = amounts.map(|amount| amount >> shift);
		let policy = Policy {
			min_age,
			bump_ppm,
			incremental: FeeRate(incremental),
			ceiling: FeeRate(ceiling),
			max_attempts,
		};
		let complete = complete
			.into_iter()
			.map(|(fee, weight)| Paid { fee: Sats(fee >> shift), weight: Weight(weight >> shift) })
			.collect::<Vec<_>>();
		let progress = Progress { attempts, complete: &complete };
		let estimate = estimate.map(|estimate| FeeRate(estimate >> shift));
		let decision = decide(&policy, &progress, built_at, height, estimate);
		let repriced = reprice(&policy, &progress, estimate);
		match decision {
			Decision::Wait { until } => prop_assert!(height < until),
			_ => prop_assert_eq!(decision, repriced),
		}
		match repriced {
			Decision::Wait { .. } => prop_assert!(false, "it is asked for at once"),
			Decision::Replace { rate, min_fee } => {
				prop_assert!(rate <= policy.ceiling && estimate.is_none_or(|e| e <= rate));
				prop_assert!(attempts < max_attempts);
				for Paid { fee, weight } in &complete {
					prop_assert!(min_fee.paid >= *fee && min_fee.relay == policy.incremental);
					// More than was paid before, except where the numbers end.
					let paid = u128::from(fee.0) * 1_000;
					let more = u128::from(rate.0) * u128::from(weight.vbytes());
					prop_assert!(more >= paid || rate.0 == u64::MAX || weight.0 == 0);
				}
				// And no more than that is asked for.
				let asked = complete.iter().any(|paid| paid.fee == min_fee.paid);
				prop_assert!(asked || (complete.is_empty() && min_fee == FeeFloor::NONE));
			},
			Decision::BlockedByCeiling { wanted } => {
				prop_assert!(wanted > policy.ceiling && Some(wanted) == estimate);
			},
			Decision::Terminal(Why::Attempts) => prop_assert!(attempts >= max_attempts),
			Decision::Terminal(Why::Floors) => {
				// No estimate, however low, gets past it.
				for estimate in [None, Some(FeeRate(0))] {
					let again = reprice(&policy, &progress, estimate);
					prop_assert_eq!(again, Decision::Terminal(Why::Floors));
				}
			},
		}
	}
}

proptest! {
	#![proptest_config(ProptestConfig::with_cases(200))]

	/// Whatever coins and payments the attempts have, and in whatever order they were completed.
	#[test]
	fn nodes_take_the_replacement_for_any_of_the_complete_ones(
		complete in prop::collection::vec((0..30u64, 0..10u32, 1_000..20_000u64), 1..4),
		next in (0..30u64, 0..10u32),
		estimate in prop::option::of(1_000..40_000u64),
	) {
		let committee = committee(4);
		let with = |payouts, deposits: u32, rate, min_fee| {
			let requests = (0..payouts).map(|id| request(id, 50_000, 1_000_000)).collect();
			let mut terms = Terms { rate, min_fee, ..terms(requests) };
			let deposit = |index| coin(&committee, &deposit(&committee), index, 100_000);
			terms.coins.extend((1..=deposits).map(deposit));
			select(&terms).unwrap()
		};
		let complete = complete
			.into_iter()
			.map(|(payouts, deposits, rate)| {
				paid(&with(payouts, deposits, FeeRate(rate), FeeFloor::NONE))
			})
			.collect::<Vec<_>>();
		let progress = Progress { attempts: 4, complete: &complete };
		let decision = reprice(&POLICY, &progress, estimate.map(FeeRate));
		let Decision::Replace { rate, min_fee } = decision else { panic!("{decision:?}") };
		let (payouts, deposits) = next;
		let next = paid(&with(payouts, deposits, rate, min_fee));
		for last in complete {
			prop_assert!(is_relayed(last, next, POLICY.incremental), "{last:?} {next:?}");
		}
	}
}
