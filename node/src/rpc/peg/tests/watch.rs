// SPDX-License-Identifier: GPL-3.0-or-later WITH Classpath-exception-2.0

//! `peg_watchDeposit`, called as over a connection.

use crate::{
	relay::WatchList,
	rpc::peg::{Peg, PegRpcServer},
	tasks::testing::{block_on, committee, keys, output_of, own_terms},
};
use entangled_bitcoin::{BlockHash, Network, U256};
use entangled_runtime::{opaque::Block, AccountId, Hash};
use jsonrpsee::{core::server::MethodsError, types::ErrorObjectOwned, RpcModule};
use pallet_btc_light_client::{runtime_api::BtcLightClientApi, TipInfo};
use pallet_peg::{runtime_api::PegApi, DepositAddress, DepositTerms, QuoteError};
use polkadot_sdk::{
	sc_client_api::{
		BlockchainEvents, FinalityNotifications, ImportNotifications, StorageEventStream,
	},
	sc_rpc_api::DenyUnsafe,
	sp_api::{mock_impl_runtime_apis, ApiRef, ProvideRuntimeApi},
	sp_blockchain::{self, BlockStatus, HeaderBackend, Info},
	sp_core::{storage::StorageKey, testing::TaskExecutor},
	sp_runtime::traits::{Block as BlockT, Header},
};
use serde_json::{json, value::RawValue, Value};
use std::sync::Arc;

type HeaderOf = <Block as BlockT>::Header;
type NumberOf = <HeaderOf as Header>::Number;

const TIP: u32 = 321;

/// A chain with one committee.
struct Client;

struct Api;

mock_impl_runtime_apis! {
	impl BtcLightClientApi<Block, AccountId> for Api {
		fn network() -> Option<Network> {
			Some(Network::Regtest)
		}

		fn tip() -> Option<TipInfo> {
			let hash = BlockHash([1; 32]);
			Some(TipInfo { height: TIP, hash, work: U256::zero(), time: 0 })
		}
	}

	impl PegApi<Block, AccountId> for Api {
		fn deposit_address(terms: DepositTerms) -> Result<DepositAddress, QuoteError> {
			Ok(DepositAddress {
				committee: terms.committee(),
				script: output_of(&terms, &committee(0, &keys(&["//Alice"]))).script_pubkey(),
				destination: None,
				refund_key: None,
				refund_delay: None,
			})
		}
	}
}

impl ProvideRuntimeApi<Block> for Client {
	type Api = Api;

	fn runtime_api(&self) -> ApiRef<'_, Api> {
		Api.into()
	}
}

impl HeaderBackend<Block> for Client {
	fn header(&self, _: Hash) -> sp_blockchain::Result<Option<HeaderOf>> {
		Ok(None)
	}

	fn info(&self) -> Info<Block> {
		Info {
			best_hash: Hash::zero(),
			best_number: 0,
			genesis_hash: Hash::zero(),
			finalized_hash: Hash::zero(),
			finalized_number: 0,
			finalized_state: None,
			number_leaves: 1,
			block_gap: None,
		}
	}

	fn status(&self, _: Hash) -> sp_blockchain::Result<BlockStatus> {
		Ok(BlockStatus::InChain)
	}

	fn number(&self, _: Hash) -> sp_blockchain::Result<Option<NumberOf>> {
		Ok(None)
	}

	fn hash(&self, _: NumberOf) -> sp_blockchain::Result<Option<Hash>> {
		Ok(None)
	}
}

impl BlockchainEvents<Block> for Client {
	fn import_notification_stream(&self) -> ImportNotifications<Block> {
		unreachable!("nothing is subscribed to")
	}

	fn every_import_notification_stream(&self) -> ImportNotifications<Block> {
		unreachable!("nothing is subscribed to")
	}

	fn finality_notification_stream(&self) -> FinalityNotifications<Block> {
		unreachable!("nothing is subscribed to")
	}

	fn storage_changes_notification_stream(
		&self,
		_: Option<&[StorageKey]>,
		_: Option<&[(StorageKey, Option<Vec<StorageKey>>)]>,
	) -> sp_blockchain::Result<StorageEventStream<Hash>> {
		unreachable!("nothing is subscribed to")
	}
}

fn module(watchlist: Option<Arc<WatchList>>, policy: DenyUnsafe) -> RpcModule<Peg<Client>> {
	let executor = Arc::new(TaskExecutor::new());
	let mut module = Peg::new(Arc::new(Client), executor, watchlist).into_rpc();
	module.extensions_mut().insert(policy);
	module
}

fn watch(module: &RpcModule<Peg<Client>>, terms: &DepositTerms) -> Result<Value, ErrorObjectOwned> {
	let called = block_on(module.call("peg_watchDeposit", [terms]));
	called.map_err(|error| match error {
		MethodsError::JsonRpc(error) => error,
		error => panic!("{error}"),
	})
}

fn list() -> (tempfile::TempDir, Arc<WatchList>) {
	let directory = tempfile::tempdir().unwrap();
	let list = Arc::new(WatchList::open(directory.path().join("watched")).unwrap());
	(directory, list)
}

#[test]
fn who_is_not_trusted_watches_nothing() {
	let (_directory, list) = list();
	let error =
		watch(&module(Some(list.clone()), DenyUnsafe::Yes), &own_terms(1, 100)).unwrap_err();
	assert_eq!(error.code(), -32_601, "as every method that is not for everybody");
	assert!(error.message().contains("unsafe"), "{error}");
	assert!(error.data().map(RawValue::get).unwrap().contains("peg_claim"), "{error}");
	assert_eq!(list.count(), 0);
}

#[test]
fn an_address_is_watched_from_now_on() {
	let (_directory, list) = list();
	let module = module(Some(list.clone()), DenyUnsafe::No);
	let terms = own_terms(1, 100);
	let told = watch(&module, &terms).unwrap();
	assert!(told["address"].as_str().unwrap().starts_with("bcrt1p"));
	assert_eq!(told["terms"]["own"]["committee"], json!(0));
	let watched = list.watched();
	assert_eq!((&watched[0].terms, watched[0].registered), (&terms, TIP));
	assert_eq!(told["script"], json!(hex(&watched[0].script.to_bytes())));
	assert_eq!(watch(&module, &terms).unwrap(), told);
	assert_eq!(list.count(), 1);
	// Whoever pays to the fixed address needs nobody to watch.
	let fixed = watch(&module, &DepositTerms::Fixed { committee: 0 }).unwrap();
	assert_ne!(fixed["address"], told["address"]);
	assert_eq!(list.count(), 1);
}

#[test]
fn a_node_that_does_not_relay_says_so() {
	let error = watch(&module(None, DenyUnsafe::No), &own_terms(1, 100)).unwrap_err();
	assert_eq!(error.code(), 8_108);
}

fn hex(bytes: &[u8]) -> String {
	bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
