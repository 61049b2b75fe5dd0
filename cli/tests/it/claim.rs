//! A claim, from the block to what was minted.

use crate::kit::{block, committee, hash, payment, refused, terms, Fake, GENESIS, OTHER_GENESIS};
use bitcoin::consensus::encode::serialize_hex;
use codec::Encode;
use entangled_bitcoin::{Network, Txid};
use entangled_cli::{
	bitcoin::Bitcoin,
	chain::{Chain, OtherChain},
	deposit::claim::{claim, Claimed},
	payment::{Payment, Whereabouts},
	progress::Progress,
	report::Report,
	rpc::RpcError,
	terms::Terms,
};
use entangled_runtime::Runtime;
use serde_json::{json, Value};
use std::{
	collections::HashSet,
	sync::{Arc, Mutex},
};

/// What the chain does with claims.
#[derive(Default)]
struct World {
	/// Answers to `bitcoin_isFinal`, until it says that the block is final.
	gates: Vec<Value>,
	/// Outputs that were claimed.
	claimed: HashSet<String>,
	/// The claim that was built last.
	built: Option<String>,
	/// What the pool says.
	refusal: Option<RpcError>,
	/// Claims that were sent.
	sent: u32,
}

type Shared = Arc<Mutex<World>>;

fn chain(world: &Shared) -> Chain {
	let world = world.clone();
	Chain::new(Fake::new("chain", move |method, params| {
		let mut world = world.lock().unwrap();
		Ok(match method {
			"bitcoin_network" => json!("regtest"),
			"chain_getBlockHash" | "chain_getFinalizedHead" => json!(GENESIS),
			"chain_getHeader" => json!({
				"parentHash": GENESIS,
				"number": "0x7",
				"stateRoot": GENESIS,
				"extrinsicsRoot": GENESIS,
				"digest": { "logs": [] },
			}),
			"bitcoin_isFinal" => world.gates.pop().unwrap_or(json!({ "final": true })),
			"peg_claim" => {
				assert_eq!(params[2], serde_json::to_value(terms().for_chain()).unwrap());
				assert_eq!(params[0]["block"]["height"], 102);
				assert_eq!(params[0]["index"], 1);
				let txid = paid_twice().compute_txid();
				world.built = Some(format!("{txid}:{}", params[1]));
				json!("0x00")
			},
			"author_submitExtrinsic" => {
				world.sent += 1;
				if let Some(error) = world.refusal.take() {
					return Err(error);
				}
				let claimed = world.built.clone().unwrap();
				world.claimed.insert(claimed);
				json!(GENESIS)
			},
			"peg_deposit" => match world.claimed.contains(params[0].as_str().unwrap()) {
				true => json!({
					"outpoint": params[0],
					"height": 102,
					"amount": 1_000_000,
					"fee": 2_000,
					"pegFee": 500,
					"destination": { "account": "enAlice" },
					"swept": false,
					"refundHeight": 246,
				}),
				false => Value::Null,
			},
			_ => return Err(refused(method, -32601, "no such method", None)),
		})
	}))
}

/// A transaction that pays the deposit address with its outputs 0 and 2.
fn paid_twice() -> bitcoin::Transaction {
	let script = terms().script().unwrap().to_vec();
	payment(&[(1_000_000, script.clone()), (5_000, vec![0x51]), (1_000_000, script)])
}

fn bitcoin() -> Bitcoin {
	Bitcoin::new(Fake::new("bitcoin", |method, params| {
		let block = block(vec![paid_twice()]);
		let known = json!(paid_twice().compute_txid());
		Ok(match method {
			"getblockchaininfo" => json!({ "chain": "regtest" }),
			"getrawtransaction" if params[0] == known => {
				json!({ "blockhash": hash(&block), "confirmations": 6 })
			},
			"getblock" if params[1] == 0 => json!(serialize_hex(&block)),
			"getblockheader" => json!({ "height": 102, "confirmations": 6 }),
			_ => return Err(refused(method, -5, "not found", None)),
		})
	}))
}

async fn run(world: &Shared, vout: Option<u32>, wait: bool) -> anyhow::Result<Claimed> {
	run_with(world, &terms(), vout, wait).await
}

async fn run_with(
	world: &Shared,
	terms: &Terms,
	vout: Option<u32>,
	wait: bool,
) -> anyhow::Result<Claimed> {
	let txid = Txid::from(paid_twice().compute_txid());
	let payment = Payment { txid, place: Whereabouts { block: None, search: 1 } };
	let quiet = Progress::quiet();
	claim(&chain(world), &bitcoin(), terms, &payment, vout, wait, &quiet).await
}

#[tokio::test]
async fn both_outputs_are_claimed_once_the_gates_are_open() {
	let world = Shared::default();
	world.lock().unwrap().gates = vec![
		json!({ "final": false, "reason": "unconfirmed", "have": 1, "need": 6, "message": "…" }),
	];
	let claimed = run(&world, None, true).await.unwrap().to_json().unwrap();
	let deposits = claimed["deposits"].as_array().unwrap();
	assert_eq!(deposits.len(), 2);
	for deposit in deposits {
		assert_eq!(deposit["minted"], 997_500);
		assert_eq!(deposit["to"], "enAlice");
	}
	assert_eq!(world.lock().unwrap().sent, 2);

	let again = run(&world, None, true).await.map(drop).unwrap_err().to_string();
	assert!(again.contains("AlreadyClaimed"), "{again}");
}

#[tokio::test]
async fn one_output_is_claimed_where_one_is_named() {
	let world = Shared::default();
	let claimed = run(&world, Some(2), true).await.unwrap().to_json().unwrap();
	assert_eq!(claimed["deposits"].as_array().unwrap().len(), 1);
	let wrong = run(&world, Some(1), true).await.map(drop).unwrap_err().to_string();
	assert!(wrong.contains("WrongScript"), "{wrong}");
}

#[tokio::test]
async fn terms_of_another_chain_are_refused_before_anything_is_sent() {
	let ours = terms();
	for (network, genesis) in
		[(Network::Regtest, OTHER_GENESIS), (Network::Signet, GENESIS), (Network::Regtest, GENESIS)]
	{
		let world = Shared::default();
		let theirs =
			Terms::new(network, genesis, committee(), ours.destination, ours.refund).unwrap();
		let done = run_with(&world, &theirs, None, true).await.map(drop);
		let sent = world.lock().unwrap().sent;
		if theirs == ours {
			assert_eq!((done.is_ok(), sent), (true, 2));
			continue;
		}
		let refused = done.unwrap_err();
		assert!(refused.to_string().starts_with("OtherChain: "), "{refused}");
		let expected = OtherChain { wanted: genesis, node: "chain".into(), found: GENESIS };
		assert_eq!((refused.downcast::<OtherChain>().unwrap(), sent), (expected, 0));
	}
}

#[tokio::test]
async fn a_block_that_is_not_final_is_an_error_where_nobody_wants_to_wait() {
	for (reason, name) in
		[("unconfirmed", "BlockNotFinal"), ("stale", "Stale"), ("frozen", "Frozen")]
	{
		let world = Shared::default();
		world.lock().unwrap().gates =
			vec![json!({ "final": false, "reason": reason, "message": "not yet" })];
		let error = run(&world, None, false).await.map(drop).unwrap_err().to_string();
		assert!(error.starts_with(name), "{error}");
		assert_eq!(world.lock().unwrap().sent, 0);
	}
}

#[tokio::test]
async fn the_pool_s_refusal_has_the_pallet_s_name() {
	let index = pallet_peg::Error::<Runtime>::InsufficientMargin.encode()[0];
	let world = Shared::default();
	let data = Some(json!(format!("Custom error: {index}")));
	world.lock().unwrap().refusal =
		Some(refused("author_submitExtrinsic", 1010, "Invalid Transaction", data));
	let error = run(&world, Some(0), true).await.map(drop).unwrap_err().to_string();
	assert_eq!(error, "the chain refused: Peg::InsufficientMargin");
}

#[tokio::test]
async fn a_claim_that_the_pool_has_already_is_waited_for() {
	let world = Shared::default();
	let known = refused("author_submitExtrinsic", 1013, "Transaction Already Imported", None);
	world.lock().unwrap().refusal = Some(known);
	let other = world.clone();
	// Somebody else's claim gets into a block.
	let claiming = tokio::spawn(async move {
		tokio::time::sleep(std::time::Duration::from_millis(500)).await;
		other.lock().unwrap().claimed.insert(format!("{}:0", paid_twice().compute_txid()));
	});
	let claimed = run(&world, Some(0), true).await.unwrap().to_json().unwrap();
	claiming.await.unwrap();
	assert_eq!(claimed["deposits"][0]["minted"], 997_500);
	assert_eq!(world.lock().unwrap().sent, 1);
}
