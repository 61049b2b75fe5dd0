//! Bytes that people and files write as hexadecimal digits.

use alloc::{string::String, vec::Vec};
use bitcoin::hex::{DisplayHex, FromHex};
use serde::{de, Deserialize, Deserializer, Serializer};

/// For `#[serde(with)]`: an array as a string of hexadecimal digits.
pub(crate) fn serialize<const N: usize, S: Serializer>(
	bytes: &[u8; N],
	serializer: S,
) -> Result<S::Ok, S::Error> {
	serializer.collect_str(&bytes.as_slice().as_hex())
}

/// For `#[serde(with)]`: an array from a string of exactly its hexadecimal digits.
pub(crate) fn deserialize<'de, const N: usize, D: Deserializer<'de>>(
	deserializer: D,
) -> Result<[u8; N], D::Error> {
	let text = String::deserialize(deserializer)?;
	let bytes = Vec::from_hex(&text).map_err(de::Error::custom)?;
	bytes.try_into().map_err(|bytes: Vec<u8>| {
		de::Error::custom(format_args!("{} bytes where {N} belong", bytes.len()))
	})
}

/// Shows, parses and (de)serialises a newtype of an array as hexadecimal digits.
macro_rules! hex_newtype {
	($name:ident) => {
		impl core::fmt::Display for $name {
			fn fmt(&self, f: &mut core::fmt::Formatter) -> core::fmt::Result {
				use bitcoin::hex::DisplayHex;
				core::fmt::Display::fmt(&self.0.as_slice().as_hex(), f)
			}
		}

		impl core::fmt::Debug for $name {
			fn fmt(&self, f: &mut core::fmt::Formatter) -> core::fmt::Result {
				core::fmt::Display::fmt(self, f)
			}
		}

		impl core::str::FromStr for $name {
			type Err = bitcoin::hex::HexToArrayError;

			fn from_str(text: &str) -> Result<Self, Self::Err> {
				bitcoin::hex::FromHex::from_hex(text).map(Self)
			}
		}

		impl serde::Serialize for $name {
			fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
				$crate::hex::serialize(&self.0, serializer)
			}
		}

		impl<'de> serde::Deserialize<'de> for $name {
			fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
				$crate::hex::deserialize(deserializer).map(Self)
			}
		}
	};
}

pub(crate) use hex_newtype;
