//! Who stands for election, and in which order.

use super::*;
use crate::MAX_SEQUENCERS;
use polkadot_sdk::{
	frame_support::{assert_noop, assert_ok},
	sp_runtime::DispatchError::BadOrigin,
};

#[test]
fn who_stands_has_stake_and_keys() {
	start(|| {
		assert_noop!(Staking::stand(signed(1)), Why::UnknownSequencer);
		assert_noop!(Staking::chill(signed(1)), Why::UnknownSequencer);
		assert_ok!(Staking::stake(signed(1), STAKE));
		assert_noop!(Staking::chill(signed(1)), Why::NotACandidate);
		assert_ok!(Staking::unstake(signed(1), 1));
		assert_noop!(Staking::stand(signed(1)), Why::BelowMinimumStake);
		assert_ok!(Staking::stake(signed(1), 1));
		lose_keys([1]);
		assert_noop!(Staking::stand(signed(1)), Why::NoSessionKeys);
		WithKeys::set(accounts([1]));
		assert_ok!(Staking::stand(signed(1)));
		let candidate = SequencerStatus::Candidate;
		assert!(said(Event::StatusChanged { sequencer: account(1), status: candidate }));
		assert_noop!(Staking::stand(signed(1)), Why::AlreadyCandidate);
		assert_ok!(Staking::chill(signed(1)));
		assert_eq!(ranking(), []);
		for origin in [RuntimeOrigin::root(), RuntimeOrigin::none()] {
			assert_noop!(Staking::stand(origin.clone()), BadOrigin);
			assert_noop!(Staking::chill(origin), BadOrigin);
		}
	});
}

#[test]
fn the_weight_of_a_candidate_is_what_is_bonded_once_it_has_bonded_enough_itself() {
	start(|| {
		assert_ok!(Staking::stake(signed(1), STAKE));
		assert_ok!(Staking::stand(signed(1)));
		assert_eq!(ranking(), [(0, 1)]);
		let delegated = bond(2, 1, 200_000);
		let own = bond(1, 1, OWN_BOND - 1);
		assert_eq!(ranking(), [(0, 1)]);
		let rest = bond(1, 1, 1);
		assert_eq!(ranking(), [(250_000, 1)]);
		assert_eq!((sequencer(1).own, sequencer(1).total), (Sats(OWN_BOND), Sats(250_000)));
		assert_eq!(crate::BondedTotal::<Test>::get(), Sats(250_000));
		leave(delegated);
		assert_eq!(ranking(), [(OWN_BOND, 1)]);
		leave(rest);
		assert_eq!(ranking(), [(0, 1)]);
		leave(own);
		assert_eq!(crate::BondedTotal::<Test>::get(), Sats::ZERO);
	});
}

#[test]
fn more_btc_comes_first_and_of_equals_the_smaller_account() {
	start(|| {
		candidate(3, 60_000);
		candidate(2, 70_000);
		candidate(4, 60_000);
		candidate(1, 50_000);
		assert_eq!(ranking(), [(70_000, 2), (60_000, 3), (60_000, 4), (50_000, 1)]);
		let more = bond(9, 1, 15_000);
		assert_eq!(ranking(), [(70_000, 2), (65_000, 1), (60_000, 3), (60_000, 4)]);
		leave(more);
		assert_ok!(Staking::chill(signed(2)));
		assert_eq!(ranking(), [(60_000, 3), (60_000, 4), (50_000, 1)]);
	});
}

#[test]
fn a_bond_for_nobody_on_record_is_refused() {
	start(|| {
		let outpoint = candidate(1, OWN_BOND);
		let mut bond = Bonds::<Test>::get(outpoint).unwrap();
		bond.sequencer = account(2);
		assert!(matches!(Staking::add_weight(&mut bond), Err(Why::UnknownSequencer)));
		bond.sequencer = account(1);
		bond.value = Sats(u64::MAX);
		assert!(matches!(Staking::add_weight(&mut bond), Err(Why::BooksBroken)));
	});
}

#[test]
fn what_an_extended_bond_answers_for_its_extension_does() {
	start(|| {
		let old = candidate(1, OWN_BOND);
		let since = Session::get();
		Session::set(since + 5);
		let new = bond(1, 1, OWN_BOND);
		let mut bond = Bonds::<Test>::get(new).unwrap();
		assert_eq!(bond.counts_from, since + 5);
		leave(new);
		bond.extends = Some(old);
		Staking::add_weight(&mut bond).unwrap();
		assert_eq!(bond.counts_from, since);
		Staking::remove_weight(&mut bond);
	});
}

#[test]
fn when_every_place_is_taken_a_newcomer_must_have_more_than_the_last() {
	start(|| {
		candidate(40, 50_000);
		// The others are only in the ranking: nothing is asked of them.
		let last = Sats(50_000);
		let others = (0..MAX_SEQUENCERS - 1).map(|n| {
			let mut bytes = [0; 32];
			bytes[..4].copy_from_slice(&n.to_be_bytes());
			(Sats(last.0 + 1), AccountId32::new(bytes))
		});
		let mut full = others.collect::<Vec<_>>();
		full.push((last, account(40)));
		Ranking::<Test>::put(polkadot_sdk::frame_support::BoundedVec::truncate_from(full));

		assert_ok!(Staking::stake(signed(1), STAKE));
		assert_noop!(Staking::stand(signed(1)), Why::TooManySequencers);
		let own = bond(1, 1, 50_000);
		assert_noop!(Staking::stand(signed(1)), Why::TooManySequencers);
		bond(2, 1, 1);
		assert_ok!(Staking::stand(signed(1)));
		let chilled = SequencerStatus::Chilled;
		assert_eq!(status(40), chilled);
		assert!(said(Event::StatusChanged { sequencer: account(40), status: chilled }));
		assert_eq!(Ranking::<Test>::get().len() as u32, MAX_SEQUENCERS);
		// Who is in stays in, even at the end.
		leave(own);
		assert_eq!(Ranking::<Test>::get().last(), Some(&(Sats::ZERO, account(1))));
		// Whoever was put out can come back with more.
		bond(3, 40, 1);
		assert_ok!(Staking::stand(signed(40)));
		assert_eq!(status(1), chilled);
		Ranking::<Test>::mutate(|ranked| ranked.retain(|(_, who)| *who == account(40)));
	});
}
