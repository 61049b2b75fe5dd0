//! What is asked of a Bitcoin node, and what is believed.

use crate::kit::{block, hash, payment, refused, Fake};
use bitcoin::consensus::encode::serialize_hex;
use entangled_bitcoin::{BlockRef, Native, Network, OutPoint, Sats, Txid};
use entangled_cli::bitcoin::{proof::prove_in, Bitcoin, Coin, Place};
use serde_json::{json, Value};

fn txid() -> Txid {
	payment(&[(1, vec![0x51])]).compute_txid().into()
}

fn node(answer: impl Fn(&str, &[Value]) -> Option<Value> + Send + Sync + 'static) -> Bitcoin {
	Bitcoin::new(Fake::new("bitcoin", move |method, params| {
		answer(method, params).ok_or_else(|| refused(method, -5, "not found", None))
	}))
}

#[tokio::test]
async fn a_transaction_is_found_by_the_index() {
	let known = node(|method, _| {
		(method == "getrawtransaction").then(|| json!({ "blockhash": hash(&block(vec![])) }))
	});
	assert_eq!(known.locate(txid(), 0).await.unwrap(), Place::Block(hash(&block(vec![]))));
	let waiting = node(|method, _| (method == "getrawtransaction").then(|| json!({})));
	assert_eq!(waiting.locate(txid(), 0).await.unwrap(), Place::Mempool);
}

#[tokio::test]
async fn a_transaction_is_found_by_its_unspent_outputs() {
	let node = node(|method, _| {
		// Header, and the rest of a proof.
		(method == "gettxoutproof").then(|| json!(serialize_hex(&block(vec![]).header) + "0200"))
	});
	assert_eq!(node.locate(txid(), 0).await.unwrap(), Place::Block(hash(&block(vec![]))));
}

#[tokio::test]
async fn a_transaction_is_found_in_the_last_blocks() {
	let [first, second] = [[1; 32], [2; 32]].map(entangled_bitcoin::BlockHash);
	let node = node(move |method, params| match method {
		"getbestblockhash" => Some(json!(second)),
		"getblock" if params[0] == json!(second) => {
			Some(json!({ "tx": [], "previousblockhash": first }))
		},
		"getblock" => Some(json!({ "tx": [txid()] })),
		_ => None,
	});
	assert_eq!(node.locate(txid(), 2).await.unwrap(), Place::Block(first));
	assert_eq!(node.locate(txid(), 1).await.unwrap(), Place::Unknown);
}

#[tokio::test]
async fn another_block_than_the_one_asked_for_is_noticed() {
	let node = node(|_, _| Some(json!(serialize_hex(&block(vec![])))));
	assert!(node.block(hash(&block(vec![]))).await.is_ok());
	let other = hash(&block(vec![payment(&[])]));
	assert!(node.block(other).await.unwrap_err().to_string().contains("another block"));
}

#[tokio::test]
async fn amounts_are_exact() {
	let outpoint = OutPoint { txid: txid(), vout: 0 };
	for (text, sats) in [("0.00100000", 100_000), ("20999999.97690000", 2_099_999_997_690_000)] {
		let node = node(move |_, _| {
			let value: Value = serde_json::from_str(text).unwrap();
			let script = json!({ "hex": "51" });
			Some(json!({ "confirmations": 3, "value": value, "scriptPubKey": script }))
		});
		let coin = Coin { value: Sats(sats), script: vec![0x51], confirmations: 3 };
		assert_eq!(node.coin(outpoint).await.unwrap(), Some(coin));
	}
	let spent = node(|_, _| Some(Value::Null));
	assert_eq!(spent.coin(outpoint).await.unwrap(), None);
}

#[tokio::test]
async fn bitcoin_s_reason_is_shown() {
	let node = Bitcoin::new(Fake::new("bitcoin", |method, _| {
		Err(refused(method, -26, "non-BIP68-final", None))
	}));
	let error = node.send("00").await.unwrap_err().to_string();
	assert!(error.contains("non-BIP68-final") && error.contains("not free yet"), "{error}");
}

#[tokio::test]
async fn a_node_of_another_network_is_refused() {
	let node = node(|_, _| Some(json!({ "chain": "main" })));
	assert!(node.expect_network(Network::Mainnet).await.is_ok());
	assert!(node.expect_network(Network::Regtest).await.is_err());
}

#[test]
fn a_proof_is_checked_before_it_is_used() {
	let transactions = (0..5).map(|n| payment(&[(n, vec![0x51])])).collect::<Vec<_>>();
	let wanted = Txid::from(transactions[3].compute_txid());
	let block = block(transactions.clone());
	let place = BlockRef { height: 9, hash: hash(&block) };
	let proven = prove_in(&block, place, wanted).unwrap();
	assert_eq!((proven.claim.block, proven.claim.proof.index), (place, 4));
	assert_eq!(proven.transaction, transactions[3]);
	let root = *AsRef::<[u8; 32]>::as_ref(&block.header.merkle_root);
	assert_eq!(proven.claim.proof.verify::<Native>(&root).unwrap().txid, wanted);
	assert!(prove_in(&block, place, Txid([9; 32])).is_err());
}
