//! `entangled-devnet faucet`: coins for whoever wants some.

use crate::command_line::Faucet;
use anyhow::Context;
use bitcoin::{script::PushBytesBuf, Amount, ScriptBuf, TxOut};
use entangled_devnet::network::{
	bitcoin_rpc::BitcoinRpc, layout::STATE_FILE, miner, state::State, wallet::Wallet,
};

/// Pays, and prints the transaction's id.
pub async fn pay(options: &Faucet) -> anyhow::Result<()> {
	let state = State::read(&options.folder.path()?.join(STATE_FILE))?;
	let bitcoin = BitcoinRpc::connect(&state.bitcoin.url, &state.bitcoin.cookie_file)?;
	let mut outputs: Vec<TxOut> = options
		.payments()?
		.into_iter()
		.map(|(address, value)| TxOut { value, script_pubkey: address.script_pubkey() })
		.collect();
	if let Some(data) = &options.data {
		let data = hex::decode(data).with_context(|| format!("{data} is not hexadecimal"))?;
		let data = PushBytesBuf::try_from(data).context("too much data")?;
		let script_pubkey = ScriptBuf::new_op_return(data);
		outputs.push(TxOut { value: Amount::ZERO, script_pubkey });
	}
	let txid = Wallet::faucet()?.pay(&bitcoin, outputs).await?;
	if options.mine {
		miner::mine(&bitcoin, 1).await?;
	}
	println!("{txid}");
	Ok(())
}
