//! Sessions, and what happens to a validator that makes two blocks in one slot.

use crate::chain::{claim, close_block, genesis, open_block, FIRST_SLOT};
use codec::Encode;
use entangled_runtime::{
	configs::consensus::EpochLength, genesis_config_presets::dev_session_keys, *,
};
use polkadot_sdk::*;

use frame_support::{
	assert_noop, assert_ok,
	traits::{Get, KeyOwnerProofSystem},
};
use sp_consensus_babe::{EquivocationProof, KEY_TYPE};
use sp_core::Pair;
use sp_keyring::Sr25519Keyring::{self, Alice, Bob, Charlie};
use sp_runtime::{
	traits::Header as _,
	transaction_validity::{InvalidTransaction, TransactionSource, TransactionValidityError},
	DigestItem,
};
use sp_session::MembershipProof;

/// The index of a validator among the authorities.
pub fn index(validator: Sr25519Keyring) -> u32 {
	let account = validator.to_account_id();
	Session::validators().iter().position(|v| *v == account).expect("it is a validator") as u32
}

/// A header in the slot, sealed by the validator; `salt` tells it from others.
fn sealed(validator: Sr25519Keyring, slot: u64, salt: u8) -> Header {
	let digest = claim(slot, index(validator));
	let root = [salt; 32].into();
	let mut header = Header::new(1, root, Default::default(), Default::default(), digest);
	let signature = validator.pair().sign(header.hash().as_ref());
	header
		.digest_mut()
		.push(DigestItem::Seal(sp_consensus_babe::BABE_ENGINE_ID, signature.encode()));
	header
}

pub fn equivocation(validator: Sr25519Keyring, slot: u64) -> EquivocationProof<Header> {
	EquivocationProof {
		offender: validator.public().into(),
		slot: slot.into(),
		first_header: sealed(validator, slot, 1),
		second_header: sealed(validator, slot, 2),
	}
}

pub fn ownership(validator: Sr25519Keyring) -> MembershipProof {
	let key: sp_consensus_babe::AuthorityId = validator.public().into();
	Historical::prove((KEY_TYPE, key)).expect("the key is in the session")
}

/// Closes the chain's blocks up to the first one of the next session.
fn next_session() {
	let session = Session::current_index();
	let mut slot = *pallet_babe::CurrentSlot::<Runtime>::get();
	while Session::current_index() == session {
		close_block();
		slot += 1;
		open_block(slot, 0);
	}
}

#[test]
fn an_equivocation_is_reported_once() {
	genesis("devnet").execute_with(|| {
		open_block(FIRST_SLOT, 0);
		let report = |proof: EquivocationProof<Header>| {
			Babe::report_equivocation(
				RuntimeOrigin::signed(Bob.to_account_id()),
				Box::new(proof),
				ownership(Charlie),
			)
		};
		// Twice the same header is no equivocation.
		let mut same = equivocation(Charlie, FIRST_SLOT);
		same.second_header = same.first_header.clone();
		assert_noop!(report(same), pallet_babe::Error::<Runtime>::InvalidEquivocationProof);
		// Nor can Charlie be blamed for Alice's headers.
		let mut others = equivocation(Alice, FIRST_SLOT);
		others.offender = Charlie.public().into();
		assert_noop!(report(others), pallet_babe::Error::<Runtime>::InvalidEquivocationProof);

		assert_ok!(report(equivocation(Charlie, FIRST_SLOT)));
		System::assert_has_event(
			pallet_offences::Event::Offence {
				kind: *b"babe:equivocatio",
				timeslot: FIRST_SLOT.encode(),
			}
			.into(),
		);
		assert_noop!(
			report(equivocation(Charlie, FIRST_SLOT)),
			pallet_babe::Error::<Runtime>::DuplicateOffenceReport
		);
	});
}

#[test]
fn a_node_reports_without_a_signature_and_only_to_itself() {
	genesis("devnet").execute_with(|| {
		open_block(FIRST_SLOT, 0);
		let call = pallet_babe::Call::<Runtime>::report_equivocation_unsigned {
			equivocation_proof: Box::new(equivocation(Charlie, FIRST_SLOT)),
			key_owner_proof: ownership(Charlie),
		};
		assert_ok!(Babe::validate_unsigned(TransactionSource::Local, &call));
		assert!(Babe::validate_unsigned(TransactionSource::External, &call).is_err());
		assert_eq!(
			Executive::apply_extrinsic(UncheckedExtrinsic::new_bare(call.clone().into())),
			Ok(Ok(()))
		);
		assert_eq!(
			Executive::apply_extrinsic(UncheckedExtrinsic::new_bare(call.into())),
			Err(TransactionValidityError::Invalid(InvalidTransaction::Stale))
		);
	});
}

#[test]
fn an_equivocation_of_the_session_before_is_still_reported() {
	genesis("devnet").execute_with(|| {
		open_block(FIRST_SLOT, 0);
		let ownership = ownership(Charlie);
		next_session();
		assert_eq!(Session::current_index(), 1);
		assert_ok!(Babe::report_equivocation(
			RuntimeOrigin::signed(Bob.to_account_id()),
			Box::new(equivocation(Charlie, FIRST_SLOT)),
			ownership,
		));
	});
}

#[test]
fn the_validators_stay_and_may_change_their_keys() {
	genesis("devnet").execute_with(|| {
		open_block(FIRST_SLOT, 0);
		let before = Session::validators();
		let grandpa_set = Grandpa::current_set_id();
		next_session();
		next_session();
		assert_eq!(Session::validators(), before);
		// Nothing changed, so the finality voters need not change sets.
		assert_eq!(Grandpa::current_set_id(), grandpa_set);

		// Charlie takes Eve's keys; his account stays.
		let keys = dev_session_keys(Sr25519Keyring::Eve);
		pallet_session::NextKeys::<Runtime>::insert(Charlie.to_account_id(), keys.clone());
		next_session();
		next_session();
		assert_eq!(Session::validators(), before);
		let babe = pallet_babe::Authorities::<Runtime>::get();
		assert_eq!(babe[index(Charlie) as usize].0, keys.babe);
		assert_eq!(Grandpa::current_set_id(), grandpa_set + 1);

		// The root that reports are checked against is that of the new keys, also afterwards.
		let ownership = Historical::prove((KEY_TYPE, keys.babe.clone())).expect("in the session");
		next_session();
		assert!(Historical::check_proof((KEY_TYPE, keys.babe), ownership).is_some());
	});
}

#[test]
fn an_epoch_lasts_as_long_as_the_genesis_says() {
	genesis("devnet").execute_with(|| {
		open_block(FIRST_SLOT, 0);
		assert_eq!(EpochLength::get(), 20);
		next_session();
		assert_eq!(*pallet_babe::CurrentSlot::<Runtime>::get(), FIRST_SLOT + 20);
	});
}

#[test]
fn every_block_adds_a_leaf_to_the_mmr_and_its_root_to_the_header() {
	genesis("devnet").execute_with(|| {
		for block in 0..5 {
			open_block(FIRST_SLOT + block, 0);
			let header = close_block();
			assert_eq!(pallet_mmr::NumberOfLeaves::<Runtime>::get(), block + 1);
			let root = header.digest().convert_first(|item| {
				let log: sp_consensus_beefy::ConsensusLog<
					sp_consensus_beefy::ecdsa_crypto::AuthorityId,
				> = item.consensus_try_to(&sp_consensus_beefy::BEEFY_ENGINE_ID)?;
				match log {
					sp_consensus_beefy::ConsensusLog::MmrRoot(root) => Some(root),
					_ => None,
				}
			});
			assert_eq!(root, Some(pallet_mmr::RootHash::<Runtime>::get()));
		}
	});
}
