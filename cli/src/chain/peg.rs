//! What the peg is asked, over the node's JSON-RPC.

pub use super::views::*;

use super::Chain;
use crate::rpc::RpcError;
use anyhow::Context;
use entangled_bitcoin::{OutPoint, Sats};
use pallet_btc_light_client::InclusionClaim;
use pallet_peg::{DepositTerms, WithdrawalId};
use serde_json::{json, Value};

impl Chain {
	/// The peg at a glance.
	pub async fn peg_status(&self) -> Result<Status, RpcError> {
		self.ask("peg_status", ()).await
	}

	/// The committees that hold coins or whose addresses are honoured; the one that serves is the last.
	pub async fn committees(&self) -> Result<Vec<Committee>, RpcError> {
		self.ask("peg_committees", ()).await
	}

	/// The committee that serves.
	pub async fn serving_committee(&self) -> anyhow::Result<Committee> {
		let committees = self.committees().await?;
		committees
			.into_iter()
			.next_back()
			.filter(|committee| committee.retired_at.is_none())
			.context(
				"no committee serves at the moment, so nothing can be deposited; try again later",
			)
	}

	/// The committee that is to take over.
	pub async fn candidate(&self) -> Result<Option<Candidate>, RpcError> {
		self.ask("peg_candidate", ()).await
	}

	/// Where a deposit on these terms is paid to, in the node's opinion.
	pub async fn deposit_address(&self, terms: &DepositTerms) -> Result<DepositAddress, RpcError> {
		self.ask("peg_depositAddress", (terms,)).await
	}

	/// What a deposit would give.
	pub async fn quote_deposit(&self, amount: Sats) -> Result<DepositQuote, RpcError> {
		self.ask("peg_quoteDeposit", (amount,)).await
	}

	/// What a withdrawal would cost.
	pub async fn quote_withdrawal(
		&self,
		address: &str,
		amount: Sats,
	) -> Result<WithdrawalQuote, RpcError> {
		self.ask("peg_quoteWithdrawal", (address, amount)).await
	}

	/// The deposit by an output, if it was claimed by the block `at`, or by the best one.
	pub async fn deposit(
		&self,
		outpoint: OutPoint,
		at: Option<polkadot_sdk::sp_core::H256>,
	) -> Result<Option<Deposit>, RpcError> {
		self.ask("peg_deposit", (outpoint, at)).await
	}

	/// The withdrawal with this number.
	pub async fn withdrawal(&self, id: WithdrawalId) -> anyhow::Result<Withdrawal> {
		let withdrawal: Option<Withdrawal> = self.ask("peg_withdrawal", (id,)).await?;
		withdrawal.with_context(|| {
			format!(
				"there is no withdrawal {id}, or it ended so long ago that the chain has forgotten it"
			)
		})
	}

	/// The batch in flight.
	pub async fn batch(&self) -> Result<Option<Batch>, RpcError> {
		self.ask("peg_batch", ()).await
	}

	/// Asks the node's relayer to claim what comes in on these terms.
	pub async fn watch_deposit(&self, terms: &DepositTerms) -> Result<DepositAddress, RpcError> {
		self.ask("peg_watchDeposit", (terms,)).await
	}

	/// The transaction that claims a deposit.
	pub async fn claim_extrinsic(
		&self,
		claim: &InclusionClaim,
		vout: u32,
		terms: &DepositTerms,
	) -> Result<String, RpcError> {
		self.ask("peg_claim", (claim_json(claim), vout, terms)).await
	}

	/// The transaction that proves that somebody has paid a withdrawal.
	pub async fn front_extrinsic(
		&self,
		claim: &InclusionClaim,
		id: WithdrawalId,
	) -> Result<String, RpcError> {
		self.ask("peg_front", (claim_json(claim), id)).await
	}
}

/// A proof as the node takes it.
pub(super) fn claim_json(claim: &InclusionClaim) -> Value {
	json!({
		"block": claim.block,
		"transaction": hex::encode(&claim.proof.transaction),
		"index": claim.proof.index,
		"siblings": claim.proof.siblings.iter().map(hex::encode).collect::<Vec<_>>(),
	})
}
