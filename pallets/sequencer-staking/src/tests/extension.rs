//! Bonds that take over the coins of others.

use crate::{
	mock::*, Asked, BondState, BondedTotal, Duty, Error, Event, HoldReason, Leave, Outcome,
	Signatures, SlashOrders,
};
use entangled_bitcoin::{bond::Slashable, OutPoint, Sats};
use polkadot_sdk::{
	frame_support::{assert_noop, assert_ok},
	sp_runtime::DispatchError,
};

type Why = Error<Test>;

/// A bond of account 1 for sequencer 2, and an approved one that extends it under the next committee.
fn approved_extension() -> (OutPoint, OutPoint) {
	approved_extension_by(1)
}

/// The same of this owner.
fn approved_extension_by(owner: u8) -> (OutPoint, OutPoint) {
	enlist(2);
	let old = bonded(owner, 2, 1_000_000);
	Serving::set(Some(1));
	let new = extend(old, 120).unwrap();
	complete(new, Duty::Unbonding);
	complete(new, Duty::Extension);
	(old, new)
}

#[test]
fn a_bond_is_extended() {
	run(|| {
		enlist(2);
		Session::set(3);
		let old = bonded(1, 2, 1_000_000);
		Session::set(8);
		Serving::set(Some(1));
		let new = extend(old, 120).unwrap();
		assert_eq!(held(HoldReason::Registration, 1), policy().registration_deposit);
		assert_eq!(bond(new).extends, Some(old));
		assert_eq!((bond(new).covenant, bond(old).covenant), (1, 0));
		// The old covenant does not sign before the way out of the new bond is signed.
		assert_noop!(sign_by(101, new, Duty::Extension), Why::NotAsked);
		complete(new, Duty::Unbonding);
		assert!(matches!(state(new), BondState::Registered { .. }));
		assert!(Asked::<Test>::contains_key(new, Duty::Extension));
		// Not the new one, but who is in both signs for both.
		assert_noop!(sign_by(105, new, Duty::Extension), Why::NotAMember);
		events();
		complete(new, Duty::Extension);
		assert_eq!(events().last(), Some(&Event::BondApproved { outpoint: new }));
		assert_ok!(sign_by(104, new, Duty::Extension));

		let claim = confirm(&transaction(new, Duty::Extension));
		let included = claim.block.height;
		events();
		assert_ok!(Staking::activate(nobody(), new, claim));
		let value = Sats(1_000_000 - 1_000 - 240);
		let expires = included + 120 - 10;
		assert_eq!(
			events(),
			[
				Event::BondClosed { outpoint: old, outcome: Outcome::Extended { into: new } },
				Event::BondActivated { outpoint: new, value, expires },
			]
		);
		assert_eq!(BondedTotal::<Test>::get(), value);
		// It answers for what the old one answers for.
		assert_eq!(bond(new).counts_from, 3);
		assert_eq!(held(HoldReason::Registration, 1), 0);
		// And it has its own way out.
		assert_ok!(Staking::unbond(signed(1), new));
		assert_ok!(report(new, confirm(&transaction(new, Duty::Unbonding))));
	});
}

/// It does not matter which of the two is named in the report.
#[test]
fn the_spend_of_the_old_is_the_funding_of_the_new() {
	run(|| {
		let (old, new) = approved_extension();
		let claim = confirm(&transaction(new, Duty::Extension));
		assert_ok!(report(old, claim.clone()));
		assert_eq!(outcome(old), Outcome::Extended { into: new });
		assert!(matches!(state(new), BondState::Active { .. }));
		assert_noop!(report(old, claim.clone()), Why::Ended);
		assert_noop!(Staking::activate(nobody(), new, claim.clone()), Why::AlreadyActive);
		assert_noop!(report(new, claim), Why::NotASpend);
	});
}

#[test]
fn only_the_owner_extends_and_only_what_counts() {
	run(|| {
		enlist(2);
		let old = bonded(1, 2, 1_000_000);
		let (_, presigned) = extension(old, 120);
		let call = |n, outpoint, timelock, covenant| {
			Staking::extend(signed(n), outpoint, timelock, covenant, presigned)
		};
		assert_noop!(call(2, old, 120, 0), Why::NotOwner);
		assert_noop!(call(1, nothing(), 120, 0), Why::UnknownBond);
		assert_noop!(call(1, old, 29, 0), Why::TimelockOutOfRange);
		assert_noop!(call(1, old, 201, 0), Why::TimelockOutOfRange);
		assert_noop!(call(1, old, 120, 1), Why::UnknownCovenant);
		assert_noop!(call(1, old, 121, 0), Why::WrongBondSlashSignature);
		let mut wrong = presigned;
		wrong.unbonding.0[0] ^= 1;
		let wrong = Staking::extend(signed(1), old, 120, 0, wrong);
		assert_noop!(wrong, Why::WrongUnbondingSlashSignature);
		for origin in [RuntimeOrigin::root(), RuntimeOrigin::none(), nobody()] {
			let call = Staking::extend(origin, old, 120, 0, presigned);
			assert_noop!(call, DispatchError::BadOrigin);
		}
		assert_ok!(call(1, old, 120, 0));
		assert_noop!(call(1, old, 120, 0), Why::AlreadyRegistered);
		// Nor an extension of what does not count yet, or not any more.
		let waiting = draft(1, 2, 1_000_000, 100);
		waiting.register().unwrap();
		assert_noop!(call(1, waiting.outpoint(), 120, 0), Why::NotActive);
		assert_ok!(Staking::unbond(signed(1), old));
		assert_noop!(call(1, old, 150, 0), Why::NotActive);
		let least = bonded(1, 2, policy().min_bond.0);
		assert_noop!(call(1, least, 120, 0), Why::BelowMinimum);
	});
}

#[test]
fn not_for_one_who_has_cheated() {
	run(|| {
		enlist(2);
		let old = bonded(1, 2, 1_000_000);
		let registered = extend(old, 120).unwrap();
		cheat(2, 1, None);
		assert!(extend(old, 130).is_err_and(|why| why == Why::Banned.into()));
		assert_noop!(sign_by(101, registered, Duty::Unbonding), Why::Banned);
		next_block();
		assert!(extend(old, 130).is_err_and(|why| why == Why::NotActive.into()));
	});
}

/// Whoever cheats does not get away by moving the coin: the order goes with it.
#[test]
fn a_slash_follows_the_coin() {
	run(|| {
		let (old, new) = approved_extension_by(2);
		cheat(2, 1, Some(3));
		next_block();
		assert!(SlashOrders::<Test>::contains_key(old));
		let claim = confirm(&transaction(new, Duty::Extension));
		let included = claim.block.height;
		events();
		assert_ok!(report(old, claim));
		assert_eq!(
			events(),
			[
				Event::BondClosed { outpoint: old, outcome: Outcome::Extended { into: new } },
				Event::BondLeaves { outpoint: new, why: Leave::Slashed },
				Event::SlashOrdered { outpoint: new, offender: account(2) },
			]
		);
		assert_eq!(state(new), BondState::Leaving { included, left: 1, unbonded: None });
		assert_eq!(BondedTotal::<Test>::get(), Sats::ZERO);
		assert_noop!(sign_by(101, old, Duty::Slash), Why::Ended);
		complete(new, Duty::Slash);
		assert_ok!(report(new, confirm(&slashing(new, Slashable::Bond))));
		assert!(matches!(outcome(new), Outcome::Slashed { .. }));
		// One tenth, of which one twentieth is the reporter's.
		assert_eq!(ebtc(account(3)), 99_876 / 20);
	});
}

/// Also when the bonds of whoever cheated have not been gone through yet.
#[test]
fn a_slash_that_is_still_to_be_ordered_does_too() {
	run(|| {
		let (old, new) = approved_extension();
		let claim = confirm(&transaction(new, Duty::Extension));
		// In the same block.
		cheat(2, 1, None);
		assert_ok!(Staking::activate(nobody(), new, claim));
		assert!(SlashOrders::<Test>::contains_key(new));
		assert!(!SlashOrders::<Test>::contains_key(old));
		next_blocks(3);
		assert_eq!(SlashOrders::<Test>::iter().count(), 1);
	});
}

/// What was done before it answers for, though the proof comes afterwards.
#[test]
fn an_offence_that_comes_to_light_after_the_extension() {
	run(|| {
		let (_, new) = approved_extension();
		let claim = confirm(&transaction(new, Duty::Extension));
		Session::set(6);
		assert_ok!(Staking::activate(nobody(), new, claim));
		cheat(2, 2, None);
		next_block();
		assert!(SlashOrders::<Test>::contains_key(new));
	});
}

/// An extension that could still be mined is not given up: nobody would look for the coin there.
#[test]
fn it_is_given_up_only_when_it_cannot_be_mined_any_more() {
	run(|| {
		enlist(2);
		let old = bonded(1, 2, 1_000_000);
		let unsigned = extend(old, 110).unwrap();
		let asked = extend(old, 115).unwrap();
		complete(asked, Duty::Unbonding);
		let signed_once = extend(old, 120).unwrap();
		complete(signed_once, Duty::Unbonding);
		sign_by(101, signed_once, Duty::Extension).unwrap();
		let approved = extend(old, 130).unwrap();
		complete(approved, Duty::Unbonding);
		complete(approved, Duty::Extension);
		bury(policy().registration_blocks);
		next_blocks(policy().registration_own_blocks);
		assert_ok!(Staking::drop_bond(signed(9), unsigned));
		// The members may have signed what is in no block yet.
		assert_noop!(Staking::drop_bond(signed(9), asked), Why::NotDropped);
		assert_noop!(Staking::drop_bond(signed(9), signed_once), Why::NotDropped);
		assert_noop!(Staking::drop_bond(signed(9), approved), Why::NotDropped);
		assert_ok!(Staking::unbond(signed(1), old));
		assert_noop!(Staking::drop_bond(signed(9), approved), Why::NotDropped);
		// The coin has gone another way.
		assert_ok!(report(old, confirm(&transaction(old, Duty::Unbonding))));
		assert_noop!(sign_by(102, signed_once, Duty::Extension), Why::NotAsked);
		assert_ok!(Staking::drop_bond(signed(9), asked));
		assert_ok!(Staking::drop_bond(signed(9), signed_once));
		assert_ok!(Staking::drop_bond(signed(9), approved));
		assert_eq!(Signatures::<Test>::iter_prefix((approved,)).count(), 0);
		assert_eq!(held(HoldReason::Registration, 1), 0);
		// Of these the covenants had signed everything that one of them needed.
		let lost = events().into_iter().filter(|e| matches!(e, Event::DepositForfeited { .. }));
		assert_eq!(lost.count(), 1);
	});
}

/// Of several extensions of one bond, one can come to be.
#[test]
fn one_extension_takes_the_coin() {
	run(|| {
		let (old, one) = approved_extension();
		let other = extend(old, 130).unwrap();
		complete(other, Duty::Unbonding);
		complete(other, Duty::Extension);
		let claim = confirm(&transaction(other, Duty::Extension));
		assert!(try_mine(vec![transaction(one, Duty::Extension)]).is_err());
		assert_ok!(Staking::activate(nobody(), other, claim));
		assert_eq!(outcome(old), Outcome::Extended { into: other });
		bury(policy().registration_blocks);
		next_blocks(policy().registration_own_blocks);
		assert_ok!(Staking::drop_bond(signed(9), one));
	});
}

/// One who asked to leave, or whose time has come, may change its mind.
#[test]
fn what_has_left_counts_again_when_it_is_extended() {
	run(|| {
		let (old, new) = approved_extension();
		assert_ok!(Staking::unbond(signed(1), old));
		let claim = confirm(&transaction(new, Duty::Extension));
		assert_ok!(report(old, claim));
		assert!(matches!(state(new), BondState::Active { .. }));
		assert_eq!(BondedTotal::<Test>::get(), bond(new).value);
	});
}

/// Reported so late that it could not be slashed in time, it comes in all the same and does not count.
#[test]
fn an_extension_that_is_reported_too_late() {
	run(|| {
		enlist(2);
		let old = activated(&draft(1, 2, 1_000_000, 200));
		let new = extend(old, 30).unwrap();
		complete(new, Duty::Unbonding);
		complete(new, Duty::Extension);
		let claim = confirm(&transaction(new, Duty::Extension));
		bury(25);
		attest();
		events();
		assert_ok!(report(old, claim));
		assert_eq!(
			events(),
			[
				Event::BondClosed { outpoint: old, outcome: Outcome::Extended { into: new } },
				Event::BondLeaves { outpoint: new, why: Leave::Expired },
			]
		);
		assert_eq!(BondedTotal::<Test>::get(), Sats::ZERO);
		assert_noop!(Staking::release(signed(9), new), Why::NotReleased);
		bury(10);
		assert_ok!(Staking::release(signed(9), new));
	});
}

/// Staker and old covenant have made the transaction before the chain had all signatures.
#[test]
fn an_extension_that_was_not_approved() {
	run(|| {
		enlist(2);
		let old = bonded(1, 2, 1_000_000);
		let new = extend(old, 120).unwrap();
		let claim = confirm(&transaction(new, Duty::Extension));
		assert_ok!(Staking::activate(nobody(), new, claim));
		assert!(matches!(state(new), BondState::Active { .. }));
		// The way out can be signed still.
		complete(new, Duty::Unbonding);
		assert!(!Asked::<Test>::contains_key(new, Duty::Unbonding));
		assert!(matches!(state(new), BondState::Active { .. }));
	});
}

/// An extension and what unbonds the new bond are in one block, and come to light in some order.
fn extended_and_unbonded(ordered: bool, unbonding_first: bool, named_by_the_old: bool) {
	let (old, new) = approved_extension();
	let cheat = || {
		cheat(2, 1, Some(3));
		next_block();
	};
	if ordered {
		cheat();
		assert!(SlashOrders::<Test>::contains_key(old));
	}
	let block = mine(vec![transaction(new, Duty::Extension), transaction(new, Duty::Unbonding)]);
	make_final(block);
	let (funding, unbonding) = (claim_of(block, 1), claim_of(block, 2));
	if unbonding_first {
		assert_noop!(report(new, unbonding.clone()), Why::NotActive);
	}
	if named_by_the_old {
		assert_ok!(report(old, funding));
	} else {
		assert_ok!(Staking::activate(nobody(), new, funding));
	}
	assert_eq!(outcome(old), Outcome::Extended { into: new });
	assert_ok!(report(new, unbonding));
	let height = Some(block.height);
	assert!(matches!(state(new), BondState::Leaving { unbonded, .. } if unbonded == height));
	if !ordered {
		cheat();
	}
	complete(new, Duty::Slash);
	assert_ok!(report(new, confirm(&slashing(new, Slashable::Unbonding))));
	assert!(matches!(outcome(new), Outcome::Slashed { .. }));
}

/// Whichever transaction is reported first, the new bond has no coin of its own before it has taken over what
/// the old one answers for.
#[test]
fn nobody_gets_away_by_an_extension_and_its_unbonding() {
	for case in 0..8 {
		run(|| extended_and_unbonded(case & 1 > 0, case & 2 > 0, case & 4 > 0));
	}
}

/// Whatever else has spent it.
#[test]
fn no_spend_of_an_extension_counts_before_it_has_come_in() {
	run(|| {
		let (old, new) = approved_extension();
		confirm(&transaction(new, Duty::Extension));
		let claim = confirm(&collusion(new, Duty::Unbonding, 0));
		assert_noop!(report(new, claim), Why::NotActive);
		assert!(matches!(state(old), BondState::Active { .. }));
	});
}
