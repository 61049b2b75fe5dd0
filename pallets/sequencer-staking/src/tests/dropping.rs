//! Bonds that are given up before they count.

use crate::{mock::*, BondState, Duty, Error, Event, HoldReason, Outcome, Sequencers, Signatures};
use polkadot_sdk::{
	frame_support::{assert_noop, assert_ok, traits::fungible::Inspect as _},
	sp_runtime::DispatchError,
};

type Why = Error<Test>;

/// Both clocks pass the deadline of a registration.
fn wait() {
	bury(policy().registration_blocks);
	next_blocks(policy().registration_own_blocks);
}

#[test]
fn a_bond_that_was_not_signed_in_time_is_given_up() {
	run(|| {
		enlist(1);
		let draft = draft(2, 1, 1_000_000, 100);
		draft.register().unwrap();
		let outpoint = draft.outpoint();
		sign_by(101, outpoint, Duty::Unbonding).unwrap();
		let BondState::Registered { deadline } = state(outpoint) else { panic!("it waits") };
		while !Bitcoin::clock().has_passed(deadline) {
			assert_noop!(Staking::drop_bond(signed(9), outpoint), Why::NotDropped);
			let clock = Bitcoin::clock();
			if clock.bitcoin_height < deadline.bitcoin_height {
				bury(1)
			} else {
				next_block()
			}
		}
		for origin in [RuntimeOrigin::root(), RuntimeOrigin::none(), nobody()] {
			assert_noop!(Staking::drop_bond(origin, outpoint), DispatchError::BadOrigin);
		}
		events();
		assert_ok!(Staking::drop_bond(signed(9), outpoint));
		let outcome = Outcome::Dropped;
		assert_eq!(events(), [Event::BondClosed { outpoint, outcome }]);
		assert_eq!(held(HoldReason::Registration, 2), 0);
		assert_eq!(Signatures::<Test>::iter().count(), 0);
		assert_eq!(Sequencers::<Test>::get(account(1)).unwrap().bonds, 0);
		assert_noop!(Staking::drop_bond(signed(9), outpoint), Why::Ended);
		assert_noop!(sign_by(102, outpoint, Duty::Unbonding), Why::Ended);
	});
}

#[test]
fn nor_one_that_was_not_funded_in_time() {
	run(|| {
		enlist(1);
		let draft = draft(1, 1, 1_000_000, 100);
		draft.register().unwrap();
		bury(policy().registration_blocks - 1);
		next_blocks(policy().registration_own_blocks);
		complete(draft.outpoint(), Duty::Unbonding);
		// Its time began anew when it was approved.
		bury(policy().registration_blocks - 1);
		next_blocks(policy().registration_own_blocks);
		assert_noop!(Staking::drop_bond(signed(9), draft.outpoint()), Why::NotDropped);
		let claim = confirm(&draft.funding);
		// It is on Bitcoin, but nobody has said so.
		events();
		let (outpoint, owner, amount) =
			(draft.outpoint(), account(1), policy().registration_deposit);
		let (free, unshared) = (Balances::free_balance(&owner), Staking::unshared().ent);
		assert_ok!(Staking::drop_bond(signed(9), outpoint));
		assert_eq!(
			events(),
			[
				Event::DepositForfeited { outpoint, owner: owner.clone(), amount },
				Event::BondClosed { outpoint, outcome: Outcome::Dropped },
			]
		);
		assert_eq!(held(HoldReason::Registration, 1), 0);
		assert_eq!(Balances::free_balance(&owner), free);
		let least = Balances::minimum_balance();
		assert_eq!(Staking::unshared().ent, unshared + amount - least);
		let call = Staking::activate(nobody(), draft.outpoint(), claim);
		assert_noop!(call, Why::Ended);
		// The staker can leave all the same, with what the covenant has signed.
		let spend = spends(outpoint, Duty::Unbonding).remove(0);
		let keys = committee(0);
		let signed = |key: &_| Some(Signatures::<Test>::get((outpoint, Duty::Unbonding, key))?[0]);
		let signed = keys.keys().iter().map(signed).collect::<Vec<_>>();
		let staker = signature(1, &spend.sighash);
		let tx = spend.complete(&keys, &staker, &signed).expect("enough have signed");
		assert!(try_mine(vec![tx]).is_ok());
	});
}

/// Nobody should have funded it, so that is no fault.
#[test]
fn the_deposit_is_not_lost_when_the_sequencer_has_cheated() {
	run(|| {
		enlist(2);
		let outpoint = approved(&draft(1, 2, 1_000_000, 100));
		cheat(2, 1, None);
		wait();
		let free = Balances::free_balance(account(1));
		assert_ok!(Staking::drop_bond(signed(9), outpoint));
		let deposit = policy().registration_deposit;
		assert_eq!(Balances::free_balance(account(1)), free + deposit);
	});
}

#[test]
fn what_counts_or_did_is_not_given_up() {
	run(|| {
		enlist(1);
		let outpoint = bonded(1, 1, 1_000_000);
		wait();
		assert_noop!(Staking::drop_bond(signed(1), outpoint), Why::AlreadyActive);
		assert_ok!(Staking::unbond(signed(1), outpoint));
		assert_noop!(Staking::drop_bond(signed(1), outpoint), Why::AlreadyActive);
		assert_noop!(Staking::drop_bond(signed(1), nothing()), Why::UnknownBond);
	});
}

/// While Bitcoin is silent, no deadline passes.
#[test]
fn deadlines_stand_still_with_bitcoin() {
	run(|| {
		enlist(1);
		let draft = draft(1, 1, 1_000_000, 100);
		draft.register().unwrap();
		bury(policy().registration_blocks);
		let before = Bitcoin::clock().active_blocks;
		go_stale();
		next_blocks(policy().registration_own_blocks * 2);
		assert!(Bitcoin::clock().active_blocks <= before + 1);
		assert_noop!(Staking::drop_bond(signed(9), draft.outpoint()), Why::NotDropped);
	});
}

/// One who has neither stake nor bonds is forgotten with the last of them.
#[test]
fn a_sequencer_with_nothing_left_is_forgotten() {
	run(|| {
		enlist(1);
		let draft = draft(2, 1, 1_000_000, 100);
		draft.register().unwrap();
		assert_ok!(Staking::unstake(signed(1), policy().min_stake));
		bury(policy().unstake_blocks);
		next_blocks(policy().unstake_own_blocks);
		assert_ok!(Staking::withdraw_stake(signed(1)));
		assert!(Sequencers::<Test>::contains_key(account(1)));
		assert_ok!(Staking::drop_bond(signed(2), draft.outpoint()));
		assert!(!Sequencers::<Test>::contains_key(account(1)));
	});
}
