//! Headers, blocks, transactions and scripts as JSON with Bitcoin Core's fields.

use bitcoin::{
	block::Header, consensus::encode::serialize_hex, hashes::Hash, Block, BlockHash, Script,
	Transaction, TxIn, TxOut, Work,
};
use serde_json::{json, Map, Value};

use crate::bitcoin::{
	chain::tree::BlockEntry,
	coins::Coin,
	descriptor,
	fee::btc,
	node::Node,
	script::{address, asm, ScriptKind},
};

/// How much of a transaction is shown (`TxVerbosity`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Detail {
	/// Its id.
	Txid,
	/// All of it, with the fee where the spent coins are known.
	Full,
	/// And the coins it spends.
	Prevouts,
}

/// A JSON object from fields in `json!`. Anything else stays empty.
fn object(value: Value) -> Map<String, Value> {
	match value {
		Value::Object(map) => map,
		_ => Map::new(),
	}
}

/// A script (`ScriptToUniv`).
pub fn script(script: &Script) -> Value {
	let kind = ScriptKind::of(script);
	let mut out = object(json!({
		"asm": asm(script, false),
		"desc": descriptor::infer(script),
		"hex": script.to_hex_string(),
		"type": kind.name(),
	}));
	if let Some(address) = address(script).filter(|_| kind != ScriptKind::PubKey) {
		out.insert("address".into(), address.to_string().into());
	}
	Value::Object(out)
}

/// A transaction (`TxToUniv`). `spent` are the coins of its inputs, in order, where they are known.
pub fn transaction(
	transaction: &Transaction,
	spent: Option<&[Coin]>,
	detail: Detail,
	with_hex: bool,
) -> Map<String, Value> {
	let coinbase = transaction.is_coinbase();
	let spent = spent.filter(|coins| !coinbase && coins.len() == transaction.input.len());
	let shown = spent.filter(|_| detail == Detail::Prevouts).unwrap_or_default();
	let inputs = transaction.input.iter().enumerate();
	let mut out = object(json!({
		"txid": transaction.compute_txid().to_string(),
		"hash": transaction.compute_wtxid().to_string(),
		"version": transaction.version.0 as u32,
		"size": transaction.total_size(),
		"vsize": transaction.vsize(),
		"weight": transaction.weight().to_wu(),
		"locktime": transaction.lock_time.to_consensus_u32(),
		"vin": inputs.map(|(n, input)| tx_in(input, coinbase, shown.get(n))).collect::<Value>(),
		"vout": transaction.output.iter().enumerate().map(tx_out).collect::<Value>(),
	}));
	if let Some(coins) = spent {
		let paid_in: u64 = coins.iter().map(|coin| coin.output.value.to_sat()).sum();
		let paid_out: u64 = transaction.output.iter().map(|output| output.value.to_sat()).sum();
		out.insert("fee".into(), btc(paid_in.saturating_sub(paid_out)));
	}
	if with_hex {
		out.insert("hex".into(), serialize_hex(transaction).into());
	}
	out
}

fn tx_in(input: &TxIn, coinbase: bool, spent: Option<&Coin>) -> Value {
	let script_sig = &input.script_sig;
	let mut out = Map::new();
	if coinbase {
		out.insert("coinbase".into(), script_sig.to_hex_string().into());
	} else {
		let script = json!({ "asm": asm(script_sig, true), "hex": script_sig.to_hex_string() });
		out.insert("txid".into(), input.previous_output.txid.to_string().into());
		out.insert("vout".into(), input.previous_output.vout.into());
		out.insert("scriptSig".into(), script);
	}
	if !input.witness.is_empty() {
		out.insert("txinwitness".into(), input.witness.iter().map(hex::encode).collect());
	}
	if let Some(coin) = spent {
		let prevout = json!({
			"generated": coin.coinbase,
			"height": coin.height,
			"value": btc(coin.output.value.to_sat()),
			"scriptPubKey": script(&coin.output.script_pubkey),
		});
		out.insert("prevout".into(), prevout);
	}
	out.insert("sequence".into(), input.sequence.to_consensus_u32().into());
	Value::Object(out)
}

fn tx_out((n, output): (usize, &TxOut)) -> Value {
	json!({
		"value": btc(output.value.to_sat()),
		"n": n,
		"scriptPubKey": script(&output.script_pubkey),
	})
}

/// A header with what is known of its place (`blockheaderToJSON`).
pub fn header(node: &Node, entry: &BlockEntry) -> Map<String, Value> {
	let mut out = object(json!({
		"hash": entry.hash.to_string(),
		"confirmations": confirmations(node, entry),
		"height": entry.height,
		"version": entry.header.version.to_consensus(),
		"versionHex": format!("{:08x}", entry.header.version.to_consensus()),
		"merkleroot": entry.header.merkle_root.to_string(),
		"time": entry.header.time,
		"mediantime": node.chain.tree().median_time_past(&entry.hash),
		"nonce": entry.header.nonce,
		"bits": bits(&entry.header),
		"target": target(&entry.header),
		"difficulty": entry.header.difficulty_float(),
		"chainwork": work(entry.work),
		"nTx": entry.block.as_ref().map_or(0, |block| block.txdata.len()),
	}));
	if entry.header.prev_blockhash != BlockHash::all_zeros() {
		out.insert("previousblockhash".into(), entry.header.prev_blockhash.to_string().into());
	}
	if let Some(next) = node.chain.hash_at(entry.height + 1).filter(|_| node.chain.is_active(entry))
	{
		out.insert("nextblockhash".into(), next.to_string().into());
	}
	out
}

/// A block (`blockToJSON`).
pub fn block(node: &Node, entry: &BlockEntry, block: &Block, detail: Detail) -> Map<String, Value> {
	let mut out = header(node, entry);
	let size = block.total_size() as u64;
	let weight = block.weight().to_wu();
	out.insert("strippedsize".into(), (weight.saturating_sub(size) / 3).into());
	out.insert("size".into(), size.into());
	out.insert("weight".into(), weight.into());
	if let Some(coinbase) = block.coinbase() {
		out.insert("coinbase_tx".into(), coinbase_summary(coinbase));
	}
	let active = node.chain.is_active(entry);
	let show = |(position, tx): (usize, &Transaction)| {
		if detail == Detail::Txid {
			return tx.compute_txid().to_string().into();
		}
		let spent = if active { node.coins.spent_by(entry.height, position) } else { None };
		Value::Object(transaction(tx, spent, detail, true))
	};
	out.insert("tx".into(), block.txdata.iter().enumerate().map(show).collect());
	out
}

/// The coinbase's own data (`coinbaseTxToJSON`).
fn coinbase_summary(coinbase: &Transaction) -> Value {
	let input = coinbase.input.first();
	let mut out = object(json!({
		"version": coinbase.version.0 as u32,
		"locktime": coinbase.lock_time.to_consensus_u32(),
		"sequence": input.map(|input| input.sequence.to_consensus_u32()),
		"coinbase": input.map(|input| input.script_sig.to_hex_string()),
	}));
	if let Some(item) = input.and_then(|input| input.witness.iter().next()) {
		out.insert("witness".into(), hex::encode(item).into());
	}
	Value::Object(out)
}

/// Blocks on top of it and itself, or -1 off the active chain.
pub fn confirmations(node: &Node, entry: &BlockEntry) -> i64 {
	if node.chain.is_active(entry) {
		i64::from(node.chain.height()) - i64::from(entry.height) + 1
	} else {
		-1
	}
}

/// The compact target.
pub fn bits(header: &Header) -> String {
	format!("{:08x}", header.bits.to_consensus())
}

/// The target as a number of 32 bytes.
pub fn target(header: &Header) -> String {
	hex::encode(header.target().to_be_bytes())
}

/// Work as a number of 32 bytes.
pub fn work(work: Work) -> String {
	hex::encode(work.to_be_bytes())
}
