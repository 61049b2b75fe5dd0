//! How long an attempt waits for signatures, and what is worth another one.

use super::*;

/// Nothing that could be built would get its signatures.
#[test]
fn where_the_common_coin_lacks_signatures_it_waits() {
	in_flight(|_, main, _| {
		sign([1, 5], 0);
		bury(20);
		assert_eq!((newest(), silent_until()), (0, None));
		let signed = |n| Event::Signed { batch: BATCH, attempt: 0, key: key(n) };
		assert_eq!(events(), [signed(1), signed(5)]);
		sign([3, 4], 0);
		assert!(attempt(0).complete, "1, 3 and 4 of the one, and 3 to 5 of the other");
		assert_eq!(spent(0)[0], main);
	});
	in_flight(|_, main, _| {
		bury(20);
		sign(LEFT, 0);
		assert_eq!(newest(), 0);
		bury(1);
		assert_eq!(spent(1), [main]);
	});
}

/// Bitcoin may be fast, and our chain may be.
#[test]
fn both_clocks_must_have_run() {
	in_flight(|_, _, _| {
		sign(LEFT, 0);
		bury_at_once(10);
		assert_eq!(newest(), 0);
		next_blocks(8);
		assert_eq!(newest(), 0, "the peg acts when Bitcoin does");
		bury(1);
		assert_eq!(newest(), 1);
	});
	in_flight(|_, _, _| {
		sign(LEFT, 0);
		next_blocks(40);
		bury(2);
		assert_eq!(newest(), 0);
		bury(1);
		assert_eq!(newest(), 1);
	});
}

/// While the peg is halted nobody can sign, so nobody is blamed.
#[test]
fn after_a_halt_there_is_time_to_sign() {
	in_flight(|_, _, _| {
		sign([3], 0);
		assert_ok!(Peg::halt(RuntimeOrigin::root()));
		bury(20);
		assert_ok!(Peg::resume(RuntimeOrigin::root()));
		sign([4, 5], 0);
		bury(3);
		assert_eq!(newest(), 0);
		bury(1);
		assert_eq!(newest(), 1);
	});
	// What is complete has no such time.
	in_flight(|_, _, _| {
		complete_by([2, 3, 4, 5]);
		let before = attempt(0);
		assert_ok!(Peg::halt(RuntimeOrigin::root()));
		bury(1);
		assert_ok!(Peg::resume(RuntimeOrigin::root()));
		assert_eq!(attempt(0), before);
	});
}

#[test]
fn attempts_are_used_up_by_this_too() {
	in_flight(|_, _, _| {
		govern(|policy| policy.fees.max_attempts = 1);
		sign(LEFT, 0);
		bury(4);
		assert_eq!((newest(), silent_until()), (0, None));
		assert!(has_said(&Event::NoMoreReplacements { why: Why::Attempts }));
		govern(|policy| policy.fees.max_attempts = 2);
		bury(1);
		assert_eq!(newest(), 1);
	});
}

/// A transaction that sweeps nothing and pays nobody is a gift to miners.
#[test]
fn nothing_is_built_that_nobody_needs() {
	left(|main, old| {
		bury(1);
		assert_eq!((spent(0), paid(0)), (vec![main, old], vec![]));
		sign(LEFT, 0);
		bury(20);
		assert_eq!((newest(), silent_until()), (0, None));
		// Until somebody has waited for long enough,
		let id = withdraw(1, 20_000, 9_000);
		bury(3);
		assert_eq!(newest(), 0);
		bury(1);
		assert_eq!((spent(1), paid(1)), (vec![main], vec![id]));
		assert!(silent_until().is_some());
		settle_by_those_left();
		assert!(is_paid(id));
	});
}

/// or a deposit of those who serve must be swept.
#[test]
fn what_must_be_swept_meanwhile_comes_along() {
	left(|main, old| {
		bury(1);
		assert_eq!(spent(0), [main, old]);
		sign(LEFT, 0);
		let urgent = deposit_to(1, 100_000, 60);
		let later = deposit_to(1, 100_000, 500);
		let opens = Peg::deposit(urgent).unwrap().refund_height.unwrap();
		bury(opens - 31 - best().height);
		assert_eq!(newest(), 0);
		bury(1);
		assert_eq!(spent(1), [main, urgent, later]);
		let tx = settle_by_those_left();
		assert_eq!(tx.input.len(), 3);
		assert!(Peg::deposit(later).unwrap().swept && !Peg::deposit(old).unwrap().swept);
	});
}

/// An open refund is a coin that may be lost: it is worth a try at any time, and still holds nobody up.
#[test]
fn an_open_refund_of_theirs_is_tried_again_at_once() {
	handed_over(|| {
		bury(1);
		settle();
		let old = deposit_to(0, 100_000, 60);
		let opens = Peg::deposit(old).unwrap().refund_height.unwrap();
		bury(1);
		sign(LEFT, 0);
		bury(opens - 7 - best().height);
		let id = withdraw(1, 10_000, 9_000);
		bury(4);
		settle_by_those_left();
		assert!(is_paid(id));
		assert_eq!(Peg::status().halt, Some(HaltReason::RefundOpen));
		assert!(silent_until().is_some());
		bury(1);
		assert_eq!(spent(0)[1], old, "silent or not");
		// And it is not left out for nothing.
		sign(LEFT, 0);
		bury(10);
		assert_eq!(newest(), 0);
		sign([2], 0);
		assert_ok!(Peg::settle(nobody(), confirm(&transaction(0))));
		assert_ok!(Peg::resume(RuntimeOrigin::root()));
		bury(1);
		assert_eq!(Peg::status().halt, None);
	});
}
