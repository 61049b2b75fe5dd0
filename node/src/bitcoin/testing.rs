// SPDX-License-Identifier: GPL-3.0-or-later WITH Classpath-exception-2.0

//! A chain of headers and a Bitcoin node for tests. The node can be made to lie.

use super::{
	light_client::LightClient,
	rpc::{BitcoinRpc, CallError},
};
use bitcoin::{
	absolute::LockTime,
	blockdata::{constants::genesis_block, transaction::Version},
	consensus::encode::{deserialize_hex, serialize_hex},
	hashes::Hash as _,
	Amount, Block, OutPoint, ScriptBuf, Sequence, Transaction, TxIn, TxOut, Witness,
};
use entangled_bitcoin::{
	target::work, BlockHash, BlockRef, CompactTarget, Header, Native, Network, Txid, U256,
};
use parking_lot::Mutex;
use polkadot_sdk::sp_api::ApiError;
use serde_json::{json, Value};
use std::collections::{HashMap, HashSet};

/// Regtest blocks from the genesis block on, without proof of work, which is the runtime's matter.
#[derive(Clone, Debug)]
pub struct FakeChain {
	headers: Vec<Header>,
	hashes: Vec<BlockHash>,
	transactions: Vec<Vec<Transaction>>,
	/// Heights below this one are pruned: the locator ends here.
	pub oldest: u32,
}

impl FakeChain {
	/// A chain whose tip has this height.
	pub fn new(height: u32) -> Self {
		Self::from_genesis(Network::Regtest.genesis()).extended(height, 0)
	}

	fn from_genesis(genesis: Header) -> Self {
		Self {
			headers: vec![genesis],
			hashes: vec![genesis.hash::<Native>()],
			transactions: vec![genesis_block(bitcoin::Network::Regtest).txdata],
			oldest: 0,
		}
	}

	fn push(&mut self, header: Header, transactions: Vec<Transaction>) {
		self.headers.push(header);
		self.hashes.push(header.hash::<Native>());
		self.transactions.push(transactions);
	}

	/// One more block, with these transactions after its coinbase.
	pub fn mined(&self, transactions: Vec<Transaction>) -> Self {
		let mut chain = self.clone();
		let bits = self.headers[0].bits;
		chain.mine(transactions, 0, bits);
		chain
	}

	fn mine(&mut self, transactions: Vec<Transaction>, salt: u32, bits: CompactTarget) {
		let tip = self.tip();
		let transactions = [vec![coinbase(tip.height + 1, salt)], transactions].concat();
		let ids = transactions.iter().map(|tx| tx.compute_txid().to_raw_hash());
		let root = bitcoin::merkle_tree::calculate_root(ids).unwrap();
		let header = Header {
			version: 4,
			prev: tip.hash,
			merkle_root: root.to_byte_array(),
			time: tip.height,
			bits,
			nonce: salt,
		};
		self.push(header, transactions);
	}

	/// The block at `height` with its transactions.
	pub fn bodies(&self, height: u32) -> Block {
		self.body(height as usize)
	}

	fn body(&self, height: usize) -> Block {
		let header = self.headers[height].serialize();
		let header = bitcoin::consensus::deserialize(&header).unwrap();
		Block { header, txdata: self.transactions[height].clone() }
	}

	/// A chain that shares nothing with any other salt's, not even the genesis block.
	pub fn forked_at_genesis(height: u32, salt: u32) -> Self {
		let mut genesis = Network::Regtest.genesis();
		genesis.nonce = salt;
		Self::from_genesis(genesis).extended(height, salt)
	}

	/// `count` more blocks; chains of different `salt` differ.
	pub fn extended(&self, count: u32, salt: u32) -> Self {
		self.extended_with(count, salt, self.headers[0].bits)
	}

	/// `count` more blocks of this difficulty.
	pub fn extended_with(&self, count: u32, salt: u32, bits: CompactTarget) -> Self {
		let mut chain = self.clone();
		for _ in 0..count {
			chain.mine(Vec::new(), salt, bits);
		}
		chain
	}

	/// Only the blocks up to `height`.
	pub fn cut(&self, height: u32) -> Self {
		let mut chain = self.clone();
		chain.headers.truncate(height as usize + 1);
		chain.hashes.truncate(height as usize + 1);
		chain.transactions.truncate(height as usize + 1);
		chain
	}

	/// The block at `height`.
	pub fn block(&self, height: u32) -> BlockRef {
		BlockRef { height, hash: self.hashes[height as usize] }
	}

	/// The last block.
	pub fn tip(&self) -> BlockRef {
		self.block(self.headers.len() as u32 - 1)
	}

	/// Headers from `height` on.
	pub fn headers(&self, height: u32) -> Vec<Header> {
		self.headers[height as usize..].to_vec()
	}

	/// Work above `height`.
	pub fn work(&self, height: u32) -> U256 {
		self.headers[height as usize + 1..]
			.iter()
			.fold(U256::zero(), |sum, header| sum + work(header.bits.target().unwrap()))
	}

	/// Does what the runtime does with valid headers; panics with those that it would refuse.
	pub fn applied(&self, headers: &[Header]) -> Self {
		let Some(first) = headers.first() else { return self.clone() };
		let parent = (0..=self.tip().height)
			.find(|height| self.block(*height).hash == first.prev)
			.expect("the first header's parent is known");
		let mut chain = self.cut(parent);
		for header in headers {
			assert_eq!(header.prev, chain.tip().hash, "headers follow one another");
			chain.push(*header, Vec::new());
		}
		if let Some(replaced) = self.headers.get(parent as usize + 1) {
			assert_ne!(replaced, first, "the first header is new");
			assert!(chain.work(parent) > self.work(parent), "a fork needs more work");
		}
		chain
	}
}

/// The first transaction of a block.
fn coinbase(height: u32, salt: u32) -> Transaction {
	let tag = [height.to_le_bytes(), salt.to_le_bytes()].concat();
	Transaction {
		version: Version::ONE,
		lock_time: LockTime::ZERO,
		input: vec![TxIn {
			previous_output: OutPoint::null(),
			script_sig: bitcoin::script::Builder::new()
				.push_slice(<[u8; 8]>::try_from(tag).unwrap())
				.into_script(),
			sequence: Sequence::MAX,
			witness: Witness::new(),
		}],
		output: vec![TxOut { value: Amount::from_sat(5_000_000_000), script_pubkey: op_true() }],
	}
}

/// A transaction that spends what nobody looks at, with these outputs.
pub fn payment(salt: u32, outputs: Vec<TxOut>) -> Transaction {
	let txid = bitcoin::Txid::from_byte_array([salt as u8; 32]);
	Transaction {
		version: Version::TWO,
		lock_time: LockTime::ZERO,
		input: vec![TxIn {
			previous_output: OutPoint { txid, vout: salt },
			script_sig: ScriptBuf::new(),
			sequence: Sequence::MAX,
			witness: Witness::from_slice(&[vec![7; 64]]),
		}],
		output: outputs,
	}
}

fn op_true() -> ScriptBuf {
	ScriptBuf::from(vec![0x51])
}

impl LightClient for FakeChain {
	fn network(&self) -> Result<Option<Network>, ApiError> {
		Ok(Some(Network::Regtest))
	}

	fn locator(&self) -> Result<Vec<BlockRef>, ApiError> {
		let (mut height, mut step) = (self.tip().height, 1);
		let mut locator = Vec::new();
		while height > self.oldest {
			locator.push(self.block(height));
			if locator.len() >= 10 {
				step *= 2;
			}
			height = height.saturating_sub(step);
		}
		locator.push(self.block(self.oldest));
		Ok(locator)
	}

	fn contains(&self, block: &BlockRef) -> Result<bool, ApiError> {
		let kept = (self.oldest..=self.tip().height).contains(&block.height);
		Ok(kept && self.block(block.height) == *block)
	}

	fn work_above(&self, height: u32, tip: u32) -> Result<U256, ApiError> {
		assert_eq!(tip, self.tip().height);
		Ok(self.work(height))
	}
}

/// A fault of a [`FakeNode`] in one method.
#[derive(Clone)]
pub enum Fault {
	/// Always answers this.
	Answers(Value),
	/// Always answers with this code.
	Refuses(i64),
	/// Always answers with this code and text.
	Says(i64, &'static str),
	/// The connection breaks.
	Breaks,
	/// The answer never comes.
	Hangs,
}

/// A Bitcoin node that answers from a [`FakeChain`], but for its faults.
pub struct FakeNode {
	pub chain: Mutex<FakeChain>,
	pub pool: Mutex<HashSet<Txid>>,
	pub faults: Mutex<HashMap<&'static str, Fault>>,
	pub calls: Mutex<HashMap<&'static str, usize>>,
}

impl FakeNode {
	pub fn new(chain: FakeChain) -> Self {
		Self {
			chain: Mutex::new(chain),
			pool: Default::default(),
			faults: Default::default(),
			calls: Default::default(),
		}
	}

	/// A node with one fault.
	pub fn faulty(chain: FakeChain, method: &'static str, fault: Fault) -> Self {
		let node = Self::new(chain);
		node.faults.lock().insert(method, fault);
		node
	}

	/// How often `method` was called since this was last asked.
	pub fn take_calls(&self, method: &str) -> usize {
		self.calls.lock().remove(method).unwrap_or(0)
	}

	fn answer(&self, method: &str, params: &[Value]) -> Result<Value, CallError> {
		let chain = self.chain.lock();
		match method {
			"getblockchaininfo" => {
				let tip = chain.tip();
				Ok(json!({ "chain": "regtest", "blocks": tip.height, "bestblockhash": tip.hash }))
			},
			"getblockhash" => match params[0].as_u64() {
				Some(height) if height <= chain.tip().height.into() => {
					Ok(json!(chain.block(height as u32).hash))
				},
				_ => Err(refusal(CallError::INVALID_PARAMETER)),
			},
			"getblockheader" => params[0]
				.as_str()
				.and_then(|text| text.parse::<BlockHash>().ok())
				.and_then(|hash| chain.hashes.iter().position(|known| *known == hash))
				.map(|height| json!(chain.headers[height]))
				.ok_or_else(|| refusal(CallError::NOT_FOUND)),
			"getblock" => params[0]
				.as_str()
				.and_then(|text| text.parse::<BlockHash>().ok())
				.and_then(|hash| chain.hashes.iter().position(|known| *known == hash))
				.map(|height| json!(serialize_hex(&chain.body(height))))
				.ok_or_else(|| refusal(CallError::NOT_FOUND)),
			"estimatesmartfee" => Ok(json!({ "feerate": 0.00012345, "blocks": 6 })),
			"getmempoolinfo" => Ok(json!({ "mempoolminfee": 1e-5, "minrelaytxfee": 1e-5 })),
			"getmempoolentry" => params[0]
				.as_str()
				.and_then(|text| text.parse().ok())
				.filter(|txid| self.pool.lock().contains(txid))
				.map(|_| json!({}))
				.ok_or_else(|| refusal(CallError::NOT_FOUND)),
			"sendrawtransaction" => {
				let sent: Transaction = deserialize_hex(params[0].as_str().unwrap()).unwrap();
				let txid = Txid::from(sent.compute_txid());
				self.pool.lock().insert(txid);
				Ok(json!(txid))
			},
			_ => Err(refusal(-32601)),
		}
	}
}

fn refusal(code: i64) -> CallError {
	CallError::Refused { code, message: "as scripted".into() }
}

#[async_trait::async_trait]
impl BitcoinRpc for std::sync::Arc<FakeNode> {
	fn name(&self) -> &str {
		"fake"
	}

	async fn call(&self, method: &'static str, params: &[Value]) -> Result<Value, CallError> {
		*self.calls.lock().entry(method).or_default() += 1;
		let fault = self.faults.lock().get(method).cloned();
		match fault {
			None => self.answer(method, params),
			Some(Fault::Answers(answer)) => Ok(answer),
			Some(Fault::Refuses(code)) => Err(refusal(code)),
			Some(Fault::Says(code, message)) => {
				Err(CallError::Refused { code, message: message.into() })
			},
			Some(Fault::Breaks) => Err(CallError::Connection("connection reset".into())),
			Some(Fault::Hangs) => Err(CallError::Timeout(super::rpc::CALL_TIMEOUT)),
		}
	}
}
