// SPDX-License-Identifier: GPL-3.0-or-later WITH Classpath-exception-2.0

//! The few calls that we make to a Bitcoin node, each with its answer checked for shape.

use super::rpc::{clip, BitcoinRpc, CallError};
use bitcoin::{hex::FromHex, Amount};
use entangled_bitcoin::{BlockHash, BlockRef, FeeRate, Header, Network};
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

/// `estimatesmartfee`: `None` when the node has no estimate, as on a quiet network.
///
/// An estimate below what Bitcoin Core relays is raised to that; one above [`FeeRate::MAX`] is not
/// believed.
pub async fn fee_rate(rpc: &dyn BitcoinRpc) -> Result<Option<FeeRate>, CallError> {
	let answer = rpc.call("estimatesmartfee", &[json!(FEE_TARGET_BLOCKS)]).await?;
	let Some(btc) = answer.get("feerate").filter(|rate| !rate.is_null()) else { return Ok(None) };
	let malformed = || CallError::Malformed("feerate is not an amount".into());
	let rate = btc.as_f64().ok_or_else(malformed)?;
	let rate = FeeRate(Amount::from_btc(rate).map_err(|_| malformed())?.to_sat());
	let rate = rate.max(FeeRate::MIN);
	if rate > FeeRate::MAX {
		return Err(CallError::Malformed(format!("a fee rate of {} sat/kvB", rate.0)));
	}
	Ok(Some(rate))
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

fn hash(answer: &Value, what: &str) -> Result<BlockHash, CallError> {
	text(answer, what)?
		.parse()
		.map_err(|error| CallError::Malformed(format!("{what} is not a block hash: {error}")))
}
