//! The key by which a depositor takes a coin back.

use crate::file;
use anyhow::Context;
use bitcoin::{
	key::Keypair,
	secp256k1::{rand::thread_rng, All, Message, Secp256k1, SecretKey},
	PrivateKey,
};
use entangled_bitcoin::{Native, Signature, XOnlyKey};
use std::path::Path;

/// A secret key.
pub struct RefundKey {
	curve: Secp256k1<All>,
	pair: Keypair,
}

/// Why a key does not do.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
	/// The file holds something else.
	#[error(
		"this is not a file with a secret key: it holds 64 hexadecimal digits, or a key in wallet \
		 import format, in a line of its own"
	)]
	Malformed,
	/// The deposit names another key.
	#[error("the key is of {have}, but the deposit can only be taken back by the key of {need}")]
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

impl RefundKey {
	/// A new key, from the operating system's randomness.
	pub fn generate() -> Self {
		let curve = Secp256k1::new();
		let pair = Keypair::new(&curve, &mut thread_rng());
		Self { curve, pair }
	}

	/// The key in a file's text: 64 hexadecimal digits or wallet import format, beside lines that
	/// are empty or begin with `#`.
	pub fn parse(text: &str) -> Result<Self, KeyError> {
		let mut lines =
			text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
		let (Some(line), None) = (lines.next(), lines.next()) else {
			return Err(KeyError::Malformed);
		};
		let digits = line.strip_prefix("0x").unwrap_or(line);
		let mut bytes = [0; 32];
		let secret = match hex::decode_to_slice(digits, &mut bytes) {
			Ok(()) => SecretKey::from_slice(&bytes).map_err(|_| KeyError::Malformed)?,
			Err(_) => PrivateKey::from_wif(line).map_err(|_| KeyError::Malformed)?.inner,
		};
		let curve = Secp256k1::new();
		let pair = Keypair::from_secret_key(&curve, &secret);
		Ok(Self { curve, pair })
	}

	/// Reads a key file.
	pub fn load(path: &Path) -> anyhow::Result<Self> {
		Self::parse(&file::read(path)?).with_context(|| path.display().to_string())
	}

	/// Writes the key to a new file that only its owner can read.
	pub fn save(&self, path: &Path) -> anyhow::Result<()> {
		let text = format!(
			"# Takes back a deposit to Entangled, together with its terms. Keep both.\n\
			 # Public key: {}\n{}\n",
			self.public(),
			self.pair.display_secret()
		);
		file::write_new_secret(path, &text)
	}

	/// The public key.
	pub fn public(&self) -> XOnlyKey {
		XOnlyKey(self.pair.x_only_public_key().0.serialize())
	}

	/// Signs a sighash, as the key that a deposit's terms name.
	pub fn sign(&self, sighash: &[u8; 32], named: &XOnlyKey) -> Result<Signature, KeyError> {
		let have = self.public();
		if have != *named {
			return Err(KeyError::OtherKey { have, need: *named });
		}
		let signature = self.curve.sign_schnorr(&Message::from_digest(*sighash), &self.pair);
		let signature = Signature(signature.serialize());
		if have.verify::<Native>(sighash, &signature) {
			Ok(signature)
		} else {
			Err(KeyError::BadSignature)
		}
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	const ONE: &str = "0000000000000000000000000000000000000000000000000000000000000001";
	const PUBLIC: &str = "79be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798";

	#[test]
	fn keys_are_digits_or_wif() {
		for text in [
			ONE.to_string(),
			format!("# a comment\n\n  0x{ONE}\n"),
			"KwDiBf89QgGbjEhKnhXJuH7LrciVrZi3qYjgd9M7rFU73sVHnoWn\n".into(),
			"cMahea7zqjxrtgAbB7LSGbcQUr1uX1ojuat9jZodMN87JcbXMTcA".into(),
		] {
			assert_eq!(RefundKey::parse(&text).unwrap().public().to_string(), PUBLIC);
		}
		for text in
			[String::new(), "#".into(), ONE[1..].into(), format!("{ONE}\n{ONE}"), "0".repeat(64)]
		{
			assert!(matches!(RefundKey::parse(&text), Err(KeyError::Malformed)), "{text}");
		}
	}

	#[test]
	fn a_saved_key_is_private_and_never_replaced() {
		let folder = tempfile::tempdir().unwrap();
		let path = folder.path().join("key");
		let key = RefundKey::generate();
		key.save(&path).unwrap();
		assert_eq!(RefundKey::load(&path).unwrap().public(), key.public());
		#[cfg(unix)]
		{
			use std::os::unix::fs::PermissionsExt;
			let mode = std::fs::metadata(&path).unwrap().permissions().mode();
			assert_eq!(mode & 0o777, 0o600);
		}
		assert!(RefundKey::generate().save(&path).is_err());
		assert_eq!(RefundKey::load(&path).unwrap().public(), key.public());
	}

	#[test]
	fn a_key_signs_for_itself_only() {
		let key = RefundKey::generate();
		let other = RefundKey::generate().public();
		let signature = key.sign(&[7; 32], &key.public()).unwrap();
		assert!(key.public().verify::<Native>(&[7; 32], &signature));
		assert!(matches!(key.sign(&[7; 32], &other), Err(KeyError::OtherKey { .. })));
	}
}
