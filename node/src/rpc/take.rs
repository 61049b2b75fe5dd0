// SPDX-License-Identifier: GPL-3.0-or-later WITH Classpath-exception-2.0

//! What several namespaces take, as JSON.
//!
//! Accounts are read as SS58 or as 32 bytes in hexadecimal, bytes with or without `0x`.

use super::views::hex_bytes;
use ::bitcoin::hex::DisplayHex;
use entangled_bitcoin::XOnlyKey;
use entangled_runtime::AccountId;
use serde::{de, Deserialize, Deserializer, Serialize, Serializer};

/// 32 bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
pub struct Bytes32(#[serde(deserialize_with = "hex_bytes")] pub [u8; 32]);

impl Serialize for Bytes32 {
	fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
		serializer.collect_str(&self.0.as_hex())
	}
}

impl From<Bytes32> for XOnlyKey {
	fn from(Bytes32(key): Bytes32) -> Self {
		Self(key)
	}
}

/// An account of ours.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Account(pub AccountId);

impl<'de> Deserialize<'de> for Account {
	fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
		let text = String::deserialize(deserializer)?;
		text.parse().map(Self).map_err(de::Error::custom)
	}
}
