//! The peg as this runtime sets it up.

use crate::chain::{close_block, genesis, open_block, send, FIRST_SLOT, GENESIS};
use entangled_runtime::{
	configs::assets_and_fees::ebtc_issuer, genesis_config_presets::dev_session_keys, *,
};
use polkadot_sdk::*;

use codec::Encode;
use entangled_bitcoin::{
	script::{deposit_output, fixed_commitment},
	BlockRef, ChainId, InclusionProof, Multisig, Native, XOnlyKey,
};
use frame_support::{assert_noop, assert_ok};
use pallet_btc_light_client::{InclusionClaim, OnReorganisation};
use pallet_peg::{
	runtime_api::runtime_decl_for_peg_api::PegApi, DepositTerms, Error, HaltReason, QuoteError,
};
use sp_keyring::Sr25519Keyring::{Alice, Bob, Charlie, Dave, Eve};
use sp_runtime::transaction_validity::{
	InvalidTransaction, TransactionSource, TransactionValidityError,
};

/// A claim of something that is not in Bitcoin's chain.
fn nonsense() -> InclusionClaim {
	InclusionClaim {
		block: BlockRef { height: 7, ..Default::default() },
		proof: InclusionProof { transaction: vec![0; 60], index: 0, siblings: vec![] },
	}
}

/// How the pool and a block are told of a refusal.
fn refusal(error: Error<Runtime>) -> TransactionValidityError {
	InvalidTransaction::Custom(error.encode()[0]).into()
}

#[test]
fn the_genesis_validators_are_the_first_committee() {
	genesis("devnet").execute_with(|| {
		open_block(FIRST_SLOT, 0);
		let mut keys = [Alice, Bob, Charlie, Dave]
			.map(|validator| dev_session_keys(validator).btcs.into_inner().0)
			.map(|compressed| XOnlyKey(compressed[1..].try_into().expect("33 bytes")));
		keys.sort();
		let committees = Peg::committees();
		assert_eq!(committees.len(), 1);
		assert_eq!(committees[0].threshold, 3);
		assert_eq!(committees[0].members.iter().map(|member| member.key).collect::<Vec<_>>(), keys);
		assert_eq!(Peg::vault(), ebtc_issuer());
	});
}

#[test]
fn a_refused_transaction_without_account_names_the_error() {
	genesis("devnet").execute_with(|| {
		open_block(FIRST_SLOT, 0);
		let fixed = |committee| DepositTerms::Fixed { committee };
		for (terms, error) in
			[(fixed(1), Error::UnknownCommittee), (fixed(0), Error::BlockNotFinal)]
		{
			// Headers arrive; without any, Bitcoin cannot be relied on at all.
			pallet_btc_light_client::LastAdvance::<Runtime>::put(Timestamp::get());
			let transaction = Runtime::claim_transaction(nonsense(), 0, terms);
			let validity = Executive::validate_transaction(
				TransactionSource::External,
				transaction,
				System::parent_hash(),
			);
			assert_eq!(validity, Err(refusal(error)));
		}
	});
}

#[test]
fn a_transaction_without_account_costs_nobody_anything_and_changes_nothing_when_it_fails() {
	genesis("devnet").execute_with(|| {
		open_block(FIRST_SLOT, 0);
		pallet_btc_light_client::LastAdvance::<Runtime>::put(Timestamp::get());
		let before = Balances::total_issuance();
		let transaction = Runtime::settle_transaction(nonsense());
		let outcome = Executive::apply_extrinsic(transaction).expect("it may stand in a block");
		assert_eq!(outcome, Err(Error::<Runtime>::UnknownAttempt.into()));
		assert_eq!(Balances::total_issuance(), before);
		close_block();
	});
}

/// All addresses commit to the first block, so its hash must stay when those of other old blocks go.
#[test]
fn the_first_block_is_known_for_ever() {
	genesis("devnet").execute_with(|| {
		let fixed = || Peg::deposit_address(&DepositTerms::Fixed { committee: 0 });
		assert_eq!(fixed(), Err(QuoteError::UnknownCommittee), "nothing knows it yet");
		open_block(FIRST_SLOT, 0);
		close_block();
		let committee = &Peg::committees()[0];
		let keys = committee.members.iter().map(|member| member.key).collect();
		let multisig = Multisig::new(keys, committee.threshold).expect("a committee");
		let commitment = fixed_commitment::<Native>(ChainId(GENESIS.into()));
		let output = deposit_output::<Native>(&multisig, &commitment, None).expect("an output");
		assert_eq!(fixed().map(|address| address.script), Ok(output.script_pubkey()));

		// The system alone makes blocks up to where it has forgotten the hash of the second.
		let kept = configs::system::BlockHashCount::get();
		let make = |number| {
			System::initialize(&number, &Hash::repeat_byte(1), &Default::default());
			System::finalize()
		};
		make(2);
		assert_ne!(System::block_hash(1), Hash::default());
		System::set_block_number(kept);
		(kept + 1..=kept + 2).for_each(|number| drop(make(number)));
		assert_eq!(System::block_hash(1), Hash::default());
		assert_eq!(System::block_hash(0), GENESIS);
		assert_eq!(fixed().map(|address| address.script), Ok(output.script_pubkey()));
	});
}

#[test]
fn governance_alone_halts_and_resumes() {
	genesis("devnet").execute_with(|| {
		open_block(FIRST_SLOT, 0);
		let halt = || pallet_peg::Call::<Runtime>::halt {};
		assert_eq!(send(Eve, halt(), None), Ok(Err(sp_runtime::DispatchError::BadOrigin)));
		let sudo = |call: pallet_peg::Call<Runtime>| pallet_sudo::Call::sudo {
			call: Box::new(call.into()),
		};
		assert_eq!(send(Alice, sudo(halt()), None), Ok(Ok(())));
		assert_eq!(Peg::status().halt, Some(HaltReason::Governance));
		assert_noop!(Peg::halt(RuntimeOrigin::root()), Error::<Runtime>::Halted);
		assert_ok!(Peg::resume(RuntimeOrigin::root()));
	});
}

/// Others shipped such a halt, and forgot to wire it.
#[test]
fn the_light_client_tells_the_peg_of_reorganisations() {
	fn told<T: pallet_btc_light_client::Config>(fork_height: u32) {
		T::OnReorganisation::on_reorganisation(fork_height);
	}
	genesis("devnet").execute_with(|| {
		pallet_peg::ReliedHeight::<Runtime>::put(10);
		told::<Runtime>(10);
		assert_eq!(Peg::status().halt, None);
		told::<Runtime>(9);
		assert_eq!(Peg::status().halt, Some(HaltReason::Reorganised { fork_height: 9 }));
	});
}
