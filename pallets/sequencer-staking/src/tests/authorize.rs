//! Transactions without an account.

use crate::{mock::*, Call, Duty, Error};
use codec::Encode;
use entangled_bitcoin::Sats;
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
	sp_runtime::{traits::DispatchTransaction, DispatchError},
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
	valid.provides
}

/// The pool refuses it, and says why. In a block the call itself fails.
#[track_caller]
fn refused(call: &Call<Test>, why: Why) {
	let invalid = Err(InvalidTransaction::Custom(why.encode()[0]).into());
	assert_eq!(from(TransactionSource::External, call), invalid);
	assert!(from(TransactionSource::InBlock, call).is_ok());
	assert_eq!(send(call), Err(why.into()));
}

/// Executes it as a block does.
fn send(call: &Call<Test>) -> Result<Pays, DispatchError> {
	let call = RuntimeCall::Staking(call.clone());
	let (info, length) = (call.get_dispatch_info(), call.encoded_size());
	let applied = AuthorizeCall::<Test>::new()
		.dispatch_transaction(RuntimeOrigin::none(), call, &info, length, 0)
		.expect("it is authorised");
	applied.map(|post| post.pays_fee).map_err(|error| error.error)
}

#[test]
fn signatures() {
	run(|| {
		enlist(1);
		let draft = draft(1, 1, 1_000_000, 100);
		draft.register().unwrap();
		let (outpoint, duty) = (draft.outpoint(), Duty::Unbonding);
		let sign = |n, of| Call::sign {
			outpoint,
			duty,
			key: key(n),
			signatures: crate::mock::signatures(of, outpoint, duty),
		};
		refused(&sign(101, 102), Why::WrongSignature);
		refused(&sign(9, 9), Why::NotAMember);
		assert_ne!(accepted(&sign(101, 101)), accepted(&sign(102, 102)));
		assert_eq!(send(&sign(101, 101)), Ok(Pays::No));
		refused(&sign(101, 101), Why::AlreadySigned);
	});
}

#[test]
fn proofs() {
	run(|| {
		enlist(1);
		let draft = draft(1, 1, 1_000_000, 100);
		let outpoint = approved(&draft);
		let block = mine(vec![draft.funding.clone()]);
		let activate = Call::activate { outpoint, claim: claim_of(block, 1) };
		refused(&activate, Why::BlockNotFinal);
		make_final(block);
		accepted(&activate);
		assert_eq!(send(&activate), Ok(Pays::No));
		refused(&activate, Why::AlreadyActive);

		let claim = confirm(&transaction(outpoint, Duty::Unbonding));
		let spend = Call::report_spend { outpoint, claim };
		accepted(&spend);
		assert_eq!(send(&spend), Ok(Pays::No));
		refused(&spend, Why::NothingNew);
	});
}

#[test]
fn silence() {
	run(|| {
		enlist(1);
		let outpoint = bonded(1, 1, 1_000_000);
		let note = Call::note_silence { outpoint };
		refused(&note, Why::NotAsked);
		cheat(1, 1, None);
		next_block();
		refused(&note, Why::NotSilent);
		bury(policy().slash_signing_blocks);
		accepted(&note);
		assert_eq!(send(&note), Ok(Pays::No));
		refused(&note, Why::NothingNew);
	});
}

#[test]
fn nothing_else() {
	run(|| {
		enlist(1);
		let registration = draft(1, 1, 1_000_000, 100).registration();
		let presigned = registration.presigned;
		let (outpoint, amount) = (nothing(), Sats(1).0.into());
		for call in [
			Call::<Test>::register { registration },
			Call::extend { outpoint, timelock: 100, covenant: 0, presigned },
			Call::drop_bond { outpoint },
			Call::unbond { outpoint },
			Call::release { outpoint },
			Call::stake { amount },
			Call::unstake { amount },
			Call::withdraw_stake {},
			Call::set_commission { commission: 0 },
			Call::stand {},
			Call::chill {},
			Call::collect { bonds: Default::default() },
			Call::set_policy { policy: policy() },
			Call::set_founders { founders: Default::default() },
			Call::strike { outpoint },
		] {
			assert!(call.authorize(TransactionSource::External).is_none());
		}
	});
}
