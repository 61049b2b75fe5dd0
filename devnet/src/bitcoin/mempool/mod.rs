//! The memory pool: transactions that wait for a block.
//!
//! [`acceptance`] decides about one transaction and returns a plan; [`Mempool::apply`] carries it
//! out. The rules stand in files of their own: [`consensus`] on what is valid at all, [`standard`] on
//! form, [`ephemeral`] on dust, [`locks`] on lock times, [`truc`] on version 3, [`replacement`] on
//! conflicts, [`package`] on transactions that come together. Conflicting transactions replace each
//! other by fee alone (full RBF). There is no limit on the pool's size, and nothing expires.

pub mod acceptance;
pub mod consensus;
pub mod ephemeral;
pub mod linearize;
pub mod locks;
pub mod package;
pub mod rejection;
pub mod replacement;
pub mod standard;
pub mod truc;

use std::{
	collections::{BTreeMap, BTreeSet, HashMap},
	sync::Arc,
};

use bitcoin::{Block, OutPoint, Transaction, TxOut, Txid, Wtxid};

use self::{
	acceptance::{Plan, Rules, View},
	linearize::{compare_rates, linearize, Chunk, Item},
};
use super::fee::FeeRate;

/// Least fee rate of a relayed transaction (`DEFAULT_MIN_RELAY_TX_FEE`).
pub const MIN_RELAY_FEE: FeeRate = FeeRate::from_sat_per_kvb(100);
/// Fee rate that a replacement adds for its own relay (`DEFAULT_INCREMENTAL_RELAY_FEE`).
pub const INCREMENTAL_RELAY_FEE: FeeRate = FeeRate::from_sat_per_kvb(100);
/// Most connected transactions (`DEFAULT_CLUSTER_LIMIT`).
pub const CLUSTER_LIMIT: usize = 64;
/// Most virtual bytes of connected transactions (`DEFAULT_CLUSTER_SIZE_LIMIT_KVB`).
pub const CLUSTER_SIZE_LIMIT: u64 = 101_000;

/// A waiting transaction (`CTxMemPoolEntry`).
#[derive(Debug, Clone)]
pub struct Entry {
	/// The transaction.
	pub transaction: Arc<Transaction>,
	/// Its id.
	pub txid: Txid,
	/// Its id with the witness.
	pub wtxid: Wtxid,
	/// Its fee in satoshis.
	pub fee: u64,
	/// Its weight.
	pub weight: u64,
	/// Its weight, raised for signature operations (`GetAdjustedWeight`).
	pub adjusted_weight: u64,
	/// Its cost in signature operations.
	pub sigops: usize,
	/// When it came, in UNIX seconds.
	pub time: u64,
	/// Height of the tip when it came.
	pub height: u32,
	/// Order of arrival. Parents come before their children.
	pub sequence: u64,
}

impl Entry {
	/// Its virtual size in bytes (`GetTxSize`).
	pub fn vsize(&self) -> u64 {
		self.adjusted_weight.div_ceil(4)
	}

	/// Whether it signals replaceability (BIP125).
	pub fn signals_replacement(&self) -> bool {
		self.transaction.is_explicitly_rbf()
	}
}

/// The memory pool (`CTxMemPool`).
#[derive(Debug, Clone)]
pub struct Mempool {
	entries: HashMap<Txid, Entry>,
	/// Which waiting transaction spends an output.
	spenders: HashMap<OutPoint, Txid>,
	/// Changes so far; numbers arrivals.
	sequence: u64,
	/// Least fee rate for now, on top of [`MIN_RELAY_FEE`].
	min_fee: FeeRate,
}

impl Default for Mempool {
	fn default() -> Self {
		Self {
			entries: HashMap::new(),
			spenders: HashMap::new(),
			sequence: 1,
			min_fee: FeeRate::ZERO,
		}
	}
}

impl Mempool {
	/// The entry of `txid`.
	pub fn get(&self, txid: &Txid) -> Option<&Entry> {
		self.entries.get(txid)
	}

	/// All entries in order of arrival.
	pub fn entries(&self) -> Vec<&Entry> {
		let mut entries: Vec<&Entry> = self.entries.values().collect();
		entries.sort_by_key(|entry| entry.sequence);
		entries
	}

	/// How many transactions wait.
	pub fn len(&self) -> usize {
		self.entries.len()
	}

	/// Whether none waits.
	pub fn is_empty(&self) -> bool {
		self.entries.is_empty()
	}

	/// Number of the next change (`GetSequence`).
	pub fn sequence(&self) -> u64 {
		self.sequence
	}

	/// The waiting transaction that spends `outpoint` (`GetConflictTx`).
	pub fn spender(&self, outpoint: &OutPoint) -> Option<Txid> {
		self.spenders.get(outpoint).copied()
	}

	/// The output of a waiting transaction.
	pub fn output(&self, outpoint: &OutPoint) -> Option<&TxOut> {
		self.get(&outpoint.txid)?.transaction.output.get(outpoint.vout as usize)
	}

	/// Least fee rate for now (`getmempoolinfo`'s `mempoolminfee`).
	pub fn min_fee(&self) -> FeeRate {
		self.min_fee.max(MIN_RELAY_FEE)
	}

	/// Sets the least fee rate, which rises in a full pool because it throws out what pays less
	/// (`TrimToSize`).
	pub fn set_min_fee(&mut self, rate: FeeRate) {
		self.min_fee = rate;
		let least = (rate.to_sat_per_kvb(), 4_000);
		let chunks = self.clusters().into_iter().flat_map(|cluster| self.chunks(&cluster));
		let cheap = chunks
			.filter(|chunk| compare_rates((chunk.fee, chunk.weight), least).is_lt())
			.collect::<Vec<_>>();
		// Nothing rests on these but others of them: rates fall within a cluster.
		for txid in cheap.iter().flat_map(|chunk| &chunk.txids) {
			self.remove(txid);
		}
	}

	/// Waiting transactions whose outputs `txid` spends.
	pub fn parents(&self, txid: &Txid) -> BTreeSet<Txid> {
		self.get(txid).map(|entry| self.parents_of(&entry.transaction)).unwrap_or_default()
	}

	/// Waiting transactions whose outputs `transaction` spends.
	pub fn parents_of(&self, transaction: &Transaction) -> BTreeSet<Txid> {
		let inputs = transaction.input.iter().map(|input| input.previous_output.txid);
		inputs.filter(|txid| self.entries.contains_key(txid)).collect()
	}

	/// Waiting transactions that spend outputs of `txid`.
	pub fn children(&self, txid: &Txid) -> BTreeSet<Txid> {
		let outputs = self.get(txid).map_or(0, |entry| entry.transaction.output.len());
		(0..outputs).filter_map(|vout| self.spender(&OutPoint::new(*txid, vout as u32))).collect()
	}

	/// `from` and everything they rest on.
	pub fn ancestors(&self, from: impl IntoIterator<Item = Txid>) -> BTreeSet<Txid> {
		closure(from, |txid| self.parents(txid))
	}

	/// `from` and everything that rests on them.
	pub fn descendants(&self, from: impl IntoIterator<Item = Txid>) -> BTreeSet<Txid> {
		closure(from, |txid| self.children(txid))
	}

	/// `from` and everything connected with them.
	pub fn cluster(&self, from: impl IntoIterator<Item = Txid>) -> BTreeSet<Txid> {
		closure(from, |txid| &self.parents(txid) | &self.children(txid))
	}

	/// All clusters in order of their first arrival.
	pub fn clusters(&self) -> Vec<BTreeSet<Txid>> {
		let mut seen: BTreeSet<Txid> = BTreeSet::new();
		let mut clusters = Vec::new();
		for entry in self.entries() {
			if !seen.contains(&entry.txid) {
				let cluster = self.cluster([entry.txid]);
				seen.extend(&cluster);
				clusters.push(cluster);
			}
		}
		clusters
	}

	/// The best order to mine `txids` in, cut into chunks.
	pub fn chunks(&self, txids: &BTreeSet<Txid>) -> Vec<Chunk> {
		linearize(&self.items(txids))
	}

	/// `txids` as items, parents first.
	fn items(&self, txids: &BTreeSet<Txid>) -> Vec<Item> {
		let mut entries: Vec<&Entry> = txids.iter().filter_map(|txid| self.get(txid)).collect();
		entries.sort_by_key(|entry| entry.sequence);
		let positions: BTreeMap<Txid, usize> =
			entries.iter().enumerate().map(|(i, entry)| (entry.txid, i)).collect();
		let parents = |entry: &Entry| {
			let parents = self.parents_of(&entry.transaction);
			parents.iter().filter_map(|txid| positions.get(txid).copied()).collect()
		};
		let item = |entry: &&Entry| Item {
			txid: entry.txid,
			fee: entry.fee,
			weight: entry.adjusted_weight,
			parents: parents(entry),
		};
		entries.iter().map(item).collect()
	}

	/// Carries out an acceptance: what it replaces goes, it comes.
	pub fn apply(&mut self, plan: Plan) {
		for txid in &plan.replaced {
			self.remove(txid);
		}
		let entry = Entry { sequence: self.sequence, ..plan.entry };
		self.sequence += 1;
		for input in &entry.transaction.input {
			self.spenders.insert(input.previous_output, entry.txid);
		}
		self.entries.insert(entry.txid, entry);
	}

	/// A block has come on top: its transactions leave, and with them what conflicts
	/// (`removeForBlock`).
	pub fn confirm(&mut self, block: &Block) {
		for transaction in &block.txdata {
			self.remove(&transaction.compute_txid());
			for input in &transaction.input {
				if let Some(conflict) = self.spender(&input.previous_output) {
					for txid in self.descendants([conflict]) {
						self.remove(&txid);
					}
				}
			}
		}
	}

	/// The active chain has changed its branch: the transactions of the blocks that left it, in
	/// chain order, come back before those that wait, and each is judged anew
	/// (`MaybeUpdateMempoolForReorg`).
	pub fn reorganise(&mut self, disconnected: Vec<Arc<Transaction>>, view: &View<'_>, now: u64) {
		let waiting: Vec<Entry> = self.entries().into_iter().cloned().collect();
		self.entries.clear();
		self.spenders.clear();
		let returned =
			disconnected.into_iter().map(|transaction| (transaction, now, view.height()));
		let waiting =
			waiting.into_iter().map(|entry| (entry.transaction, entry.time, entry.height));
		for (transaction, time, height) in returned.chain(waiting) {
			// What the new branch refuses, or has confirmed, is dropped.
			if let Ok(mut plan) = self.evaluate(transaction, view, Rules::REORGANISATION, time) {
				plan.entry.height = height;
				self.apply(plan);
			}
		}
	}

	fn remove(&mut self, txid: &Txid) {
		if let Some(entry) = self.entries.remove(txid) {
			self.sequence += 1;
			for input in &entry.transaction.input {
				self.spenders.remove(&input.previous_output);
			}
		}
	}
}

/// `from` and all that `next` leads to.
fn closure(
	from: impl IntoIterator<Item = Txid>,
	next: impl Fn(&Txid) -> BTreeSet<Txid>,
) -> BTreeSet<Txid> {
	let mut pending: Vec<Txid> = from.into_iter().collect();
	let mut found = BTreeSet::new();
	while let Some(txid) = pending.pop() {
		if found.insert(txid) {
			pending.extend(next(&txid));
		}
	}
	found
}
