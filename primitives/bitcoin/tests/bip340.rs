//! Schnorr signatures and key tweaks, by BIP 340's vectors and by `libsecp256k1`.

use bitcoin::{
	hex::FromHex,
	key::{Keypair, Secp256k1},
	secp256k1::{self, Message, Scalar, SecretKey, XOnlyPublicKey},
};
use entangled_bitcoin::{bip340::tagged_hash, Native, Parity, Sha256, Signature, XOnlyKey};
use hex_literal::hex;
use proptest::prelude::*;

/// The order of the group.
const N: [u8; 32] = hex!("fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141");
/// The prime of the field.
const P: [u8; 32] = hex!("fffffffffffffffffffffffffffffffffffffffffffffffffffffffefffffc2f");

#[test]
fn every_vector_of_the_bip() {
	let rows = include_str!("vectors/bip340.csv").lines().skip(1).collect::<Vec<_>>();
	assert_eq!(rows.len(), 19);
	for row in rows {
		let [_, key, message, signature, result] = row.split(',').collect::<Vec<_>>()[..] else {
			panic!("five columns")
		};
		let key: XOnlyKey = key.parse().unwrap();
		let signature: Signature = signature.parse().unwrap();
		let message = Vec::from_hex(message).unwrap();
		assert_eq!(
			key.verify::<Native>(&message, &signature),
			result.parse::<bool>().unwrap(),
			"{row}"
		);
	}
}

#[test]
fn tagged_hashes_take_parts_as_one_string() {
	let tag = Native::sha256(b"tag");
	let whole = Native::sha256(&[&tag[..], &tag, b"one, two"].concat());
	assert_eq!(tagged_hash::<Native>(b"tag", &[b"one, ", b"", b"two"]), whole);
	assert_ne!(tagged_hash::<Native>(b"other", &[b"one, two"]), whole);
}

/// `base + offset`, big-endian.
fn plus(base: [u8; 32], offset: i64) -> [u8; 32] {
	let base = entangled_bitcoin::U256::from_big_endian(&base);
	let sum = if offset < 0 { base - offset.unsigned_abs() } else { base + offset as u64 };
	sum.to_big_endian()
}

/// What `libsecp256k1` says about `add_tweak`.
fn reference_tweak(key: [u8; 32], tweak: [u8; 32]) -> Option<(XOnlyKey, Parity)> {
	let key = XOnlyPublicKey::from_slice(&key).ok()?;
	let tweak = Scalar::from_be_bytes(tweak).ok()?;
	let (key, parity) = key.add_tweak(&Secp256k1::new(), &tweak).ok()?;
	let parity = match parity {
		secp256k1::Parity::Even => Parity::Even,
		secp256k1::Parity::Odd => Parity::Odd,
	};
	Some((XOnlyKey(key.serialize()), parity))
}

/// The coordinates where recovery changes its ways: around zero, the order, and the prime.
#[test]
fn keys_at_the_edges() {
	let edges = (0..64)
		.map(|n| plus([0; 32], n))
		.chain((-64..64).map(|n| plus(N, n)))
		.chain((-64..64).map(|n| plus(P, n)));
	let mut above_order = 0;
	// The one point that recovery cannot be told of.
	assert!(reference_tweak(N, [7; 32]).is_some());
	assert!(!XOnlyKey(N).is_on_curve::<Native>());
	for key in edges.filter(|key| *key != N) {
		let tweak = [7; 32];
		let expected = reference_tweak(key, tweak);
		assert_eq!(XOnlyKey(key).add_tweak::<Native>(&tweak), expected);
		assert_eq!(XOnlyKey(key).is_on_curve::<Native>(), expected.is_some());
		above_order += usize::from(expected.is_some() && key >= N);
	}
	assert!(above_order > 10);
}

#[test]
fn tweaks_at_the_edges() {
	let secret = SecretKey::from_slice(&[3; 32]).unwrap();
	let key = secret.x_only_public_key(&Secp256k1::new()).0.serialize();
	for tweak in (0..4).map(|n| plus([0; 32], n)).chain((-4..4).map(|n| plus(N, n))) {
		assert_eq!(XOnlyKey(key).add_tweak::<Native>(&tweak), reference_tweak(key, tweak));
	}

	// The sum of a point and its negative is at infinity.
	let own = Keypair::from_secret_key(&Secp256k1::new(), &secret);
	let own = match own.x_only_public_key().1 {
		secp256k1::Parity::Even => secret,
		secp256k1::Parity::Odd => secret.negate(),
	};
	assert_eq!(XOnlyKey(key).add_tweak::<Native>(&own.negate().secret_bytes()), None);
	assert!(XOnlyKey(key).add_tweak::<Native>(&own.secret_bytes()).is_some());
}

#[test]
fn no_signature_of_zeros_or_ones() {
	let key = XOnlyKey(
		SecretKey::from_slice(&[3; 32]).unwrap().x_only_public_key(&Secp256k1::new()).0.serialize(),
	);
	for half in [[0; 32], [255; 32], N, P] {
		for other in [[0; 32], [255; 32], N, P] {
			let mut signature = [0; 64];
			signature[..32].copy_from_slice(&half);
			signature[32..].copy_from_slice(&other);
			assert!(!key.verify::<Native>(b"message", &Signature(signature)));
			assert!(!XOnlyKey(half).verify::<Native>(b"message", &Signature(signature)));
		}
	}
}

#[test]
fn keys_and_signatures_are_written_in_hex() {
	let key = XOnlyKey([0xab; 32]);
	assert_eq!(key.to_string(), "ab".repeat(32));
	assert_eq!(format!("{key:?}"), "ab".repeat(32));
	assert_eq!(serde_json::to_string(&key).unwrap(), format!("\"{}\"", "ab".repeat(32)));
	let signature = Signature([1; 64]);
	let json = serde_json::to_string(&signature).unwrap();
	assert_eq!(serde_json::from_str::<Signature>(&json).unwrap(), signature);
	for wrong in ["\"\"", "\"abc\"", "\"0101\"", "7"] {
		assert!(serde_json::from_str::<XOnlyKey>(wrong).is_err());
	}
	assert!("AB".repeat(32).parse::<XOnlyKey>().is_ok());
	assert!("ab".repeat(31).parse::<XOnlyKey>().is_err());
}

proptest! {
	#[test]
	fn what_libsecp_signs_is_valid_until_a_bit_changes(
		secret: [u8; 32],
		message: [u8; 32],
		bit in 0usize..1024,
	) {
		let secp = Secp256k1::new();
		let Ok(keypair) = Keypair::from_seckey_slice(&secp, &secret) else { return Ok(()) };
		let signed = secp.sign_schnorr_no_aux_rand(&Message::from_digest(message), &keypair);
		let (mut key, mut message) = (keypair.x_only_public_key().0.serialize(), message);
		let mut signature = signed.serialize();
		prop_assert!(XOnlyKey(key).verify::<Native>(&message, &Signature(signature)));

		match bit / 256 {
			0 => key[bit % 256 / 8] ^= 1 << (bit % 8),
			1 => message[bit % 256 / 8] ^= 1 << (bit % 8),
			_ => signature[bit % 512 / 8] ^= 1 << (bit % 8),
		}
		prop_assert!(!XOnlyKey(key).verify::<Native>(&message, &Signature(signature)));
	}

	#[test]
	fn any_bytes_are_judged_as_libsecp_judges_them(
		key: [u8; 32],
		tweak: [u8; 32],
		message: [u8; 32],
		r: [u8; 32],
		s: [u8; 32],
	) {
		prop_assert_eq!(XOnlyKey(key).add_tweak::<Native>(&tweak), reference_tweak(key, tweak));
		prop_assert_eq!(
			XOnlyKey(key).is_on_curve::<Native>(),
			XOnlyPublicKey::from_slice(&key).is_ok()
		);
		let mut signature = [0; 64];
		signature[..32].copy_from_slice(&r);
		signature[32..].copy_from_slice(&s);
		prop_assert!(!XOnlyKey(key).verify::<Native>(&message, &Signature(signature)));
	}
}
