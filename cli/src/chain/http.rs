//! An Entangled node over HTTP.

use crate::rpc::{Rpc, RpcError};
use jsonrpsee::{
	core::{
		client::{ClientT, Error},
		params::ArrayParams,
	},
	http_client::{HttpClient, HttpClientBuilder},
};
use serde_json::Value;

/// JSON-RPC 2.0's code for a method that the node does not have.
const NO_SUCH_METHOD: i32 = -32601;

/// The JSON-RPC of an Entangled node.
pub struct EntangledHttp {
	url: String,
	client: HttpClient,
}

impl EntangledHttp {
	/// Connects with the first call.
	pub fn new(url: &str) -> Result<Self, Error> {
		// The endpoint for scripts and for browsers is the same.
		let url = match url.split_once("://") {
			Some(("ws", rest)) => format!("http://{rest}"),
			Some(("wss", rest)) => format!("https://{rest}"),
			_ => url.into(),
		};
		let client = HttpClientBuilder::default().build(&url)?;
		Ok(Self { url, client })
	}
}

#[async_trait::async_trait]
impl Rpc for EntangledHttp {
	fn url(&self) -> &str {
		&self.url
	}

	async fn call(&self, method: &str, params: Vec<Value>) -> Result<Value, RpcError> {
		let url = self.url.clone();
		let malformed = |reason: String| RpcError::Malformed {
			url: self.url.clone(),
			method: method.into(),
			reason,
		};
		let mut array = ArrayParams::new();
		for param in params {
			array.insert(param).map_err(|error| malformed(error.to_string()))?;
		}
		self.client.request(method, array).await.map_err(|error| match error {
			Error::Call(error) if error.code() == NO_SUCH_METHOD => RpcError::Refused {
				method: method.into(),
				code: error.code().into(),
				message: "the node does not know this method; is it an Entangled node of the same \
						  release as this program?"
					.into(),
				data: None,
			},
			Error::Call(error) => RpcError::Refused {
				method: method.into(),
				code: error.code().into(),
				message: error.message().into(),
				data: error.data().and_then(|data| serde_json::from_str(data.get()).ok()),
			},
			Error::ParseError(error) => malformed(error.to_string()),
			error => RpcError::Unreachable {
				url,
				reason: innermost(&error),
				advice: "is an Entangled node running there? Name another with --rpc URL or in \
						 ENTANGLED_RPC",
			},
		})
	}
}

/// What went wrong at the bottom; the layers above only repeat that something did.
fn innermost(error: &(dyn std::error::Error + 'static)) -> String {
	std::iter::successors(Some(error), |error| error.source())
		.last()
		.map(ToString::to_string)
		.unwrap_or_default()
}
