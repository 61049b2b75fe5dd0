//! Methods on the memory pool (`rpc/mempool.cpp`).

use std::collections::BTreeSet;

use bitcoin::{OutPoint, Txid};
use serde_json::{json, Map, Value};

use super::{
	args::{hash, type_error, Args},
	error::{Code, RpcError, RpcResult},
	Rpc,
};
use crate::bitcoin::{
	fee::btc,
	mempool::{
		standard::MAX_OP_RETURN_RELAY, Entry, Mempool, CLUSTER_LIMIT, CLUSTER_SIZE_LIMIT,
		INCREMENTAL_RELAY_FEE, MIN_RELAY_FEE,
	},
};

/// Bytes that Bitcoin Core's pool may use (`-maxmempool`). This pool has no limit.
const MAX_MEMPOOL: u64 = 300_000_000;

/// `getmempoolentry`.
pub fn get_mempool_entry(rpc: &Rpc, args: &Args) -> RpcResult {
	let txid = args.txid(0, "txid")?;
	let node = rpc.node();
	let error = || RpcError::new(Code::InvalidAddressOrKey, "Transaction not in mempool");
	Ok(entry(&node.mempool, node.mempool.get(&txid).ok_or_else(error)?))
}

/// `getmempoolinfo`.
pub fn get_mempool_info(rpc: &Rpc, _: &Args) -> RpcResult {
	let node = rpc.node();
	let entries = node.mempool.entries();
	let bytes: u64 = entries.iter().map(|entry| entry.vsize()).sum();
	let usage: usize = entries.iter().map(|entry| entry.transaction.total_size()).sum();
	let fees: u64 = entries.iter().map(|entry| entry.fee).sum();
	Ok(json!({
		"loaded": true,
		"size": entries.len(),
		"bytes": bytes,
		"usage": usage,
		"total_fee": btc(fees),
		"maxmempool": MAX_MEMPOOL,
		"mempoolminfee": btc(node.mempool.min_fee().to_sat_per_kvb()),
		"minrelaytxfee": btc(MIN_RELAY_FEE.to_sat_per_kvb()),
		"incrementalrelayfee": btc(INCREMENTAL_RELAY_FEE.to_sat_per_kvb()),
		"unbroadcastcount": 0,
		"fullrbf": true,
		"permitbaremultisig": true,
		"maxdatacarriersize": MAX_OP_RETURN_RELAY,
		"limitclustercount": CLUSTER_LIMIT,
		"limitclustersize": CLUSTER_SIZE_LIMIT,
		"optimal": true,
	}))
}

/// `getrawmempool`.
pub fn get_raw_mempool(rpc: &Rpc, args: &Args) -> RpcResult {
	let verbose = args.bool_or(0, false)?;
	let with_sequence = args.bool_or(1, false)?;
	if verbose && with_sequence {
		let message = "Verbose results cannot contain mempool sequence values.";
		return Err(RpcError::new(Code::InvalidParameter, message));
	}
	let node = rpc.node();
	let entries = node.mempool.entries();
	if verbose {
		let objects = entries.into_iter().map(|e| (e.txid.to_string(), entry(&node.mempool, e)));
		return Ok(Value::Object(objects.collect::<Map<_, _>>()));
	}
	let txids: Vec<String> = entries.into_iter().map(|entry| entry.txid.to_string()).collect();
	Ok(if with_sequence {
		json!({ "txids": txids, "mempool_sequence": node.mempool.sequence() })
	} else {
		json!(txids)
	})
}

/// `gettxspendingprevout`.
pub fn get_tx_spending_prevout(rpc: &Rpc, args: &Args) -> RpcResult {
	let outpoints = args.array(0)?.iter().map(outpoint).collect::<Result<Vec<_>, _>>()?;
	if outpoints.is_empty() {
		let message = "Invalid parameter, outputs are missing";
		return Err(RpcError::new(Code::InvalidParameter, message));
	}
	let node = rpc.node();
	let results = outpoints.iter().map(|outpoint| {
		let mut out = json!({ "txid": outpoint.txid.to_string(), "vout": outpoint.vout });
		if let Some(spender) = node.mempool.spender(outpoint) {
			out["spendingtxid"] = spender.to_string().into();
		}
		out
	});
	Ok(results.collect())
}

/// An output as an object with its transaction and its place (`RPCTypeCheckObj`, `ParseHashO`).
fn outpoint(value: &Value) -> Result<OutPoint, RpcError> {
	let fields = value.as_object().ok_or_else(|| type_error(value, "object"))?;
	let field = |name: &str| {
		let missing = || RpcError::new(Code::Type, format!("Missing {name}"));
		fields.get(name).ok_or_else(missing)
	};
	let (txid, vout) = (field("txid")?, field("vout")?);
	if let Some(other) = fields.keys().find(|name| !["txid", "vout"].contains(&name.as_str())) {
		return Err(RpcError::new(Code::Type, format!("Unexpected key {other}")));
	}
	let txid = hash(txid.as_str().ok_or_else(|| type_error(txid, "string"))?, "txid")?;
	let vout = vout.as_i64().ok_or_else(|| type_error(vout, "number"))?;
	let vout = u32::try_from(vout).map_err(|_| {
		RpcError::new(Code::InvalidParameter, "Invalid parameter, vout cannot be negative")
	})?;
	Ok(OutPoint { txid, vout })
}

/// One entry (`entryToJSON`).
fn entry(pool: &Mempool, entry: &Entry) -> Value {
	let (ancestors, ancestor_size, ancestor_fees) = totals(pool, pool.ancestors([entry.txid]));
	let (descendants, descendant_size, descendant_fees) =
		totals(pool, pool.descendants([entry.txid]));
	let chunks = pool.chunks(&pool.cluster([entry.txid]));
	let chunk = chunks.iter().find(|chunk| chunk.txids.contains(&entry.txid));
	let replaceable = pool
		.ancestors([entry.txid])
		.iter()
		.filter_map(|txid| pool.get(txid))
		.any(Entry::signals_replacement);
	json!({
		"vsize": entry.vsize(),
		"weight": entry.weight,
		"time": entry.time,
		"height": entry.height,
		"descendantcount": descendants,
		"descendantsize": descendant_size,
		"ancestorcount": ancestors,
		"ancestorsize": ancestor_size,
		"chunkweight": chunk.map_or(entry.adjusted_weight, |chunk| chunk.weight),
		"wtxid": entry.wtxid.to_string(),
		"fees": {
			"base": btc(entry.fee),
			"modified": btc(entry.fee),
			"ancestor": btc(ancestor_fees),
			"descendant": btc(descendant_fees),
			"chunk": btc(chunk.map_or(entry.fee, |chunk| chunk.fee)),
		},
		"depends": names(pool.parents(&entry.txid)),
		"spentby": names(pool.children(&entry.txid)),
		"bip125-replaceable": replaceable,
		"unbroadcast": false,
	})
}

/// Count, virtual size and fees.
fn totals(pool: &Mempool, txids: BTreeSet<Txid>) -> (usize, u64, u64) {
	let entries = txids.iter().filter_map(|txid| pool.get(txid));
	entries.fold((0, 0, 0), |(count, size, fees), entry| {
		(count + 1, size + entry.vsize(), fees + entry.fee)
	})
}

fn names(txids: BTreeSet<Txid>) -> Vec<String> {
	txids.iter().map(Txid::to_string).collect()
}
