//! Methods on unspent outputs (`rpc/blockchain.cpp`).

use std::collections::{BTreeMap, HashMap};

use bitcoin::{OutPoint, ScriptBuf};
use serde_json::{json, Value};

use super::{
	args::{type_error, Args},
	error::{Code, RpcError, RpcResult},
	render, Rpc,
};
use crate::bitcoin::{coins::Coin, descriptor, fee::btc};

/// `gettxout`.
pub fn get_tx_out(rpc: &Rpc, args: &Args) -> RpcResult {
	let txid = args.txid(0, "txid")?;
	let vout = u32::try_from(args.integer(1)?)
		.map_err(|_| RpcError::new(Code::Misc, "JSON integer out of range"))?;
	let include_mempool = args.bool_or(2, true)?;
	let outpoint = OutPoint { txid, vout };
	let node = rpc.node();
	if include_mempool && node.mempool.spender(&outpoint).is_some() {
		return Ok(Value::Null);
	}
	let confirmed = node
		.coins
		.get(&outpoint)
		.map(|coin| (&coin.output, node.chain.height() - coin.height + 1, coin.coinbase));
	let waiting = || {
		node.mempool.output(&outpoint).filter(|_| include_mempool).map(|output| (output, 0, false))
	};
	let Some((output, confirmations, coinbase)) = confirmed.or_else(waiting) else {
		return Ok(Value::Null);
	};
	Ok(json!({
		"bestblock": node.chain.tip().to_string(),
		"confirmations": confirmations,
		"value": btc(output.value.to_sat()),
		"scriptPubKey": render::script(&output.script_pubkey),
		"coinbase": coinbase,
	}))
}

/// `scantxoutset`. A scan is over when the call returns, so there is never one to abort or to ask
/// after.
pub fn scan_tx_out_set(rpc: &Rpc, args: &Args) -> RpcResult {
	match args.string(0)? {
		"start" => start_scan(rpc, args),
		"status" => Ok(Value::Null),
		"abort" => Ok(false.into()),
		action => Err(RpcError::new(Code::InvalidParameter, format!("Invalid action '{action}'"))),
	}
}

fn start_scan(rpc: &Rpc, args: &Args) -> RpcResult {
	if args.count() < 2 {
		return Err(RpcError::new(
			Code::Misc,
			"scanobjects argument is required for the start action",
		));
	}
	let mut wanted: HashMap<ScriptBuf, String> = HashMap::new();
	for object in args.array(1)? {
		let script = descriptor::parse(scan_descriptor(object)?)?;
		let inferred = descriptor::infer(&script);
		wanted.insert(script, inferred);
	}
	let node = rpc.node();
	let found: BTreeMap<&OutPoint, (&Coin, &String)> = node
		.coins
		.iter()
		.filter_map(|(outpoint, coin)| {
			Some((outpoint, (coin, wanted.get(&coin.output.script_pubkey)?)))
		})
		.collect();
	let height = node.chain.height();
	let unspents = found.iter().map(|(outpoint, (coin, desc))| {
		json!({
			"txid": outpoint.txid.to_string(),
			"vout": outpoint.vout,
			"scriptPubKey": coin.output.script_pubkey.to_hex_string(),
			"desc": desc,
			"amount": btc(coin.output.value.to_sat()),
			"coinbase": coin.coinbase,
			"height": coin.height,
			"blockhash": node.chain.hash_at(coin.height).map(|hash| hash.to_string()),
			"confirmations": height - coin.height + 1,
		})
	});
	let unspents: Vec<Value> = unspents.collect();
	let total: u64 = found.values().map(|(coin, _)| coin.output.value.to_sat()).sum();
	Ok(json!({
		"success": true,
		"txouts": node.coins.len(),
		"height": height,
		"bestblock": node.chain.tip().to_string(),
		"unspents": unspents,
		"total_amount": btc(total),
	}))
}

/// A scan object: a descriptor, or an object that holds one (`EvalDescriptorStringOrObject`).
fn scan_descriptor(object: &Value) -> Result<&str, RpcError> {
	match object {
		Value::String(descriptor) => Ok(descriptor),
		Value::Object(fields) => {
			let missing = || {
				RpcError::new(
					Code::InvalidParameter,
					"Descriptor needs to be provided in scan object",
				)
			};
			let descriptor = fields.get("desc").ok_or_else(missing)?;
			descriptor.as_str().ok_or_else(|| type_error(descriptor, "string"))
		},
		_ => Err(RpcError::new(
			Code::InvalidParameter,
			"Scan object needs to be either a string or an object",
		)),
	}
}
