// SPDX-License-Identifier: GPL-3.0-or-later WITH Classpath-exception-2.0

//! What the tasks bring to our chain, through the transaction pool.

use codec::Decode;
use entangled_bitcoin::{Signature, XOnlyKey};
use entangled_runtime::{
	opaque::{Block, UncheckedExtrinsic},
	Runtime,
};
use pallet_btc_light_client::InclusionClaim;
use pallet_peg::{CommitteeId, DepositTerms, WithdrawalId};
use polkadot_sdk::{
	sc_transaction_pool_api::{
		error::{Error as PoolError, IntoPoolError},
		TransactionPool, TransactionSource,
	},
	sp_blockchain::HeaderBackend,
	sp_runtime::transaction_validity::InvalidTransaction,
};
use std::sync::Arc;

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
}

/// What became of a transaction of ours.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Submission {
	/// It waits in the pool.
	Accepted,
	/// The pool has it, or has the same from another, or had it a moment ago.
	Known,
	/// The chain does not need it any more.
	Late,
	/// The pool has no room now, or cannot check it.
	Postponed(String),
	/// The chain refuses it.
	Refused(String),
}

impl Submission {
	/// In a word, for the metrics.
	pub fn label(&self) -> &'static str {
		match self {
			Self::Accepted => "accepted",
			Self::Known => "known",
			Self::Late => "late",
			Self::Postponed(_) => "postponed",
			Self::Refused(_) => "refused",
		}
	}

	/// Of what the pool answers to a transaction that it does not take.
	fn of(error: PoolError) -> Self {
		match error {
			PoolError::AlreadyImported(_)
			| PoolError::TemporarilyBanned
			| PoolError::TooLowPriority { .. } => Self::Known,
			PoolError::InvalidTransaction(InvalidTransaction::Stale) => Self::Late,
			PoolError::InvalidTransaction(InvalidTransaction::Custom(code)) => Self::refusal(code),
			PoolError::InvalidTransaction(reason) => Self::Refused(format!("{reason:?}")),
			error => Self::Postponed(error.to_string()),
		}
	}
}

impl Submission {
	/// Of the code with which the peg refuses a transaction: the index of its error.
	fn refusal(code: u8) -> Self {
		use pallet_peg::Error;
		match Error::<Runtime>::decode(&mut &[code][..]) {
			Ok(
				Error::AlreadyClaimed
				| Error::AlreadySigned
				| Error::UnknownBatch
				| Error::UnknownAttempt
				| Error::NoCandidate,
			) => Self::Late,
			Ok(error) => Self::Refused(format!("{error:?}")),
			Err(_) => Self::Refused(format!("code {code}")),
		}
	}
}

/// Takes transactions of ours.
#[async_trait::async_trait]
pub trait Pool: Send + Sync {
	/// Puts a transaction among those that wait for a block.
	async fn submit(&self, extrinsic: UncheckedExtrinsic) -> Submission;
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
	C: HeaderBackend<Block>,
	P: TransactionPool<Block = Block>,
{
	async fn submit(&self, extrinsic: UncheckedExtrinsic) -> Submission {
		let at = self.client.info().best_hash;
		match self.pool.submit_one(at, TransactionSource::Local, extrinsic).await {
			Ok(_) => Submission::Accepted,
			Err(error) => match error.into_pool_error() {
				Ok(error) => Submission::of(error),
				Err(error) => Submission::Postponed(error.to_string()),
			},
		}
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use codec::Encode;

	#[test]
	fn what_is_there_already_is_no_failure() {
		for (error, submission) in [
			(PoolError::AlreadyImported(Box::new(())), Submission::Known),
			(PoolError::TemporarilyBanned, Submission::Known),
			(PoolError::TooLowPriority { old: 2, new: 1 }, Submission::Known),
			(PoolError::InvalidTransaction(InvalidTransaction::Stale), Submission::Late),
		] {
			assert_eq!(Submission::of(error), submission);
		}
		for error in [PoolError::ImmediatelyDropped, PoolError::InvalidBlockId("x".into())] {
			assert!(matches!(Submission::of(error), Submission::Postponed(_)));
		}
	}

	#[test]
	fn refusals_have_the_names_of_the_pallets_errors() {
		use pallet_peg::Error;
		let of = |error: Error<Runtime>| {
			let code = error.encode()[0];
			Submission::of(PoolError::InvalidTransaction(InvalidTransaction::Custom(code)))
		};
		assert_eq!(of(Error::BelowMinimum), Submission::Refused("BelowMinimum".into()));
		assert_eq!(of(Error::AlreadyClaimed), Submission::Late);
		assert_eq!(of(Error::AlreadySigned), Submission::Late);
		assert_eq!(of(Error::UnknownAttempt), Submission::Late);
		let unknown = PoolError::InvalidTransaction(InvalidTransaction::Custom(255));
		assert_eq!(Submission::of(unknown), Submission::Refused("code 255".into()));
	}
}
