// SPDX-License-Identifier: GPL-3.0-or-later WITH Classpath-exception-2.0

use super::*;
use crate::bitcoin::{
	testing::{payment, FakeChain, FakeNode, Fault as NodeFault},
	Nodes,
};
use futures::executor::block_on;
use std::sync::Arc;

const MISSING: &str = "bad-txns-inputs-missingorspent";

fn transactions() -> [Transaction; 2] {
	[payment(1, Vec::new()), payment(2, Vec::new())]
}

/// What comes of this answer about the two.
fn after(answer: NodeFault) -> Result<Place, PackageError> {
	let [parent, child] = transactions();
	let node = Arc::new(FakeNode::faulty(FakeChain::new(3), "submitpackage", answer));
	block_on(submit_package(&node, &parent, &child))
}

/// What comes of these errors of parent and child.
fn failed(parent: Option<&str>, child: Option<&str>) -> Result<Place, PackageError> {
	let [first, second] = transactions().map(|transaction| transaction.compute_wtxid());
	let result = |error: Option<&str>| match error {
		Some(error) => json!({ "txid": "00", "error": error }),
		None => json!({ "txid": "00", "vsize": 100, "fees": { "base": 0.00001 } }),
	};
	after(NodeFault::Answers(json!({
		"package_msg": "transaction failed",
		"tx-results": { first.to_string(): result(parent), second.to_string(): result(child) },
		"replaced-transactions": [],
	})))
}

#[test]
fn both_in_the_pool_is_success() {
	let success =
		json!({ "package_msg": "success", "tx-results": {}, "replaced-transactions": [] });
	assert_eq!(after(NodeFault::Answers(success)).unwrap(), Place::Pool);
}

#[test]
fn a_mined_parent_is_success() {
	for child in [None, Some("txn-already-known"), Some(MISSING)] {
		assert_eq!(failed(Some("txn-already-known"), child).unwrap(), Place::Chain);
	}
	assert_eq!(failed(Some(MISSING), None).unwrap(), Place::Chain);
	assert_eq!(failed(Some(MISSING), Some("txn-already-known")).unwrap(), Place::Chain);
}

#[test]
fn a_minimum_is_told() {
	let alone = Some("mempool min fee not met, 110 < 1100");
	for child in [
		"mempool min fee not met, 2100 < 3100",
		"min relay fee not met, 2100 < 3100",
		"mempool full",
	] {
		// The fake node's memory pool asks for 1 sat/vB.
		assert!(matches!(
			failed(alone, Some(child)),
			Err(PackageError::BelowMinimum { needed: FeeRate(1_000) })
		));
	}
}

#[test]
fn every_fault_has_its_error() {
	let cheap = Some("insufficient fee, rejecting replacement 00, less fees");
	assert!(
		matches!(failed(None, cheap), Err(PackageError::NotReplaced(reason)) if reason.contains("less fees"))
	);
	let rival = Some("insufficient fee, rejecting replacement 00, less fees");
	assert!(matches!(failed(rival, Some(MISSING)), Err(PackageError::NotReplaced(_))));
	let outbid = json!({ "package_msg": "package RBF failed: insufficient anti-DoS fees" });
	assert!(matches!(after(NodeFault::Answers(outbid)), Err(PackageError::NotReplaced(_))));
	let shape = json!({ "package_msg": "TRUC-violation, tx 00 would have too many ancestors" });
	assert!(
		matches!(after(NodeFault::Answers(shape)), Err(PackageError::Refused(reason)) if reason.starts_with("TRUC"))
	);
	let worse = Some("replacement-failed, insufficient feerate");
	assert!(matches!(failed(None, worse), Err(PackageError::NotReplaced(_))));
	assert!(matches!(failed(Some(MISSING), Some(MISSING)), Err(PackageError::ParentSpent)));
	for parent in
		[None, Some("mempool min fee not met, 110 < 1100"), Some("min relay fee not met, 0 < 11")]
	{
		assert!(matches!(failed(parent, Some(MISSING)), Err(PackageError::ChildSpent)));
	}
	let unknown = Some("bad-txns-nonstandard-inputs, input 0 witness program is undefined");
	assert!(matches!(failed(None, unknown), Err(PackageError::Unsupported)));
	for (parent, child, reason) in [
		(Some("version"), Some(MISSING), "version"),
		(None, Some("dust"), "dust"),
		(None, None, "no reason"),
	] {
		assert!(
			matches!(failed(parent, child), Err(PackageError::Refused(told)) if told.contains(reason)),
			"{parent:?} {child:?}"
		);
	}
}

#[test]
fn old_nodes_are_told_apart() {
	let missing = NodeFault::Refuses(CallError::METHOD_NOT_FOUND);
	assert!(matches!(after(missing.clone()), Err(PackageError::Unsupported)));
	// As in version 26.
	let answer = json!({ "tx-results": {}, "replaced-transactions": [] });
	assert!(matches!(after(NodeFault::Answers(answer)), Err(PackageError::Unsupported)));
	// A newer node takes over.
	let [parent, child] = transactions();
	let success = NodeFault::Answers(json!({ "package_msg": "success" }));
	let nodes = [missing, success].map(|fault| {
		let node = Arc::new(FakeNode::faulty(FakeChain::new(3), "submitpackage", fault));
		Box::new(node) as Box<dyn BitcoinRpc>
	});
	let nodes = Nodes::new(nodes.into());
	assert_eq!(block_on(submit_package(&nodes, &parent, &child)).unwrap(), Place::Pool);
}

#[test]
fn what_is_no_answer_is_an_error() {
	for fault in [
		NodeFault::Breaks,
		NodeFault::Refuses(-22),
		NodeFault::Refuses(-25),
		NodeFault::Answers(json!({ "package_msg": "transaction failed" })),
		NodeFault::Answers(json!({ "package_msg": "transaction failed", "tx-results": [] })),
	] {
		assert!(matches!(after(fault), Err(PackageError::Call(_))));
	}
}
