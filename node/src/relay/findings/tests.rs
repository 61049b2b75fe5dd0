// SPDX-License-Identifier: GPL-3.0-or-later WITH Classpath-exception-2.0

use super::*;
use crate::{
	bitcoin::testing::FakeChain,
	tasks::testing::{keys, FakeView},
};
use entangled_bitcoin::{inclusion::InclusionProof, BlockHash, BlockRef, OutPoint, Txid};

fn txid(number: u32) -> Txid {
	let mut txid = [0; 32];
	txid[..4].copy_from_slice(&number.to_be_bytes());
	Txid(txid)
}

fn deposit(number: u32) -> Subject {
	Subject::Deposit(OutPoint { txid: txid(number), vout: 0 })
}

/// A deposit by a transaction of so many bytes.
fn finding(number: u32, height: u32, bytes: usize) -> Finding {
	let block = BlockRef { height, hash: BlockHash([height as u8; 32]) };
	let proof = InclusionProof { transaction: vec![0; bytes], index: 0, siblings: vec![] };
	let claim = Arc::new(InclusionClaim { block, proof });
	let terms = DepositTerms::Fixed { committee: 0 };
	let message = Message::Claim { claim, vout: 0, terms };
	Finding { subject: deposit(number), block, message, mints: true }
}

fn settlement(number: u32, height: u32) -> Finding {
	let Finding { block, message, .. } = finding(number, height, 200);
	let Message::Claim { claim, .. } = message else { unreachable!() };
	let message = Message::Settle { claim };
	Finding { subject: Subject::Settlement(txid(number)), block, message, mints: false }
}

fn full() -> Findings {
	let mut findings = Findings::default();
	(0..MAX_FINDINGS as u32).for_each(|number| findings.add(finding(number, 100, 200)));
	assert_eq!((findings.count("deposit"), findings.left_out), (MAX_FINDINGS, None));
	findings
}

fn refuse(findings: &mut Findings, number: u32, times: usize) {
	for _ in 0..times {
		findings.brought(&deposit(number), 1, &Submission::Refused("OverCap".into()));
	}
}

#[test]
fn what_there_is_no_room_for_is_not_forgotten() {
	let mut findings = full();
	for (number, height) in [(10_000, 120), (10_001, 110), (10_002, 130)] {
		findings.add(finding(number, height, 200));
	}
	assert_eq!((findings.count("deposit"), findings.lowest()), (MAX_FINDINGS, Some(100)));
	// A few places are not worth the way back.
	let quarter = MAX_FINDINGS as u32 / 4;
	findings.forget(&(1..quarter).map(deposit).collect::<Vec<_>>());
	assert_eq!(findings.take_left_out(), None);
	findings.forget(&[deposit(0)]);
	assert_eq!(findings.take_left_out(), Some(110));
	assert_eq!(findings.take_left_out(), None, "once is enough");
	// What lies above a reorganisation is looked for in any case.
	let mut findings = full();
	findings.add(finding(10_000, 110, 200));
	findings.forget_from(111);
	assert_eq!(findings.left_out, Some(110));
	findings.forget_from(110);
	assert_eq!(findings.left_out, None);
}

#[test]
fn a_restart_begins_below_what_was_left_out() {
	let mut findings = full();
	findings.add(finding(10_000, 60, 200));
	assert_eq!(findings.lowest(), Some(60));
}

#[test]
fn settlements_always_have_room() {
	let mut findings = full();
	findings.add(settlement(1, 120));
	assert_eq!((findings.count("settlement"), findings.left_out), (1, None));
}

#[test]
fn what_was_refused_makes_room() {
	let mut findings = full();
	refuse(&mut findings, 7, 1);
	refuse(&mut findings, 9, 2);
	for (number, gone) in [(10_000, 9), (10_001, 7)] {
		findings.add(finding(number, 120, 200));
		assert!(findings.message(&deposit(number)).is_some());
		assert!(findings.message(&deposit(gone)).is_none());
	}
	assert_eq!((findings.count("deposit"), findings.left_out), (MAX_FINDINGS, Some(100)));
	findings.add(finding(10_002, 120, 200));
	assert!(findings.message(&deposit(10_002)).is_none(), "nobody else gives way");
}

#[test]
fn the_bytes_are_bounded_and_shared_ones_count_once() {
	const SIZE: usize = 100_000;
	let mut findings = Findings::default();
	(0..1_000).for_each(|number| findings.add(finding(number, 100, SIZE)));
	assert_eq!(findings.count("deposit"), MAX_BYTES / SIZE);
	assert!(findings.bytes() <= MAX_BYTES && findings.left_out == Some(100));
	findings.forget(&(0..200).map(deposit).collect::<Vec<_>>());
	assert_eq!(findings.take_left_out(), Some(100));

	let mut findings = Findings::default();
	let one = finding(1, 100, SIZE);
	for vout in 0..1_000 {
		let subject = Subject::Deposit(OutPoint { txid: txid(1), vout });
		findings.add(Finding { subject, ..one.clone() });
	}
	assert_eq!((findings.count("deposit"), findings.bytes()), (1_000, SIZE));
}

#[test]
fn what_moved_to_another_block_is_brought_from_there() {
	let mut findings = Findings::default();
	findings.add(finding(1, 100, 200));
	refuse(&mut findings, 1, 1);
	findings.add(finding(1, 100, 200));
	assert_eq!(findings.waiting[&deposit(1)].refusals, 1, "nothing new");
	findings.add(finding(1, 101, 200));
	assert_eq!((findings.lowest(), findings.waiting[&deposit(1)].refusals), (Some(101), 0));
}

#[test]
fn what_is_due_takes_turns() {
	let members = keys(&["//Alice"]);
	let chain = FakeChain::new(20);
	let mut view = FakeView::new(&members, chain.clone());
	let us = Identity { keys: members.all().unwrap(), peer: vec![] };
	let at = chain.block(10);
	let mut findings = Findings::default();
	for number in 0..4 {
		findings.add(Finding { block: at, ..finding(number, 10, 200) });
	}
	let mut due = |findings: &mut Findings| {
		view.number += 1;
		findings.plan(&view, &view, &us).unwrap().due
	};
	assert_eq!(due(&mut findings), [0, 1, 2, 3].map(deposit));
	let postponed = Submission::Postponed("full".into());
	for number in [0, 1] {
		findings.brought(&deposit(number), 101, &postponed);
	}
	assert_eq!(due(&mut findings), [2, 3, 0, 1].map(deposit));
	findings.brought(&deposit(2), 102, &postponed);
	findings.brought(&deposit(0), 102, &Submission::Accepted);
	assert_eq!(due(&mut findings), [3, 1, 2].map(deposit));
}

#[test]
fn settlements_come_first() {
	let members = keys(&["//Alice"]);
	let chain = FakeChain::new(20);
	let mut view = crate::tasks::testing::with_batch(FakeView::new(&members, chain.clone()));
	view.batch.as_mut().unwrap().attempts[0].txid = txid(9);
	let us = Identity { keys: members.all().unwrap(), peer: vec![] };
	let at = chain.block(10);
	let mut findings = Findings::default();
	findings.add(Finding { block: at, ..finding(1, 10, 200) });
	findings.add(Finding { block: at, ..settlement(9, 10) });
	// However often it was tried.
	let settlement = Subject::Settlement(txid(9));
	findings.brought(&settlement, 99, &Submission::Postponed("full".into()));
	assert_eq!(findings.plan(&view, &view, &us).unwrap().due, [settlement, deposit(1)]);
}

/// A spent bond must not count for longer than it has to, whatever else waits.
#[test]
fn spent_bonds_have_room_and_come_before_deposits() {
	let bond = OutPoint { txid: txid(7), vout: 0 };
	let spend = |subject, height| {
		let Finding { block, message, .. } = finding(9, height, 200);
		let claim = message.claim().unwrap().clone();
		let message = Message::ReportSpend { outpoint: bond, claim };
		Finding { subject, block, message, mints: false }
	};
	let mut findings = full();
	findings.add(spend(Subject::Unbonding(bond), 120));
	findings.add(spend(Subject::Spend(bond, txid(9)), 121));
	assert_eq!((findings.count("spend"), findings.left_out), (2, None));
	let mut order = [
		Subject::Front(0, txid(1)),
		Subject::Bond(bond),
		Subject::Spend(bond, txid(9)),
		Subject::Unbonding(bond),
		deposit(1),
		Subject::Settlement(txid(1)),
	]
	.map(|subject| (subject.urgency(), subject.kind()));
	order.sort_unstable();
	let kinds = order.map(|(_, kind)| kind);
	assert_eq!(kinds, ["settlement", "spend", "spend", "bond", "deposit", "front"]);
}
