// SPDX-License-Identifier: GPL-3.0-or-later WITH Classpath-exception-2.0

//! The parts that also the commands need which do not run a node: client, database, pool, and the
//! import of blocks.

use entangled_runtime::{opaque::Block, Hash, RuntimeApi};
use polkadot_sdk::{
	sc_consensus::{DefaultImportQueue, LongestChain},
	sc_consensus_babe::{self, BabeBlockImport, BabeLink, BabeWorkerHandle},
	sc_consensus_beefy::{self, import::BeefyBlockImport, BeefyRPCLinks, BeefyVoterLinks},
	sc_consensus_grandpa::{self, GrandpaBlockImport},
	sc_executor::WasmExecutor,
	sc_service::{self, config::Configuration, Error, PartialComponents},
	sc_telemetry::{Telemetry, TelemetryWorker},
	sc_transaction_pool,
	sc_transaction_pool_api::{OffchainTransactionPoolFactory, RejectAllTxPool},
	sp_consensus_babe,
	sp_consensus_beefy::ecdsa_crypto::AuthorityId as BeefyId,
	sp_inherents::CreateInherentDataProviders,
	sp_io, sp_timestamp,
};
use std::sync::Arc;

/// Executes the runtime.
pub type Executor = WasmExecutor<sp_io::SubstrateHostFunctions>;
/// The client.
pub type Client = sc_service::TFullClient<Block, RuntimeApi, Executor>;
/// The client's database.
pub type FullBackend = sc_service::TFullBackend<Block>;
/// The fork choice: the longest chain that holds what is final.
pub type SelectChain = LongestChain<FullBackend, Block>;
/// Transactions that wait.
pub type TransactionPool = sc_transaction_pool::TransactionPoolHandle<Block, Client>;
/// What a block passes on import, from the outside in: BABE, BEEFY, GRANDPA, the client.
pub type BlockImport = BabeBlockImport<
	Block,
	Client,
	BeefyBlockImport<
		Block,
		FullBackend,
		Client,
		GrandpaBlockImport<FullBackend, Block, Client, SelectChain>,
		BeefyId,
	>,
	ImportInherents,
	SelectChain,
>;
/// What the inherents of imported blocks are checked against. Bitcoin is not among it: whether a
/// header is valid does not depend on what our Bitcoin node thinks.
type ImportInherents = Arc<
	dyn CreateInherentDataProviders<
		Block,
		(),
		InherentDataProviders = (
			sp_consensus_babe::inherents::InherentDataProvider,
			sp_timestamp::InherentDataProvider,
		),
	>,
>;

/// At least every so many blocks GRANDPA keeps the proof of their finality.
pub const GRANDPA_JUSTIFICATION_PERIOD: u32 = 512;

/// The consensus side of [`new_partial`].
pub struct Consensus {
	/// Imports the blocks that we author.
	pub block_import: BlockImport,
	/// From the import to the GRANDPA voter.
	pub grandpa_link: sc_consensus_grandpa::LinkHalf<Block, Client, SelectChain>,
	/// From the import to the BABE worker.
	pub babe_link: BabeLink<Block>,
	/// Answers questions about epochs.
	pub babe_worker: BabeWorkerHandle<Block>,
	/// From the import to the BEEFY voter.
	pub beefy_links: BeefyVoterLinks<Block, BeefyId>,
	/// From the BEEFY voter to RPC.
	pub beefy_rpc: BeefyRPCLinks<Block, BeefyId>,
}

/// What [`new_partial`] builds.
pub type Partial = PartialComponents<
	Client,
	FullBackend,
	SelectChain,
	DefaultImportQueue<Block>,
	TransactionPool,
	(Consensus, Option<Telemetry>),
>;

/// Builds what can be built without a network.
pub fn new_partial(config: &Configuration) -> Result<Partial, Error> {
	let telemetry = config
		.telemetry_endpoints
		.clone()
		.filter(|endpoints| !endpoints.is_empty())
		.map(|endpoints| {
			let worker = TelemetryWorker::new(16)?;
			let telemetry = worker.handle().new_telemetry(endpoints);
			Ok::<_, Error>((worker, telemetry))
		})
		.transpose()?;

	let executor = sc_service::new_wasm_executor(&config.executor);
	let (client, backend, keystore_container, task_manager) =
		sc_service::new_full_parts::<Block, RuntimeApi, Executor>(
			config,
			telemetry.as_ref().map(|(_, telemetry)| telemetry.handle()),
			executor,
			Vec::new(),
		)?;
	let client = Arc::new(client);
	let telemetry = telemetry.map(|(worker, telemetry)| {
		task_manager.spawn_handle().spawn("telemetry", None, worker.run());
		telemetry
	});
	let telemetry_handle = telemetry.as_ref().map(|telemetry| telemetry.handle());

	let select_chain = LongestChain::new(backend.clone());
	let transaction_pool = Arc::new(
		sc_transaction_pool::Builder::new(
			task_manager.spawn_essential_handle(),
			client.clone(),
			config.role.is_authority().into(),
		)
		.with_options(config.transaction_pool.clone())
		.with_prometheus(config.prometheus_registry())
		.build(),
	);

	let (grandpa_import, grandpa_link) = sc_consensus_grandpa::block_import(
		client.clone(),
		GRANDPA_JUSTIFICATION_PERIOD,
		&client,
		select_chain.clone(),
		telemetry_handle.clone(),
	)?;
	let (beefy_import, beefy_links, beefy_rpc) = sc_consensus_beefy::beefy_block_import_and_links(
		grandpa_import.clone(),
		backend.clone(),
		client.clone(),
		config.prometheus_registry().cloned(),
	);
	let babe_config = sc_consensus_babe::configuration(&*client)?;
	let slot_duration = babe_config.slot_duration();
	let inherents: ImportInherents = Arc::new(move |_: Hash, ()| async move {
		let timestamp = sp_timestamp::InherentDataProvider::from_system_time();
		let slot =
			sp_consensus_babe::inherents::InherentDataProvider::from_timestamp_and_slot_duration(
				*timestamp,
				slot_duration,
			);
		Ok((slot, timestamp))
	});
	let (block_import, babe_link) = sc_consensus_babe::block_import(
		babe_config,
		beefy_import,
		client.clone(),
		inherents,
		select_chain.clone(),
		// See `equivocation`.
		OffchainTransactionPoolFactory::new(RejectAllTxPool::default()),
	)?;
	let (import_queue, babe_worker) =
		sc_consensus_babe::import_queue(sc_consensus_babe::ImportQueueParams {
			link: babe_link.clone(),
			block_import: block_import.clone(),
			justification_import: Some(Box::new(grandpa_import)),
			client: client.clone(),
			slot_duration,
			spawner: &task_manager.spawn_essential_handle(),
			registry: config.prometheus_registry(),
			telemetry: telemetry_handle,
		})?;

	let consensus =
		Consensus { block_import, grandpa_link, babe_link, babe_worker, beefy_links, beefy_rpc };
	Ok(PartialComponents {
		client,
		backend,
		task_manager,
		keystore_container,
		select_chain,
		import_queue,
		transaction_pool,
		other: (consensus, telemetry),
	})
}
