//! Names of coins.

use crate::Txid;
use alloc::string::String;
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use core::{fmt, str::FromStr};
use scale_info::TypeInfo;
use serde::{de, Deserialize, Deserializer, Serialize, Serializer};

/// One output of one transaction (Bitcoin Core's `COutPoint`). Shown and parsed as `txid:vout`.
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
pub struct OutPoint {
	/// The transaction that created the coin.
	pub txid: Txid,
	/// The output's index in it.
	pub vout: u32,
}

impl From<bitcoin::OutPoint> for OutPoint {
	fn from(outpoint: bitcoin::OutPoint) -> Self {
		Self { txid: outpoint.txid.into(), vout: outpoint.vout }
	}
}

impl From<OutPoint> for bitcoin::OutPoint {
	fn from(outpoint: OutPoint) -> Self {
		Self { txid: outpoint.txid.into(), vout: outpoint.vout }
	}
}

impl fmt::Display for OutPoint {
	fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
		write!(f, "{}:{}", self.txid, self.vout)
	}
}

impl fmt::Debug for OutPoint {
	fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
		fmt::Display::fmt(self, f)
	}
}

impl FromStr for OutPoint {
	type Err = bitcoin::transaction::ParseOutPointError;

	fn from_str(text: &str) -> Result<Self, Self::Err> {
		bitcoin::OutPoint::from_str(text).map(Into::into)
	}
}

impl Serialize for OutPoint {
	fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
		serializer.collect_str(self)
	}
}

impl<'de> Deserialize<'de> for OutPoint {
	fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
		String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
	}
}
