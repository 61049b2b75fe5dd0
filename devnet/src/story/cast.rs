//! Whom the story needs, and what they do in every chapter.

use super::{
	entangled::{until, Entangled},
	program::Program,
	progress::Teller,
	staker::Staker,
};
use crate::network::{
	bitcoin_rpc::BitcoinRpc,
	miner,
	wallet::{amount, Wallet},
};
use anyhow::{ensure, Context};
use bitcoin::{Address, Amount, TxOut};
use jsonrpsee::rpc_params;
use serde_json::Value;

/// Whom the story needs.
pub struct Cast {
	/// Bitcoin.
	pub bitcoin: BitcoinRpc,
	/// The network.
	pub entangled: Entangled,
	/// What people use.
	pub program: Program,
	/// Those who make blocks, or want to.
	pub stakers: Vec<Staker>,
}

impl Cast {
	/// The faucet pays these wallets, in one transaction, and a block is mined with it. Returns the
	/// transaction's id.
	pub async fn fund(&self, payments: &[(&Wallet, u64)]) -> anyhow::Result<String> {
		let output = |(wallet, sats): &(&Wallet, u64)| pay_to(&wallet.address(), *sats);
		let outputs = payments.iter().map(output).collect();
		let txid = Wallet::faucet()?.pay(&self.bitcoin, outputs).await?;
		miner::mine(&self.bitcoin, 1).await?;
		Ok(txid.to_string())
	}

	/// Mines on top of a transaction until the chain relies on its block.
	pub async fn finalise(&self, txid: &str, teller: &Teller) -> anyhow::Result<()> {
		let needed = self.entangled.confirmations().await?;
		let mined = self.transaction(txid).await?;
		let block = mined["blockhash"].as_str().context("the transaction is in no block")?;
		let has = mined["confirmations"].as_u64().and_then(|has| u32::try_from(has).ok());
		let missing = needed.saturating_sub(has.unwrap_or(0));
		if missing > 0 {
			miner::mine(&self.bitcoin, missing).await?;
		}
		until("the block is final", || async {
			Ok(self.entangled.is_final(block).await?.then_some(()))
		})
		.await?;
		teller.note(format!("Bitcoin block {block}"));
		teller.note(format!("{needed} confirmations, attested by the validators"));
		Ok(())
	}

	/// A Bitcoin transaction, as Bitcoin's RPC shows it.
	pub async fn transaction(&self, txid: &str) -> anyhow::Result<Value> {
		Ok(self.bitcoin.call("getrawtransaction", rpc_params![txid, true]).await?)
	}

	/// What an unspent output holds that is in a block, and its address.
	pub async fn coin(&self, outpoint: &str) -> anyhow::Result<(u64, String)> {
		let (txid, vout) = outpoint.split_once(':').context("an outpoint is TXID:N")?;
		let vout: u32 = vout.parse().context("an outpoint is TXID:N")?;
		let coin: Value = self.bitcoin.call("gettxout", rpc_params![txid, vout, false]).await?;
		ensure!(!coin.is_null(), "Bitcoin has no unspent output {outpoint}");
		let address = coin["scriptPubKey"]["address"].as_str().unwrap_or_default();
		Ok((amount(&coin["value"])?.to_sat(), address.into()))
	}

	/// What an address has on Bitcoin, in satoshi.
	pub async fn received(&self, address: &str) -> anyhow::Result<u64> {
		let descriptor = format!("addr({address})");
		let scan: Value =
			self.bitcoin.call("scantxoutset", rpc_params!["start", [descriptor]]).await?;
		Ok(amount(&scan["total_amount"])?.to_sat())
	}

	/// What an address has more on Bitcoin than it had.
	pub async fn received_since(&self, address: &str, before: u64) -> anyhow::Result<u64> {
		let now = self.received(address).await?;
		now.checked_sub(before).with_context(|| format!("{address} has less than before"))
	}
}

/// An output that pays this much to an address.
pub fn pay_to(address: &Address, sats: u64) -> TxOut {
	TxOut { value: Amount::from_sat(sats), script_pubkey: address.script_pubkey() }
}

/// The id of an output's transaction.
pub fn txid_of(outpoint: &str) -> &str {
	outpoint.split_once(':').map_or(outpoint, |(txid, _)| txid)
}

/// Satoshi, for people.
pub fn sats(amount: u64) -> String {
	Amount::from_sat(amount).to_string()
}
