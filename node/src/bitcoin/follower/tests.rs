// SPDX-License-Identifier: GPL-3.0-or-later WITH Classpath-exception-2.0

use super::*;
use crate::bitcoin::testing::{FakeChain, FakeNode, Fault};
use parking_lot::Mutex;
use proptest::prelude::*;
use serde_json::{json, Value};

/// Runs the follower, whose limits need a clock.
fn block_on<T>(future: impl std::future::Future<Output = T>) -> T {
	let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build();
	runtime.unwrap().block_on(future)
}

/// A follower of some nodes, and what it can be seen to do.
struct Scene<F> {
	follower: Follower<F>,
	nodes: Vec<Arc<FakeNode>>,
	ours: Arc<Mutex<FakeChain>>,
	view: SharedView,
	metrics: Metrics,
}

fn scene(ours: &FakeChain, nodes: Vec<FakeNode>) -> Scene<impl Fn() -> Option<FakeChain>> {
	let nodes = nodes.into_iter().map(Arc::new).collect::<Vec<_>>();
	let ours = Arc::new(Mutex::new(ours.clone()));
	let view = SharedView::default();
	let metrics = Metrics::new(None).unwrap();
	let boxed =
		nodes.iter().map(|node| Box::new(node.clone()) as Box<dyn BitcoinRpc>).collect::<Vec<_>>();
	let chain = ours.clone();
	let follower = Follower::new(
		boxed,
		move || Some(chain.lock().clone()),
		view.clone(),
		metrics.clone(),
		Duration::ZERO,
	);
	Scene { follower, nodes, ours, view, metrics }
}

impl<F: Fn() -> Option<FakeChain>> Scene<F> {
	fn poll(&mut self) {
		block_on(self.follower.poll());
	}

	fn tip(&self) -> Option<BlockRef> {
		self.view.get().map(|view| view.tip)
	}
}

#[test]
fn follows_to_the_tip() {
	let ours = FakeChain::new(30);
	let theirs = ours.extended(4, 0);
	let mut scene = scene(&ours, vec![FakeNode::new(theirs.clone())]);
	scene.poll();
	let view = scene.view.get().unwrap();
	assert_eq!(view.tip, theirs.tip());
	assert_eq!(view.end(), theirs.tip());
	assert!(view.base().height + OVERLAP <= 30);
	assert_eq!(view.fee_rate, Some(FeeRate(12_345)));
	assert_eq!(scene.metrics.connected.get(), 1);
	assert_eq!(scene.metrics.node_height.get(), 34);
	assert_eq!(scene.metrics.chain_height.get(), 30);
	assert_eq!(scene.metrics.headers_behind.get(), 4);
	assert!(scene.metrics.last_update.get() > 0);
	assert_eq!(scene.metrics.error_count(), 0);
}

#[test]
fn a_known_header_is_not_asked_for_again() {
	let ours = FakeChain::new(30);
	let mut scene = scene(&ours, vec![FakeNode::new(ours.clone())]);
	scene.poll();
	let node = scene.nodes[0].clone();
	assert!(node.take_calls("getblockheader") > 0);
	node.take_calls("getblockhash");

	// Nothing happens: only the best block and the fee are asked for.
	scene.poll();
	assert_eq!(node.take_calls("getblockheader"), 0);
	assert_eq!(node.take_calls("getblockhash"), 0);

	// One block is mined: only its header is fetched.
	let theirs = ours.extended(1, 0);
	*node.chain.lock() = theirs.clone();
	scene.poll();
	assert_eq!(node.take_calls("getblockheader"), 1);
	node.take_calls("getblockhash");

	// Our chain learns of it: again nothing to ask for.
	*scene.ours.lock() = theirs;
	scene.poll();
	assert_eq!(node.take_calls("getblockheader"), 0);
	assert_eq!(node.take_calls("getblockhash"), 0);
}

#[test]
fn a_reorganisation_replaces_the_view() {
	let base = FakeChain::new(40);
	let ours = base.extended(3, 1);
	let mut scene = scene(&ours, vec![FakeNode::new(ours.clone())]);
	scene.poll();
	for depth in [3, 20] {
		let theirs = base.cut(43 - depth).extended(depth + 1, depth);
		*scene.nodes[0].chain.lock() = theirs.clone();
		scene.poll();
		let view = scene.view.get().unwrap();
		assert_eq!(view.end(), theirs.tip());
		assert!(view.base().height <= 43 - depth);
	}
	assert_eq!(scene.metrics.error_count(), 0);
}

#[test]
fn far_behind_the_view_ends_below_the_tip_and_moves_on() {
	let ours = FakeChain::new(2);
	let theirs = ours.extended(HEADERS_PER_VIEW + 100, 0);
	let mut scene = scene(&ours, vec![FakeNode::new(theirs.clone())]);
	scene.poll();
	let view = scene.view.get().unwrap();
	assert_eq!(view.tip, theirs.tip());
	assert_eq!(view.end().height, 2 + HEADERS_PER_VIEW);

	*scene.ours.lock() = theirs.cut(2 + HEADERS_PER_VIEW);
	scene.poll();
	assert_eq!(scene.view.get().unwrap().end(), theirs.tip());
}

#[test]
fn fails_over_and_stays() {
	let ours = FakeChain::new(5);
	let theirs = ours.extended(1, 0);
	let broken = FakeNode::faulty(ours.clone(), "getblockchaininfo", Fault::Breaks);
	let mut scene = scene(&ours, vec![broken, FakeNode::new(theirs.clone())]);
	scene.poll();
	assert_eq!(scene.tip(), Some(theirs.tip()));
	assert_eq!(scene.metrics.error_count(), 1);
	scene.poll();
	assert_eq!(scene.metrics.error_count(), 1, "the node that works stays in use");

	scene.nodes[0].faults.lock().clear();
	scene.nodes[1].faults.lock().insert("getblockchaininfo", Fault::Hangs);
	scene.poll();
	assert_eq!(scene.tip(), Some(ours.tip()));
	assert_eq!(scene.metrics.connected.get(), 1);
}

#[test]
fn when_every_node_fails_the_old_view_stays_and_grows_old() {
	let ours = FakeChain::new(5);
	let mut scene = scene(&ours, vec![FakeNode::new(ours.clone()), FakeNode::new(ours.clone())]);
	scene.poll();
	let before = scene.view.get().unwrap();
	for node in &scene.nodes {
		node.faults.lock().insert("getblockchaininfo", Fault::Breaks);
	}
	scene.poll();
	assert!(Arc::ptr_eq(&before, &scene.view.get().unwrap()));
	assert_eq!(scene.metrics.connected.get(), 0);
	assert_eq!(scene.metrics.error_count(), 2);

	for node in &scene.nodes {
		node.faults.lock().clear();
	}
	scene.poll();
	assert!(scene.view.get().unwrap().updated > before.updated);
	assert_eq!(scene.metrics.connected.get(), 1);
}

#[test]
fn another_network_or_another_chain_is_refused() {
	let ours = FakeChain::new(5);
	for (name, kind) in [("main", "network"), ("testnet4", "network"), ("liquid", "malformed")] {
		let tip = ours.tip();
		let info = json!({ "chain": name, "blocks": tip.height, "bestblockhash": tip.hash });
		let node = FakeNode::faulty(ours.clone(), "getblockchaininfo", Fault::Answers(info));
		let mut scene = scene(&ours, vec![node]);
		scene.poll();
		assert_eq!(scene.tip(), None);
		assert_eq!(scene.metrics.errors.with_label_values(&[kind]).get(), 1, "{name}");
	}
	let mut scene = scene(&ours, vec![FakeNode::new(FakeChain::forked_at_genesis(9, 1))]);
	scene.poll();
	assert_eq!(scene.tip(), None);
	assert_eq!(scene.metrics.errors.with_label_values(&["no_common_block"]).get(), 1);
}

#[test]
fn a_node_in_synchronisation_is_told_from_a_broken_one() {
	let mut ours = FakeChain::new(500);
	ours.oldest = 400;
	let mut scene = scene(&ours, vec![FakeNode::new(ours.cut(10))]);
	scene.poll();
	assert_eq!(scene.tip(), None);
	assert_eq!(scene.metrics.errors.with_label_values(&["no_common_block"]).get(), 1);
}

#[test]
fn without_a_checkpoint_no_node_is_asked() {
	let ours = FakeChain::new(5);
	let node = Arc::new(FakeNode::new(ours.clone()));
	struct Unstarted;
	impl LightClient for Unstarted {
		fn network(&self) -> Result<Option<Network>, ApiError> {
			Ok(None)
		}
		fn locator(&self) -> Result<Vec<BlockRef>, ApiError> {
			Ok(vec![])
		}
		fn contains(&self, _: &BlockRef) -> Result<bool, ApiError> {
			Ok(false)
		}
		fn work_above(&self, _: u32, _: u32) -> Result<entangled_bitcoin::U256, ApiError> {
			Ok(Default::default())
		}
	}
	let metrics = Metrics::new(None).unwrap();
	let view = SharedView::default();
	let boxed = vec![Box::new(node.clone()) as Box<dyn BitcoinRpc>];
	let mut follower =
		Follower::new(boxed, || Some(Unstarted), view.clone(), metrics, Duration::ZERO);
	block_on(follower.poll());
	assert!(view.get().is_none());
	assert_eq!(node.take_calls("getblockchaininfo"), 0);
}

/// Every method with answers that no honest node gives.
fn lies(ours: &FakeChain) -> Vec<(&'static str, Fault)> {
	let tip = ours.tip();
	let info = |blocks: Value, hash: Value| {
		Fault::Answers(json!({ "chain": "regtest", "blocks": blocks, "bestblockhash": hash }))
	};
	let header = json!(ours.headers(3)[0]);
	let short = json!(header.as_str().unwrap()[..158]);
	let long = json!(format!("{}00", header.as_str().unwrap()));
	let stranger = json!(FakeChain::forked_at_genesis(5, 9).headers(4)[0]);
	let hash = json!(tip.hash);
	vec![
		("getblockchaininfo", Fault::Answers(Value::Null)),
		("getblockchaininfo", Fault::Answers(json!([]))),
		("getblockchaininfo", Fault::Answers(json!({}))),
		("getblockchaininfo", Fault::Answers(json!("regtest"))),
		("getblockchaininfo", Fault::Answers(json!({ "chain": 7 }))),
		("getblockchaininfo", info(json!(-1), hash.clone())),
		("getblockchaininfo", info(json!(1.5), hash.clone())),
		("getblockchaininfo", info(json!("8"), hash.clone())),
		("getblockchaininfo", info(json!(u64::MAX), hash.clone())),
		("getblockchaininfo", info(json!(u64::from(u32::MAX) + 1), hash.clone())),
		("getblockchaininfo", info(json!(u32::MAX), hash.clone())),
		("getblockchaininfo", info(json!(tip.height + 1), hash.clone())),
		("getblockchaininfo", info(json!(tip.height - 1), hash)),
		("getblockchaininfo", info(json!(tip.height), json!("00"))),
		("getblockchaininfo", info(json!(tip.height), json!("g".repeat(64)))),
		("getblockchaininfo", info(json!(tip.height), json!("11".repeat(32)))),
		("getblockchaininfo", info(json!(tip.height), Value::Null)),
		("getblockchaininfo", Fault::Refuses(-28)),
		("getblockchaininfo", Fault::Breaks),
		("getblockchaininfo", Fault::Hangs),
		("getblockhash", Fault::Answers(Value::Null)),
		("getblockhash", Fault::Answers(json!(""))),
		("getblockhash", Fault::Answers(json!(5))),
		("getblockhash", Fault::Answers(json!("11".repeat(32)))),
		("getblockhash", Fault::Answers(json!("11".repeat(33)))),
		("getblockhash", Fault::Answers(json!("\u{1F480}".repeat(64)))),
		("getblockhash", Fault::Refuses(-8)),
		("getblockhash", Fault::Refuses(-32_000)),
		("getblockhash", Fault::Hangs),
		("getblockheader", Fault::Answers(Value::Null)),
		("getblockheader", Fault::Answers(json!(""))),
		("getblockheader", Fault::Answers(json!({ "hash": "00" }))),
		("getblockheader", Fault::Answers(short)),
		("getblockheader", Fault::Answers(long)),
		("getblockheader", Fault::Answers(header)),
		("getblockheader", Fault::Answers(stranger)),
		("getblockheader", Fault::Answers(json!("z".repeat(160)))),
		("getblockheader", Fault::Refuses(-5)),
		("getblockheader", Fault::Breaks),
		("getblockheader", Fault::Hangs),
	]
}

#[test]
fn no_lie_is_believed_and_each_is_counted() {
	let ours = FakeChain::new(20);
	for (index, (method, fault)) in lies(&ours).into_iter().enumerate() {
		// From the start, and after the truth was known.
		let theirs = ours.extended(2, 0);
		let mut fresh = scene(&ours, vec![FakeNode::faulty(theirs.clone(), method, fault.clone())]);
		fresh.poll();
		assert_eq!(fresh.tip(), None, "{index} {method}");
		assert_eq!(fresh.metrics.error_count(), 1, "{index} {method}");
		assert_eq!(fresh.metrics.connected.get(), 0);

		let mut later = scene(&ours, vec![FakeNode::new(theirs.clone())]);
		later.poll();
		let before = later.view.get().unwrap();
		*later.nodes[0].chain.lock() = theirs.extended(1, 0);
		later.nodes[0].faults.lock().insert(method, fault);
		later.poll();
		assert!(Arc::ptr_eq(&before, &later.view.get().unwrap()), "{index} {method}");
		assert_eq!(later.metrics.error_count(), 1, "{index} {method}");

		// The truth is believed again.
		later.nodes[0].faults.lock().clear();
		later.poll();
		assert_eq!(later.tip(), Some(theirs.extended(1, 0).tip()));
	}
}

#[test]
fn a_view_without_an_estimate_is_a_view() {
	let ours = FakeChain::new(5);
	for (answer, rate) in [
		(Fault::Answers(json!({ "errors": ["Insufficient data"], "blocks": 0 })), None),
		(Fault::Answers(json!({ "feerate": null })), None),
		(Fault::Answers(json!({ "feerate": -1 })), None),
		(Fault::Answers(json!({ "feerate": 1e300 })), None),
		(Fault::Answers(json!({ "feerate": "0.1" })), None),
		(Fault::Answers(json!({ "feerate": 21_000_000 })), None),
		(Fault::Answers(json!({ "feerate": 0.01000001 })), None),
		(Fault::Answers(json!({ "feerate": 0.01 })), Some(FeeRate::MAX)),
		(Fault::Answers(json!({ "feerate": 0.000001 })), Some(FeeRate::MIN)),
		(Fault::Answers(json!({ "feerate": 0 })), Some(FeeRate::MIN)),
		(Fault::Answers(json!([])), None),
		(Fault::Refuses(-32_601), None),
		(Fault::Hangs, None),
	] {
		let mut scene =
			scene(&ours, vec![FakeNode::faulty(ours.clone(), "estimatesmartfee", answer)]);
		scene.poll();
		assert_eq!(scene.view.get().unwrap().fee_rate, rate);
		assert_eq!(scene.metrics.error_count(), 0);
	}
}

#[test]
fn the_fee_rate_is_no_less_than_what_the_pool_takes() {
	let ours = FakeChain::new(5);
	let estimate = |btc: f64| Fault::Answers(json!({ "feerate": btc, "blocks": 6 }));
	let nothing = || Fault::Answers(json!({ "errors": ["Insufficient data"], "blocks": 0 }));
	let pool = |now: Value, relay: Value| {
		Fault::Answers(json!({ "mempoolminfee": now, "minrelaytxfee": relay }))
	};
	let quiet = || pool(json!(1e-5), json!(1e-5));
	for (estimate, pool, rate) in [
		(estimate(5e-5), quiet(), Some(5_000)),
		// A full pool asks for more than the estimate, which looks at the past.
		(estimate(5e-5), pool(json!(9e-5), json!(1e-5)), Some(9_000)),
		(estimate(5e-5), pool(json!(9e-5), json!(20e-5)), Some(20_000)),
		// Without an estimate a quiet pool says nothing, and a full one the least that helps.
		(nothing(), quiet(), None),
		(nothing(), pool(json!(1e-6), json!(1e-6)), None),
		(nothing(), pool(json!(9e-5), json!(1e-5)), Some(9_000)),
		(nothing(), pool(json!(2e-6), json!(1e-6)), Some(FeeRate::MIN.0)),
		(Fault::Hangs, pool(json!(9e-5), json!(1e-5)), Some(9_000)),
		// What is not believed is as good as nothing.
		(estimate(5e-5), pool(json!("9e-5"), json!(1e-5)), Some(5_000)),
		(estimate(5e-5), pool(json!(0.5), json!(1e-5)), Some(5_000)),
		(estimate(5e-5), pool(json!(-1), json!(1e-5)), Some(5_000)),
		(estimate(5e-5), Fault::Refuses(-32_601), Some(5_000)),
		(estimate(0.5), pool(json!(9e-5), json!(1e-5)), Some(9_000)),
		(nothing(), pool(json!(0.5), json!(1e-5)), None),
		(nothing(), pool(Value::Null, Value::Null), None),
		(Fault::Hangs, Fault::Hangs, None),
	] {
		let node = FakeNode::faulty(ours.clone(), "estimatesmartfee", estimate);
		node.faults.lock().insert("getmempoolinfo", pool);
		let mut scene = scene(&ours, vec![node]);
		scene.poll();
		assert_eq!(scene.view.get().unwrap().fee_rate, rate.map(FeeRate));
		assert_eq!(scene.metrics.error_count(), 0);
	}
}

fn any_json() -> impl Strategy<Value = Value> {
	let leaf = prop_oneof![
		Just(Value::Null),
		any::<bool>().prop_map(Value::from),
		any::<u64>().prop_map(Value::from),
		any::<i64>().prop_map(Value::from),
		any::<f64>().prop_map(Value::from),
		".{0,170}".prop_map(Value::from),
		"[0-9a-f]{64}".prop_map(Value::from),
		"[0-9a-f]{160}".prop_map(Value::from),
		Just(json!("regtest")),
	];
	leaf.prop_recursive(2, 12, 4, |inner| {
		let keys = prop_oneof![
			Just("chain".to_string()),
			Just("blocks".to_string()),
			Just("bestblockhash".to_string()),
			Just("feerate".to_string()),
			Just("mempoolminfee".to_string()),
			Just("minrelaytxfee".to_string()),
		];
		prop_oneof![
			prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
			prop::collection::hash_map(keys, inner, 0..4)
				.prop_map(|map| Value::Object(map.into_iter().collect())),
		]
	})
}

proptest! {
	/// Any JSON in place of any answer: no panic, and never a view that does not link to our chain.
	#[test]
	fn any_answer_is_survived(
		method in prop::sample::select(vec![
			"getblockchaininfo", "getblockhash", "getblockheader", "estimatesmartfee",
			"getmempoolinfo",
		]),
		answer in any_json(),
	) {
		let ours = FakeChain::new(15);
		let theirs = ours.extended(2, 0);
		let mut scene =
			scene(&ours, vec![FakeNode::faulty(theirs.clone(), method, Fault::Answers(answer))]);
		scene.poll();
		if let Some(view) = scene.view.get() {
			prop_assert!(ours.contains(&view.base()).unwrap());
			prop_assert_eq!(view.end(), theirs.tip());
		}
	}
}
