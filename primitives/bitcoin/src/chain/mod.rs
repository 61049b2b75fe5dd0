//! Header validation, and the choice of the chain of most work.
//!
//! A client keeps one chain: the one with the most work that it has been shown. Branches are not
//! stored. A branch arrives whole, in one list, and replaces the end of the chain only when it has
//! strictly more work. [`apply`] says what that changes; it changes nothing itself.

mod apply;
mod context;
mod rules;

pub use apply::apply;
pub use rules::check_time;

use crate::{BlockHash, BlockRef, CompactTarget, Header, Network, U256};
use alloc::vec::Vec;
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use scale_info::TypeInfo;

/// The deepest branch that a client takes: one day of Bitcoin blocks. A deeper reorganisation is a
/// matter for people.
pub const MAX_FORK_DEPTH: u32 = 144;

/// The most headers in one list: a whole difficulty period.
pub const MAX_HEADERS: u32 = crate::network::INTERVAL;

/// How many headers a client must keep below its tip, so that every rule can be checked on a branch
/// of [`MAX_FORK_DEPTH`]: the first header of the period of the oldest of them, and as many again,
/// for proofs of older transactions.
pub const MIN_KEPT: u32 = 2 * crate::network::INTERVAL + MAX_FORK_DEPTH;

/// A header of the chain with what the rules need to know of the headers before it.
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
pub struct Record {
	/// The header.
	pub header: Header,
	/// The bits of the newest header of this period that has them by rule and not by the twenty
	/// minutes' exception of test networks. Everywhere else simply the header's bits.
	pub real_bits: CompactTarget,
}

/// The last block of the chain.
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
pub struct Tip {
	/// The block.
	pub block: BlockRef,
	/// Work of the whole chain up to and including the block.
	pub work: U256,
}

/// What the rules read of the chain a client has.
pub trait HeaderStore {
	/// The network that the chain belongs to.
	fn network(&self) -> Network;

	/// The last block.
	fn tip(&self) -> Tip;

	/// The record at `height`; `None` above the tip and where it has been pruned.
	fn record(&self, height: u32) -> Option<Record>;

	/// Hash of the block at `height`: what its child names as its parent.
	fn hash(&self, height: u32) -> Option<BlockHash> {
		let tip = self.tip().block;
		if height == tip.height {
			return Some(tip.hash);
		}
		self.record(height.checked_add(1)?).map(|child| child.header.prev)
	}

	/// Whether the block is in the chain, at the height it names.
	fn contains(&self, block: &BlockRef) -> bool {
		self.hash(block.height) == Some(block.hash)
	}
}

/// What a list of headers changes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
	/// Height of the last block that stays.
	pub fork_height: u32,
	/// How many blocks above it are removed. Zero when the list extends the chain.
	pub rollback: u32,
	/// What follows the block at `fork_height`.
	pub insert: Vec<Record>,
	/// The last block afterwards.
	pub tip: Tip,
}

/// Why a list of headers is refused. Nothing is changed then.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HeaderError {
	/// The list is empty.
	NoHeaders,
	/// The list has more than [`MAX_HEADERS`].
	TooManyHeaders,
	/// The parent of the first header is not in the chain, or was pruned long ago.
	UnknownParent,
	/// The first header is in the chain already. For who relays headers this is success.
	KnownHeader,
	/// The list leaves the chain more than [`MAX_FORK_DEPTH`] blocks below its tip.
	ForkTooDeep,
	/// A header of the list does not name the one before it as its parent.
	Unlinked,
	/// The header's target is zero, negative, wider than 256 bits, or easier than the network's
	/// limit.
	TargetAboveLimit,
	/// The header's bits are not those that its place in the chain asks for (`bad-diffbits`).
	WrongBits,
	/// The header's hash does not meet its target (`high-hash`).
	InsufficientProofOfWork,
	/// The header's time is not after the median of the eleven headers before it
	/// (`time-too-old`).
	TimeTooOld,
	/// The first header of a period lies too far before its parent (`time-timewarp-attack`,
	/// BIP 94).
	Timewarp,
	/// The header's time is more than two hours ahead of our clock (`time-too-new`). Temporary:
	/// the same header may be good later.
	TimeTooFarAhead,
	/// The header's version is outdated (`bad-version`).
	VersionTooLow,
	/// The branch has not more work than the chain it would replace.
	InsufficientWork,
}
