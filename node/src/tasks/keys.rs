// SPDX-License-Identifier: GPL-3.0-or-later WITH Classpath-exception-2.0

//! The committee keys of this node: the `btcs` session keys in its keystore.

use bitcoin::secp256k1::{All, Keypair, Message, Secp256k1};
use entangled_bitcoin::{Native, Signature, XOnlyKey};
use entangled_runtime::btcs::{AuthorityId, AuthorityPair, KEY_TYPE};
use polkadot_sdk::{
	sc_keystore::LocalKeystore,
	sp_core::crypto::{ByteArray, Pair as _, Zeroize},
	sp_keystore::Keystore,
};
use std::sync::{Arc, LazyLock};

static CURVE: LazyLock<Secp256k1<All>> = LazyLock::new(Secp256k1::new);

/// Why there is no signature.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
	/// The keystore has no such key, or not its secret.
	#[error("the keystore has no secret for {0}")]
	Missing(XOnlyKey),
	/// The keystore cannot be read.
	#[error("the keystore cannot be read: {0}")]
	Keystore(String),
	/// The secret is no secret of the curve.
	#[error("the secret of {0} is not valid")]
	Invalid(XOnlyKey),
	/// The signature does not verify. A fault of the machine may betray the secret, so it is not
	/// given away.
	#[error("the signature made with {0} does not verify; check this machine's memory")]
	Faulty(XOnlyKey),
}

/// The keys of this node that may be in a committee.
#[derive(Clone)]
pub struct Keys(Arc<LocalKeystore>);

impl Keys {
	/// Those in this keystore.
	pub fn new(keystore: Arc<LocalKeystore>) -> Self {
		Self(keystore)
	}

	/// All of them. A key that was replaced is kept, for its committee may still hold coins.
	pub fn all(&self) -> Result<Vec<XOnlyKey>, KeyError> {
		Ok(self.public()?.into_iter().map(|(key, _)| key).collect())
	}

	fn public(&self) -> Result<Vec<(XOnlyKey, AuthorityId)>, KeyError> {
		let known = self.0.keys(KEY_TYPE).map_err(|error| KeyError::Keystore(error.to_string()))?;
		let public = known.iter().filter_map(|bytes| {
			// Compressed: the parity of the y-coordinate, and the x-coordinate.
			let (_parity, x) = bytes.split_first()?;
			Some((XOnlyKey(x.try_into().ok()?), AuthorityId::from_slice(bytes).ok()?))
		});
		Ok(public.collect())
	}

	/// Signs each of these hashes (BIP 340).
	pub fn sign(&self, key: XOnlyKey, hashes: &[[u8; 32]]) -> Result<Vec<Signature>, KeyError> {
		let (_, public) = self
			.public()?
			.into_iter()
			.find(|(known, _)| *known == key)
			.ok_or(KeyError::Missing(key))?;
		let pair = self
			.0
			.key_pair::<AuthorityPair>(&public)
			.map_err(|error| KeyError::Keystore(error.to_string()))?
			.ok_or(KeyError::Missing(key))?;
		let mut secret = pair.to_raw_vec();
		let keypair = Keypair::from_seckey_slice(&CURVE, &secret);
		secret.zeroize();
		let mut keypair = keypair.map_err(|_| KeyError::Invalid(key))?;
		// Without a random part, so that the same task gives the same signature and the same
		// transaction of ours, however often it is done.
		let signatures = hashes
			.iter()
			.map(|hash| {
				let signature =
					CURVE.sign_schnorr_no_aux_rand(&Message::from_digest(*hash), &keypair);
				let signature = Signature(signature.serialize());
				if key.verify::<Native>(hash, &signature) {
					Ok(signature)
				} else {
					Err(KeyError::Faulty(key))
				}
			})
			.collect();
		keypair.non_secure_erase();
		signatures
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn signs_with_the_keys_of_the_keystore() {
		let keystore = Arc::new(LocalKeystore::in_memory());
		let keys = Keys::new(keystore.clone());
		assert!(keys.all().unwrap().is_empty());
		for name in ["//Alice", "//Bob", "//Charlie", "//Dave"] {
			keystore.ecdsa_generate_new(KEY_TYPE, Some(name)).unwrap();
		}
		assert_eq!(keys.all().unwrap().len(), 4);
		let hashes = [[1; 32], [2; 32]];
		for key in keys.all().unwrap() {
			let signatures = keys.sign(key, &hashes).unwrap();
			assert_eq!(signatures.len(), 2);
			for (hash, signature) in hashes.iter().zip(&signatures) {
				assert!(key.verify::<Native>(hash, signature));
			}
			assert_eq!(keys.sign(key, &hashes).unwrap(), signatures, "the same task again");
		}
		let stranger = XOnlyKey([7; 32]);
		assert!(matches!(keys.sign(stranger, &hashes), Err(KeyError::Missing(_))));
	}

	#[test]
	fn a_keystore_that_cannot_be_read_is_not_an_empty_one() {
		let directory = tempfile::tempdir().unwrap();
		let path = directory.path().join("keystore");
		let keys = Keys::new(Arc::new(LocalKeystore::open(&path, None).unwrap()));
		assert!(keys.all().unwrap().is_empty());
		std::fs::remove_dir(&path).unwrap();
		assert!(matches!(keys.all(), Err(KeyError::Keystore(_))));
		let stranger = XOnlyKey([7; 32]);
		assert!(matches!(keys.sign(stranger, &[]), Err(KeyError::Keystore(_))));
	}
}
