//! What governance decides, and what it cannot.

use super::*;
use crate::{Rules, RulesVersion, MAX_VERSIONS};
use entangled_bitcoin::bond::BondRules;
use polkadot_sdk::{
	frame_support::{assert_noop, assert_ok},
	sp_runtime::DispatchError::BadOrigin,
};

fn root() -> RuntimeOrigin {
	RuntimeOrigin::root()
}

/// Rules that differ by their fee.
fn version(from: u32, fee: u64) -> RulesVersion {
	let rules = BondRules { unbonding_fee: Sats(fee), ..in_force() };
	RulesVersion { from, rules }
}

fn in_force() -> BondRules {
	Rules::<Test>::get().first().unwrap().rules
}

fn heights() -> Vec<u32> {
	Rules::<Test>::get().iter().map(|version| version.from).collect()
}

#[test]
fn nobody_else_may() {
	start(|| {
		let next = version(clock().bitcoin_height + 1, 3_000);
		for origin in [signed(1), RuntimeOrigin::none()] {
			let policy = CurrentPolicy::<Test>::get();
			assert_noop!(Staking::set_policy(origin.clone(), policy), BadOrigin);
			assert_noop!(Staking::set_rules(origin, next), BadOrigin);
		}
	});
}

#[test]
fn numbers_go_together() {
	start(|| {
		let refuse = |change: &dyn Fn(&mut Policy)| {
			let mut policy = CurrentPolicy::<Test>::get();
			change(&mut policy);
			assert_noop!(Staking::set_policy(root(), policy), Why::UnsoundPolicy);
		};
		refuse(&|policy| policy.validators = 0);
		refuse(&|policy| policy.validators = crate::MAX_VALIDATORS + 1);
		refuse(&|policy| policy.min_validators = policy.validators + 1);
		refuse(&|policy| policy.min_validators = 0);
		refuse(&|policy| policy.max_timelock = policy.min_timelock - 1);
		refuse(&|policy| policy.min_bond = Sats(999));
		refuse(&|policy| policy.min_bond = Sats(Sats::MAX_MONEY.0 + 1));
		refuse(&|policy| policy.registration_blocks = 0);
		refuse(&|policy| policy.unstake_blocks = 0);
		refuse(&|policy| policy.unstake_own_blocks = 0);
		refuse(&|policy| policy.max_commission = 1_000_001);
		refuse(&|policy| policy.max_commission_rise = 1_000_001);
		refuse(&|policy| policy.offline_sessions = 0);
		refuse(&|policy| policy.slash_signing_blocks = 0);
		refuse(&|policy| policy.missed_signatures = 0);
		refuse(&|policy| policy.jail_blocks = 0);
		refuse(&|policy| policy.inflation = 1_000_001);
		refuse(&|policy| policy.year = 0);
		refuse(&|policy| (policy.reporter_share, policy.treasury_share) = (500_000, 500_001));
		// Under the rules no such bond could count, or be slashed.
		refuse(&|policy| policy.min_timelock = in_force().unbonding_time);
		refuse(&|policy| policy.min_bond = Sats(in_force().min_value().unwrap().0 - 1));
	});
}

#[test]
fn numbers_are_set_and_hold_at_once() {
	start(|| {
		candidate(1, 60_000);
		candidate(2, 50_000);
		candidate(3, 70_000);
		govern(|policy| policy.min_own_bond = Sats(60_000));
		assert_eq!(ranking(), [(70_000, 3), (60_000, 1), (0, 2)]);
		let policy = CurrentPolicy::<Test>::get();
		assert!(said(Event::PolicyChanged { policy }));
		govern(|policy| policy.min_stake = STAKE + 1);
		assert_eq!(ranking(), [(0, 1), (0, 2), (0, 3)]);
		assert_ok!(Staking::stake(signed(2), 1));
		govern(|policy| policy.min_own_bond = Sats(0));
		assert_eq!(ranking(), [(50_000, 2), (0, 1), (0, 3)]);
		govern(|policy| policy.min_stake = STAKE);
		assert_eq!(ranking(), [(70_000, 3), (60_000, 1), (50_000, 2)]);
	});
}

#[test]
fn rules_hold_from_a_height_to_come() {
	start(|| {
		let tip = clock().bitcoin_height;
		let first = heights();
		assert_noop!(Staking::set_rules(root(), version(tip, 3_000)), Why::UnsoundRules);
		assert_ok!(Staking::set_rules(root(), version(tip + 10, 3_000)));
		assert!(said(Event::RulesChanged { version: version(tip + 10, 3_000) }));
		assert_ok!(Staking::set_rules(root(), version(tip + 20, 3_001)));
		assert_eq!(heights(), [first[0], tip + 10, tip + 20]);
		// Another decision takes the place of those for later.
		assert_ok!(Staking::set_rules(root(), version(tip + 10, 3_002)));
		assert_eq!(heights(), [first[0], tip + 10]);
		assert_ok!(Staking::set_rules(root(), version(tip + 5, 3_003)));
		assert_eq!(heights(), [first[0], tip + 5]);
		// What holds no more is forgotten.
		pass(5, 0);
		assert_ok!(Staking::set_rules(root(), version(tip + 10, 3_004)));
		assert_eq!(heights(), [tip + 5, tip + 10]);
	});
}

#[test]
fn rules_are_sound_and_fit_the_numbers() {
	start(|| {
		let tip = clock().bitcoin_height;
		let refuse = |change: &dyn Fn(&mut BondRules)| {
			let mut next = version(tip + 1, 3_000);
			change(&mut next.rules);
			assert_noop!(Staking::set_rules(root(), next), Why::UnsoundRules);
		};
		refuse(&|rules| rules.slash_ppm = 0);
		refuse(&|rules| rules.slash_ppm = 1_000_001);
		refuse(&|rules| rules.unbonding_time = 0);
		// No time to slash.
		refuse(&|rules| rules.unbonding_time = 9);
		refuse(&|rules| rules.unbonding_time = CurrentPolicy::<Test>::get().min_timelock);
		refuse(&|rules| rules.slashing_fee = CurrentPolicy::<Test>::get().min_bond);
	});
}

#[test]
fn no_more_versions_than_can_be_kept() {
	start(|| {
		let tip = clock().bitcoin_height;
		for n in 1..MAX_VERSIONS {
			assert_ok!(Staking::set_rules(root(), version(tip + n, 3_000)));
		}
		let next = version(tip + MAX_VERSIONS, 3_000);
		assert_noop!(Staking::set_rules(root(), next), Why::TooManyVersions);
		// When the second holds, there is room again.
		pass(1, 0);
		assert_ok!(Staking::set_rules(root(), next));
	});
}
