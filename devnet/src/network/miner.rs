//! A Bitcoin block now and then.

use super::bitcoin_rpc::BitcoinRpc;
use anyhow::Context;
use bitcoin::{
	hashes::{sha256, Hash},
	key::{CompressedPublicKey, Secp256k1},
	secp256k1::SecretKey,
	Address, KnownHrp,
};
use jsonrpsee::rpc_params;

/// A coinbase output can be spent after so many blocks, itself included (Bitcoin Core's
/// `COINBASE_MATURITY` and one).
const MATURITY: u32 = 101;

/// The address that all rewards go to. Its key is public, as its coins are worth nothing.
pub fn faucet_address() -> anyhow::Result<Address> {
	let seed = sha256::Hash::hash(b"Entangled devnet faucet").to_byte_array();
	let secret = SecretKey::from_slice(&seed).context("the faucet's key")?;
	let key = CompressedPublicKey(secret.public_key(&Secp256k1::new()));
	Ok(Address::p2wpkh(&key, KnownHrp::Regtest))
}

/// Mines blocks to the faucet.
pub async fn mine(bitcoin: &BitcoinRpc, blocks: u32) -> anyhow::Result<Vec<String>> {
	let parameters = rpc_params![blocks, faucet_address()?.to_string()];
	Ok(bitcoin.call("generatetoaddress", parameters).await?)
}

/// Mines until the faucet has a coin that it can spend.
pub async fn mature_faucet(bitcoin: &BitcoinRpc) -> anyhow::Result<()> {
	let height: u32 = bitcoin.call("getblockcount", rpc_params![]).await?;
	if height < MATURITY {
		mine(bitcoin, MATURITY - height).await?;
	}
	Ok(())
}
