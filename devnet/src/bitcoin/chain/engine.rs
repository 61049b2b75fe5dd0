//! Bitcoin Core's consensus engine behind the few calls that the node makes.

use std::{path::Path, sync::Arc};

use bitcoin::{consensus::encode::serialize, hashes::Hash, Block, BlockHash, Transaction, TxOut};
use bitcoinkernel::{
	prelude::*, verify, BlockValidationResult, BlockValidationStateRef, ChainType,
	ChainstateManager, Context, ContextBuilder, KernelError, PrecomputedTransactionData,
	ProcessBlockHeaderResult, ProcessBlockResult, ScriptPubkey, ValidationMode, VERIFY_ALL,
};
use parking_lot::Mutex;
use tempfile::TempDir;

use super::kernel_log;

/// Why the engine cannot run or answer.
#[derive(Debug, thiserror::Error)]
pub enum EngineError {
	/// The engine's own failure, not a verdict.
	#[error("consensus engine: {0}")]
	Kernel(String),
	/// The directory for its block files cannot be made.
	#[error("consensus engine's directory: {0}")]
	Directory(#[from] std::io::Error),
	/// The engine takes UTF-8 paths only.
	#[error("path {0} is not UTF-8")]
	Path(std::path::PathBuf),
}

impl From<KernelError> for EngineError {
	fn from(error: KernelError) -> Self {
		Self::Kernel(error.to_string())
	}
}

/// What the engine did with a submitted block.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Acceptance {
	/// Stored: its header and its own form are valid. Whether it connects is told by
	/// [`Verdict::checked`].
	New,
	/// Already stored.
	Duplicate,
	/// Not stored, with the BIP22 reason.
	Refused(String),
}

/// A block that the engine has tried to connect, or refused, with the BIP22 reason when it is
/// invalid.
pub type Checked = (BlockHash, Result<(), String>);

/// The engine's answer to one submitted block.
#[derive(Debug, Clone)]
pub struct Verdict {
	/// Whether it was stored.
	pub acceptance: Acceptance,
	/// Every block that the engine validated in full meanwhile (`BlockChecked`): this one, or
	/// others of its branch.
	pub checked: Vec<Checked>,
}

/// One chain state of the engine, with its databases in memory and its block files in a directory
/// of its own.
pub struct Engine {
	// Order matters: the chain state closes its files before the directory goes.
	chainstate: ChainstateManager,
	_context: Context,
	checked: Arc<Mutex<Vec<Raw>>>,
	_directory: TempDir,
}

/// A `BlockChecked` callback as it came.
type Raw = (BlockHash, ValidationMode, BlockValidationResult);

impl Engine {
	/// Prefix of the engines' directories.
	const DIRECTORY_PREFIX: &'static str = "engine-";

	/// A fresh chain state that holds the genesis block, with its files under `home`.
	pub fn start(home: &Path) -> Result<Self, EngineError> {
		kernel_log::install()?;
		let directory = TempDir::with_prefix_in(Self::DIRECTORY_PREFIX, home)?;
		let data = directory.path().join("state");
		let blocks = directory.path().join("blocks");
		std::fs::create_dir_all(&data)?;
		std::fs::create_dir_all(&blocks)?;

		let checked = Arc::new(Mutex::new(Vec::<Raw>::new()));
		let sink = checked.clone();
		let context = ContextBuilder::new()
			.chain_type(ChainType::Regtest)
			.with_block_checked_validation(
				move |block: bitcoinkernel::Block, state: BlockValidationStateRef<'_>| {
					let hash = BlockHash::from_byte_array(block.hash().to_bytes());
					sink.lock().push((hash, state.mode(), state.result()));
				},
			)
			.build()?;
		let chainstate = ChainstateManager::builder(&context, utf8(&data)?, utf8(&blocks)?)?
			.block_tree_db_in_memory(true)
			.chainstate_db_in_memory(true)
			.build()?;
		checked.lock().clear();
		Ok(Self { chainstate, _context: context, checked, _directory: directory })
	}

	/// Removes what engines that ended without cleaning up have left under `home`.
	pub fn sweep(home: &Path) -> std::io::Result<()> {
		for entry in std::fs::read_dir(home)? {
			let entry = entry?;
			if entry.file_name().to_string_lossy().starts_with(Self::DIRECTORY_PREFIX) {
				std::fs::remove_dir_all(entry.path())?;
			}
		}
		Ok(())
	}

	/// Validates and stores a block and moves to the best chain (`ProcessNewBlock`).
	pub fn submit(&self, block: &Block) -> Result<Verdict, EngineError> {
		let raw = bitcoinkernel::Block::new(&serialize(block))?;
		self.checked.lock().clear();
		let (result, lines) = kernel_log::capture(|| self.chainstate.process_block(&raw));
		let checked = std::mem::take(&mut *self.checked.lock());

		let refusal = |hash: BlockHash, class: BlockValidationResult| {
			kernel_log::reason_after(&lines, &format!("ConnectBlock {hash} failed, "))
				.or_else(|| kernel_log::reason_after(&lines, "AcceptBlock FAILED ("))
				.unwrap_or_else(|| reason_of_class(class).to_owned())
		};
		let checked: Vec<Checked> = checked
			.into_iter()
			.map(|(hash, mode, class)| match mode {
				ValidationMode::Valid => (hash, Ok(())),
				ValidationMode::Invalid => (hash, Err(refusal(hash, class))),
				ValidationMode::InternalError => (hash, Err("rejected".to_owned())),
			})
			.collect();
		let acceptance = match result {
			ProcessBlockResult::NewBlock => Acceptance::New,
			ProcessBlockResult::Duplicate => Acceptance::Duplicate,
			ProcessBlockResult::Rejected => {
				let hash = block.block_hash();
				let reason = checked.iter().find_map(|(checked, result)| match result {
					Err(reason) if *checked == hash => Some(reason.clone()),
					_ => None,
				});
				Acceptance::Refused(reason.unwrap_or_else(|| "rejected".to_owned()))
			},
		};
		Ok(Verdict { acceptance, checked })
	}

	/// Validates and stores a header (`ProcessNewBlockHeaders`), or says why not.
	pub fn submit_header(
		&self,
		header: &bitcoin::block::Header,
	) -> Result<Result<(), String>, EngineError> {
		let raw = bitcoinkernel::BlockHeader::new(&serialize(header))?;
		let (result, lines) = kernel_log::capture(|| self.chainstate.process_block_header(&raw));
		Ok(match result? {
			ProcessBlockHeaderResult::Valid => Ok(()),
			ProcessBlockHeaderResult::Invalid(state) => {
				let hash = header.block_hash();
				let reason =
					["CheckBlockHeader", "ContextualCheckBlockHeader"].iter().find_map(|rule| {
						kernel_log::reason_after(&lines, &format!("Consensus::{rule}: {hash}, "))
					});
				Err(reason.unwrap_or_else(|| reason_of_class(state.result()).to_owned()))
			},
		})
	}

	/// Height of the active chain's tip.
	pub fn height(&self) -> u32 {
		u32::try_from(self.chainstate.active_chain().height()).unwrap_or(0)
	}

	/// The active chain's block at `height`.
	pub fn hash_at(&self, height: u32) -> Option<BlockHash> {
		let entry = self.chainstate.active_chain().at_height(height as usize)?;
		Some(BlockHash::from_byte_array(entry.block_hash().to_bytes()))
	}
}

/// Checks the scripts of all inputs of `transaction`, which spend `spent` in this order, against
/// every rule of consensus that the engine offers (`VERIFY_ALL`). Returns the first input that
/// fails.
pub fn verify_scripts(transaction: &Transaction, spent: &[TxOut]) -> Result<(), usize> {
	let check = || -> Result<Result<(), usize>, KernelError> {
		let raw = bitcoinkernel::Transaction::new(&serialize(transaction))?;
		let outputs = spent
			.iter()
			.map(|output| {
				let script = ScriptPubkey::new(output.script_pubkey.as_bytes())?;
				// A valid amount fits: the supply is below 2^51 satoshis.
				Ok(bitcoinkernel::TxOut::new(&script, output.value.to_sat() as i64))
			})
			.collect::<Result<Vec<_>, KernelError>>()?;
		let precomputed = PrecomputedTransactionData::new(&raw, &outputs)?;
		for (index, output) in outputs.iter().enumerate() {
			let script = output.script_pubkey();
			if verify(&script, Some(output.value()), &raw, index, Some(VERIFY_ALL), &precomputed)
				.is_err()
			{
				return Ok(Err(index));
			}
		}
		Ok(Ok(()))
	};
	// A transaction that the engine cannot even take up fails at its first input.
	check().unwrap_or(Err(0))
}

/// The BIP22 reason that stands for a whole class, for a failure that left no line in the log.
fn reason_of_class(class: BlockValidationResult) -> &'static str {
	match class {
		BlockValidationResult::CachedInvalid => "duplicate-invalid",
		BlockValidationResult::InvalidHeader => "high-hash",
		BlockValidationResult::Mutated => "bad-txnmrklroot",
		BlockValidationResult::MissingPrev => "prev-blk-not-found",
		BlockValidationResult::InvalidPrev => "bad-prevblk",
		BlockValidationResult::TimeFuture => "time-too-new",
		BlockValidationResult::HeaderLowWork => "too-little-chainwork",
		BlockValidationResult::Unset | BlockValidationResult::Consensus => "rejected",
	}
}

fn utf8(path: &Path) -> Result<&str, EngineError> {
	path.to_str().ok_or_else(|| EngineError::Path(path.to_owned()))
}
