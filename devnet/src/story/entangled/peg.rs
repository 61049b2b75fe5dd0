//! The peg.

use super::Entangled;
use anyhow::Context;
use jsonrpsee::rpc_params;
use serde::Deserialize;

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
#[serde(rename_all = "camelCase")]
pub struct Deposit {
	/// What was paid on Bitcoin.
	pub amount: u64,
	/// What was kept of it for sweeping.
	pub fee: u64,
	/// What those have of it who stand for custody with their bonds.
	pub peg_fee: u64,
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

/// An output that custody holds (`peg_custody`).
#[derive(Clone, Debug, Deserialize)]
pub struct Coin {
	/// Where it is.
	pub outpoint: String,
	/// What it holds.
	pub value: u64,
}

impl Entangled {
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

	/// The committees that hold custody's coins, the one that serves last.
	pub async fn committees(&self) -> anyhow::Result<Vec<Committee>> {
		self.ask("peg_committees", rpc_params![]).await
	}

	/// What custody holds.
	pub async fn custody(&self) -> anyhow::Result<Vec<Coin>> {
		self.ask("peg_custody", rpc_params![]).await
	}
}
