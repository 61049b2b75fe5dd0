//! The node: chain, coins, pool and clock, kept in step.

use std::{path::Path, sync::Arc, time::Instant};

use bitcoin::{Block, BlockHash, ScriptBuf, Transaction, Txid};

use super::{
	chain::{Chain, ChainError, Change, Submission},
	clock::Clock,
	coins::{Coins, OutOfStep},
	fee::FeeRate,
	mempool::{
		acceptance::{Plan, Rules, View},
		package::{Offer, Verdict},
		rejection::Rejection,
		Mempool,
	},
	miner,
};

/// Age of the tip below which the node no longer counts as catching up (`DEFAULT_MAX_TIP_AGE`), in
/// seconds.
const MAX_TIP_AGE: u64 = 24 * 60 * 60;

/// The node itself fails; never a verdict on a block or a transaction.
#[derive(Debug, thiserror::Error)]
pub enum NodeError {
	/// The chain failed.
	#[error(transparent)]
	Chain(#[from] ChainError),
	/// Chain and coins do not fit.
	#[error(transparent)]
	OutOfStep(#[from] OutOfStep),
	/// A block of the node's own making is refused.
	#[error("ProcessNewBlock, block not accepted: {0}")]
	Refused(String),
}

/// A Bitcoin node without peers and without a wallet.
pub struct Node {
	/// The blocks.
	pub chain: Chain,
	/// The active chain's unspent outputs.
	pub coins: Coins,
	/// The transactions that wait.
	pub mempool: Mempool,
	/// The time.
	pub clock: Clock,
	/// The fee rate that `estimatesmartfee` answers. `None`: no estimate, as on any fresh regtest.
	pub fee_estimate: Option<FeeRate>,
	/// The fee rate below which nothing is mined: above the default, as if blocks were full of what
	/// pays better.
	pub block_min_fee: FeeRate,
	started: Instant,
	caught_up: bool,
}

impl Node {
	/// Opens the data directory.
	pub fn open(data_dir: &Path) -> Result<Self, NodeError> {
		let (chain, change) = Chain::open(data_dir)?;
		let mut node = Self {
			chain,
			coins: Coins::default(),
			mempool: Mempool::default(),
			clock: Clock::default(),
			fee_estimate: None,
			block_min_fee: miner::BLOCK_MIN_TX_FEE,
			started: Instant::now(),
			caught_up: false,
		};
		node.follow(change)?;
		Ok(node)
	}

	/// Seconds since the start.
	pub fn uptime(&self) -> u64 {
		self.started.elapsed().as_secs()
	}

	/// Whether the node counts as catching up with the network (`IsInitialBlockDownload`): until it
	/// has seen a recent tip.
	pub fn is_initial_block_download(&self) -> bool {
		!self.caught_up
	}

	/// What the pool sees of the chain.
	pub fn view(&self) -> View<'_> {
		View { chain: &self.chain, coins: &self.coins }
	}

	/// Validates and stores a block.
	pub fn submit_block(&mut self, block: Block) -> Result<Submission, NodeError> {
		let (submission, change) = self.chain.submit(block)?;
		self.follow(change)?;
		Ok(submission)
	}

	/// Declares a block invalid and leaves its branch.
	pub fn invalidate_block(&mut self, hash: BlockHash) -> Result<(), NodeError> {
		let change = self.chain.invalidate(hash)?;
		self.follow(change)
	}

	/// Takes back [`Node::invalidate_block`].
	pub fn reconsider_block(&mut self, hash: BlockHash) -> Result<(), NodeError> {
		let change = self.chain.reconsider(hash)?;
		self.follow(change)
	}

	/// Judges a transaction without taking it.
	pub fn test_transaction(&self, transaction: Transaction) -> Result<Plan, Rejection> {
		self.mempool.evaluate(Arc::new(transaction), &self.view(), Rules::SINGLE, self.clock.now())
	}

	/// Judges transactions that rest on each other without taking them: the plans of those that
	/// pass, and the rejection of the first that does not.
	pub fn test_package(&self, transactions: Vec<Transaction>) -> (Vec<Plan>, Option<Rejection>) {
		let mut pool = self.mempool.clone();
		let mut plans = Vec::new();
		for transaction in transactions {
			match pool.evaluate(Arc::new(transaction), &self.view(), Rules::TEST, self.clock.now())
			{
				Ok(plan) => {
					pool.apply(plan.clone());
					plans.push(plan);
				},
				Err(rejection) => return (plans, Some(rejection)),
			}
		}
		(plans, None)
	}

	/// Takes what it can of a package, of which each transaction may pay `max_rate` by itself.
	pub fn submit_package(
		&mut self,
		package: Vec<Transaction>,
		max_rate: Option<FeeRate>,
	) -> Verdict {
		let view = View { chain: &self.chain, coins: &self.coins };
		self.mempool.submit_package(package, Offer { view, max_rate, time: self.clock.now() })
	}

	/// Takes a judged transaction into the pool.
	pub fn take(&mut self, plan: Plan) -> Txid {
		let txid = plan.entry.txid;
		self.mempool.apply(plan);
		txid
	}

	/// Mines a block with the best paying transactions of the pool, whose coinbase pays to
	/// `script`.
	pub fn generate(&mut self, script: ScriptBuf) -> Result<BlockHash, NodeError> {
		let (transactions, fees) = miner::select(&self.mempool, self.block_min_fee);
		let block = miner::mine(&self.chain, script, transactions, fees, self.clock.now());
		let hash = block.block_hash();
		match self.submit_block(block)? {
			Submission::Refused(reason) => Err(NodeError::Refused(reason)),
			_ => Ok(hash),
		}
	}

	/// Brings coins and pool to where the chain has gone.
	fn follow(&mut self, change: Change) -> Result<(), NodeError> {
		for block in &change.disconnected {
			self.coins.disconnect(block)?;
		}
		for (height, block) in &change.connected {
			self.coins.connect(*height, block)?;
		}
		if change.disconnected.is_empty() {
			for (_, block) in &change.connected {
				self.mempool.confirm(block);
			}
		} else {
			let oldest_first = change.disconnected.iter().rev();
			let transactions = oldest_first
				.flat_map(|block| block.txdata.iter().skip(1).cloned().map(Arc::new))
				.collect();
			let view = View { chain: &self.chain, coins: &self.coins };
			self.mempool.reorganise(transactions, &view, self.clock.now());
		}
		if let Some((_, tip)) = change.connected.last() {
			self.caught_up |= u64::from(tip.header.time) + MAX_TIP_AGE > self.clock.now();
		}
		Ok(())
	}
}
