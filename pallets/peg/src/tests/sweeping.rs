//! Deposits on their way to custody's own script, before their owners can take them back.

use crate::{mock::*, Error, Event, HaltReason, InFlight, UnsweptDeposits};
use entangled_bitcoin::{custody::Blocked, Destination, OutPoint, Sats};
use polkadot_sdk::frame_support::{assert_noop, assert_ok};

/// A claimed deposit of account 1 whose refund opens after so many blocks.
fn fund_with(delay: u16, amount: u64) -> OutPoint {
	let deposit = deposit(terms_to(Destination::Account([1; 32]), delay), amount);
	assert_ok!(deposit.bring());
	deposit.outpoint()
}

fn coins() -> Vec<OutPoint> {
	attempt(0).coins.iter().map(|(outpoint, _)| *outpoint).collect()
}

#[test]
fn enough_deposits_are_swept_without_a_withdrawal() {
	run(|| {
		let swept = (0..3).map(|_| fund(1, 100_000)).collect::<Vec<_>>();
		bury(1);
		assert_eq!(InFlight::<Test>::get(), None);
		let last = fund(1, 100_000);
		let before = Peg::status();
		bury(1);
		assert_eq!(coins(), [&swept[..], &[last]].concat());
		let sweep = attempt(0);
		assert_eq!((sweep.payouts.len(), sweep.custody_fee), (0, sweep.fee));
		let tx = settle();
		assert_eq!(tx.output.len(), 2);
		let after = Peg::status();
		assert_eq!((after.supply, after.unswept), (before.supply, 0));
		assert_eq!(after.custody, Sats(before.custody.0 - sweep.fee.0));
		assert!(Peg::deposit(last).unwrap().swept);
	});
}

#[test]
fn one_whose_refund_opens_soon_is_swept_at_once() {
	run(|| {
		let coin = fund_with(60, 100_000);
		let opens = Peg::deposit(coin).unwrap().refund_height.unwrap();
		bury(opens - 31 - best().height);
		assert_eq!(InFlight::<Test>::get(), None);
		bury(1);
		assert_eq!(coins(), [coin]);
	});
}

/// In the order in which their refunds open, and those without one last.
#[test]
fn the_most_urgent_comes_first() {
	run(|| {
		govern(|policy| policy.sweep_size = 5);
		let coins_by_delay = [400, 100, 300, 200].map(|delay| (delay, fund_with(delay, 50_000)));
		let fixed = fixed_deposit(Destination::Account([1; 32]), 50_000);
		assert_ok!(fixed.bring());
		bury(1);
		let mut expected = coins_by_delay;
		expected.sort_by_key(|(delay, _)| *delay);
		let mut expected = expected.map(|(_, coin)| coin).to_vec();
		expected.push(fixed.outpoint());
		assert_eq!(coins(), expected);
	});
}

/// Deposits have paid for being swept at the fees of their time. Where fees have risen too far
/// since, only those are swept that cannot wait.
#[test]
fn when_fees_are_high_only_those_that_cannot_wait() {
	run(|| {
		govern(|policy| policy.sweep_size = 40);
		let paid_in = output(script_of(&terms(1)), 20_000);
		let first = deposit_tx(pay(vec![paid_in; 12]), terms(1));
		for vout in 0..12 {
			Deposit { vout, ..first.clone() }.bring().unwrap();
		}
		let urgent = fund_with(60, 20_000);
		set_fee_rate(Some(20_000));
		let opens = Peg::deposit(urgent).unwrap().refund_height.unwrap();
		bury(opens - 31 - best().height);
		assert_eq!(InFlight::<Test>::get(), None);
		bury(1);
		assert_eq!(coins(), [urgent]);
		assert_eq!(attempt(0).fee, attempt(0).custody_fee);
	});
}

/// A transaction that sweeps nothing and pays nobody is a gift to miners.
#[test]
fn when_fees_are_too_high_no_sweep_is_built_that_sweeps_nothing() {
	run(|| {
		fund(1, 100_000);
		withdraw(1, 10_000, 2_000);
		await_batch();
		settle();
		give_to_reserve(20_000);
		govern(|policy| policy.sweep_size = 11);
		let paid_in = output(script_of(&terms(1)), 20_000);
		let first = deposit_tx(pay(vec![paid_in; 10]), terms(1));
		for vout in 0..10 {
			Deposit { vout, ..first.clone() }.bring().unwrap();
		}
		set_fee_rate(Some(20_000));
		events();
		bury(1);
		assert_eq!(InFlight::<Test>::get(), None);
		let blocked = events().into_iter().any(|event| {
			matches!(event, Event::BatchBlocked { why: Blocked::ReserveTooSmall { .. } })
		});
		assert!(blocked);
		set_fee_rate(Some(2_000));
		bury(1);
		assert_eq!(coins().len(), 12);
	});
}

/// If all goes wrong, the books are not trusted any longer: the owner may take the coin back now,
/// and has eBTC for it.
#[test]
fn an_open_refund_halts_the_peg() {
	run(|| {
		let coin = fund_with(60, 100_000);
		let opens = Peg::deposit(coin).unwrap().refund_height.unwrap();
		bury(opens - 2 - best().height);
		assert!(InFlight::<Test>::get().is_some(), "nobody signs it");
		assert_eq!(Peg::status().halt, None);
		events();
		bury(1);
		assert_eq!(best().height + 1, opens, "the next block may take it back");
		let reason = HaltReason::RefundOpen;
		assert_eq!(Peg::status().halt, Some(reason));
		assert_eq!(events(), [Event::Halted { reason }]);
		// Nothing comes in and nobody asks for more.
		let other = deposit(terms(1), 100_000);
		assert_noop!(other.bring(), Error::<Test>::Halted);
		let ask = || request(signed(1), wallet(1), Sats(10_000), Sats(2_000));
		assert_noop!(ask(), Error::<Test>::Halted);
		// It is not over with a resumption.
		assert_ok!(Peg::resume(RuntimeOrigin::root()));
		bury(1);
		assert_eq!(Peg::status().halt, Some(reason));
		// To sweep the coin is the cure, and goes on: with fees that rise until it is mined.
		complete();
		bury(5);
		assert_eq!(newest(), 1);
		settle();
		assert_ok!(Peg::resume(RuntimeOrigin::root()));
		bury(1);
		assert_eq!(Peg::status().halt, None);
		assert_ok!(other.bring());
	});
}

/// Also where its batch is still to be built.
#[test]
fn an_open_refund_does_not_wait_for_a_resumption() {
	run(|| {
		govern(|policy| policy.sweep_margin = 20);
		let coin = fund_with(60, 100_000);
		let opens = Peg::deposit(coin).unwrap().refund_height.unwrap();
		bury(opens - 21 - best().height);
		assert_eq!(InFlight::<Test>::get(), None);
		// The chain sees nothing of Bitcoin until it is too late.
		bury_at_once(21);
		assert_eq!(Peg::status().halt, Some(HaltReason::RefundOpen));
		assert_eq!(coins(), [coin]);
		settle();
		assert_ok!(Peg::resume(RuntimeOrigin::root()));
		bury(1);
		assert_eq!(Peg::status().halt, None);
	});
}

/// The sweep was mined in time, and the proof comes while the peg is halted.
#[test]
fn a_sweep_that_is_proven_late_ends_it() {
	run(|| {
		let coin = fund_with(60, 100_000);
		let opens = Peg::deposit(coin).unwrap().refund_height.unwrap();
		bury(opens - 30 - best().height);
		let claim = confirm(&complete());
		bury(opens - 1 - best().height);
		assert_eq!(Peg::status().halt, Some(HaltReason::RefundOpen));
		assert_noop!(
			request(signed(1), wallet(1), Sats(10_000), Sats(2_000)),
			Error::<Test>::Halted
		);
		assert_ok!(Peg::settle(nobody(), claim));
		assert_eq!(UnsweptDeposits::<Test>::get().len(), 0);
		assert_ok!(Peg::resume(RuntimeOrigin::root()));
		bury(1);
		assert_eq!(Peg::status().halt, None);
	});
}

/// The depositor's way back works from the height on that the peg reckons with, and not before.
#[test]
fn the_refund_opens_when_the_peg_says_so() {
	use crate::Committees;
	use entangled_bitcoin::{FeeRate, Native};
	run(|| {
		let terms = terms_to(Destination::Account([1; 32]), 60);
		let deposit = deposit(terms.clone(), 100_000);
		let committee = Committees::<Test>::get(0).unwrap().multisig().unwrap();
		let commitment = Destination::Account([1; 32]).commitment::<Native>(CHAIN);
		let refund = refund(60)
			.spend::<Native>(
				&committee,
				&commitment,
				deposit.outpoint(),
				Sats(100_000),
				wallet(1),
				FeeRate(2_000),
			)
			.unwrap();
		let tx = refund.clone().complete(&signature(50, &refund.sighash));
		let opens = deposit.claim.block.height + 60;
		bury(opens - 2 - best().height);
		assert_eq!(try_mine(vec![tx.clone()]), Err("bad witness"));
		bury(1);
		assert!(try_mine(vec![tx]).is_ok());
		assert_eq!(best().height, opens);
	});
}

/// Where not even those that cannot wait can be paid for, half of them are swept, or a quarter.
#[test]
fn when_fees_are_very_high_as_many_as_can_be_paid_for() {
	run(|| {
		govern(|policy| policy.sweep_size = 40);
		let terms = terms_to(Destination::Account([1; 32]), 60);
		let paid_in = output(script_of(&terms), 30_000);
		let first = deposit_tx(pay(vec![paid_in; 9]), terms);
		for vout in 0..9 {
			Deposit { vout, ..first.clone() }.bring().unwrap();
		}
		set_fee_rate(Some(20_000));
		let opens = Peg::deposit(first.outpoint()).unwrap().refund_height.unwrap();
		bury(opens - 30 - best().height);
		// What was kept of nine pays for two at this rate.
		assert_eq!(coins(), [0, 1].map(|vout| OutPoint { vout, ..first.outpoint() }));
		assert!(!has_said(&Event::BatchBlocked { why: Blocked::NoCoins }));
	});
}
