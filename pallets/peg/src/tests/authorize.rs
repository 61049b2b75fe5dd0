//! Transactions without an account.

use crate::{mock::*, AttemptSignatures, Call, CandidateCommittee, Error, Event};
use codec::Encode;
use entangled_bitcoin::{Sats, Signature};
use polkadot_sdk::{
	frame_support::{
		dispatch::{GetDispatchInfo, Pays},
		pallet_prelude::{
			InvalidTransaction, TransactionSource, TransactionValidityError, ValidTransaction,
		},
		traits::Authorize,
		weights::Weight,
	},
	frame_system::AuthorizeCall,
	sp_runtime::traits::DispatchTransaction,
};

type Why = Error<Test>;

fn from(
	source: TransactionSource,
	call: &Call<Test>,
) -> Result<ValidTransaction, TransactionValidityError> {
	call.authorize(source).expect("the call needs no account").map(|(valid, unspent)| {
		assert_eq!(unspent, Weight::zero());
		valid
	})
}

/// The pool takes it.
#[track_caller]
fn accepted(call: &Call<Test>) -> Vec<Vec<u8>> {
	let valid = from(TransactionSource::External, call).unwrap();
	assert_eq!(from(TransactionSource::Local, call), Ok(valid.clone()));
	assert!(valid.propagate && valid.requires.is_empty() && valid.priority > 0);
	assert_eq!(valid.provides.len(), 1);
	valid.provides
}

/// The pool refuses it, and says why. A block that has it is not checked twice: there the call
/// itself fails.
#[track_caller]
fn refused(call: &Call<Test>, why: Why) {
	let index = why.encode()[0];
	let invalid = Err(InvalidTransaction::Custom(index).into());
	assert_eq!(from(TransactionSource::External, call), invalid);
	assert_eq!(from(TransactionSource::Local, call), invalid);
	assert!(from(TransactionSource::InBlock, call).is_ok());
	let error = send(call).unwrap_err();
	assert_eq!(error, why.into());
}

/// Executes it as a block does.
fn send(call: &Call<Test>) -> Result<Pays, polkadot_sdk::sp_runtime::DispatchError> {
	let call = RuntimeCall::Peg(call.clone());
	let (info, length) = (call.get_dispatch_info(), call.encoded_size());
	let applied = AuthorizeCall::<Test>::new()
		.dispatch_transaction(RuntimeOrigin::none(), call, &info, length, 0)
		.expect("it is authorised");
	applied.map(|post| post.pays_fee).map_err(|error| error.error)
}

fn claim(deposit: &Deposit) -> Call<Test> {
	let Deposit { claim, vout, terms } = deposit.clone();
	Call::claim { claim, vout, terms }
}

#[test]
fn claims() {
	run(|| {
		let good = deposit(terms(1), 100_000);
		refused(&claim(&Deposit { terms: terms(2), ..good.clone() }), Why::WrongScript);
		let tag = accepted(&claim(&good));
		assert_eq!(send(&claim(&good)), Ok(Pays::No));
		refused(&claim(&good), Why::AlreadyClaimed);
		assert!(balance(1) > 0);
		let other = deposit(terms(1), 100_000);
		assert_ne!(accepted(&claim(&other)), tag);
		// The same output on other terms is the same claim: one of them is enough in the pool.
		assert_eq!(accepted(&claim(&other)), accepted(&claim(&other)));
	});
}

/// Whatever would fail in a block stays outside.
#[test]
fn claims_for_rollups() {
	run(|| {
		let destination = entangled_bitcoin::Destination::Rollup { rollup: 99, recipient: [0; 32] };
		let unknown = deposit(terms_to(destination, 100), 100_000);
		refused(&claim(&unknown), Why::UnknownRollup);
	});
}

#[test]
fn settlements() {
	run(|| {
		fund(1, 300_000);
		withdraw(1, 100_000, 2_000);
		await_batch();
		let tx = complete();
		let other = confirm(&pay(vec![]));
		refused(&Call::settle { claim: other }, Why::UnknownAttempt);
		let block = mine(vec![tx]);
		let good = Call::settle { claim: claim_of(block, 1) };
		refused(&good, Why::BlockNotFinal);
		make_final(block);
		accepted(&good);
		assert_eq!(send(&good), Ok(Pays::No));
		refused(&good, Why::UnknownAttempt);
	});
}

#[test]
fn fronted_payments() {
	run(|| {
		fund(1, 300_000);
		let id = withdraw(1, 100_000, 2_000);
		let block = mine(vec![front_payment(id, 2)]);
		let good = Call::front { claim: claim_of(block, 1), id };
		refused(&good, Why::BlockNotFinal);
		make_final(block);
		accepted(&good);
		assert_eq!(send(&good), Ok(Pays::No));
		refused(&good, Why::NotPending);
		assert!(balance(2) > 100_000);
	});
}

#[test]
fn signatures_of_members() {
	run(|| {
		fund(1, 300_000);
		withdraw(1, 100_000, 2_000);
		await_batch();
		let sign = |n: u8, signatures: AttemptSignatures| Call::sign {
			batch: 0,
			attempt: 0,
			key: key(n),
			signatures,
		};
		refused(&sign(2, signatures(1, 0)), Why::WrongSignature);
		refused(&sign(9, signatures(1, 0)), Why::NotAMember);
		refused(&sign(1, Default::default()), Why::WrongSignatureCount);
		let good = sign(1, signatures(1, 0));
		assert_ne!(accepted(&good), accepted(&sign(2, signatures(2, 0))));
		events();
		assert_eq!(send(&good), Ok(Pays::No));
		assert_eq!(events(), [Event::Signed { batch: 0, attempt: 0, key: key(1) }]);
		refused(&good, Why::AlreadySigned);
	});
}

#[test]
fn proofs_of_life() {
	run(|| {
		let prove = |n: u8, signature| Call::prove_life { committee: 1, key: key(n), signature };
		refused(&prove(5, Signature([0; 64])), Why::NoCandidate);
		Candidates::set(members(2..=5));
		govern(|policy| policy.term = 14);
		bury(14 - best().height);
		let challenge = CandidateCommittee::<Test>::get().unwrap().challenge;
		refused(&prove(5, signature(4, &challenge)), Why::WrongSignature);
		let good = prove(5, signature(5, &challenge));
		accepted(&good);
		assert_eq!(send(&good), Ok(Pays::No));
		refused(&good, Why::AlreadySigned);
	});
}

#[test]
fn nothing_else() {
	run(|| {
		for call in [
			Call::<Test>::withdraw { script: wallet(1), amount: Sats(1), max_fee: Sats(1) },
			Call::raise_fee { id: 0, max_fee: Sats(1) },
			Call::cancel { id: 0 },
			Call::expire { id: 0 },
			Call::reserve { id: 0 },
			Call::release { id: 0 },
			Call::halt {},
			Call::resume {},
			Call::set_policy { policy: policy() },
		] {
			assert!(call.authorize(TransactionSource::External).is_none());
		}
	});
}
