// SPDX-License-Identifier: GPL-3.0-or-later WITH Classpath-exception-2.0

//! What Prometheus learns about the peg.

use crate::tasks::registrar::Registrar;
use polkadot_sdk::substrate_prometheus_endpoint::{
	CounterVec, Gauge, GaugeVec, PrometheusError, Registry, U64,
};

/// The metrics. Without a registry they count all the same and nobody reads them.
#[derive(Clone)]
pub struct Metrics {
	/// 1 while the peg has halted.
	pub halted: Gauge<U64>,
	/// Bitcoin blocks since the batch in flight was first built; 0 when there is none.
	pub batch_age: Gauge<U64>,
	/// Attempts of the batch in flight.
	pub batch_attempts: Gauge<U64>,
	/// Committees that hold coins and do not sign.
	pub silent: Gauge<U64>,
	/// Withdrawals that wait.
	pub pending: Gauge<U64>,
	/// What this node judged before it signed it, by verdict.
	pub verdicts: CounterVec<U64>,
	/// Signatures that this node brought to the chain, by what became of them.
	pub signatures: CounterVec<U64>,
	/// Transactions sent to Bitcoin, by what the Bitcoin node said.
	pub broadcasts: CounterVec<U64>,
	/// The chain's complete transactions, by how they stand with Bitcoin.
	pub transactions: GaugeVec<U64>,
	/// Proofs that this node brought to the chain, by kind and by what became of them.
	pub relayed: CounterVec<U64>,
	/// Findings that wait for their block to be final, or for the chain to show them, by kind.
	pub waiting: GaugeVec<U64>,
	/// Height of the last Bitcoin block that was looked through.
	pub scanned_height: Gauge<U64>,
	/// How often a Bitcoin block was passed over because no Bitcoin node of ours has it any more.
	pub missing: Gauge<U64>,
	/// Deposit addresses that are watched.
	pub watched: Gauge<U64>,
	/// Questions to Bitcoin nodes that failed, by task.
	pub errors: CounterVec<U64>,
}

impl Metrics {
	/// Creates the metrics and, with a registry, registers them.
	pub fn new(registry: Option<&Registry>) -> Result<Self, PrometheusError> {
		let to = Registrar(registry);
		Ok(Self {
			halted: to.gauge("peg_halted", "1 while the peg has halted")?,
			batch_age: to.gauge(
				"peg_batch_age_bitcoin_blocks",
				"Bitcoin blocks since the batch in flight was first built",
			)?,
			batch_attempts: to.gauge("peg_batch_attempts", "Attempts of the batch in flight")?,
			silent: to.gauge(
				"peg_committees_silent",
				"Committees whose coins are left out because too few of them sign",
			)?,
			pending: to.gauge("peg_withdrawals_pending", "Withdrawals that wait")?,
			verdicts: to.counters(
				"peg_verdicts_total",
				"What this node judged before it signed it",
				&["verdict"],
			)?,
			signatures: to.counters(
				"peg_signatures_total",
				"Signed attempts and challenges brought to the chain",
				&["result"],
			)?,
			broadcasts: to.counters(
				"peg_broadcasts_total",
				"Transactions sent to Bitcoin",
				&["result"],
			)?,
			transactions: to.gauges(
				"peg_transactions",
				"Complete transactions, by how they stand with Bitcoin",
				&["standing"],
			)?,
			relayed: to.counters(
				"peg_relayed_total",
				"Proofs brought to the chain",
				&["kind", "result"],
			)?,
			waiting: to.gauges(
				"peg_findings_waiting",
				"What was found in Bitcoin's blocks and the chain does not show yet",
				&["kind"],
			)?,
			scanned_height: to.gauge(
				"peg_scanned_height",
				"Height of the last Bitcoin block that was looked through",
			)?,
			missing: to.gauge(
				"peg_blocks_missing",
				"Bitcoin blocks passed over because the Bitcoin nodes have deleted them",
			)?,
			watched: to.gauge("peg_watched_addresses", "Deposit addresses that are watched")?,
			errors: to.counters(
				"peg_errors_total",
				"Questions to Bitcoin nodes that failed",
				&["task"],
			)?,
		})
	}
}
