// SPDX-License-Identifier: GPL-3.0-or-later WITH Classpath-exception-2.0

//! Starts the tasks that carry out what the chain decides, as far as this node can.

use super::{following, Client, TransactionPool};
use crate::{
	bitcoin::{
		bump::{purse::SCAN_TIMEOUT, Bumper, FeeKey},
		rpc::CALL_TIMEOUT,
		BitcoinParams, Nodes,
	},
	peg::{self, Broadcaster, Monitor, PegDesk, PegParams},
	relay::{turn::Identity, Relayer, WatchList, LOG_TARGET},
	staking::{self, StakingDesk, Watcher},
	tasks::{chain::Chain, ClientPool, Keys, RuntimeChain, Signer},
};
use entangled_bitcoin::FeeRate;
use entangled_runtime::opaque::Block;
use futures::{Stream, StreamExt};
use polkadot_sdk::{
	sc_client_api::BlockchainEvents,
	sc_keystore::LocalKeystore,
	sc_network_sync::SyncingService,
	sc_service::{Error, Role, TaskManager},
	substrate_prometheus_endpoint::Registry,
};
use std::{path::PathBuf, sync::Arc};

/// The file with the deposit addresses that are watched.
const WATCHLIST: &str = "peg-watched-deposits.json";

/// The groups that tasks are in.
const PEG: Option<&str> = Some("peg");
const STAKING: Option<&str> = Some("staking");

/// What the tasks are made of.
pub struct Parts<'a> {
	/// Options about Bitcoin.
	pub bitcoin: &'a BitcoinParams,
	/// Pays fees on Bitcoin.
	pub fee_key: Option<FeeKey>,
	/// Options about the peg.
	pub peg: &'a PegParams,
	/// Validators sign.
	pub role: Role,
	/// Where this chain's files are.
	pub directory: PathBuf,
	/// The client.
	pub client: Arc<Client>,
	/// Transactions that wait.
	pub pool: Arc<TransactionPool>,
	/// The keys of this node.
	pub keystore: Arc<LocalKeystore>,
	/// Synchronisation of the chain.
	pub sync: Arc<SyncingService<Block>>,
	/// Our name in the network.
	pub peer: Vec<u8>,
	/// Prometheus.
	pub registry: Option<&'a Registry>,
}

/// Starts them. What comes back is the list of deposit addresses that are watched, when this node
/// watches any.
pub fn start(parts: Parts, task_manager: &TaskManager) -> Result<Option<Arc<WatchList>>, Error> {
	let Parts {
		bitcoin,
		fee_key,
		peg,
		role,
		directory,
		client,
		pool,
		keystore,
		sync,
		peer,
		registry,
	} = parts;
	let metrics = peg::Metrics::new(registry)?;
	let of_staking = staking::Metrics::new(registry)?;
	let chain = || RuntimeChain::new(client.clone(), sync.clone());
	let pool = || ClientPool::new(client.clone(), pool.clone());
	let keys = Keys::new(keystore);
	let tasks = task_manager.spawn_handle();

	let monitor = Monitor::new(chain(), metrics.clone());
	tasks.spawn_blocking("peg-monitor", PEG, monitor.run(best_blocks(&client)));

	if role.is_authority() {
		let desk = PegDesk::new(chain().id(), metrics.clone());
		let signer = Signer::new(chain(), pool(), keys.clone(), desk);
		tasks.spawn_blocking("peg-signer", PEG, signer.run(final_blocks(&client)));
		let desk = StakingDesk::new(chain().id(), of_staking.clone());
		let signer = Signer::new(chain(), pool(), keys.clone(), desk);
		tasks.spawn_blocking("staking-signer", STAKING, signer.run(final_blocks(&client)));
	}

	if bitcoin.rpc.is_empty() {
		log::debug!(target: LOG_TARGET, "no --bitcoin-rpc, so nothing is sent to Bitcoin");
		return Ok(None);
	}
	let nodes_within = |timeout| Arc::new(Nodes::new(following::nodes(bitcoin, timeout)));
	let nodes = || nodes_within(CALL_TIMEOUT);
	let broadcaster = Broadcaster::new(chain(), nodes(), metrics.clone());
	tasks.spawn_blocking("peg-broadcaster", PEG, broadcaster.run(final_blocks(&client)));
	let ceiling = FeeRate(bitcoin.max_fee_rate.saturating_mul(1_000));
	let bumper = fee_key.map(|key| Bumper::new(nodes(), nodes_within(SCAN_TIMEOUT), key, ceiling));
	let watcher = Watcher::new(chain(), nodes(), bumper, of_staking);
	tasks.spawn_blocking("staking-watcher", STAKING, watcher.run(final_blocks(&client)));

	if peg.no_relay {
		return Ok(None);
	}
	let watchlist = WatchList::open(directory.join(WATCHLIST))
		.map(Arc::new)
		.map_err(|error| Error::Application(error.into()))?;
	let identity = {
		let keys = keys.clone();
		// Without its keys this node relays all the same, after the committee.
		move || Identity { keys: keys.all().unwrap_or_default(), peer: peer.clone() }
	};
	let relayer = Relayer::new(chain(), pool(), nodes(), watchlist.clone(), identity, metrics);
	tasks.spawn_blocking("peg-relayer", PEG, relayer.run(best_blocks(&client)));
	Ok(Some(watchlist))
}

/// An item for each new best block.
fn best_blocks(client: &Client) -> impl Stream<Item = ()> + Unpin {
	client
		.import_notification_stream()
		.filter_map(|block| std::future::ready(block.is_new_best.then_some(())))
}

/// An item for each new final block.
fn final_blocks(client: &Client) -> impl Stream<Item = ()> + Unpin {
	client.finality_notification_stream().map(drop)
}
