//! The Merkle tree over the transaction ids of a block (Bitcoin Core's `merkle.cpp`).
//!
//! A level with an odd number of nodes pairs its last node with itself. That makes the tree of
//! `[a, b, c]` equal to the tree of `[a, b, c, c]` (CVE-2012-2459); see [`crate::inclusion`] for
//! how proofs tell them apart.

use crate::Sha256;
use alloc::{vec, vec::Vec};

/// A node as its SHA-256 once; hashed once more it is what its parent is made of.
///
/// A *mid-state* shows that the node is the double hash of something, which a mere 32 bytes do not.
pub type MidState = [u8; 32];

/// The node of a mid-state.
pub fn node<H: Sha256>(mid: &MidState) -> [u8; 32] {
	H::sha256(mid)
}

/// The mid-state of the parent of two nodes.
pub fn parent<H: Sha256>(left: &[u8; 32], right: &[u8; 32]) -> MidState {
	let mut both = [0; 64];
	both[..32].copy_from_slice(left);
	both[32..].copy_from_slice(right);
	H::sha256(&both)
}

/// All levels of the tree, leaves first and the root last, each node as its mid-state.
///
/// `leaves` are the SHA-256 of each transaction without witnesses. Empty when there are none.
pub fn levels<H: Sha256>(leaves: Vec<MidState>) -> Vec<Vec<MidState>> {
	if leaves.is_empty() {
		return Vec::new();
	}
	let mut levels = vec![leaves];
	while let Some(level) = levels.last().filter(|level| level.len() > 1) {
		let nodes = level.iter().map(node::<H>).collect::<Vec<_>>();
		let above = nodes
			.chunks(2)
			.filter_map(|pair| {
				let (left, right) = (pair.first()?, pair.last()?);
				Some(parent::<H>(left, right))
			})
			.collect();
		levels.push(above);
	}
	levels
}

/// The root of the tree over `leaves`, as a header has it. `None` when there are no leaves.
pub fn root<H: Sha256>(leaves: Vec<MidState>) -> Option<[u8; 32]> {
	levels::<H>(leaves).last()?.first().map(node::<H>)
}
