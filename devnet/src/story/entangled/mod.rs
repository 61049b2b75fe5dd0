//! The network's JSON-RPC, as far as the story asks it.

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

/// The peg at a glance (`peg_status`).
#[derive(Clone, Debug, Deserialize)]
pub struct Status {
	/// eBTC that exists.
	pub supply: u64,
	/// BTC that custody holds.
	pub custody: u64,
	/// The numbers that governance sets.
	pub policy: Policy,
}

/// Those numbers of the peg that the story needs.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Policy {
	/// After how many blocks a depositor may take a coin back at the latest.
	pub max_refund_delay: u16,
}

/// A deposit that was claimed (`peg_deposit`).
#[derive(Clone, Debug, Deserialize)]
pub struct Deposit {
	/// What was paid on Bitcoin.
	pub amount: u64,
	/// What was kept of it.
	pub fee: u64,
}

/// A withdrawal (`peg_withdrawal`).
#[derive(Clone, Debug, Deserialize)]
pub struct Withdrawal {
	/// How far it is.
	pub state: String,
	/// The Bitcoin transaction that paid it.
	pub txid: Option<String>,
	/// What its owner paid for it.
	pub fee: Option<u64>,
}

/// The batch in flight (`peg_batch`).
#[derive(Clone, Debug, Deserialize)]
pub struct Batch {
	/// Its transactions, oldest first.
	pub attempts: Vec<Attempt>,
}

/// One transaction of a batch.
#[derive(Clone, Debug, Deserialize)]
pub struct Attempt {
	/// Its id.
	pub txid: String,
	/// What the miner gets.
	pub fee: u64,
	/// Whether it has all signatures.
	pub complete: bool,
	/// Who has signed, and who has not.
	pub signers: Vec<Signer>,
	/// The withdrawals that it pays.
	pub payouts: Vec<Payout>,
}

/// One payment of a transaction.
#[derive(Clone, Debug, Deserialize)]
pub struct Payout {
	/// The withdrawal.
	pub id: u64,
}

/// A member of a committee that has to sign a transaction.
#[derive(Clone, Debug, Deserialize)]
pub struct Signer {
	/// The committee.
	pub committee: u32,
	/// The member's account.
	pub account: String,
	/// Whether its signatures are there.
	pub signed: bool,
}

/// Those who hold custody's keys together (`peg_committees`).
#[derive(Clone, Debug, Deserialize)]
pub struct Committee {
	/// Its number.
	pub id: u32,
	/// How many must sign.
	pub threshold: usize,
}

/// Whether a Bitcoin block may be relied on (`bitcoin_isFinal`).
#[derive(Clone, Debug, Deserialize)]
pub struct Finality {
	/// Whether it may.
	#[serde(rename = "final")]
	pub is_final: bool,
}

/// Bitcoin, as the chain knows it (`bitcoin_status`).
#[derive(Clone, Debug, Deserialize)]
pub struct Following {
	/// Its rules.
	pub policy: FollowingPolicy,
}

/// When a Bitcoin block is final.
#[derive(Clone, Debug, Deserialize)]
pub struct FollowingPolicy {
	/// With so many confirmations, and more.
	pub confirmations: u32,
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

	/// The peg at a glance.
	pub async fn status(&self) -> anyhow::Result<Status> {
		self.ask("peg_status", rpc_params![]).await
	}

	/// The deposit by an output; `None` when it was not claimed.
	pub async fn deposit(&self, outpoint: &str) -> anyhow::Result<Option<Deposit>> {
		self.ask("peg_deposit", rpc_params![outpoint]).await
	}

	/// The withdrawal with this number.
	pub async fn withdrawal(&self, id: u64) -> anyhow::Result<Withdrawal> {
		let withdrawal: Option<_> = self.ask("peg_withdrawal", rpc_params![id]).await?;
		withdrawal.with_context(|| format!("the chain knows no withdrawal {id}"))
	}

	/// The newest transaction in flight that pays a withdrawal; `None` when none does.
	pub async fn attempt_for(&self, id: u64) -> anyhow::Result<Option<Attempt>> {
		let batch: Option<Batch> = self.ask("peg_batch", rpc_params![]).await?;
		let last = batch.and_then(|batch| batch.attempts.into_iter().next_back());
		Ok(last.filter(|attempt| attempt.payouts.iter().any(|payout| payout.id == id)))
	}

	/// The committee that serves.
	pub async fn committee(&self) -> anyhow::Result<Committee> {
		let committees: Vec<Committee> = self.ask("peg_committees", rpc_params![]).await?;
		committees.into_iter().next_back().context("no committee serves")
	}

	/// Whether a Bitcoin block may be relied on.
	pub async fn is_final(&self, block: &str) -> anyhow::Result<bool> {
		let finality: Finality = self.ask("bitcoin_isFinal", rpc_params![block]).await?;
		Ok(finality.is_final)
	}

	/// The hash of the best block.
	pub async fn best_block(&self) -> anyhow::Result<String> {
		self.ask("chain_getBlockHash", rpc_params![]).await
	}

	/// How many confirmations a Bitcoin block needs.
	pub async fn confirmations(&self) -> anyhow::Result<u32> {
		let following: Following = self.ask("bitcoin_status", rpc_params![]).await?;
		Ok(following.policy.confirmations)
	}
}

/// Asks until there is an answer.
pub async fn until<T, F>(what: &str, ask: impl Fn() -> F) -> anyhow::Result<T>
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
	tokio::time::timeout(PATIENCE, waiting)
		.await
		.with_context(|| format!("waited {} s in vain until {what}", PATIENCE.as_secs()))?
}
