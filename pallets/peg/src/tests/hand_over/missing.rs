//! Members that do not show up, and those who have left.

use super::{proposed, prove, Why};
use crate::{mock::*, Absent, DepositTerms, Event, MainCoin, Member};
use entangled_bitcoin::Destination;
use polkadot_sdk::{frame_support::assert_noop, sp_runtime::AccountId32};

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

/// Validators 2 to 7 are to take over, of whom each time one more is away.
fn away_in_turn(away: &[u8]) {
	Candidates::set(members(2..=7));
	govern(|policy| policy.term = 14);
	bury(14 - best().height);
	for n in away {
		let candidate = Peg::candidate().unwrap();
		let asked = candidate.members.iter().map(|member| (2..=7).find(|n| key(*n) == member.key));
		for there in asked.flatten().filter(|there| there != n) {
			prove(there).unwrap();
		}
		bury(7);
		next_blocks(20);
		bury(1);
		let missing = vec![account(100 + n)];
		assert!(has_said(&Event::HandOverFailed { committee: candidate.id, missing }));
		assert_eq!(Noted::take(), [(account(100 + n), false)]);
		bury(1);
	}
}

fn asked() -> Vec<Member<AccountId32>> {
	Peg::candidate().unwrap().members
}

fn sorted(keys: impl IntoIterator<Item = u8>) -> Vec<Member<AccountId32>> {
	let mut sorted = members(keys);
	sorted.sort();
	sorted
}

/// Two that are away in turn keep no committee in office.
#[test]
fn who_was_missing_before_is_left_out_as_well() {
	run(|| {
		away_in_turn(&[7, 6]);
		assert_eq!(asked(), sorted(2..=5));
		for n in 2..=5 {
			prove(n).unwrap();
		}
		assert_eq!((serving(), Absent::<Test>::get().len()), (3, 0));
		// Both have another chance.
		bury(14);
		assert_eq!(asked(), sorted(2..=7));
	});
}

#[test]
fn where_too_many_were_missing_in_turn_all_but_the_last_may_try_again() {
	run(|| {
		away_in_turn(&[7, 6, 5]);
		assert_eq!(asked(), sorted([2, 3, 4, 6, 7]));
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

/// Who is no validator any more may have nothing bonded. So many of them do not hold the keys to the end of
/// their term.
#[test]
fn when_more_than_a_third_have_left_the_next_take_over_early() {
	run(|| {
		fund(1, 300_000);
		withdraw(1, 100_000, 2_000);
		await_batch();
		settle();
		Candidates::set(members(2..=5));
		events();
		bury(20);
		assert_eq!((Peg::candidate(), events()), (None, vec![]), "one of four has left");
		Candidates::set(members(3..=6));
		bury(1);
		assert_eq!(events(), [Event::CommitteeProposed { committee: 1 }]);
		for n in 3..=6 {
			prove(n).unwrap();
		}
		bury(1);
		settle();
		assert_eq!(MainCoin::<Test>::get().unwrap().1, 1);
		// Those serve their term.
		bury(20);
		assert_eq!(Peg::candidate(), None);
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
