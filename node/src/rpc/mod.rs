// SPDX-License-Identifier: GPL-3.0-or-later WITH Classpath-exception-2.0

//! The node's JSON-RPC: what every Substrate node has, consensus, and the namespaces `bitcoin`, `peg`
//! and `staking`.
//!
//! `chain`, `state`, `author`, `system`, `offchain` and the new `chainHead` family come with
//! `sc-service`.

mod answer;
mod bitcoin;
mod peg;
mod staking;
mod take;
mod views;

use crate::{
	relay::WatchList,
	service::{Client, FullBackend, SelectChain, TransactionPool},
};
use bitcoin::{Bitcoin, BitcoinApiServer};
use entangled_runtime::{opaque::Block, BlockNumber, Hash};
use jsonrpsee::RpcModule;
use peg::{Peg, PegRpcServer};
use polkadot_sdk::{
	mmr_rpc, pallet_transaction_payment_rpc, sc_client_api, sc_consensus_babe,
	sc_consensus_babe_rpc, sc_consensus_beefy, sc_consensus_beefy_rpc, sc_consensus_grandpa,
	sc_consensus_grandpa_rpc, sc_rpc, sc_service, sc_sync_state_rpc,
	sp_consensus_beefy::ecdsa_crypto::AuthorityId as BeefyId, sp_keystore,
	substrate_frame_rpc_system,
};
use staking::{Staking, StakingRpcServer};
use std::sync::Arc;

/// What the handlers need. One set serves all connections.
pub struct Dependencies {
	/// The client.
	pub client: Arc<Client>,
	/// The client's database.
	pub backend: Arc<FullBackend>,
	/// Transactions that wait.
	pub pool: Arc<TransactionPool>,
	/// The fork choice.
	pub select_chain: SelectChain,
	/// The chain specification, for the sync state.
	pub chain_spec: Box<dyn sc_service::ChainSpec>,
	/// The keys of this node.
	pub keystore: sp_keystore::KeystorePtr,
	/// BABE's epochs.
	pub babe: sc_consensus_babe::BabeWorkerHandle<Block>,
	/// GRANDPA's state.
	pub grandpa: Grandpa,
	/// BEEFY's finality proofs and best blocks.
	pub beefy: sc_consensus_beefy::BeefyRPCLinks<Block, BeefyId>,
	/// Deposit addresses that this node watches, if it watches any.
	pub watchlist: Option<Arc<WatchList>>,
}

/// What the handlers need of GRANDPA.
pub struct Grandpa {
	/// The voter's round.
	pub voter_state: sc_consensus_grandpa::SharedVoterState,
	/// The authorities.
	pub authority_set: sc_consensus_grandpa::SharedAuthoritySet<Hash, BlockNumber>,
	/// New justifications.
	pub justifications: sc_consensus_grandpa::GrandpaJustificationStream<Block>,
	/// Proofs of finality of old blocks.
	pub finality_proofs: Arc<sc_consensus_grandpa::FinalityProofProvider<FullBackend, Block>>,
}

/// Builds the handlers that are not `sc-service`'s own.
pub fn create(
	deps: &Dependencies,
	executor: sc_rpc::SubscriptionTaskExecutor,
) -> Result<RpcModule<()>, Box<dyn std::error::Error + Send + Sync>> {
	use mmr_rpc::{Mmr, MmrApiServer};
	use pallet_transaction_payment_rpc::{TransactionPayment, TransactionPaymentApiServer};
	use sc_client_api::Backend as _;
	use sc_consensus_babe_rpc::{Babe, BabeApiServer};
	use sc_consensus_beefy_rpc::{Beefy, BeefyApiServer};
	use sc_consensus_grandpa_rpc::{Grandpa, GrandpaApiServer};
	use sc_sync_state_rpc::{SyncState, SyncStateApiServer};
	use substrate_frame_rpc_system::{System, SystemApiServer};

	let client = &deps.client;
	let mut module = RpcModule::new(());
	module.merge(System::new(client.clone(), deps.pool.clone()).into_rpc())?;
	module.merge(TransactionPayment::new(client.clone()).into_rpc())?;
	module.merge(
		Babe::new(
			client.clone(),
			deps.babe.clone(),
			deps.keystore.clone(),
			deps.select_chain.clone(),
		)
		.into_rpc(),
	)?;
	module.merge(
		Grandpa::new(
			executor.clone(),
			deps.grandpa.authority_set.clone(),
			deps.grandpa.voter_state.clone(),
			deps.grandpa.justifications.clone(),
			deps.grandpa.finality_proofs.clone(),
		)
		.into_rpc(),
	)?;
	module.merge(
		Beefy::<Block, BeefyId>::new(
			deps.beefy.from_voter_justif_stream.clone(),
			deps.beefy.from_voter_best_beefy_stream.clone(),
			executor.clone(),
		)?
		.into_rpc(),
	)?;
	if let Some(storage) = deps.backend.offchain_storage() {
		module.merge(Mmr::new(client.clone(), storage).into_rpc())?;
	}
	module.merge(
		SyncState::new(
			deps.chain_spec.cloned_box(),
			client.clone(),
			deps.grandpa.authority_set.clone(),
			deps.babe.clone(),
		)?
		.into_rpc(),
	)?;
	module.merge(Bitcoin::new(client.clone(), executor.clone()).into_rpc())?;
	module.merge(Peg::new(client.clone(), executor.clone(), deps.watchlist.clone()).into_rpc())?;
	module.merge(Staking::new(client.clone(), executor).into_rpc())?;
	Ok(module)
}
