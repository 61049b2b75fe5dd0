// SPDX-License-Identifier: GPL-3.0-or-later WITH Classpath-exception-2.0

use super::*;
use crate::{
	bitcoin::testing::{payment, FakeChain, FakeNode, Fault},
	tasks::testing::{block_on, keys, FakeOurs, FakeView},
};
use bitcoin::{consensus::serialize, Amount, ScriptBuf, TxOut};
use serde_json::json;

const SEND: &str = "sendrawtransaction";

fn refused(code: i64, message: &str) -> Result<(), CallError> {
	Err(CallError::Refused { code, message: message.into() })
}

#[test]
fn what_bitcoin_core_says_is_understood() {
	for (code, message, standing) in [
		(-27, "Transaction outputs already in utxo set", Standing::Mined),
		(-27, "Transaction already in block chain", Standing::Mined),
		(-27, "", Standing::Mined),
		(-25, "bad-txns-inputs-missingorspent", Standing::Spent),
		(-25, "", Standing::Spent),
		(-26, "mempool min fee not met, 110 < 500", Standing::Underpaid),
		(-26, "min relay fee not met, 100 < 110", Standing::Underpaid),
		(-26, "insufficient fee, rejecting replacement 00, less fees", Standing::Underpaid),
		(-26, "insufficient fee (including sigops), rejecting", Standing::Underpaid),
		(-26, "replacement-failed, insufficient feerate", Standing::Underpaid),
		(-26, "txn-already-in-mempool", Standing::Waiting),
		(-26, "txn-same-nonwitness-data-in-mempool", Standing::Waiting),
		(-26, "txn-already-known", Standing::Mined),
		(-26, "dust", Standing::Refused("dust".into())),
		(-26, "a min relay fee not met", Standing::Refused("a min relay fee not met".into())),
		(-26, "", Standing::Refused(String::new())),
	] {
		assert_eq!(Standing::of(refused(code, message)).unwrap(), standing, "{code} {message}");
	}
	assert_eq!(Standing::of(Ok(())).unwrap(), Standing::Waiting);
	// These say nothing about the transaction.
	for code in [-22, -28, -32_601, 0, 7] {
		assert!(Standing::of(refused(code, "insufficient fee")).is_err());
	}
	assert!(Standing::of(Err(CallError::Connection("reset".into()))).is_err());
}

#[test]
fn every_standing_has_its_label() {
	let standings = [
		Standing::Waiting,
		Standing::Mined,
		Standing::Spent,
		Standing::Underpaid,
		Standing::Refused(String::new()),
	];
	assert_eq!(standings.map(|standing| standing.label()), Standing::LABELS);
}

/// A broadcaster, what it sends, and the Bitcoin node that it sends it to.
struct Scene {
	broadcaster: Broadcaster<FakeOurs>,
	ours: FakeOurs,
	node: Arc<FakeNode>,
	metrics: Metrics,
}

fn transaction(salt: u32, settled: bool) -> SignedTransaction {
	let output = TxOut { value: Amount::from_sat(1_000), script_pubkey: ScriptBuf::new() };
	let transaction = payment(salt, vec![output]);
	let txid = transaction.compute_txid().into();
	SignedTransaction { txid, bytes: serialize(&transaction), settled }
}

fn scene(transactions: Vec<SignedTransaction>) -> Scene {
	let chain = FakeChain::new(9);
	let mut view = FakeView::new(&keys(&["//Alice"]), chain.clone());
	view.transactions = transactions;
	let ours = FakeOurs::new(view);
	let node = Arc::new(FakeNode::new(chain));
	let nodes = Arc::new(Nodes::new(vec![Box::new(node.clone())]));
	let metrics = Metrics::new(None).unwrap();
	let broadcaster = Broadcaster::new(ours.clone(), nodes, metrics.clone());
	Scene { broadcaster, ours, node, metrics }
}

impl Scene {
	/// How often the broadcaster sends something in one look.
	fn tick(&mut self) -> usize {
		block_on(self.broadcaster.tick());
		self.node.take_calls(SEND)
	}

	/// Bitcoin finds a block, and our chain knows it.
	fn mine(&self) {
		self.ours.change(|view| view.bitcoin = view.bitcoin.extended(1, 0));
		let chain = self.ours.best.lock().bitcoin.clone();
		*self.node.chain.lock() = chain;
	}

	fn fault(&self, fault: impl Into<Option<Fault>>) {
		let mut faults = self.node.faults.lock();
		faults.remove(SEND);
		faults.extend(fault.into().map(|fault| (SEND, fault)));
	}

	fn standing(&self, transaction: &SignedTransaction) -> Option<Standing> {
		self.broadcaster.known.get(&transaction.txid).map(|known| known.standing.clone())
	}

	fn count(&self, label: &str) -> u64 {
		self.metrics.transactions.with_label_values(&[label]).get()
	}
}

#[test]
fn sends_once_what_bitcoin_does_not_have() {
	let only = transaction(1, false);
	let mut scene = scene(vec![only.clone()]);
	assert_eq!(scene.tick(), 1);
	assert!(scene.node.pool.lock().contains(&only.txid));
	assert_eq!(scene.standing(&only), Some(Standing::Waiting));
	assert_eq!(scene.count("waiting"), 1);
	// It is there, with every new block as well.
	for _ in 0..3 {
		assert_eq!(scene.tick(), 0);
		scene.mine();
	}
	// A restart finds it there.
	let nodes = Arc::new(Nodes::new(vec![Box::new(scene.node.clone())]));
	let metrics = scene.metrics.clone();
	scene.broadcaster = Broadcaster::new(scene.ours.clone(), nodes, metrics);
	assert_eq!(scene.tick(), 0);
	// The pool has thrown it out.
	scene.node.pool.lock().clear();
	scene.mine();
	assert_eq!(scene.tick(), 1);
}

#[test]
fn what_was_mined_is_success() {
	let only = transaction(1, false);
	for (code, standing) in [(-27, Standing::Mined), (-25, Standing::Spent)] {
		let mut scene = scene(vec![only.clone()]);
		scene.fault(Fault::Refuses(code));
		assert_eq!(scene.tick(), 1);
		assert_eq!(scene.standing(&only), Some(standing));
		assert_eq!(scene.tick(), 0, "not asked again before the next block");
		assert_eq!(scene.metrics.errors.with_label_values(&["broadcaster"]).get(), 0);
		// A reorganisation undoes it.
		scene.fault(None);
		scene.mine();
		assert_eq!(scene.tick(), 1);
		assert_eq!(scene.standing(&only), Some(Standing::Waiting));
	}
}

#[test]
fn an_older_attempt_is_sent_only_where_no_newer_one_is_taken() {
	let (new, old) = (transaction(2, false), transaction(1, false));
	let mut scene = scene(vec![new.clone(), old.clone()]);
	assert_eq!(scene.tick(), 1);
	assert_eq!((scene.standing(&new), scene.standing(&old)), (Some(Standing::Waiting), None));

	// The newer one is refused: the older one is better than nothing.
	let mut scene = self::scene(vec![new.clone(), old.clone()]);
	scene.fault(Fault::Says(-26, "mempool min fee not met, 1 < 2"));
	assert_eq!(scene.tick(), 2);
	assert_eq!(scene.count("underpaid"), 2);
	scene.node.pool.lock().insert(old.txid);
	scene.mine();
	assert_eq!(scene.tick(), 1);
	assert_eq!(scene.standing(&old), Some(Standing::Waiting));
	// The minimum falls.
	scene.fault(None);
	scene.mine();
	assert_eq!(scene.tick(), 1);
	assert_eq!((scene.standing(&new), scene.standing(&old)), (Some(Standing::Waiting), None));
}

#[test]
fn a_replacement_is_sent_at_once() {
	let old = transaction(1, false);
	let mut scene = scene(vec![old.clone()]);
	scene.fault(Fault::Says(-26, "mempool min fee not met, 1 < 2"));
	assert_eq!(scene.tick(), 1);
	assert_eq!(scene.count("underpaid"), 1);
	scene.fault(None);
	let new = transaction(2, false);
	scene.ours.change(|view| view.transactions.insert(0, new.clone()));
	assert_eq!(scene.tick(), 1);
	assert!(scene.node.pool.lock().contains(&new.txid));
}

#[test]
fn a_settled_transaction_that_bitcoin_loses_is_sent_again() {
	let settled = transaction(1, true);
	let mut scene = scene(vec![transaction(2, false), settled.clone()]);
	assert_eq!(scene.tick(), 2);
	scene.fault(Fault::Refuses(-27));
	assert_eq!(scene.tick(), 0);
	scene.mine();
	scene.node.pool.lock().clear();
	scene.tick();
	assert_eq!(scene.standing(&settled), Some(Standing::Mined));
	scene.fault(None);
	scene.mine();
	scene.tick();
	assert_eq!(scene.standing(&settled), Some(Standing::Waiting));
}

#[test]
fn a_node_that_is_behind_has_not_lost_what_was_settled() {
	let settled = transaction(1, true);
	let new = transaction(2, false);
	let mut scene = scene(vec![new.clone(), settled.clone()]);
	let behind = scene.node.chain.lock().cut(5);
	let ahead = std::mem::replace(&mut *scene.node.chain.lock(), behind);
	assert_eq!(scene.tick(), 1);
	assert_eq!((scene.standing(&new), scene.standing(&settled)), (Some(Standing::Waiting), None));
	*scene.node.chain.lock() = ahead;
	assert_eq!(scene.tick(), 1);
	assert!(scene.standing(&settled).is_some());
}

#[test]
fn an_answer_that_says_nothing_holds_the_others_up_no_longer() {
	let (new, old) = (transaction(2, false), transaction(1, false));
	let mut scene = scene(vec![new.clone(), old.clone()]);
	scene.fault(Fault::Refuses(-22));
	assert_eq!(scene.tick(), 2);
	assert_eq!(scene.metrics.errors.with_label_values(&["broadcaster"]).get(), 1);
	// The older one is there all the same.
	scene.node.pool.lock().insert(old.txid);
	assert_eq!(scene.tick(), 1);
	assert_eq!((scene.standing(&new), scene.standing(&old)), (None, Some(Standing::Waiting)));
	assert_eq!(scene.count("waiting"), 1);
}

#[test]
fn only_what_is_final_is_sent() {
	let mut scene = scene(vec![transaction(1, false)]);
	scene.ours.finalised.lock().transactions.clear();
	assert_eq!(scene.tick(), 0);
	*scene.ours.finalised.lock() = scene.ours.best.lock().clone();
	assert_eq!(scene.tick(), 1);
}

#[test]
fn a_node_on_another_network_is_sent_nothing() {
	let mut scene = scene(vec![transaction(1, false)]);
	let tip = scene.ours.best.lock().bitcoin.tip();
	let info = json!({ "chain": "main", "blocks": tip.height, "bestblockhash": tip.hash });
	scene.node.faults.lock().insert("getblockchaininfo", Fault::Answers(info));
	assert_eq!(scene.tick(), 0);
	assert_eq!(scene.metrics.errors.with_label_values(&["broadcaster"]).get(), 1);
	scene.node.faults.lock().clear();
	assert_eq!(scene.tick(), 1);
}

#[test]
fn a_failing_node_loses_nothing() {
	let only = transaction(1, false);
	for fault in [
		Fault::Breaks,
		Fault::Hangs,
		Fault::Refuses(-28),
		Fault::Refuses(-22),
		Fault::Answers(json!({})),
		Fault::Answers(json!("not an id")),
	] {
		let mut scene = scene(vec![only.clone()]);
		scene.fault(fault);
		assert_eq!(scene.tick(), 1);
		assert_eq!(scene.standing(&only), None);
		assert_eq!(scene.metrics.errors.with_label_values(&["broadcaster"]).get(), 1);
		scene.fault(None);
		assert_eq!(scene.tick(), 1);
		assert_eq!(scene.standing(&only), Some(Standing::Waiting));
	}
}

#[test]
fn what_the_chain_forgets_is_forgotten() {
	let mut scene = scene(vec![transaction(1, false)]);
	scene.tick();
	scene.ours.change(|view| view.transactions.clear());
	assert_eq!(scene.tick(), 0);
	assert!(scene.broadcaster.known.is_empty());
	assert_eq!(scene.count("waiting"), 0);
	assert_eq!(scene.node.take_calls("getblockchaininfo"), 1, "an idle broadcaster asks nothing");
}
