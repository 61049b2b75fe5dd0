//! Which withdrawals get in and what they pay: what always holds, and the named attacks.

mod custody_common;

use custody_common::*;
use entangled_bitcoin::{
	custody::{select, FeeFloor, Limits, Request, Terms},
	Blocked, Coin, FeeRate, OutPoint, Sats, Selection, Skip, TaprootScript, Txid, Weight, XOnlyKey,
};
use proptest::prelude::*;

fn selected(terms: &Terms) -> Selection {
	let selection = select(terms).unwrap();
	check(terms, &selection);
	selection
}

/// The reason why a request is left out.
fn skip(selection: &Selection, id: u64) -> Option<Skip> {
	selection.skipped.iter().find(|(skipped, _)| *skipped == id).map(|(_, skip)| *skip)
}

#[test]
fn one_withdrawal_pays_for_all_but_deposits() {
	let mut terms = terms(vec![request(1, 100_000, 10_000)]);
	let alone = selected(&terms);
	assert_eq!(alone.payouts[0].fee, alone.fee);
	assert_eq!(alone.custody_fee, Sats(0));

	let committee = committee(4);
	terms.coins.push(coin(&committee, &deposit(&committee), 1, 50_000));
	let with_deposit = selected(&terms);
	assert_eq!(with_deposit.payouts[0].fee, alone.fee);
	assert_eq!(with_deposit.custody_fee, with_deposit.fee.checked_sub(alone.fee).unwrap());
}

#[test]
fn without_withdrawals_custody_pays() {
	let selection = selected(&terms(vec![]));
	assert_eq!(selection.custody_fee, selection.fee);
	assert_eq!(selection.change.0, 1_000_000_000 - selection.fee.0);
}

#[test]
fn the_base_is_shared_equally() {
	let mut requests = (0..50).map(|id| request(id, 10_000, 10_000)).collect::<Vec<_>>();
	requests[0].script = script(1);
	let selection = selected(&terms(requests));
	let fees = selection.payouts.iter().map(|payout| payout.fee.0).collect::<Vec<_>>();
	assert!(fees[2..].iter().all(|fee| *fee == fees[1]));
	// Twelve bytes more of output, at 10 sat/vB.
	assert!(fees[0].abs_diff(fees[1] + 120) <= 1);
	// About 31 bytes of output and a fiftieth of the base.
	assert!((330..400).contains(&fees[1]), "{}", fees[1]);
}

#[test]
fn a_floor_raises_all_parts_in_proportion() {
	let committee = committee(4);
	let mut terms = terms((0..10).map(|id| request(id, 10_000, 100_000)).collect());
	terms.coins.push(coin(&committee, &deposit(&committee), 1, 50_000));
	let cheap = selected(&terms);
	terms.min_fee = FeeFloor { paid: Sats(3 * cheap.fee.0), relay: FeeRate(0) };
	let dear = selected(&terms);
	assert_eq!(dear.fee.0, 3 * cheap.fee.0);
	assert!(dear.payouts[0].fee.0.abs_diff(3 * cheap.payouts[0].fee.0) <= 3);
	assert!(dear.custody_fee.0.abs_diff(3 * cheap.custody_fee.0) <= 30);
}

#[test]
fn payouts_stand_by_id_and_preference_decides_when_full() {
	let mut terms = terms([9, 3, 7, 1].map(|id| request(id, 10_000, 10_000)).to_vec());
	terms.limits.max_payouts = 3;
	let selection = selected(&terms);
	assert_eq!(ids(&selection.payouts), [3, 7, 9]);
	assert_eq!(selection.skipped, [(1, Skip::BatchFull)]);
}

#[test]
fn the_oldest_get_in_first_where_an_amount_is_the_limit() {
	let mut terms = terms([800, 300, 900, 100, 50].map(|k| request(k, k * 1_000, 10_000)).to_vec());
	terms.outflow_left = Sats(1_000_000);
	let selection = selected(&terms);
	assert_eq!(ids(&selection.payouts), [50, 100, 800]);
	assert_eq!(selection.skipped, [(300, Skip::OverOutflowLimit), (900, Skip::OverOutflowLimit)]);
}

#[test]
fn every_reason_blocks_only_its_own() {
	let mut terms = terms(vec![
		request(1, 293, 10_000),
		request(2, 10_000, 1),
		request(3, 900_000_001, 10_000),
		request(4, 10_000, 10_000),
		request(5, 10_000, 10_000),
	]);
	terms.outflow_left = Sats(900_000_000);
	let selection = selected(&terms);
	assert_eq!(ids(&selection.payouts), [4, 5]);
	assert_eq!(skip(&selection, 1), Some(Skip::Dust));
	assert!(matches!(skip(&selection, 2), Some(Skip::FeeAboveCeiling { .. })));
	assert_eq!(skip(&selection, 3), Some(Skip::OverOutflowLimit));

	terms.outflow_left = Sats::MAX_MONEY;
	terms.requests[2].amount = Sats(1_000_000_000);
	assert_eq!(skip(&selected(&terms), 3), Some(Skip::InsufficientCustody));
}

#[test]
fn the_share_that_a_skip_names_lets_it_in() {
	let mut terms = terms((0..9).map(|id| request(id, 10_000, 10_000)).collect());
	terms.requests[4].max_fee = Sats(400);
	let Some(Skip::FeeAboveCeiling { share }) = skip(&selected(&terms), 4) else { panic!() };
	terms.requests[4].max_fee = share;
	assert_eq!(selected(&terms).payouts.len(), 9);
}

#[test]
fn fewer_share_the_base_when_some_cannot_pay() {
	// Each ceiling suffices for one withdrawal more than there will be once those before it are out.
	let alone = selected(&terms(vec![request(0, 10_000, u64::MAX)])).fee.0;
	let mut requests = vec![];
	for n in (1..=40).rev() {
		let many = (0..n).map(|id| request(id, 10_000, u64::MAX)).collect();
		let fee = selected(&terms(many)).payouts[0].fee.0;
		requests.push(request(n, 10_000, fee - 1));
	}
	let selection = selected(&terms(requests.clone()));
	assert!(selection.payouts.is_empty());
	assert!(selection
		.skipped
		.iter()
		.all(|(_, skip)| { *skip == Skip::FeeAboveCeiling { share: Sats(alone) } }));
	// One satoshi more for each, and all can.
	requests.iter_mut().for_each(|request| request.max_fee.0 += 1);
	requests.reverse();
	assert_eq!(selected(&terms(requests)).payouts.len(), 40);
}

#[test]
fn custody_can_be_emptied_to_the_least_change() {
	let mut terms = terms(vec![request(1, 10_000, 100_000)]);
	let fee = selected(&terms).fee.0;
	terms.coins[0].value = Sats(10_000 + fee + 330);
	assert_eq!(selected(&terms).change, Sats(330));
	terms.coins[0].value.0 -= 1;
	assert_eq!(selected(&terms).skipped, [(1, Skip::InsufficientCustody)]);
}

#[test]
fn there_is_no_transaction() {
	let terms = terms(vec![request(1, 10_000, 100_000)]);
	let blocked = |change: &dyn Fn(&mut Terms)| {
		let mut terms = terms.clone();
		change(&mut terms);
		select(&terms).unwrap_err()
	};
	assert_eq!(blocked(&|t| t.coins.clear()), Blocked::NoCoins);
	assert!(matches!(
		blocked(&|t| t.limits.max_weight = Weight(900)),
		Blocked::TooHeavy { limit: Weight(900), .. }
	));
	// A limit above what nodes relay does not lift theirs.
	assert!(matches!(
		blocked(&|t| {
			t.limits.max_weight = Weight(u64::MAX);
			t.coins[0].input_weight = Weight(400_000);
		}),
		Blocked::TooHeavy { limit: Weight(400_000), .. }
	));
	assert!(matches!(
		blocked(&|t| t.coins[0].value = Sats(500)),
		Blocked::CoinsTooSmall { have: Sats(500), .. }
	));
	assert!(matches!(
		blocked(&|t| (t.requests.clear(), t.reserve = Sats(9)).1),
		Blocked::ReserveTooSmall { have: Sats(9), .. }
	));
	assert_eq!(blocked(&|t| t.coins[0].value = Sats(u64::MAX)), Blocked::Overflow);
	assert_eq!(blocked(&|t| t.min_fee.paid = Sats(u64::MAX)), Blocked::Overflow);
	let monstrous = blocked(&|t| t.rate = FeeRate(1 << 60));
	assert!(matches!(monstrous, Blocked::CoinsTooSmall { .. }));
}

/// A withdrawal so large that nobody fits beside it, old, and ready to pay only its share among
/// many. Whoever goes by age alone either leaves out everybody else for want of company, or never
/// gets beyond it.
#[test]
fn a_giant_that_cannot_carry_the_batch_does_not_keep_out_those_who_can() {
	let fee_among = |n| {
		let many = (0..n).map(|id| request(id, 10_000, u64::MAX)).collect();
		selected(&terms(many)).payouts[0].fee.0
	};
	let small = (1..100).map(|id| request(id, 10_000, fee_among(99)));
	for max_fee in [0, fee_among(100), fee_among(3), fee_among(2), fee_among(1) - 1] {
		let giant = request(0, 99_995_000, max_fee);
		let mut terms = terms([giant].into_iter().chain(small.clone()).collect());
		terms.outflow_left = Sats(100_000_000);
		let selection = selected(&terms);
		assert_eq!(ids(&selection.payouts), (1..100).collect::<Vec<_>>(), "{max_fee}");
	}
	// One that pays for all of it goes first.
	let mut terms =
		terms([request(0, 99_995_000, fee_among(1))].into_iter().chain(small).collect());
	terms.outflow_left = Sats(100_000_000);
	assert_eq!(ids(&selected(&terms).payouts), [0]);
}

/// Stacks sBTC 1944: a ceiling beyond `i64::MAX` broke the signers' database.
#[test]
fn a_ceiling_above_the_largest_signed_integer_is_a_ceiling() {
	for max_fee in [i64::MAX as u64, i64::MAX as u64 + 1, u64::MAX] {
		let selection =
			selected(&terms(vec![request(1, 10_000, max_fee), request(2, 10_000, 5_000)]));
		assert_eq!(ids(&selection.payouts), [1, 2]);
		assert_eq!(selection.payouts[0].fee, selection.payouts[1].fee);
	}
	// So is an amount, and it cannot be paid.
	let selection =
		selected(&terms(vec![request(1, u64::MAX, u64::MAX), request(2, 10_000, 5_000)]));
	assert_eq!(ids(&selection.payouts), [2]);
}

fn coins(
	value: BoxedStrategy<u64>,
	weight: BoxedStrategy<u64>,
) -> impl Strategy<Value = Vec<Coin>> {
	let coin = (value, weight, any::<bool>()).prop_map(|(value, weight, main)| Coin {
		outpoint: OutPoint { txid: Txid([0; 32]), vout: 0 },
		value: Sats(value),
		script_pubkey: TaprootScript(XOnlyKey([1; 32])),
		input_weight: Weight(weight),
		main,
	});
	prop::collection::vec(coin, 0..6)
}

fn requests(
	kind: BoxedStrategy<u8>,
	amount: BoxedStrategy<u64>,
	max_fee: BoxedStrategy<u64>,
) -> impl Strategy<Value = Vec<Request>> {
	prop::collection::btree_map(any::<u64>(), (kind, amount, max_fee), 0..40)
		.prop_map(|requests| {
			let request = |(id, (kind, amount, max_fee))| Request {
				script: script(kind),
				..request(id, amount, max_fee)
			};
			requests.into_iter().map(request).collect::<Vec<_>>()
		})
		.prop_shuffle()
}

/// Terms such as a network might meet, its limits tight now and then.
fn plausible(kind: BoxedStrategy<u8>) -> impl Strategy<Value = Terms> {
	(
		coins((1_000u64..3_000_000).boxed(), (300u64..2_000).boxed()),
		requests(kind, (0u64..200_000).boxed(), (0u64..6_000).boxed()),
		(1_000u64..30_000, 0u64..60_000, 0u64..2_000),
		(0u64..200_000, 0u64..3_000_000),
		(0u32..50, 2_000u64..12_000),
	)
		.prop_map(
			|(coins, requests, (rate, paid, relay), (reserve, outflow), (payouts, weight))| Terms {
				coins,
				requests,
				rate: FeeRate(rate),
				min_fee: FeeFloor { paid: Sats(paid), relay: FeeRate(relay) },
				reserve: Sats(reserve),
				outflow_left: Sats(outflow),
				limits: Limits { max_payouts: payouts, max_weight: Weight(weight) },
			},
		)
}

/// Numbers at which something overflows.
fn extreme() -> BoxedStrategy<u64> {
	prop_oneof![
		Just(0),
		Just(1),
		Just(u64::MAX),
		Just(u64::MAX - 1),
		Just(i64::MAX as u64),
		Just(i64::MAX as u64 + 1),
		Just(Sats::MAX_MONEY.0),
		Just(u64::from(u32::MAX)),
		0u64..10_000,
		any::<u64>(),
	]
	.boxed()
}

fn impossible() -> impl Strategy<Value = Terms> {
	(
		coins(
			prop_oneof![extreme(), 0u64..1_000_000_000].boxed(),
			prop_oneof![extreme(), 0u64..2_000].boxed(),
		),
		requests(any::<u8>().boxed(), extreme(), extreme()),
		(extreme(), extreme(), extreme()),
		(extreme(), extreme()),
		(any::<u32>(), extreme()),
	)
		.prop_map(
			|(coins, requests, (rate, paid, relay), (reserve, outflow), (payouts, weight))| Terms {
				coins,
				requests,
				rate: FeeRate(rate),
				min_fee: FeeFloor { paid: Sats(paid), relay: FeeRate(relay) },
				reserve: Sats(reserve),
				outflow_left: Sats(outflow),
				limits: Limits { max_payouts: payouts, max_weight: Weight(weight) },
			},
		)
}

/// Whether these requests, and no others, can be in a transaction.
fn possible(terms: &Terms, requests: &[Request]) -> bool {
	select(&Terms {
		requests: requests.iter().map(|r| Request { max_fee: Sats(u64::MAX), ..*r }).collect(),
		..terms.clone()
	})
	.is_ok_and(|selection| {
		selection.payouts.len() == requests.len()
			&& selection
				.payouts
				.iter()
				.all(|payout| requests.iter().any(|r| r.id == payout.id && payout.fee <= r.max_fee))
	})
}

proptest! {
	#![proptest_config(ProptestConfig::with_cases(2_000))]

	#[test]
	fn whatever_is_selected_holds(terms in plausible(any::<u8>().boxed())) {
		if let Ok(selection) = select(&terms) {
			check(&terms, &selection);
			prop_assert_eq!(select(&terms), Ok(selection));
		}
	}

	#[test]
	fn no_number_is_too_large(terms in impossible()) {
		if let Ok(selection) = select(&terms) {
			check(&terms, &selection);
		}
	}

	/// Nobody who cannot get in changes anything for the others: neither who gets in, nor what they
	/// pay, nor why the rest does not.
	#[test]
	fn a_bad_request_changes_nothing(
		terms in plausible(Just(0).boxed()),
		place in any::<prop::sample::Index>(),
		bad in 0..5,
		amount in 600u64..300_000,
	) {
		let coins = terms.coins.iter().map(|coin| coin.value.0).sum::<u64>();
		let bad = match bad {
			0 => request(1 << 63, 293, u64::MAX),
			1 => request(1 << 63, amount, 0),
			2 => request(1 << 63, terms.outflow_left.0 + 600, u64::MAX),
			3 => request(1 << 63, coins + 600, u64::MAX),
			_ => request(1 << 63, u64::MAX, u64::MAX),
		};
		prop_assume!(terms.requests.iter().all(|request| request.id != bad.id));
		let mut more = terms.clone();
		more.requests.insert(place.index(terms.requests.len() + 1), bad);
		let with_bad = select(&more).map(|mut selection| {
			selection.skipped.retain(|(id, _)| *id != bad.id);
			selection
		});
		prop_assert_eq!(with_bad, select(&terms));
	}

	/// If any of the requests can make a transaction, some do.
	#[test]
	fn nobody_can_block_the_batch(mut terms in plausible(Just(0).boxed())) {
		terms.requests.truncate(7);
		terms.reserve = Sats::MAX_MONEY;
		let requests = &terms.requests;
		let any = (1u32..1 << requests.len()).any(|set| {
			let chosen = (0..).zip(requests).filter(|(i, _)| set >> i & 1 == 1);
			possible(&terms, &chosen.map(|(_, request)| *request).collect::<Vec<_>>())
		});
		if let Ok(selection) = select(&terms) {
			prop_assert_eq!(!selection.payouts.is_empty(), any);
		}
	}
}
