//! A Bitcoin node over HTTP.

use crate::rpc::{Rpc, RpcError};
use corepc_client::{Auth, Client, Error, GetBlockCountError};
use serde_json::Value;

/// The JSON-RPC of Bitcoin Core, or of anything that answers like it.
pub struct BitcoinHttp {
	url: String,
	client: Client,
}

impl BitcoinHttp {
	/// Connects with the first call.
	pub fn new(url: String, auth: Auth) -> Result<Self, Error> {
		let client = Client::new_with_auth(&url, auth)?;
		Ok(Self { url, client })
	}

	/// The client's error as ours.
	fn explain(&self, method: &str, error: Error) -> RpcError {
		let reason = innermost(&error);
		let url = self.url.clone();
		// Only the client's errors of single methods tell what kind of error it is.
		let error = GetBlockCountError::from(error);
		if let Some(code) = error.rpc_code() {
			return RpcError::Refused { method: method.into(), code, message: reason, data: None };
		}
		if !error.is_transport_error() {
			return RpcError::Malformed { url, method: method.into(), reason };
		}
		// The status of an HTTP error is in its text only.
		if reason.contains("status: 401") {
			return RpcError::Unauthorised { url };
		}
		RpcError::Unreachable {
			url,
			reason,
			advice:
				"is bitcoind running, with server=1 and this address in rpcbind and rpcallowip?",
		}
	}
}

#[async_trait::async_trait]
impl Rpc for BitcoinHttp {
	fn url(&self) -> &str {
		&self.url
	}

	async fn call(&self, method: &str, params: Vec<Value>) -> Result<Value, RpcError> {
		self.client.call(method, &params).await.map_err(|error| self.explain(method, error))
	}
}

/// What went wrong at the bottom; the layers above only repeat that something did.
fn innermost(error: &(dyn std::error::Error + 'static)) -> String {
	std::iter::successors(Some(error), |error| error.source())
		.last()
		.map(ToString::to_string)
		.unwrap_or_default()
}
