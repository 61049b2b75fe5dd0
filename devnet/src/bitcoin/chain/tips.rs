//! The ends of all branches and how they stand.

use bitcoin::BlockHash;

use super::{tree::BlockEntry, Chain};

/// State of a branch's last block, as `getchaintips` names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TipStatus {
	/// The active chain's tip.
	Active,
	/// It or an ancestor is invalid.
	Invalid,
	/// A block of the branch has not come yet.
	HeadersOnly,
	/// Valid in full, but not active any more.
	ValidFork,
	/// Complete, but never validated in full.
	ValidHeaders,
}

impl TipStatus {
	/// Bitcoin Core's word.
	pub fn name(self) -> &'static str {
		match self {
			Self::Active => "active",
			Self::Invalid => "invalid",
			Self::HeadersOnly => "headers-only",
			Self::ValidFork => "valid-fork",
			Self::ValidHeaders => "valid-headers",
		}
	}
}

impl Chain {
	/// Height of the valid header with the most work.
	pub fn best_header_height(&self) -> u32 {
		let ends = self.tree.leaves().into_iter().filter_map(|leaf| self.valid_end(leaf));
		ends.max_by_key(|entry| entry.work).map_or(0, |entry| entry.height)
	}

	/// The ends of all branches, the highest first (`getchaintips`).
	pub fn tips(&self) -> Vec<(&BlockEntry, TipStatus)> {
		let mut tips = self.tree.leaves();
		// The active tip counts even where a header or an invalid block follows it.
		if let Some(active) = self.tree.get(&self.tip()) {
			if !tips.iter().any(|tip| tip.hash == active.hash) {
				tips.push(active);
			}
		}
		tips.sort_by(|a, b| b.height.cmp(&a.height).then(a.hash.cmp(&b.hash)));
		tips.into_iter().map(|tip| (tip, self.status(tip))).collect()
	}

	/// Length of the branch that ends in `entry`, from where it leaves the active chain.
	pub fn branch_length(&self, entry: &BlockEntry) -> u32 {
		let fork = self.tree.lineage(&entry.hash).find(|ancestor| self.is_active(ancestor));
		entry.height - fork.map_or(0, |fork| fork.height)
	}

	fn status(&self, entry: &BlockEntry) -> TipStatus {
		if self.is_active(entry) {
			TipStatus::Active
		} else if self.is_invalid(entry) {
			TipStatus::Invalid
		} else if self.tree.lineage(&entry.hash).any(|ancestor| ancestor.block.is_none()) {
			TipStatus::HeadersOnly
		} else if entry.validated {
			TipStatus::ValidFork
		} else {
			TipStatus::ValidHeaders
		}
	}

	/// The last entry of the branch up to `leaf` before anything invalid.
	fn valid_end<'a>(&'a self, leaf: &'a BlockEntry) -> Option<&'a BlockEntry> {
		let faulty =
			self.tree.lineage(&leaf.hash).filter(|entry| self.is_faulty(&entry.hash)).last();
		faulty.map_or(Some(leaf), |entry| self.tree.get(&entry.header.prev_blockhash))
	}

	/// Whether the block or an ancestor is invalid.
	fn is_invalid(&self, entry: &BlockEntry) -> bool {
		self.tree.lineage(&entry.hash).any(|ancestor| self.is_faulty(&ancestor.hash))
	}

	fn is_faulty(&self, hash: &BlockHash) -> bool {
		self.failed.contains(hash) || self.invalid.hashes().contains(hash)
	}
}
