//! Committees whose keys the tests have.

use bitcoin::{
	key::{Keypair, Secp256k1},
	secp256k1::{All, Message, SecretKey},
};
use entangled_bitcoin::{script::multisig::threshold_for, Multisig, Signature, XOnlyKey};

/// A key and what it signs.
pub struct Signer {
	secp: Secp256k1<All>,
	pair: Keypair,
}

impl Signer {
	/// The key of this number.
	pub fn new(number: u16) -> Self {
		let mut secret = [1; 32];
		secret[..2].copy_from_slice(&number.to_be_bytes());
		let secp = Secp256k1::new();
		let pair = Keypair::from_secret_key(&secp, &SecretKey::from_slice(&secret).unwrap());
		Self { secp, pair }
	}

	/// Its public key.
	pub fn key(&self) -> XOnlyKey {
		XOnlyKey(self.pair.x_only_public_key().0.serialize())
	}

	/// Its signature.
	pub fn sign(&self, sighash: [u8; 32]) -> Signature {
		let message = Message::from_digest(sighash);
		Signature(self.secp.sign_schnorr(&message, &self.pair).serialize())
	}
}

/// A committee with all its keys.
pub struct Committee {
	/// What the scripts are made of.
	pub multisig: Multisig,
	/// The members, in the order of their keys.
	pub members: Vec<Signer>,
}

impl Committee {
	/// A committee of `n`, of whom two thirds must sign. Two with another `series` share no key.
	pub fn new(n: u16, series: u16) -> Self {
		let mut members: Vec<Signer> = (0..n).map(|i| Signer::new(series * 100 + i)).collect();
		members.sort_by_key(Signer::key);
		let keys = members.iter().map(Signer::key).collect();
		let multisig = Multisig::new(keys, threshold_for(n.into())).unwrap();
		Self { multisig, members }
	}

	/// How many must sign.
	pub fn threshold(&self) -> usize {
		self.multisig.threshold() as usize
	}

	/// The last members, as many as must sign.
	pub fn quorum(&self) -> Vec<usize> {
		(self.members.len() - self.threshold()..self.members.len()).collect()
	}

	/// The signatures of these members, with a place for each of all.
	pub fn sign(&self, by: &[usize], sighash: [u8; 32]) -> Vec<Option<Signature>> {
		let sign =
			|(index, member): (usize, &Signer)| by.contains(&index).then(|| member.sign(sighash));
		self.members.iter().enumerate().map(sign).collect()
	}
}
