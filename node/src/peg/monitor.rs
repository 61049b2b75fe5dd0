// SPDX-License-Identifier: GPL-3.0-or-later WITH Classpath-exception-2.0

//! The task that tells the operator how the peg stands.

use super::{
	chain::{Chain, View},
	metrics::Metrics,
	next_block, LOG_TARGET,
};
use futures::Stream;
use pallet_peg::HaltReason;
use polkadot_sdk::sp_api::ApiError;

/// Keeps the metrics about the chain's own state, and logs when the peg halts.
pub struct Monitor<C> {
	chain: C,
	metrics: Metrics,
	/// What was logged last.
	halt: Option<HaltReason>,
}

impl<C: Chain> Monitor<C> {
	/// Watches `chain`.
	pub fn new(chain: C, metrics: Metrics) -> Self {
		Self { chain, metrics, halt: None }
	}

	/// Watches for ever; `blocks` gives an item whenever there is a new block.
	pub async fn run(mut self, mut blocks: impl Stream<Item = ()> + Unpin) {
		loop {
			self.tick();
			next_block(&mut blocks).await;
		}
	}

	/// Looks once.
	pub fn tick(&mut self) {
		let Some(view) = self.chain.best() else { return };
		if let Err(error) = self.look(&view) {
			log::debug!(target: LOG_TARGET, "cannot ask how the peg stands: {error}");
		}
	}

	fn look(&mut self, view: &C::View) -> Result<(), ApiError> {
		let status = view.status()?;
		self.metrics.halted.set(status.halt.is_some().into());
		self.metrics.pending.set(status.pending.into());
		match (&self.halt, &status.halt) {
			(before, Some(reason)) if before.as_ref() != Some(reason) => log::error!(
				target: LOG_TARGET,
				"🛑 The peg has halted: {reason:?}. Nothing is minted until governance resumes",
			),
			(Some(_), None) => log::info!(target: LOG_TARGET, "🟢 The peg works again"),
			_ => (),
		}
		self.halt = status.halt;

		let batch = view.batch()?;
		let attempts = batch.as_ref().map_or(0, |batch| batch.attempts.len());
		let first = batch.as_ref().and_then(|batch| batch.attempts.first());
		let tip = view.bitcoin_tip()?.map_or(0, |tip| tip.height);
		let age = first.map_or(0, |first| tip.saturating_sub(first.built_at));
		self.metrics.batch_attempts.set(attempts as u64);
		self.metrics.batch_age.set(age.into());
		let committees = view.committees()?;
		let silent = committees.iter().filter(|committee| committee.silent_until.is_some());
		self.metrics.silent.set(silent.count() as u64);
		Ok(())
	}
}
