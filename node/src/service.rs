// SPDX-License-Identifier: GPL-3.0-or-later WITH Classpath-exception-2.0

//! The parts of a running node, and how they are put together.

mod carrying;
mod consensus;
mod equivocation;
mod following;
mod partial;
mod paying;

pub use partial::{new_partial, Client, FullBackend, SelectChain, TransactionPool};

use crate::{cli::Cli, rpc};
use consensus::Protocols;
use entangled_runtime::{opaque::Block, Hash};
use futures::FutureExt;
use partial::Consensus;
use polkadot_sdk::{
	sc_client_api::Backend as _,
	sc_consensus_grandpa::{warp_proof, FinalityProofProvider, SharedVoterState},
	sc_network::{
		config::{FullNetworkConfiguration, NetworkBackendType},
		Litep2pNetworkBackend, NetworkBackend, NetworkWorker,
	},
	sc_network_sync::WarpSyncConfig,
	sc_offchain, sc_service,
	sc_service::{config::Configuration, Error, PartialComponents, TaskManager},
	sc_storage_monitor::StorageMonitorService,
	sc_sysinfo, sc_telemetry,
	sc_transaction_pool_api::OffchainTransactionPoolFactory,
	sp_blockchain::HeaderBackend,
};
use std::{path::Path, sync::Arc};

/// Starts a full node or a validator.
pub fn start(config: Configuration, cli: &Cli) -> Result<TaskManager, Error> {
	let database = config.database.path().map(Path::to_path_buf);
	let task_manager = match config.network.network_backend {
		NetworkBackendType::Litep2p => start_on::<Litep2pNetworkBackend>(config, cli)?,
		NetworkBackendType::Libp2p => start_on::<NetworkWorker<Block, Hash>>(config, cli)?,
	};
	if let Some(path) = database {
		StorageMonitorService::try_spawn(
			cli.storage_monitor.clone(),
			path,
			&task_manager.spawn_essential_handle(),
		)
		.map_err(|error| Error::Application(error.into()))?;
	}
	Ok(task_manager)
}

/// Starts the node on the network library `N`.
fn start_on<N: NetworkBackend<Block, Hash>>(
	config: Configuration,
	cli: &Cli,
) -> Result<TaskManager, Error> {
	let hardware = cli.hardware_benchmarks.then(|| measure_hardware(&config));
	let PartialComponents {
		client,
		backend,
		mut task_manager,
		import_queue,
		keystore_container,
		select_chain,
		transaction_pool,
		other: (consensus, mut telemetry),
	} = new_partial(&config)?;
	let Consensus { block_import, grandpa_link, babe_link, babe_worker, beefy_links, beefy_rpc } =
		consensus;
	let role = config.role;
	let registry = config.prometheus_registry().cloned();

	// The network.
	let metrics = N::register_notification_metrics(registry.as_ref());
	let mut net_config =
		FullNetworkConfiguration::<Block, Hash, N>::new(&config.network, registry.clone());
	let genesis = client.info().genesis_hash;
	let protocols = Protocols::add(
		&mut net_config,
		genesis,
		&config.chain_spec,
		&client,
		registry.as_ref(),
		metrics.clone(),
	);
	let warp_sync = Arc::new(warp_proof::NetworkProvider::new(
		backend.clone(),
		grandpa_link.shared_authority_set().clone(),
		Vec::new(),
	));
	let (network, system_rpc_tx, tx_handler_controller, sync_service) =
		sc_service::build_network(sc_service::BuildNetworkParams {
			config: &config,
			net_config,
			client: client.clone(),
			transaction_pool: transaction_pool.clone(),
			spawn_handle: task_manager.spawn_handle(),
			spawn_essential_handle: task_manager.spawn_essential_handle(),
			import_queue,
			block_announce_validator_builder: None,
			warp_sync_config: Some(WarpSyncConfig::WithProvider(warp_sync)),
			block_relay: None,
			metrics,
		})?;

	let observer = following::start(
		&cli.bitcoin,
		role,
		&client,
		&sync_service,
		registry.as_ref(),
		&task_manager,
	)?;

	let watchlist = carrying::start(
		carrying::Parts {
			bitcoin: &cli.bitcoin,
			fee_key: paying::fee_key(&cli.bitcoin, &client)?,
			peg: &cli.peg,
			role,
			directory: config.base_path.config_dir(config.chain_spec.id()),
			client: client.clone(),
			pool: transaction_pool.clone(),
			keystore: keystore_container.local_keystore(),
			sync: sync_service.clone(),
			peer: network.local_peer_id().to_bytes(),
			registry: registry.as_ref(),
		},
		&task_manager,
	)?;

	if config.offchain_worker.enabled {
		let workers = sc_offchain::OffchainWorkers::new(sc_offchain::OffchainWorkerOptions {
			runtime_api_provider: client.clone(),
			keystore: Some(keystore_container.keystore()),
			offchain_db: backend.offchain_storage(),
			transaction_pool: Some(OffchainTransactionPoolFactory::new(transaction_pool.clone())),
			network_provider: Arc::new(network.clone()),
			is_validator: role.is_authority(),
			enable_http_requests: true,
			custom_extensions: |_| Vec::new(),
		})?;
		task_manager.spawn_handle().spawn(
			"offchain-workers-runner",
			"offchain-worker",
			workers.run(client.clone(), task_manager.spawn_handle()).boxed(),
		);
	}

	// What the consensus tasks need of the configuration, before it goes to the common tasks.
	let settings = consensus::Settings::of(&config);
	let voter_state = SharedVoterState::empty();

	// RPC, telemetry, Prometheus and what else every node has.
	let deps = rpc::Dependencies {
		client: client.clone(),
		backend: backend.clone(),
		pool: transaction_pool.clone(),
		select_chain: select_chain.clone(),
		chain_spec: config.chain_spec.cloned_box(),
		keystore: keystore_container.keystore(),
		babe: babe_worker,
		grandpa: rpc::Grandpa {
			voter_state: voter_state.clone(),
			authority_set: grandpa_link.shared_authority_set().clone(),
			justifications: grandpa_link.justification_stream(),
			finality_proofs: FinalityProofProvider::new_for_service(
				backend.clone(),
				Some(grandpa_link.shared_authority_set().clone()),
			),
		},
		beefy: beefy_rpc,
		watchlist,
	};
	sc_service::spawn_tasks(sc_service::SpawnTasksParams {
		config,
		client: client.clone(),
		backend: backend.clone(),
		task_manager: &mut task_manager,
		keystore: keystore_container.keystore(),
		transaction_pool: transaction_pool.clone(),
		rpc_builder: Box::new(move |executor| {
			rpc::create(&deps, executor).map_err(Error::Application)
		}),
		network: network.clone(),
		system_rpc_tx,
		tx_handler_controller,
		sync_service: sync_service.clone(),
		telemetry: telemetry.as_mut(),
		tracing_execute_block: None,
	})?;

	if let Some(hardware) = hardware {
		report_hardware(hardware, telemetry.as_ref(), &task_manager);
	}

	task_manager.spawn_handle().spawn(
		"equivocation-reports",
		None,
		equivocation::run(client.clone(), transaction_pool.clone()),
	);
	consensus::start(
		consensus::Parts {
			settings,
			client,
			backend,
			keystore: keystore_container.keystore(),
			select_chain,
			transaction_pool,
			network,
			sync_service,
			protocols,
			block_import,
			babe_link,
			grandpa_link,
			beefy_links,
			voter_state,
			observer,
			registry,
			telemetry: telemetry.as_ref().map(|telemetry| telemetry.handle()),
		},
		&task_manager,
	)?;
	Ok(task_manager)
}

fn measure_hardware(config: &Configuration) -> sc_sysinfo::HwBench {
	let path = config.database.path();
	if let Some(path) = path {
		// Where this fails, so will the database, and that error is the better one.
		let _ = std::fs::create_dir_all(path);
	}
	sc_sysinfo::gather_hwbench(path, &sc_sysinfo::Requirements(Vec::new()))
}

fn report_hardware(
	hardware: sc_sysinfo::HwBench,
	telemetry: Option<&sc_telemetry::Telemetry>,
	task_manager: &TaskManager,
) {
	sc_sysinfo::print_hwbench(&hardware);
	if let Some(telemetry) = telemetry {
		task_manager.spawn_handle().spawn(
			"telemetry-hardware",
			None,
			sc_sysinfo::initialize_hwbench_telemetry(telemetry.handle(), hardware),
		);
	}
}
