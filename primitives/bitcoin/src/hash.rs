//! Block hashes, transaction ids, and the SHA-256 that both are made of.

use alloc::string::String;
use bitcoin::hashes::{sha256, Hash as _};
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use core::{fmt, str::FromStr};
use scale_info::TypeInfo;
use serde::{de, Deserialize, Deserializer, Serialize, Serializer};

/// Who computes SHA-256: the runtime asks its host, everybody else computes it here.
pub trait Sha256 {
	/// SHA-256 of `data` (FIPS 180-4).
	fn sha256(data: &[u8]) -> [u8; 32];

	/// SHA-256 of the SHA-256 of `data`, Bitcoin Core's `Hash`.
	fn sha256d(data: &[u8]) -> [u8; 32] {
		Self::sha256(&Self::sha256(data))
	}
}

/// SHA-256 computed in place by `bitcoin_hashes`.
#[derive(Clone, Copy, Debug)]
pub struct Native;

impl Sha256 for Native {
	fn sha256(data: &[u8]) -> [u8; 32] {
		sha256::Hash::hash(data).to_byte_array()
	}
}

macro_rules! hash_newtype {
	($(#[$doc:meta])* $name:ident, $bitcoin:ty) => {
		$(#[$doc])*
		///
		/// Held in the byte order in which it is hashed and sent; shown and parsed in reverse, as
		/// all Bitcoin software does.
		#[derive(
			Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash,
			Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo,
		)]
		pub struct $name(pub [u8; 32]);

		impl From<$bitcoin> for $name {
			fn from(hash: $bitcoin) -> Self {
				Self(hash.to_byte_array())
			}
		}

		impl From<$name> for $bitcoin {
			fn from(hash: $name) -> Self {
				Self::from_byte_array(hash.0)
			}
		}

		impl fmt::Display for $name {
			fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
				<$bitcoin>::from_byte_array(self.0).fmt(f)
			}
		}

		impl fmt::Debug for $name {
			fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
				fmt::Display::fmt(self, f)
			}
		}

		impl FromStr for $name {
			type Err = bitcoin::hex::HexToArrayError;

			fn from_str(text: &str) -> Result<Self, Self::Err> {
				<$bitcoin>::from_str(text).map(Into::into)
			}
		}

		impl Serialize for $name {
			fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
				serializer.collect_str(self)
			}
		}

		impl<'de> Deserialize<'de> for $name {
			fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
				String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
			}
		}
	};
}

hash_newtype!(
	/// The hash of a block header: its double SHA-256.
	BlockHash,
	bitcoin::BlockHash
);

hash_newtype!(
	/// The id of a transaction: the double SHA-256 of its serialisation without witnesses.
	Txid,
	bitcoin::Txid
);

/// A block named by its height and hash. The height finds it, the hash proves that it is meant.
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
pub struct BlockRef {
	/// Distance from the genesis block.
	pub height: u32,
	/// Hash of the block's header.
	pub hash: BlockHash,
}
