//! Who makes blocks while there are too few others.

use super::*;
use polkadot_sdk::{
	frame_support::{assert_noop, assert_ok},
	sp_runtime::{DispatchError, Perbill},
};

/// Runs `test` with three founders.
fn begin(test: impl FnOnce()) {
	start(|| {
		Founders::<Test>::put(polkadot_sdk::frame_support::BoundedVec::truncate_from(accounts([
			11, 12, 13,
		])));
		govern(|policy| policy.min_validators = 3);
		test();
	});
}

fn founders() -> Vec<u8> {
	Founders::<Test>::get().iter().map(number).collect()
}

#[test]
fn they_fill_the_set_and_make_room() {
	begin(|| {
		assert_eq!(elected(), [11, 12, 13]);
		let session = Session::get() + 1;
		assert!(said(Event::Elected { session, validators: 3, filling: 3 }));
		candidate(1, 50_000);
		assert_eq!(elected(), [1, 11, 12]);
		candidate(2, 60_000);
		assert_eq!(elected(), [2, 1, 11]);
		candidate(3, 55_000);
		assert_eq!(elected(), [2, 3, 1]);
		assert!(said(Event::Elected { session, validators: 3, filling: 0 }));
	});
}

#[test]
fn a_founder_that_is_elected_does_not_fill_another_place() {
	begin(|| {
		candidate(11, 50_000);
		assert_eq!(elected(), [11, 12, 13]);
		assert_ok!(Staking::chill(signed(11)));
		assert_eq!(elected(), [11, 12, 13]);
		lose_keys([12]);
		assert_eq!(elected(), [11, 13]);
	});
}

#[test]
fn a_founder_in_jail_does_not_fill_until_its_time_is_over() {
	begin(|| {
		candidate(11, 50_000);
		(0..2).for_each(|_| end_session([(11, 0), (12, 1), (13, 1)]));
		assert!(is_jailed(11));
		assert_eq!(elected(), [12, 13]);
		pass(3, 8);
		assert_eq!(elected(), [11, 12, 13]);
	});
}

/// Without asking for it, for it does not stand. It is absent again, and takes nobody else's cell.
#[test]
fn a_founder_that_was_jailed_is_judged_again() {
	begin(|| {
		for n in 11..=13 {
			candidate(n, 50_000);
		}
		let absent = |n: u8| end_session((11..=13).map(|m| (m, u32::from(m != n))));
		(0..2).for_each(|_| absent(11));
		assert!(is_jailed(11));
		pass(3, 8);
		assert_eq!(elected(), [12, 13, 11]);
		// It is free, and there is a cell for another.
		(0..2).for_each(|_| absent(12));
		assert!(is_jailed(12));
		pass(3, 8);
		let before = status(11);
		absent(11);
		assert_eq!(status(11), before, "once more is not enough");
		absent(11);
		assert!(is_jailed(11) && status(11) != before);
	});
}

#[test]
fn a_founder_that_cheats_is_one_no_more_and_never_comes_back() {
	begin(|| {
		Staking::punish(&account(12), 1, Perbill::from_percent(1), None);
		assert_eq!(founders(), [11, 13]);
		assert!(Staking::is_banned(&account(12)));
		assert_eq!(elected(), [11, 13]);
		assert_eq!(Staking::stake(signed(12), STAKE).err(), Some(Why::Banned.into()));
	});
}

#[test]
fn a_founder_without_bonds_has_all_that_it_earns() {
	begin(|| {
		open_pot();
		pay_fees(1_000, 30);
		end_session([(11, 2), (12, 1)]);
		assert_eq!(earned(11), Earnings { ent: 666, ebtc: Sats(20) });
		assert_eq!(earned(12), Earnings { ent: 333, ebtc: Sats(10) });
		assert_ok!(collect(12, &[]));
		assert_eq!(Staking::unshared(), ent(1));
	});
}

#[test]
fn governance_names_founders() {
	begin(|| {
		let set = |origin, numbers: &[u8]| {
			let founders = accounts(numbers.iter().copied()).try_into().unwrap();
			Staking::set_founders(origin, founders)
		};
		let root = RuntimeOrigin::root;
		for origin in [signed(11), RuntimeOrigin::none()] {
			assert_noop!(set(origin, &[14]), DispatchError::BadOrigin);
		}
		assert_noop!(set(root(), &[14, 15, 14]), Why::DuplicateFounder);
		Staking::punish(&account(13), 1, Perbill::from_percent(1), None);
		assert_noop!(set(root(), &[14, 13]), Why::Banned);
		assert_ok!(set(root(), &[15, 12, 14]));
		assert!(said(Event::FoundersChanged { founders: accounts([15, 12, 14]) }));
		assert_eq!(elected(), [15, 12, 14]);
		assert_ok!(set(root(), &[]));
		assert_eq!(elected_after([11, 12]), [11, 12]);
	});
}
