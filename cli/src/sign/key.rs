//! Keys on Bitcoin in files: of a depositor who takes a coin back, of a staker.

use crate::file;
use anyhow::Context;
use bitcoin::{
	key::Keypair,
	secp256k1::{rand::thread_rng, All, Message, Secp256k1},
};
use entangled_bitcoin::{
	secret_key::{self, NoSecretKey},
	Native, Signature, XOnlyKey,
};
use std::path::Path;

/// A secret key.
pub struct SigningKey {
	curve: Secp256k1<All>,
	pair: Keypair,
}

/// Why a key does not do.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
	/// The file holds something else.
	#[error(transparent)]
	Malformed(#[from] NoSecretKey),
	/// The terms name another key.
	#[error("the key is of {have}, but the terms name the key {need}; give that one's file")]
	OtherKey {
		/// The public key of the key that was given.
		have: XOnlyKey,
		/// The one that the terms name.
		need: XOnlyKey,
	},
	/// The signature that came out is wrong, as after a fault of the hardware.
	#[error(
		"the signature does not verify; try again, and do not use this machine if it happens again"
	)]
	BadSignature,
}

impl SigningKey {
	/// A new key, from the operating system's randomness.
	pub fn generate() -> Self {
		let curve = Secp256k1::new();
		let pair = Keypair::new(&curve, &mut thread_rng());
		Self { curve, pair }
	}

	/// The key in a file's text.
	pub fn parse(text: &str) -> Result<Self, KeyError> {
		let curve = Secp256k1::new();
		let pair = Keypair::from_secret_key(&curve, &secret_key::parse(text)?);
		Ok(Self { curve, pair })
	}

	/// Reads a key file.
	pub fn load(path: &Path) -> anyhow::Result<Self> {
		Self::parse(&file::read(path)?).with_context(|| path.display().to_string())
	}

	/// Writes the key to a new file that only its owner can read. `purpose` is one line that says what
	/// the key is for.
	pub fn save(&self, path: &Path, purpose: &str) -> anyhow::Result<()> {
		let text = format!(
			"# {purpose}\n# Public key: {}\n{}\n",
			self.public(),
			self.pair.display_secret()
		);
		file::write_new_secret(path, &text)
	}

	/// The public key.
	pub fn public(&self) -> XOnlyKey {
		XOnlyKey(self.pair.x_only_public_key().0.serialize())
	}

	/// Fails unless it is the key that the terms name.
	pub fn expect(&self, named: &XOnlyKey) -> Result<(), KeyError> {
		let have = self.public();
		if have == *named {
			Ok(())
		} else {
			Err(KeyError::OtherKey { have, need: *named })
		}
	}

	/// Signs a sighash, as the key that the terms name.
	pub fn sign(&self, sighash: &[u8; 32], named: &XOnlyKey) -> Result<Signature, KeyError> {
		self.expect(named)?;
		let signature = self.curve.sign_schnorr(&Message::from_digest(*sighash), &self.pair);
		let signature = Signature(signature.serialize());
		if named.verify::<Native>(sighash, &signature) {
			Ok(signature)
		} else {
			Err(KeyError::BadSignature)
		}
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn a_saved_key_is_private_and_never_replaced() {
		let folder = tempfile::tempdir().unwrap();
		let path = folder.path().join("key");
		let key = SigningKey::generate();
		key.save(&path, "A test's.").unwrap();
		assert_eq!(SigningKey::load(&path).unwrap().public(), key.public());
		#[cfg(unix)]
		{
			use std::os::unix::fs::PermissionsExt;
			let mode = std::fs::metadata(&path).unwrap().permissions().mode();
			assert_eq!(mode & 0o777, 0o600);
		}
		assert!(SigningKey::generate().save(&path, "Another.").is_err());
		assert_eq!(SigningKey::load(&path).unwrap().public(), key.public());
	}

	#[test]
	fn a_key_signs_for_itself_only() {
		let key = SigningKey::generate();
		let other = SigningKey::generate().public();
		let signature = key.sign(&[7; 32], &key.public()).unwrap();
		assert!(key.public().verify::<Native>(&[7; 32], &signature));
		assert!(matches!(key.sign(&[7; 32], &other), Err(KeyError::OtherKey { .. })));
	}
}
