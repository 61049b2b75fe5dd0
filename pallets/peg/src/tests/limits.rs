//! The rolling limit on what custody pays out.

use crate::{mock::*, outflow, Event, InFlight, Outflow, OUTFLOW_BUCKETS};
use entangled_bitcoin::{custody::Skip, Sats};
use polkadot_sdk::frame_support::assert_ok;
use proptest::prelude::*;

/// The limit is 100,000 in 46 blocks; account 1 is rich.
fn limited(test: impl FnOnce()) {
	run(|| {
		govern(|policy| policy.outflow_limit = Sats(100_000));
		fund(1, 1_000_000);
		test();
	});
}

/// For how many blocks a payment counts at the most.
fn counting(window: u32) -> u32 {
	OUTFLOW_BUCKETS * window.div_ceil(OUTFLOW_BUCKETS - 1)
}

#[test]
fn no_more_is_paid_within_the_window_than_the_limit() {
	limited(|| {
		let first = withdraw(1, 60_000, 2_000);
		await_batch();
		settle();
		let settled = best().height;
		assert_eq!(Peg::status().outflow_left, Sats(40_000));

		let large = withdraw(1, 40_001, 2_000);
		let small = withdraw(1, 40_000, 2_000);
		events();
		await_batch();
		assert_eq!(attempt(0).payouts[0].0, small);
		assert!(has_said(&Event::WithdrawalSkipped { id: large, why: Skip::OverOutflowLimit }));
		settle();
		assert_eq!(Peg::status().outflow_left, Sats::ZERO);
		assert!(state(first).is_terminal());

		// The large one waits until the window has gone by, and not for much longer.
		while InFlight::<Test>::get().is_none() {
			assert!(best().height < settled + counting(46));
			bury(1);
		}
		assert!(best().height >= settled + 46);
		assert_eq!(attempt(0).payouts[0].0, large);
	});
}

/// Whoever asks for more than will ever be paid is told so.
#[test]
fn what_is_above_the_limit_of_a_window_is_refused_at_once() {
	limited(|| {
		let ask = |amount| request(signed(1), wallet(1), Sats(amount), Sats(2_000));
		polkadot_sdk::frame_support::assert_noop!(ask(100_001), crate::Error::<Test>::AboveMaximum);
		assert_ok!(ask(100_000));
		assert_eq!(
			Peg::quote_withdrawal(&wallet(1), Sats(100_001)),
			Err(crate::QuoteError::AboveMaximum)
		);
	});
}

/// What was paid before governance changed the window counts after it, and not for ever.
#[test]
fn a_change_of_the_window_forgets_nothing_and_keeps_nothing_for_ever() {
	for window in [24, 46, 400, 2_000] {
		limited(|| {
			// As high as Bitcoin is, so that the numbers of parts differ a lot.
			bury(300);
			withdraw(1, 60_000, 2_000);
			await_batch();
			settle();
			govern(|policy| policy.outflow_window = window);
			assert_eq!(Peg::status().outflow_left, Sats(40_000), "window of {window}");
			let until = best().height + counting(window);
			let left = |height| {
				let policy = crate::CurrentPolicy::<Test>::get();
				outflow::left(&crate::PaidOut::<Test>::get(), height, &policy)
			};
			assert_eq!(left(best().height + window - 1), Sats(40_000), "window of {window}");
			assert_eq!(left(until), Sats(100_000), "window of {window}");
		});
	}
}

proptest! {
	/// Whatever is asked for and when, no window pays more than the limit, and what is allowed comes
	/// back in time.
	#[test]
	fn no_window_pays_more_than_the_limit(
		window in 24u32..300,
		steps in prop::collection::vec((0u32..60, 0u64..150_000), 1..120),
	) {
		let mut policy = policy();
		policy.outflow_window = window;
		policy.outflow_limit = Sats(100_000);
		let mut outflow = Outflow::default();
		let mut height = 800_000;
		let mut paid: Vec<(u32, u64)> = vec![];
		for (wait, wanted) in steps {
			height += wait;
			let within = |paid: &[(u32, u64)], blocks: u32| {
				let recent = paid.iter().filter(|(then, _)| then + blocks > height);
				recent.map(|(_, amount)| amount).sum::<u64>()
			};
			let left = outflow::left(&outflow, height, &policy).0;
			// The window is cut into parts, and all of them count whole.
			let counted = within(&paid, counting(window));
			prop_assert!(left + counted >= 100_000);
			let amount = wanted.min(left);
			outflow::note(&mut outflow, height, Sats(amount), &policy);
			paid.push((height, amount));
			prop_assert!(within(&paid, window) <= 100_000);
		}
	}
}
