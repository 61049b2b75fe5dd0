// SPDX-License-Identifier: GPL-3.0-or-later WITH Classpath-exception-2.0

//! Starts following Bitcoin, if the operator gave a Bitcoin node.

use super::Client;
use crate::bitcoin::{
	rpc::{BitcoinRpc, CoreRpc, CALL_TIMEOUT},
	BitcoinParams, Follower, Metrics, Observer, RuntimeLightClient, SharedView, LOG_TARGET,
};
use entangled_runtime::opaque::Block;
use polkadot_sdk::{
	sc_network_sync::SyncingService,
	sc_service::{Error, Role, TaskManager},
	sp_blockchain::HeaderBackend,
	sp_consensus::SyncOracle,
	substrate_prometheus_endpoint::Registry,
};
use std::{sync::Arc, time::Duration};

/// Starts the follower. The observer that comes back decides what our blocks say of Bitcoin; it
/// works without a follower, and then they say nothing.
pub fn start(
	params: &BitcoinParams,
	role: Role,
	client: &Arc<Client>,
	sync: &Arc<SyncingService<Block>>,
	registry: Option<&Registry>,
	task_manager: &TaskManager,
) -> Result<Arc<Observer>, Error> {
	let metrics = Metrics::new(registry)?;
	let view = SharedView::default();
	let interval = (!params.rpc.is_empty()).then(|| params.poll_interval());
	let observer = Arc::new(Observer::new(view.clone(), interval, metrics.clone()));
	match interval {
		None if role.is_authority() => log::warn!(
			target: LOG_TARGET,
			"₿ No Bitcoin node was given. This validator authors blocks, but does not attest to \
			 Bitcoin; add --bitcoin-rpc http://HOST:PORT",
		),
		None => log::debug!(target: LOG_TARGET, "no --bitcoin-rpc, so Bitcoin is not followed"),
		Some(interval) => {
			let nodes = nodes(params, CALL_TIMEOUT);
			let client = client.clone();
			let sync = sync.clone();
			let chain = move || {
				(!sync.is_major_syncing())
					.then(|| RuntimeLightClient::new(client.clone(), client.info().best_hash))
			};
			let follower = Follower::new(nodes, chain, view, metrics, interval);
			task_manager.spawn_handle().spawn_blocking(
				"bitcoin-follower",
				Some("bitcoin"),
				follower.run(),
			);
		},
	}
	Ok(observer)
}

/// The operator's Bitcoin nodes, which have so long to answer.
pub fn nodes(params: &BitcoinParams, timeout: Duration) -> Vec<Box<dyn BitcoinRpc>> {
	let endpoints = params.endpoints().into_iter();
	endpoints
		.map(|(endpoint, credentials)| {
			Box::new(CoreRpc::new(endpoint, credentials, timeout)) as Box<dyn BitcoinRpc>
		})
		.collect()
}
