//! How much of a block a transaction takes (BIP 141).

use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use scale_info::TypeInfo;
use serde::{Deserialize, Serialize};

/// Weight units in one virtual byte (Bitcoin Core's `WITNESS_SCALE_FACTOR`).
pub const WITNESS_SCALE_FACTOR: u64 = 4;

/// Weight units: four for a byte outside the witnesses, one for a byte of a witness.
#[derive(
	Clone,
	Copy,
	Debug,
	Default,
	PartialEq,
	Eq,
	PartialOrd,
	Ord,
	Encode,
	Decode,
	DecodeWithMemTracking,
	MaxEncodedLen,
	TypeInfo,
	Serialize,
	Deserialize,
)]
#[serde(transparent)]
pub struct Weight(pub u64);

impl Weight {
	/// Nothing.
	pub const ZERO: Self = Self(0);

	/// The weight of `bytes` outside the witnesses. `None` when it does not fit.
	pub fn from_base_bytes(bytes: u64) -> Option<Self> {
		bytes.checked_mul(WITNESS_SCALE_FACTOR).map(Self)
	}

	/// Virtual bytes, rounded up (Bitcoin Core's `GetVirtualTransactionSize`).
	pub fn vbytes(self) -> u64 {
		self.0.div_ceil(WITNESS_SCALE_FACTOR)
	}

	/// The sum. `None` when it does not fit.
	pub fn checked_add(self, other: Self) -> Option<Self> {
		self.0.checked_add(other.0).map(Self)
	}

	/// The sum of all. `None` when it does not fit.
	pub fn checked_sum(weights: impl IntoIterator<Item = Self>) -> Option<Self> {
		weights.into_iter().try_fold(Self::ZERO, Self::checked_add)
	}
}

impl From<bitcoin::Weight> for Weight {
	fn from(weight: bitcoin::Weight) -> Self {
		Self(weight.to_wu())
	}
}
