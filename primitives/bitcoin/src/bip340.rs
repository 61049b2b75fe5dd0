//! Schnorr signatures (BIP 340), by way of ECDSA key recovery.
//!
//! A host of the runtime recovers ECDSA keys and knows no Schnorr signatures. But recovery
//! computes `(s'·R' − z·G) / r` for the point `R'` with x-coordinate `r`, and whoever chooses
//! `r`, `s'` and `z` chooses what it computes: with `r` the x-coordinate of a point `P`,
//! `s' = −e·r` and `z = −s·r` it is `s·G − e·P`, which a Schnorr signature is checked by; with
//! `s' = r` and `z = −t·r` it is `P + t·G`, which is how taproot tweaks a key.
//!
//! One point cannot be had so: that whose x-coordinate is the order of the group, for `r` is zero
//! then. It is taken for no key. Nobody knows its secret key.

use crate::{hex::hex_newtype, Crypto, Sha256};
use alloc::vec::Vec;
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use primitive_types::{U256, U512};
use scale_info::TypeInfo;
use serde::{Deserialize, Serialize};

/// The prime of the field that coordinates are in.
const P: U256 = U256([
	0xffff_fffe_ffff_fc2f,
	0xffff_ffff_ffff_ffff,
	0xffff_ffff_ffff_ffff,
	0xffff_ffff_ffff_ffff,
]);
/// The order of the group.
const N: U256 = U256([
	0xbfd2_5e8c_d036_4141,
	0xbaae_dce6_af48_a03b,
	0xffff_ffff_ffff_fffe,
	0xffff_ffff_ffff_ffff,
]);

/// A public key as its x-coordinate, big-endian; the y-coordinate is the even one.
///
/// The bytes may be any: [`Self::is_on_curve`] says whether they are a key.
#[derive(
	Clone,
	Copy,
	PartialEq,
	Eq,
	PartialOrd,
	Ord,
	Hash,
	Encode,
	Decode,
	DecodeWithMemTracking,
	MaxEncodedLen,
	TypeInfo,
)]
pub struct XOnlyKey(pub [u8; 32]);

hex_newtype!(XOnlyKey);

/// A Schnorr signature: the x-coordinate of `R`, and `s`, both big-endian.
#[derive(
	Clone, Copy, PartialEq, Eq, Hash, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo,
)]
pub struct Signature(pub [u8; 64]);

hex_newtype!(Signature);

/// Which of the two points with the same x-coordinate is meant.
#[derive(
	Clone,
	Copy,
	Debug,
	PartialEq,
	Eq,
	Encode,
	Decode,
	DecodeWithMemTracking,
	MaxEncodedLen,
	TypeInfo,
	Serialize,
	Deserialize,
)]
#[serde(rename_all = "lowercase")]
pub enum Parity {
	/// The one whose y-coordinate is even.
	Even,
	/// The one whose y-coordinate is odd.
	Odd,
}

impl XOnlyKey {
	/// Whether there is a point with this x-coordinate (BIP 340's `lift_x` succeeds).
	pub fn is_on_curve<C: Crypto>(&self) -> bool {
		self.add_tweak::<C>(&[0; 32]).is_some()
	}

	/// Whether this key signed `message`, which BIP 340 lets be of any length.
	pub fn verify<C: Crypto>(&self, message: &[u8], signature: &Signature) -> bool {
		self.commitment::<C>(message, signature)
			.is_some_and(|(x, parity)| parity == Parity::Even && signature.0.starts_with(&x))
	}

	/// `s·G − e·P`, which of a good signature is `R`.
	fn commitment<C: Crypto>(
		&self,
		message: &[u8],
		signature: &Signature,
	) -> Option<([u8; 32], Parity)> {
		let (r, s) = signature.0.split_at(32);
		let s = U256::from_big_endian(s);
		if s >= N {
			return None;
		}
		let hash = tagged_hash::<C>(b"BIP0340/challenge", &[r, &self.0, message]);
		let e = U256::from_big_endian(&hash);
		// A challenge of zero is refused, as recovery refuses it. Nobody will ever meet one.
		self.combine::<C>(negate(e), s)
	}

	/// The key `P + t·G`, and the parity of that point. `None` when this key is not on the curve,
	/// when `t` is not below the order of the curve, or when the sum is the point at infinity.
	pub fn add_tweak<C: Crypto>(&self, tweak: &[u8; 32]) -> Option<(XOnlyKey, Parity)> {
		let t = U256::from_big_endian(tweak);
		if t >= N {
			return None;
		}
		let (x, parity) = self.combine::<C>(U256::one(), t)?;
		Some((XOnlyKey(x), parity))
	}

	/// `a·P + b·G`, `P` being this key. `None` when it is not on the curve, when `a` is zero, or
	/// at infinity.
	fn combine<C: Crypto>(&self, a: U256, b: U256) -> Option<([u8; 32], Parity)> {
		let x = U256::from_big_endian(&self.0);
		if x >= P {
			return None;
		}
		// Recovery takes an x-coordinate from the order on as its excess, and is told so.
		let (r, v) = x.checked_sub(N).map_or((x, 0), |excess| (excess, 2));
		let s = multiply(a, r);
		let z = negate(multiply(b, r));

		let mut signature = [0; 65];
		signature[..32].copy_from_slice(&r.to_big_endian());
		signature[32..64].copy_from_slice(&s.to_big_endian());
		signature[64] = v;
		let point = C::recover(&signature, &z.to_big_endian())?;
		let parity = if point[63] & 1 == 0 { Parity::Even } else { Parity::Odd };
		let mut x = [0; 32];
		x.copy_from_slice(&point[..32]);
		Some((x, parity))
	}
}

/// The product modulo the order of the group.
fn multiply(a: U256, b: U256) -> U256 {
	reduce(a.full_mul(b))
}

/// The negative modulo the order of the group.
fn negate(a: U256) -> U256 {
	let a = reduce(a.into());
	N.checked_sub(a).filter(|_| !a.is_zero()).unwrap_or_default()
}

/// The remainder modulo the order of the group.
fn reduce(a: U512) -> U256 {
	// Below the order, so it fits.
	U256::try_from(a % U512::from(N)).unwrap_or_default()
}

/// BIP 340's tagged hash: SHA-256 of the tag's SHA-256, twice, and of the parts one after another.
pub fn tagged_hash<H: Sha256>(tag: &[u8], parts: &[&[u8]]) -> [u8; 32] {
	let tag = H::sha256(tag);
	let mut data = Vec::with_capacity(64);
	data.extend_from_slice(&tag);
	data.extend_from_slice(&tag);
	for part in parts {
		data.extend_from_slice(part);
	}
	H::sha256(&data)
}
