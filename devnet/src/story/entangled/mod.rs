//! The network's JSON-RPC, as far as the story asks it.
//!
//! | file | of |
//! |---|---|
//! | this one | any node |
//! | [`bitcoin`] | Bitcoin, as the chain knows it |
//! | [`peg`] | deposits, withdrawals, custody |
//! | [`staking`] | bonds, and who is elected |

pub mod bitcoin;
pub mod peg;
pub mod staking;

use anyhow::Context;
use jsonrpsee::{
	core::client::ClientT,
	core::params::ArrayParams,
	http_client::{HttpClient, HttpClientBuilder},
	rpc_params,
};
use serde::{de::DeserializeOwned, Deserialize};
use std::{future::Future, time::Duration};

/// How often is asked whether something has happened.
const INTERVAL: Duration = Duration::from_millis(500);
/// How long the story waits for something to happen before it gives up.
const PATIENCE: Duration = Duration::from_secs(120);

/// A node of the network.
pub struct Entangled {
	/// The endpoint.
	pub url: String,
	client: HttpClient,
}

/// How a node is (`system_health`).
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Health {
	peers: u32,
	is_syncing: bool,
}

/// What matters of a block's header (`chain_getHeader`).
#[derive(Clone, Debug, Deserialize)]
struct Header {
	/// In hexadecimal, as Substrate writes it.
	number: String,
}

impl Entangled {
	/// Connects with each request.
	pub fn connect(url: &str) -> anyhow::Result<Self> {
		let client = HttpClientBuilder::default().build(url)?;
		Ok(Self { url: url.into(), client })
	}

	/// Calls a method.
	pub async fn ask<T: DeserializeOwned>(
		&self,
		method: &str,
		parameters: ArrayParams,
	) -> anyhow::Result<T> {
		self.client
			.request(method, parameters)
			.await
			.with_context(|| format!("{method} of {}", self.url))
	}

	/// The hash of the best block.
	pub async fn best_block(&self) -> anyhow::Result<String> {
		self.ask("chain_getBlockHash", rpc_params![]).await
	}

	/// The hash of the last final block.
	pub async fn final_block(&self) -> anyhow::Result<String> {
		self.ask("chain_getFinalizedHead", rpc_params![]).await
	}

	/// The number of a block.
	async fn number_of(&self, block: &str) -> anyhow::Result<u32> {
		let header: Header = self.ask("chain_getHeader", rpc_params![block]).await?;
		let digits = header.number.strip_prefix("0x").unwrap_or(&header.number);
		u32::from_str_radix(digits, 16)
			.with_context(|| format!("{} is no block's number", header.number))
	}

	/// Whether the node has others to talk to, and all that is final to `other`. A node that does not
	/// answer yet has not.
	pub async fn has_caught_up_with(&self, other: &Self) -> anyhow::Result<bool> {
		let Ok(health) = self.ask::<Health>("system_health", rpc_params![]).await else {
			return Ok(false);
		};
		let theirs = other.number_of(&other.final_block().await?).await?;
		let ours = self.number_of(&self.final_block().await?).await?;
		// The final block moves on meanwhile.
		Ok(health.peers > 0 && !health.is_syncing && ours.saturating_add(3) >= theirs)
	}
}

/// Asks until there is an answer.
pub async fn until<T, F>(what: &str, ask: impl Fn() -> F) -> anyhow::Result<T>
where
	F: Future<Output = anyhow::Result<Option<T>>>,
{
	until_within(PATIENCE, what, ask).await
}

/// Asks until there is an answer, for so long at the most.
pub async fn until_within<T, F>(
	patience: Duration,
	what: &str,
	ask: impl Fn() -> F,
) -> anyhow::Result<T>
where
	F: Future<Output = anyhow::Result<Option<T>>>,
{
	let waiting = async {
		loop {
			if let Some(answer) = ask().await? {
				return Ok(answer);
			}
			tokio::time::sleep(INTERVAL).await;
		}
	};
	tokio::time::timeout(patience, waiting)
		.await
		.with_context(|| format!("waited {} s in vain until {what}", patience.as_secs()))?
}
