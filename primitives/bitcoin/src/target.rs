//! Compact targets and work.

use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use core::fmt;
use primitive_types::U256;
use scale_info::TypeInfo;
use serde::{Deserialize, Serialize};

/// A target in the 4-byte form of a header's `nBits`: one byte of size, three of mantissa.
///
/// This form, not the number it stands for, is what consensus compares.
#[derive(
	Clone,
	Copy,
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
pub struct CompactTarget(pub u32);

impl fmt::Debug for CompactTarget {
	fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
		write!(f, "{:08x}", self.0)
	}
}

const SIGN: u32 = 0x0080_0000;
const MANTISSA: u32 = 0x007f_ffff;

impl CompactTarget {
	/// The number it stands for; `None` when that is zero, negative, or wider than 256 bits.
	///
	/// Source: Bitcoin Core `arith_uint256::SetCompact` and the tests on its flags in
	/// `DeriveTarget`.
	pub fn target(self) -> Option<U256> {
		let size = self.0 >> 24;
		let mantissa = self.0 & MANTISSA;
		// Below three bytes of size the mantissa's low bytes fall away, above they gain zeros.
		let (mantissa, bytes) = match size {
			0..=3 => (mantissa.checked_shr(8 * (3 - size)).unwrap_or(0), 0),
			_ => (mantissa, size - 3),
		};
		let negative = mantissa != 0 && self.0 & SIGN != 0;
		let width = 32u32.saturating_sub(mantissa.leading_zeros()).div_ceil(8);
		let overflow = mantissa != 0 && bytes + width > 32;
		(mantissa != 0 && !negative && !overflow).then(|| U256::from(mantissa) << (8 * bytes))
	}

	/// The compact form of `target`, its low bits cut off (`arith_uint256::GetCompact`).
	pub fn from_target(target: U256) -> Self {
		// At most 256 bits, hence at most 32 bytes.
		let mut size = target.bits().div_ceil(8) as u32;
		let mut mantissa = match size {
			0..=3 => target.low_u32() << (8 * (3 - size)),
			_ => (target >> (8 * (size - 3))).low_u32(),
		};
		// The top bit of the mantissa is a sign; make room for it.
		if mantissa & SIGN != 0 {
			mantissa >>= 8;
			size += 1;
		}
		Self(size << 24 | mantissa)
	}
}

/// The expected number of hashes behind a block of this target: `2^256 / (target + 1)`.
///
/// Source: Bitcoin Core `GetBlockProof`. A target of zero, which no valid block has, counts as no
/// work.
pub fn work(target: U256) -> U256 {
	// 2^256 is one bit too wide; as there, use (2^256 - target - 1) / (target + 1) + 1.
	match target.checked_add(U256::one()) {
		Some(divisor) if !target.is_zero() => !target / divisor + U256::one(),
		Some(_) => U256::zero(),
		None => U256::one(),
	}
}
