//! When a transaction is replaced and at what price: each decision, and the named failures.

mod custody_common;

use custody_common::*;
use entangled_bitcoin::{
	custody::{build, decide, select, Decision, FeeFloor, LastAttempt, Policy, Terms, Why},
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
const LAST: LastAttempt =
	LastAttempt { built_at: 100, fee: Sats(2_500), weight: Weight(1_000), attempts: 1 };

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
fn is_relayed(last: (Sats, Weight), next: (Sats, Weight), incremental: FeeRate) -> bool {
	let rate = |(fee, weight): (Sats, Weight)| fee.0 * 1_000 / weight.vbytes();
	rate(next) > rate(last) && next.0 .0 >= last.0 .0 + incremental.fee_for(next.1).unwrap().0
}

#[test]
fn young_attempts_may_still_confirm() {
	for height in [0, 100, 102] {
		let decision = decide(&POLICY, &LAST, height, Some(FeeRate(90_000)));
		assert_eq!(decision, Decision::Wait { until: 103 });
	}
	assert_eq!(rate(decide(&POLICY, &LAST, 103, Some(FeeRate(90_000)))), 90_000);
}

#[test]
fn the_rate_is_the_largest_of_estimate_and_floors() {
	let at = |policy: &Policy, estimate: Option<u64>| {
		rate(decide(policy, &LAST, 103, estimate.map(FeeRate)))
	};
	assert_eq!(at(&POLICY, Some(20_000)), 20_000);
	assert_eq!(at(&POLICY, Some(9_000)), 12_500);
	assert_eq!(at(&POLICY, None), 12_500);
	assert_eq!(at(&Policy { incremental: FeeRate(5_000), ..POLICY }, None), 15_000);
}

#[test]
fn an_estimate_above_the_ceiling_blocks_until_it_falls() {
	let decision = decide(&POLICY, &LAST, 103, Some(FeeRate(100_001)));
	assert_eq!(decision, Decision::BlockedByCeiling { wanted: FeeRate(100_001) });
	assert_eq!(rate(decide(&POLICY, &LAST, 104, Some(FeeRate(100_000)))), 100_000);
}

#[test]
fn floors_above_the_ceiling_are_the_end_whatever_the_estimate() {
	let last = LastAttempt { fee: Sats(20_001), ..LAST };
	for estimate in [None, Some(FeeRate(1_000)), Some(FeeRate(u64::MAX))] {
		assert_eq!(decide(&POLICY, &last, 103, estimate), Decision::Terminal(Why::Floors));
	}
	let last = LastAttempt { fee: Sats(20_000), ..LAST };
	assert_eq!(rate(decide(&POLICY, &last, 103, None)), 100_000);
}

#[test]
fn attempts_are_used_up() {
	let last = |attempts| LastAttempt { attempts, ..LAST };
	assert_eq!(decide(&POLICY, &last(5), 103, None), Decision::Terminal(Why::Attempts));
	assert!(matches!(decide(&POLICY, &last(4), 103, None), Decision::Replace { .. }));
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

	let last = LastAttempt { built_at: 100, fee: first.fee, weight: first.weight, attempts: 1 };
	let Decision::Replace { rate, min_fee } = decide(&POLICY, &last, 103, Some(FeeRate(25_000)))
	else {
		panic!()
	};
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
		assert_eq!(rate(decide(&policy, &LAST, 103, None)), 11_000);
		assert_eq!(rate(decide(&policy, &LAST, 103, Some(FeeRate(1_000)))), 11_000);
	}
}

/// Babylon vigilante computed the fee of a replacement and then used another.
#[test]
fn the_fee_decided_on_is_the_fee_paid() {
	let mut terms = terms((0..20).map(|id| request(id, 50_000, 100_000)).collect());
	let mut last = select(&terms).unwrap();
	for attempts in 1..5 {
		let attempt = LastAttempt { built_at: 100, fee: last.fee, weight: last.weight, attempts };
		let Decision::Replace { rate, min_fee } = decide(&POLICY, &attempt, 103, None) else {
			panic!()
		};
		(terms.rate, terms.min_fee) = (rate, min_fee);
		let next = select(&terms).unwrap();
		check(&terms, &next);
		let decided = rate.fee_for(next.weight).max(min_fee.fee_for(next.weight)).unwrap();
		assert_eq!(fee_of(&terms, &next), decided.0);
		assert_eq!(next.fee, decided);
		assert!(is_relayed((last.fee, last.weight), (next.fee, next.weight), POLICY.incremental));
		last = next;
	}
}

/// The floor of rule 4 is for the weight of the replacement, not of what it replaces.
#[test]
fn lighter_and_heavier_replacements_are_relayed() {
	let with = |payouts| terms((0..payouts).map(|id| request(id, 50_000, 1_000_000)).collect());
	for (before, after) in [(50, 1), (1, 50), (50, 0), (0, 50)] {
		let last = select(&with(before)).unwrap();
		let attempt =
			LastAttempt { built_at: 100, fee: last.fee, weight: last.weight, attempts: 1 };
		let Decision::Replace { rate, min_fee } = decide(&POLICY, &attempt, 103, None) else {
			panic!()
		};
		let next = select(&Terms { rate, min_fee, ..with(after) }).unwrap();
		assert!(is_relayed((last.fee, last.weight), (next.fee, next.weight), POLICY.incremental));
	}
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
		amounts in any::<[u64; 4]>(),
		estimate in any::<Option<u64>>(),
	) {
		let [min_age, bump_ppm, max_attempts, built_at, attempts, height] = numbers;
		// Numbers of all sizes, not only large ones.
		let shift = height % 64;
		let [incremental, ceiling, fee, weight] = amounts.map(|amount| amount >> shift);
		let policy = Policy {
			min_age,
			bump_ppm,
			incremental: FeeRate(incremental),
			ceiling: FeeRate(ceiling),
			max_attempts,
		};
		let last = LastAttempt { built_at, fee: Sats(fee), weight: Weight(weight), attempts };
		let estimate = estimate.map(|estimate| FeeRate(estimate >> shift));
		match decide(&policy, &last, height, estimate) {
			Decision::Wait { until } => prop_assert!(height < until),
			Decision::Replace { rate, min_fee } => {
				prop_assert!(rate <= policy.ceiling && estimate.is_none_or(|e| e <= rate));
				prop_assert!(attempts < max_attempts);
				prop_assert_eq!(min_fee, FeeFloor { paid: last.fee, relay: policy.incremental });
				// More than was paid before, except where the numbers end.
				let paid = u128::from(fee) * 1_000;
				let more = u128::from(rate.0) * u128::from(last.weight.vbytes());
				prop_assert!(more >= paid || rate.0 == u64::MAX || weight == 0);
			},
			Decision::BlockedByCeiling { wanted } => {
				prop_assert!(wanted > policy.ceiling && Some(wanted) == estimate);
			},
			Decision::Terminal(Why::Attempts) => prop_assert!(attempts >= max_attempts),
			Decision::Terminal(Why::Floors) => {
				// No estimate, however low, gets past it.
				for estimate in [None, Some(FeeRate(0))] {
					let again = decide(&policy, &last, u32::MAX, estimate);
					prop_assert_eq!(again, Decision::Terminal(Why::Floors));
				}
			},
		}
	}
}
