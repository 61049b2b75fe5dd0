// SPDX-License-Identifier: GPL-3.0-or-later WITH Classpath-exception-2.0

mod restarts;

use super::*;
use crate::{
	bitcoin::testing::{payment, FakeChain, FakeNode, Fault},
	relay::{findings::MAX_FINDINGS, watchlist::Watched},
	tasks::{
		submit::{pause, Message, Submission, RESUBMIT_AFTER},
		testing::{
			block_on, committee, keys, output_of, own_terms, with_batch, withdrawal, FakeOurs,
			FakePool, FakeView, CHAIN, CONFIRMATIONS,
		},
	},
};
use bitcoin::{Amount, ScriptBuf, Transaction, TxOut};
use entangled_bitcoin::{script::Fronted, Destination, OutPoint, Txid};
use pallet_peg::{CommitteeView, DepositTerms, HaltReason, WithdrawalState};
use std::collections::HashSet;

const BLOCK: &str = "getblock";

/// A relayer, the chains it looks at, and what it brings.
struct Scene {
	relayer: Relayer<FakeOurs, FakePool>,
	ours: FakeOurs,
	pool: FakePool,
	node: Arc<FakeNode>,
	watchlist: Arc<WatchList>,
	metrics: Metrics,
	directory: tempfile::TempDir,
}

/// The relayer holds the key of the only member, so that it is its turn at once.
fn scene_of(change: impl FnOnce(&mut FakeView)) -> Scene {
	let mut view = FakeView::new(&keys(&["//Alice"]), FakeChain::new(20));
	change(&mut view);
	let node = Arc::new(FakeNode::new(view.bitcoin.clone()));
	let (ours, pool) = (FakeOurs::new(view), FakePool::default());
	let directory = tempfile::tempdir().unwrap();
	let watchlist = Arc::new(WatchList::open(directory.path().join("watched.json")).unwrap());
	let metrics = Metrics::new(None).unwrap();
	let relayer = relayer(&ours, &pool, &node, &watchlist, &metrics, &["//Alice"]);
	Scene { relayer, ours, pool, node, watchlist, metrics, directory }
}

fn scene() -> Scene {
	scene_of(|_| ())
}

fn relayer(
	ours: &FakeOurs,
	pool: &FakePool,
	node: &Arc<FakeNode>,
	watchlist: &Arc<WatchList>,
	metrics: &Metrics,
	names: &[&str],
) -> Relayer<FakeOurs, FakePool> {
	let keys = keys(names);
	Relayer::new(
		ours.clone(),
		pool.clone(),
		Arc::new(Nodes::new(vec![Box::new(node.clone())])),
		watchlist.clone(),
		move || Identity { keys: keys.all().unwrap(), peer: b"peer".to_vec() },
		metrics.clone(),
	)
}

impl Scene {
	/// What the relayer brings in one look, after which there is nothing more to look at.
	fn tick(&mut self) -> Vec<Message> {
		while block_on(self.relayer.tick()) {}
		self.ours.take_made()
	}

	/// Bitcoin and our chain have these blocks now. A block of ours passes.
	fn follow(&self, chain: FakeChain) {
		*self.node.chain.lock() = chain.clone();
		self.ours.change(|view| {
			view.bitcoin = chain.clone();
			view.number += 1;
		});
	}

	fn chain(&self) -> FakeChain {
		self.ours.best.lock().bitcoin.clone()
	}

	fn mine(&self, transactions: Vec<Transaction>) {
		self.follow(self.chain().mined(transactions));
	}

	/// Bitcoin buries its tip deep enough.
	fn bury(&self) {
		self.follow(self.chain().extended(CONFIRMATIONS, 0));
	}

	fn pass(&self, blocks: u32) {
		self.ours.change(|view| view.number += blocks);
	}

	fn restart(&mut self) {
		let path = self.directory.path().join("watched.json");
		self.watchlist = Arc::new(WatchList::open(path).unwrap());
		self.relayer = relayer(
			&self.ours,
			&self.pool,
			&self.node,
			&self.watchlist,
			&self.metrics,
			&["//Alice"],
		);
	}

	fn fixed_deposit(&self, salt: u32) -> Transaction {
		let fixed = self.ours.best.lock().committees[0].fixed;
		payment(
			salt,
			vec![
				output(200_000, fixed.into()),
				output(0, Destination::Account([1; 32]).to_script().into()),
			],
		)
	}

	fn own_deposit(&self, salt: u32, terms: &DepositTerms) -> Transaction {
		let script = output_of(terms, &self.ours.best.lock().committees[0]).script_pubkey();
		payment(salt, vec![output(200_000, script.into())])
	}

	/// Our chain shows, and finally so, that the deposit was claimed.
	fn claim(&self, deposit: &Transaction) {
		self.ours.change(|view| {
			view.claimed.insert(outpoint(deposit));
		});
	}

	fn watch(&self, terms: &DepositTerms) {
		let view = self.ours.best.lock();
		let script = output_of(terms, &view.committees[0]).script_pubkey();
		let registered = view.bitcoin.tip().height;
		self.watchlist.watch(Watched { terms: terms.clone(), script, registered }).unwrap();
	}

	fn waiting(&self, kind: &str) -> u64 {
		self.metrics.waiting.with_label_values(&[kind]).get()
	}

	fn relayed(&self, kind: &str, result: &str) -> u64 {
		self.metrics.relayed.with_label_values(&[kind, result]).get()
	}
}

fn output(amount: u64, script_pubkey: ScriptBuf) -> TxOut {
	TxOut { value: Amount::from_sat(amount), script_pubkey }
}

fn outpoint(transaction: &Transaction) -> OutPoint {
	OutPoint { txid: transaction.compute_txid().into(), vout: 0 }
}

#[test]
fn a_deposit_is_brought_when_it_is_final_and_once() {
	let mut scene = scene();
	assert_eq!(scene.tick(), []);
	let deposit = scene.fixed_deposit(1);
	scene.mine(vec![deposit.clone()]);
	assert_eq!(scene.tick(), []);
	assert_eq!(scene.waiting("deposit"), 1);
	for _ in 2..CONFIRMATIONS {
		scene.mine(vec![]);
		assert_eq!(scene.tick(), []);
	}
	scene.mine(vec![]);
	let brought = scene.tick();
	let [Message::Claim { claim, vout: 0, terms: DepositTerms::Fixed { committee: 0 } }] =
		&brought[..]
	else {
		panic!("{brought:?}")
	};
	assert_eq!(claim.block.height, 21);
	assert_eq!(scene.relayed("deposit", "accepted"), 1);
	// Not again, until the chain has had time.
	scene.pass(RESUBMIT_AFTER - 1);
	assert_eq!(scene.tick(), []);
	scene.pass(1);
	assert_eq!(scene.tick(), brought);
	// The best block shows it, the final one not yet: it may still have to be brought again.
	scene.ours.best.lock().claimed.insert(outpoint(&deposit));
	scene.pass(RESUBMIT_AFTER);
	assert_eq!(scene.tick(), []);
	assert_eq!(scene.waiting("deposit"), 1);
	scene.ours.finalised.lock().claimed.insert(outpoint(&deposit));
	assert_eq!(scene.tick(), []);
	assert_eq!(scene.waiting("deposit"), 0);
}

#[test]
fn a_restart_finds_what_was_found_before() {
	let mut scene = scene();
	scene.mine(vec![scene.fixed_deposit(1)]);
	scene.tick();
	scene.bury();
	let brought = scene.tick();
	assert_eq!(brought.len(), 1);
	scene.restart();
	assert_eq!(scene.tick(), brought);
	// What is claimed is not brought at all.
	let deposit = scene.fixed_deposit(1);
	scene.claim(&deposit);
	scene.restart();
	assert_eq!(scene.tick(), []);
}

#[test]
fn a_watched_address_is_found_from_some_hours_before_its_registration_on() {
	let mut scene = scene();
	let terms = own_terms(1, 2_016);
	scene.mine(vec![scene.own_deposit(1, &terms)]);
	scene.follow(scene.chain().extended(30, 0));
	scene.tick();
	scene.node.take_calls(BLOCK);
	// Asked for after the payment's block was looked through: the last hours are looked through
	// again, and no more.
	scene.watch(&terms);
	let since = scene.watchlist.watched()[0].since();
	assert!((1..=21).contains(&since));
	let brought = scene.tick();
	assert!(matches!(&brought[..], [Message::Claim { terms: known, .. }] if *known == terms));
	assert_eq!(scene.node.take_calls(BLOCK), (scene.chain().tip().height - since + 1) as usize);
}

#[test]
fn a_watched_address_is_looked_for_beyond_the_window_after_a_restart() {
	let mut scene = scene();
	scene.tick();
	let terms = own_terms(1, 2_016);
	scene.watch(&terms);
	let deposit = scene.own_deposit(1, &terms);
	scene.mine(vec![deposit]);
	scene.follow(scene.chain().extended(WINDOW + 50, 0));
	scene.restart();
	assert_eq!(scene.tick().len(), 1);
	// While it waits, a restart goes back as far.
	scene.restart();
	scene.pass(RESUBMIT_AFTER);
	assert_eq!(scene.tick().len(), 1);
}

#[test]
fn an_address_that_is_paid_again_is_found_again() {
	let mut scene = scene();
	let terms = own_terms(1, 2_016);
	scene.watch(&terms);
	let deposits = [1, 2, 3].map(|salt| scene.own_deposit(salt, &terms));
	scene.mine(deposits[..2].to_vec());
	scene.bury();
	assert_eq!(scene.tick().len(), 2);
	scene.claim(&deposits[0]);
	scene.tick();
	assert_eq!(scene.waiting("deposit"), 1);
	scene.claim(&deposits[1]);
	scene.tick();
	assert_eq!((scene.watchlist.count(), scene.waiting("deposit")), (1, 0));
	scene.mine(deposits[2..].to_vec());
	scene.bury();
	assert_eq!(scene.tick().len(), 1);
}

#[test]
fn while_a_deposit_waits_its_address_is_watched() {
	let mut scene = scene();
	let terms = own_terms(1, 1_000);
	scene.watch(&terms);
	// Paid when its time is nearly over, and not claimable for long.
	scene.follow(scene.chain().extended(3_000, 0));
	scene.ours.change(|view| view.status.halt = Some(HaltReason::Governance));
	let deposit = scene.own_deposit(1, &terms);
	scene.mine(vec![deposit.clone()]);
	scene.follow(scene.chain().extended(500, 0));
	scene.tick();
	assert_eq!((scene.watchlist.count(), scene.waiting("deposit")), (1, 1));
	scene.restart();
	scene.tick();
	assert_eq!((scene.watchlist.count(), scene.waiting("deposit")), (1, 1));
	scene.ours.change(|view| view.status.halt = None);
	assert_eq!(scene.tick().len(), 1);
	scene.claim(&deposit);
	scene.tick();
	assert_eq!((scene.watchlist.count(), scene.waiting("deposit")), (0, 0));
}

/// The node is off while an address is paid, and comes back when the address's time is over.
#[test]
fn an_address_is_watched_until_its_last_block_was_looked_through() {
	let mut scene = scene();
	let terms = own_terms(1, 500);
	scene.watch(&terms);
	scene.tick();
	scene.follow(scene.chain().extended(2_080, 0));
	scene.mine(vec![scene.own_deposit(1, &terms)]);
	scene.follow(scene.chain().extended(480, 0));
	scene.restart();
	assert_eq!(scene.tick().len(), 1);
}

#[test]
fn a_deposit_that_can_be_taken_back_is_forgotten() {
	let mut scene = scene();
	let terms = own_terms(1, 10);
	scene.watch(&terms);
	scene.mine(vec![scene.own_deposit(1, &terms)]);
	scene.pool.answers.lock().push_back(Submission::Refused("InsufficientMargin".into()));
	scene.bury();
	assert_eq!(scene.tick().len(), 1);
	scene.follow(scene.chain().extended(6, 0));
	scene.tick();
	assert_eq!(scene.waiting("deposit"), 1);
	scene.mine(vec![]);
	scene.tick();
	assert_eq!(scene.waiting("deposit"), 0);
}

#[test]
fn a_reorganisation_takes_findings_with_it() {
	let mut scene = scene();
	let base = scene.chain();
	let deposit = scene.fixed_deposit(1);
	scene.mine(vec![deposit.clone()]);
	scene.mine(vec![]);
	scene.tick();
	assert_eq!(scene.waiting("deposit"), 1);
	// Another branch without it.
	scene.follow(base.extended(CONFIRMATIONS + 1, 1));
	assert_eq!(scene.tick(), []);
	assert_eq!(scene.waiting("deposit"), 0);
	// And one with it elsewhere: the proof is of the block that it is in now.
	let branch = base.extended(4, 2).mined(vec![deposit]).extended(CONFIRMATIONS, 2);
	scene.follow(branch.clone());
	let brought = scene.tick();
	let [Message::Claim { claim, .. }] = &brought[..] else { panic!("{brought:?}") };
	assert_eq!(claim.block, branch.block(25));
}

#[test]
fn the_settlement_of_any_attempt_is_brought() {
	let mut scene = scene_of(|view| *view = with_batch(view.clone()));
	let attempt = payment(5, vec![output(1, ScriptBuf::new())]);
	let txid = Txid::from(attempt.compute_txid());
	scene.tick();
	// The attempt becomes known only after its block was looked through.
	scene.mine(vec![attempt]);
	scene.tick();
	scene.ours.change(|view| {
		let batch = view.batch.as_mut().unwrap();
		let mut second = batch.attempts[0].clone();
		(second.index, second.txid, second.built_at) = (1, txid, 20);
		batch.attempts.push(second);
	});
	scene.tick();
	assert_eq!(scene.waiting("settlement"), 1);
	scene.bury();
	// A halt does not stop what has happened already.
	scene.ours.change(|view| view.status.halt = Some(HaltReason::Governance));
	let brought = scene.tick();
	assert!(matches!(&brought[..], [Message::Settle { .. }]), "{brought:?}");
	scene.ours.change(|view| view.batch = None);
	scene.tick();
	assert_eq!(scene.waiting("settlement"), 0);
}

#[test]
fn a_fronted_payment_is_brought() {
	let mut asked = withdrawal(3, 500_000);
	asked.state = WithdrawalState::Pending;
	let paid = output(500_000, asked.script.to_script().into());
	let named = output(0, Fronted { chain: CHAIN, id: 7, account: [4; 32] }.to_script().into());
	let mut scene = scene_of(|view| {
		view.withdrawals.insert(7, asked);
	});
	scene.mine(vec![payment(1, vec![paid, named])]);
	scene.bury();
	let brought = scene.tick();
	assert!(matches!(&brought[..], [Message::Front { id: 7, .. }]), "{brought:?}");
	scene.ours.change(|view| {
		view.withdrawals.get_mut(&7).unwrap().state = WithdrawalState::Cancelled;
	});
	scene.tick();
	assert_eq!(scene.waiting("front"), 0);
}

#[test]
fn a_gift_to_the_reserve_is_brought_while_the_peg_stands_still() {
	let mut scene = scene();
	scene.ours.change(|view| view.status.halt = Some(HaltReason::RefundOpen));
	let fixed = scene.ours.best.lock().committees[0].fixed;
	let gift = output(0, Destination::Reserve.to_script().into());
	scene.mine(vec![payment(1, vec![output(200_000, fixed.into()), gift])]);
	scene.bury();
	assert_eq!(scene.tick().len(), 1);
}

#[test]
fn nothing_is_claimed_while_the_peg_stands_still() {
	let mut scene = scene();
	scene.ours.change(|view| view.status.halt = Some(HaltReason::RefundOpen));
	scene.mine(vec![scene.fixed_deposit(1)]);
	scene.bury();
	assert_eq!(scene.tick(), []);
	assert_eq!(scene.waiting("deposit"), 1);
	scene.ours.change(|view| view.status.halt = None);
	assert_eq!(scene.tick().len(), 1);
}

#[test]
fn what_the_chain_refuses_is_brought_ever_more_rarely() {
	let mut scene = scene();
	scene.mine(vec![scene.fixed_deposit(1)]);
	scene.bury();
	let mut wait = 0;
	for doubling in 0..8 {
		scene.pool.answers.lock().push_back(Submission::Refused("OverCap".into()));
		if wait > 0 {
			scene.pass(wait - 1);
			assert_eq!(scene.tick(), [], "{doubling}");
			scene.pass(1);
		}
		assert_eq!(scene.tick().len(), 1, "{doubling}");
		wait = pause(doubling + 1);
	}
	assert_eq!(scene.relayed("deposit", "refused"), 8);
}

#[test]
fn what_is_postponed_is_tried_again_with_the_next_block() {
	let mut scene = scene();
	scene.mine(vec![scene.fixed_deposit(1)]);
	scene.bury();
	for _ in 0..20 {
		scene.pool.answers.lock().push_back(Submission::Postponed("full".into()));
		assert_eq!(scene.tick().len(), 1);
		scene.pass(1);
	}
	assert_eq!(scene.waiting("deposit"), 1);
	assert_eq!(scene.tick().len(), 1);
	scene.pass(1);
	assert_eq!(scene.tick(), []);
}

#[test]
fn what_the_pool_does_not_take_holds_nothing_up() {
	let mut scene = scene();
	let deposits = (0..PROOFS_PER_LOOK as u32 + 8).map(|salt| scene.fixed_deposit(salt));
	scene.mine(deposits.collect());
	scene.bury();
	let postponed = vec![Submission::Postponed("full".into()); PROOFS_PER_LOOK];
	scene.pool.answers.lock().extend(postponed);
	let first = scene.tick();
	assert_eq!(first.len(), PROOFS_PER_LOOK);
	scene.pass(1);
	let second = scene.tick();
	assert_eq!(second.len(), PROOFS_PER_LOOK);
	let new = second.iter().filter(|message| !first.contains(message)).count();
	assert_eq!(new, 8, "all have had their turn");
}

#[test]
fn what_no_transaction_can_be_made_of_holds_nothing_up() {
	let mut scene = scene();
	scene.mine((0..3).map(|salt| scene.fixed_deposit(salt)).collect());
	scene.bury();
	let all = scene.tick();
	assert_eq!(all.len(), 3);
	scene.ours.change(|view| view.unmakable = vec![all[0].clone()]);
	scene.pass(RESUBMIT_AFTER);
	assert_eq!(scene.tick(), all[1..]);
	scene.ours.change(|view| view.unmakable.clear());
	assert_eq!(scene.tick(), all[..1]);
}

#[test]
fn what_is_refused_for_good_is_forgotten() {
	let mut scene = scene();
	scene.mine(vec![scene.fixed_deposit(1)]);
	scene.bury();
	scene.pool.answers.lock().push_back(Submission::RefusedForGood("UnknownAccount".into()));
	assert_eq!(scene.tick().len(), 1);
	assert_eq!((scene.waiting("deposit"), scene.relayed("deposit", "refused")), (0, 1));
	scene.pass(pause(u32::MAX));
	assert_eq!(scene.tick(), []);
}

#[test]
fn what_the_chain_can_never_take_is_forgotten() {
	let ends: [fn(&mut FakeView); 2] = [
		// It keeps no header of the block any more.
		|view| view.bitcoin.oldest = 22,
		// The committee is gone.
		|view| view.committees[0].id = 1,
	];
	for end in ends {
		let mut scene = scene();
		let deposit = scene.fixed_deposit(1);
		scene.mine(vec![deposit.clone()]);
		scene.mine(vec![scene.fixed_deposit(2)]);
		scene.tick();
		assert_eq!(scene.waiting("deposit"), 2);
		end(&mut scene.ours.best.lock());
		scene.tick();
		assert_eq!(scene.waiting("deposit"), 2, "not before that is final");
		end(&mut scene.ours.finalised.lock());
		scene.tick();
		assert!(scene.waiting("deposit") < 2);
	}
	// A chain that is behind does not know the block yet, nor the committee.
	let mut scene = scene();
	scene.mine(vec![scene.fixed_deposit(1)]);
	scene.tick();
	scene.ours.change(|view| view.committees[0].id = 3);
	scene.mine(vec![scene.fixed_deposit(2)]);
	scene.tick();
	assert_eq!(scene.waiting("deposit"), 1);
	scene.ours.change(|view| view.committees[0].id = 2);
	scene.tick();
	assert_eq!(scene.waiting("deposit"), 1);
}

#[test]
fn members_take_turns() {
	let names = ["//Alice", "//Bob", "//Charlie", "//Dave"];
	let mut turns = Vec::new();
	for name in names {
		let mut scene = scene_of(|view| *view = FakeView::new(&keys(&names), view.bitcoin.clone()));
		let Scene { ours, pool, node, watchlist, metrics, .. } = &scene;
		scene.relayer = relayer(ours, pool, node, watchlist, metrics, &[name]);
		scene.mine(vec![scene.fixed_deposit(1)]);
		scene.bury();
		let mut turn = 0;
		while scene.tick().is_empty() {
			scene.pass(1);
			turn += 1;
		}
		turns.push(turn);
	}
	turns.sort_unstable();
	assert_eq!(turns, [0, 1, 2, 3]);
}

#[test]
fn old_blocks_that_the_node_has_pruned_are_passed_over_and_new_ones_waited_for() {
	let mut scene = scene();
	scene.node.faults.lock().insert(BLOCK, Fault::Says(-1, "Block not available (pruned data)"));
	scene.watch(&own_terms(1, 2_016));
	scene.follow(scene.chain().extended(WINDOW + 30, 0));
	scene.tick();
	// All within the window must still come.
	let next = scene.relayer.scan.as_ref().unwrap().next();
	assert_eq!(next, scene.chain().tip().height - WINDOW + 1);
	assert!(scene.metrics.missing.get() >= u64::from(next - 21));
	assert_eq!(scene.metrics.errors.with_label_values(&["relayer"]).get(), 1);
	scene.node.faults.lock().clear();
	scene.tick();
	assert_eq!(scene.relayer.scan.as_ref().unwrap().next(), scene.chain().tip().height + 1);
}

#[test]
fn what_a_node_cannot_give_yet_is_waited_for_however_old_it_is() {
	for fault in [
		Fault::Refuses(CallError::IN_WARMUP),
		Fault::Refuses(CallError::NOT_FOUND),
		Fault::Says(CallError::MISC_ERROR, "Block not available (not fully downloaded)"),
		Fault::Breaks,
		Fault::Hangs,
	] {
		let mut scene = scene();
		scene.tick();
		scene.node.faults.lock().insert(BLOCK, fault);
		scene.mine(vec![scene.fixed_deposit(1)]);
		scene.follow(scene.chain().extended(WINDOW + 30, 0));
		scene.tick();
		assert_eq!(scene.relayer.scan.as_ref().unwrap().next(), 21);
		scene.node.faults.lock().clear();
		assert_eq!(scene.tick().len(), 1);
	}
}

#[test]
fn a_node_that_has_yet_to_hear_of_the_newest_block_has_not_failed() {
	let mut scene = scene();
	scene.tick();
	let behind = scene.chain();
	scene.mine(vec![scene.fixed_deposit(1)]);
	let ahead = std::mem::replace(&mut *scene.node.chain.lock(), behind);
	scene.tick();
	assert_eq!(scene.relayer.scan.as_ref().unwrap().next(), 21);
	assert_eq!(scene.metrics.errors.with_label_values(&["relayer"]).get(), 0);
	// Of one below it, it should have heard.
	let behind = std::mem::replace(&mut *scene.node.chain.lock(), ahead.clone()).cut(20);
	scene.follow(ahead.extended(1, 0));
	*scene.node.chain.lock() = behind;
	scene.tick();
	assert_eq!(scene.metrics.errors.with_label_values(&["relayer"]).get(), 1);
	*scene.node.chain.lock() = scene.chain();
	scene.tick();
	assert_eq!(scene.waiting("deposit"), 1);
}

#[test]
fn what_was_found_is_brought_even_when_the_node_is_down() {
	let mut scene = scene();
	scene.mine(vec![scene.fixed_deposit(1)]);
	scene.tick();
	scene.node.faults.lock().insert(BLOCK, Fault::Breaks);
	scene.bury();
	assert_eq!(scene.tick().len(), 1);
}

#[test]
fn a_lying_node_is_not_believed() {
	let mut scene = scene();
	scene.tick();
	let forged = FakeChain::new(3).mined(vec![scene.fixed_deposit(1)]);
	let forged = bitcoin::consensus::encode::serialize_hex(&forged.bodies(4));
	scene.mine(vec![]);
	for lie in [forged, "zz".into(), String::new()] {
		scene.node.faults.lock().insert(BLOCK, Fault::Answers(lie.into()));
		assert_eq!(scene.tick(), []);
		assert_eq!(scene.relayer.scan.as_ref().unwrap().next(), 21);
	}
	assert_eq!(scene.waiting("deposit"), 0);
	assert_eq!(scene.metrics.errors.with_label_values(&["relayer"]).get(), 3);
}

#[test]
fn a_chain_that_keeps_few_headers_is_looked_through_from_the_oldest() {
	let mut scene = scene_of(|view| view.bitcoin.oldest = 15);
	scene.tick();
	assert_eq!(scene.node.take_calls(BLOCK), 6);
	assert_eq!(scene.metrics.scanned_height.get(), 20);
}

#[test]
fn nothing_is_left_out_on_the_way_to_the_tip() {
	for oldest in [0, 1, 15, 19, 20, 150, 299, 300] {
		let mut scene = scene_of(|view| {
			view.bitcoin = view.bitcoin.extended(280, 0);
			view.bitcoin.oldest = oldest;
		});
		scene.tick();
		assert_eq!(scene.node.take_calls(BLOCK), 301 - oldest as usize, "{oldest}");
	}
}

#[test]
fn the_first_start_goes_back_to_the_committees_and_a_later_one_to_where_it_was() {
	let mut scene = scene_of(|view| {
		view.bitcoin = view.bitcoin.extended(WINDOW + 80, 0);
		view.committees[0].active_from = 40;
	});
	let tip = scene.chain().tip().height;
	scene.tick();
	assert_eq!(scene.node.take_calls(BLOCK), (tip - 40 + 1) as usize);
	scene.restart();
	scene.tick();
	assert_eq!(scene.node.take_calls(BLOCK), (WINDOW + 1) as usize);
}

/// It holds what it has slashed. That is no reason to look through all blocks since its time.
#[test]
fn nothing_is_looked_for_of_a_committee_whose_addresses_are_honoured_no_more() {
	let mut scene = scene();
	scene.tick();
	let old = committee(7, &keys(&["//Old"]));
	let until = scene.chain().tip().height + 1;
	let fixed = output(200_000, old.fixed.into());
	let to = output(0, Destination::Account([1; 32]).to_script().into());
	let old = CommitteeView { honoured_until: Some(until), ..old };
	scene.ours.change(|view| view.committees.insert(0, old.clone()));
	scene.mine(vec![payment(1, vec![fixed.clone(), to.clone()])]);
	scene.tick();
	assert_eq!(scene.waiting("deposit"), 1);
	scene.mine(vec![payment(2, vec![fixed, to])]);
	scene.node.take_calls(BLOCK);
	scene.tick();
	assert_eq!((scene.node.take_calls(BLOCK), scene.waiting("deposit")), (1, 1));
}

#[test]
fn findings_are_bounded_and_none_is_lost() {
	let mut scene = scene();
	let fixed = scene.ours.best.lock().committees[0].fixed;
	let mut outputs = vec![output(200_000, fixed.into()); 100];
	outputs.push(output(0, Destination::Account([1; 32]).to_script().into()));
	scene.mine((0..50).map(|salt| payment(salt, outputs.clone())).collect());
	scene.tick();
	assert_eq!(scene.waiting("deposit"), MAX_FINDINGS as u64);
	scene.bury();
	let mut claimed = HashSet::new();
	loop {
		let brought = scene.tick();
		if brought.is_empty() {
			break;
		}
		assert!(brought.len() <= PROOFS_PER_LOOK);
		for message in brought {
			let Message::Claim { claim, vout, .. } = message else { panic!("{message:?}") };
			let transaction = &claim.proof.transaction;
			let txid = Txid::from(
				bitcoin::consensus::deserialize::<Transaction>(transaction).unwrap().compute_txid(),
			);
			assert!(claimed.insert(OutPoint { txid, vout }));
		}
		scene.ours.change(|view| {
			view.claimed.extend(&claimed);
			view.number += 1;
		});
	}
	assert_eq!((claimed.len(), scene.waiting("deposit")), (5_000, 0));
	assert_eq!(scene.relayer.findings.lowest(), None);
}

/// A bond from its funding to its end.
#[test]
fn bonds_are_brought_when_they_are_made_and_when_they_are_spent() {
	use crate::staking::testing::{registered, watched};
	use pallet_sequencer_staking::{BondState, Outcome};

	let mut scene = scene();
	let funding = payment(1, vec![output(500_000, ScriptBuf::new())]);
	let bond = outpoint(&funding);
	let change = |scene: &Scene, state| {
		scene.ours.change(|view| {
			let mut known = registered(view, bond);
			known.bond.state = state;
			let mut watch = watched(&known);
			if matches!(state, BondState::Leaving { .. }) {
				watch.coins.remove(0);
			}
			let ended = matches!(state, BondState::Closed(_));
			view.watched = if ended { vec![] } else { vec![watch] };
			view.bonds.insert(bond, known);
		});
		scene.pass(RESUBMIT_AFTER);
	};
	change(&scene, BondState::Approved { deadline: crate::staking::testing::deadline() });
	scene.mine(vec![funding]);
	scene.bury();
	let brought = scene.tick();
	assert!(matches!(&brought[..], [Message::Activate { outpoint, .. }] if *outpoint == bond));
	change(&scene, BondState::Active { included: 21, expires: 4_000 });
	assert_eq!(scene.tick(), []);
	assert_eq!((scene.waiting("bond"), scene.relayed("bond", "accepted")), (0, 1));

	let unbonding = {
		let view = scene.ours.best.lock();
		crate::staking::testing::unbonding(&view.bonds[&bond]).transaction
	};
	let unbonded = OutPoint { txid: unbonding.compute_txid().into(), vout: 0 };
	scene.mine(vec![unbonding]);
	scene.bury();
	let brought = scene.tick();
	assert!(matches!(&brought[..], [Message::ReportSpend { outpoint, .. }] if *outpoint == bond));
	change(&scene, BondState::Leaving { included: 21, left: 1, unbonded: Some(25) });
	assert_eq!((scene.tick(), scene.waiting("spend")), (vec![], 0));

	// Whoever has it spends it.
	let mut last = payment(2, vec![output(1, ScriptBuf::new())]);
	last.input[0].previous_output = unbonded.into();
	let txid = last.compute_txid().into();
	scene.mine(vec![last]);
	scene.bury();
	let brought = scene.tick();
	assert!(matches!(&brought[..], [Message::ReportSpend { outpoint, .. }] if *outpoint == bond));
	change(&scene, BondState::Closed(Outcome::Foreign { txid }));
	assert_eq!((scene.tick(), scene.waiting("spend")), (vec![], 0));
}

/// While our best block knows a bond and a final one does not, or the other way round, nothing is
/// forgotten; when neither does, it is.
#[test]
fn what_was_found_of_a_bond_of_another_fork_is_forgotten() {
	use crate::staking::testing::{registered, watched};
	use pallet_sequencer_staking::BondState;

	let mut scene = scene();
	let funding = payment(1, vec![output(500_000, ScriptBuf::new())]);
	let bond = outpoint(&funding);
	scene.ours.change(|view| {
		let mut known = registered(view, bond);
		known.bond.state = BondState::Approved { deadline: crate::staking::testing::deadline() };
		view.watched = vec![watched(&known)];
		view.bonds.insert(bond, known);
	});
	scene.ours.finalised.lock().bonds.clear();
	scene.mine(vec![funding]);
	assert_eq!((scene.tick(), scene.waiting("bond")), (vec![], 1));
	scene.ours.change(|view| view.bonds.clear());
	assert_eq!((scene.tick(), scene.waiting("bond")), (vec![], 0));
}

/// Our best blocks tell in turn that a bond was unbonded, and that it was not.
#[test]
fn forks_of_ours_have_no_block_looked_through_again_for_bonds() {
	use crate::staking::testing::{registered, watched};
	use pallet_sequencer_staking::BondState;

	let mut scene = scene();
	let bond = outpoint(&payment(1, vec![output(500_000, ScriptBuf::new())]));
	scene.ours.change(|view| {
		let mut known = registered(view, bond);
		known.bond.state = BondState::Active { included: 5, expires: 4_000 };
		view.watched = vec![watched(&known)];
		view.bonds.insert(bond, known);
	});
	scene.tick();
	scene.node.take_calls(BLOCK);
	for unbonded in [true, false, true, false] {
		let mut watch = scene.ours.finalised.lock().watched.clone();
		if unbonded {
			watch[0].coins.remove(0);
		}
		watch[0].awaited = !unbonded;
		scene.ours.best.lock().watched = watch;
		scene.tick();
		assert_eq!(scene.node.take_calls(BLOCK), 0);
	}
}
