// SPDX-License-Identifier: GPL-3.0-or-later WITH Classpath-exception-2.0

//! Which of Bitcoin's blocks have been looked through.

use entangled_bitcoin::{BlockHash, BlockRef};
use std::collections::BTreeMap;

/// Blocks whose hashes are remembered. A reorganisation deeper than that freezes the light client.
const REMEMBERED: usize = 1_000;

/// A stretch of the chain's Bitcoin blocks that has been looked through.
#[derive(Clone, Debug)]
pub struct Scan {
	/// Height of the block to look through next.
	next: u32,
	/// Nothing below has to be looked through again.
	floor: u32,
	/// The last ones that were, by height.
	done: BTreeMap<u32, BlockHash>,
}

impl Scan {
	/// Nothing yet; it begins at this height, and never goes back below `floor`.
	pub fn from(height: u32, floor: u32) -> Self {
		Self { next: height, floor, done: BTreeMap::new() }
	}

	/// Height of the block to look through next.
	pub fn next(&self) -> u32 {
		self.next
	}

	/// The block has been looked through, or cannot be.
	pub fn advance(&mut self, block: BlockRef) {
		self.done.insert(block.height, block.hash);
		if self.done.len() > REMEMBERED {
			self.done.pop_first();
		}
		self.next = block.height.saturating_add(1);
	}

	/// Goes on at `height` at the earliest: below it the chain keeps no blocks.
	pub fn skip_to(&mut self, height: u32) {
		self.next = self.next.max(height);
	}

	/// Goes back to `height`: blocks from there on must be looked through again.
	pub fn rewind(&mut self, height: u32) {
		let height = height.max(self.floor);
		if height < self.next {
			self.next = height;
			self.done.retain(|known, _| *known < height);
		}
	}

	/// Goes back below the blocks that are no longer the chain's, and tells where that is; nothing
	/// when all still are.
	pub fn reconcile<E>(
		&mut self,
		canonical: impl Fn(u32) -> Result<Option<BlockHash>, E>,
	) -> Result<Option<u32>, E> {
		let mut fork = None;
		while let Some((height, hash)) = self.done.last_key_value() {
			if canonical(*height)? == Some(*hash) {
				break;
			}
			fork = Some(*height);
			self.done.pop_last();
		}
		if let Some(height) = fork {
			self.next = height;
		}
		Ok(fork)
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::bitcoin::testing::FakeChain;

	fn reconciled(scan: &mut Scan, chain: &FakeChain) -> Option<u32> {
		let canonical =
			|height| Ok::<_, ()>((height <= chain.tip().height).then(|| chain.block(height).hash));
		scan.reconcile(canonical).unwrap()
	}

	fn scanned(chain: &FakeChain, from: u32) -> Scan {
		let mut scan = Scan::from(from, 0);
		(from..=chain.tip().height).for_each(|height| scan.advance(chain.block(height)));
		scan
	}

	#[test]
	fn goes_back_below_a_reorganisation_and_no_farther() {
		let chain = FakeChain::new(20);
		let mut scan = scanned(&chain, 5);
		assert_eq!(scan.next(), 21);
		assert_eq!(reconciled(&mut scan, &chain.extended(3, 0)), None);
		assert_eq!(reconciled(&mut scan, &chain.cut(17).extended(9, 1)), Some(18));
		assert_eq!(scan.next(), 18);
		// One that is shorter, as when our own chain is on another fork.
		assert_eq!(reconciled(&mut scan, &chain.cut(10)), Some(11));
		// One that shares nothing with what was looked through.
		assert_eq!(reconciled(&mut scan, &FakeChain::forked_at_genesis(30, 1)), Some(5));
		assert_eq!(scan.next(), 5);
	}

	#[test]
	fn rewinds_only_backwards_and_skips_only_forwards() {
		let chain = FakeChain::new(20);
		let mut scan = scanned(&chain, 5);
		scan.rewind(30);
		assert_eq!(scan.next(), 21);
		scan.rewind(8);
		scan.skip_to(7);
		assert_eq!(scan.next(), 8);
		scan.skip_to(12);
		assert_eq!(scan.next(), 12);
		assert_eq!(reconciled(&mut scan, &chain.cut(6).extended(9, 1)), Some(7));
	}

	#[test]
	fn never_goes_back_below_the_floor() {
		let mut scan = Scan::from(9, 7);
		scan.rewind(8);
		assert_eq!(scan.next(), 8);
		scan.rewind(3);
		assert_eq!(scan.next(), 7);
	}

	#[test]
	fn remembers_no_more_than_it_needs() {
		let mut scan = Scan::from(0, 0);
		for height in 0..5_000 {
			scan.advance(BlockRef { height, hash: BlockHash([1; 32]) });
		}
		assert_eq!(scan.done.len(), REMEMBERED);
	}
}
