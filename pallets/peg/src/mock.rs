//! A runtime with the peg, its light client, and Bitcoin's regtest in memory.

mod acts;
mod mempool;
mod regtest;
mod script;

pub use acts::*;
pub use mempool::*;
pub use regtest::*;

use crate as pallet_peg;
use crate::{Checkpoints, CommitteeSource, Event, Member, Policy, RollupInbox, Security};
use entangled_bitcoin::{
	custody::Policy as FeePolicy, AnchorPayload, BlockRef, ChainId, Checkpoint, FeeRate, Header,
	Network, OutPoint, Sats,
};
use pallet_btc_light_client::{BitcoinChain, Observation, Policy as Finality};
use polkadot_sdk::{
	frame_support::{
		derive_impl, parameter_types,
		traits::{
			fungible::ItemOf, AsEnsureOriginWithArg, ConstU32, ConstU64, OnFinalize, OnInitialize,
		},
		PalletId,
	},
	frame_system::{self, EnsureRoot, EnsureSigned},
	pallet_assets, pallet_balances, pallet_timestamp,
	sp_core::H256,
	sp_io,
	sp_runtime::{traits::IdentityLookup, AccountId32, BuildStorage},
};
use std::cell::RefCell;

polkadot_sdk::frame_support::construct_runtime!(
	pub enum Test {
		System: frame_system,
		Timestamp: pallet_timestamp,
		Balances: pallet_balances,
		Assets: pallet_assets,
		Bitcoin: pallet_btc_light_client,
		Peg: pallet_peg,
	}
);

#[derive_impl(frame_system::config_preludes::TestDefaultConfig)]
impl frame_system::Config for Test {
	type Block = frame_system::mocking::MockBlock<Test>;
	type AccountId = AccountId32;
	type Lookup = IdentityLookup<AccountId32>;
	type AccountData = pallet_balances::AccountData<u64>;
}

impl pallet_timestamp::Config for Test {
	type Moment = u64;
	type OnTimestampSet = ();
	type MinimumPeriod = ConstU64<1>;
	type WeightInfo = ();
}

#[derive_impl(pallet_balances::config_preludes::TestDefaultConfig)]
impl pallet_balances::Config for Test {
	type AccountStore = System;
}

#[derive_impl(pallet_assets::config_preludes::TestDefaultConfig)]
impl pallet_assets::Config for Test {
	type Balance = u128;
	type Currency = Balances;
	type CreateOrigin = AsEnsureOriginWithArg<EnsureSigned<AccountId32>>;
	type ForceOrigin = EnsureRoot<AccountId32>;
	type Freezer = ();
	type Holder = ();
}

parameter_types! {
	pub static Author: Option<u64> = Some(1);
	pub Validators: Vec<u64> = vec![1, 2, 3, 4];
	/// What each validator that observes Bitcoin from now on says of its fees.
	pub static Estimate: Option<FeeRate> = None;
	/// Those who should be in the committee.
	pub static Candidates: Vec<Member<AccountId32>> = vec![];
	/// What rollups were told: the recipient, the amount, the deposit.
	pub static Delivered: Vec<([u8; 32], Sats, OutPoint)> = vec![];
	/// What is bonded for validators.
	pub static Bonded: Sats = Sats::ZERO;
	/// Who was noted to have given signatures, or not to have.
	pub static Noted: Vec<(AccountId32, bool)> = vec![];
	pub static Newest: AnchorPayload = AnchorPayload { epoch: 1, state_root: [1; 32], proof_hash: [2; 32] };
	/// What those have who stand for custody.
	pub Stakers: AccountId32 = account(STAKERS);
	pub const PegId: PalletId = PalletId(*b"ent/pegs");
}

impl pallet_btc_light_client::Config for Test {
	type Time = Timestamp;
	type ValidatorId = u64;
	type Author = Author;
	type Validators = Validators;
	type MaxValidators = ConstU32<4>;
	type GovernanceOrigin = EnsureRoot<AccountId32>;
	type OnReorganisation = Peg;
	type WeightInfo = pallet_btc_light_client::weights::SubstrateWeight<Test>;
}

pub struct TestCommittee;

impl CommitteeSource<AccountId32> for TestCommittee {
	fn members() -> Vec<Member<AccountId32>> {
		Candidates::get()
	}
}

/// The account of those who stand for custody.
pub const STAKERS: u8 = 250;

/// The rollup that there is.
pub const ROLLUP: u32 = 7;

pub struct TestSecurity;

impl Security<AccountId32> for TestSecurity {
	fn bonded() -> Sats {
		Bonded::get()
	}

	fn note_signature(member: &AccountId32, gave: bool) {
		Noted::mutate(|noted| noted.push((member.clone(), gave)));
	}
}

pub struct TestRollups;

impl RollupInbox<AccountId32> for TestRollups {
	fn escrow(rollup: u32) -> Option<AccountId32> {
		(rollup == ROLLUP).then(|| account(200 + rollup as u8))
	}

	fn deposited(rollup: u32, to: [u8; 32], amount: Sats, outpoint: OutPoint) {
		assert_eq!(rollup, ROLLUP);
		Delivered::mutate(|delivered| delivered.push((to, amount, outpoint)));
	}
}

pub struct TestCheckpoints;

impl Checkpoints for TestCheckpoints {
	fn newest() -> AnchorPayload {
		Newest::get()
	}
}

impl crate::Config for Test {
	type Bitcoin = Bitcoin;
	type Ebtc = ItemOf<Assets, ConstU32<0>, AccountId32>;
	type Committee = TestCommittee;
	type Security = TestSecurity;
	type FeesTo = Stakers;
	type Rollups = TestRollups;
	type Checkpoints = TestCheckpoints;
	type GovernanceOrigin = EnsureRoot<AccountId32>;
	type PalletId = PegId;
	type WeightInfo = crate::weights::SubstrateWeight<Test>;
}

/// This chain, and another one with the same committee.
pub const CHAIN: ChainId = ChainId([0xc1; 32]);
pub const OTHER_CHAIN: ChainId = ChainId([0xc2; 32]);

/// Our clock at first: long after every header.
const NOW: u64 = 4_000_000_000_000;

pub const FINALITY: Finality =
	Finality { confirmations: 3, own_blocks: 4, stale_after: 60_000_000 };

/// Small numbers, so that tests are short. At 2 sat/vB a withdrawal costs about 620 satoshi when it
/// is alone, and what is kept of a deposit is about a thousand.
pub fn policy() -> Policy {
	Policy {
		min_deposit: Sats(20_000),
		max_deposit: Sats(10_000_000),
		fee_ppm: 0,
		min_withdrawal: Sats(1_000),
		cap: Sats(50_000_000),
		bonded_cap_ppm: None,
		min_refund_delay: 60,
		max_refund_delay: 1_000,
		claim_margin: 20,
		sweep_margin: 30,
		batch_size: 3,
		batch_wait: 4,
		sweep_size: 4,
		expiry_blocks: 12,
		expiry_own_blocks: 40,
		reservation_blocks: 6,
		reservation_own_blocks: 20,
		reservation_bond_ppm: 10_000,
		outflow_window: 46,
		outflow_limit: Sats(20_000_000),
		default_fee_rate: FeeRate(2_000),
		fees: FeePolicy {
			min_age: 5,
			bump_ppm: 1_250_000,
			incremental: FeeRate(1_000),
			ceiling: FeeRate(20_000),
			max_attempts: 5,
		},
		signing_blocks: 3,
		signing_own_blocks: 8,
		silent_blocks: 16,
		term: 300,
		hand_over_blocks: 8,
		hand_over_own_blocks: 20,
		committee_grace: 80,
	}
}

thread_local! {
	static LOG: RefCell<Vec<Event<Test>>> = const { RefCell::new(vec![]) };
}

/// Runs `test` under these numbers, with validators 1 to `validators` as the committee. Checks the
/// invariants after every block.
pub fn run_with(policy: Policy, validators: u8, test: impl FnOnce()) {
	regtest::reset();
	LOG.take();
	Candidates::set(members(1..=validators));
	Estimate::set(None);
	Delivered::set(vec![]);
	Bonded::set(Sats::ZERO);
	Noted::set(vec![]);
	let genesis = RuntimeGenesisConfig {
		assets: pallet_assets::GenesisConfig {
			assets: vec![(0, Peg::vault(), true, 1)],
			..Default::default()
		},
		bitcoin: pallet_btc_light_client::GenesisConfig {
			checkpoint: Some(Checkpoint::genesis(Network::Regtest)),
			policy: FINALITY,
			..Default::default()
		},
		peg: pallet_peg::GenesisConfig { policy, ..Default::default() },
		..Default::default()
	};
	let mut externalities = sp_io::TestExternalities::new(genesis.build_storage().unwrap());
	externalities.execute_with(|| {
		System::set_block_number(1);
		frame_system::BlockHash::<Test>::insert(0, H256(CHAIN.0));
		Timestamp::set_timestamp(NOW);
		bury(1);
		test();
		Peg::do_try_state().unwrap();
	});
}

/// Runs `test` with a committee of four, of which three must sign.
pub fn run(test: impl FnOnce()) {
	run_with(policy(), 4, test);
}

/// Ends the block and begins the next, six seconds later.
pub fn next_block() {
	let number = System::block_number();
	Bitcoin::on_finalize(number);
	Peg::on_finalize(number);
	Peg::do_try_state().unwrap();
	LOG.with_borrow_mut(|log| log.extend(current_events()));
	System::reset_events();
	System::set_block_number(number + 1);
	Timestamp::set_timestamp(Timestamp::get() + 6_000);
	Bitcoin::on_initialize(number + 1);
	Peg::on_initialize(number + 1);
}

pub fn next_blocks(count: u32) {
	(0..count).for_each(|_| next_block());
}

fn current_events() -> impl Iterator<Item = Event<Test>> {
	System::events().into_iter().filter_map(|record| match record.event {
		RuntimeEvent::Peg(event) => Some(event),
		_ => None,
	})
}

/// Everything that the peg has said since this was asked last.
pub fn events() -> Vec<Event<Test>> {
	let mut events = LOG.take();
	events.extend(current_events());
	System::reset_events();
	events
}

/// Whether the peg has said this since [`events`] was asked last.
pub fn has_said(event: &Event<Test>) -> bool {
	LOG.with_borrow(|log| log.contains(event)) || current_events().any(|said| said == *event)
}

/// `author` makes a block in which it reports these headers and the best block.
pub fn observe(author: u64, headers: &[Header]) {
	next_block();
	Author::set(Some(author));
	let headers = headers.iter().flat_map(Header::serialize).collect();
	let observation = Observation { headers, tip: Some(best()), fee_rate: Estimate::get() };
	Bitcoin::observe(RuntimeOrigin::none(), observation).unwrap();
}

/// Every validator makes a block and names the best block of Bitcoin.
pub fn attest() {
	(1..=4).for_each(|author| observe(author, &[]));
}

/// All validators estimate this from now on.
pub fn set_fee_rate(rate: Option<u64>) {
	Estimate::set(rate.map(FeeRate));
	attest();
	assert_eq!(Bitcoin::fee_rate(), rate.map(FeeRate));
}

/// No header has come for too long.
pub fn go_stale() {
	Timestamp::set_timestamp(Timestamp::get() + FINALITY.stale_after + 1);
}

/// The block is so old and so well attested that it may be relied on.
pub fn make_final(block: BlockRef) {
	while best().height + 1 < block.height + FINALITY.confirmations {
		bury(1);
	}
	attest();
	next_blocks(FINALITY.own_blocks - 3);
	assert_eq!(Bitcoin::ensure_final(&block), Ok(()));
}
