//! Payments while custody has deposits, but no coin of its own yet.

use crate::{mock::*, Event, InFlight, MainCoin};
use entangled_bitcoin::{custody::Blocked, FeeRate, OutPoint, Sats};
use proptest::prelude::*;

fn coins() -> Vec<OutPoint> {
	attempt(0).coins.iter().map(|(outpoint, _)| *outpoint).collect()
}

/// Fees have risen tenfold since deposits were claimed, so what was kept of them sweeps them no more.
/// Who is paid carries the largest.
#[test]
fn when_fees_have_risen_who_is_paid_carries_one_deposit() {
	run(|| {
		fund(1, 50_000);
		let largest = fund(1, 200_000);
		fund(1, 60_000);
		set_fee_rate(Some(20_000));
		let reserve = Peg::status().reserve;
		withdraw(1, 100_000, 20_000);
		await_batch();
		assert_eq!(coins(), [largest]);
		let built = attempt(0);
		assert_eq!((built.custody_fee, built.payouts[0].1), (Sats::ZERO, built.fee));
		let tx = settle();
		assert_eq!(Peg::status().reserve, reserve);
		assert!(
			MainCoin::<Test>::get().is_some_and(|(coin, _)| coin.txid == tx.compute_txid().into())
		);
		// From now on custody has a coin of its own.
		withdraw(1, 10_000, 20_000);
		await_batch();
		assert_eq!(coins(), [OutPoint { txid: tx.compute_txid().into(), vout: 0 }]);
		settle();
	});
}

/// Also where the fees rise only after the first attempt.
#[test]
fn who_is_paid_carries_one_deposit_in_a_replacement_too() {
	run(|| {
		govern(|policy| policy.fees.ceiling = FeeRate(40_000));
		let swept = [fund(1, 50_000), fund(1, 200_000)];
		withdraw(1, 100_000, 50_000);
		await_batch();
		// The largest first: no attempt is without it.
		assert_eq!(coins(), [swept[1], swept[0]]);
		assert!(attempt(0).custody_fee > Sats::ZERO);
		complete();
		// Custody pays for one of the two, and not for the other.
		let reserve = Peg::status().reserve;
		set_fee_rate(Some(10_000));
		bury(5);
		let second = attempt(1);
		assert_eq!(second.rate, FeeRate(10_000));
		assert!(second.custody_fee > Sats::ZERO && second.custody_fee <= reserve);
		assert!(second.payouts[0].1 > second.custody_fee);
		settle();
	});
}

/// It says so, and nothing is swept for nobody.
#[test]
fn where_nobody_can_pay_nothing_leaves() {
	run(|| {
		fund(1, 200_000);
		withdraw(1, 100_000, 400);
		set_fee_rate(Some(10_000));
		govern(|policy| policy.sweep_size = 1);
		events();
		bury(5);
		assert_eq!(InFlight::<Test>::get(), None);
		assert!(events().into_iter().all(|event| {
			matches!(event, Event::BatchBlocked { why: Blocked::ReserveTooSmall { .. } })
		}));
		set_fee_rate(None);
		bury(1);
		assert!(InFlight::<Test>::get().is_some());
	});
}

proptest! {
	#![proptest_config(ProptestConfig::with_cases(24))]

	/// Whatever fees do, who offers enough for a transaction that spends the largest deposit is paid,
	/// and custody never spends what it does not have.
	#[test]
	fn fees_that_rise_hold_up_nobody_who_pays_for_them(
		amounts in prop::collection::vec(20_000u64..300_000, 1..8),
		rate in 1_000u64..20_000,
		share in 1u64..=100,
	) {
		run(|| {
			govern(|policy| policy.sweep_size = 100);
			for amount in &amounts {
				fund(1, *amount);
			}
			set_fee_rate(Some(rate));
			let reserve = Peg::status().reserve;
			let largest = amounts.iter().max().unwrap();
			let id = withdraw(1, 1_000 + (largest - 12_000) * share / 100, 8_000);
			await_batch();
			let built = attempt(0);
			assert_eq!(built.payouts.iter().map(|(id, _)| *id).collect::<Vec<_>>(), [id]);
			assert!(built.custody_fee <= reserve);
			settle();
		});
	}
}
