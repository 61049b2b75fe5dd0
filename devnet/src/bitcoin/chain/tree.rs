//! The tree of all known headers.

use std::{
	collections::{HashMap, HashSet},
	sync::Arc,
};

use bitcoin::{block::Header, constants::genesis_block, Block, BlockHash, Network, Work};

/// Headers whose times the median is taken of (`nMedianTimeSpan`).
const MEDIAN_TIME_SPAN: usize = 11;

/// A known header, with its block once that has come.
#[derive(Debug, Clone)]
pub struct BlockEntry {
	/// The block's hash.
	pub hash: BlockHash,
	/// Its header.
	pub header: Header,
	/// Distance from the genesis block.
	pub height: u32,
	/// Work of the chain up to and including it.
	pub work: Work,
	/// The block itself; `None` while only its header is known.
	pub block: Option<Arc<Block>>,
	/// Whether it has been part of the active chain, so is known to be valid in full.
	pub validated: bool,
}

/// All headers by hash. A header's parent is always there, except the genesis block's.
#[derive(Debug)]
pub struct BlockTree {
	entries: HashMap<BlockHash, BlockEntry>,
	genesis: BlockHash,
}

/// A header's parent is not known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("parent {0} is not known")]
pub struct UnknownParent(pub BlockHash);

impl Default for BlockTree {
	fn default() -> Self {
		let block = genesis_block(Network::Regtest);
		let hash = block.block_hash();
		let entry = BlockEntry {
			hash,
			header: block.header,
			height: 0,
			work: block.header.work(),
			block: Some(Arc::new(block)),
			validated: true,
		};
		Self { entries: HashMap::from([(hash, entry)]), genesis: hash }
	}
}

impl BlockTree {
	/// The first block.
	pub fn genesis(&self) -> BlockHash {
		self.genesis
	}

	/// The entry of `hash`.
	pub fn get(&self, hash: &BlockHash) -> Option<&BlockEntry> {
		self.entries.get(hash)
	}

	/// Adds a header.
	pub fn insert_header(&mut self, header: Header) -> Result<(), UnknownParent> {
		let hash = header.block_hash();
		if !self.entries.contains_key(&hash) {
			let parent =
				self.get(&header.prev_blockhash).ok_or(UnknownParent(header.prev_blockhash))?;
			let (height, work) = (parent.height + 1, parent.work + header.work());
			self.entries.insert(
				hash,
				BlockEntry { hash, header, height, work, block: None, validated: false },
			);
		}
		Ok(())
	}

	/// Adds a block, whose header may be known already.
	pub fn insert_block(&mut self, block: Arc<Block>) -> Result<(), UnknownParent> {
		self.insert_header(block.header)?;
		if let Some(entry) = self.entries.get_mut(&block.block_hash()) {
			entry.block = Some(block);
		}
		Ok(())
	}

	/// Notes that the block was part of the active chain.
	pub fn mark_validated(&mut self, hash: &BlockHash) {
		if let Some(entry) = self.entries.get_mut(hash) {
			entry.validated = true;
		}
	}

	/// The entry of `hash` and all its ancestors, down to the genesis block.
	pub fn lineage<'a>(
		&'a self,
		hash: &BlockHash,
	) -> impl Iterator<Item = &'a BlockEntry> + use<'a> {
		std::iter::successors(self.get(hash), |entry| self.get(&entry.header.prev_blockhash))
	}

	/// Median of the times of `hash` and its ten ancestors (`GetMedianTimePast`).
	pub fn median_time_past(&self, hash: &BlockHash) -> u32 {
		let mut times: Vec<u32> =
			self.lineage(hash).take(MEDIAN_TIME_SPAN).map(|entry| entry.header.time).collect();
		times.sort_unstable();
		times.get(times.len() / 2).copied().unwrap_or(0)
	}

	/// Headers that have no child, and so end a branch.
	pub fn leaves(&self) -> Vec<&BlockEntry> {
		let parents: HashSet<BlockHash> =
			self.entries.values().map(|entry| entry.header.prev_blockhash).collect();
		self.entries.values().filter(|entry| !parents.contains(&entry.hash)).collect()
	}

	/// All headers without their block, parents first.
	pub fn bare_headers(&self) -> Vec<Header> {
		let mut bare: Vec<&BlockEntry> =
			self.entries.values().filter(|entry| entry.block.is_none()).collect();
		bare.sort_by_key(|entry| entry.height);
		bare.into_iter().map(|entry| entry.header).collect()
	}
}
