// SPDX-License-Identifier: GPL-3.0-or-later WITH Classpath-exception-2.0

//! What Prometheus learns about following Bitcoin.

use polkadot_sdk::substrate_prometheus_endpoint::{
	prometheus::core::Collector, register, CounterVec, Gauge, Opts, PrometheusError, Registry, U64,
};

/// The metrics. Without a registry they count all the same and nobody reads them.
#[derive(Clone)]
pub struct Metrics {
	/// 1 while the Bitcoin node answers.
	pub connected: Gauge<U64>,
	/// Height of the Bitcoin node's best block.
	pub node_height: Gauge<U64>,
	/// Height of the Bitcoin tip that our chain knows.
	pub chain_height: Gauge<U64>,
	/// How many blocks our chain's Bitcoin tip is behind the Bitcoin node's.
	pub headers_behind: Gauge<U64>,
	/// When the Bitcoin node last answered, in seconds since 1970-01-01.
	pub last_update: Gauge<U64>,
	/// 1 while a block that this validator authors names a Bitcoin block.
	pub attesting: Gauge<U64>,
	/// Calls to a Bitcoin node that failed, by what was wrong.
	pub errors: CounterVec<U64>,
}

impl Metrics {
	/// Creates the metrics and, with a registry, registers them.
	pub fn new(registry: Option<&Registry>) -> Result<Self, PrometheusError> {
		fn add<T: Clone + Collector + 'static>(
			registry: Option<&Registry>,
			metric: T,
		) -> Result<T, PrometheusError> {
			match registry {
				Some(registry) => register(metric, registry),
				None => Ok(metric),
			}
		}
		let gauge = |name: &str, help: &str| -> Result<Gauge<U64>, PrometheusError> {
			add(registry, Gauge::new(name, help)?)
		};
		Ok(Self {
			connected: gauge("bitcoin_connected", "1 while the Bitcoin node answers")?,
			node_height: gauge("bitcoin_node_height", "Height of the Bitcoin node's best block")?,
			chain_height: gauge(
				"bitcoin_chain_height",
				"Height of the Bitcoin tip that this chain knows",
			)?,
			headers_behind: gauge(
				"bitcoin_headers_behind",
				"Bitcoin blocks that this chain has yet to learn of",
			)?,
			last_update: gauge(
				"bitcoin_last_update_seconds",
				"Unix time at which the Bitcoin node last answered",
			)?,
			attesting: gauge(
				"bitcoin_attesting",
				"1 while blocks that this validator authors name a Bitcoin block",
			)?,
			errors: add(
				registry,
				CounterVec::new(
					Opts::new("bitcoin_rpc_errors_total", "Failed calls to a Bitcoin node"),
					&["kind"],
				)?,
			)?,
		})
	}

	/// All failed calls, of every kind.
	#[cfg(test)]
	pub fn error_count(&self) -> u64 {
		self.errors
			.collect()
			.iter()
			.flat_map(|family| family.get_metric())
			.map(|metric| metric.get_counter().get_value() as u64)
			.sum()
	}
}
