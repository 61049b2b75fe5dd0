// SPDX-License-Identifier: GPL-3.0-or-later WITH Classpath-exception-2.0

//! Several Bitcoin nodes as if they were one that does not fail.

use super::rpc::{BitcoinRpc, CallError};
use serde_json::Value;
use std::sync::atomic::{AtomicUsize, Ordering};

/// The operator's Bitcoin nodes. The one in use stays in use until it fails; then the next that
/// answers takes over.
pub struct Nodes {
	nodes: Vec<Box<dyn BitcoinRpc>>,
	/// How often the next one took over.
	turn: AtomicUsize,
}

impl Nodes {
	/// The nodes in the order in which they are asked.
	pub fn new(nodes: Vec<Box<dyn BitcoinRpc>>) -> Self {
		Self { nodes, turn: AtomicUsize::new(0) }
	}

	/// Takes the next node into use: the one in use gave an answer that nobody believes.
	pub fn distrust(&self) {
		self.turn.fetch_add(1, Ordering::Relaxed);
	}

	fn current(&self) -> Option<&dyn BitcoinRpc> {
		let index = self.turn.load(Ordering::Relaxed).checked_rem(self.nodes.len())?;
		self.nodes.get(index).map(|node| &**node)
	}
}

/// Whether another node may well answer what this one did not.
///
/// A refusal is an answer: a transaction that breaks the rules breaks them everywhere. But a block
/// that one node has pruned, or does not know yet, another may have, and a newer node may know a
/// method that this one does not.
fn is_nodes_own(method: &str, error: &CallError) -> bool {
	match error {
		CallError::Refused { code, .. } => {
			[CallError::IN_WARMUP, CallError::METHOD_NOT_FOUND].contains(code)
				|| method == "getblock"
		},
		_ => true,
	}
}

#[async_trait::async_trait]
impl BitcoinRpc for Nodes {
	fn name(&self) -> &str {
		self.current().map_or("no Bitcoin node", |node| node.name())
	}

	async fn call(&self, method: &'static str, params: &[Value]) -> Result<Value, CallError> {
		let mut told = None;
		for _ in 0..self.nodes.len() {
			let Some(node) = self.current() else { break };
			match node.call(method, params).await {
				Err(error) if is_nodes_own(method, &error) => {
					self.distrust();
					// What one has deleted, another that does not answer now may still have.
					if told.is_none() || !error.is_pruned() {
						told = Some(error);
					}
				},
				answer => return answer,
			}
		}
		Err(told.unwrap_or_else(|| CallError::Connection("no Bitcoin node was given".into())))
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::bitcoin::{
		answers,
		testing::{FakeChain, FakeNode, Fault},
	};
	use futures::executor::block_on;
	use std::sync::Arc;

	fn nodes(faults: [Option<(&'static str, Fault)>; 2]) -> (Nodes, Vec<Arc<FakeNode>>) {
		let fakes = faults.map(|fault| {
			let node = FakeNode::new(FakeChain::new(5));
			node.faults.lock().extend(fault);
			Arc::new(node)
		});
		let boxed = fakes.iter().map(|node| Box::new(node.clone()) as Box<dyn BitcoinRpc>);
		(Nodes::new(boxed.collect()), fakes.to_vec())
	}

	#[test]
	fn the_next_takes_over_and_stays() {
		let refusals = [CallError::IN_WARMUP, CallError::METHOD_NOT_FOUND].map(Fault::Refuses);
		for fault in [Fault::Breaks, Fault::Hangs].into_iter().chain(refusals) {
			let (nodes, fakes) = nodes([Some(("getblockhash", fault)), None]);
			for _ in 0..2 {
				assert!(block_on(answers::block_hash(&nodes, 3)).unwrap().is_some());
			}
			assert_eq!(fakes[0].take_calls("getblockhash"), 1);
			assert_eq!(fakes[1].take_calls("getblockhash"), 2);
			// Until that one is found to lie.
			nodes.distrust();
			fakes[0].faults.lock().clear();
			assert!(block_on(answers::block_hash(&nodes, 3)).unwrap().is_some());
			assert_eq!(fakes[0].take_calls("getblockhash"), 1);
		}
	}

	#[test]
	fn a_refusal_is_an_answer_unless_it_is_about_a_block() {
		let refusal = || Fault::Refuses(CallError::VERIFY_REJECTED);
		let (nodes, fakes) = nodes([Some(("sendrawtransaction", refusal())), None]);
		let error = block_on(answers::send_transaction(&nodes, &[1])).unwrap_err();
		assert!(matches!(error, CallError::Refused { code: CallError::VERIFY_REJECTED, .. }));
		assert_eq!(fakes[1].take_calls("sendrawtransaction"), 0);
	}

	#[test]
	fn a_pruned_block_is_asked_of_the_next() {
		let (nodes, fakes) = nodes([Some(("getblock", Fault::Refuses(-1))), None]);
		let hash = FakeChain::new(5).block(2).hash;
		assert_eq!(block_on(answers::block(&nodes, hash)).unwrap().txdata.len(), 1);
		assert_eq!(fakes[1].take_calls("getblock"), 1);
	}

	#[test]
	fn a_block_is_gone_only_where_every_node_has_deleted_it() {
		let hash = FakeChain::new(5).block(2).hash;
		let pruned = || Fault::Says(-1, "Block not available (pruned data)");
		for other in [
			pruned(),
			Fault::Says(-1, "Block not available (not fully downloaded)"),
			Fault::Refuses(CallError::NOT_FOUND),
			Fault::Refuses(CallError::IN_WARMUP),
			Fault::Breaks,
			Fault::Hangs,
		] {
			let gone = matches!(other, Fault::Says(_, text) if text.contains("pruned"));
			for faults in [[pruned(), other.clone()], [other.clone(), pruned()]] {
				let (nodes, fakes) = nodes(faults.map(|fault| Some(("getblock", fault))));
				let error = block_on(answers::block(&nodes, hash)).unwrap_err();
				assert_eq!(error.is_pruned(), gone, "{error}");
				assert_eq!(fakes.iter().map(|node| node.take_calls("getblock")).sum::<usize>(), 2);
			}
		}
	}

	#[test]
	fn when_all_fail_the_last_error_is_told() {
		let broken = || Some(("getblockhash", Fault::Breaks));
		let (nodes, fakes) = nodes([broken(), broken()]);
		assert!(matches!(
			block_on(answers::block_hash(&nodes, 3)),
			Err(CallError::Connection(reason)) if reason.contains("reset"),
		));
		assert_eq!(fakes.iter().map(|node| node.take_calls("getblockhash")).sum::<usize>(), 2);
		assert!(block_on(answers::block_hash(&Nodes::new(Vec::new()), 3)).is_err());
	}
}
