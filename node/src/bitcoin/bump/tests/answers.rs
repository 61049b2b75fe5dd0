// SPDX-License-Identifier: GPL-3.0-or-later WITH Classpath-exception-2.0

//! A Bitcoin node that talks nonsense.

use crate::bitcoin::bump::testing::{block_on, key};
use crate::bitcoin::{
	answers,
	bump::{
		pool,
		purse::{self, Purse},
		BumpError, Bumped, Bumper,
	},
	rpc::CallError,
	testing::{payment, FakeChain, FakeNode, Fault},
	Nodes,
};
use bitcoin::{Amount, TxOut};
use entangled_bitcoin::{
	bond::{anchor_script, ChildError},
	OutPoint, Sats, Txid,
};
use serde_json::{json, Value};
use std::{
	sync::Arc,
	time::{Duration, Instant},
};

fn node(answers: &[(&'static str, Value)]) -> Arc<FakeNode> {
	let node = FakeNode::new(FakeChain::new(3));
	let faults = answers.iter().map(|(method, answer)| (*method, Fault::Answers(answer.clone())));
	node.faults.lock().extend(faults);
	Arc::new(node)
}

fn anchor() -> OutPoint {
	OutPoint { txid: Txid([1; 32]), vout: 1 }
}

fn entry() -> Value {
	json!({
		"vsize": 100,
		"ancestorsize": 250,
		"descendantsize": 300,
		"fees": { "base": 1e-5, "ancestor": 2e-5, "descendant": 4e-5 },
	})
}

fn spent() -> Value {
	json!([{ "txid": Txid([1; 32]), "vout": 1, "spendingtxid": Txid([2; 32]) }])
}

#[test]
fn what_waits_is_counted_with_all_that_hangs_on_it() {
	let rpc = node(&[("gettxspendingprevout", spent()), ("getmempoolentry", entry())]);
	let waiting = block_on(pool::waiting(&rpc, anchor())).unwrap().unwrap();
	assert_eq!(waiting.txid, Txid([2; 32]));
	assert_eq!(waiting.rate.0, 8_000);
	assert_eq!((waiting.fee, waiting.weight.0), (Sats(5_000), 4 * 450));
	// It left while we asked.
	let rpc = node(&[("gettxspendingprevout", spent())]);
	assert_eq!(block_on(pool::waiting(&rpc, anchor())).unwrap(), None);
	let rpc = node(&[("gettxspendingprevout", json!([{}]))]);
	assert_eq!(block_on(pool::waiting(&rpc, anchor())).unwrap(), None);
}

#[test]
fn a_rival_is_counted_with_all_that_rests_on_it() {
	let parent = payment(1, vec![]);
	let rpc = |entry: Value| node(&[("gettxspendingprevout", spent()), ("getmempoolentry", entry)]);
	let read = |entry: Value| block_on(pool::rival(&rpc(entry), &parent));
	let rival = read(entry()).unwrap().unwrap();
	// 1,000 sat for 100 vB alone, and 4,000 for 300 in all.
	assert_eq!((rival.rate.0, rival.fee), (13_333, Sats(4_000)));
	let mut alone = entry();
	alone["fees"]["base"] = json!(2e-5);
	assert_eq!(read(alone).unwrap().unwrap().rate.0, 20_000);
	for field in ["vsize", "descendantsize", "fees"] {
		let mut entry = entry();
		entry[field] = json!(0);
		assert!(matches!(read(entry), Err(CallError::Malformed(_))), "{field}");
	}
	// Nobody spends it, it is the transaction itself, or it has just left.
	let own = json!([{ "spendingtxid": Txid::from(parent.compute_txid()) }]);
	for spent in [json!([{}]), own] {
		let rpc = node(&[("gettxspendingprevout", spent), ("getmempoolentry", entry())]);
		assert_eq!(block_on(pool::rival(&rpc, &parent)).unwrap(), None);
	}
	let rpc = node(&[("gettxspendingprevout", spent())]);
	assert_eq!(block_on(pool::rival(&rpc, &parent)).unwrap(), None);
}

#[test]
fn nonsense_about_what_waits_is_an_error() {
	let change = |field: &str, value: Value| {
		let mut entry = entry();
		*entry.pointer_mut(field).unwrap() = value;
		entry
	};
	for entry in [
		json!({}),
		change("/ancestorsize", json!(0)),
		change("/vsize", json!(-1)),
		change("/vsize", json!(1_000)),
		change("/descendantsize", json!(u64::MAX)),
		change("/fees", json!(1)),
		change("/fees/base", json!("x")),
		change("/fees/base", json!(1)),
		change("/fees/ancestor", json!(-1e-5)),
		change("/fees/descendant", json!(1e300)),
	] {
		let rpc = node(&[("gettxspendingprevout", spent()), ("getmempoolentry", entry.clone())]);
		let error = block_on(pool::waiting(&rpc, anchor())).unwrap_err();
		assert!(matches!(error, CallError::Malformed(_)), "{entry} {error}");
	}
	for answer in [json!(null), json!([]), json!([{}, {}]), json!([{ "spendingtxid": 1 }])] {
		let rpc = node(&[("gettxspendingprevout", answer)]);
		assert!(block_on(pool::waiting(&rpc, anchor())).is_err());
	}
	for answer in [json!({}), json!({ "confirmations": 1 }), json!(1)] {
		let rpc = node(&[("gettxout", answer)]);
		assert!(block_on(pool::is_spendable(&rpc, anchor())).is_err());
	}
}

#[test]
fn nonsense_about_coins_is_an_error() {
	let coin = json!({ "txid": Txid([1; 32]), "vout": 1, "amount": 0.1 });
	let change = |field: &str, value: Value| {
		let mut coin = coin.clone();
		coin[field] = value;
		json!({ "success": true, "unspents": [coin] })
	};
	for answer in [
		json!({}),
		json!({ "success": false, "unspents": [] }),
		json!({ "success": true }),
		change("txid", json!("00")),
		change("vout", json!(1u64 << 32)),
		change("amount", json!(-1)),
	] {
		let scanner = Arc::new(Nodes::new(vec![Box::new(node(&[("scantxoutset", answer)]))]));
		assert!(block_on(Purse::new(key(1).script(), scanner).scan()).is_err());
	}
}

#[test]
fn purses_stay_small_and_scans_rare() {
	let coin = |vout: u32| json!({ "txid": Txid([1; 32]), "vout": vout, "amount": f64::from(vout + 1) / 1e8 });
	let many = json!({ "success": true, "unspents": (0..1_000).map(coin).collect::<Vec<_>>() });
	let unspent = json!({ "confirmations": 1, "coinbase": false });
	let free = json!(vec![json!({}); 64]);
	let rpc =
		node(&[("scantxoutset", many), ("gettxout", unspent), ("gettxspendingprevout", free)]);
	let scanner = Arc::new(Nodes::new(vec![Box::new(rpc.clone())]));
	let mut purse = Purse::new(key(1).script(), scanner);
	assert!(block_on(purse.scan()).unwrap());
	assert!(!block_on(purse.scan()).unwrap());
	assert_eq!(rpc.take_calls("scantxoutset"), 1);
	let coins = block_on(purse.spendable(&rpc, None)).unwrap();
	assert_eq!(coins.len(), 64);
	assert_eq!(coins.iter().map(|coin| coin.value.0).min(), Some(937), "the largest are kept");

	// What children give back is waited for, but not for ever.
	rpc.take_calls("gettxout");
	rpc.faults.lock().insert("gettxout", Fault::Answers(Value::Null));
	for vout in 0..100 {
		purse.expect(OutPoint { txid: Txid([3; 32]), vout }, Sats(1));
	}
	for calls in [64 + 16, 16] {
		assert_eq!(block_on(purse.spendable(&rpc, None)).unwrap(), vec![]);
		assert_eq!(rpc.take_calls("gettxout"), calls);
	}
	// A node that breaks down in between makes nothing forgotten.
	rpc.faults.lock().insert("gettxout", Fault::Breaks);
	assert!(block_on(purse.spendable(&rpc, None)).is_err());
	rpc.take_calls("gettxout");
	rpc.faults.lock().insert("gettxout", Fault::Answers(Value::Null));
	block_on(purse.spendable(&rpc, None)).unwrap();
	assert_eq!(rpc.take_calls("gettxout"), 16);
}

/// A key that nobody sends coins to must not keep a Bitcoin node busy.
#[test]
fn scans_that_find_nothing_become_rarer() {
	let pauses = (0..5).map(|barren| purse::pause(Duration::from_secs(60), barren).as_secs());
	assert_eq!(pauses.collect::<Vec<_>>(), [600, 1_200, 2_400, 4_800, 4_800]);
	assert_eq!(purse::pause(Duration::ZERO, 0).as_secs(), 5);

	let coin = json!({ "txid": Txid([1; 32]), "vout": 1, "amount": 0.1 });
	let found = |coins: Value| Fault::Answers(json!({ "success": true, "unspents": coins }));
	let rpc = node(&[]);
	let scanner = Arc::new(Nodes::new(vec![Box::new(rpc.clone())]));
	let mut purse = Purse::new(key(1).script(), scanner);
	for (fault, pause) in [
		(found(json!([])), 10),
		(Fault::Breaks, 20),
		(found(json!([coin])), 5),
		(found(json!([coin])), 10),
		(found(json!([])), 20),
	] {
		rpc.faults.lock().insert("scantxoutset", fault);
		purse.next_scan = None;
		let before = Instant::now();
		let _ = block_on(purse.scan());
		let next = purse.next_scan.unwrap().duration_since(before);
		assert!((pause..pause + 5).contains(&next.as_secs()), "{next:?}");
	}
}

#[test]
fn a_node_that_does_not_answer_costs_nothing() {
	let anchored = TxOut { value: Amount::from_sat(240), script_pubkey: anchor_script() };
	let parent = payment(1, vec![anchored]);
	for fault in [Fault::Breaks, Fault::Hangs, Fault::Refuses(-1)] {
		let rpc = node(&[]);
		rpc.faults.lock().insert("gettxout", fault);
		let nodes = || Arc::new(Nodes::new(vec![Box::new(rpc.clone())]));
		let mut bumper = Bumper::new(nodes(), nodes(), key(1), entangled_bitcoin::FeeRate::MAX);
		let error = block_on(bumper.bump(&parent, Sats(100), None, false)).unwrap_err();
		assert!(matches!(error, BumpError::Call(_)), "{error}");
	}
}

/// There is no estimate, and the pool is not full, but the node relays nothing so cheap.
#[test]
fn what_was_refused_is_paid_for_as_the_pool_asks() {
	let anchored = TxOut { value: Amount::from_sat(240), script_pubkey: anchor_script() };
	let parent = payment(1, vec![anchored]);
	let minimum = json!({ "mempoolminfee": 5e-5, "minrelaytxfee": 5e-5 });
	let rpc = node(&[
		("gettxout", Value::Null),
		("gettxspendingprevout", json!([{}])),
		("getmempoolinfo", minimum),
		("estimatesmartfee", json!({ "errors": ["no data"] })),
		("scantxoutset", json!({ "success": true, "unspents": [] })),
	]);
	let nodes = || Arc::new(Nodes::new(vec![Box::new(rpc.clone())]));
	let mut bumper = Bumper::new(nodes(), nodes(), key(1), entangled_bitcoin::FeeRate::MAX);
	let wanted = block_on(answers::fee_rate(&rpc));
	assert_eq!(wanted, None);
	let alone = block_on(bumper.bump(&parent, Sats(100), wanted, false)).unwrap();
	assert!(matches!(alone, Bumped::Enough { .. }));
	let error = block_on(bumper.bump(&parent, Sats(100), wanted, true)).unwrap_err();
	assert!(
		matches!(error, BumpError::Child(ChildError::TooLittle { .. })),
		"it looks for coins to pay with: {error}"
	);
}
