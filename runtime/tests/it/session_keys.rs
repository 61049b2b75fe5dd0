//! Session keys, as `author_rotateKeys` makes them.

use crate::chain::genesis;
use entangled_runtime::{genesis_config_presets::dev_session_keys, *};
use polkadot_sdk::*;

use codec::{Decode, Encode};
use frame_support::{assert_noop, assert_ok};
use sp_core::crypto::KeyTypeId;
use sp_keyring::Sr25519Keyring::{Alice, Dave, Eve};
use sp_keystore::{testing::MemoryKeystore, Keystore, KeystoreExt};
use sp_session::runtime_api::runtime_decl_for_session_keys::SessionKeys as _;
use std::sync::Arc;

const ALL: [KeyTypeId; 5] = [
	sp_core::crypto::key_types::BABE,
	sp_core::crypto::key_types::GRANDPA,
	sp_consensus_beefy::KEY_TYPE,
	sp_core::crypto::key_types::AUTHORITY_DISCOVERY,
	btcs::KEY_TYPE,
];

#[test]
fn generation_makes_five_keys_that_their_owner_can_register() {
	let keystore = Arc::new(MemoryKeystore::new());
	let mut ext = genesis("devnet");
	ext.register_extension(KeystoreExt(keystore.clone()));
	ext.execute_with(|| {
		let owner = Dave.to_account_id();
		let generated = Runtime::generate_session_keys(owner.encode(), None);

		let raw = Runtime::decode_session_keys(generated.keys.clone()).expect("they decode");
		assert_eq!(raw.iter().map(|(_, id)| *id).collect::<Vec<_>>(), ALL);
		for (key, id) in &raw {
			assert!(keystore.has_keys(&[(key.clone(), *id)]), "{id:?} is not in the keystore");
		}

		let keys = SessionKeys::decode(&mut &generated.keys[..]).expect("they decode");
		// The proof is the owner's alone.
		assert_noop!(
			Session::set_keys(
				RuntimeOrigin::signed(Eve.to_account_id()),
				keys.clone(),
				generated.proof.clone(),
			),
			pallet_session::Error::<Runtime>::InvalidProof
		);
		let origin = RuntimeOrigin::signed(owner.clone());
		assert_ok!(Session::set_keys(origin, keys.clone(), generated.proof));
		assert_eq!(Session::key_owner(btcs::KEY_TYPE, keys.btcs.as_ref()), Some(owner));
	});
}

#[test]
fn a_well_known_name_makes_the_keys_of_the_presets() {
	let keystore = Arc::new(MemoryKeystore::new());
	let mut ext = genesis("devnet");
	ext.register_extension(KeystoreExt(keystore));
	ext.execute_with(|| {
		let seed = Some(b"//Alice".to_vec());
		let generated = Runtime::generate_session_keys(vec![], seed);
		assert_eq!(generated.keys, dev_session_keys(Alice).encode());
	});
}

#[test]
fn two_validators_cannot_have_one_bitcoin_key() {
	let keystore = Arc::new(MemoryKeystore::new());
	let mut ext = genesis("devnet");
	ext.register_extension(KeystoreExt(keystore));
	ext.execute_with(|| {
		let owner = Dave.to_account_id();
		// All new but for the last, which is Alice's.
		let mut keys = SessionKeys::generate(&owner.encode(), None).keys;
		keys.btcs = SessionKeys::generate(&owner.encode(), Some(b"//Alice".to_vec())).keys.btcs;
		let proof = keys.create_ownership_proof(&owner.encode()).expect("all secrets are here");
		assert_noop!(
			Session::set_keys(RuntimeOrigin::signed(owner), keys, proof.encode()),
			pallet_session::Error::<Runtime>::DuplicatedKey
		);
	});
}
