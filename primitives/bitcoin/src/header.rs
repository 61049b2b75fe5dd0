//! The 80-byte block header (Bitcoin Core's `CBlockHeader`).

use crate::{BlockHash, CompactTarget, Sha256};
use alloc::{string::String, vec::Vec};
use bitcoin::hex::{DisplayHex, FromHex};
use codec::{Decode, DecodeWithMemTracking, Encode, EncodeLike, Input, MaxEncodedLen, Output};
use scale_info::TypeInfo;
use serde::{de, Deserialize, Deserializer, Serialize, Serializer};

/// A block header. Its SCALE encoding is Bitcoin's own serialisation, byte for byte.
#[derive(Clone, Copy, Debug, PartialEq, Eq, MaxEncodedLen, TypeInfo)]
pub struct Header {
	/// Version, of which only the order matters here: headers below 4 are refused (BIP 34, 65, 66).
	pub version: i32,
	/// Hash of the parent's header.
	pub prev: BlockHash,
	/// Root of the Merkle tree of the block's transaction ids.
	pub merkle_root: [u8; 32],
	/// Seconds since 1970-01-01, as the miner says.
	pub time: u32,
	/// The target that the hash must meet, in compact form.
	pub bits: CompactTarget,
	/// What the miner varied.
	pub nonce: u32,
}

impl Header {
	/// Length of a serialised header in bytes.
	pub const SIZE: usize = 80;

	/// Reads a header. Every 80 bytes are a header; whether a valid one is for [`crate::chain`].
	pub fn parse(bytes: &[u8; Self::SIZE]) -> Self {
		// Fixed offsets into a fixed array: the compiler proves each of these reads.
		let word = |at: usize| {
			u32::from_le_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]])
		};
		let mut prev = [0; 32];
		prev.copy_from_slice(&bytes[4..36]);
		let mut merkle_root = [0; 32];
		merkle_root.copy_from_slice(&bytes[36..68]);
		Self {
			version: i32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]),
			prev: BlockHash(prev),
			merkle_root,
			time: word(68),
			bits: CompactTarget(word(72)),
			nonce: word(76),
		}
	}

	/// Reads headers that follow one another. `None` when the bytes do not end with a header.
	pub fn parse_many(bytes: &[u8]) -> Option<Vec<Self>> {
		let (headers, rest) = bytes.as_chunks::<{ Self::SIZE }>();
		rest.is_empty().then(|| headers.iter().map(Self::parse).collect())
	}

	/// Bitcoin's serialisation of the header.
	pub fn serialize(&self) -> [u8; Self::SIZE] {
		let mut bytes = [0; Self::SIZE];
		bytes[..4].copy_from_slice(&self.version.to_le_bytes());
		bytes[4..36].copy_from_slice(&self.prev.0);
		bytes[36..68].copy_from_slice(&self.merkle_root);
		bytes[68..72].copy_from_slice(&self.time.to_le_bytes());
		bytes[72..76].copy_from_slice(&self.bits.0.to_le_bytes());
		bytes[76..].copy_from_slice(&self.nonce.to_le_bytes());
		bytes
	}

	/// The block's hash.
	pub fn hash<H: Sha256>(&self) -> BlockHash {
		BlockHash(H::sha256d(&self.serialize()))
	}
}

// In one piece, for the runtime writes thousands of headers at a time.
impl Encode for Header {
	fn size_hint(&self) -> usize {
		Self::SIZE
	}

	fn encode_to<O: Output + ?Sized>(&self, dest: &mut O) {
		dest.write(&Header::serialize(self));
	}
}

impl EncodeLike for Header {}

impl Decode for Header {
	fn decode<I: Input>(input: &mut I) -> Result<Self, codec::Error> {
		let mut bytes = [0; Self::SIZE];
		input.read(&mut bytes)?;
		Ok(Self::parse(&bytes))
	}
}

impl DecodeWithMemTracking for Header {}

// People and files write a header as Bitcoin Core's RPC does: 160 hexadecimal digits.
impl Serialize for Header {
	fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
		serializer.collect_str(&Header::serialize(self).as_hex())
	}
}

impl<'de> Deserialize<'de> for Header {
	fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
		let text = String::deserialize(deserializer)?;
		let bytes = <[u8; Self::SIZE]>::from_hex(&text).map_err(de::Error::custom)?;
		Ok(Self::parse(&bytes))
	}
}
