//! Bitcoin's JSON-RPC as a client sees it.

use anyhow::Context;
use base64::{engine::general_purpose::STANDARD, Engine};
use jsonrpsee::{
	core::{client::ClientT, params::ArrayParams, ClientError},
	http_client::{HeaderMap, HeaderValue, HttpClient, HttpClientBuilder},
};
use serde::de::DeserializeOwned;
use std::path::{Path, PathBuf};

/// A connection to a Bitcoin node.
#[derive(Clone)]
pub struct BitcoinRpc {
	/// The endpoint.
	pub url: String,
	/// The file that holds user and password.
	pub cookie_file: PathBuf,
	client: HttpClient,
}

impl BitcoinRpc {
	/// Reads the cookie. Connects with each request.
	pub fn connect(url: &str, cookie_file: &Path) -> anyhow::Result<Self> {
		let cookie = std::fs::read_to_string(cookie_file)
			.with_context(|| format!("cannot read the cookie {}", cookie_file.display()))?;
		let authorization = format!("Basic {}", STANDARD.encode(cookie.trim()));
		let mut headers = HeaderMap::new();
		headers.insert("authorization", HeaderValue::from_str(&authorization)?);
		let client = HttpClientBuilder::default().set_headers(headers).build(url)?;
		Ok(Self { url: url.into(), cookie_file: cookie_file.into(), client })
	}

	/// Calls a method.
	pub async fn call<R: DeserializeOwned>(
		&self,
		method: &str,
		parameters: ArrayParams,
	) -> Result<R, ClientError> {
		self.client.request(method, parameters).await
	}
}
