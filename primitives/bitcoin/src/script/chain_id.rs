//! Which chain the peg's scripts are made for.

use alloc::string::String;
use bitcoin::hex::{DisplayHex, FromHex};
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use core::fmt;
use scale_info::TypeInfo;
use serde::{de, Deserialize, Deserializer, Serialize, Serializer};

/// One of our chains, by the hash of its first block.
///
/// Two chains may have validators with the same keys: a network that was begun anew, or another one
/// run by the same people. What is paid to the committee of one must be worth nothing on the other,
/// so whatever is paid for a chain's eBTC names the chain.
///
/// Shown and parsed as the chain's own tools write hashes: `0x` and 64 hexadecimal digits.
#[derive(
	Clone, Copy, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo,
)]
pub struct ChainId(pub [u8; 32]);

impl fmt::Display for ChainId {
	fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
		write!(f, "0x{}", self.0.as_slice().as_hex())
	}
}

impl fmt::Debug for ChainId {
	fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
		fmt::Display::fmt(self, f)
	}
}

impl Serialize for ChainId {
	fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
		serializer.collect_str(self)
	}
}

impl<'de> Deserialize<'de> for ChainId {
	fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
		let text = String::deserialize(deserializer)?;
		let digits = text.strip_prefix("0x").ok_or_else(|| de::Error::custom("0x is missing"))?;
		FromHex::from_hex(digits).map(Self).map_err(de::Error::custom)
	}
}
