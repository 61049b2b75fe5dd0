//! A runtime with Bitcoin's regtest in memory.

use crate as pallet_btc_light_client;
use crate::{Observation, Policy};
use entangled_bitcoin::{
	network::TARGET_SPACING, BlockRef, Checkpoint, CompactTarget, Header, Native, Network, U256,
};
use polkadot_sdk::{
	frame_support::{
		derive_impl, parameter_types,
		traits::{ConstU32, ConstU64, OnFinalize, OnInitialize},
	},
	frame_system::{self, EnsureRoot},
	pallet_timestamp, sp_io,
	sp_runtime::BuildStorage,
};
use std::{
	io::{stderr, Write},
	path::PathBuf,
};

polkadot_sdk::frame_support::construct_runtime!(
	pub enum Test {
		System: frame_system,
		Timestamp: pallet_timestamp,
		Bitcoin: pallet_btc_light_client,
	}
);

#[derive_impl(frame_system::config_preludes::TestDefaultConfig)]
impl frame_system::Config for Test {
	type Block = frame_system::mocking::MockBlock<Test>;
}

impl pallet_timestamp::Config for Test {
	type Moment = u64;
	type OnTimestampSet = ();
	type MinimumPeriod = ConstU64<1>;
	type WeightInfo = ();
}

parameter_types! {
	pub static Author: Option<u64> = Some(1);
	pub static Validators: Vec<u64> = vec![1, 2, 3];
	pub static Reorganisations: Vec<u32> = vec![];
}

pub struct NoteReorganisation;

impl crate::OnReorganisation for NoteReorganisation {
	fn on_reorganisation(fork_height: u32) {
		Reorganisations::mutate(|heights| heights.push(fork_height));
	}
}

impl crate::Config for Test {
	type Time = Timestamp;
	type ValidatorId = u64;
	type Author = Author;
	type Validators = Validators;
	type MaxValidators = ConstU32<4>;
	type GovernanceOrigin = EnsureRoot<u64>;
	type OnReorganisation = NoteReorganisation;
	type WeightInfo = crate::weights::SubstrateWeight<Test>;
}

/// Our clock in the tests: long after every header.
pub const NOW: u64 = 4_000_000_000_000;

pub const POLICY: Policy = Policy { confirmations: 3, own_blocks: 4, stale_after: 60_000 };

/// Runs `test` on a chain that starts at `checkpoint`, and checks the invariants after it.
pub fn run_from(checkpoint: Option<Checkpoint>, test: impl FnOnce()) {
	let genesis = RuntimeGenesisConfig {
		bitcoin: pallet_btc_light_client::GenesisConfig {
			checkpoint,
			policy: POLICY,
			..Default::default()
		},
		..Default::default()
	};
	let mut externalities = sp_io::TestExternalities::new(genesis.build_storage().unwrap());
	externalities.execute_with(|| {
		System::set_block_number(1);
		Timestamp::set_timestamp(NOW);
		test();
		Bitcoin::do_try_state().unwrap();
	});
}

/// Runs `test` on regtest.
pub fn run(test: impl FnOnce()) {
	run_from(Some(Checkpoint::genesis(Network::Regtest)), test);
}

/// Ends the block and begins the next, a second later.
pub fn next_block() {
	let number = System::block_number();
	Bitcoin::on_finalize(number);
	System::reset_events();
	System::set_block_number(number + 1);
	Timestamp::set_timestamp(Timestamp::get() + 1_000);
	Bitcoin::on_initialize(number + 1);
}

pub fn next_blocks(count: u32) {
	(0..count).for_each(|_| next_block());
}

/// `author` makes a block with this observation.
pub fn observe(author: u64, headers: &[Header], tip: Option<BlockRef>) {
	next_block();
	Author::set(Some(author));
	let observation = Observation { headers: bytes(headers), tip, fee_rate: None };
	Bitcoin::observe(RuntimeOrigin::none(), observation).unwrap();
}

pub fn bytes(headers: &[Header]) -> Vec<u8> {
	headers.iter().flat_map(Header::serialize).collect()
}

pub fn tip() -> BlockRef {
	crate::Tip::<Test>::get().unwrap().block
}

/// Everything that the pallet stores about the chain.
pub fn chain_state() -> (Vec<(u32, crate::chain::Page)>, entangled_bitcoin::Tip) {
	let mut pages = crate::Pages::<Test>::iter().collect::<Vec<_>>();
	pages.sort_by_key(|(index, _)| *index);
	(pages, crate::Tip::<Test>::get().unwrap())
}

/// A valid regtest child of `parent`, told apart from its siblings by `salt`.
pub fn child(parent: &Header, salt: u64) -> Header {
	let mut merkle_root = [0; 32];
	merkle_root[..8].copy_from_slice(&salt.to_le_bytes());
	mine(Header {
		version: 4,
		prev: parent.hash::<Native>(),
		merkle_root,
		time: parent.time + TARGET_SPACING,
		bits: CompactTarget(0x207f_ffff),
		nonce: 0,
	})
}

pub fn mine(mut header: Header) -> Header {
	while U256::from_little_endian(&header.hash::<Native>().0) > header.bits.target().unwrap() {
		header.nonce += 1;
	}
	header
}

/// `length` valid regtest descendants of `parent`.
pub fn branch(parent: &Header, length: usize, salt: u64) -> Vec<Header> {
	core::iter::successors(Some(child(parent, salt)), |parent| Some(child(parent, salt)))
		.take(length)
		.collect()
}

/// The headers of a file of real chain data; `None`, said aloud, where the folder is missing.
pub fn real_headers(file: &str) -> Option<Vec<Header>> {
	let path =
		PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data/bitcoin").join(file);
	match std::fs::read(&path) {
		Ok(bytes) => Some(Header::parse_many(&bytes).expect("80 bytes each")),
		Err(error) => {
			// Past the test runner, which would keep it to itself.
			let _ =
				writeln!(stderr(), "SKIPPED: no real chain data at {}: {error}", path.display());
			None
		},
	}
}
