//! Who is elected.

use super::*;
use polkadot_sdk::frame_support::assert_ok;

#[test]
fn those_with_the_most_btc_are_elected() {
	start(|| {
		for n in 1..=6 {
			candidate(n, 50_000 + u64::from(n));
		}
		assert_eq!(elected(), [6, 5, 4, 3]);
		let session = Session::get() + 1;
		assert!(said(Event::Elected { session, validators: 4, filling: 0 }));
		// A delegation changes that for the next time.
		bond(9, 1, 10);
		assert_eq!(elected(), [1, 6, 5, 4]);
		// What was elected stays within the numbers.
		govern(|policy| policy.validators = 2);
		assert_eq!(elected(), [1, 6]);
	});
}

#[test]
fn who_has_no_keys_or_lacks_what_it_takes_is_passed_over() {
	start(|| {
		let own = candidate(1, 90_000);
		candidate(2, 80_000);
		candidate(3, 70_000);
		lose_keys([2]);
		assert_eq!(elected(), [1, 3]);
		leave(own);
		bond(9, 1, 500_000);
		assert_eq!(elected(), [3]);
		assert_ok!(Staking::chill(signed(3)));
		assert!(elected().is_empty());
	});
}

/// One who is elected alone, or few, would decide alone what Bitcoin says, and hold custody.
#[test]
fn while_there_are_too_few_those_go_on_who_can() {
	start(|| {
		govern(|policy| policy.min_validators = 4);
		for n in 1..=4 {
			candidate(n, 50_000 + u64::from(n));
		}
		assert_eq!(elected(), [4, 3, 2, 1]);
		// One cheats, one has no keys any more, one is jailed, and one does not stand.
		Staking::punish(&account(1), 1, polkadot_sdk::sp_runtime::Perbill::one(), None);
		(0..2).for_each(|_| end_session([(2, 0), (3, 1), (4, 1), (7, 1)]));
		assert!(is_jailed(2));
		assert_ok!(Staking::chill(signed(3)));
		assert_eq!(elected_after([]), [4]);
		lose_keys([8]);
		let session = Session::get() + 1;
		assert_eq!(elected_after([1, 2, 3, 4, 7, 8]), [4, 3, 7]);
		assert!(said(Event::Elected { session, validators: 3, filling: 2 }));
		// No more than are wanted.
		assert_eq!(elected_after([3, 7, 9, 10, 11]), [4, 3, 7, 9]);
		pass(3, 8);
		assert_eq!(elected_after([2, 3]), [4, 2, 3]);
	});
}

#[test]
fn an_election_looks_at_no_bond() {
	start(|| {
		for n in 1..=3 {
			candidate(n, 50_000 + u64::from(n));
		}
		let bonds = Bonds::<Test>::iter().collect::<Vec<_>>();
		let _ = Bonds::<Test>::clear(u32::MAX, None);
		assert_eq!(elected(), [3, 2, 1]);
		pay_fees(1_000, 10);
		end_session([(1, 1), (2, 0), (3, 5)]);
		bonds.into_iter().for_each(|(outpoint, bond)| Bonds::<Test>::insert(outpoint, bond));
	});
}

#[test]
fn the_committee_is_those_with_the_most_btc_and_founders_last() {
	start(|| {
		candidate(3, 60_000);
		candidate(4, 70_000);
		candidate(6, 50_000);
		candidate(7, 80_000);
		let order = |validators: &[u8]| {
			let validators = accounts(validators.iter().copied());
			Staking::committee_order(validators).iter().map(number).collect::<Vec<_>>()
		};
		assert_eq!(order(&[1, 2, 3, 4, 6]), [4, 3, 6, 1, 2]);
		// Only who is validator; not who cheats or sits in jail.
		assert_eq!(order(&[2, 3]), [3, 2]);
		Staking::punish(&account(4), 1, polkadot_sdk::sp_runtime::Perbill::one(), None);
		(0..2).for_each(|_| end_session([(1, 1), (3, 0), (6, 1)]));
		assert!(is_jailed(3));
		assert_eq!(order(&[1, 3, 4, 6, 7]), [7, 6, 1]);
	});
}
