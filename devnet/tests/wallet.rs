//! The faucet and other wallets pay on the regtest node.

use bitcoin::{Amount, ScriptBuf, TxOut};
use entangled_devnet::{
	bitcoin::{Config, Handle, Regtest},
	network::{
		bitcoin_rpc::BitcoinRpc,
		miner,
		wallet::{amount, Wallet},
	},
};
use jsonrpsee::rpc_params;
use serde_json::Value;

async fn start() -> (Handle, BitcoinRpc) {
	let node = tokio::task::spawn_blocking(|| Regtest::start(Config::default())).await;
	let node = node.unwrap().unwrap();
	let bitcoin = BitcoinRpc::connect(&node.url(), node.cookie_file()).unwrap();
	miner::mature_faucet(&bitcoin).await.unwrap();
	(node, bitcoin)
}

fn output(address: bitcoin::Address, sats: u64) -> TxOut {
	TxOut { value: Amount::from_sat(sats), script_pubkey: address.script_pubkey() }
}

/// Satoshi per 1,000 virtual bytes that a waiting transaction pays.
async fn rate(bitcoin: &BitcoinRpc, txid: &bitcoin::Txid) -> u64 {
	let entry: Value =
		bitcoin.call("getmempoolentry", rpc_params![txid.to_string()]).await.unwrap();
	amount(&entry["fees"]["base"]).unwrap().to_sat() * 1_000 / entry["vsize"].as_u64().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn coins_go_from_the_faucet_to_a_user_and_on() {
	let (node, bitcoin) = start().await;
	let (faucet, user) = (Wallet::faucet().unwrap(), Wallet::named("user").unwrap());
	let data = TxOut { value: Amount::ZERO, script_pubkey: ScriptBuf::new_op_return([7; 40]) };
	let outputs = vec![
		output(user.address(), 500_000),
		output(user.address(), 400_000),
		output(user.taproot_address(), 300_000),
		data,
	];
	let txid = faucet.pay(&bitcoin, outputs).await.unwrap();
	// A little above 2 sat/vB, for signatures may be a byte shorter than they are counted.
	let paid = rate(&bitcoin, &txid).await;
	assert!((2_090..2_150).contains(&paid), "{paid}");

	// Another payment does not touch the coin that waits to be mined.
	faucet.pay(&bitcoin, vec![output(user.address(), 1_000)]).await.unwrap();
	let refused = user.pay(&bitcoin, vec![output(faucet.address(), 1_000)]).await.unwrap_err();
	assert!(refused.to_string().contains("has 0 BTC to spend"), "{refused}");
	miner::mine(&bitcoin, 1).await.unwrap();

	// Takes both of the greater coins.
	let txid = user.pay(&bitcoin, vec![output(faucet.address(), 850_000)]).await.unwrap();
	miner::mine(&bitcoin, 1).await.unwrap();
	let mined: Value =
		bitcoin.call("getrawtransaction", rpc_params![txid.to_string(), true]).await.unwrap();
	assert_eq!(mined["vin"].as_array().unwrap().len(), 2);
	assert_eq!(amount(&mined["vout"][0]["value"]).unwrap(), Amount::from_sat(850_000));
	assert_eq!(mined["confirmations"], 1);
	tokio::task::spawn_blocking(|| node.shutdown()).await.unwrap().unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn payments_offer_what_a_full_pool_asks_for() {
	let (node, bitcoin) = start().await;
	let (faucet, user) = (Wallet::faucet().unwrap(), Wallet::named("user").unwrap());
	let _: Value = bitcoin.call("setmempoolminfee", rpc_params![0.0002]).await.unwrap();
	let txid = faucet.pay(&bitcoin, vec![output(user.address(), 1_000)]).await.unwrap();
	// A tenth above what is asked for, less the part of a virtual byte that rounding adds.
	let paid = rate(&bitcoin, &txid).await;
	assert!((20_000..=22_000).contains(&paid), "{paid}");
	tokio::task::spawn_blocking(|| node.shutdown()).await.unwrap().unwrap();
}
