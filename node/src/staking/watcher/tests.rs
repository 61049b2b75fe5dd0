// SPDX-License-Identifier: GPL-3.0-or-later WITH Classpath-exception-2.0

mod paying;

use super::*;
use crate::{
	bitcoin::{
		bump::testing::key,
		testing::{FakeChain, FakeNode, Fault},
	},
	staking::testing::{outpoint, registered, signed, to_be_slashed},
	tasks::testing::{block_on, keys, FakeOurs, FakeView},
};
use entangled_bitcoin::bond::Slashable;
use parking_lot::Mutex;
use serde_json::{json, Value};

const MEMBERS: [&str; 4] = ["//Alice", "//Bob", "//Charlie", "//Dave"];
const SEND: &str = "sendrawtransaction";

struct Scene {
	watcher: Watcher<FakeOurs>,
	ours: FakeOurs,
	node: Arc<FakeNode>,
	metrics: Metrics,
}

/// So many bonds are to be slashed, and their transactions are complete.
fn scene(bonds: u8) -> Scene {
	let chain = FakeChain::new(9);
	let mut view = FakeView::new(&keys(&MEMBERS), chain.clone());
	for number in 1..=bonds {
		let bond = to_be_slashed(registered(&view, outpoint(number)));
		view.slashes.extend(signed(&bond, &keys(&MEMBERS[..3])));
	}
	let ours = FakeOurs::new(view);
	let node = Arc::new(FakeNode::new(chain));
	let nodes = Arc::new(Nodes::new(vec![Box::new(node.clone())]));
	let metrics = Metrics::new(None).unwrap();
	let watcher = Watcher::new(ours.clone(), nodes, None, metrics.clone());
	Scene { watcher, ours, node, metrics }
}

impl Scene {
	/// How often the watcher sends something in one look.
	fn tick(&mut self) -> usize {
		block_on(self.watcher.tick());
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

	fn slash(&self, number: u8, which: Slashable) -> SignedSlash {
		let view = self.ours.best.lock();
		let slashes = view.slashes.iter();
		let mut found = slashes.filter(|s| s.outpoint == outpoint(number) && s.which == which);
		found.next().unwrap().clone()
	}

	fn in_pool(&self, slash: &SignedSlash) -> bool {
		self.node.pool.lock().contains(&slash.txid)
	}

	fn count(&self, label: &str) -> u64 {
		self.metrics.slashes.with_label_values(&[label]).get()
	}
}

#[test]
fn sends_once_what_slashes_a_bond() {
	let mut scene = scene(1);
	let [bond, unbonding] = [Slashable::Bond, Slashable::Unbonding].map(|w| scene.slash(1, w));
	assert_eq!(scene.tick(), 1);
	assert!(scene.in_pool(&bond) && !scene.in_pool(&unbonding));
	assert_eq!(scene.count("waiting"), 1);
	for _ in 0..4 {
		assert_eq!(scene.tick(), 0);
		scene.mine();
	}
	// The pool has thrown it out.
	scene.node.pool.lock().clear();
	scene.mine();
	assert_eq!(scene.tick(), 1);
	assert!(scene.in_pool(&bond));
	// Settled.
	scene.ours.change(|view| view.slashes.clear());
	scene.tick();
	scene.tick();
	assert_eq!(scene.count("waiting"), 0);
	assert!(scene.watcher.known.is_empty() && scene.watcher.seen.is_empty());
}

#[test]
fn only_what_does_not_wait_as_it_should_is_looked_at_between_two_blocks() {
	for (fault, asked) in [
		(None, 0),
		(Some(Fault::Says(-27, "Transaction outputs already in utxo set")), 0),
		(Some(Fault::Says(-26, "mempool min fee not met, 1 < 2")), 1),
		(Some(Fault::Says(-26, "dust")), 1),
	] {
		let mut scene = scene(1);
		scene.fault(fault);
		scene.tick();
		scene.node.take_calls("getmempoolentry");
		let known = scene.watcher.known.get_mut(&outpoint(1)).unwrap();
		let Some(before) = known.looked.checked_sub(RECHECK) else { return };
		known.looked = before;
		scene.tick();
		assert_eq!(scene.node.take_calls("getmempoolentry"), asked);
	}
}

#[test]
fn what_waits_long_is_sent_to_peers_again() {
	let mut scene = scene(2);
	assert_eq!(scene.tick(), 2);
	let known = scene.watcher.known.get_mut(&outpoint(1)).unwrap();
	let bond = scene.ours.best.lock().slashes[0].txid;
	assert!(known.resend.is_some_and(|(txid, at)| txid == bond && at > Instant::now()));
	known.resend = Some((bond, Instant::now()));
	scene.mine();
	assert_eq!(scene.tick(), 1);
	assert_eq!(scene.count("waiting"), 2);
	scene.mine();
	assert_eq!(scene.tick(), 0);
	// Its other transaction has not been sent yet.
	scene.watcher.known.get_mut(&outpoint(1)).unwrap().resend =
		Some((Txid([9; 32]), Instant::now()));
	scene.mine();
	assert_eq!(scene.tick(), 0);
}

#[test]
fn a_bond_that_was_unbonded_is_slashed_in_the_other_coin() {
	let mut scene = scene(1);
	// The first says that its coin is spent.
	scene.fault(Fault::Says(-25, "bad-txns-inputs-missingorspent"));
	assert_eq!(scene.tick(), 2);
	assert_eq!(scene.count("spent"), 1);
	assert_eq!(scene.tick(), 0, "not asked again before the next block");
	scene.fault(None);
	let unbonding = scene.slash(1, Slashable::Unbonding);
	scene.node.pool.lock().insert(unbonding.txid);
	scene.fault(Fault::Says(-25, "bad-txns-inputs-missingorspent"));
	scene.mine();
	assert_eq!(scene.tick(), 1, "the second waits already");
	assert_eq!(scene.count("waiting"), 1);
	// Once it was reported, the chain gives no other.
	scene.ours.change(|view| drop(view.slashes.remove(0)));
	scene.fault(None);
	scene.mine();
	assert_eq!(scene.tick(), 0);
	assert_eq!(scene.count("waiting"), 1);
}

#[test]
fn what_was_mined_is_success() {
	let mut scene = scene(1);
	scene.fault(Fault::Says(-27, "Transaction outputs already in utxo set"));
	assert_eq!(scene.tick(), 1);
	assert_eq!(scene.count("mined"), 1);
	// A reorganisation undoes it.
	scene.fault(None);
	scene.mine();
	assert_eq!(scene.tick(), 1);
	assert_eq!(scene.count("waiting"), 1);
	assert_eq!(scene.metrics.errors.with_label_values(&["watcher"]).get(), 0);
}

#[test]
fn bonds_whose_stakers_can_soon_have_the_coin_are_counted() {
	let mut scene = scene(2);
	let tip = scene.ours.best.lock().bitcoin.tip().height;
	scene.ours.change(|view| {
		for (number, left) in [(1, URGENT + 1), (2, 4_000)] {
			let mut bond = to_be_slashed(registered(view, outpoint(number)));
			bond.slashable_until = Some(tip + left);
			view.bonds.insert(outpoint(number), bond);
		}
	});
	scene.tick();
	assert_eq!(scene.metrics.urgent.get(), 0);
	scene.mine();
	scene.tick();
	assert_eq!(scene.metrics.urgent.get(), 1);
	scene.node.pool.lock().clear();
	scene.fault(Fault::Says(-27, "Transaction outputs already in utxo set"));
	scene.mine();
	scene.tick();
	assert_eq!(scene.metrics.urgent.get(), 0, "it is done");
}

#[test]
fn what_pays_too_little_is_tried_with_every_block() {
	let mut scene = scene(1);
	scene.fault(Fault::Says(-26, "mempool min fee not met, 1 < 2"));
	for _ in 0..3 {
		assert_eq!(scene.tick(), 1);
		assert_eq!(scene.count("underpaid"), 1);
		scene.mine();
	}
	assert_eq!(scene.metrics.broadcasts.with_label_values(&["underpaid"]).get(), 3);
	scene.fault(None);
	assert_eq!(scene.tick(), 1);
	assert_eq!(scene.count("waiting"), 1);
}

#[test]
fn many_bonds_are_gone_through_in_turn() {
	let mut scene = scene(5);
	// Two at one time.
	assert_eq!([(); 3].map(|()| scene.tick()), [2, 2, 1]);
	assert_eq!(scene.count("waiting"), 5);
	assert_eq!([(); 6].map(|()| scene.tick()), [0; 6]);
	// One is settled, and forgotten after a round.
	scene.ours.change(|view| view.slashes.drain(..2).for_each(drop));
	for _ in 0..6 {
		scene.tick();
	}
	assert_eq!((scene.count("waiting"), scene.watcher.known.len()), (4, 4));
}

#[test]
fn one_odd_answer_holds_no_other_bond_up() {
	let mut scene = scene(2);
	scene.node.faults.lock().insert("getmempoolentry", Fault::Refuses(-99));
	assert_eq!(scene.tick(), 0);
	assert_eq!(scene.metrics.errors.with_label_values(&["watcher"]).get(), 1);
	assert_eq!(scene.node.take_calls("getmempoolentry"), 2);
	scene.node.faults.lock().clear();
	scene.tick();
	assert_eq!(scene.tick(), 0);
	assert_eq!(scene.count("waiting"), 2);
}

#[test]
fn a_node_that_fails_or_is_elsewhere_gets_nothing() {
	for fault in [
		Fault::Breaks,
		Fault::Answers(json!({ "chain": "main", "blocks": 9, "bestblockhash": "00".repeat(32) })),
	] {
		let mut scene = scene(1);
		scene.node.faults.lock().insert("getblockchaininfo", fault);
		assert_eq!(scene.tick(), 0);
		assert_eq!(scene.metrics.errors.with_label_values(&["watcher"]).get(), 1);
		scene.node.faults.lock().clear();
		scene.tick();
		assert_eq!(scene.count("waiting"), 1);
	}
}

#[test]
fn only_what_is_final_is_sent() {
	let mut scene = scene(1);
	scene.ours.finalised.lock().slashes.clear();
	assert_eq!(scene.tick(), 0);
	*scene.ours.syncing.lock() = true;
	*scene.ours.finalised.lock() = scene.ours.best.lock().clone();
	assert_eq!(scene.tick(), 0);
	*scene.ours.syncing.lock() = false;
	scene.ours.change(|view| view.unreadable = true);
	assert_eq!(scene.tick(), 0);
	scene.ours.change(|view| view.unreadable = false);
	assert_eq!(scene.tick(), 1);
}

/// Looks for coins of the fee key and fails. Notes how much had been sent by then.
struct Scanner {
	node: Arc<FakeNode>,
	sent: Arc<Mutex<Vec<usize>>>,
}

#[async_trait::async_trait]
impl BitcoinRpc for Scanner {
	fn name(&self) -> &str {
		"scanner"
	}

	async fn call(&self, method: &'static str, _: &[Value]) -> Result<Value, CallError> {
		assert_eq!(method, "scantxoutset");
		let sent = self.node.calls.lock().get(SEND).copied().unwrap_or(0);
		self.sent.lock().push(sent);
		Err(CallError::Connection("status: 403".into()))
	}
}

#[test]
fn what_cannot_be_paid_for_holds_no_other_bond_up() {
	let mut scene = scene(4);
	scene.ours.change(|view| view.page = 4);
	scene.fault(Fault::Says(-26, "mempool min fee not met, 1 < 2"));
	scene.node.faults.lock().extend([
		("gettxout", Fault::Answers(Value::Null)),
		("gettxspendingprevout", Fault::Answers(json!([{}]))),
	]);
	let sent = Arc::<Mutex<Vec<usize>>>::default();
	let scanner = Scanner { node: scene.node.clone(), sent: sent.clone() };
	let nodes = Arc::new(Nodes::new(vec![Box::new(scene.node.clone())]));
	let scanner = Arc::new(Nodes::new(vec![Box::new(scanner)]));
	scene.watcher.bumper = Some(Bumper::new(nodes, scanner, key(1), FeeRate::MAX));
	assert_eq!(scene.tick(), 4);
	assert_eq!(sent.lock().first(), Some(&4), "all were sent before anything was scanned");
	assert_eq!(scene.count("underpaid"), 4);
	assert_eq!(scene.metrics.bumps.with_label_values(&["failed"]).get(), 4);
	assert_eq!(scene.metrics.errors.with_label_values(&["watcher"]).get(), 0);
	for known in scene.watcher.known.values() {
		assert!(known.unpaid.is_some());
	}
}

#[test]
fn the_fee_key_s_coins_are_looked_for_before_they_are_needed() {
	let mut scene = scene(0);
	let nodes = || Arc::new(Nodes::new(vec![Box::new(scene.node.clone())]));
	scene.watcher.bumper = Some(Bumper::new(nodes(), nodes(), key(1), FeeRate::MAX));
	let coin = |vout: u32| json!({ "txid": Txid([1; 32]), "vout": vout, "amount": 0.001 });
	let found = json!({ "success": true, "unspents": [coin(0), coin(1)] });
	scene.node.faults.lock().insert("scantxoutset", Fault::Answers(found));
	for asked in [1, 0, 0] {
		scene.tick();
		assert_eq!(scene.node.take_calls("scantxoutset"), asked);
		let metrics = &scene.metrics;
		assert_eq!((metrics.fee_coins.get(), metrics.fee_sats.get()), (2, 200_000));
	}
}
