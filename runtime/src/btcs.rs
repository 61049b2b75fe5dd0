//! The validator's Bitcoin key, held in the node's keystore like every other session key.
//!
//! It is a secp256k1 key, so the committee's scripts can name it (its x coordinate is a BIP-340
//! key). As a session key it is made by `author_rotateKeys`, bound to its owner by a proof of
//! possession, changed together with the others, and its owner is known to the historical session
//! proofs by which a wrong signature can be punished.

use crate::AccountId;
use polkadot_sdk::*;

use frame_support::traits::OneSessionHandler;
use sp_core::crypto::KeyTypeId;
use sp_runtime::BoundToRuntimeAppPublic;

/// The name under which the keystore holds the key.
pub const KEY_TYPE: KeyTypeId = KeyTypeId(*b"btcs");

mod app {
	use polkadot_sdk::sp_application_crypto::{app_crypto, ecdsa};

	app_crypto!(ecdsa, super::KEY_TYPE);
}

/// A validator's public Bitcoin key, compressed.
pub type AuthorityId = app::Public;
/// An ECDSA signature under that key.
pub type AuthoritySignature = app::Signature;
/// The key with its secret.
#[cfg(feature = "std")]
pub type AuthorityPair = app::Pair;

/// What a change of session means for the Bitcoin keys: nothing yet. The committee is formed from
/// the keys that the session pallet stores.
pub struct BitcoinKeys;

impl BoundToRuntimeAppPublic for BitcoinKeys {
	type Public = AuthorityId;
}

impl OneSessionHandler<AccountId> for BitcoinKeys {
	type Key = AuthorityId;

	fn on_genesis_session<'a, I>(_validators: I)
	where
		I: Iterator<Item = (&'a AccountId, AuthorityId)> + 'a,
	{
	}

	fn on_new_session<'a, I>(_changed: bool, _validators: I, _queued_validators: I)
	where
		I: Iterator<Item = (&'a AccountId, AuthorityId)> + 'a,
	{
	}

	fn on_disabled(_validator_index: u32) {}
}
