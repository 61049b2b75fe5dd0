//! Bitcoin: blocks, coins, and who may spend them.

use super::{next_block, observe, script};
use bitcoin::{
	absolute::LockTime, transaction::Version, Amount, OutPoint, ScriptBuf, Sequence, Transaction,
	TxIn, TxOut, Witness,
};
use entangled_bitcoin::{
	merkle, network::TARGET_SPACING, transaction::without_witnesses, BlockRef, CompactTarget,
	Header, InclusionProof, Native, Network, Sha256, U256,
};
use pallet_btc_light_client::InclusionClaim;
use std::{
	cell::{Cell, RefCell},
	collections::{BTreeMap, BTreeSet},
};

/// The output index of coins that lie outside the tests' chain. Each can be spent once.
const OUTSIDE: u32 = 77_777;

#[derive(Clone)]
struct Block {
	header: Header,
	transactions: Vec<Transaction>,
}

thread_local! {
	/// The chain above the genesis.
	static BLOCKS: RefCell<Vec<Block>> = const { RefCell::new(vec![]) };
	/// Tells blocks, and coins from outside, apart.
	static SALT: Cell<u64> = const { Cell::new(0) };
}

fn salt() -> u64 {
	SALT.set(SALT.get() + 1);
	SALT.get()
}

/// Forgets all but the genesis.
pub fn reset() {
	BLOCKS.take();
	SALT.set(0);
}

fn last_header() -> Header {
	BLOCKS.with_borrow(|blocks| {
		blocks.last().map_or(Network::Regtest.genesis(), |block| block.header)
	})
}

/// The last block.
pub fn best() -> BlockRef {
	let height = BLOCKS.with_borrow(Vec::len) as u32;
	BlockRef { height, hash: last_header().hash::<Native>() }
}

/// Coins that can be spent, and coins from outside that cannot be any more.
#[derive(Default)]
pub(super) struct Ledger {
	pub(super) coins: BTreeMap<OutPoint, (TxOut, u32)>,
	spent: BTreeSet<OutPoint>,
}

impl Ledger {
	pub(super) fn now() -> Self {
		let mut ledger = Self::default();
		BLOCKS.with_borrow(|blocks| {
			for (height, block) in (1..).zip(blocks) {
				block.transactions.iter().for_each(|tx| ledger.apply(tx, height));
			}
		});
		ledger
	}

	fn apply(&mut self, tx: &Transaction, height: u32) {
		for input in &tx.input {
			self.coins.remove(&input.previous_output);
			self.spent.insert(input.previous_output);
		}
		let txid = tx.compute_txid();
		for (vout, output) in (0..).zip(&tx.output) {
			self.coins.insert(OutPoint { txid, vout }, (output.clone(), height));
		}
	}

	/// What Bitcoin's nodes check of a transaction, as far as it matters here.
	pub(super) fn check(&self, tx: &Transaction, height: u32) -> Result<(), &'static str> {
		let mut spent = vec![];
		let mut outside = false;
		for input in &tx.input {
			let coin = input.previous_output;
			if coin.vout == OUTSIDE {
				outside = true;
				if self.spent.contains(&coin) {
					return Err("double spend of a coin from outside");
				}
				continue;
			}
			let (output, made) = self.coins.get(&coin).ok_or("missing or spent")?;
			let age = height - made;
			spent.push((output.clone(), age));
		}
		if outside {
			return spent.is_empty().then_some(()).ok_or("mixed inputs");
		}
		let value = |outputs: &mut dyn Iterator<Item = &TxOut>| {
			outputs.map(|output| output.value.to_sat()).sum::<u64>()
		};
		if value(&mut tx.output.iter()) > value(&mut spent.iter().map(|(output, _)| output)) {
			return Err("more out than in");
		}
		let (outputs, ages): (Vec<_>, Vec<_>) = spent.into_iter().unzip();
		let signed = |index| script::satisfied(tx, index, &outputs, ages[index]).is_some();
		(0..outputs.len()).all(signed).then_some(()).ok_or("bad witness")
	}
}

fn coinbase(outputs: Vec<TxOut>) -> Transaction {
	let reward = TxOut { value: Amount::from_int_btc(50), script_pubkey: ScriptBuf::new() };
	Transaction {
		version: Version::ONE,
		lock_time: LockTime::ZERO,
		input: vec![TxIn {
			previous_output: OutPoint::null(),
			script_sig: ScriptBuf::from([&[8][..], &salt().to_le_bytes()].concat()),
			sequence: Sequence::MAX,
			witness: Witness::new(),
		}],
		output: if outputs.is_empty() { vec![reward] } else { outputs },
	}
}

/// Mines a block that nobody has told the chain of yet.
fn append(rewards: Vec<TxOut>, transactions: Vec<Transaction>) -> Result<Header, &'static str> {
	let mut ledger = Ledger::now();
	let height = best().height + 1;
	for tx in &transactions {
		ledger.check(tx, height)?;
		ledger.apply(tx, height);
	}
	let transactions = [vec![coinbase(rewards)], transactions].concat();
	let leaves = transactions.iter().map(|tx| Native::sha256(&without_witnesses(tx))).collect();
	let parent = last_header();
	let mut header = Header {
		version: 4,
		prev: parent.hash::<Native>(),
		merkle_root: merkle::root::<Native>(leaves).unwrap(),
		time: parent.time + TARGET_SPACING,
		bits: CompactTarget(0x207f_ffff),
		nonce: 0,
	};
	while U256::from_little_endian(&header.hash::<Native>().0) > header.bits.target().unwrap() {
		header.nonce += 1;
	}
	BLOCKS.with_borrow_mut(|blocks| blocks.push(Block { header, transactions }));
	Ok(header)
}

/// One of the validators reports new blocks, and the peg acts on them. Gives the last block.
fn report(headers: &[Header]) -> BlockRef {
	observe(u64::from(best().height) % 4 + 1, headers);
	next_block();
	best()
}

/// Mines a block, whose transactions Bitcoin must accept, reports it, and lets the peg act on it.
pub fn try_mine(transactions: Vec<Transaction>) -> Result<BlockRef, &'static str> {
	Ok(report(&[append(vec![], transactions)?]))
}

/// The same, of transactions that Bitcoin accepts.
pub fn mine(transactions: Vec<Transaction>) -> BlockRef {
	try_mine(transactions).unwrap()
}

/// Mines a block whose coinbase has these outputs.
pub fn mine_coinbase(outputs: Vec<TxOut>) -> BlockRef {
	report(&[append(outputs, vec![]).unwrap()])
}

/// Mines empty blocks.
pub fn bury(count: u32) {
	for _ in 0..count {
		mine(vec![]);
	}
}

/// Mines empty blocks that are reported at once.
pub fn bury_at_once(count: u32) {
	let headers = (0..count).map(|_| append(vec![], vec![]).unwrap()).collect::<Vec<_>>();
	report(&headers);
}

/// Puts other blocks, with these transactions, in place of the last `depth`.
pub fn reorganise(depth: u32, blocks: Vec<Vec<Transaction>>) {
	assert!(blocks.len() > depth as usize, "the branch must have more work");
	let height = best().height - depth;
	BLOCKS.with_borrow_mut(|chain| chain.truncate(height as usize));
	let headers = blocks.into_iter().map(|txs| append(vec![], txs).unwrap()).collect::<Vec<_>>();
	report(&headers);
}

/// The same with empty blocks.
pub fn reorganise_empty(depth: u32) {
	reorganise(depth, vec![vec![]; depth as usize + 1]);
}

/// The claim that the transaction at `index` of a block is in it. The coinbase has index 0.
pub fn claim_of(block: BlockRef, index: u32) -> InclusionClaim {
	let proof = BLOCKS.with_borrow(|blocks| {
		let transactions = &blocks[block.height as usize - 1].transactions;
		InclusionProof::build::<Native>(transactions, index).unwrap()
	});
	InclusionClaim { block, proof }
}

/// Whether an output can still be spent.
pub fn is_unspent(coin: entangled_bitcoin::OutPoint) -> bool {
	Ledger::now().coins.contains_key(&coin.into())
}

/// Everything that Bitcoin pays to a script, spent since or not.
pub fn received(script: &[u8]) -> u64 {
	BLOCKS.with_borrow(|blocks| {
		let outputs = blocks.iter().flat_map(|b| &b.transactions).flat_map(|tx| &tx.output);
		let ours = outputs.filter(|output| output.script_pubkey.as_bytes() == script);
		ours.map(|output| output.value.to_sat()).sum()
	})
}

/// A transaction that pays these outputs from a coin outside.
pub fn pay(outputs: Vec<TxOut>) -> Transaction {
	let txid = Native::sha256d(&salt().to_le_bytes());
	let outside =
		entangled_bitcoin::OutPoint { txid: entangled_bitcoin::Txid(txid), vout: OUTSIDE };
	Transaction {
		version: Version::TWO,
		lock_time: LockTime::ZERO,
		input: vec![TxIn { previous_output: outside.into(), ..Default::default() }],
		output: outputs,
	}
}

pub fn output(script: impl Into<ScriptBuf>, amount: u64) -> TxOut {
	TxOut { value: Amount::from_sat(amount), script_pubkey: script.into() }
}

/// Those of these transactions that the next block may have, one after another.
pub fn mineable(pool: &[Transaction]) -> Vec<Transaction> {
	let mut ledger = Ledger::now();
	let height = best().height + 1;
	let fits = |tx: &&Transaction| {
		let fits = ledger.check(tx, height).is_ok();
		if fits {
			ledger.apply(tx, height);
		}
		fits
	};
	pool.iter().filter(fits).cloned().collect()
}

/// The transactions of the last blocks, but for coinbases.
pub fn removed_by(depth: u32) -> Vec<Transaction> {
	BLOCKS.with_borrow(|blocks| {
		let first = blocks.len() - depth as usize;
		blocks[first..].iter().flat_map(|block| block.transactions[1..].to_vec()).collect()
	})
}

/// Where a transaction is.
pub fn find(txid: bitcoin::Txid) -> Option<(BlockRef, u32)> {
	BLOCKS.with_borrow(|blocks| {
		(1..).zip(blocks).find_map(|(height, block)| {
			let index = block.transactions.iter().position(|tx| tx.compute_txid() == txid)?;
			let hash = block.header.hash::<Native>();
			Some((BlockRef { height, hash }, index as u32))
		})
	})
}

/// The claim that a transaction was mined, if it was.
pub fn claim_for(tx: &Transaction) -> Option<InclusionClaim> {
	find(tx.compute_txid()).map(|(block, index)| claim_of(block, index))
}

/// All coins that can be spent.
pub fn unspent() -> BTreeSet<entangled_bitcoin::OutPoint> {
	Ledger::now().coins.into_keys().map(Into::into).collect()
}

/// What custody's transactions pay to others, one by one.
pub fn custodys_payments() -> Vec<u64> {
	BLOCKS.with_borrow(|blocks| {
		let ours = |tx: &&Transaction| tx.input[0].previous_output.vout != OUTSIDE;
		let txs = blocks.iter().flat_map(|block| &block.transactions[1..]).filter(ours);
		txs.flat_map(|tx| &tx.output[2..]).map(|output| output.value.to_sat()).collect()
	})
}
