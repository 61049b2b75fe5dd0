//! What it costs to cheat.

use super::*;
use crate::{HoldReason, PendingSlash, PendingSlashes, MAX_SLASHES};
use polkadot_sdk::{
	frame_support::{
		assert_noop, assert_ok,
		traits::fungible::{hold::Inspect as _, Inspect},
	},
	sp_runtime::Perbill,
	sp_staking::offence::{OffenceDetails, OnOffenceHandler},
};
use proptest::prelude::*;

const HALF: Perbill = Perbill::from_percent(50);

/// The stake of somebody that is on hold.
fn on_hold(n: u8) -> u128 {
	Balances::balance_on_hold(&HoldReason::Stake.into(), &account(n))
}

fn treasury() -> u128 {
	Balances::balance(&<Test as crate::Config>::Treasury::get())
}

/// The treasury exists.
fn open_treasury() {
	let least = <Balances as Inspect<_>>::minimum_balance();
	Balances::mint_into(&<Test as crate::Config>::Treasury::get(), least).unwrap();
}

fn punish(n: u8, session: u32, fraction: Perbill) {
	Staking::punish(&account(n), session, fraction, None);
}

fn pending() -> Vec<PendingSlash<AccountId32>> {
	PendingSlashes::<Test>::get().into_inner()
}

#[test]
fn whoever_cheats_loses_stake_at_once_and_is_banned() {
	start(|| {
		open_treasury();
		let before = treasury();
		let issued = Balances::total_issuance();
		candidate(1, OWN_BOND);
		assert_ok!(Staking::stake(signed(1), 501));
		let reporter = account(5);
		let details = OffenceDetails { offender: (account(1), ()), reporters: vec![reporter] };
		Staking::on_offence(&[details], &[HALF], 3);
		assert_eq!((sequencer(1).stake, on_hold(1)), (750, 750));
		assert_eq!(treasury() - before, 751);
		assert_eq!(Balances::total_issuance(), issued);
		let sequencer = account(1);
		assert!(said(Event::StakeSlashed { sequencer, amount: 751, fraction: HALF }));
		assert_eq!(status(1), SequencerStatus::Banned { cost: HALF });
		assert_eq!(ranking(), []);
		let slash = PendingSlash {
			offender: account(1),
			first: 3,
			last: 3,
			reporter: Some(account(5)),
			cursor: None,
		};
		assert_eq!(pending(), [slash]);
		// And that is for ever.
		assert_noop!(Staking::stand(signed(1)), Why::Banned);
		assert_noop!(Staking::stake(signed(1), STAKE), Why::Banned);
		assert_noop!(Staking::chill(signed(1)), Why::NotACandidate);
	});
}

#[test]
fn an_offence_that_costs_nothing_costs_nothing() {
	start(|| {
		candidate(1, OWN_BOND);
		punish(1, 1, Perbill::zero());
		assert_eq!((status(1), on_hold(1)), (SequencerStatus::Candidate, STAKE));
		assert_eq!(pending(), []);
	});
}

#[test]
fn all_offenders_of_a_report_are_punished() {
	start(|| {
		for n in 1..=3 {
			candidate(n, OWN_BOND);
		}
		let offender =
			|n| OffenceDetails { offender: (account(n), ()), reporters: vec![account(n)] };
		let fractions = [HALF, Perbill::zero(), Perbill::one()];
		Staking::on_offence(&[offender(1), offender(2), offender(3)], &fractions, 2);
		assert_eq!([1, 2, 3].map(on_hold), [STAKE / 2, STAKE, 0]);
		// Who reports itself is not paid for it.
		assert!(pending().iter().all(|slash| slash.reporter.is_none()));
		assert_eq!(pending().len(), 2);
	});
}

/// In a system that this one has learnt from, stake of a validator that was not elected any more stayed where
/// it was when it was slashed.
#[test]
fn slashed_stake_is_not_retained_for_a_downgraded_validator() {
	for downgrade in 0..4 {
		start(|| {
			open_treasury();
			let before = treasury();
			candidate(1, OWN_BOND);
			for n in 2..=3 {
				candidate(n, OWN_BOND);
			}
			assert_ok!(Staking::stake(signed(1), STAKE));
			match downgrade {
				0 => Staking::chill(signed(1)).unwrap(),
				1 => (0..2).for_each(|_| end_session([(1, 0), (2, 1), (3, 1)])),
				2 => {
					assert_ok!(Staking::chill(signed(1)));
					assert_ok!(Staking::unstake(signed(1), 2 * STAKE));
				},
				_ => govern(|policy| policy.min_own_bond = Sats(OWN_BOND + 1)),
			}
			if sequencer(1).stake > 0 {
				assert_ok!(Staking::unstake(signed(1), 400));
			}
			punish(1, 1, Perbill::from_percent(75));
			assert_eq!(on_hold(1), STAKE / 2);
			assert_eq!(sequencer(1).held(), Some(STAKE / 2));
			assert_eq!(treasury() - before, 2 * STAKE - STAKE / 2);
			// No more comes back than what is left.
			if sequencer(1).stake > 0 {
				assert_ok!(Staking::unstake(signed(1), sequencer(1).stake));
			}
			pass(4, 10);
			let free = Balances::balance(&account(1));
			assert_ok!(Staking::withdraw_stake(signed(1)));
			assert_eq!(Balances::balance(&account(1)), free + STAKE / 2);
			assert_eq!(on_hold(1), 0);
			// A ban stays.
			assert!(Staking::is_banned(&account(1)));
		});
	}
}

#[test]
fn what_the_treasury_cannot_take_is_burnt() {
	start(|| {
		candidate(1, OWN_BOND);
		let issued = Balances::total_issuance();
		assert_eq!(treasury(), 0);
		let tiny = Perbill::from_rational(1u32, 1_000);
		punish(1, 1, tiny);
		assert_eq!((treasury(), on_hold(1)), (0, STAKE - 1));
		assert_eq!(Balances::total_issuance(), issued - 1);
	});
}

#[test]
fn offences_do_not_add_up() {
	start(|| {
		candidate(1, OWN_BOND);
		punish(1, 1, HALF);
		punish(1, 2, HALF);
		punish(1, 2, Perbill::from_percent(10));
		assert_eq!(on_hold(1), STAKE / 2);
		punish(1, 2, Perbill::from_percent(80));
		assert_eq!(on_hold(1), STAKE / 5);
		assert_eq!(status(1), SequencerStatus::Banned { cost: Perbill::from_percent(80) });
		punish(1, 2, Perbill::one());
		assert_eq!(on_hold(1), 0);
		punish(1, 2, Perbill::one());
	});
}

/// The offences that wait, by offender and sessions.
fn waiting() -> Vec<(u8, u32, u32)> {
	pending().into_iter().map(|slash| (number(&slash.offender), slash.first, slash.last)).collect()
}

#[test]
fn the_offences_of_a_session_wait_once() {
	start(|| {
		candidate(1, OWN_BOND);
		Staking::punish(&account(1), 5, HALF, Some(&account(7)));
		let cursor = Some(OutPoint { txid: Txid([1; 32]), vout: 0 });
		PendingSlashes::<Test>::mutate(|all| all[0].cursor = cursor);
		// What is gone through answers for this too.
		Staking::punish(&account(1), 5, HALF, Some(&account(8)));
		assert_eq!(waiting(), [(1, 5, 5)]);
		assert_eq!(
			(pending()[0].cursor, pending()[0].reporter.clone()),
			(cursor, Some(account(7)))
		);
		// Other bonds may answer for another session, and none for those in between.
		punish(1, 9, HALF);
		punish(2, 5, HALF);
		punish(1, 2, HALF);
		assert_eq!(waiting(), [(1, 5, 5), (1, 9, 9), (2, 5, 5), (1, 2, 2)]);
		assert_eq!(pending()[0].cursor, cursor);
	});
}

/// A bond that counted only between two offences answers for neither.
#[test]
fn what_counted_between_two_offences_is_not_slashed() {
	start(|| {
		candidate(1, OWN_BOND);
		Session::set(6);
		let between = bond(2, 1, 70_000);
		leave(between);
		Session::set(10);
		punish(1, 4, HALF);
		punish(1, 9, HALF);
		next_blocks(2);
		assert_eq!(waiting(), []);
		let ordered = crate::SlashOrders::<Test>::iter_keys().collect::<Vec<_>>();
		assert!(ordered.len() == 1 && !ordered.contains(&between));
	});
}

/// One who has cheated in many sessions does not keep out what others have done.
#[test]
fn there_is_room_for_another_offender_however_often_one_has_cheated() {
	start(|| {
		candidate(1, OWN_BOND);
		for session in 0..MAX_SLASHES {
			punish(1, 2 * session, HALF);
		}
		assert_eq!(pending().len(), MAX_SLASHES as usize);
		punish(2, 7, HALF);
		let all = waiting();
		assert_eq!(all.len(), MAX_SLASHES as usize);
		assert_eq!((all[0], all[1]), ((1, 0, 2), (1, 4, 4)));
		assert_eq!(all.last(), Some(&(2, 7, 7)));
		// It is covered now.
		punish(1, 1, HALF);
		assert_eq!(waiting(), all);
	});
}

#[test]
fn more_offenders_than_there_can_be_are_banned_all_the_same() {
	start(|| {
		let many = MAX_SLASHES as u8 + 10;
		(1..=many).for_each(|n| punish(n, 1, HALF));
		assert_eq!(pending().len(), MAX_SLASHES as usize);
		assert!((1..=many).all(|n| Staking::is_banned(&account(n))));
	});
}

proptest! {
	#![proptest_config(ProptestConfig::with_cases(64))]

	/// In whatever order offences come to light, and however the stake is split, they cost the part of the worst,
	/// rounded up by no more than a unit for each amount and offence.
	#[test]
	fn all_offences_cost_as_much_as_the_worst(
		fractions in prop::collection::vec(1..=1_000_000_000u32, 1..8),
		unlocking in prop::collection::vec(1..200u128, 0..5),
	) {
		start(|| {
			assert_ok!(Staking::stake(signed(1), 2 * STAKE));
			for amount in &unlocking {
				assert_ok!(Staking::unstake(signed(1), *amount));
			}
			for part in &fractions {
				punish(1, 1, Perbill::from_parts(*part));
				Staking::do_try_state().unwrap();
			}
			let worst = Perbill::from_parts(*fractions.iter().max().unwrap());
			let left = 2 * STAKE - worst.mul_ceil(2 * STAKE);
			let roundings = (fractions.len() * (unlocking.len() + 1)) as u128;
			assert!(on_hold(1) <= left + 1);
			assert!(on_hold(1) + roundings >= left);
			assert_eq!(status(1), SequencerStatus::Banned { cost: worst });
		});
	}
}
