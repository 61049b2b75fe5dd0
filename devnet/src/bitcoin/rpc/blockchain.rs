//! Methods on blocks (`rpc/blockchain.cpp`).

use std::sync::Arc;

use bitcoin::{consensus::encode::serialize_hex, Block, BlockHash};
use serde_json::{json, Value};

use super::{
	args::Args,
	error::{Code, RpcError, RpcResult},
	render::{self, Detail},
	Rpc,
};
use crate::bitcoin::{chain::tree::BlockEntry, node::Node};

/// `getbestblockhash`.
pub fn get_best_block_hash(rpc: &Rpc, _: &Args) -> RpcResult {
	Ok(rpc.node().chain.tip().to_string().into())
}

/// `getblockcount`.
pub fn get_block_count(rpc: &Rpc, _: &Args) -> RpcResult {
	Ok(rpc.node().chain.height().into())
}

/// `getblockhash`.
pub fn get_block_hash(rpc: &Rpc, args: &Args) -> RpcResult {
	let height = u32::try_from(args.integer(0)?).ok();
	let hash = height.and_then(|height| rpc.node().chain.hash_at(height));
	let error = || RpcError::new(Code::InvalidParameter, "Block height out of range");
	Ok(hash.ok_or_else(error)?.to_string().into())
}

/// `getblockheader`.
pub fn get_block_header(rpc: &Rpc, args: &Args) -> RpcResult {
	let hash = args.block_hash(0, "hash")?;
	let verbose = args.bool_or(1, true)?;
	let node = rpc.node();
	let entry = find(&node, &hash)?;
	Ok(if verbose {
		Value::Object(render::header(&node, entry))
	} else {
		serialize_hex(&entry.header).into()
	})
}

/// `getblock`.
pub fn get_block(rpc: &Rpc, args: &Args) -> RpcResult {
	let hash = args.block_hash(0, "blockhash")?;
	let verbosity = args.verbosity_or(1, 1)?;
	let node = rpc.node();
	let entry = find(&node, &hash)?;
	let block = data(entry)?;
	let detail = match verbosity {
		..=0 => return Ok(serialize_hex(block.as_ref()).into()),
		1 => Detail::Txid,
		2 => Detail::Full,
		3.. => Detail::Prevouts,
	};
	Ok(Value::Object(render::block(&node, entry, block, detail)))
}

/// `getblockchaininfo`.
pub fn get_blockchain_info(rpc: &Rpc, _: &Args) -> RpcResult {
	let node = rpc.node();
	let tip = find(&node, &node.chain.tip())?;
	Ok(json!({
		"chain": "regtest",
		"blocks": tip.height,
		"headers": node.chain.best_header_height(),
		"bestblockhash": tip.hash.to_string(),
		"bits": render::bits(&tip.header),
		"target": render::target(&tip.header),
		"difficulty": tip.header.difficulty_float(),
		"time": tip.header.time,
		"mediantime": node.chain.tree().median_time_past(&tip.hash),
		"verificationprogress": 1.0,
		"initialblockdownload": node.is_initial_block_download(),
		"chainwork": render::work(tip.work),
		"size_on_disk": node.chain.size_on_disk(),
		"pruned": false,
		"warnings": [],
	}))
}

/// `getchaintips`.
pub fn get_chain_tips(rpc: &Rpc, _: &Args) -> RpcResult {
	let node = rpc.node();
	let tips = node.chain.tips().into_iter().map(|(tip, status)| {
		json!({
			"height": tip.height,
			"hash": tip.hash.to_string(),
			"branchlen": node.chain.branch_length(tip),
			"status": status.name(),
		})
	});
	Ok(tips.collect())
}

/// `invalidateblock`.
pub fn invalidate_block(rpc: &Rpc, args: &Args) -> RpcResult {
	let hash = args.block_hash(0, "blockhash")?;
	let mut node = rpc.node();
	find(&node, &hash)?;
	node.invalidate_block(hash)?;
	Ok(Value::Null)
}

/// `reconsiderblock`.
pub fn reconsider_block(rpc: &Rpc, args: &Args) -> RpcResult {
	let hash = args.block_hash(0, "blockhash")?;
	let mut node = rpc.node();
	find(&node, &hash)?;
	node.reconsider_block(hash)?;
	Ok(Value::Null)
}

/// The entry of a known block.
pub fn find<'a>(node: &'a Node, hash: &BlockHash) -> Result<&'a BlockEntry, RpcError> {
	node.chain
		.tree()
		.get(hash)
		.ok_or_else(|| RpcError::new(Code::InvalidAddressOrKey, "Block not found"))
}

/// The block of an entry.
pub fn data(entry: &BlockEntry) -> Result<&Arc<Block>, RpcError> {
	let error = || RpcError::new(Code::Misc, "Block not available (not fully downloaded)");
	entry.block.as_ref().ok_or_else(error)
}
