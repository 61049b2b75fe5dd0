// SPDX-License-Identifier: GPL-3.0-or-later WITH Classpath-exception-2.0

//! The operator's key that pays fees on Bitcoin.

use bitcoin::{
	key::TapTweak,
	secp256k1::{All, Keypair, Message, Secp256k1, SecretKey},
};
use entangled_bitcoin::{
	secret_key::{self, NoSecretKey},
	Native, Network, PayoutScript, Signature, TaprootScript, XOnlyKey,
};
use polkadot_sdk::sp_core::crypto::Zeroize;
use std::{
	fs::File,
	io::{self, Read},
	path::{Path, PathBuf},
	sync::LazyLock,
};

static CURVE: LazyLock<Secp256k1<All>> = LazyLock::new(Secp256k1::new);

/// No key file is longer, with all its comments.
const LONGEST: u64 = 4_096;

/// Pays from outputs that it alone spends (P2TR, BIP 86).
pub struct FeeKey {
	/// The key of its outputs.
	pair: Keypair,
}

/// Why there is no fee key.
#[derive(Debug, thiserror::Error)]
pub enum FeeKeyError {
	/// The file cannot be read.
	#[error("the fee key {} cannot be read: {reason}", path.display())]
	Unreadable {
		/// The file.
		path: PathBuf,
		/// What the operating system says.
		reason: io::Error,
	},
	/// Others than the owner may read or write the file.
	#[error(
		"others can read or write the fee key {}, so it may not be yours alone; let only the node's \
		 user have it: chmod 600",
		path.display()
	)]
	Exposed {
		/// The file.
		path: PathBuf,
	},
	/// The file holds something else.
	#[error("{}: {source}", path.display())]
	Malformed {
		/// The file.
		path: PathBuf,
		/// What it should hold.
		source: NoSecretKey,
	},
}

/// The signature does not verify. A fault of the machine may betray the secret, so it is not given
/// away.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the signature made with the fee key does not verify; check this machine's memory")]
pub struct Faulty;

impl FeeKey {
	/// Reads a key file: 64 hexadecimal digits, or a key in wallet import format.
	pub fn load(path: &Path) -> Result<Self, FeeKeyError> {
		let unreadable = |reason| FeeKeyError::Unreadable { path: path.into(), reason };
		let file = File::open(path).map_err(unreadable)?;
		if is_exposed(&file).map_err(unreadable)? {
			return Err(FeeKeyError::Exposed { path: path.into() });
		}
		let mut text = String::new();
		file.take(LONGEST).read_to_string(&mut text).map_err(unreadable)?;
		let secret = secret_key::parse(&text);
		text.zeroize();
		secret
			.map(|secret| Self::new(&secret))
			.map_err(|source| FeeKeyError::Malformed { path: path.into(), source })
	}

	/// The key with this secret.
	pub fn new(secret: &SecretKey) -> Self {
		let pair = Keypair::from_secret_key(&CURVE, secret);
		Self { pair: pair.tap_tweak(&CURVE, None).to_keypair() }
	}

	/// What its outputs pay to.
	pub fn script(&self) -> TaprootScript {
		TaprootScript(self.output_key())
	}

	/// Where the operator sends coins for it.
	pub fn address(&self, network: Network) -> String {
		PayoutScript::P2tr(self.output_key()).to_address(network)
	}

	/// Signs a hash as the key of an output (BIP 341). The same hash gives the same signature, so
	/// that the same child is made however often it is made.
	pub fn sign(&self, hash: &[u8; 32]) -> Result<Signature, Faulty> {
		let signature = CURVE.sign_schnorr_no_aux_rand(&Message::from_digest(*hash), &self.pair);
		let signature = Signature(signature.serialize());
		self.output_key().verify::<Native>(hash, &signature).then_some(signature).ok_or(Faulty)
	}

	fn output_key(&self) -> XOnlyKey {
		XOnlyKey(self.pair.x_only_public_key().0.serialize())
	}
}

impl Drop for FeeKey {
	fn drop(&mut self) {
		self.pair.non_secure_erase();
	}
}

/// Whether anybody but the file's owner may read or write it.
#[cfg(unix)]
fn is_exposed(file: &File) -> io::Result<bool> {
	use std::os::unix::fs::PermissionsExt;
	Ok(file.metadata()?.permissions().mode() & 0o077 != 0)
}

/// Not to be told here.
#[cfg(not(unix))]
fn is_exposed(_: &File) -> io::Result<bool> {
	Ok(false)
}
