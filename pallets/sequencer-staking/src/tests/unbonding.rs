//! Bonds that stop counting because their owners want them to.

use crate::{mock::*, BondState, BondedTotal, Duty, Error, Event, Leave, Outcome, Sequencers};
use entangled_bitcoin::{bond::BondOutput, Sats};
use polkadot_sdk::{
	frame_support::{assert_noop, assert_ok},
	sp_runtime::DispatchError,
};

type Why = Error<Test>;

#[test]
fn it_counts_no_more_as_soon_as_the_owner_says_so() {
	run(|| {
		enlist(2);
		let outpoint = bonded(1, 2, 1_000_000);
		let BondState::Active { included, .. } = state(outpoint) else { panic!("it counts") };
		Session::set(5);
		events();
		assert_ok!(Staking::unbond(signed(1), outpoint));
		assert_eq!(events(), [Event::BondLeaves { outpoint, why: Leave::Asked }]);
		assert_eq!(state(outpoint), BondState::Leaving { included, left: 5, unbonded: None });
		assert_eq!(BondedTotal::<Test>::get(), Sats::ZERO);
		assert_eq!(Sequencers::<Test>::get(account(2)).unwrap().total, Sats::ZERO);
		assert_noop!(Staking::unbond(signed(1), outpoint), Why::NotActive);
	});
}

#[test]
fn only_the_owner_may_and_only_what_counts() {
	run(|| {
		enlist(2);
		let outpoint = bonded(1, 2, 1_000_000);
		// Not the sequencer either.
		assert_noop!(Staking::unbond(signed(2), outpoint), Why::NotOwner);
		assert_noop!(Staking::unbond(signed(1), nothing()), Why::UnknownBond);
		for origin in [RuntimeOrigin::root(), RuntimeOrigin::none(), nobody()] {
			assert_noop!(Staking::unbond(origin, outpoint), DispatchError::BadOrigin);
		}
		let waiting = draft(1, 2, 1_000_000, 100);
		waiting.register().unwrap();
		assert_noop!(Staking::unbond(signed(1), waiting.outpoint()), Why::NotActive);
		assert_noop!(Staking::release(signed(1), waiting.outpoint()), Why::NotActive);
		complete(waiting.outpoint(), Duty::Unbonding);
		assert_noop!(Staking::unbond(signed(1), waiting.outpoint()), Why::NotActive);
	});
}

/// The transaction alone says it as well.
#[test]
fn the_unbonding_transaction_is_enough() {
	run(|| {
		enlist(2);
		let outpoint = bonded(1, 2, 1_000_000);
		let claim = confirm(&transaction(outpoint, Duty::Unbonding));
		let height = claim.block.height;
		events();
		assert_ok!(report(outpoint, claim.clone()));
		let leaves = Event::BondLeaves { outpoint, why: Leave::Unbonded };
		assert_eq!(events(), [leaves, Event::BondUnbonded { outpoint, until: height + 10 }]);
		assert_eq!(BondedTotal::<Test>::get(), Sats::ZERO);
		assert_noop!(report(outpoint, claim), Why::NothingNew);
		assert_noop!(Staking::unbond(signed(1), outpoint), Why::NotActive);
	});
}

#[test]
fn it_is_released_when_the_staker_can_have_the_coin() {
	run(|| {
		enlist(2);
		let outpoint = bonded(1, 2, 1_000_000);
		assert_noop!(Staking::release(signed(9), outpoint), Why::NotReleased);
		let claim = confirm(&transaction(outpoint, Duty::Unbonding));
		let until = claim.block.height + 10;
		assert_ok!(report(outpoint, claim));
		bury(until - 1 - best().height);
		// One more block, and Bitcoin lets the staker have it, but not in the one before.
		let withdrawal = withdrawal(outpoint, BondOutput::Unbonding);
		assert_noop!(Staking::release(signed(9), outpoint), Why::NotReleased);
		assert_ok!(try_mine(vec![withdrawal]));
		events();
		assert_ok!(Staking::release(signed(9), outpoint));
		let outcome = Outcome::Released;
		assert_eq!(events(), [Event::BondClosed { outpoint, outcome }]);
		assert_noop!(Staking::release(signed(9), outpoint), Why::Ended);
	});
}

/// Who asked and did not unbond waits for the timelock, and can be slashed that long.
#[test]
fn without_the_transaction_the_timelock_holds() {
	run(|| {
		enlist(2);
		let outpoint = bonded(1, 2, 1_000_000);
		let BondState::Active { included, .. } = state(outpoint) else { panic!("it counts") };
		assert_ok!(Staking::unbond(signed(1), outpoint));
		let until = included + 100;
		assert_eq!(bond(outpoint).slashable_until(), Some(until));
		bury(until - 2 - best().height);
		let withdrawal = withdrawal(outpoint, BondOutput::Bond);
		assert!(try_mine(vec![withdrawal.clone()]).is_err());
		bury(1);
		assert_noop!(Staking::release(signed(9), outpoint), Why::NotReleased);
		let claim = confirm(&withdrawal);
		// The proof that the staker has it closes it as well.
		assert_ok!(report(outpoint, claim));
		assert_eq!(outcome(outpoint), Outcome::Released);
	});
}
