//! Bitcoin's regtest in memory, as far as the light client and proofs need it.

use crate::chain::{close_block, open_block};
use bitcoin::{
	absolute::LockTime, transaction::Version, Amount, ScriptBuf, Transaction, TxIn, TxOut,
};
use entangled_bitcoin::{
	merkle, transaction::without_witnesses, BlockRef, CompactTarget, Header, InclusionProof,
	Native, Network, OutPoint, Sha256, Txid, U256,
};
use entangled_runtime::*;
use pallet_btc_light_client::{BitcoinChain, InclusionClaim, Observation};
use polkadot_sdk::*;
use std::cell::RefCell;

/// The slot of the first block: long after regtest's genesis.
pub const FIRST_SLOT: u64 = 600_000_000;

std::thread_local! {
	/// The blocks above the genesis. Every test has a thread of its own.
	static BLOCKS: RefCell<Vec<(Header, Vec<Transaction>)>> = const { RefCell::new(vec![]) };
}

/// The best block.
pub fn best() -> BlockRef {
	BLOCKS.with_borrow(|blocks| {
		let header = blocks.last().map_or(Network::Regtest.genesis(), |(header, _)| *header);
		BlockRef { height: blocks.len() as u32, hash: header.hash::<Native>() }
	})
}

/// The next block of ours, by the next validator that may make one. It reports what is new.
pub fn next_block(headers: Vec<Header>) {
	close_block();
	let slot = *pallet_babe::CurrentSlot::<Runtime>::get() + 1;
	let count = Session::validators().len() as u64;
	let authors = (slot..slot + count).map(|turn| (turn % count) as u32);
	let disabled = Session::disabled_validators();
	let author = authors.into_iter().find(|author| !disabled.contains(author)).expect("some may");
	open_block(slot, author);
	let headers = headers.iter().flat_map(Header::serialize).collect();
	let observation = Observation { headers, tip: Some(best()), fee_rate: None };
	let call = pallet_btc_light_client::Call::observe { observation };
	Executive::apply_extrinsic(UncheckedExtrinsic::new_bare(call.into()))
		.expect("the inherent is valid")
		.expect("and succeeds");
}

/// Mines a block with these transactions, and reports it.
pub fn mine(transactions: Vec<Transaction>) -> BlockRef {
	let coinbase = pay(ScriptBuf::new(), 50);
	let transactions = [vec![coinbase], transactions].concat();
	let leaves = transactions.iter().map(|tx| Native::sha256(&without_witnesses(tx))).collect();
	let before = BLOCKS.with_borrow(|blocks| blocks.last().map(|(header, _)| *header));
	let parent = before.unwrap_or(Network::Regtest.genesis());
	let mut header = Header {
		version: 4,
		prev: parent.hash::<Native>(),
		merkle_root: merkle::root::<Native>(leaves).expect("there is a coinbase"),
		time: parent.time + 600,
		bits: CompactTarget(0x207f_ffff),
		nonce: 0,
	};
	let target = header.bits.target().expect("regtest's");
	while U256::from_little_endian(&header.hash::<Native>().0) > target {
		header.nonce += 1;
	}
	BLOCKS.with_borrow_mut(|blocks| blocks.push((header, transactions)));
	next_block(vec![header]);
	best()
}

/// Mines a transaction, waits until its block may be relied on, and gives the proof.
pub fn confirm(transaction: &Transaction) -> InclusionClaim {
	let block = mine(vec![transaction.clone()]);
	while best().height < block.height + 6 {
		mine(vec![]);
	}
	while BtcLightClient::ensure_final(&block).is_err() {
		next_block(vec![]);
	}
	let proof = BLOCKS.with_borrow(|blocks| {
		let (_, transactions) = &blocks[block.height as usize - 1];
		InclusionProof::build::<Native>(transactions, 1).expect("it is the second")
	});
	InclusionClaim { block, proof }
}

/// A transaction that pays a script from somebody's coin. Every one is another.
pub fn pay(script: ScriptBuf, amount: u64) -> Transaction {
	std::thread_local!(static COINS: RefCell<u32> = const { RefCell::new(0) });
	let salt = COINS.with_borrow_mut(|coins| {
		*coins += 1;
		coins.to_le_bytes()
	});
	let coin = OutPoint { txid: Txid(Native::sha256d(&salt)), vout: 0 };
	let input = TxIn { previous_output: coin.into(), ..Default::default() };
	let output = TxOut { value: Amount::from_sat(amount), script_pubkey: script };
	let version = Version::TWO;
	Transaction { version, lock_time: LockTime::ZERO, input: vec![input], output: vec![output] }
}
