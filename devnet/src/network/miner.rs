//! A Bitcoin block now and then.

use super::{
	bitcoin_rpc::BitcoinRpc,
	wallet::{Wallet, MATURITY},
};
use jsonrpsee::rpc_params;

/// How many coins the faucet can spend at the start; with each block it is one more.
const COINS: u32 = 10;

/// Mines blocks to the faucet.
pub async fn mine(bitcoin: &BitcoinRpc, blocks: u32) -> anyhow::Result<Vec<String>> {
	let parameters = rpc_params![blocks, Wallet::faucet()?.address().to_string()];
	Ok(bitcoin.call("generatetoaddress", parameters).await?)
}

/// Mines until the faucet has coins that it can spend.
pub async fn mature_faucet(bitcoin: &BitcoinRpc) -> anyhow::Result<()> {
	let height: u32 = bitcoin.call("getblockcount", rpc_params![]).await?;
	let missing = (MATURITY + COINS).saturating_sub(height);
	if missing > 0 {
		mine(bitcoin, missing).await?;
	}
	Ok(())
}
