//! What an attempt without the coins of some pays.

use super::*;

/// Nodes may have an earlier attempt, which spends more coins and pays more for them.
#[test]
fn what_leaves_coins_out_still_outdoes_every_complete_attempt() {
	in_flight(|_, main, old| {
		let first = complete_by([2, 3, 4, 5]);
		bury(5);
		assert_eq!(spent(1), [main, old]);
		sign(LEFT, 1);
		bury(4);
		assert_eq!(spent(2), [main]);
		let third = complete_by(LEFT);
		assert_eq!(replaces(&third, &first), Ok(()));
		// What never was complete is no floor.
		assert!(attempt(2).fee < attempt(1).fee);
		// Until it is.
		sign([1, 2], 1);
		let second = transaction(1);
		assert_eq!(replaces(&third, &second), Err("less fees than conflicting transactions"));
		bury(5);
		assert_eq!(spent(3), [main]);
		let fourth = complete_by(LEFT);
		for tx in [first, second, third] {
			assert_eq!(replaces(&fourth, &tx), Ok(()));
		}
	});
}

/// Without floors it is as cheap as a first attempt.
#[test]
fn where_nothing_was_complete_fees_follow_the_estimate() {
	in_flight(|_, _, _| {
		sign(LEFT, 0);
		bury(2);
		set_fee_rate(Some(1_500));
		bury(2);
		assert_eq!(attempt(1).rate.0, 1_500);
		assert_eq!(attempt(1).fee.0, (complete_by(LEFT).vsize() as u64 * 3).div_ceil(2));
	});
	in_flight(|_, _, _| {
		sign(LEFT, 0);
		// Not even a first attempt pays more than the ceiling.
		set_fee_rate(Some(30_000));
		bury(4);
		assert_eq!(attempt(1).rate.0, 20_000);
	});
}
