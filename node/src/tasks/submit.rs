// SPDX-License-Identifier: GPL-3.0-or-later WITH Classpath-exception-2.0

//! What the tasks bring to our chain, through the transaction pool.

mod refusal;

use entangled_bitcoin::{OutPoint, Signature, XOnlyKey};
use entangled_runtime::{
	opaque::{Block, UncheckedExtrinsic},
	BlockNumber, VERSION,
};
use pallet_btc_light_client::InclusionClaim;
use pallet_peg::{CommitteeId, DepositTerms, WithdrawalId};
use pallet_sequencer_staking::Duty;
use polkadot_sdk::{
	sc_transaction_pool_api::{
		error::{Error as PoolError, IntoPoolError},
		TransactionPool, TransactionSource,
	},
	sp_api::CallApiAt,
	sp_blockchain::HeaderBackend,
	sp_core::traits::CallContext,
	sp_runtime::transaction_validity::InvalidTransaction,
};
use std::sync::Arc;

/// Own blocks after which something is brought again that the chain does not show. Not many: a pool
/// that has found a transaction invalid on a fork that was given up may not take the same one for
/// half an hour, and the runtime makes another one of it at another block.
pub const RESUBMIT_AFTER: BlockNumber = 4;

/// How often that time doubles at most when the chain refuses.
pub const MAX_DOUBLINGS: u32 = 5;

/// Own blocks until something is brought again that the chain has refused so often.
pub fn pause(refusals: u32) -> BlockNumber {
	RESUBMIT_AFTER << refusals.min(MAX_DOUBLINGS)
}

/// Something that the chain wants to know. It takes no account, and costs nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Message {
	/// A deposit.
	Claim {
		/// The transaction that made it.
		claim: Arc<InclusionClaim>,
		/// Which of its outputs.
		vout: u32,
		/// What the address is made of.
		terms: DepositTerms,
	},
	/// An attempt of the batch in flight was mined.
	Settle {
		/// The attempt.
		claim: Arc<InclusionClaim>,
	},
	/// A withdrawal was paid from other coins than custody's.
	Front {
		/// The payment.
		claim: Arc<InclusionClaim>,
		/// The withdrawal.
		id: WithdrawalId,
	},
	/// A member's signatures.
	Sign {
		/// The batch.
		batch: u32,
		/// The attempt.
		attempt: u32,
		/// The member.
		key: XOnlyKey,
		/// One for each input that the member's committees hold.
		signatures: Vec<Signature>,
	},
	/// A member of the next committee can sign.
	ProveLife {
		/// The committee.
		committee: CommitteeId,
		/// The member.
		key: XOnlyKey,
		/// Of the challenge.
		signature: Signature,
	},
	/// A bond is on Bitcoin.
	Activate {
		/// The bond.
		outpoint: OutPoint,
		/// The transaction that funds it.
		claim: Arc<InclusionClaim>,
	},
	/// A bond's coin, or what unbonding made of it, is spent.
	ReportSpend {
		/// The bond.
		outpoint: OutPoint,
		/// The transaction that spends it.
		claim: Arc<InclusionClaim>,
	},
	/// What a member of a covenant signs for a bond.
	SignDuty {
		/// The bond.
		outpoint: OutPoint,
		/// What for.
		duty: Duty,
		/// The member.
		key: XOnlyKey,
		/// One for each of the duty's transactions.
		signatures: Vec<Signature>,
	},
}

impl Message {
	/// The proof that it brings, if it brings one.
	pub fn claim(&self) -> Option<&Arc<InclusionClaim>> {
		match self {
			Self::Claim { claim, .. }
			| Self::Settle { claim }
			| Self::Front { claim, .. }
			| Self::Activate { claim, .. }
			| Self::ReportSpend { claim, .. } => Some(claim),
			Self::Sign { .. } | Self::ProveLife { .. } | Self::SignDuty { .. } => None,
		}
	}
}

/// What became of a transaction of ours.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Submission {
	/// It waits in the pool.
	Accepted,
	/// The pool has it, or has the same from another.
	Known,
	/// The chain has it already.
	Late,
	/// Neither taken nor refused. The pool has no room now, or cannot check it, or checks it at a
	/// block that does not know what it is about: one behind ours, or on another fork. Whether it
	/// is still needed, the next block says.
	Postponed(String),
	/// The chain refuses it, as things are.
	Refused(String),
	/// The chain refuses it for what it is, and will at any time.
	RefusedForGood(String),
}

impl Submission {
	/// In a word, for the metrics.
	pub fn label(&self) -> &'static str {
		match self {
			Self::Accepted => "accepted",
			Self::Known => "known",
			Self::Late => "late",
			Self::Postponed(_) => "postponed",
			Self::Refused(_) | Self::RefusedForGood(_) => "refused",
		}
	}

	/// What it says where the refusal came from a runtime that this node may not know, in which an
	/// error's code may mean another one: nothing is for good.
	fn of_another_runtime(self) -> Self {
		match self {
			Self::RefusedForGood(reason) => Self::Refused(reason),
			other => other,
		}
	}

	/// Of what the pool answers to the transaction of a message that it does not take.
	fn of(message: &Message, error: PoolError) -> Self {
		match error {
			PoolError::AlreadyImported(_) | PoolError::TooLowPriority { .. } => Self::Known,
			PoolError::InvalidTransaction(InvalidTransaction::Stale) => Self::Late,
			PoolError::InvalidTransaction(InvalidTransaction::Custom(code)) => {
				message.refusal(code)
			},
			PoolError::InvalidTransaction(reason) => Self::Refused(format!("{reason:?}")),
			error => Self::Postponed(error.to_string()),
		}
	}
}

/// Takes transactions of ours.
#[async_trait::async_trait]
pub trait Pool: Send + Sync {
	/// Puts the transaction of a message among those that wait for a block.
	async fn submit(&self, message: &Message, extrinsic: UncheckedExtrinsic) -> Submission;
}

/// The pool of this node.
pub struct ClientPool<C, P> {
	client: Arc<C>,
	pool: Arc<P>,
}

impl<C, P> ClientPool<C, P> {
	/// The pool, and the client whose best block it checks transactions at.
	pub fn new(client: Arc<C>, pool: Arc<P>) -> Self {
		Self { client, pool }
	}
}

#[async_trait::async_trait]
impl<C, P> Pool for ClientPool<C, P>
where
	C: HeaderBackend<Block> + CallApiAt<Block>,
	P: TransactionPool<Block = Block>,
{
	async fn submit(&self, message: &Message, extrinsic: UncheckedExtrinsic) -> Submission {
		let at = self.client.info().best_hash;
		match self.pool.submit_one(at, TransactionSource::Local, extrinsic).await {
			Ok(_) => Submission::Accepted,
			Err(error) => match error.into_pool_error() {
				Ok(error) => {
					let submission = Submission::of(message, error);
					let version = self.client.runtime_version_at(at, CallContext::Offchain);
					match version.is_ok_and(|version| is_ours(version.spec_version)) {
						true => submission,
						false => submission.of_another_runtime(),
					}
				},
				Err(error) => Submission::Postponed(error.to_string()),
			},
		}
	}
}

/// Whether the chain runs the runtime that this node was built with.
fn is_ours(spec_version: u32) -> bool {
	spec_version == VERSION.spec_version
}

#[cfg(test)]
mod tests;
