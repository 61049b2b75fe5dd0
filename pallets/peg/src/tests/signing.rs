//! Signatures, one member after another.

use crate::{mock::*, AttemptSignatures, Error, Event, Signatures, SigningTask};
use entangled_bitcoin::{Destination, Signature};
use polkadot_sdk::{
	frame_support::{assert_noop, assert_ok, dispatch::Pays},
	sp_runtime::DispatchError,
};

type Why = Error<Test>;

/// A batch that spends two deposits and pays one withdrawal waits for signatures.
fn unsigned(validators: u8, test: impl FnOnce()) {
	run_with(policy(), validators, || {
		fund(1, 300_000);
		fund(2, 200_000);
		withdraw(1, 100_000, 5_000);
		await_batch();
		events();
		test();
	});
}

#[test]
fn it_is_complete_with_two_thirds() {
	unsigned(4, || {
		let txid = attempt(0).txid;
		let signed = |n| Event::Signed { batch: 0, attempt: 0, key: key(n) };
		assert_eq!(sign_by(4, 0, 0).unwrap().pays_fee, Pays::No);
		assert_ok!(sign_by(1, 0, 0));
		assert_eq!(events(), [signed(4), signed(1)]);
		assert_eq!(Peg::transactions(), []);
		assert_ok!(sign_by(3, 0, 0));
		let completed = Event::AttemptCompleted { batch: 0, attempt: 0, txid };
		assert_eq!(events(), [signed(3), completed]);
		let [complete] = &Peg::transactions()[..] else { panic!("there is one") };
		assert_eq!((complete.txid, complete.settled), (txid, false));
		let tx = transaction(0);
		// The last one may still sign, which changes nothing.
		assert_ok!(sign_by(2, 0, 0));
		assert_eq!(events(), [signed(2)]);
		assert!(Peg::batch().unwrap().attempts[0].signers.iter().all(|signer| signer.signed));
		// Bitcoin takes it, with these members' signatures or with those.
		assert_ne!(tx, transaction(0));
		assert_eq!(tx.compute_txid(), transaction(0).compute_txid());
		assert_eq!(tx.weight(), transaction(0).weight());
		assert!(try_mine(vec![transaction(0)]).is_ok());
	});
}

/// Whichever two thirds they are, and however many members there are.
#[test]
fn any_two_thirds_will_do() {
	for (validators, signers) in [
		(1, vec![1]),
		(2, vec![2, 1]),
		(3, vec![3, 1]),
		(4, vec![2, 3, 4]),
		(5, vec![5, 3, 1, 2]),
		(15, vec![15, 1, 14, 2, 13, 3, 12, 4, 11, 5]),
	] {
		unsigned(validators, || {
			let (last, first) = signers.split_last().unwrap();
			for n in first {
				sign_by(*n, 0, 0).unwrap();
			}
			assert_eq!(Peg::transactions(), []);
			let tx = complete_by([*last]);
			assert_eq!(tx.weight().to_wu(), attempt(0).weight.0, "of {validators}");
			assert!(try_mine(vec![tx]).is_ok());
		});
	}
}

#[test]
fn what_is_not_a_signature_of_a_member() {
	unsigned(4, || {
		let sign = |batch, attempt, n: u8, signatures: AttemptSignatures| {
			Peg::sign(nobody(), batch, attempt, key(n), signatures)
		};
		let good = signatures(1, 0);
		assert_noop!(sign(1, 0, 1, good.clone()), Why::UnknownBatch);
		assert_noop!(sign(0, 1, 1, good.clone()), Why::UnknownAttempt);
		assert_noop!(sign(0, 0, 5, good.clone()), Why::NotAMember);
		assert_noop!(sign(0, 0, 2, good.clone()), Why::WrongSignature);

		let with = |change: &dyn Fn(&mut Vec<Signature>)| {
			let mut signatures = good.to_vec();
			change(&mut signatures);
			AttemptSignatures::try_from(signatures).unwrap()
		};
		for wrong_count in [
			with(&|signatures| signatures.clear()),
			with(&|signatures| signatures.truncate(1)),
			with(&|signatures| signatures.push(signatures[0])),
			with(&|signatures| signatures.resize(25, signatures[0])),
		] {
			assert_noop!(sign(0, 0, 1, wrong_count), Why::WrongSignatureCount);
		}
		for wrong in [
			with(&|signatures| signatures.reverse()),
			with(&|signatures| signatures[1] = signatures[0]),
			with(&|signatures| signatures[0].0[0] ^= 1),
			with(&|signatures| signatures[1].0[63] ^= 1),
			with(&|signatures| signatures[0] = Signature([0; 64])),
			with(&|signatures| signatures[0] = Signature([0xff; 64])),
		] {
			assert_noop!(sign(0, 0, 1, wrong), Why::WrongSignature);
		}
		for origin in [RuntimeOrigin::root(), RuntimeOrigin::none()] {
			assert_noop!(Peg::sign(origin, 0, 0, key(1), good.clone()), DispatchError::BadOrigin);
		}
		// Whoever it is that brings them.
		assert_ok!(Peg::sign(signed(9), 0, 0, key(1), good.clone()));
		assert_noop!(sign(0, 0, 1, good), Why::AlreadySigned);
		assert_eq!(Signatures::<Test>::iter().count(), 1);
	});
}

#[test]
fn while_the_peg_is_halted_nobody_signs() {
	unsigned(4, || {
		assert_ok!(Peg::halt(RuntimeOrigin::root()));
		assert_noop!(sign_by(1, 0, 0), Why::Halted);
		assert_eq!(Peg::signing_tasks(&key(1)), []);
		assert_ok!(Peg::resume(RuntimeOrigin::root()));
		assert_ok!(sign_by(1, 0, 0));
	});
}

#[test]
fn members_are_told_what_to_sign() {
	unsigned(4, || {
		let task = |attempt| SigningTask::Attempt { batch: 0, attempt, inputs: vec![0, 1] };
		assert_eq!(Peg::signing_tasks(&key(1)), [task(0)]);
		assert_eq!(Peg::signing_tasks(&key(5)), []);
		complete();
		assert_eq!(Peg::signing_tasks(&key(1)), []);
		assert_eq!(Peg::signing_tasks(&key(4)), [task(0)]);
		bury(5);
		// A late member signs what there is, also an attempt that was replaced.
		assert_eq!(Peg::signing_tasks(&key(1)), [task(1)]);
		assert_eq!(Peg::signing_tasks(&key(4)), [task(0), task(1)]);
		let signers = &Peg::batch().unwrap().attempts[0].signers;
		let unsigned = signers.iter().filter(|signer| !signer.signed).collect::<Vec<_>>();
		assert_eq!(unsigned.len(), 1);
		assert_eq!(unsigned[0].member.account, account(104));
	});
}

/// A signature is for one transaction: that of another attempt, or of a later batch, does not do.
#[test]
fn signatures_do_not_carry_over() {
	unsigned(4, || {
		let first = complete();
		let old = signatures(4, 0);
		bury(5);
		assert_noop!(Peg::sign(nobody(), 0, 1, key(4), old.clone()), Why::WrongSignature);
		assert_ok!(Peg::settle(nobody(), confirm(&first)));
		fund(1, 300_000);
		withdraw(1, 100_000, 5_000);
		await_batch();
		assert_noop!(Peg::sign(nobody(), 0, 0, key(4), old.clone()), Why::UnknownBatch);
		assert_noop!(Peg::sign(nobody(), 1, 0, key(4), old), Why::WrongSignature);
	});
}

/// Deposits of every kind, and change, are spent by the scripts that they lie under.
#[test]
fn every_kind_of_coin_is_spent() {
	run(|| {
		govern(|policy| policy.sweep_size = 3);
		fund(1, 300_000);
		withdraw(1, 100_000, 5_000);
		await_batch();
		settle();
		let fixed = fixed_deposit(Destination::Account([1; 32]), 50_000);
		assert_ok!(fixed.bring());
		give_to_reserve(30_000);
		let rollup = Destination::Rollup { rollup: ROLLUP, recipient: [5; 32] };
		assert_ok!(deposit(terms_to(rollup, 1_000), 100_000).bring());
		bury(1);
		let tx = complete_by([2, 3, 4]);
		assert_eq!(tx.input.len(), 4);
		assert_eq!(tx.weight().to_wu(), attempt(0).weight.0);
		// Change first, then deposits by the height at which their refunds open. Those that have one
		// have a second leaf, whose hash is in the control block.
		let control = tx.input.iter().map(|input| input.witness.last().unwrap().len());
		assert_eq!(control.collect::<Vec<_>>(), [33, 65, 33, 33]);
		assert_ok!(Peg::settle(nobody(), confirm(&tx)));
	});
}
