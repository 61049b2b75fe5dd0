//! The block chain: what the engine has accepted, and which branch is active.
//!
//! The [`engine`] decides; this module keeps what the engine does not give back. All blocks lie in
//! an [`archive`], and a chain state is always built by handing the archive to a fresh engine: at
//! the start, and whenever `invalidateblock` or `reconsiderblock` change what counts, because the
//! engine's interface has no such calls. A regtest chain of a few hundred blocks takes a fraction
//! of a second.

pub mod archive;
pub mod engine;
pub mod invalid;
pub mod kernel_log;
pub mod tips;
pub mod tree;

use std::{
	collections::{BTreeSet, HashSet},
	path::{Path, PathBuf},
	sync::Arc,
};

use bitcoin::{block::Header, Block, BlockHash};

use self::{
	archive::{Archive, ArchiveError},
	engine::{Acceptance, Checked, Engine, EngineError},
	invalid::InvalidBlocks,
	tree::{BlockEntry, BlockTree, UnknownParent},
};

/// Why the chain cannot answer: never a verdict on a block.
#[derive(Debug, thiserror::Error)]
pub enum ChainError {
	/// The engine failed.
	#[error(transparent)]
	Engine(#[from] EngineError),
	/// The archive failed.
	#[error(transparent)]
	Archive(#[from] ArchiveError),
	/// The list of invalid blocks failed.
	#[error("list of invalid blocks: {0}")]
	Invalid(std::io::Error),
	/// The data directory failed.
	#[error("data directory: {0}")]
	Directory(std::io::Error),
	/// The archive holds a block before its parent.
	#[error(transparent)]
	Order(#[from] UnknownParent),
}

/// What became of a submitted block, as `submitblock` tells it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Submission {
	/// Valid in full and on the active chain.
	Accepted,
	/// Already known.
	Duplicate,
	/// Stored on a branch without more work, so not validated in full.
	Inconclusive,
	/// Invalid, with the BIP22 reason.
	Refused(String),
}

/// How the active chain has moved.
#[derive(Debug, Default)]
pub struct Change {
	/// Blocks that left it, the highest first.
	pub disconnected: Vec<Arc<Block>>,
	/// Blocks that joined it with their heights, the lowest first.
	pub connected: Vec<(u32, Arc<Block>)>,
}

/// The block chain of one data directory.
pub struct Chain {
	engine: Engine,
	home: PathBuf,
	archive: Archive,
	tree: BlockTree,
	/// Blocks in order of arrival, without the genesis block.
	arrivals: Vec<BlockHash>,
	/// Declared invalid by the operator.
	invalid: InvalidBlocks,
	/// Found invalid by the engine while connecting.
	failed: HashSet<BlockHash>,
	/// Hashes of the active chain by height.
	active: Vec<BlockHash>,
}

impl Chain {
	/// Opens the chain of `home` and returns it with all its active blocks as connected, from the
	/// genesis block on.
	pub fn open(home: &Path) -> Result<(Self, Change), ChainError> {
		Engine::sweep(home).map_err(ChainError::Directory)?;
		let (archive, blocks) = Archive::open(&home.join("blocks.dat"))?;
		let invalid =
			InvalidBlocks::open(&home.join("invalid.txt")).map_err(ChainError::Invalid)?;
		let mut tree = BlockTree::default();
		let mut arrivals = Vec::with_capacity(blocks.len());
		for block in blocks {
			arrivals.push(block.block_hash());
			tree.insert_block(Arc::new(block))?;
		}
		let engine = Engine::start(home)?;
		let mut chain = Self {
			engine,
			home: home.to_owned(),
			archive,
			tree,
			arrivals,
			invalid,
			failed: HashSet::new(),
			active: Vec::new(),
		};
		let change = chain.rebuild()?;
		Ok((chain, change))
	}

	/// Validates and stores a block.
	pub fn submit(&mut self, block: Block) -> Result<(Submission, Change), ChainError> {
		let hash = block.block_hash();
		if self.is_declared_invalid(&hash) {
			return Ok((Submission::Refused("duplicate-invalid".to_owned()), Change::default()));
		}
		if self.is_declared_invalid(&block.header.prev_blockhash) {
			return Ok((Submission::Refused("bad-prevblk".to_owned()), Change::default()));
		}
		let verdict = self.engine.submit(&block)?;
		let submission = match verdict.acceptance {
			Acceptance::Duplicate => return Ok((Submission::Duplicate, Change::default())),
			Acceptance::Refused(reason) => {
				return Ok((Submission::Refused(reason), Change::default()))
			},
			Acceptance::New => match verdict.checked.iter().find(|(checked, _)| *checked == hash) {
				Some((_, Ok(()))) => Submission::Accepted,
				Some((_, Err(reason))) => Submission::Refused(reason.clone()),
				None => Submission::Inconclusive,
			},
		};
		if let Err(error) = self.archive.append(&block) {
			// The engine has the block and the disk has not: go back to what the disk has.
			self.rebuild()?;
			return Err(error.into());
		}
		self.tree.insert_block(Arc::new(block))?;
		self.arrivals.push(hash);
		self.note(verdict.checked);
		Ok((submission, self.follow_engine()))
	}

	/// Validates and stores a header, or says why not. Headers without their block do not survive a
	/// restart.
	pub fn submit_header(&mut self, header: Header) -> Result<Result<(), String>, ChainError> {
		if self.is_declared_invalid(&header.prev_blockhash) {
			return Ok(Err("bad-prevblk".to_owned()));
		}
		let verdict = self.engine.submit_header(&header)?;
		if verdict.is_ok() {
			self.tree.insert_header(header)?;
		}
		Ok(verdict)
	}

	/// Declares a known block and so its descendants invalid (`InvalidateBlock`). The genesis block
	/// stays.
	pub fn invalidate(&mut self, hash: BlockHash) -> Result<Change, ChainError> {
		if hash == self.tree.genesis() {
			return Ok(Change::default());
		}
		let mut hashes = self.invalid.hashes().clone();
		hashes.insert(hash);
		self.declare(hashes)
	}

	/// Takes back the declarations of a block, its ancestors and its descendants
	/// (`ResetBlockFailureFlags`).
	pub fn reconsider(&mut self, hash: BlockHash) -> Result<Change, ChainError> {
		let related =
			|declared: &BlockHash| self.descends(&hash, declared) || self.descends(declared, &hash);
		let hashes =
			self.invalid.hashes().iter().filter(|declared| !related(declared)).copied().collect();
		self.declare(hashes)
	}

	/// All known headers.
	pub fn tree(&self) -> &BlockTree {
		&self.tree
	}

	/// Height of the active tip.
	pub fn height(&self) -> u32 {
		// The genesis block is always there.
		self.active.len().saturating_sub(1) as u32
	}

	/// The active chain's hash at `height`.
	pub fn hash_at(&self, height: u32) -> Option<BlockHash> {
		self.active.get(height as usize).copied()
	}

	/// The active tip's hash.
	pub fn tip(&self) -> BlockHash {
		self.active.last().copied().unwrap_or_else(|| self.tree.genesis())
	}

	/// Whether the block is on the active chain.
	pub fn is_active(&self, entry: &BlockEntry) -> bool {
		self.hash_at(entry.height) == Some(entry.hash)
	}

	/// Median time past of the active block at `height`, or of the tip where the chain is shorter.
	pub fn median_time_past(&self, height: u32) -> u32 {
		self.tree.median_time_past(&self.hash_at(height).unwrap_or_else(|| self.tip()))
	}

	/// Bytes of all blocks on disk.
	pub fn size_on_disk(&self) -> u64 {
		self.archive.size()
	}

	fn is_declared_invalid(&self, hash: &BlockHash) -> bool {
		!self.invalid.hashes().is_empty()
			&& self
				.tree
				.lineage(hash)
				.any(|ancestor| self.invalid.hashes().contains(&ancestor.hash))
	}

	/// Whether `hash` is `ancestor` or comes after it.
	fn descends(&self, hash: &BlockHash, ancestor: &BlockHash) -> bool {
		self.tree.lineage(hash).any(|entry| entry.hash == *ancestor)
	}

	fn declare(&mut self, hashes: BTreeSet<BlockHash>) -> Result<Change, ChainError> {
		self.invalid.replace(hashes).map_err(ChainError::Invalid)?;
		self.rebuild()
	}

	/// Hands every block that counts to a fresh engine, in order of arrival.
	fn rebuild(&mut self) -> Result<Change, ChainError> {
		let engine = Engine::start(&self.home)?;
		let mut checked = Vec::new();
		let mut excluded = HashSet::new();
		for hash in &self.arrivals {
			let Some((header, Some(block))) =
				self.tree.get(hash).map(|entry| (entry.header, &entry.block))
			else {
				continue;
			};
			if self.invalid.hashes().contains(hash) || excluded.contains(&header.prev_blockhash) {
				excluded.insert(*hash);
			} else {
				checked.extend(engine.submit(block)?.checked);
			}
		}
		for header in self.tree.bare_headers() {
			// One whose branch is excluded is refused, and stays known.
			let _ = engine.submit_header(&header)?;
		}
		self.engine = engine;
		self.failed.clear();
		self.note(checked);
		Ok(self.follow_engine())
	}

	fn note(&mut self, checked: Vec<Checked>) {
		self.failed
			.extend(checked.into_iter().filter_map(|(hash, result)| result.err().map(|_| hash)));
	}

	/// Takes over the engine's active chain and returns the difference.
	fn follow_engine(&mut self) -> Change {
		let mut height = self.engine.height();
		let mut tail = Vec::new();
		while let Some(hash) = self.engine.hash_at(height) {
			if self.hash_at(height) == Some(hash) {
				break;
			}
			tail.push(hash);
			let Some(below) = height.checked_sub(1) else {
				break;
			};
			height = below;
		}
		tail.reverse();
		let kept = self.engine.height() as usize + 1 - tail.len();
		let block = |hash: &BlockHash| self.tree.get(hash).and_then(|entry| entry.block.clone());
		let disconnected = self
			.active
			.drain(kept.min(self.active.len())..)
			.rev()
			.filter_map(|hash| block(&hash))
			.collect();
		let connected = tail
			.iter()
			.enumerate()
			.filter_map(|(i, hash)| Some(((kept + i) as u32, block(hash)?)))
			.collect();
		for hash in &tail {
			self.tree.mark_validated(hash);
		}
		self.active.extend(tail);
		Change { disconnected, connected }
	}
}
