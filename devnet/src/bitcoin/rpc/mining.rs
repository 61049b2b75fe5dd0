//! Methods that make and take blocks (`rpc/mining.cpp`).

use bitcoin::{
	block::Header,
	consensus::encode::{deserialize_hex, serialize_hex},
	Block, ScriptBuf, Transaction, Txid,
};
use serde_json::{json, Value};

use super::{
	args::{self, Args},
	error::{Code, RpcError, RpcResult},
	Rpc,
};
use crate::bitcoin::{
	chain::Submission,
	descriptor::{self, parse_address},
	miner,
	node::{Node, NodeError},
};

/// `generatetoaddress`. A regtest block takes two tries, so `maxtries` is not counted.
pub fn generate_to_address(rpc: &Rpc, args: &Args) -> RpcResult {
	let blocks = args.integer(0)?;
	args.optional_integer(2)?;
	let error = || RpcError::new(Code::InvalidAddressOrKey, "Error: Invalid address");
	let address = parse_address(args.string(1)?).ok_or_else(error)?;
	generate(rpc, blocks, &address.script_pubkey())
}

/// `generatetodescriptor`.
pub fn generate_to_descriptor(rpc: &Rpc, args: &Args) -> RpcResult {
	let blocks = args.integer(0)?;
	args.optional_integer(2)?;
	let script = descriptor::parse(args.string(1)?)?;
	generate(rpc, blocks, &script)
}

/// Mines block by block. Others get the node between two blocks, and the end of the node ends it.
fn generate(rpc: &Rpc, blocks: i64, script: &ScriptBuf) -> RpcResult {
	let mut hashes = Vec::new();
	for _ in 0..blocks {
		if rpc.shutdown().is_triggered() {
			break;
		}
		hashes.push(rpc.node().generate(script.clone())?.to_string());
	}
	Ok(json!(hashes))
}

/// `generateblock`. With `submit` false the block is returned without being validated.
pub fn generate_block(rpc: &Rpc, args: &Args) -> RpcResult {
	let output = args.string(0)?;
	let invalid =
		|| RpcError::new(Code::InvalidAddressOrKey, "Error: Invalid address or descriptor");
	let script = match parse_address(output) {
		Some(address) => address.script_pubkey(),
		None => descriptor::parse(output).map_err(|_| invalid())?,
	};
	let wanted = args.strings(1)?;
	let submit = args.bool_or(2, true)?;
	let mut node = rpc.node();
	let transactions =
		wanted.into_iter().map(|text| pick(&node, text)).collect::<Result<_, _>>()?;
	let block = miner::mine(&node.chain, script, transactions, 0, node.clock.now());
	let hash = block.block_hash();
	if !submit {
		return Ok(json!({ "hash": hash.to_string(), "hex": serialize_hex(&block) }));
	}
	match node.submit_block(block)? {
		Submission::Refused(reason) => {
			Err(RpcError::new(Code::Verify, format!("TestBlockValidity failed: {reason}")))
		},
		_ => Ok(json!({ "hash": hash.to_string() })),
	}
}

/// A waiting transaction by its id, or a raw transaction.
fn pick(node: &Node, text: &str) -> Result<Transaction, RpcError> {
	if let Ok(txid) = text.parse::<Txid>() {
		let error = || {
			RpcError::new(Code::InvalidAddressOrKey, format!("Transaction {text} not in mempool."))
		};
		return Ok(Transaction::clone(&node.mempool.get(&txid).ok_or_else(error)?.transaction));
	}
	args::transaction(
		text,
		format!("Transaction decode failed for {text}. Make sure the tx has at least one input."),
	)
}

/// `submitblock`: `null` when the block is valid and active, otherwise a BIP22 string.
pub fn submit_block(rpc: &Rpc, args: &Args) -> RpcResult {
	let error = |_| RpcError::new(Code::Deserialization, "Block decode failed");
	let mut block: Block = deserialize_hex(args.string(0)?).map_err(error)?;
	let mut node = rpc.node();
	if node.chain.tree().get(&block.header.prev_blockhash).is_some() {
		miner::fill_in_coinbase_witness(&mut block);
	}
	Ok(match node.submit_block(block)? {
		Submission::Accepted => Value::Null,
		Submission::Duplicate => "duplicate".into(),
		Submission::Inconclusive => "inconclusive".into(),
		Submission::Refused(reason) => reason.into(),
	})
}

/// `submitheader`.
pub fn submit_header(rpc: &Rpc, args: &Args) -> RpcResult {
	let error = |_| RpcError::new(Code::Deserialization, "Block header decode failed");
	let header: Header = deserialize_hex(args.string(0)?).map_err(error)?;
	let mut node = rpc.node();
	if node.chain.tree().get(&header.prev_blockhash).is_none() {
		let message = format!("Must submit previous header ({}) first", header.prev_blockhash);
		return Err(RpcError::new(Code::Verify, message));
	}
	let verdict = node.chain.submit_header(header).map_err(NodeError::from)?;
	verdict.map(|()| Value::Null).map_err(|reason| RpcError::new(Code::Verify, reason))
}
