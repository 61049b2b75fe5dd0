// SPDX-License-Identifier: GPL-3.0-or-later WITH Classpath-exception-2.0

//! What the chain wants the committee's members to sign.

use super::{
	metrics::Metrics,
	verdict::{judge, Case, Verdict},
	LOG_TARGET,
};
use crate::tasks::{
	chain::View,
	signer::{Desk, Judgement},
	submit::Message,
};
use entangled_bitcoin::{
	bip340::tagged_hash,
	script::{custody_output, multisig::threshold_for},
	ChainId, Multisig, Native, Signature, XOnlyKey,
};
use entangled_runtime::AccountId;
use pallet_peg::{CandidateView, CommitteeId, SigningTask};
use polkadot_sdk::{
	sp_api::ApiError,
	substrate_prometheus_endpoint::{CounterVec, U64},
};
use std::collections::BTreeMap;

/// Attempts at batches, and challenges of hand-overs.
pub struct PegDesk {
	chain: ChainId,
	metrics: Metrics,
}

/// Something that a key is to sign.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Work {
	/// An attempt at a batch.
	Attempt {
		/// The batch.
		batch: u32,
		/// Which attempt at it.
		attempt: u32,
	},
	/// The challenge of a hand-over.
	Life {
		/// The committee that is to take over.
		committee: CommitteeId,
	},
}

impl PegDesk {
	/// For the peg of this chain.
	pub fn new(chain: ChainId, metrics: Metrics) -> Self {
		Self { chain, metrics }
	}

	/// Whether the attempt may be signed; nothing when the batch is gone.
	fn judge_attempt(
		view: &impl View,
		key: XOnlyKey,
		batch: u32,
		attempt: u32,
		inputs: &[u32],
	) -> Result<Option<Verdict>, ApiError> {
		let Some(batch) = view.batch()?.filter(|known| known.id == batch) else { return Ok(None) };
		let mut withdrawals = BTreeMap::new();
		let judged = batch.attempts.iter().filter(|known| known.index == attempt);
		for payout in judged.flat_map(|known| &known.payouts) {
			if let Some(withdrawal) = view.withdrawal(payout.id)? {
				withdrawals.insert(payout.id, withdrawal);
			}
		}
		Ok(Some(judge(&Case {
			batch: &batch,
			attempt,
			inputs,
			key,
			committees: &view.committees()?,
			custody: &view.custody()?,
			withdrawals: &withdrawals,
		})))
	}

	/// Whether the challenge is the one of the hand-over.
	fn judge_challenge(
		&self,
		view: &impl View,
		committee: CommitteeId,
		challenge: [u8; 32],
	) -> Result<Judgement, ApiError> {
		let known = view.candidate()?.filter(|candidate| candidate.id == committee);
		let wanted = known.and_then(|known| challenge_of(self.chain, &known));
		Ok(match wanted == Some(challenge) {
			true => Judgement::Sign(vec![challenge]),
			false => Judgement::Refuse {
				label: "wrong_challenge",
				reason: "it is not this hand-over's challenge".into(),
			},
		})
	}
}

impl Desk for PegDesk {
	type Work = Work;
	type Task = SigningTask;

	const LOG_TARGET: &'static str = LOG_TARGET;

	fn tasks(&self, view: &impl View, key: XOnlyKey) -> Result<Vec<(Work, SigningTask)>, ApiError> {
		let tasks = view.signing_tasks(key)?;
		Ok(tasks.into_iter().map(|task| (Work::of(&task), task)).collect())
	}

	fn judge(
		&self,
		view: &impl View,
		key: XOnlyKey,
		_: Work,
		task: &SigningTask,
	) -> Result<Option<Judgement>, ApiError> {
		Ok(match task {
			SigningTask::Attempt { batch, attempt, inputs } => {
				let verdict = Self::judge_attempt(view, key, *batch, *attempt, inputs)?;
				verdict.map(Into::into)
			},
			SigningTask::ProofOfLife { committee, challenge } => {
				Some(self.judge_challenge(view, *committee, *challenge)?)
			},
		})
	}

	fn message(&self, key: XOnlyKey, work: Work, signatures: Vec<Signature>) -> Option<Message> {
		Some(match work {
			Work::Attempt { batch, attempt } => Message::Sign { batch, attempt, key, signatures },
			Work::Life { committee } => {
				let signature = *signatures.first()?;
				Message::ProveLife { committee, key, signature }
			},
		})
	}

	fn verdicts(&self) -> &CounterVec<U64> {
		&self.metrics.verdicts
	}

	fn signatures(&self) -> &CounterVec<U64> {
		&self.metrics.signatures
	}
}

impl From<Verdict> for Judgement {
	fn from(verdict: Verdict) -> Self {
		match verdict {
			Verdict::Sign(hashes) => Self::Sign(hashes),
			other => Self::Refuse { label: other.label(), reason: format!("{other:?}") },
		}
	}
}

impl Work {
	fn of(task: &SigningTask) -> Self {
		match task {
			SigningTask::Attempt { batch, attempt, .. } => {
				Self::Attempt { batch: *batch, attempt: *attempt }
			},
			SigningTask::ProofOfLife { committee, .. } => Self::Life { committee: *committee },
		}
	}
}

impl std::fmt::Display for Work {
	fn fmt(&self, f: &mut std::fmt::Formatter) -> std::fmt::Result {
		match self {
			Self::Attempt { batch, attempt } => write!(f, "attempt {attempt} at batch {batch}"),
			Self::Life { committee } => write!(f, "the hand-over to committee {committee}"),
		}
	}
}

/// What the members of a candidate sign, which is of this chain, this hand-over and these keys only.
/// Nothing else is signed under that name, and above all no payment.
fn challenge_of(chain: ChainId, candidate: &CandidateView<AccountId>) -> Option<[u8; 32]> {
	let keys = candidate.members.iter().map(|member| member.key).collect::<Vec<_>>();
	let threshold = threshold_for(u32::try_from(keys.len()).ok()?);
	let custody = custody_output::<Native>(&Multisig::new(keys, threshold).ok()?)?.script_pubkey();
	Some(tagged_hash::<Native>(
		b"Entangled/ProofOfLife",
		&[&chain.0, &candidate.id.to_le_bytes(), &custody.to_bytes()],
	))
}

#[cfg(test)]
mod tests;
