//! Methods on transactions (`rpc/rawtransaction.cpp`, `rpc/txoutproof.cpp`).

use std::{collections::BTreeSet, sync::Arc};

use bitcoin::{
	consensus::encode::serialize_hex, hashes::Hash, BlockHash, MerkleBlock, Transaction, Txid,
};
use serde_json::{Map, Value};

use super::{
	args::{self, Args},
	blockchain,
	error::{Code, RpcError, RpcResult},
	render::{self, Detail},
	Rpc,
};
use crate::bitcoin::{chain::tree::BlockEntry, coins::Coin, node::Node};

/// `getrawtransaction`.
pub fn get_raw_transaction(rpc: &Rpc, args: &Args) -> RpcResult {
	let txid = args.txid(0, "parameter 1")?;
	let verbosity = args.verbosity_or(1, 0)?;
	let block_hash = args.optional_block_hash(2, "parameter 3")?;
	let node = rpc.node();
	let genesis = node.chain.tree().get(&node.chain.tree().genesis());
	if genesis
		.is_some_and(|genesis| genesis.header.merkle_root.to_byte_array() == txid.to_byte_array())
	{
		let message =
			"The genesis block coinbase is not considered an ordinary transaction and cannot be retrieved";
		return Err(RpcError::new(Code::InvalidAddressOrKey, message));
	}
	let (transaction, entry) = locate(&node, &txid, block_hash)?;
	if verbosity <= 0 {
		return Ok(serialize_hex(transaction.as_ref()).into());
	}
	let detail = if verbosity == 1 { Detail::Full } else { Detail::Prevouts };
	let spent = if verbosity == 1 { None } else { spent_coins(&node, &transaction, entry) };
	let mut out = render::transaction(&transaction, spent.as_deref(), detail, true);
	if let Some(entry) = entry {
		if block_hash.is_some() {
			out.insert("in_active_chain".into(), node.chain.is_active(entry).into());
		}
		insert_place(&node, entry, &mut out);
	}
	Ok(Value::Object(out))
}

/// Where a transaction stands in the chain (`TxToJSON`).
fn insert_place(node: &Node, entry: &BlockEntry, out: &mut Map<String, Value>) {
	out.insert("blockhash".into(), entry.hash.to_string().into());
	if node.chain.is_active(entry) {
		out.insert("confirmations".into(), render::confirmations(node, entry).into());
		out.insert("time".into(), entry.header.time.into());
		out.insert("blocktime".into(), entry.header.time.into());
	} else {
		out.insert("confirmations".into(), 0.into());
	}
}

/// A transaction of the pool or of an active block, or of the block that is asked for.
fn locate<'a>(
	node: &'a Node,
	txid: &Txid,
	block_hash: Option<BlockHash>,
) -> Result<(Arc<Transaction>, Option<&'a BlockEntry>), RpcError> {
	let not_found = |what: &str| {
		let message = format!("{what}. Use gettransaction for wallet transactions.");
		RpcError::new(Code::InvalidAddressOrKey, message)
	};
	if let Some(hash) = block_hash {
		let error = || RpcError::new(Code::InvalidAddressOrKey, "Block hash not found");
		let entry = node.chain.tree().get(&hash).ok_or_else(error)?;
		if entry.block.is_none() {
			return Err(RpcError::new(Code::Misc, "Block not available"));
		}
		let transaction = transaction_in(entry, txid);
		let transaction = transaction
			.ok_or_else(|| not_found("No such transaction found in the provided block"))?;
		return Ok((transaction, Some(entry)));
	}
	if let Some(waiting) = node.mempool.get(txid) {
		return Ok((waiting.transaction.clone(), None));
	}
	let entry = node.coins.block_of(txid).and_then(|hash| node.chain.tree().get(&hash));
	let found = entry.and_then(|entry| Some((transaction_in(entry, txid)?, Some(entry))));
	found.ok_or_else(|| not_found("No such mempool or blockchain transaction"))
}

fn transaction_in(entry: &BlockEntry, txid: &Txid) -> Option<Arc<Transaction>> {
	let block = entry.block.as_ref()?;
	block
		.txdata
		.iter()
		.find(|transaction| transaction.compute_txid() == *txid)
		.cloned()
		.map(Arc::new)
}

/// The coins that a transaction of an active block has spent.
fn spent_coins(
	node: &Node,
	transaction: &Transaction,
	entry: Option<&BlockEntry>,
) -> Option<Vec<Coin>> {
	let entry = entry.filter(|entry| node.chain.is_active(entry))?;
	let txid = transaction.compute_txid();
	let position =
		entry.block.as_ref()?.txdata.iter().position(|other| other.compute_txid() == txid)?;
	node.coins.spent_by(entry.height, position).map(<[Coin]>::to_vec)
}

/// `decoderawtransaction`. The form is told from the bytes, so `iswitness` changes nothing for a
/// transaction with inputs.
pub fn decode_raw_transaction(_: &Rpc, args: &Args) -> RpcResult {
	args.bool_or(1, true)?;
	let transaction = args::transaction(args.string(0)?, "TX decode failed")?;
	Ok(Value::Object(render::transaction(&transaction, None, Detail::Full, false)))
}

/// `gettxoutproof`.
pub fn get_tx_out_proof(rpc: &Rpc, args: &Args) -> RpcResult {
	let mut txids = BTreeSet::new();
	for text in args.strings(0)? {
		if !txids.insert(args::hash::<Txid>(text, "txid")?) {
			let message = format!("Invalid parameter, duplicated txid: {text}");
			return Err(RpcError::new(Code::InvalidParameter, message));
		}
	}
	if txids.is_empty() {
		return Err(RpcError::new(Code::InvalidParameter, "Parameter 'txids' cannot be empty"));
	}
	let wanted = args.optional_block_hash(1, "blockhash")?;
	let node = rpc.node();
	let hash = match wanted {
		Some(hash) => hash,
		None => {
			let error = || RpcError::new(Code::InvalidAddressOrKey, "Transaction not yet in block");
			txids.iter().find_map(|txid| node.coins.block_of(txid)).ok_or_else(error)?
		},
	};
	let block = blockchain::data(blockchain::find(&node, &hash)?)?;
	let found = block
		.txdata
		.iter()
		.filter(|transaction| txids.contains(&transaction.compute_txid()))
		.count();
	if found != txids.len() {
		let message = "Not all transactions found in specified or retrieved block";
		return Err(RpcError::new(Code::InvalidAddressOrKey, message));
	}
	let proof = MerkleBlock::from_block_with_predicate(block, |txid| txids.contains(txid));
	Ok(serialize_hex(&proof).into())
}
