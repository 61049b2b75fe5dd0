// SPDX-License-Identifier: GPL-3.0-or-later WITH Classpath-exception-2.0

//! What the Bitcoin node said last.

use entangled_bitcoin::{BlockHash, BlockRef, FeeRate, Header};
use parking_lot::RwLock;
use std::{
	sync::Arc,
	time::{Duration, Instant},
};

/// A stretch of the Bitcoin node's best chain that reaches from what our chain knows towards the
/// tip.
///
/// Invariant, kept by [`BitcoinView::new`]: each header is the child of the one before it, and the
/// first is the child of `base`.
#[derive(Clone, Debug)]
pub struct BitcoinView {
	base: BlockRef,
	headers: Vec<(BlockHash, Header)>,
	/// The best block that the node names. The stretch ends with it, or below it when our chain is
	/// far behind.
	pub tip: BlockRef,
	/// The node's estimate.
	pub fee_rate: Option<FeeRate>,
	/// When the node said so.
	pub updated: Instant,
}

/// A header that is no child of the one before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the header at height {height} does not follow the one below it")]
pub struct Unlinked {
	/// Height of the header.
	pub height: u32,
}

impl BitcoinView {
	/// A stretch above `base`, if the headers follow one another and reach no height beyond `tip`.
	pub fn new(
		base: BlockRef,
		headers: Vec<Header>,
		tip: BlockRef,
		fee_rate: Option<FeeRate>,
		updated: Instant,
	) -> Result<Self, Unlinked> {
		let mut last = base;
		let mut linked = Vec::with_capacity(headers.len());
		for header in headers {
			let unlinked = Unlinked { height: last.height.saturating_add(1) };
			let height = last.height.checked_add(1).ok_or(unlinked)?;
			if header.prev != last.hash || height > tip.height {
				return Err(unlinked);
			}
			last = BlockRef { height, hash: header.hash::<entangled_bitcoin::Native>() };
			linked.push((last.hash, header));
		}
		if last.height == tip.height && last.hash != tip.hash {
			return Err(Unlinked { height: tip.height });
		}
		Ok(Self { base, headers: linked, tip, fee_rate, updated })
	}

	/// The block below the stretch.
	#[cfg(test)]
	pub fn base(&self) -> BlockRef {
		self.base
	}

	/// The stretch's last block.
	pub fn end(&self) -> BlockRef {
		// `new` counted the heights up to the tip's, a `u32`.
		let height = self.base.height + self.headers.len() as u32;
		let hash = self.headers.last().map_or(self.base.hash, |(hash, _)| *hash);
		BlockRef { height, hash }
	}

	/// The block at `height`, if that is `base` or in the stretch.
	pub fn block_at(&self, height: u32) -> Option<BlockRef> {
		let above = height.checked_sub(self.base.height)?;
		let hash = match above.checked_sub(1) {
			None => self.base.hash,
			Some(index) => self.headers.get(index as usize)?.0,
		};
		Some(BlockRef { height, hash })
	}

	/// Whether `block` is `base` or in the stretch.
	pub fn contains(&self, block: &BlockRef) -> bool {
		self.block_at(block.height) == Some(*block)
	}

	/// The stretch's headers from above `height` on.
	pub fn above(&self, height: u32) -> &[(BlockHash, Header)] {
		let skip = height.saturating_sub(self.base.height) as usize;
		self.headers.get(skip..).unwrap_or(&[])
	}

	/// The header with this hash, if it is in the stretch.
	pub fn header_at(&self, height: u32, hash: &BlockHash) -> Option<Header> {
		let index = height.checked_sub(self.base.height)?.checked_sub(1)?;
		self.headers
			.get(index as usize)
			.filter(|(known, _)| known == hash)
			.map(|(_, header)| *header)
	}

	/// Time since the Bitcoin node said so.
	pub fn age(&self) -> Duration {
		self.updated.elapsed()
	}
}

/// The last view, shared between the follower, which replaces it, and the authors of blocks.
#[derive(Clone, Default)]
pub struct SharedView(Arc<RwLock<Option<Arc<BitcoinView>>>>);

impl SharedView {
	/// The last view, however old it is.
	pub fn get(&self) -> Option<Arc<BitcoinView>> {
		self.0.read().clone()
	}

	/// Replaces the view.
	pub fn set(&self, view: Arc<BitcoinView>) {
		*self.0.write() = Some(view);
	}
}
