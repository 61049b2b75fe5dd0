//! Amounts of bitcoin.

use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use core::fmt;
use scale_info::TypeInfo;
use serde::{Deserialize, Serialize};

/// Satoshi in one bitcoin (Bitcoin Core's `COIN`).
const COIN: u64 = 100_000_000;

/// An amount in satoshi, of which 100,000,000 make a bitcoin (Bitcoin Core's `CAmount`).
#[derive(
	Clone,
	Copy,
	Debug,
	Default,
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
	Serialize,
	Deserialize,
)]
#[serde(transparent)]
pub struct Sats(pub u64);

impl Sats {
	/// Nothing.
	pub const ZERO: Self = Self(0);
	/// More than will ever exist (`MAX_MONEY`). No output of a valid transaction is larger.
	pub const MAX_MONEY: Self = Self(21_000_000 * COIN);

	/// The sum. `None` when it does not fit.
	pub fn checked_add(self, other: Self) -> Option<Self> {
		self.0.checked_add(other.0).map(Self)
	}

	/// The difference. `None` when `other` is larger.
	pub fn checked_sub(self, other: Self) -> Option<Self> {
		self.0.checked_sub(other.0).map(Self)
	}

	/// The difference, or zero when `other` is larger.
	pub fn saturating_sub(self, other: Self) -> Self {
		Self(self.0.saturating_sub(other.0))
	}

	/// The sum of all. `None` when it does not fit.
	pub fn checked_sum(amounts: impl IntoIterator<Item = Self>) -> Option<Self> {
		amounts.into_iter().try_fold(Self::ZERO, Self::checked_add)
	}
}

/// In bitcoin with all eight decimals, as Bitcoin Core's `FormatMoney`.
impl fmt::Display for Sats {
	fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
		write!(f, "{}.{:08} BTC", self.0 / COIN, self.0 % COIN)
	}
}
