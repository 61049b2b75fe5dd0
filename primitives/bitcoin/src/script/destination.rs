//! Where a deposit goes.
//!
//! A deposit address commits to the chain that it is for and to its destination there. One address has
//! no destination in it, so that it is the same for all: an exchange pays there, and an `OP_RETURN`
//! output of the same transaction names the destination.

use super::{op_return, ChainId};
use crate::{bip340::tagged_hash, Sha256};
use alloc::vec::Vec;
use bitcoin::TxOut;
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use scale_info::TypeInfo;
use serde::{Deserialize, Serialize};

/// What an `OP_RETURN` with a destination starts with.
const MAGIC: [u8; 4] = *b"entd";
const VERSION: u8 = 1;

/// Where a deposit goes.
#[derive(
	Clone,
	Copy,
	Debug,
	PartialEq,
	Eq,
	Encode,
	Decode,
	DecodeWithMemTracking,
	MaxEncodedLen,
	TypeInfo,
	Serialize,
	Deserialize,
)]
#[serde(rename_all = "camelCase")]
pub enum Destination {
	/// To an account of the network.
	Account(#[serde(with = "crate::hex")] [u8; 32]),
	/// Into a rollup.
	Rollup {
		/// The rollup's id.
		rollup: u32,
		/// Whom the rollup credits, in its own terms.
		#[serde(with = "crate::hex")]
		recipient: [u8; 32],
	},
	/// To nobody: it pays custody's fees, or covers a loss.
	Reserve,
}

impl Destination {
	/// Magic, version, kind, and the kind's fields, integers in little-endian order.
	pub fn to_bytes(self) -> Vec<u8> {
		let fields = match self {
			Self::Account(account) => [&[0], &account[..]].concat(),
			Self::Rollup { rollup, recipient } => {
				[&[1], &rollup.to_le_bytes()[..], &recipient].concat()
			},
			Self::Reserve => [2].to_vec(),
		};
		[&MAGIC[..], &[VERSION], &fields].concat()
	}

	/// The destination that is written so. `None` when it is not exactly what [`Self::to_bytes`]
	/// writes.
	pub fn parse(bytes: &[u8]) -> Option<Self> {
		match bytes.strip_prefix(&MAGIC)?.strip_prefix(&[VERSION])? {
			[0, account @ ..] => account.try_into().ok().map(Self::Account),
			[1, fields @ ..] => {
				let (rollup, recipient) = fields.split_first_chunk()?;
				Some(Self::Rollup {
					rollup: u32::from_le_bytes(*rollup),
					recipient: recipient.try_into().ok()?,
				})
			},
			[2] => Some(Self::Reserve),
			_ => None,
		}
	}

	/// What the deposit address of this destination on this chain commits to.
	pub fn commitment<H: Sha256>(&self, chain: ChainId) -> [u8; 32] {
		tagged_hash::<H>(b"Entangled/Destination", &[&chain.0, &self.to_bytes()])
	}

	/// The script of the output that names this destination to the fixed address.
	pub fn to_script(self) -> Vec<u8> {
		op_return::script(&self.to_bytes())
	}

	/// The destination that a script names. `None` when it is not exactly what
	/// [`Self::to_script`] writes.
	pub fn from_script(script: &[u8]) -> Option<Self> {
		Self::parse(op_return::data(script)?)
	}

	/// The destination that the outputs of a transaction name. `None` when none or several do.
	pub fn from_outputs(outputs: &[TxOut]) -> Option<Self> {
		op_return::only(outputs, Self::from_script)
	}
}

/// What a chain's fixed address commits to: it is `deposit_output` with this and no refund.
pub fn fixed_commitment<H: Sha256>(chain: ChainId) -> [u8; 32] {
	tagged_hash::<H>(b"Entangled/FixedAddress", &[&chain.0])
}
