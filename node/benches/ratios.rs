//! The speed figures, as ratios taken in one run: absolute times mean little on shared machines.
//!
//! Prints a line `NAME VALUE UNIT` for each figure and writes the same to `bench.json` in the target
//! directory. The runtime is the WASM one, run as the node runs it, storage and its root included.

use bitcoin::{
	absolute::LockTime, hashes::Hash, merkle_tree::calculate_root, Amount, Transaction, TxOut,
};
use codec::{Decode, Encode};
use entangled_bitcoin::{
	network::TARGET_SPACING, BlockRef, CompactTarget, Header as BitcoinHeader, InclusionProof,
	Native, Network, Sha256, Txid, U256,
};
use entangled_runtime::{
	Header, RuntimeCall, SignedPayload, TxExtension, UncheckedExtrinsic, VERSION, WASM_BINARY,
};
use pallet_btc_light_client::{ClaimError, InclusionClaim, Observation};
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
		traits::{CallContext, CodeExecutor, RuntimeCode, WrappedRuntimeCode},
	},
	sp_genesis_builder::DEV_RUNTIME_PRESET,
	sp_io::{SubstrateHostFunctions, TestExternalities},
	sp_keyring::Sr25519Keyring,
	sp_runtime::{generic::Era, ApplyExtrinsicResult, Digest, DigestItem},
};
use std::{
	hint::black_box,
	path::PathBuf,
	time::{Duration, Instant},
};

/// Headers of one list, as many as one may have.
const LIST: usize = 2_016;
/// Lists of one block.
const LISTS: usize = 5;
/// What a block may take.
const BLOCK: Duration = Duration::from_secs(2);
/// How often a figure is taken; the best run counts, as the others were disturbed.
const RUNS: usize = 5;
/// Transactions of the block that an inclusion proof is made for.
const TRANSACTIONS: u32 = 4_000;
/// The slot of the development chain.
const SLOT_MILLIS: u64 = 3_000;

fn main() {
	let mut figures = Figures::default();
	headers(&mut figures);
	inclusion(&mut figures);
	figures.write();
}

/// `submit_headers` against the hashing that nobody can spare.
fn headers(figures: &mut Figures) {
	let headers = regtest(LIST * LISTS);
	let bytes = headers.iter().map(BitcoinHeader::serialize).collect::<Vec<_>>();
	let hashing = best(|| {
		for header in &bytes {
			black_box(Native::sha256d(black_box(header)));
		}
	});

	let runtime = Runtime::new();
	let mut accepting = Duration::MAX;
	for _ in 0..RUNS {
		let mut chain = runtime.chain();
		// The first block also sets up the session.
		chain.block(None, vec![]);
		let empty = chain.block(None, vec![]);
		let full = chain.block(None, headers.chunks(LIST).map(submit).collect());
		accepting = accepting.min(full.saturating_sub(empty));
	}
	figures.add("headers_vs_sha256d", accepting.as_secs_f64() / hashing.as_secs_f64(), "ratio");
	let each = accepting.as_secs_f64() / headers.len() as f64;
	figures.add("headers_per_block", (BLOCK.as_secs_f64() / each).floor(), "headers");
}

/// An inclusion proof in a block of 4,000 transactions.
fn inclusion(figures: &mut Figures) {
	let transactions = (0..TRANSACTIONS).map(transaction).collect::<Vec<_>>();
	let proof = InclusionProof::build::<Native>(&transactions, 2_345).expect("it is in the block");
	let size = proof.encoded_size() - proof.transaction.encoded_size();
	figures.add("inclusion_proof_bytes", size as f64, "bytes");

	// The double hashes of the transaction and of each level, natively: the least there is to do.
	let least = best(|| {
		black_box(Native::sha256d(black_box(&proof.transaction)));
		for sibling in &proof.siblings {
			black_box(Native::sha256d(black_box(&[*sibling, *sibling].concat())));
		}
	});
	let root = calculate_root(transactions.iter().map(Transaction::compute_txid))
		.expect("there are transactions")
		.to_byte_array();
	let txid = Txid::from(transactions[2_345].compute_txid());
	let native = best(|| {
		black_box(proof.verify::<Native>(black_box(&root))).expect("the proof is valid");
	});
	figures.add("inclusion_proof_vs_sha256d", native.as_secs_f64() / least.as_secs_f64(), "ratio");

	let mut header = regtest(1).remove(0);
	header.merkle_root = root;
	let header = mine(header);
	let claim =
		InclusionClaim { block: BlockRef { height: 1, hash: header.hash::<Native>() }, proof };
	let above = grow(header, 10);
	let tip = BlockRef { height: 11, hash: above[9].hash::<Native>() };
	let headers = raw(&[&[header][..], &above].concat());
	let runtime = Runtime::new();
	let mut chain = runtime.chain();
	chain.block(Some(Observation { headers, tip: Some(tip), fee_rate: None }), vec![]);
	for _ in 0..10 {
		chain.block(None, vec![]);
	}
	let answer = chain.call("BtcLightClientApi_verify_inclusion", &claim.encode());
	let answer = Result::<Txid, ClaimError>::decode(&mut &answer[..]).expect("it decodes");
	assert_eq!(answer, Ok(txid), "the claim must hold");
	let calling = best(|| drop(black_box(chain.call("Core_version", &[]))));
	let claim = claim.encode();
	let verifying =
		best(|| drop(black_box(chain.call("BtcLightClientApi_verify_inclusion", &claim))))
			.saturating_sub(calling);
	figures.add(
		"inclusion_claim_wasm_vs_native",
		verifying.as_secs_f64() / native.as_secs_f64(),
		"ratio",
	);
}

/// The figures, as they come.
#[derive(Default)]
struct Figures(Vec<serde_json::Value>);

impl Figures {
	fn add(&mut self, name: &str, value: f64, unit: &str) {
		let value = (value * 1_000.0).round() / 1_000.0;
		println!("{name} {value} {unit}");
		self.0.push(serde_json::json!({ "name": name, "value": value, "unit": unit }));
	}

	fn write(&self) {
		// The program lies in `release/deps` of the target directory.
		let program = std::env::current_exe().expect("a program has a path");
		let target = program.ancestors().nth(3).map(PathBuf::from).unwrap_or_default();
		let file = target.join("bench.json");
		let text = serde_json::to_vec_pretty(&self.0).expect("plain figures");
		std::fs::write(&file, text).expect("the target directory can be written");
	}
}

/// The shortest of some runs.
fn best(mut run: impl FnMut()) -> Duration {
	(0..RUNS * 10)
		.map(|_| {
			let start = Instant::now();
			run();
			start.elapsed()
		})
		.min()
		.unwrap_or_default()
}

/// The WASM runtime, compiled, and the genesis state of the development chain.
struct Runtime {
	executor: WasmExecutor<SubstrateHostFunctions>,
	code: &'static [u8],
	genesis: Storage,
}

impl Runtime {
	fn new() -> Self {
		let code = WASM_BINARY.expect("built with the runtime's wasm");
		let genesis = GenesisConfigBuilderRuntimeCaller::<SubstrateHostFunctions>::new(code)
			.get_storage_for_named_preset(Some(&DEV_RUNTIME_PRESET.into()))
			.expect("the preset builds");
		Self { executor: WasmExecutor::builder().build(), code, genesis }
	}

	fn chain(&self) -> Chain<'_> {
		Chain {
			runtime: self,
			state: TestExternalities::new(self.genesis.clone()),
			parent: None,
			nonce: 0,
		}
	}
}

/// A chain of blocks that a single validator makes.
struct Chain<'a> {
	runtime: &'a Runtime,
	state: TestExternalities,
	parent: Option<Header>,
	nonce: u32,
}

impl Chain<'_> {
	fn call(&mut self, method: &str, data: &[u8]) -> Vec<u8> {
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

	/// Makes a block of the inherents and these calls by Alice, and says how long it took.
	fn block(&mut self, observation: Option<Observation>, calls: Vec<RuntimeCall>) -> Duration {
		let number = self.parent.as_ref().map_or(1, |parent| parent.number + 1);
		// Far in the future, so that no regtest header lies ahead of the clock.
		let slot = 2_000_000_000 + u64::from(number);
		let digest = PreDigest::SecondaryPlain(SecondaryPlainPreDigest {
			authority_index: 0,
			slot: Slot::from(slot),
		});
		let header = Header {
			parent_hash: self.parent.as_ref().map(Header::hash).unwrap_or_default(),
			number,
			state_root: Default::default(),
			extrinsics_root: Default::default(),
			digest: Digest { logs: vec![DigestItem::PreRuntime(BABE_ENGINE_ID, digest.encode())] },
		};
		let now = RuntimeCall::Timestamp(pallet_timestamp::Call::set { now: slot * SLOT_MILLIS });
		let observe = observation
			.map(|observation| pallet_btc_light_client::Call::observe { observation })
			.map(RuntimeCall::BtcLightClient);
		let bare = [Some(now), observe].into_iter().flatten().map(UncheckedExtrinsic::new_bare);
		let signed = calls.into_iter().map(|call| self.signed(call)).collect::<Vec<_>>();
		let extrinsics = bare.chain(signed).map(|extrinsic| extrinsic.encode()).collect::<Vec<_>>();

		let start = Instant::now();
		self.call("Core_initialize_block", &header.encode());
		for extrinsic in extrinsics {
			let answer = self.call("BlockBuilder_apply_extrinsic", &extrinsic);
			let applied = ApplyExtrinsicResult::decode(&mut &answer[..]).expect("it decodes");
			assert_eq!(applied, Ok(Ok(())), "the block must hold what it is measured by");
		}
		let header = self.call("BlockBuilder_finalize_block", &[]);
		self.state.commit_all().expect("no transaction is open");
		let took = start.elapsed();
		self.parent = Some(Header::decode(&mut &header[..]).expect("it decodes"));
		took
	}

	fn signed(&mut self, call: RuntimeCall) -> UncheckedExtrinsic {
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

fn submit(headers: &[BitcoinHeader]) -> RuntimeCall {
	RuntimeCall::BtcLightClient(pallet_btc_light_client::Call::submit_headers {
		headers: raw(headers),
	})
}

fn raw(headers: &[BitcoinHeader]) -> Vec<u8> {
	headers.iter().flat_map(BitcoinHeader::serialize).collect()
}

/// The first headers of a regtest chain.
fn regtest(count: usize) -> Vec<BitcoinHeader> {
	grow(Network::Regtest.genesis(), count)
}

/// Descendants of `parent`.
fn grow(parent: BitcoinHeader, count: usize) -> Vec<BitcoinHeader> {
	let child = |parent: &BitcoinHeader| {
		mine(BitcoinHeader {
			version: 4,
			prev: parent.hash::<Native>(),
			merkle_root: [7; 32],
			time: parent.time + TARGET_SPACING,
			bits: CompactTarget(0x207f_ffff),
			nonce: 0,
		})
	};
	std::iter::successors(Some(child(&parent)), |parent| Some(child(parent))).take(count).collect()
}

fn mine(mut header: BitcoinHeader) -> BitcoinHeader {
	let target = header.bits.target().expect("regtest's limit is a target");
	while U256::from_little_endian(&header.hash::<Native>().0) > target {
		header.nonce += 1;
	}
	header
}

/// A transaction of the usual size, told apart by its locktime.
fn transaction(locktime: u32) -> Transaction {
	Transaction {
		version: bitcoin::transaction::Version::TWO,
		lock_time: LockTime::from_consensus(locktime),
		input: vec![Default::default(); 2],
		output: vec![
			TxOut { value: Amount::from_sat(1_000), script_pubkey: vec![0x51; 34].into() };
			2
		],
	}
}
