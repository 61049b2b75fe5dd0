//! Who is in a committee, and how many there can be.

use crate::{mock::*, CandidateCommittee, Honoured, MAX_COMMITTEES, MAX_MEMBERS};
use polkadot_sdk::frame_support::{assert_ok, dispatch::DispatchResultWithPostInfo};

/// Member `n` of the candidate shows that it can sign.
fn prove(n: u8) -> DispatchResultWithPostInfo {
	let candidate = CandidateCommittee::<Test>::get().unwrap();
	Peg::prove_life(nobody(), candidate.id, key(n), signature(n, &candidate.challenge))
}

/// However fast they follow one another.
#[test]
fn there_is_room_for_the_next_committee() {
	run(|| {
		govern(|policy| policy.term = 14);
		for round in 1..20 {
			// One of four leaves.
			let next = round + 1..=round + 4;
			Candidates::set(members(next.clone()));
			bury(14 - best().height % 14);
			for n in next {
				assert_ok!(prove(n));
			}
			assert_eq!(serving(), u32::from(round));
			assert!(Honoured::<Test>::get().len() < MAX_COMMITTEES as usize);
		}
	});
}

/// When those who hold the keys leave long before the end of a term, the next may have to wait.
#[test]
fn nobody_takes_over_while_too_many_are_honoured() {
	run(|| {
		for n in 5..12 {
			Candidates::set(members([n]));
			bury(1);
			assert_ok!(prove(n));
		}
		assert_eq!(Honoured::<Test>::get().len(), MAX_COMMITTEES as usize);
		Candidates::set(members([12]));
		bury(1);
		assert_eq!((Peg::candidate(), serving()), (None, 7));
		// The grace of the first is over.
		bury(76);
		assert_ok!(prove(12));
		assert_eq!(serving(), 8);
	});
}

#[test]
fn a_chain_without_validators_with_keys_gets_its_first_committee_later() {
	run_with(policy(), 0, || {
		assert_eq!((Peg::status().committee, Peg::committees()), (None, vec![]));
		bury(1);
		assert_eq!(Peg::candidate(), None);
		Candidates::set(members([1]));
		bury(1);
		assert_ok!(prove(1));
		assert_eq!(serving(), 0);
		fund(1, 100_000);
		withdraw(1, 50_000, 2_000);
		await_batch();
		let tx = complete_by([1]);
		assert_ok!(Peg::settle(nobody(), confirm(&tx)));
	});
}

/// The best of those that there are, and of two with the same key the better.
#[test]
fn a_committee_has_fifteen_members_at_the_most_and_no_key_twice() {
	run(|| {
		let mut all = members(10..=30);
		all[1].key = all[0].key;
		Candidates::set(all.clone());
		govern(|policy| policy.term = 14);
		bury(14 - best().height);
		let mut expected = [&all[..1], &all[2..=15]].concat();
		expected.sort();
		assert_eq!(expected.len(), MAX_MEMBERS as usize);
		assert_eq!(Peg::candidate().unwrap().members, expected);
	});
}
