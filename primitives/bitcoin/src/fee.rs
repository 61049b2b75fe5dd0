//! Fee rates.

use crate::{Sats, Weight};
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use scale_info::TypeInfo;
use serde::{Deserialize, Serialize};

/// Satoshi per 1,000 virtual bytes (Bitcoin Core's `CFeeRate`).
#[derive(
	Clone,
	Copy,
	Debug,
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
pub struct FeeRate(pub u64);

impl FeeRate {
	/// 1 sat/vB, what Bitcoin Core relayed at least by default until version 29
	/// (`DEFAULT_MIN_RELAY_TX_FEE`), and many nodes still do.
	pub const MIN: Self = Self(1_000);
	/// Above any rate ever paid for long; an estimate beyond it is a fault of who made it.
	pub const MAX: Self = Self(1_000_000);

	/// Whether the rate lies between [`Self::MIN`] and [`Self::MAX`].
	pub fn is_plausible(self) -> bool {
		(Self::MIN..=Self::MAX).contains(&self)
	}

	/// What a transaction of this weight pays at this rate, rounded up (`CFeeRate::GetFee`). `None`
	/// when it does not fit.
	pub fn fee_for(self, weight: Weight) -> Option<Sats> {
		// The product of two numbers of 64 bits fits in 128.
		let fee = (u128::from(self.0) * u128::from(weight.vbytes())).div_ceil(1_000);
		fee.try_into().ok().map(Sats)
	}
}

/// The lower median. Fewer than half of the estimates cannot move it past all the others.
pub fn median(mut rates: alloc::vec::Vec<FeeRate>) -> Option<FeeRate> {
	let middle = rates.len().checked_sub(1)? / 2;
	rates.sort_unstable();
	rates.get(middle).copied()
}
