//! Members that do not show up, and those who have left.

use super::{proposed, prove, Why};
use crate::{mock::*, Absent, DepositTerms, Event, MainCoin};
use entangled_bitcoin::Destination;
use polkadot_sdk::frame_support::assert_noop;

/// Who did not show up is left out the next time, as long as two thirds are left.
#[test]
fn the_next_candidate_is_formed_without_those_who_were_missing() {
	proposed(|| {
		for n in [2, 3, 5] {
			prove(n).unwrap();
		}
		bury(7);
		next_blocks(20);
		bury(1);
		events();
		bury(1);
		assert_eq!(events(), [Event::CommitteeProposed { committee: 2 }]);
		assert_eq!(Peg::candidate().unwrap().members, {
			let mut expected = members([2, 3, 5]);
			expected.sort();
			expected
		});
		for n in [2, 3, 5] {
			prove(n).unwrap();
		}
		assert_eq!((serving(), Absent::<Test>::get().len()), (2, 0));
		// With the next hand-over the fourth has another chance.
		bury(14);
		assert_eq!(Peg::candidate().unwrap().missing.len(), 4);
	});
}

/// One who was away once is not kept out for as long as nobody else comes.
#[test]
fn who_was_missing_may_try_again() {
	run(|| {
		Candidates::set(members(1..=5));
		govern(|policy| policy.term = 14);
		bury(14 - best().height);
		for n in 1..=4 {
			prove(n).unwrap();
		}
		bury(7);
		next_blocks(20);
		bury(1);
		assert_eq!(Peg::candidate(), None);
		// The four that are left are the committee in office.
		bury(2);
		for n in 1..=5 {
			prove(n).unwrap();
		}
		assert_eq!(Peg::committees()[1].members.len(), 5);
	});
}

#[test]
fn more_than_a_third_are_not_left_out() {
	proposed(|| {
		prove(2).unwrap();
		prove(3).unwrap();
		bury(7);
		next_blocks(20);
		bury(2);
		let mut missing = Peg::candidate().unwrap().missing;
		missing.sort();
		let mut all = members(2..=5);
		all.sort();
		assert_eq!(missing, all);
	});
}

/// A coin that those must sign for who have left could hold up everybody.
#[test]
fn deposits_to_a_committee_of_which_too_few_are_left_are_not_claimed() {
	proposed(|| {
		// Two of four are left, of whom three must sign.
		Candidates::set(members(3..=6));
		bury(9);
		next_blocks(20);
		bury(1);
		let destination = Destination::Account([1; 32]);
		let terms = DepositTerms::Own { committee: 0, destination, refund: refund(500) };
		let deposit = deposit(terms.clone(), 200_000);
		for n in 3..=6 {
			prove(n).unwrap();
		}
		assert_eq!(serving(), 2);
		assert_noop!(deposit.bring(), Why::CommitteeRetired);
		assert_eq!(Peg::deposit_address(&terms), Err(crate::QuoteError::CommitteeRetired));
		// What it holds is moved by those who keep their keys.
		bury(1);
		settle();
		assert_eq!(MainCoin::<Test>::get().unwrap().1, 2);
	});
}
