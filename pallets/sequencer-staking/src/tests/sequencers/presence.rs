//! Who is absent.

use super::*;
use polkadot_sdk::frame_support::{assert_noop, assert_ok};
use proptest::prelude::*;

fn jailed(numbers: impl IntoIterator<Item = u8>) -> Vec<u8> {
	numbers.into_iter().filter(|n| is_jailed(*n)).collect()
}

#[test]
fn who_makes_no_block_for_some_sessions_in_a_row_is_jailed() {
	start(|| {
		for n in 1..=3 {
			candidate(n, OWN_BOND);
		}
		end_session([(1, 0), (2, 1), (3, 1)]);
		assert_eq!(sequencer(1).missed_sessions, 1);
		end_session([(1, 1), (2, 1), (3, 1)]);
		assert_eq!(sequencer(1).missed_sessions, 0);
		end_session([(1, 0), (2, 1), (3, 1)]);
		assert!(!is_jailed(1));
		end_session([(1, 0), (2, 1), (3, 1)]);
		let until = clock().after(3, 8);
		assert_eq!(status(1), SequencerStatus::Jailed { until });
		assert!(said(Event::StatusChanged { sequencer: account(1), status: status(1) }));
		assert_eq!(ranking(), [(OWN_BOND, 2), (OWN_BOND, 3)]);
		// Its bonds are where they were.
		assert_eq!(sequencer(1).total, Sats(OWN_BOND));
	});
}

#[test]
fn who_was_jailed_may_come_back_when_both_clocks_say_so() {
	start(|| {
		for n in 1..=3 {
			candidate(n, OWN_BOND);
		}
		(0..2).for_each(|_| end_session([(1, 0), (2, 1), (3, 1)]));
		assert_noop!(Staking::stand(signed(1)), Why::StillJailed);
		assert_noop!(Staking::chill(signed(1)), Why::NotACandidate);
		let start = clock();
		pass(0, 8);
		assert_noop!(Staking::stand(signed(1)), Why::StillJailed);
		pass(start.bitcoin_height + 3 - clock().bitcoin_height, 0);
		assert_ok!(Staking::stand(signed(1)));
		assert_eq!((sequencer(1).missed_sessions, sequencer(1).missed_signatures), (0, 0));
		assert_eq!(ranking().len(), 3);
	});
}

#[test]
fn who_does_not_sign_is_jailed_when_the_session_ends() {
	start(|| {
		for n in 1..=3 {
			candidate(n, OWN_BOND);
		}
		let session = || end_session([(1, 1), (2, 1), (3, 1)]);
		(0..2).for_each(|_| Staking::note_signature(&account(1), false));
		Staking::note_signature(&account(1), true);
		(0..2).for_each(|_| Staking::note_signature(&account(1), false));
		session();
		assert!(!is_jailed(1));
		Staking::note_signature(&account(1), false);
		session();
		assert!(is_jailed(1));
		// Nobody else is meant by that; nor a founder.
		Staking::note_signature(&account(20), false);
		assert!(!Sequencers::<Test>::contains_key(account(20)));
		assert_eq!(jailed(1..=3), [1]);
	});
}

#[test]
fn never_more_than_a_third_sits_in_jail() {
	start(|| {
		for n in 1..=7 {
			candidate(n, OWN_BOND);
		}
		(0..2).for_each(|_| end_session((1..=7).map(|n| (n, 0))));
		assert_eq!(jailed(1..=7), [1, 2]);
		// They make no blocks in the next session either, and there is no cell free.
		end_session((1..=7).map(|n| (n, 0)));
		assert_eq!(jailed(1..=7), [1, 2]);
		// Others take their places.
		for n in 8..=9 {
			candidate(n, OWN_BOND);
		}
		end_session((3..=9).map(|n| (n, 0)));
		assert_eq!(jailed(1..=9), [1, 2, 3, 4]);
	});
}

#[test]
fn of_two_validators_neither_is_jailed() {
	start(|| {
		for n in 1..=2 {
			candidate(n, OWN_BOND);
		}
		(0..5).for_each(|_| end_session([(1, 1), (2, 0)]));
		assert!(jailed(1..=2).is_empty());
		assert_eq!(sequencer(2).missed_sessions, 5);
	});
}

#[test]
fn who_was_banned_is_not_jailed_too() {
	start(|| {
		for n in 1..=3 {
			candidate(n, OWN_BOND);
		}
		Staking::punish(&account(1), 1, polkadot_sdk::sp_runtime::Perbill::one(), None);
		(0..3).for_each(|_| end_session([(1, 0), (2, 1), (3, 1)]));
		assert!(sequencer(1).is_banned());
	});
}

proptest! {
	#![proptest_config(ProptestConfig::with_cases(64))]

	/// Whoever is there and whoever is not, of the validators of a session at most a third is in jail, and
	/// only who was absent.
	#[test]
	fn jail_is_bounded(
		size in 1..12u8,
		sessions in prop::collection::vec(any::<(u16, u16)>(), 1..20),
	) {
		start(|| {
			for n in 1..=size {
				candidate(n, OWN_BOND);
			}
			let mut missed = vec![0; usize::from(size) + 1];
			for (there, free) in sessions {
				let was_jailed = jailed(1..=size);
				for n in 1..=size {
					let there = there >> n & 1 == 1;
					missed[usize::from(n)] = if there { 0 } else { missed[usize::from(n)] + 1 };
				}
				end_session((1..=size).map(|n| (n, u32::from(there >> n & 1))));
				let now_jailed = jailed(1..=size);
				assert!(now_jailed.len() <= usize::from(size) / 3);
				for n in now_jailed {
					assert!(was_jailed.contains(&n) || missed[usize::from(n)] >= 2, "{n} was there");
				}
				if free % 3 == 0 {
					pass(3, 8);
					for n in jailed(1..=size) {
						assert_ok!(Staking::stand(signed(n)));
						missed[usize::from(n)] = 0;
					}
				}
			}
		});
	}
}
