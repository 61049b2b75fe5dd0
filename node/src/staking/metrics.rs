// SPDX-License-Identifier: GPL-3.0-or-later WITH Classpath-exception-2.0

//! What Prometheus learns about bonds.

use crate::tasks::registrar::Registrar;
use polkadot_sdk::substrate_prometheus_endpoint::{
	CounterVec, Gauge, GaugeVec, PrometheusError, Registry, U64,
};

/// The metrics. Without a registry they count all the same and nobody reads them.
#[derive(Clone)]
pub struct Metrics {
	/// What this node judged before it signed it, by verdict.
	pub verdicts: CounterVec<U64>,
	/// Signatures that this node brought to the chain, by what became of them.
	pub signatures: CounterVec<U64>,
	/// What the keys of this node still have to sign in final blocks, by duty.
	pub duties: GaugeVec<U64>,
	/// Bonds that are to be slashed, by how the transactions that slash them stand with Bitcoin.
	pub slashes: GaugeVec<U64>,
	/// Bonds that are to be slashed and are not, whose stakers can have their coins soon.
	pub urgent: Gauge<U64>,
	/// Transactions sent to Bitcoin, by what the Bitcoin node said.
	pub broadcasts: CounterVec<U64>,
	/// What came of paying for them, by result.
	pub bumps: CounterVec<U64>,
	/// Coins that pay fees, as far as is known.
	pub fee_coins: Gauge<U64>,
	/// What they hold, in satoshi.
	pub fee_sats: Gauge<U64>,
	/// Questions to Bitcoin nodes that failed, by task.
	pub errors: CounterVec<U64>,
}

impl Metrics {
	/// Creates the metrics and, with a registry, registers them.
	pub fn new(registry: Option<&Registry>) -> Result<Self, PrometheusError> {
		let to = Registrar(registry);
		Ok(Self {
			verdicts: to.counters(
				"staking_verdicts_total",
				"Transactions of bonds that this node judged before it signed them",
				&["verdict"],
			)?,
			signatures: to.counters(
				"staking_signatures_total",
				"Signed transactions of bonds brought to the chain",
				&["result"],
			)?,
			duties: to.gauges(
				"staking_duties",
				"What the keys of this node still have to sign for bonds",
				&["duty"],
			)?,
			slashes: to.gauges(
				"staking_slashes",
				"Bonds that are to be slashed, by how that stands with Bitcoin",
				&["standing"],
			)?,
			urgent: to.gauge(
				"staking_slashes_urgent",
				"Bonds that are to be slashed, and whose stakers can have their coins within a day",
			)?,
			broadcasts: to.counters(
				"staking_broadcasts_total",
				"Transactions that slash bonds, sent to Bitcoin",
				&["result"],
			)?,
			bumps: to.counters(
				"staking_bumps_total",
				"What came of paying for transactions that slash bonds",
				&["result"],
			)?,
			fee_coins: to.gauge("staking_fee_coins", "Coins of the fee key in Bitcoin's blocks")?,
			fee_sats: to.gauge("staking_fee_sats", "What the fee key's coins hold, in satoshi")?,
			errors: to.counters(
				"staking_errors_total",
				"Questions to Bitcoin nodes that failed",
				&["task"],
			)?,
		})
	}
}
