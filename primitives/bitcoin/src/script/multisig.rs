//! The committee's script: k of n signatures (BIP 342).

use crate::{Signature, XOnlyKey};
use alloc::vec::Vec;
use bitcoin::{
	opcodes::all::{OP_CHECKSIG, OP_CHECKSIGADD, OP_NUMEQUAL},
	script::Builder,
};
use codec::{Decode, DecodeWithMemTracking, Encode, Input, MaxEncodedLen};
use scale_info::TypeInfo;
use serde::{Deserialize, Serialize};

/// The most keys that a committee may have. Each costs 34 weight units in every input, and 65 more
/// where it signs.
pub const MAX_KEYS: usize = 20;

/// A committee of keys, any `threshold` of which sign for it.
///
/// No key is checked to be on the curve. One that is not can never sign.
#[derive(Clone, Debug, PartialEq, Eq, Encode, TypeInfo, Serialize, Deserialize)]
#[serde(try_from = "Unchecked")]
pub struct Multisig {
	keys: Vec<XOnlyKey>,
	threshold: u32,
}

/// The parts of a committee as they are read.
#[derive(Decode, Deserialize)]
struct Unchecked {
	keys: Vec<XOnlyKey>,
	threshold: u32,
}

/// Why keys and a threshold are no committee.
#[derive(
	Clone,
	Copy,
	Debug,
	PartialEq,
	Eq,
	Encode,
	Decode,
	DecodeWithMemTracking,
	TypeInfo,
	Serialize,
	Deserialize,
)]
#[serde(rename_all = "camelCase")]
pub enum MultisigError {
	/// There is no key.
	NoKeys,
	/// There are more than [`MAX_KEYS`].
	TooManyKeys,
	/// The keys do not ascend strictly, so that one may be there twice.
	Unordered,
	/// The threshold is zero, or more than the keys.
	Threshold,
}

impl core::fmt::Display for MultisigError {
	fn fmt(&self, f: &mut core::fmt::Formatter) -> core::fmt::Result {
		f.write_str(match self {
			Self::NoKeys => "a committee needs a key",
			Self::TooManyKeys => "too many keys for a committee",
			Self::Unordered => "the keys of a committee must ascend strictly",
			Self::Threshold => "the threshold must be from one to the number of keys",
		})
	}
}

/// How many of `n` keys must sign: two thirds, rounded up.
pub fn threshold_for(n: u32) -> u32 {
	// The same as 2n/3 rounded up, and n - n/3 does not overflow.
	n.saturating_sub(n / 3)
}

impl Multisig {
	/// A committee of keys in strictly ascending order.
	pub fn new(keys: Vec<XOnlyKey>, threshold: u32) -> Result<Self, MultisigError> {
		if keys.is_empty() {
			return Err(MultisigError::NoKeys);
		}
		if keys.len() > MAX_KEYS {
			return Err(MultisigError::TooManyKeys);
		}
		if !keys.is_sorted_by(|a, b| a < b) {
			return Err(MultisigError::Unordered);
		}
		if !usize::try_from(threshold).is_ok_and(|k| (1..=keys.len()).contains(&k)) {
			return Err(MultisigError::Threshold);
		}
		Ok(Self { keys, threshold })
	}

	/// The keys in ascending order. A key's index here is the index of its signature.
	pub fn keys(&self) -> &[XOnlyKey] {
		&self.keys
	}

	/// How many keys must sign.
	pub fn threshold(&self) -> u32 {
		self.threshold
	}

	/// `<K1> CHECKSIG <K2> CHECKSIGADD … <threshold> NUMEQUAL`.
	pub fn script(&self) -> Vec<u8> {
		self.append_to(Builder::new()).into_bytes()
	}

	/// Writes the script after another one.
	pub(crate) fn append_to(&self, script: Builder) -> Builder {
		self.keys
			.iter()
			.enumerate()
			.fold(script, |script, (index, key)| {
				let check = if index == 0 { OP_CHECKSIG } else { OP_CHECKSIGADD };
				script.push_slice(key.0).push_opcode(check)
			})
			.push_int(self.threshold.into())
			.push_opcode(OP_NUMEQUAL)
	}

	/// What the script takes from the witness, bottom of the stack first: for each key, the last
	/// key first, its signature or nothing. `signatures` has an entry for every key. Exactly as
	/// many are used as needed, those with the lowest index: more would fail the script. `None`
	/// when there are too few, or not as many entries as keys.
	pub fn witness(&self, signatures: &[Option<Signature>]) -> Option<Vec<Vec<u8>>> {
		if signatures.len() != self.keys.len() {
			return None;
		}
		let mut missing = self.threshold;
		let mut stack = signatures
			.iter()
			.map(|signature| match (signature, missing.checked_sub(1)) {
				(Some(signature), Some(left)) => {
					missing = left;
					signature.0.to_vec()
				},
				_ => Vec::new(),
			})
			.collect::<Vec<_>>();
		stack.reverse();
		(missing == 0).then_some(stack)
	}
}

impl TryFrom<Unchecked> for Multisig {
	type Error = MultisigError;

	fn try_from(parts: Unchecked) -> Result<Self, Self::Error> {
		Self::new(parts.keys, parts.threshold)
	}
}

impl Decode for Multisig {
	fn decode<I: Input>(input: &mut I) -> Result<Self, codec::Error> {
		Unchecked::decode(input)?.try_into().map_err(|_| "not a committee".into())
	}
}

impl DecodeWithMemTracking for Multisig {}

impl MaxEncodedLen for Multisig {
	fn max_encoded_len() -> usize {
		// The number of keys takes one byte up to 63.
		1 + MAX_KEYS * XOnlyKey::max_encoded_len() + u32::max_encoded_len()
	}
}
