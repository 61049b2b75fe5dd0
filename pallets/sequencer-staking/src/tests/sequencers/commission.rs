//! What a sequencer takes before those who bonded for it.

use super::*;
use polkadot_sdk::{
	frame_support::{assert_noop, assert_ok},
	sp_runtime::DispatchError::BadOrigin,
};

fn set(commission: u32) -> DispatchResult {
	Staking::set_commission(signed(1), commission)
}

#[test]
fn it_is_free_until_somebody_has_bonded() {
	start(|| {
		assert_noop!(set(1), Why::UnknownSequencer);
		assert_noop!(Staking::set_commission(RuntimeOrigin::root(), 1), BadOrigin);
		assert_ok!(Staking::stake(signed(1), STAKE));
		assert_noop!(set(300_001), Why::CommissionTooHigh);
		assert_ok!(set(300_000));
		assert!(said(Event::CommissionSet { sequencer: account(1), commission: 300_000 }));
		assert_ok!(set(0));
		assert_ok!(set(250_000));
		assert_eq!(sequencer(1).commission, 250_000);
		// What somebody registers for it and does not fund changes nothing.
		assert_ok!(draft(2, 1, 100_000, 100).register());
		assert_eq!(sequencer(1).bonds, 1);
		assert_ok!(set(100_000));
		assert_ok!(set(200_000));
	});
}

#[test]
fn who_has_bonded_is_not_surprised() {
	start(|| {
		assert_ok!(Staking::stake(signed(1), STAKE));
		assert_ok!(set(100_000));
		bond(2, 1, 10_000);
		assert_noop!(set(120_000), Why::CommissionTooSoon);
		pass(0, 14);
		assert_noop!(set(120_000), Why::CommissionTooSoon);
		pass(0, 1);
		assert_noop!(set(150_001), Why::CommissionRisesTooFast);
		assert_ok!(set(150_000));
		assert_noop!(set(150_000), Why::CommissionTooSoon);
		// It falls as far as it likes, but does not rise again at once.
		pass(0, 15);
		assert_ok!(set(0));
		assert_noop!(set(50_000), Why::CommissionTooSoon);
		pass(0, 15);
		assert_noop!(set(50_001), Why::CommissionRisesTooFast);
		assert_ok!(set(50_000));
	});
}

#[test]
fn the_highest_one_holds_for_all() {
	start(|| {
		open_pot();
		assert_ok!(Staking::stake(signed(1), STAKE));
		assert_ok!(set(300_000));
		let outpoint = bond(2, 1, 10_000);
		govern(|policy| policy.max_commission = 100_000);
		pay_fees(1_000, 0);
		end_session([(1, 1)]);
		assert_eq!(earned(1), ent(100));
		assert_ok!(collect(2, &[outpoint]));
		assert!(said(Event::RewardsCollected { who: account(2), earnings: ent(900) }));
	});
}
