//! One JSON-RPC call to one node.

use serde::{de::DeserializeOwned, Serialize};
use serde_json::Value;

/// A node that answers JSON-RPC calls.
///
/// This is the seam at which the tests put nodes of their own, honest or not.
#[async_trait::async_trait]
pub trait Rpc: Send + Sync {
	/// Where the node is.
	fn url(&self) -> &str;

	/// Calls `method`. The answer is whatever the node sent as `result`, unchecked.
	async fn call(&self, method: &str, params: Vec<Value>) -> Result<Value, RpcError>;
}

/// Why a call has no result.
#[derive(Debug, thiserror::Error)]
pub enum RpcError {
	/// Nothing came back.
	#[error("{url} does not answer ({reason}); {advice}")]
	Unreachable {
		/// Where the node should be.
		url: String,
		/// What went wrong.
		reason: String,
		/// What to do.
		advice: &'static str,
	},
	/// The node refused the credentials.
	#[error(
		"{url} refused the credentials; give --bitcoin-rpc-cookie FILE, or --bitcoin-rpc-user and \
		 --bitcoin-rpc-password, as the node's bitcoin.conf has them"
	)]
	Unauthorised {
		/// Where the node is.
		url: String,
	},
	/// The node answered with an error of its own.
	#[error("{method} was refused: {message}{}", explain(data))]
	Refused {
		/// What was called.
		method: String,
		/// The error's code.
		code: i64,
		/// What the node says.
		message: String,
		/// What it says in addition.
		data: Option<Value>,
	},
	/// What came back is not an answer to the call.
	#[error(
		"{url} answered {method} with something else than expected ({reason}); is it the node that \
		 you mean, and of the same release as this program ({})?",
		env!("CARGO_PKG_VERSION")
	)]
	Malformed {
		/// Where the node is.
		url: String,
		/// What was called.
		method: String,
		/// What does not fit.
		reason: String,
	},
}

impl RpcError {
	/// The code of the node's own error, if that is what it is.
	pub fn code(&self) -> Option<i64> {
		match self {
			Self::Refused { code, .. } => Some(*code),
			_ => None,
		}
	}
}

/// Advice, or whatever else a node sends along with an error, in one line.
fn explain(data: &Option<Value>) -> String {
	let Some(data) = data else { return String::new() };
	let text = match data {
		Value::String(text) => text.clone(),
		Value::Object(fields) => ["name", "reason", "message", "advice"]
			.iter()
			.filter_map(|field| fields.get(*field))
			.map(|value| value.as_str().map_or_else(|| value.to_string(), Into::into))
			.collect::<Vec<_>>()
			.join("; "),
		other => other.to_string(),
	};
	if text.is_empty() {
		text
	} else {
		format!(" ({text})")
	}
}

/// Calls a method. `params` is a tuple of the parameters in their order.
pub async fn ask<T: DeserializeOwned>(
	rpc: &dyn Rpc,
	method: &str,
	params: impl Serialize + Send,
) -> Result<T, RpcError> {
	let malformed = |reason: serde_json::Error| RpcError::Malformed {
		url: rpc.url().into(),
		method: method.into(),
		reason: reason.to_string(),
	};
	let params = match serde_json::to_value(params).map_err(malformed)? {
		Value::Array(params) => params,
		Value::Null => Vec::new(),
		other => vec![other],
	};
	serde_json::from_value(rpc.call(method, params).await?).map_err(malformed)
}
