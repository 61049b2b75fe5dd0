//! Methods on the node itself, and small helpers (`rpc/server.cpp`, `rpc/net.cpp`, `rpc/node.cpp`,
//! `rpc/fees.cpp`, `rpc/output_script.cpp`).

use std::{fmt::Write, thread, time::Duration};

use serde_json::{json, Value};

use super::{
	args::Args,
	error::{Code, RpcError, RpcResult},
	methods::{self, METHODS},
	Rpc,
};
use crate::bitcoin::{
	descriptor::parse_address,
	fee::btc,
	mempool::{INCREMENTAL_RELAY_FEE, MIN_RELAY_FEE},
};

/// The release of Bitcoin Core whose interface is served (`CLIENT_VERSION`).
const VERSION: u32 = 310_000;
/// Names this implementation, as a comment in the form of BIP14.
const SUBVERSION: &str = "/Satoshi:31.0.0(entangled-regtest)/";
/// `PROTOCOL_VERSION`.
const PROTOCOL_VERSION: u32 = 70_016;
/// Most blocks ahead that a fee is estimated for.
const MAX_CONF_TARGET: i64 = 1_008;

/// `help`.
pub fn help(_: &Rpc, args: &Args) -> RpcResult {
	if let Some(name) = args.optional_string(0)? {
		let text = methods::find(name)
			.map_or_else(|| format!("help: unknown command: {name}"), methods::Method::help);
		return Ok(text.into());
	}
	let mut text = String::new();
	let mut category = "";
	for method in METHODS {
		if method.category != category {
			category = method.category;
			let gap = if text.is_empty() { "" } else { "\n" };
			// Writing to a string cannot fail.
			let _ = writeln!(text, "{gap}== {category} ==");
		}
		let _ = writeln!(text, "{}", method.usage());
	}
	Ok(text.trim_end().into())
}

/// `stop`. The answer still reaches the client.
pub fn stop(rpc: &Rpc, args: &Args) -> RpcResult {
	let wait = args.optional_integer(0)?.and_then(|wait| u64::try_from(wait).ok());
	rpc.shutdown().trigger();
	// Bounded by the time that the server gives requests in hand.
	thread::sleep(Duration::from_millis(wait.unwrap_or(0).min(4_000)));
	Ok("Bitcoin Core stopping".into())
}

/// `uptime`.
pub fn uptime(rpc: &Rpc, _: &Args) -> RpcResult {
	Ok(rpc.node().uptime().into())
}

/// `getnetworkinfo`: a node that has no peers.
pub fn get_network_info(_: &Rpc, _: &Args) -> RpcResult {
	let networks: Vec<Value> = ["ipv4", "ipv6", "onion", "i2p", "cjdns"]
		.into_iter()
		.map(|name| {
			json!({
				"name": name,
				"limited": true,
				"reachable": false,
				"proxy": "",
				"proxy_randomize_credentials": false,
			})
		})
		.collect();
	Ok(json!({
		"version": VERSION,
		"subversion": SUBVERSION,
		"protocolversion": PROTOCOL_VERSION,
		"localservices": "0000000000000009",
		"localservicesnames": ["NETWORK", "WITNESS"],
		"localrelay": true,
		"timeoffset": 0,
		"networkactive": false,
		"connections": 0,
		"connections_in": 0,
		"connections_out": 0,
		"networks": networks,
		"relayfee": btc(MIN_RELAY_FEE.to_sat_per_kvb()),
		"incrementalfee": btc(INCREMENTAL_RELAY_FEE.to_sat_per_kvb()),
		"localaddresses": [],
		"warnings": [],
	}))
}

/// `getindexinfo`: the transaction index, always at the tip.
pub fn get_index_info(rpc: &Rpc, args: &Args) -> RpcResult {
	let wanted = args.optional_string(0)?;
	if wanted.is_some_and(|name| !name.is_empty() && name != "txindex") {
		return Ok(json!({}));
	}
	Ok(json!({ "txindex": { "synced": true, "best_block_height": rpc.node().chain.height() } }))
}

/// `estimatesmartfee`: what `setfeerate` has set. Bitcoin Core has no estimate on a fresh regtest
/// either.
pub fn estimate_smart_fee(rpc: &Rpc, args: &Args) -> RpcResult {
	let target = args.integer(0)?;
	if !(1..=MAX_CONF_TARGET).contains(&target) {
		let message = format!("Invalid conf_target, must be between 1 and {MAX_CONF_TARGET}");
		return Err(RpcError::new(Code::InvalidParameter, message));
	}
	let mode = args.optional_string(1)?.unwrap_or("economical").to_lowercase();
	if !["unset", "economical", "conservative"].contains(&mode.as_str()) {
		let message = "Invalid estimate_mode parameter, must be one of: \"unset\", \"economical\", \"conservative\"";
		return Err(RpcError::new(Code::InvalidParameter, message));
	}
	let node = rpc.node();
	let blocks = target.max(2);
	Ok(match node.fee_estimate {
		Some(rate) => {
			let rate = rate.max(node.mempool.min_fee());
			json!({ "feerate": btc(rate.to_sat_per_kvb()), "blocks": blocks })
		},
		None => json!({ "errors": ["Insufficient data or no feerate found"], "blocks": blocks }),
	})
}

/// `validateaddress`.
pub fn validate_address(_: &Rpc, args: &Args) -> RpcResult {
	let text = args.string(0)?;
	let Some(address) = parse_address(text) else {
		let error = "Invalid or unsupported Segwit (Bech32) or Base58 encoding.";
		return Ok(json!({ "isvalid": false, "error_locations": [], "error": error }));
	};
	let script = address.script_pubkey();
	let mut out = json!({
		"isvalid": true,
		"address": address.to_string(),
		"scriptPubKey": script.to_hex_string(),
		"isscript": script.is_p2sh() || script.is_p2wsh() || script.is_p2tr(),
		"iswitness": script.is_witness_program(),
	});
	if let Some(program) = address.witness_program() {
		out["witness_version"] = program.version().to_num().into();
		out["witness_program"] = hex::encode(program.program().as_bytes()).into();
	}
	Ok(out)
}
