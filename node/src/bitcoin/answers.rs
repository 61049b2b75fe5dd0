// SPDX-License-Identifier: GPL-3.0-or-later WITH Classpath-exception-2.0

//! The few calls that we make to a Bitcoin node, each with its answer checked for shape.

use super::{
	rpc::{clip, BitcoinRpc, CallError},
	LOG_TARGET,
};
use bitcoin::{
	consensus::encode::deserialize_hex,
	hex::{DisplayHex, FromHex},
	Amount, Block,
};
use entangled_bitcoin::{BlockHash, BlockRef, FeeRate, Header, Network, Sats, Txid};
use serde_json::{json, Value};

/// Blocks within which a transaction at the estimated fee rate should confirm.
const FEE_TARGET_BLOCKS: u32 = 6;

/// What a Bitcoin node says of its best chain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ChainInfo {
	/// The network that it is on.
	pub network: Network,
	/// Its best block.
	pub best: BlockRef,
}

/// `getblockchaininfo`, of which three fields matter.
pub async fn chain_info(rpc: &dyn BitcoinRpc) -> Result<ChainInfo, CallError> {
	let answer = rpc.call("getblockchaininfo", &[]).await?;
	let name = text(&answer["chain"], "chain")?;
	let network = network(name)
		.ok_or_else(|| CallError::Malformed(format!("unknown network {}", clip(name))))?;
	let height = answer["blocks"]
		.as_u64()
		.and_then(|height| u32::try_from(height).ok())
		.ok_or_else(|| CallError::Malformed("blocks is not a height".into()))?;
	let hash = hash(&answer["bestblockhash"], "bestblockhash")?;
	Ok(ChainInfo { network, best: BlockRef { height, hash } })
}

/// `getblockhash`: the best chain's block at `height`; `None` above its tip.
pub async fn block_hash(rpc: &dyn BitcoinRpc, height: u32) -> Result<Option<BlockHash>, CallError> {
	match rpc.call("getblockhash", &[json!(height)]).await {
		Ok(answer) => hash(&answer, "getblockhash").map(Some),
		Err(CallError::Refused { code: CallError::INVALID_PARAMETER, .. }) => Ok(None),
		Err(error) => Err(error),
	}
}

/// `getblockheader`: the header with this hash. That it has this hash is checked.
pub async fn header(rpc: &dyn BitcoinRpc, hash: BlockHash) -> Result<Header, CallError> {
	let answer = rpc.call("getblockheader", &[json!(hash), json!(false)]).await?;
	let digits = text(&answer, "getblockheader")?;
	let bytes = <[u8; Header::SIZE]>::from_hex(digits)
		.map_err(|error| CallError::Malformed(format!("header of {hash}: {error}")))?;
	let header = Header::parse(&bytes);
	if header.hash::<entangled_bitcoin::Native>() != hash {
		return Err(CallError::Malformed(format!("the header given for {hash} hashes otherwise")));
	}
	Ok(header)
}

/// `getblock`: the block with this hash. That it has this hash, and that its transactions are those
/// that the header names, is checked.
pub async fn block(rpc: &dyn BitcoinRpc, hash: BlockHash) -> Result<Block, CallError> {
	let answer = rpc.call("getblock", &[json!(hash), json!(0)]).await?;
	let block: Block = deserialize_hex(text(&answer, "getblock")?)
		.map_err(|error| CallError::Malformed(format!("block {hash}: {error}")))?;
	if BlockHash::from(block.block_hash()) != hash {
		return Err(CallError::Malformed(format!("the block given for {hash} hashes otherwise")));
	}
	if !block.check_merkle_root() {
		return Err(CallError::Malformed(format!("block {hash} with other transactions")));
	}
	Ok(block)
}

/// What a transaction should pay to be mined soon: the node's estimate, but never less than the
/// node itself takes now.
///
/// `None` when the node has no estimate, as on a quiet network. But when its memory pool is full, so
/// that it asks for more than it usually relays, that is the least that helps, and is reported
/// without an estimate as well. What is above [`FeeRate::MAX`] is not believed.
pub async fn fee_rate(rpc: &dyn BitcoinRpc) -> Option<FeeRate> {
	fn believed<T>(rpc: &dyn BitcoinRpc, answer: Result<T, CallError>) -> Option<T> {
		answer
			.inspect_err(
				|error| log::debug!(target: LOG_TARGET, "no fee rate from {}: {error}", rpc.name()),
			)
			.ok()
	}
	let estimate = believed(rpc, estimated_fee_rate(rpc).await).flatten();
	let minimum = believed(rpc, pool_minimum(rpc).await);
	match (estimate, minimum) {
		(Some(estimate), Some(minimum)) => Some(estimate.max(minimum.now).max(minimum.relay)),
		(Some(estimate), None) => Some(estimate),
		(None, Some(PoolMinimum { now, relay })) if now > relay => Some(now.max(FeeRate::MIN)),
		(None, _) => None,
	}
}

/// `estimatesmartfee`: `None` when the node has no estimate. One below what Bitcoin Core relays is
/// raised to that.
async fn estimated_fee_rate(rpc: &dyn BitcoinRpc) -> Result<Option<FeeRate>, CallError> {
	let answer = rpc.call("estimatesmartfee", &[json!(FEE_TARGET_BLOCKS)]).await?;
	let Some(btc) = answer.get("feerate").filter(|rate| !rate.is_null()) else { return Ok(None) };
	rate(btc, "feerate").map(|rate| Some(rate.max(FeeRate::MIN)))
}

/// The least fee rates that a node takes transactions for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PoolMinimum {
	/// At this moment; more than `relay` while its memory pool is full.
	pub now: FeeRate,
	/// At any time.
	pub relay: FeeRate,
}

/// `getmempoolinfo`, of which two fields matter.
pub async fn pool_minimum(rpc: &dyn BitcoinRpc) -> Result<PoolMinimum, CallError> {
	let answer = rpc.call("getmempoolinfo", &[]).await?;
	Ok(PoolMinimum {
		now: rate(&answer["mempoolminfee"], "mempoolminfee")?,
		relay: rate(&answer["minrelaytxfee"], "minrelaytxfee")?,
	})
}

/// `getmempoolentry`: whether the transaction waits in the node's memory pool.
pub async fn is_in_pool(rpc: &dyn BitcoinRpc, txid: Txid) -> Result<bool, CallError> {
	match rpc.call("getmempoolentry", &[json!(txid)]).await {
		Ok(_) => Ok(true),
		Err(CallError::Refused { code: CallError::NOT_FOUND, .. }) => Ok(false),
		Err(error) => Err(error),
	}
}

/// `sendrawtransaction`. A transaction that waits in the node's pool already is sent to its peers
/// again.
pub async fn send_transaction(rpc: &dyn BitcoinRpc, bytes: &[u8]) -> Result<(), CallError> {
	let answer = rpc.call("sendrawtransaction", &[json!(bytes.to_lower_hex_string())]).await?;
	text(&answer, "sendrawtransaction")?
		.parse::<Txid>()
		.map(drop)
		.map_err(|error| CallError::Malformed(format!("not a transaction id: {error}")))
}

/// The network that Bitcoin Core calls `name` (`CBaseChainParams`).
pub fn network(name: &str) -> Option<Network> {
	Some(match name {
		"main" => Network::Mainnet,
		"test" => Network::Testnet3,
		"testnet4" => Network::Testnet4,
		"signet" => Network::Signet,
		"regtest" => Network::Regtest,
		_ => return None,
	})
}

fn text<'a>(answer: &'a Value, what: &str) -> Result<&'a str, CallError> {
	answer.as_str().ok_or_else(|| CallError::Malformed(format!("{what} is not a text")))
}

/// An amount in bitcoin.
pub(super) fn amount(btc: &Value, what: &str) -> Result<Sats, CallError> {
	let amount = btc.as_f64().and_then(|btc| Amount::from_btc(btc).ok());
	let malformed = || CallError::Malformed(format!("{what} is not an amount"));
	Ok(Sats(amount.ok_or_else(malformed)?.to_sat()))
}

fn rate(btc: &Value, what: &str) -> Result<FeeRate, CallError> {
	let rate = FeeRate(amount(btc, what)?.0);
	if rate > FeeRate::MAX {
		return Err(CallError::Malformed(format!("{what} of {} sat/kvB", rate.0)));
	}
	Ok(rate)
}

fn hash(answer: &Value, what: &str) -> Result<BlockHash, CallError> {
	text(answer, what)?
		.parse()
		.map_err(|error| CallError::Malformed(format!("{what} is not a block hash: {error}")))
}
