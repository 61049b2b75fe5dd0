// SPDX-License-Identifier: GPL-3.0-or-later WITH Classpath-exception-2.0

//! What the chain wants the members of covenants to sign.

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
use entangled_bitcoin::{ChainId, OutPoint, Signature, XOnlyKey};
use pallet_sequencer_staking::{Duty, DutyTask};
use polkadot_sdk::{
	sp_api::ApiError,
	substrate_prometheus_endpoint::{CounterVec, U64},
};

/// What the metrics call duties.
const LABELS: [(Duty, &str); 3] =
	[(Duty::Slash, "slash"), (Duty::Extension, "extension"), (Duty::Unbonding, "unbonding")];

/// The duties of covenants.
pub struct StakingDesk {
	chain: ChainId,
	metrics: Metrics,
}

/// Something that a key is to sign.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Work {
	/// The bond.
	pub outpoint: OutPoint,
	/// What for.
	pub duty: Duty,
}

impl StakingDesk {
	/// Of this chain. Counts in these metrics.
	pub fn new(chain: ChainId, metrics: Metrics) -> Self {
		Self { chain, metrics }
	}
}

impl Desk for StakingDesk {
	type Work = Work;
	type Task = DutyTask;

	const LOG_TARGET: &'static str = LOG_TARGET;

	fn tasks(&self, view: &impl View, key: XOnlyKey) -> Result<Vec<(Work, DutyTask)>, ApiError> {
		let tasks = view.duties(key)?.into_iter();
		let work = |task: &DutyTask| Work { outpoint: task.outpoint, duty: task.duty };
		Ok(tasks.map(|task| (work(&task), task)).collect())
	}

	fn count<'a>(&self, wanted: impl Iterator<Item = &'a Work>) {
		let wanted = wanted.map(|work| work.duty).collect::<Vec<_>>();
		for (duty, label) in LABELS {
			let count = wanted.iter().filter(|other| **other == duty).count();
			self.metrics.duties.with_label_values(&[label]).set(count as u64);
		}
	}

	fn judge(
		&self,
		view: &impl View,
		key: XOnlyKey,
		_: Work,
		task: &DutyTask,
	) -> Result<Option<Judgement>, ApiError> {
		let bond = view.bond(task.outpoint)?;
		let extended = match bond.as_ref().and_then(|bond| bond.bond.extends) {
			Some(outpoint) => view.bond(outpoint)?,
			None => None,
		};
		let verdict = judge(&Case {
			chain: self.chain,
			task,
			key,
			bond: bond.as_ref(),
			extended: extended.as_ref(),
			committees: &view.committees()?,
		});
		Ok(Some(verdict.into()))
	}

	fn message(&self, key: XOnlyKey, work: Work, signatures: Vec<Signature>) -> Option<Message> {
		let Work { outpoint, duty } = work;
		Some(Message::SignDuty { outpoint, duty, key, signatures })
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

impl std::fmt::Display for Work {
	fn fmt(&self, f: &mut std::fmt::Formatter) -> std::fmt::Result {
		let Self { outpoint, duty } = self;
		match duty {
			Duty::Unbonding => write!(f, "the way out of bond {outpoint}"),
			Duty::Extension => write!(f, "the transaction that becomes bond {outpoint}"),
			Duty::Slash => write!(f, "the slashing of bond {outpoint}"),
		}
	}
}

#[cfg(test)]
mod tests;
