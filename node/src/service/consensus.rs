// SPDX-License-Identifier: GPL-3.0-or-later WITH Classpath-exception-2.0

//! The tasks of consensus: BABE makes blocks, GRANDPA finalises them, BEEFY signs what other chains
//! read, and authority discovery finds the other validators.

use super::partial::{
	BlockImport, Client, FullBackend, SelectChain, TransactionPool, GRANDPA_JUSTIFICATION_PERIOD,
};
use crate::bitcoin::{BitcoinInherent, Observer, RuntimeLightClient};
use entangled_runtime::{opaque::Block, Hash};
use futures::{future, StreamExt};
use polkadot_sdk::{
	mmr_gadget::MmrGadget,
	sc_authority_discovery, sc_basic_authorship,
	sc_consensus_babe::{self, BabeLink, SlotProportion},
	sc_consensus_beefy::{
		self,
		communication::{beefy_peers_set_config, request_response::BeefyJustifsRequestHandler},
		BeefyVoterLinks,
	},
	sc_consensus_grandpa::{self, LinkHalf, SharedVoterState, VotingRulesBuilder},
	sc_consensus_slots::BackoffAuthoringOnFinalizedHeadLagging,
	sc_network::{
		config::FullNetworkConfiguration,
		event::Event,
		service::{traits::NetworkService, NotificationMetrics},
		Multiaddr, NetworkBackend, NetworkEventStream, NotificationService, ProtocolName,
	},
	sc_network_sync::SyncingService,
	sc_service::{config::Configuration, ChainSpec, Error, Role, TaskManager},
	sc_telemetry::TelemetryHandle,
	sc_transaction_pool_api::OffchainTransactionPoolFactory,
	sp_consensus_babe,
	sp_consensus_beefy::{ecdsa_crypto::AuthorityId as BeefyId, mmr::MmrRootProvider},
	sp_keystore::KeystorePtr,
	sp_mmr_primitives::INDEXING_PREFIX,
	sp_timestamp,
	substrate_prometheus_endpoint::Registry,
};
use std::{marker::PhantomData, path::PathBuf, sync::Arc, time::Duration};

/// The part of a slot in which the author fills its block. The rest is for the block's way to the
/// others, and for their import of it.
const PROPOSAL_PORTION: f32 = 2.0 / 3.0;

/// How long a GRANDPA message takes through the network.
const GRANDPA_GOSSIP_DURATION: Duration = Duration::from_millis(333);

/// BEEFY signs no two blocks closer together than this, but for the first of a session.
const BEEFY_MIN_BLOCK_DELTA: u32 = 8;

/// The network protocols of GRANDPA and BEEFY.
pub struct Protocols {
	grandpa_name: ProtocolName,
	grandpa: Box<dyn NotificationService>,
	beefy_name: ProtocolName,
	beefy: Box<dyn NotificationService>,
	beefy_justifications: BeefyJustifsRequestHandler<Block, Client>,
}

impl Protocols {
	/// Adds them to the network's configuration.
	// GRANDPA takes the specification only in its box.
	#[allow(clippy::borrowed_box)]
	pub fn add<N: NetworkBackend<Block, Hash>>(
		net_config: &mut FullNetworkConfiguration<Block, Hash, N>,
		genesis: Hash,
		chain_spec: &Box<dyn ChainSpec>,
		client: &Arc<Client>,
		registry: Option<&Registry>,
		metrics: NotificationMetrics,
	) -> Self {
		let peers = net_config.peer_store_handle();

		let grandpa_name = sc_consensus_grandpa::protocol_standard_name(&genesis, chain_spec);
		let (config, grandpa) = sc_consensus_grandpa::grandpa_peers_set_config::<Block, N>(
			grandpa_name.clone(),
			metrics.clone(),
			peers.clone(),
		);
		net_config.add_notification_protocol(config);

		let fork_id = chain_spec.fork_id();
		let beefy_name = sc_consensus_beefy::gossip_protocol_name(genesis, fork_id);
		let (config, beefy) =
			beefy_peers_set_config::<Block, N>(beefy_name.clone(), metrics, peers);
		net_config.add_notification_protocol(config);

		let (beefy_justifications, config) = BeefyJustifsRequestHandler::new::<_, N>(
			genesis,
			fork_id,
			client.clone(),
			registry.cloned(),
		);
		net_config.add_request_response_protocol(config);

		Self { grandpa_name, grandpa, beefy_name, beefy, beefy_justifications }
	}
}

/// What the tasks need of the node's configuration.
pub struct Settings {
	role: Role,
	name: String,
	force_authoring: bool,
	disable_grandpa: bool,
	/// Whether private addresses may be told to others, as on a network in one room.
	publish_non_global_ips: bool,
	public_addresses: Vec<Multiaddr>,
	/// Where the addresses of the other validators are kept over a restart.
	address_cache: Option<PathBuf>,
}

impl Settings {
	/// Takes them out of the configuration.
	pub fn of(config: &Configuration) -> Self {
		Self {
			role: config.role,
			name: config.network.node_name.clone(),
			force_authoring: config.force_authoring,
			disable_grandpa: config.disable_grandpa,
			publish_non_global_ips: config.network.allow_non_globals_in_dht,
			public_addresses: config.network.public_addresses.clone(),
			address_cache: config.network.net_config_path.clone(),
		}
	}
}

/// What the tasks are made of.
pub struct Parts {
	/// Of the configuration.
	pub settings: Settings,
	/// The client.
	pub client: Arc<Client>,
	/// Its database.
	pub backend: Arc<FullBackend>,
	/// The keys of this node.
	pub keystore: KeystorePtr,
	/// The fork choice.
	pub select_chain: SelectChain,
	/// Transactions that wait.
	pub transaction_pool: Arc<TransactionPool>,
	/// The network.
	pub network: Arc<dyn NetworkService>,
	/// Synchronisation of the chain.
	pub sync_service: Arc<SyncingService<Block>>,
	/// GRANDPA's and BEEFY's protocols.
	pub protocols: Protocols,
	/// Imports the blocks that we author.
	pub block_import: BlockImport,
	/// From the import to BABE.
	pub babe_link: BabeLink<Block>,
	/// From the import to GRANDPA.
	pub grandpa_link: LinkHalf<Block, Client, SelectChain>,
	/// From the import to BEEFY.
	pub beefy_links: BeefyVoterLinks<Block, BeefyId>,
	/// From GRANDPA to RPC.
	pub voter_state: SharedVoterState,
	/// Decides what our blocks say of Bitcoin.
	pub observer: Arc<Observer>,
	/// Prometheus.
	pub registry: Option<Registry>,
	/// Telemetry.
	pub telemetry: Option<TelemetryHandle>,
}

/// Starts the tasks.
pub fn start(parts: Parts, task_manager: &TaskManager) -> Result<(), Error> {
	let Parts {
		settings,
		client,
		backend,
		keystore,
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
		telemetry,
	} = parts;
	let is_authority = settings.role.is_authority();

	// BABE.
	if is_authority {
		let proposer = sc_basic_authorship::ProposerFactory::new(
			task_manager.spawn_handle(),
			client.clone(),
			transaction_pool.clone(),
			registry.as_ref(),
			telemetry.clone(),
		);
		let slot_duration = babe_link.config().slot_duration();
		let light_client = client.clone();
		let babe = sc_consensus_babe::start_babe(sc_consensus_babe::BabeParams {
			keystore: keystore.clone(),
			client: client.clone(),
			select_chain,
			env: proposer,
			block_import,
			sync_oracle: sync_service.clone(),
			justification_sync_link: sync_service.clone(),
			create_inherent_data_providers: move |parent, ()| {
				let chain = RuntimeLightClient::new(light_client.clone(), parent);
				let bitcoin = BitcoinInherent::new(observer.observe(&chain));
				async move {
					use sp_consensus_babe::inherents::InherentDataProvider as SlotProvider;
					let timestamp = sp_timestamp::InherentDataProvider::from_system_time();
					let slot =
						SlotProvider::from_timestamp_and_slot_duration(*timestamp, slot_duration);
					Ok((slot, timestamp, bitcoin))
				}
			},
			force_authoring: settings.force_authoring,
			backoff_authoring_blocks: Some(BackoffAuthoringOnFinalizedHeadLagging::default()),
			babe_link,
			block_proposal_slot_portion: SlotProportion::new(PROPOSAL_PORTION),
			max_block_proposal_slot_portion: None,
			telemetry: telemetry.clone(),
		})?;
		task_manager.spawn_essential_handle().spawn_blocking(
			"babe-proposer",
			Some("block-authoring"),
			babe,
		);
	}

	// Authority discovery.
	if is_authority {
		let dht_events = network.event_stream("authority-discovery").filter_map(|event| {
			future::ready(match event {
				Event::Dht(event) => Some(event),
				_ => None,
			})
		});
		let (worker, _service) = sc_authority_discovery::new_worker_and_service_with_config(
			sc_authority_discovery::WorkerConfig {
				publish_non_global_ips: settings.publish_non_global_ips,
				public_addresses: settings.public_addresses,
				persisted_cache_directory: settings.address_cache,
				// No older nodes exist that would send unsigned records.
				strict_record_validation: true,
				..Default::default()
			},
			client.clone(),
			Arc::new(network.clone()),
			Box::pin(dht_events),
			sc_authority_discovery::Role::PublishAndDiscover(keystore.clone()),
			registry.clone(),
			task_manager.spawn_handle(),
		);
		task_manager.spawn_handle().spawn(
			"authority-discovery-worker",
			Some("networking"),
			worker.run(),
		);
	}

	// Who has no part in consensus needs no keys for it.
	let keystore = is_authority.then_some(keystore);

	// BEEFY, and the mountain range that it signs.
	let beefy = sc_consensus_beefy::start_beefy_gadget(sc_consensus_beefy::BeefyParams {
		client: client.clone(),
		backend: backend.clone(),
		payload_provider: MmrRootProvider::new(client.clone()),
		runtime: client.clone(),
		key_store: keystore.clone(),
		network_params: sc_consensus_beefy::BeefyNetworkParams {
			network: Arc::new(network.clone()),
			sync: sync_service.clone(),
			gossip_protocol_name: protocols.beefy_name,
			justifications_protocol_name: protocols.beefy_justifications.protocol_name(),
			notification_service: protocols.beefy,
			_phantom: PhantomData::<Block>,
		},
		min_block_delta: BEEFY_MIN_BLOCK_DELTA,
		prometheus_registry: registry.clone(),
		links: beefy_links,
		on_demand_justifications_handler: protocols.beefy_justifications,
		is_authority,
	});
	task_manager.spawn_essential_handle().spawn_blocking("beefy-gadget", None, beefy);
	task_manager.spawn_essential_handle().spawn_blocking(
		"mmr-gadget",
		None,
		MmrGadget::start(client, backend, INDEXING_PREFIX.to_vec()),
	);

	// GRANDPA. Nodes without a vote run the voter, too: it follows the rounds.
	if !settings.disable_grandpa {
		let grandpa =
			sc_consensus_grandpa::run_grandpa_voter(sc_consensus_grandpa::GrandpaParams {
				config: sc_consensus_grandpa::Config {
					gossip_duration: GRANDPA_GOSSIP_DURATION,
					justification_generation_period: GRANDPA_JUSTIFICATION_PERIOD,
					name: Some(settings.name),
					observer_enabled: false,
					keystore,
					local_role: settings.role,
					telemetry: telemetry.clone(),
					protocol_name: protocols.grandpa_name,
				},
				link: grandpa_link,
				network,
				sync: sync_service,
				notification_service: protocols.grandpa,
				voting_rule: VotingRulesBuilder::default().build(),
				prometheus_registry: registry,
				shared_voter_state: voter_state,
				telemetry,
				offchain_tx_pool_factory: OffchainTransactionPoolFactory::new(transaction_pool),
			})?;
		task_manager.spawn_essential_handle().spawn_blocking("grandpa-voter", None, grandpa);
	}
	Ok(())
}
