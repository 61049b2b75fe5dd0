// SPDX-License-Identifier: GPL-3.0-or-later WITH Classpath-exception-2.0

//! A chain of the WASM runtime's blocks, in memory.

use crate::{
	touched::{touched, Touched},
	RUNS,
};
use codec::{Decode, Encode};
use entangled_runtime::{
	Header, RuntimeCall, Session, SignedPayload, TxExtension, UncheckedExtrinsic, VERSION,
	WASM_BINARY,
};
use pallet_btc_light_client::Observation;
use polkadot_sdk::{
	frame_metadata_hash_extension, frame_system, pallet_asset_tx_payment, pallet_timestamp,
	sc_chain_spec::GenesisConfigBuilderRuntimeCaller,
	sc_executor::WasmExecutor,
	sp_consensus_babe::{
		digests::{PreDigest, SecondaryPlainPreDigest},
		Slot, BABE_ENGINE_ID,
	},
	sp_core::{
		storage::Storage,
		traits::{CallContext, CodeExecutor, Externalities, RuntimeCode, WrappedRuntimeCode},
	},
	sp_genesis_builder::DEV_RUNTIME_PRESET,
	sp_io::{SubstrateHostFunctions, TestExternalities},
	sp_keyring::Sr25519Keyring,
	sp_keystore::{testing::MemoryKeystore, KeystoreExt},
	sp_runtime::{generic::Era, ApplyExtrinsicResult, Digest, DigestItem},
};
use serde_json::Value;
use std::time::{Duration, Instant};

/// The slot of the development chain.
const SLOT_MILLIS: u64 = 3_000;
/// The slot before the first block's: far in the future, so that no regtest header lies ahead of the clock.
const START: u64 = 2_000_000_000;

/// The WASM runtime, compiled, and a genesis state.
pub struct Runtime {
	executor: WasmExecutor<SubstrateHostFunctions>,
	code: &'static [u8],
	genesis: Storage,
}

impl Runtime {
	/// With the development chain, which Alice alone validates.
	pub fn development() -> Self {
		Self::of(|_| ())
	}

	/// With the development chain as `change` makes it.
	pub fn of(change: impl FnOnce(&mut Value)) -> Self {
		let code = WASM_BINARY.expect("built with the runtime's wasm");
		let builder = GenesisConfigBuilderRuntimeCaller::<SubstrateHostFunctions>::new(code);
		let preset = DEV_RUNTIME_PRESET.into();
		let mut patch = builder.get_named_preset(Some(&preset)).expect("there is this preset");
		change(&mut patch);
		let genesis = builder.get_storage_for_patch(patch).expect("the preset builds");
		Self { executor: WasmExecutor::builder().build(), code, genesis }
	}

	/// A chain that has the genesis block only.
	pub fn chain(&self) -> Chain<'_> {
		let mut state = TestExternalities::new(self.genesis.clone());
		// Session keys are made in there.
		state.register_extension(KeystoreExt::new(MemoryKeystore::new()));
		Chain { runtime: self, state, parent: None, slot: START, nonce: 0 }
	}
}

/// A chain of blocks that the validators make in turn.
pub struct Chain<'a> {
	runtime: &'a Runtime,
	state: TestExternalities,
	parent: Option<Header>,
	/// Of the last block.
	slot: u64,
	nonce: u32,
}

impl Chain<'_> {
	/// Calls a function of the runtime.
	pub fn call(&mut self, method: &str, data: &[u8]) -> Vec<u8> {
		let fetcher = WrappedRuntimeCode(self.runtime.code.into());
		let code = RuntimeCode { code_fetcher: &fetcher, heap_pages: None, hash: vec![1] };
		let mut ext = self.state.ext();
		let (answer, _) = self.runtime.executor.call(
			&mut ext,
			&code,
			method,
			data,
			CallContext::Onchain { import: true },
		);
		answer.unwrap_or_else(|error| panic!("{method}: {error}"))
	}

	/// Asks a function of the runtime, which may do what it likes to the state: it is taken back.
	pub fn ask<T: Decode>(&mut self, method: &str, arguments: impl Encode) -> T {
		let arguments = arguments.encode();
		let answer = self.undone(|chain| chain.call(method, &arguments));
		T::decode(&mut &answer[..]).unwrap_or_else(|error| panic!("{method}: {error}"))
	}

	/// Makes a block of the inherents and these calls by Alice, and says how long it took.
	pub fn block(&mut self, observation: Option<Observation>, calls: Vec<RuntimeCall>) -> Duration {
		let (header, now) = self.next();
		let observe = observation
			.map(|observation| pallet_btc_light_client::Call::observe { observation })
			.map(RuntimeCall::BtcLightClient);
		let bare = [Some(now), observe].into_iter().flatten().map(UncheckedExtrinsic::new_bare);
		let signed = self.signed(calls);
		let extrinsics = bare.chain(signed).map(|extrinsic| extrinsic.encode()).collect::<Vec<_>>();

		let start = Instant::now();
		self.call("Core_initialize_block", &header.encode());
		extrinsics.iter().for_each(|extrinsic| self.apply(extrinsic));
		let header = self.call("BlockBuilder_finalize_block", &[]);
		self.state.commit_all().expect("no transaction is open");
		let took = start.elapsed();
		self.parent = Some(Header::decode(&mut &header[..]).expect("it decodes"));
		self.slot += 1;
		took
	}

	/// How long the hooks at the beginning of the next block take. Nothing changes.
	pub fn time_hooks(&mut self) -> Duration {
		let (header, _) = self.next();
		let header = header.encode();
		let run = |chain: &mut Self| {
			let start = Instant::now();
			chain.call("Core_initialize_block", &header);
			start.elapsed()
		};
		(0..RUNS * 10).map(|_| self.undone(run)).min().unwrap_or_default()
	}

	/// How long these calls by Alice take in the next block, each at its best and without the block's
	/// beginning and end. Nothing changes.
	pub fn time_calls(&mut self, calls: Vec<RuntimeCall>) -> Duration {
		let (header, now) = self.next();
		let nonce = self.nonce;
		let signed = self.signed(calls);
		self.nonce = nonce;
		self.undone(|chain| {
			chain.call("Core_initialize_block", &header.encode());
			chain.apply(&UncheckedExtrinsic::new_bare(now).encode());
			let time = |extrinsic: &UncheckedExtrinsic| {
				let extrinsic = extrinsic.encode();
				let run = |chain: &mut Self| {
					let start = Instant::now();
					chain.apply(&extrinsic);
					start.elapsed()
				};
				let best = (0..RUNS * 4).map(|_| chain.undone(run)).min().unwrap_or_default();
				chain.apply(&extrinsic);
				best
			};
			signed.iter().map(time).sum()
		})
	}

	/// Runs something in the runtime as this program has it, outside of blocks.
	pub fn natively<T>(&mut self, run: impl FnOnce() -> T) -> T {
		self.state.execute_with(run)
	}

	/// Lets so many slots pass in which nobody makes a block.
	pub fn skip(&mut self, slots: u64) {
		self.slot += slots;
	}

	/// Begins the next block: its hooks run.
	pub fn begin(&mut self) {
		let (header, _) = self.next();
		self.call("Core_initialize_block", &header.encode());
	}

	/// What each of these calls by Alice reads and writes in the next block. Nothing changes.
	pub fn touched(&mut self, calls: Vec<RuntimeCall>) -> Vec<Touched> {
		let nonce = self.nonce;
		let signed = self.signed(calls);
		self.nonce = nonce;
		self.undone(|chain| {
			chain.begin();
			let apply = |extrinsic: &UncheckedExtrinsic| {
				let extrinsic = extrinsic.encode();
				touched(|| chain.apply(&extrinsic)).1
			};
			signed.iter().map(apply).collect()
		})
	}

	/// Does something and takes it back.
	pub fn undone<T>(&mut self, run: impl FnOnce(&mut Self) -> T) -> T {
		let slot = self.slot;
		self.state.ext().storage_start_transaction();
		let result = run(self);
		self.state.ext().storage_rollback_transaction().expect("it was started");
		self.slot = slot;
		result
	}

	/// Applies an encoded transaction to the open block.
	fn apply(&mut self, extrinsic: &[u8]) {
		let answer = self.call("BlockBuilder_apply_extrinsic", extrinsic);
		let applied = ApplyExtrinsicResult::decode(&mut &answer[..]).expect("it decodes");
		assert_eq!(applied, Ok(Ok(())), "the block must hold what it is measured by");
	}

	/// The number of the next block.
	fn number(&self) -> u32 {
		self.parent.as_ref().map_or(1, |parent| parent.number + 1)
	}

	/// The index of the validator that makes the next block.
	pub fn next_author(&mut self) -> u32 {
		let number = self.number() as usize;
		self.natively(|| {
			let disabled = Session::disabled_validators();
			let all = 0..Session::validators().len() as u32;
			let able = all.filter(|index| !disabled.contains(index)).collect::<Vec<_>>();
			able[number % able.len()]
		})
	}

	/// What the next block begins with: its header, and the call that sets its time.
	fn next(&mut self) -> (Header, RuntimeCall) {
		let (number, slot) = (self.number(), self.slot + 1);
		let digest = PreDigest::SecondaryPlain(SecondaryPlainPreDigest {
			authority_index: self.next_author(),
			slot: Slot::from(slot),
		});
		let header = Header {
			parent_hash: self.parent.as_ref().map(Header::hash).unwrap_or_default(),
			number,
			state_root: Default::default(),
			extrinsics_root: Default::default(),
			digest: Digest { logs: vec![DigestItem::PreRuntime(BABE_ENGINE_ID, digest.encode())] },
		};
		let now = pallet_timestamp::Call::set { now: slot * SLOT_MILLIS };
		(header, RuntimeCall::Timestamp(now))
	}

	/// The calls as Alice's next transactions.
	fn signed(&mut self, calls: Vec<RuntimeCall>) -> Vec<UncheckedExtrinsic> {
		calls.into_iter().map(|call| self.sign(call)).collect()
	}

	fn sign(&mut self, call: RuntimeCall) -> UncheckedExtrinsic {
		let extension: TxExtension = (
			frame_system::AuthorizeCall::new(),
			frame_system::CheckNonZeroSender::new(),
			frame_system::CheckSpecVersion::new(),
			frame_system::CheckTxVersion::new(),
			frame_system::CheckGenesis::new(),
			frame_system::CheckEra::from(Era::Immortal),
			frame_system::CheckNonce::from(self.nonce),
			frame_system::CheckWeight::new(),
			pallet_asset_tx_payment::ChargeAssetTxPayment::from(0, None),
			frame_metadata_hash_extension::CheckMetadataHash::new(false),
			frame_system::WeightReclaim::new(),
		);
		// The first block names the zero hash as its parent, so that is the genesis hash.
		let genesis = Default::default();
		let versions = (VERSION.spec_version, VERSION.transaction_version);
		let implicit = ((), (), versions.0, versions.1, genesis, genesis, (), (), (), None, ());
		let payload = SignedPayload::from_raw(call.clone(), extension.clone(), implicit);
		let signature = payload.using_encoded(|payload| Sr25519Keyring::Alice.sign(payload));
		self.nonce += 1;
		UncheckedExtrinsic::new_signed(
			call,
			Sr25519Keyring::Alice.to_account_id().into(),
			signature.into(),
			extension,
		)
	}
}
