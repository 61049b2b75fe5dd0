//! ENT at stake.

use super::*;
use crate::{HoldReason, MAX_UNLOCKING};
use polkadot_sdk::{
	frame_support::{assert_noop, assert_ok, traits::fungible::hold::Inspect as _},
	sp_runtime::DispatchError::BadOrigin,
};

fn on_hold(n: u8) -> u128 {
	Balances::balance_on_hold(&HoldReason::Stake.into(), &account(n))
}

#[test]
fn stake_is_on_hold_and_makes_a_sequencer() {
	start(|| {
		assert_ok!(Staking::stake(signed(1), STAKE));
		assert!(said(Event::StakeChanged { sequencer: account(1), stake: STAKE }));
		assert_eq!(on_hold(1), STAKE);
		assert_eq!(status(1), SequencerStatus::Chilled);
		assert_ok!(Staking::stake(signed(1), 5));
		assert_eq!((sequencer(1).stake, on_hold(1)), (STAKE + 5, STAKE + 5));
	});
}

#[test]
fn what_is_too_little_or_not_there_is_refused() {
	start(|| {
		assert_noop!(Staking::stake(signed(1), 0), Why::ZeroAmount);
		assert_noop!(Staking::stake(signed(1), STAKE - 1), Why::BelowMinimumStake);
		assert_noop!(Staking::stake(signed(1), ENT + 1), Why::InsufficientBalance);
		assert_noop!(Staking::stake(signed(1), u128::MAX), Why::InsufficientBalance);
		assert_noop!(Staking::unstake(signed(1), 1), Why::UnknownSequencer);
		assert_noop!(Staking::withdraw_stake(signed(1)), Why::UnknownSequencer);
		assert_ok!(Staking::stake(signed(1), STAKE));
		assert_noop!(Staking::stake(signed(1), u128::MAX), Why::InsufficientBalance);
		assert_noop!(Staking::unstake(signed(1), 0), Why::ZeroAmount);
		assert_noop!(Staking::unstake(signed(1), STAKE + 1), Why::InsufficientStake);
		assert_noop!(Staking::withdraw_stake(signed(1)), Why::NothingUnlocked);
		for origin in [RuntimeOrigin::root(), RuntimeOrigin::none()] {
			assert_noop!(Staking::stake(origin.clone(), STAKE), BadOrigin);
			assert_noop!(Staking::unstake(origin.clone(), 1), BadOrigin);
			assert_noop!(Staking::withdraw_stake(origin), BadOrigin);
		}
	});
}

#[test]
fn a_candidate_keeps_the_least_stake_until_it_chills() {
	start(|| {
		candidate(1, OWN_BOND);
		assert_ok!(Staking::stake(signed(1), 10));
		assert_noop!(Staking::unstake(signed(1), 11), Why::BelowMinimumStake);
		assert_ok!(Staking::unstake(signed(1), 10));
		assert_ok!(Staking::chill(signed(1)));
		assert_ok!(Staking::unstake(signed(1), STAKE - 1));
		assert_noop!(Staking::stake(signed(1), STAKE - 2), Why::BelowMinimumStake);
		assert_ok!(Staking::stake(signed(1), STAKE - 1));
	});
}

#[test]
fn what_is_asked_back_waits_in_both_clocks() {
	start(|| {
		assert_ok!(Staking::stake(signed(1), STAKE));
		assert_ok!(Staking::unstake(signed(1), 300));
		assert!(said(Event::StakeChanged { sequencer: account(1), stake: STAKE - 300 }));
		assert_eq!(on_hold(1), STAKE);
		let (start, policy) = (clock(), CurrentPolicy::<Test>::get());
		pass(0, policy.unstake_own_blocks);
		assert_noop!(Staking::withdraw_stake(signed(1)), Why::NothingUnlocked);
		assert_ok!(Staking::unstake(signed(1), 50));
		pass(start.bitcoin_height + policy.unstake_blocks - clock().bitcoin_height, 0);
		assert_ok!(Staking::withdraw_stake(signed(1)));
		assert!(said(Event::StakeReleased { sequencer: account(1), amount: 300 }));
		// What was asked back later waits still.
		assert_eq!(on_hold(1), STAKE - 300);
		assert_noop!(Staking::withdraw_stake(signed(1)), Why::NothingUnlocked);
	});
}

#[test]
fn not_too_many_amounts_wait() {
	start(|| {
		assert_ok!(Staking::stake(signed(1), STAKE));
		(0..MAX_UNLOCKING).for_each(|_| Staking::unstake(signed(1), 1).unwrap());
		assert_noop!(Staking::unstake(signed(1), 1), Why::TooManyUnlocking);
		pass(4, 10);
		assert_ok!(Staking::withdraw_stake(signed(1)));
		assert_ok!(Staking::unstake(signed(1), 1));
	});
}

#[test]
fn who_has_taken_everything_back_is_forgotten() {
	start(|| {
		assert_ok!(Staking::stake(signed(1), STAKE));
		assert_ok!(Staking::unstake(signed(1), STAKE));
		pass(4, 10);
		assert_ok!(Staking::withdraw_stake(signed(1)));
		assert!(!Sequencers::<Test>::contains_key(account(1)));
		assert_eq!(on_hold(1), 0);
		// But not while a bond is on record.
		assert_ok!(Staking::stake(signed(2), STAKE));
		bond(3, 2, 10_000);
		assert_ok!(Staking::unstake(signed(2), STAKE));
		pass(4, 10);
		assert_ok!(Staking::withdraw_stake(signed(2)));
		assert_eq!((sequencer(2).stake, sequencer(2).total), (0, Sats(10_000)));
	});
}

#[test]
fn who_sits_in_jail_cannot_leave_it_by_taking_everything_back() {
	start(|| {
		candidate(1, OWN_BOND);
		(0..2).for_each(|_| end_session([(1, 0), (2, 1), (3, 1)]));
		assert!(is_jailed(1));
		assert_ok!(Staking::unstake(signed(1), STAKE));
		pass(4, 10);
		assert_ok!(Staking::withdraw_stake(signed(1)));
		assert!(is_jailed(1));
	});
}
