//! Bitcoin Core's JSON-RPC: the subset that a client of the chain needs.
//!
//! [`server`] speaks HTTP, [`envelope`] JSON-RPC, [`args`] reads parameters, [`methods`] lists what
//! can be called. The other modules hold the methods, grouped as in Bitcoin Core. Methods that
//! Bitcoin Core does not have are in [`testing`].

pub mod acceptance;
pub mod args;
pub mod auth;
pub mod blockchain;
pub mod coinset;
pub mod control;
pub mod envelope;
pub mod error;
pub mod methods;
pub mod mining;
pub mod pool;
pub mod render;
pub mod server;
pub mod shutdown;
pub mod testing;
pub mod transactions;

use parking_lot::{Mutex, MutexGuard};
use serde_json::Value;

use self::{
	args::Args,
	envelope::Answer,
	error::{Code, RpcError, RpcResult},
	shutdown::Shutdown,
};
use super::node::Node;

/// The methods' way to the node.
pub struct Rpc {
	node: Mutex<Node>,
	shutdown: Shutdown,
}

impl Rpc {
	/// Serves `node`; the method `stop` throws `shutdown`.
	pub fn new(node: Node, shutdown: Shutdown) -> Self {
		Self { node: Mutex::new(node), shutdown }
	}

	/// Answers one HTTP body.
	pub fn answer(&self, body: &[u8]) -> Answer {
		envelope::answer(body, |method, params| self.call(method, params))
	}

	/// Calls one method.
	pub fn call(&self, method: &str, params: Value) -> RpcResult {
		let method = methods::find(method)
			.ok_or_else(|| RpcError::new(Code::MethodNotFound, "Method not found"))?;
		if self.shutdown.is_triggered() {
			return Err(RpcError::new(Code::InWarmup, "Shutting down"));
		}
		(method.run)(self, &Args::new(method, params)?)
	}

	/// The node, alone.
	pub(crate) fn node(&self) -> MutexGuard<'_, Node> {
		self.node.lock()
	}

	/// The switch that ends the node.
	pub(crate) fn shutdown(&self) -> &Shutdown {
		&self.shutdown
	}
}
