// SPDX-License-Identifier: GPL-3.0-or-later WITH Classpath-exception-2.0

//! On a regtest whose rules are Bitcoin Core's: a bond is slashed though fees have risen, and though the
//! staker runs.

use super::*;
use crate::{
	bitcoin::{
		bump::testing::{block_on, key, Scene as Regtest},
		rpc::CoreRpc,
	},
	staking::testing::{sign, unbonding, VALUE},
	tasks::testing::multisig,
};
use ::bitcoin::{consensus::encode::serialize_hex, Transaction};
use entangled_bitcoin::{Signature, Txid};
use entangled_runtime::AccountId;
use pallet_sequencer_staking::BondView;

struct Slash {
	regtest: Regtest,
	bond: BondView<AccountId>,
	watcher: Watcher<FakeOurs>,
	ours: FakeOurs,
	metrics: Metrics,
}

/// Notes what is sent to a node.
struct Log {
	node: Arc<CoreRpc>,
	sent: Mutex<Vec<Value>>,
}

struct Logged(Arc<Log>);

#[async_trait::async_trait]
impl BitcoinRpc for Logged {
	fn name(&self) -> &str {
		self.0.node.name()
	}

	async fn call(&self, method: &'static str, params: &[Value]) -> Result<Value, CallError> {
		let answer = self.0.node.call(method, params).await;
		if let (SEND, Ok(txid)) = (method, &answer) {
			self.0.sent.lock().push(txid.clone());
		}
		answer
	}
}

/// A bond on Bitcoin, whose slashing transactions are complete. The pool asks for 10 sat/vB.
fn slash(values: &[u64], pays: bool) -> Slash {
	let mut regtest = Regtest::new(values);
	let mut view = FakeView::new(&keys(&MEMBERS), FakeChain::new(9));
	let script = registered(&view, outpoint(1)).script;
	let funding = regtest.pay(script.into(), VALUE.0);
	let coin = OutPoint { txid: funding.compute_txid().into(), vout: 0 };
	let bond = to_be_slashed(registered(&view, coin));
	view.slashes = signed(&bond, &keys(&MEMBERS[..3]));
	let ours = FakeOurs::new(view);
	let metrics = Metrics::new(None).unwrap();
	let payer = pays.then(|| regtest.payer(100));
	let watcher = Watcher::new(ours.clone(), regtest.nodes(), payer, metrics.clone());
	Slash { regtest, bond, watcher, ours, metrics }
}

impl Slash {
	fn tick(&mut self) {
		block_on(self.watcher.tick());
	}

	/// Our chain sees that Bitcoin has found a block.
	fn follow(&self) {
		self.ours.change(|view| view.bitcoin = view.bitcoin.extended(1, 0));
	}

	fn txid(&self, which: Slashable) -> Txid {
		let view = self.ours.best.lock();
		view.slashes.iter().find(|slash| slash.which == which).unwrap().txid
	}

	fn standing(&self) -> Standing {
		self.watcher.known[&self.bond.outpoint].standing.clone()
	}

	fn waits(&self, txid: Txid) -> bool {
		let pool = self.regtest.call("getrawmempool", &[]);
		pool.as_array().unwrap().contains(&json!(txid))
	}

	/// Whether the first output of a transaction is in the chain.
	fn is_mined(&self, txid: Txid) -> bool {
		!self.regtest.call("gettxout", &[json!(txid), json!(0), json!(false)]).is_null()
	}

	fn bumps(&self, label: &str) -> u64 {
		self.metrics.bumps.with_label_values(&[label]).get()
	}

	/// The unbonding transaction, as the staker sends it with what the covenant signed.
	fn unbonding(&self) -> Transaction {
		let spend = unbonding(&self.bond);
		let covenant = multisig(&self.ours.best.lock().committees[0]);
		let members = keys(&MEMBERS[..3]);
		let signatures = covenant
			.keys()
			.iter()
			.map(|key| members.sign(*key, &[spend.sighash]).ok().map(|signatures| signatures[0]));
		let signatures = signatures.collect::<Vec<Option<Signature>>>();
		let staker = sign(&spend.sighash);
		spend.complete(&covenant, &staker, &signatures).unwrap()
	}
}

#[test]
fn a_slash_confirms_through_a_fee_spike() {
	let mut slash = slash(&[100_000], true);
	let txid = slash.txid(Slashable::Bond);
	slash.tick();
	assert_eq!((slash.standing(), slash.bumps("sent")), (Standing::Waiting, 1));
	assert!(slash.waits(txid) && slash.regtest.waiting() == 2);
	// Fees rise further before it is mined, and the pool throws both out: they come back with another
	// child.
	slash.regtest.ask_for(40);
	assert!(!slash.waits(txid));
	slash.regtest.mine_nothing();
	slash.follow();
	slash.tick();
	assert_eq!((slash.standing(), slash.bumps("sent")), (Standing::Waiting, 2));
	slash.regtest.mine();
	assert!(slash.is_mined(txid));
	slash.follow();
	slash.tick();
	assert_eq!((slash.standing(), slash.regtest.waiting()), (Standing::Mined, 0));
	assert_eq!(slash.bumps("failed"), 0);
}

/// The pool has room, but blocks are full of what pays better.
#[test]
fn a_child_pulls_in_what_no_miner_takes_alone() {
	let mut slash = slash(&[100_000], true);
	let txid = slash.txid(Slashable::Bond);
	slash.regtest.ask_for(0);
	slash.regtest.call("setblockminfee", &[json!(0.0002)]);
	let mine = |slash: &Slash| {
		let miner = json!(key(9).address(Network::Regtest));
		slash.regtest.call("generatetoaddress", &[json!(1), miner]);
		slash.follow();
	};
	slash.tick();
	mine(&slash);
	assert!(slash.waits(txid) && slash.bumps("sent") == 0, "nobody estimates anything");
	slash.regtest.estimate(30);
	slash.tick();
	assert_eq!((slash.standing(), slash.bumps("sent")), (Standing::Waiting, 1));
	mine(&slash);
	assert!(slash.is_mined(txid) && slash.regtest.waiting() == 0);
}

/// A peer that has forgotten the parent takes it only with its child.
#[test]
fn the_child_is_sent_to_peers_again_with_its_parent() {
	let mut slash = slash(&[100_000], true);
	slash.tick();
	let log = Arc::new(Log { node: slash.regtest.rpc.clone(), sent: Mutex::default() });
	let nodes = || Arc::new(Nodes::new(vec![Box::new(Logged(log.clone()))]));
	let bumper = Bumper::new(nodes(), nodes(), key(1), Regtest::rate(100));
	slash.watcher.bumper = Some(bumper);
	slash.watcher.nodes = nodes();
	let txid = slash.txid(Slashable::Bond);
	slash.watcher.known.get_mut(&slash.bond.outpoint).unwrap().resend =
		Some((txid, Instant::now()));
	slash.follow();
	slash.tick();
	let pool = slash.regtest.call("getrawmempool", &[]);
	let mut pool = pool.as_array().unwrap().clone();
	let mut sent = std::mem::take(&mut *log.sent.lock());
	pool.sort_by_key(Value::to_string);
	sent.sort_by_key(Value::to_string);
	assert_eq!((sent.len(), sent), (2, pool));
	slash.follow();
	slash.tick();
	assert_eq!(*log.sent.lock(), Vec::<Value>::new());
}

#[test]
fn without_a_key_that_pays_it_waits_until_fees_fall() {
	let mut slash = slash(&[], false);
	slash.tick();
	assert_eq!((slash.standing(), slash.regtest.waiting()), (Standing::Underpaid, 0));
	slash.regtest.ask_for(1);
	slash.follow();
	slash.tick();
	assert_eq!(slash.standing(), Standing::Waiting);
	slash.regtest.mine();
	assert!(slash.is_mined(slash.txid(Slashable::Bond)));
}

#[test]
fn a_key_without_coins_is_said_once() {
	let mut slash = slash(&[], true);
	for _ in 0..3 {
		slash.tick();
		assert_eq!(slash.standing(), Standing::Underpaid);
		let known = &slash.watcher.known[&slash.bond.outpoint];
		assert!(known.unpaid.as_ref().unwrap().contains("no child can be made"));
		slash.follow();
	}
	assert_eq!(slash.bumps("failed"), 3);
}

#[test]
fn who_unbonds_meanwhile_is_slashed_all_the_same() {
	let mut slash = slash(&[100_000], true);
	let unbonding = slash.unbonding();
	slash.regtest.mine_only(&unbonding);
	assert!(slash.is_mined(unbonding.compute_txid().into()), "{}", serialize_hex(&unbonding));
	slash.tick();
	let txid = slash.txid(Slashable::Unbonding);
	assert_eq!(slash.standing(), Standing::Waiting);
	assert!(slash.waits(txid));
	slash.regtest.mine();
	assert!(slash.is_mined(txid));
}

#[test]
fn who_unbonds_is_outbid_while_that_waits() {
	let mut slash = slash(&[200_000], true);
	let unbonding = slash.unbonding();
	let fee = slash.bond.terms.rules.unbonding_fee;
	slash.regtest.send_with_child(&unbonding, fee, 40);
	let theirs = unbonding.compute_txid().into();
	assert!(slash.waits(theirs));
	slash.tick();
	let txid = slash.txid(Slashable::Bond);
	let unpaid = &slash.watcher.known[&slash.bond.outpoint].unpaid;
	assert_eq!((slash.standing(), slash.bumps("sent")), (Standing::Waiting, 1), "{unpaid:?}");
	assert!(slash.waits(txid) && !slash.waits(theirs));
	slash.regtest.mine();
	assert!(slash.is_mined(txid));
}
