//! The curve that Bitcoin signs on.

use crate::Sha256;

/// Who computes on the curve secp256k1: the runtime asks its host, everybody else computes here.
///
/// Recovery is the one operation on the curve that a Substrate host offers. [`crate::bip340`]
/// makes all that Bitcoin's taproot needs out of it.
pub trait Secp256k1 {
	/// The public key that made an ECDSA signature (SEC 1, 4.1.6): `(s·R − z·G) / r`.
	///
	/// `signature` is `r ‖ s ‖ v`, where the low bit of `v` is the parity of the y-coordinate of
	/// `R`, and the next bit says that its x-coordinate is `r + n`. `s` may be high. `message` is
	/// `z`, taken modulo the order `n` of the curve. The result is `x ‖ y`; `None` when `r` or `s`
	/// is zero or not below `n`, when no point has that x-coordinate, or at infinity.
	fn recover(signature: &[u8; 65], message: &[u8; 32]) -> Option<[u8; 64]>;
}

/// Who computes everything that taproot needs.
pub trait Crypto: Sha256 + Secp256k1 {}

impl<C: Sha256 + Secp256k1> Crypto for C {}

/// Computed in place by `libsecp256k1`.
#[cfg(feature = "std")]
impl Secp256k1 for crate::Native {
	fn recover(signature: &[u8; 65], message: &[u8; 32]) -> Option<[u8; 64]> {
		use bitcoin::secp256k1::{
			ecdsa::{RecoverableSignature, RecoveryId},
			Message, Secp256k1, VerifyOnly,
		};
		use std::sync::OnceLock;

		static CONTEXT: OnceLock<Secp256k1<VerifyOnly>> = OnceLock::new();

		let [compact @ .., v] = signature;
		let id = RecoveryId::from_i32(i32::from(*v)).ok()?;
		let signature = RecoverableSignature::from_compact(compact, id).ok()?;
		let key = CONTEXT
			.get_or_init(Secp256k1::verification_only)
			.recover_ecdsa(&Message::from_digest(*message), &signature)
			.ok()?;
		let [_prefix, point @ ..] = key.serialize_uncompressed();
		Some(point)
	}
}
