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
		assert!(said(Event::Elected { session, validators: 4, founders: 0 }));
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
		// Then those go on who make blocks now.
		assert!(elected().is_empty());
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
