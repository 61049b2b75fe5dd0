//! Keys of Bitcoin, by number.

use bitcoin::secp256k1::{All, Keypair, Message, Secp256k1};
use entangled_bitcoin::{Signature, XOnlyKey};
use std::sync::OnceLock;

fn secp() -> &'static Secp256k1<All> {
	static CONTEXT: OnceLock<Secp256k1<All>> = OnceLock::new();
	CONTEXT.get_or_init(Secp256k1::new)
}

/// The pairs of keys by their numbers, of which there is no 0.
fn keypair(n: u8) -> &'static Keypair {
	static PAIRS: OnceLock<Vec<Keypair>> = OnceLock::new();
	let pair = |n: u8| Keypair::from_seckey_slice(secp(), &[n; 32]).unwrap();
	&PAIRS.get_or_init(|| (1..=110).map(pair).collect())[usize::from(n) - 1]
}

/// The public key of the holder of key `n`; nobody is number 0.
pub fn key(n: u8) -> XOnlyKey {
	XOnlyKey(keypair(n).x_only_public_key().0.serialize())
}

/// The signature of the holder of key `n`.
pub fn signature(n: u8, message: &[u8; 32]) -> Signature {
	let message = Message::from_digest(*message);
	Signature(secp().sign_schnorr_no_aux_rand(&message, keypair(n)).serialize())
}

/// The number of the key.
pub fn holder(key_of: &XOnlyKey) -> u8 {
	(1..=110).find(|n| key(*n) == *key_of).unwrap()
}
