//! What goes in and comes out of the pallet.

use crate::Host;
use alloc::vec::Vec;
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use entangled_bitcoin::{
	chain::MAX_FORK_DEPTH, BlockHash, FeeRate, Header, InclusionError, InclusionProof, Record,
	Sha256, Txid, U256,
};
use polkadot_sdk::sp_inherents::InherentIdentifier;
use scale_info::TypeInfo;
use serde::{Deserialize, Serialize};

pub use entangled_bitcoin::BlockRef;

/// Under this name the node hands an encoded [`Observation`] to the runtime.
pub const INHERENT_IDENTIFIER: InherentIdentifier = *b"bitcoin0";

/// What the author of a block sees of Bitcoin.
#[derive(Clone, Debug, Default, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, TypeInfo)]
pub struct Observation {
	/// New headers, 80 bytes each; a branch as a whole. May be empty.
	pub headers: Vec<u8>,
	/// The best block of the author's Bitcoin node.
	pub tip: Option<BlockRef>,
	/// The author's estimate of what a transaction must pay to be mined soon.
	pub fee_rate: Option<FeeRate>,
}

/// When a Bitcoin block counts as final.
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
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Policy {
	/// Blocks that it must have on top of the one before it: 1 is the block alone.
	pub confirmations: u32,
	/// How many of our own blocks must have passed since we stored it.
	pub own_blocks: u32,
	/// Nothing is final when no header has come for this many milliseconds.
	pub stale_after: u64,
}

impl Default for Policy {
	/// Six confirmations, as the field has it; half an hour of our blocks of six seconds, in which
	/// honest relayers find time to show a better chain; and three hours of silence, which Bitcoin
	/// itself keeps about once in a thousand years.
	fn default() -> Self {
		Self { confirmations: 6, own_blocks: 300, stale_after: 3 * 60 * 60 * 1000 }
	}
}

impl Policy {
	/// Whether blocks can become final at all, and a deep reorganisation can be noticed.
	pub fn is_sound(&self) -> bool {
		(1..=MAX_FORK_DEPTH).contains(&self.confirmations) && self.stale_after > 0
	}
}

/// A header in the chain.
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
)]
pub struct StoredHeader {
	/// The header, and what its difficulty depends on.
	pub record: Record,
	/// The block of ours in which it was stored.
	pub stored_at: u32,
}

/// What a validator last saw of Bitcoin.
#[derive(
	Clone,
	Copy,
	Debug,
	Default,
	PartialEq,
	Eq,
	Encode,
	Decode,
	DecodeWithMemTracking,
	MaxEncodedLen,
	TypeInfo,
)]
pub struct View {
	/// Height of the highest block of the chain that it named as its node's best.
	pub height: Option<u32>,
	/// Its estimate of the fee rate.
	pub fee_rate: Option<FeeRate>,
}

/// A branch with more work replaced the end of the chain.
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
pub struct Reorganisation {
	/// Height of the last block that stayed.
	pub fork_height: u32,
	/// The last block before.
	pub from: BlockRef,
	/// The last block afterwards.
	pub to: BlockRef,
}

impl Reorganisation {
	/// How many blocks were removed.
	pub fn depth(&self) -> u32 {
		self.from.height.saturating_sub(self.fork_height)
	}
}

/// Why a Bitcoin block may not be relied on, or not yet.
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
pub enum NotFinal {
	/// It is not in the chain.
	UnknownBlock,
	/// A reorganisation was too deep; governance must look and resume.
	Frozen,
	/// Bitcoin's headers have not been arriving.
	Stale,
	/// It has too few confirmations.
	Unconfirmed {
		/// Confirmations that it has.
		have: u32,
		/// Confirmations that it needs.
		need: u32,
	},
	/// It has not been known for long enough.
	TooRecent {
		/// Our own blocks since it was stored.
		have: u32,
		/// Our own blocks that must pass.
		need: u32,
	},
	/// Too few of the active validators have named a block high enough above it.
	Unattested {
		/// Validators that have.
		have: u32,
		/// Validators that must have.
		need: u32,
	},
}

/// A transaction said to be in a block.
#[derive(
	Clone,
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
pub struct InclusionClaim {
	/// The block.
	pub block: BlockRef,
	/// The transaction and its place in the block.
	pub proof: InclusionProof,
}

/// The longest transaction, without its witnesses, that claims are read for: Bitcoin Core relays none
/// above 400,000 weight units, four to a byte.
pub const MAX_TRANSACTION: u32 = 100_000;

impl InclusionClaim {
	/// The id of the transaction, which the proof has yet to show.
	pub fn txid(&self) -> Txid {
		Txid(Host::sha256d(&self.proof.transaction))
	}

	/// Whether the transaction is not too long to be read.
	pub fn fits(&self) -> bool {
		u32::try_from(self.proof.transaction.len()).is_ok_and(|bytes| bytes <= MAX_TRANSACTION)
	}
}

/// Why a claim is refused.
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
pub enum ClaimError {
	/// The block may not be relied on.
	Block(NotFinal),
	/// The transaction is not in the block.
	Proof(InclusionError),
}

/// The two clocks that a deadline runs in. It has passed when it has passed in both.
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
pub struct Clock {
	/// Height of Bitcoin's tip.
	pub bitcoin_height: u32,
	/// Our blocks made while the client was neither frozen nor stale.
	pub active_blocks: u32,
}

impl Clock {
	/// The deadline in so many Bitcoin blocks and so many of our own from now.
	pub fn after(self, bitcoin_blocks: u32, own_blocks: u32) -> Self {
		Self {
			bitcoin_height: self.bitcoin_height.saturating_add(bitcoin_blocks),
			active_blocks: self.active_blocks.saturating_add(own_blocks),
		}
	}

	/// Whether `deadline` has passed by now.
	pub fn has_passed(self, deadline: Self) -> bool {
		self.bitcoin_height >= deadline.bitcoin_height
			&& self.active_blocks >= deadline.active_blocks
	}
}

/// The tip, with what people ask about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, TypeInfo, Serialize, Deserialize)]
pub struct TipInfo {
	/// Height of the last block.
	pub height: u32,
	/// Its hash.
	pub hash: BlockHash,
	/// Work of the chain.
	pub work: U256,
	/// Time of the last block, in seconds since 1970-01-01, as its miner says.
	pub time: u32,
}

/// A header of the chain, with what people ask about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, TypeInfo, Serialize, Deserialize)]
pub struct HeaderInfo {
	/// The block.
	pub block: BlockRef,
	/// Its header.
	pub header: Header,
	/// How many blocks of the chain lie above the one before it.
	pub confirmations: u32,
	/// The block of ours in which it was stored.
	pub stored_at: u32,
}

/// What the validators say of Bitcoin.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, TypeInfo, Serialize, Deserialize)]
pub struct Attestation<ValidatorId> {
	/// How many active validators there are.
	pub validators: u32,
	/// How many of them must have named a block.
	pub needed: u32,
	/// Height of the highest block that passes the gate of attestation.
	pub attested_height: Option<u32>,
	/// The highest block of the chain that each active validator named.
	pub named: Vec<(ValidatorId, Option<u32>)>,
	/// The median of the active validators' estimates.
	pub fee_rate: Option<FeeRate>,
}

/// Whether the client works as it should.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, TypeInfo, Serialize, Deserialize)]
pub struct Status {
	/// The reorganisation that froze it.
	pub freeze: Option<Reorganisation>,
	/// Whether headers have stopped arriving.
	pub stale: bool,
	/// When the tip last changed, in milliseconds since 1970-01-01.
	pub last_advance: u64,
	/// When a block counts as final.
	pub policy: Policy,
}
