//! What the staker signs in advance is exactly one transaction for each coin.

use crate::{mock::*, Duty, Error, Presigned};
use bitcoin::{
	absolute::LockTime, consensus, transaction::Version, Amount, OutPoint, ScriptBuf, Sequence,
	Transaction,
};
use entangled_bitcoin::{
	bond::{slashing_transaction, CovenantSpend, Slashable},
	Native, Sighashes, Signature,
};
use polkadot_sdk::{
	frame_support::{assert_noop, assert_ok, assert_storage_noop},
	sp_runtime::DispatchError,
};
use proptest::prelude::*;

type Why = Error<Test>;

/// What one would sign for this transaction instead.
fn sighash(spend: &CovenantSpend, tx: &Transaction) -> [u8; 32] {
	let spent = vec![spend.spent.clone(); tx.input.len()];
	Sighashes::new::<Native>(tx, &spent)
		.unwrap()
		.script_path::<Native>(0, &spend.leaf.hash)
		.unwrap()
}

/// One thing by which a transaction may differ.
type Change = Box<dyn Fn(&mut Transaction)>;

/// Everything by which a transaction may differ.
fn deviations(tx: &Transaction) -> Vec<Transaction> {
	let changes: Vec<Change> = vec![
		Box::new(|tx| tx.version = Version::ONE),
		Box::new(|tx| tx.version = Version::TWO),
		Box::new(|tx| tx.version = Version(4)),
		Box::new(|tx| tx.lock_time = LockTime::from_consensus(1)),
		Box::new(|tx| tx.lock_time = LockTime::from_consensus(u32::MAX)),
		Box::new(|tx| tx.input[0].sequence = Sequence::MAX),
		Box::new(|tx| tx.input[0].sequence = Sequence::ZERO),
		Box::new(|tx| tx.input[0].sequence = Sequence::from_height(10)),
		Box::new(|tx| tx.input[0].previous_output.vout ^= 1),
		Box::new(|tx| tx.input[0].previous_output = OutPoint::null()),
		Box::new(|tx| tx.input.push(tx.input[0].clone())),
		Box::new(|tx| tx.output[0].value += Amount::from_sat(1)),
		Box::new(|tx| tx.output[0].value -= Amount::from_sat(1)),
		Box::new(|tx| tx.output[1].value += Amount::from_sat(1)),
		Box::new(|tx| tx.output[1].value -= Amount::from_sat(1)),
		Box::new(|tx| tx.output[0].script_pubkey = tx.output[1].script_pubkey.clone()),
		Box::new(|tx| tx.output[1].script_pubkey = ScriptBuf::new()),
		Box::new(|tx| tx.output.swap(0, 1)),
		Box::new(|tx| tx.output.rotate_left(1)),
		Box::new(|tx| drop(tx.output.remove(0))),
		Box::new(|tx| drop(tx.output.pop())),
		Box::new(|tx| tx.output.push(output(ScriptBuf::new(), 0))),
	];
	changes
		.iter()
		.map(|change| {
			let mut tx = tx.clone();
			change(&mut tx);
			tx
		})
		.collect()
}

#[test]
fn signatures_of_other_transactions_are_refused() {
	run(|| {
		enlist(1);
		let draft = draft(1, 1, 1_000_000, 100);
		let with = |presigned: Presigned| {
			let mut registration = draft.registration();
			registration.presigned = presigned;
			Staking::register(signed(1), registration)
		};
		let good = draft.registration().presigned;
		let of =
			|which| slashing_transaction::<Native>(which, &draft.terms, &draft.coin()).unwrap();
		let (bond, unbonding) = (of(Slashable::Bond), of(Slashable::Unbonding));
		for other in deviations(&bond.transaction) {
			let bond = signature(1, &sighash(&bond, &other));
			assert_noop!(with(Presigned { bond, ..good }), Why::WrongBondSlashSignature);
		}
		for other in deviations(&unbonding.transaction) {
			let unbonding = signature(1, &sighash(&unbonding, &other));
			assert_noop!(with(Presigned { unbonding, ..good }), Why::WrongUnbondingSlashSignature);
		}
		let swapped = Presigned { bond: good.unbonding, unbonding: good.bond };
		assert_noop!(with(swapped), Why::WrongBondSlashSignature);
		let twice = Presigned { bond: good.bond, unbonding: good.bond };
		assert_noop!(with(twice), Why::WrongUnbondingSlashSignature);
		// Another's.
		let bond = signature(2, &bond.sighash);
		assert_noop!(with(Presigned { bond, ..good }), Why::WrongBondSlashSignature);
		assert_ok!(with(good));
	});
}

/// Whichever byte of what a staker gives differs, there is no bond.
#[test]
fn every_byte_counts() {
	run(|| {
		enlist(1);
		let draft = draft(1, 1, 1_000_000, 100);
		let good = draft.registration();
		let refused = |change: &dyn Fn(&mut crate::Registration<_>)| {
			let mut registration = good.clone();
			change(&mut registration);
			let refused = Staking::register(signed(1), registration).unwrap_err();
			assert!(matches!(refused, DispatchError::Module(_)), "{refused:?}");
			refused
		};
		assert_storage_noop!({
			for byte in 0..64 {
				let flip = |signature: &mut Signature| signature.0[byte] ^= 1;
				let why = refused(&|r| flip(&mut r.presigned.bond));
				assert_eq!(why, Why::WrongBondSlashSignature.into());
				let why = refused(&|r| flip(&mut r.presigned.unbonding));
				assert_eq!(why, Why::WrongUnbondingSlashSignature.into());
			}
			for byte in 0..good.funding.len() {
				for bit in [1, 0x80] {
					refused(&|r| r.funding.as_mut()[byte] ^= bit);
				}
			}
			for byte in 0..32 {
				refused(&|r| r.staker.0[byte] ^= 1);
			}
		});
		assert_ok!(draft.register());
	});
}

/// So it is with what the covenant signs.
#[test]
fn the_covenant_signs_exactly_one_way_out() {
	run(|| {
		enlist(1);
		let draft = draft(1, 1, 1_000_000, 100);
		draft.register().unwrap();
		let outpoint = draft.outpoint();
		let spend = spends(outpoint, Duty::Unbonding).remove(0);
		let sign = |signature| {
			let signatures = vec![signature].try_into().unwrap();
			Staking::sign(nobody(), outpoint, Duty::Unbonding, key(101), signatures)
		};
		for other in deviations(&spend.transaction) {
			let signature = signature(101, &sighash(&spend, &other));
			assert_noop!(sign(signature), Why::WrongSignature);
		}
		// The transactions that slash are other ones.
		for slashing in spends(outpoint, Duty::Slash) {
			assert_noop!(sign(signature(101, &slashing.sighash)), Why::WrongSignature);
		}
		let good = signature(101, &spend.sighash);
		for byte in 0..64 {
			let mut bad = good;
			bad.0[byte] ^= 1;
			assert_noop!(sign(bad), Why::WrongSignature);
		}
		assert_ok!(sign(good));
	});
}

/// The proof that another transaction is mined, however like the bond's it is, does nothing for it.
#[test]
fn what_is_mined_is_what_was_registered() {
	run(|| {
		enlist(1);
		let draft = draft(1, 1, 1_000_000, 100);
		let outpoint = approved(&draft);
		let mut other = draft.funding.clone();
		other.output.push(output(ScriptBuf::new(), 0));
		let claim = confirm(&other);
		let call = Staking::activate(nobody(), outpoint, claim.clone());
		assert_noop!(call, Why::NotTheFunding);
		// Other bytes in the same proof.
		let mut forged = claim;
		forged.proof.transaction = consensus::serialize(&draft.funding);
		assert_noop!(Staking::activate(nobody(), outpoint, forged), Why::WrongProof);
	});
}

proptest! {
	#![proptest_config(ProptestConfig::with_cases(64))]

	/// Whatever bytes are said to fund a bond, nothing happens but a refusal.
	#[test]
	fn no_bytes_do_harm(funding in prop::collection::vec(any::<u8>(), 0..300), vout in any::<u32>()) {
		run(|| {
			enlist(1);
			let mut registration = draft(1, 1, 1_000_000, 100).registration();
			registration.funding = funding.try_into().unwrap();
			registration.vout = vout;
			let refused = Staking::register(signed(1), registration);
			assert_eq!(refused, Err(Why::NotATransaction.into()));
		});
	}
}
