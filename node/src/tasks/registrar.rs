// SPDX-License-Identifier: GPL-3.0-or-later WITH Classpath-exception-2.0

//! How metrics come about.

use polkadot_sdk::substrate_prometheus_endpoint::{
	prometheus::core::Collector, register, CounterVec, Gauge, GaugeVec, Opts, PrometheusError,
	Registry, U64,
};

/// Makes metrics, and registers them where there is a registry.
pub struct Registrar<'a>(pub Option<&'a Registry>);

impl Registrar<'_> {
	fn add<T: Clone + Collector + 'static>(&self, metric: T) -> Result<T, PrometheusError> {
		match self.0 {
			Some(registry) => register(metric, registry),
			None => Ok(metric),
		}
	}

	/// A number that goes up and down.
	pub fn gauge(&self, name: &str, help: &str) -> Result<Gauge<U64>, PrometheusError> {
		self.add(Gauge::new(name, help)?)
	}

	/// Several, told apart by labels.
	pub fn gauges(
		&self,
		name: &str,
		help: &str,
		labels: &[&str],
	) -> Result<GaugeVec<U64>, PrometheusError> {
		self.add(GaugeVec::new(Opts::new(name, help), labels)?)
	}

	/// Numbers that only rise, told apart by labels.
	pub fn counters(
		&self,
		name: &str,
		help: &str,
		labels: &[&str],
	) -> Result<CounterVec<U64>, PrometheusError> {
		self.add(CounterVec::new(Opts::new(name, help), labels)?)
	}
}
