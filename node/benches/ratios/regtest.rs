// SPDX-License-Identifier: GPL-3.0-or-later WITH Classpath-exception-2.0

//! Blocks of Bitcoin's regtest.

use crate::chain::Chain;
use bitcoin::{
	absolute::LockTime, hashes::Hash, merkle_tree::calculate_root, transaction::Version, Amount,
	Transaction, TxOut,
};
use entangled_bitcoin::{
	network::TARGET_SPACING, BlockRef, CompactTarget, Header, InclusionProof, Native, Network, U256,
};
use entangled_runtime::Session;
use pallet_btc_light_client::{InclusionClaim, Observation};

/// Transactions of a block in which one is proven to be.
pub const TRANSACTIONS: u32 = 4_000;

/// A chain that is followed: its tip, and what was mined since it was last asked.
pub struct Miner {
	tip: Header,
	height: u32,
	news: Vec<Header>,
}

impl Miner {
	/// The chain of the genesis block.
	pub fn new() -> Self {
		Self { tip: Network::Regtest.genesis(), height: 0, news: vec![] }
	}

	/// Mines empty blocks.
	pub fn mine_empty(&mut self, count: usize) {
		grow(self.tip, count).into_iter().for_each(|header| self.push(header));
	}

	/// Mines a full block with these transactions somewhere in it, and proves that they are there.
	pub fn mine_with(&mut self, included: Vec<Transaction>) -> Vec<InclusionClaim> {
		let mut transactions = (0..TRANSACTIONS).map(transaction).collect::<Vec<_>>();
		let first = TRANSACTIONS / 2;
		let places = first..first + included.len() as u32;
		transactions.splice(first as usize..places.end as usize, included);
		let root = calculate_root(transactions.iter().map(Transaction::compute_txid));
		let mut header = grow(self.tip, 1).remove(0);
		header.merkle_root = root.expect("there are transactions").to_byte_array();
		self.push(mine(header));
		let prove = |index| {
			let proof = InclusionProof::build::<Native>(&transactions, index);
			InclusionClaim { block: self.block(), proof: proof.expect("it is there") }
		};
		places.map(prove).collect()
	}

	/// What a validator that sees this chain tells of it.
	pub fn observation(&mut self) -> Observation {
		let headers = raw(&std::mem::take(&mut self.news));
		Observation { headers, tip: Some(self.block()), fee_rate: None }
	}

	fn block(&self) -> BlockRef {
		BlockRef { height: self.height, hash: self.tip.hash::<Native>() }
	}

	fn push(&mut self, header: Header) {
		self.tip = header;
		self.height += 1;
		self.news.push(header);
	}
}

/// Brings transactions into a Bitcoin block and waits until the block is final. The proofs.
pub fn confirm(
	chain: &mut Chain,
	miner: &mut Miner,
	included: Vec<Transaction>,
) -> Vec<InclusionClaim> {
	// Our clock must run before headers are taken.
	chain.block(None, vec![]);
	let claims = miner.mine_with(included);
	miner.mine_empty(6);
	// Each validator makes a block and says in it what it sees.
	for _ in 0..chain.natively(Session::validators).len() {
		chain.block(Some(miner.observation()), vec![]);
	}
	claims
}

/// Headers one after another, as the runtime takes them.
pub fn raw(headers: &[Header]) -> Vec<u8> {
	headers.iter().flat_map(Header::serialize).collect()
}

/// The first headers of a regtest chain.
pub fn regtest(count: usize) -> Vec<Header> {
	grow(Network::Regtest.genesis(), count)
}

/// Descendants of `parent`.
pub fn grow(parent: Header, count: usize) -> Vec<Header> {
	let child = |parent: &Header| {
		mine(Header {
			version: 4,
			prev: parent.hash::<Native>(),
			merkle_root: [7; 32],
			time: parent.time + TARGET_SPACING,
			bits: CompactTarget(0x207f_ffff),
			nonce: 0,
		})
	};
	std::iter::successors(Some(child(&parent)), |parent| Some(child(parent))).take(count).collect()
}

/// Gives a header its proof of work.
pub fn mine(mut header: Header) -> Header {
	let target = header.bits.target().expect("regtest's limit is a target");
	while U256::from_little_endian(&header.hash::<Native>().0) > target {
		header.nonce += 1;
	}
	header
}

/// A transaction of the usual size, told apart by its locktime.
pub fn transaction(locktime: u32) -> Transaction {
	Transaction {
		version: Version::TWO,
		lock_time: LockTime::from_consensus(locktime),
		input: vec![Default::default(); 2],
		output: vec![
			TxOut { value: Amount::from_sat(1_000), script_pubkey: vec![0x51; 34].into() };
			2
		],
	}
}
