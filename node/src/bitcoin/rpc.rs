// SPDX-License-Identifier: GPL-3.0-or-later WITH Classpath-exception-2.0

//! One JSON-RPC call to one Bitcoin node.

use super::endpoint::{read_cookie, CookieError, Credentials, Endpoint, UserPassword};
use jsonrpc::{bitreq_http_async::Builder, client_async::Client, error::Error};
use parking_lot::Mutex;
use serde_json::Value;
use std::{sync::Arc, time::Duration};

/// How long one answer may take. A busy bitcoind holds its main lock for seconds while it connects
/// a block; more than this is as good as no answer.
pub const CALL_TIMEOUT: Duration = Duration::from_secs(10);

/// A Bitcoin node that answers JSON-RPC calls.
///
/// This is the seam at which the tests put a node that lies.
#[async_trait::async_trait]
pub trait BitcoinRpc: Send + Sync {
	/// Names the node in logs.
	fn name(&self) -> &str;

	/// Calls `method`. The answer is whatever the node sent as `result`, unchecked.
	async fn call(&self, method: &'static str, params: &[Value]) -> Result<Value, CallError>;
}

/// Why a call has no result.
#[derive(Debug, thiserror::Error)]
pub enum CallError {
	/// Nothing came back in time.
	#[error("no answer within {} seconds", .0.as_secs())]
	Timeout(Duration),
	/// The connection failed, or what came back was not HTTP.
	#[error("{0}; is bitcoind running, with server=1 and this address in rpcbind and rpcallowip?")]
	Connection(String),
	/// The node refused the credentials.
	#[error(
		"the Bitcoin node refused the credentials; give --bitcoin-rpc-cookie FILE, or \
		 --bitcoin-rpc-user and --bitcoin-rpc-password as its bitcoin.conf has them"
	)]
	Unauthorised,
	/// The credentials cannot be read.
	#[error(transparent)]
	Cookie(#[from] CookieError),
	/// The node answered with an error of its own.
	#[error("the Bitcoin node refused with code {code}: {message}")]
	Refused {
		/// Bitcoin Core's error code (`src/rpc/protocol.h`).
		code: i64,
		/// What it says.
		message: String,
	},
	/// What came back is not an answer to the call.
	#[error("not an answer of Bitcoin Core: {0}")]
	Malformed(String),
}

impl CallError {
	/// Bitcoin Core's `RPC_MISC_ERROR`: something else; the text says what.
	pub const MISC_ERROR: i64 = -1;
	/// `RPC_INVALID_PARAMETER`; `getblockhash` answers it above the tip.
	pub const INVALID_PARAMETER: i64 = -8;
	/// `RPC_INVALID_ADDRESS_OR_KEY`: there is no such block or transaction.
	pub const NOT_FOUND: i64 = -5;
	/// `RPC_VERIFY_ERROR`: a transaction spends what is not there, or is spent already.
	pub const VERIFY_ERROR: i64 = -25;
	/// `RPC_VERIFY_REJECTED`: a transaction is against the rules, or against the node's policy.
	pub const VERIFY_REJECTED: i64 = -26;
	/// `RPC_VERIFY_ALREADY_IN_UTXO_SET`: a transaction is in the chain.
	pub const ALREADY_IN_UTXO_SET: i64 = -27;
	/// `RPC_IN_WARMUP`: the node is starting.
	pub const IN_WARMUP: i64 = -28;
	/// `RPC_METHOD_NOT_FOUND`: the node is older than the method.
	pub const METHOD_NOT_FOUND: i64 = -32_601;

	/// Whether the node has deleted the block that it was asked for, and so will never give it. Only
	/// the text tells that from a block that it has yet to download (`CheckBlockDataAvailability`).
	pub fn is_pruned(&self) -> bool {
		matches!(
			self,
			Self::Refused { code: Self::MISC_ERROR, message } if message.contains("pruned data")
		)
	}

	/// What was wrong, in a word for the metrics.
	pub fn kind(&self) -> &'static str {
		match self {
			Self::Timeout(_) => "timeout",
			Self::Connection(_) => "connection",
			Self::Unauthorised | Self::Cookie(_) => "credentials",
			Self::Refused { .. } => "refused",
			Self::Malformed(_) => "malformed",
		}
	}
}

/// The JSON-RPC of Bitcoin Core, or of anything that answers like it.
pub struct CoreRpc {
	endpoint: Endpoint,
	credentials: Credentials,
	timeout: Duration,
	/// Built with the credentials as they were last read.
	client: Mutex<Option<Arc<Client>>>,
}

impl CoreRpc {
	/// Connects with the first call.
	pub fn new(endpoint: Endpoint, credentials: Credentials, timeout: Duration) -> Self {
		Self { endpoint, credentials, timeout, client: Mutex::new(None) }
	}

	fn client(&self) -> Result<Arc<Client>, CallError> {
		let mut slot = self.client.lock();
		if let Some(client) = &*slot {
			return Ok(client.clone());
		}
		let known = match &self.credentials {
			Credentials::None => None,
			Credentials::UserPassword(known) => Some(known.clone()),
			Credentials::Cookie(path) => Some(read_cookie(path)?),
		};
		let failed =
			|error: &dyn std::error::Error| CallError::Connection(clip(&error.to_string()));
		let builder = Builder::new().url(self.endpoint.url()).map_err(|error| failed(&error))?;
		let builder = match known {
			Some(UserPassword { user, password }) => builder.basic_auth(user, Some(password)),
			None => builder,
		};
		// The time is kept in `call_once`; the transport has a limit of its own, which must not be
		// the first to end.
		let limit = self.timeout.saturating_mul(2);
		let client = Client::with_transport(builder.timeout(limit).build());
		Ok(slot.insert(Arc::new(client)).clone())
	}

	async fn call_once(&self, method: &str, params: &[Value]) -> Result<Value, CallError> {
		let client = self.client()?;
		let params = serde_json::value::to_raw_value(params)
			.map_err(|error| CallError::Malformed(error.to_string()))?;
		let request = client.build_request(method, Some(&params));
		let answer = tokio::time::timeout(self.timeout, client.send_request(request)).await;
		let response = answer.map_err(|_| CallError::Timeout(self.timeout))?;
		response.and_then(|response| response.result()).map_err(classify)
	}
}

#[async_trait::async_trait]
impl BitcoinRpc for CoreRpc {
	fn name(&self) -> &str {
		self.endpoint.url()
	}

	async fn call(&self, method: &'static str, params: &[Value]) -> Result<Value, CallError> {
		match self.call_once(method, params).await {
			// A restarted Bitcoin Core has written a new cookie.
			Err(CallError::Unauthorised) if matches!(self.credentials, Credentials::Cookie(_)) => {
				*self.client.lock() = None;
				self.call_once(method, params).await
			},
			answer => answer,
		}
	}
}

/// The client's error in our words.
fn classify(error: Error) -> CallError {
	let message = clip(&innermost(&error).to_string());
	match error {
		Error::Rpc(refusal) => {
			CallError::Refused { code: refusal.code.into(), message: clip(&refusal.message) }
		},
		// The client keeps the type of its HTTP errors to itself; their text gives the status.
		Error::Transport(_) if message.contains("status: 401") => CallError::Unauthorised,
		Error::Transport(_) => CallError::Connection(message),
		_ => CallError::Malformed(message),
	}
}

/// What went wrong at the bottom; the layers above only repeat that something did.
fn innermost<'a>(error: &'a (dyn std::error::Error + 'static)) -> &'a dyn std::error::Error {
	let mut innermost = error;
	while let Some(source) = innermost.source() {
		innermost = source;
	}
	innermost
}

/// Makes a text that a Bitcoin node sent fit for a log: one short line.
pub fn clip(text: &str) -> String {
	const LONGEST: usize = 200;
	let mut clipped: String =
		text.chars().take(LONGEST).map(|c| if c.is_control() { ' ' } else { c }).collect();
	if text.chars().nth(LONGEST).is_some() {
		clipped.push('…');
	}
	clipped
}

#[cfg(test)]
mod tests;
