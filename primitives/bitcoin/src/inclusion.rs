//! Proof that a transaction is in a block.
//!
//! The proof is the transaction without its witnesses, its place in the block, and the sibling at
//! each level of the Merkle tree. Three attacks on such proofs are known, and each is closed:
//!
//! - *Leaf posing as node*: somebody mines a 64-byte transaction whose halves read as two hashes,
//!   and hangs a transaction of his own below it. Siblings are therefore given as mid-states: he
//!   would have to find what hashes to a half of his transaction, of which 27 bytes are the id of
//!   a coin that he spends.
//! - *Node posing as leaf*: the 64 bytes of an inner node are presented as a transaction. No
//!   transaction of 64 bytes is accepted.
//! - *Many indices for one leaf*: an index of `2^depth` or more is refused, and so is a right
//!   child that equals its left sibling, which is the copy in a level of odd length
//!   (CVE-2012-2459). The original, as left child of itself and its copy, is accepted. So one
//!   transaction has exactly one index.

use crate::{
	merkle::{self, MidState},
	transaction::{read_without_witnesses, without_witnesses, Unreadable},
	Sha256, Txid,
};
use alloc::vec::Vec;
use bitcoin::Transaction;
use codec::{Decode, DecodeWithMemTracking, Encode};
use scale_info::TypeInfo;
use serde::{Deserialize, Serialize};

/// Deeper than the tree of any block: the smallest transaction has 60 bytes, so the 1,000,000 bytes
/// that a block may have without witnesses hold fewer than 2^15.
pub const MAX_DEPTH: usize = 17;

/// The length that a transaction shares with an inner node of the tree.
const NODE_SIZE: usize = 64;

/// A transaction and its place in a block.
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
pub struct InclusionProof {
	/// The transaction in Bitcoin's serialisation without witnesses.
	pub transaction: Vec<u8>,
	/// Its index in the block; the coinbase transaction has index 0.
	pub index: u32,
	/// The sibling at each level, leaves first, as mid-states.
	pub siblings: Vec<MidState>,
}

/// What a valid proof shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Included {
	/// Id of the transaction.
	pub txid: Txid,
	/// The transaction, its witnesses missing.
	pub transaction: Transaction,
}

/// Why a proof is refused.
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
pub enum InclusionError {
	/// More than [`MAX_DEPTH`] siblings.
	TooDeep,
	/// The index is not below `2^depth`.
	IndexOutOfRange,
	/// The transaction has 64 bytes, so it may be an inner node of the tree.
	AmbiguousSize,
	/// The index is that of the copy which fills a level of odd length.
	DuplicatedSibling,
	/// The path does not lead to the block's Merkle root.
	WrongRoot,
	/// The bytes are not one transaction in full and nothing after it.
	MalformedTransaction,
	/// The transaction comes with its witnesses.
	WitnessIncluded,
}

impl From<Unreadable> for InclusionError {
	fn from(unreadable: Unreadable) -> Self {
		match unreadable {
			Unreadable::Malformed => Self::MalformedTransaction,
			Unreadable::HasWitness => Self::WitnessIncluded,
		}
	}
}

impl InclusionProof {
	/// Checks the proof against the Merkle root of a block's header.
	pub fn verify<H: Sha256>(&self, merkle_root: &[u8; 32]) -> Result<Included, InclusionError> {
		if self.siblings.len() > MAX_DEPTH {
			return Err(InclusionError::TooDeep);
		}
		// The shift is by 17 at most.
		if self.index >> self.siblings.len() != 0 {
			return Err(InclusionError::IndexOutOfRange);
		}
		if self.transaction.len() == NODE_SIZE {
			return Err(InclusionError::AmbiguousSize);
		}

		let txid = H::sha256d(&self.transaction);
		let mut node = txid;
		for (level, sibling) in self.siblings.iter().enumerate() {
			let sibling = merkle::node::<H>(sibling);
			let is_right = self.index >> level & 1 == 1;
			if is_right && sibling == node {
				return Err(InclusionError::DuplicatedSibling);
			}
			let (left, right) = if is_right { (sibling, node) } else { (node, sibling) };
			node = merkle::node::<H>(&merkle::parent::<H>(&left, &right));
		}
		if node != *merkle_root {
			return Err(InclusionError::WrongRoot);
		}

		// Parsed last: by now a miner has vouched for the bytes.
		let transaction = read_without_witnesses(&self.transaction)?;
		Ok(Included { txid: Txid(txid), transaction })
	}

	/// The proof of the transaction at `index` of a block with these transactions. `None` when the
	/// block has no such transaction.
	pub fn build<H: Sha256>(transactions: &[Transaction], index: u32) -> Option<Self> {
		let position = usize::try_from(index).ok()?;
		let transaction = without_witnesses(transactions.get(position)?);
		let leaves = transactions.iter().map(|tx| H::sha256(&without_witnesses(tx))).collect();
		let levels = merkle::levels::<H>(leaves);
		let (_root, below) = levels.split_last()?;
		let siblings = below
			.iter()
			.enumerate()
			.filter_map(|(level, nodes)| {
				let own = position >> level;
				// The last node of a level of odd length is its own sibling.
				nodes.get(own ^ 1).or(nodes.get(own)).copied()
			})
			.collect();
		Some(Self { transaction, index, siblings })
	}
}
