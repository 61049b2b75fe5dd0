//! Benchmarks of the calls, on regtest, whose blocks cost two hashes.

use crate::{
	chain::Stored, BitcoinChain, Call, Config, CurrentPolicy, Freeze, HostSha256, InclusionClaim,
	LastAdvance, Observation, Origin, Pages, Pallet, Policy, Reorganisation, Tip,
};
use alloc::{vec, vec::Vec};
use bitcoin::{absolute::LockTime, transaction::Version, Amount, Transaction, TxOut};
use entangled_bitcoin::{
	chain::{MAX_FORK_DEPTH, MAX_HEADERS, MIN_KEPT},
	inclusion::MAX_DEPTH,
	merkle,
	network::TARGET_SPACING,
	BlockRef, Checkpoint, CompactTarget, Header, HeaderStore, InclusionProof, Network, Sha256, U256,
};
use frame_benchmarking::v2::*;
use polkadot_sdk::{
	frame_benchmarking, frame_support,
	frame_support::traits::EnsureOrigin,
	frame_system::{self, RawOrigin},
};

fn mine(mut header: Header) -> Header {
	while U256::from_little_endian(&header.hash::<HostSha256>().0) > U256::MAX >> 1 {
		header.nonce = header.nonce.wrapping_add(1);
	}
	header
}

/// `count` valid descendants of `parent`, told apart from others by `salt`.
fn grow(parent: Header, count: u32, salt: u8) -> Vec<Header> {
	let mut headers = Vec::with_capacity(count as usize);
	let mut parent = parent;
	for _ in 0..count {
		parent = mine(Header {
			version: 4,
			prev: parent.hash::<HostSha256>(),
			merkle_root: [salt; 32],
			time: parent.time + TARGET_SPACING,
			bits: CompactTarget(0x207f_ffff),
			nonce: 0,
		});
		headers.push(parent);
	}
	headers
}

fn raw(headers: &[Header]) -> Vec<u8> {
	headers.iter().flat_map(Header::serialize).collect()
}

/// A fresh regtest chain; our clock must be past its headers.
fn start<T: Config>() -> Header {
	let _ = Pages::<T>::clear(u32::MAX, None);
	let _ = Pallet::<T>::start(&Checkpoint::genesis(Network::Regtest));
	Network::Regtest.genesis()
}

/// A chain of as many headers as are kept, and all of them.
fn full<T: Config>() -> Vec<Header> {
	let headers = grow(start::<T>(), MIN_KEPT, 0);
	for list in headers.chunks(MAX_HEADERS as usize) {
		Pallet::<T>::do_submit(&raw(list)).unwrap();
	}
	headers
}

#[benchmarks]
mod benchmarks {
	use super::*;

	#[benchmark]
	fn observe(n: Linear<1, MAX_HEADERS>) {
		let headers = grow(start::<T>(), n, 0);
		let tip = headers.last().map(|last| BlockRef { height: n, hash: last.hash::<HostSha256>() });
		let observation = Observation { headers: raw(&headers), tip, fee_rate: None };
		#[extrinsic_call]
		_(RawOrigin::None, observation);
		assert_eq!(Tip::<T>::get().map(|tip| tip.block), tip);
	}

	#[benchmark]
	fn submit_headers(n: Linear<1, MAX_HEADERS>) {
		let headers = grow(start::<T>(), n, 0);
		#[extrinsic_call]
		_(RawOrigin::Signed(whitelisted_caller()), raw(&headers));
		assert_eq!(Tip::<T>::get().map(|tip| tip.block.height), Some(n));
	}

	/// The search that ends without a parent, and the replacement of the deepest branch.
	#[benchmark]
	fn search() {
		let headers = full::<T>();
		let fork = headers[(MIN_KEPT - MAX_FORK_DEPTH - 1) as usize];
		let branch = grow(fork, MAX_FORK_DEPTH + 1, 1);
		let unknown = raw(&grow(branch[0], 1, 2));
		#[block]
		{
			assert!(Pallet::<T>::do_submit(&unknown).is_err());
			assert_eq!(Pallet::<T>::do_submit(&raw(&branch)), Ok(MAX_FORK_DEPTH));
		}
	}

	#[benchmark]
	fn resume() -> Result<(), BenchmarkError> {
		let origin =
			T::ResumeOrigin::try_successful_origin().map_err(|_| BenchmarkError::Weightless)?;
		let block = BlockRef::default();
		Freeze::<T>::put(Reorganisation { fork_height: 0, from: block, to: block });
		#[extrinsic_call]
		_(origin as T::RuntimeOrigin);
		assert!(!Freeze::<T>::exists());
		Ok(())
	}

	#[benchmark]
	fn on_initialize() {
		LastAdvance::<T>::put(Pallet::<T>::now_millis());
		#[block]
		{
			Pallet::<T>::tick();
		}
	}

	/// All gates but the last, which depends on validators that a benchmark has not, and the proof.
	#[benchmark]
	fn verify(b: Linear<100, 100_000>, s: Linear<0, { MAX_DEPTH as u32 }>) {
		let transaction = bitcoin::consensus::serialize(&Transaction {
			version: Version::TWO,
			lock_time: LockTime::ZERO,
			input: vec![Default::default()],
			output: vec![TxOut { value: Amount::ZERO, script_pubkey: vec![0; b as usize].into() }],
		});
		let siblings = vec![[1; 32]; s as usize];
		let mut node = HostSha256::sha256d(&transaction);
		for sibling in &siblings {
			let right = merkle::node::<HostSha256>(sibling);
			node = merkle::node::<HostSha256>(&merkle::parent::<HostSha256>(&node, &right));
		}
		let mut header = grow(start::<T>(), 1, 0)[0];
		header.merkle_root = node;
		let header = mine(header);
		Pallet::<T>::do_submit(&raw(&[header])).unwrap();
		CurrentPolicy::<T>::put(Policy { confirmations: 1, own_blocks: 0, stale_after: u64::MAX });
		let block = BlockRef { height: 1, hash: header.hash::<HostSha256>() };
		let proof = InclusionProof { transaction, index: 0, siblings };
		let claim = InclusionClaim { block, proof };
		#[block]
		{
			let _ = Pallet::<T>::ensure_final(&claim.block);
			assert!(claim.proof.verify::<HostSha256>(&header.merkle_root).is_ok());
		}
		assert_eq!(Stored::<T>::open().map(|chain| chain.tip().block), Some(block));
		assert_eq!(Origin::<T>::get(), 0);
	}
}
