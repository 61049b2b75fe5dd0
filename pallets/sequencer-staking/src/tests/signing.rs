//! What covenants sign, one member after another.

use crate::{
	mock::*, Asked, BondState, BondedTotal, Duty, DutySignatures, Error, Event, Leave, Signatures,
	SlashOrders,
};
use entangled_bitcoin::{OutPoint, Sats, Signature};
use polkadot_sdk::{
	frame_support::{assert_noop, assert_ok, dispatch::Pays},
	sp_runtime::DispatchError,
};

type Why = Error<Test>;

/// A bond waits for signatures.
fn waiting(test: impl FnOnce(OutPoint)) {
	run(|| {
		enlist(1);
		let draft = draft(1, 1, 1_000_000, 100);
		draft.register().unwrap();
		events();
		test(draft.outpoint());
	});
}

#[test]
fn a_bond_is_approved_with_two_thirds() {
	waiting(|outpoint| {
		let duty = Duty::Unbonding;
		let signed = |n| Event::CovenantSigned { outpoint, duty, key: key(n) };
		assert_eq!(sign_by(104, outpoint, duty).unwrap().pays_fee, Pays::No);
		assert_ok!(sign_by(101, outpoint, duty));
		assert_eq!(events(), [signed(104), signed(101)]);
		assert!(matches!(state(outpoint), BondState::Registered { .. }));
		next_blocks(5);
		assert_ok!(sign_by(102, outpoint, duty));
		assert_eq!(events(), [signed(102), Event::BondApproved { outpoint }]);
		// From now on it has as much time to be funded.
		let deadline =
			Bitcoin::clock().after(policy().registration_blocks, policy().registration_own_blocks);
		assert_eq!(state(outpoint), BondState::Approved { deadline });
		assert!(!Asked::<Test>::contains_key(outpoint, duty));
		// The last one may still sign, which changes nothing.
		assert_ok!(sign_by(103, outpoint, duty));
		assert_eq!(events(), [signed(103)]);
		assert_eq!(state(outpoint), BondState::Approved { deadline });
	});
}

#[test]
fn what_is_not_a_signature_of_a_member() {
	waiting(|outpoint| {
		let duty = Duty::Unbonding;
		let sign = |outpoint, duty, n: u8, signatures: DutySignatures| {
			Staking::sign(nobody(), outpoint, duty, key(n), signatures)
		};
		let good = signatures(101, outpoint, duty);
		assert_noop!(sign(nothing(), duty, 101, good.clone()), Why::UnknownBond);
		assert_noop!(sign(outpoint, Duty::Extension, 101, good.clone()), Why::NotAsked);
		assert_noop!(sign(outpoint, Duty::Slash, 101, good.clone()), Why::NotAsked);
		// Neither the staker nor another committee's member.
		assert_noop!(sign(outpoint, duty, 1, signatures(1, outpoint, duty)), Why::NotAMember);
		assert_noop!(sign(outpoint, duty, 105, signatures(105, outpoint, duty)), Why::NotAMember);
		assert_noop!(sign(outpoint, duty, 102, good.clone()), Why::WrongSignature);
		let [one] = good[..] else { panic!("there is one") };
		for wrong in [vec![], vec![one, one]] {
			let wrong = wrong.try_into().unwrap();
			assert_noop!(sign(outpoint, duty, 101, wrong), Why::WrongSignatureCount);
		}
		for wrong in [Signature([0; 64]), Signature([0xff; 64])] {
			let wrong = vec![wrong].try_into().unwrap();
			assert_noop!(sign(outpoint, duty, 101, wrong), Why::WrongSignature);
		}
		for origin in [RuntimeOrigin::root(), RuntimeOrigin::none()] {
			let call = Staking::sign(origin, outpoint, duty, key(101), good.clone());
			assert_noop!(call, DispatchError::BadOrigin);
		}
		// Whoever it is that brings them.
		assert_ok!(Staking::sign(signed(9), outpoint, duty, key(101), good.clone()));
		assert_noop!(sign(outpoint, duty, 101, good), Why::AlreadySigned);
		assert_eq!(Signatures::<Test>::iter().count(), 1);
	});
}

/// A signature is for one bond.
#[test]
fn signatures_do_not_carry_over() {
	waiting(|outpoint| {
		let other = draft(1, 1, 1_000_000, 100);
		other.register().unwrap();
		let good = signatures(101, outpoint, Duty::Unbonding);
		let call = Staking::sign(nobody(), other.outpoint(), Duty::Unbonding, key(101), good);
		assert_noop!(call, Why::WrongSignature);
	});
}

/// Nobody is led to fund a bond that is good for nothing.
#[test]
fn nothing_is_approved_for_one_who_has_cheated() {
	waiting(|outpoint| {
		let draft = draft(2, 1, 1_000_000, 100);
		let approved = approved(&draft);
		cheat(1, 1, None);
		assert_noop!(sign_by(101, outpoint, Duty::Unbonding), Why::Banned);
		// What was approved before may be on Bitcoin by now. It does not count, answers for nothing, and leaves.
		assert_ok!(sign_by(104, approved, Duty::Unbonding));
		let claim = confirm(&draft.funding);
		events();
		assert_ok!(Staking::activate(nobody(), approved, claim));
		assert_eq!(events(), [Event::BondLeaves { outpoint: approved, why: Leave::Banned }]);
		assert_eq!(BondedTotal::<Test>::get(), Sats::ZERO);
		cheat(1, 2, None);
		next_block();
		assert!(!SlashOrders::<Test>::contains_key(approved));
		assert_ok!(report(approved, confirm(&transaction(approved, Duty::Unbonding))));
	});
}

/// Until the way out has been taken.
#[test]
fn those_who_come_late_may_sign() {
	run(|| {
		enlist(1);
		let outpoint = bonded(1, 1, 1_000_000);
		assert_ok!(sign_by(104, outpoint, Duty::Unbonding));
		let outpoint = bonded(1, 1, 1_000_000);
		let claim = confirm(&transaction(outpoint, Duty::Unbonding));
		assert_ok!(report(outpoint, claim));
		assert_noop!(sign_by(104, outpoint, Duty::Unbonding), Why::NotAsked);
		bury(10);
		assert_ok!(Staking::release(signed(9), outpoint));
		assert_noop!(sign_by(104, outpoint, Duty::Unbonding), Why::Ended);
	});
}

/// What is on record is enough for the staker to leave by.
#[test]
fn the_signatures_on_record_make_the_transaction() {
	run(|| {
		enlist(1);
		let outpoint = bonded(1, 1, 1_000_000);
		let spend = spends(outpoint, Duty::Unbonding).remove(0);
		let covenant = committee(0);
		let stored = covenant.keys().iter().map(|key| {
			let all = Signatures::<Test>::get((outpoint, Duty::Unbonding, key))?;
			Some(all[0])
		});
		let staker = signature(1, &spend.sighash);
		let tx = spend.complete(&covenant, &staker, &stored.collect::<Vec<_>>()).unwrap();
		assert!(try_mine(vec![tx]).is_ok());
	});
}
