//! A runtime with staking, the light client, and Bitcoin's regtest in memory.

mod acts;
mod covenants;
mod keys;

#[path = "../../peg/src/mock/regtest.rs"]
#[allow(dead_code)]
mod regtest;
#[path = "../../peg/src/mock/script.rs"]
mod script;
mod touched;
mod transactions;

pub use acts::*;
pub use covenants::*;
pub use keys::*;
pub use regtest::*;
pub use touched::*;
pub use transactions::*;

use crate as pallet_sequencer_staking;
use crate::{Event, Policy, RegisteredKeys, SlashingTime};
use entangled_bitcoin::{bond::BondRules, BlockRef, Checkpoint, Header, Network, Sats};
use pallet_btc_light_client::{BitcoinChain, Observation, Policy as Finality};
use polkadot_sdk::{
	frame_support::{
		derive_impl, parameter_types,
		traits::{
			fungible::ItemOf, AsEnsureOriginWithArg, ConstU128, ConstU32, ConstU64, OnFinalize,
			OnInitialize,
		},
		weights::RuntimeDbWeight,
		PalletId,
	},
	frame_system::{self, EnsureRoot, EnsureSigned},
	pallet_assets, pallet_balances, pallet_timestamp, sp_io,
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
		Staking: pallet_sequencer_staking,
	}
);

#[derive_impl(frame_system::config_preludes::TestDefaultConfig)]
impl frame_system::Config for Test {
	type Block = frame_system::mocking::MockBlock<Test>;
	type AccountId = AccountId32;
	type Lookup = IdentityLookup<AccountId32>;
	type DbWeight = Database;
	type AccountData = pallet_balances::AccountData<u128>;
}

impl pallet_timestamp::Config for Test {
	type Moment = u64;
	type OnTimestampSet = ();
	type MinimumPeriod = ConstU64<1>;
	type WeightInfo = ();
}

#[derive_impl(pallet_balances::config_preludes::TestDefaultConfig)]
impl pallet_balances::Config for Test {
	type Balance = u128;
	type ExistentialDeposit = ConstU128<100>;
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
	/// What the database costs: nothing, but to those who count.
	pub static Database: RuntimeDbWeight = RuntimeDbWeight { read: 0, write: 0 };
	pub static Author: Option<u64> = Some(1);
	pub Validators: Vec<u64> = vec![1, 2, 3, 4];
	/// The session that runs.
	pub static Session: u32 = 1;
	/// Those who have registered keys.
	pub static WithKeys: Vec<AccountId32> = vec![];
	pub const PotId: PalletId = PalletId(*b"ent/stak");
	pub Treasury: AccountId32 = account(TREASURY);
	pub const Slashing: SlashingTime = SlashingTime { finality: 3, decision: 3, slashing: 3 };
}

impl pallet_btc_light_client::Config for Test {
	type Time = Timestamp;
	type ValidatorId = u64;
	type Author = Author;
	type Validators = Validators;
	type MaxValidators = ConstU32<4>;
	type GovernanceOrigin = EnsureRoot<AccountId32>;
	type OnReorganisation = ();
	type WeightInfo = pallet_btc_light_client::weights::SubstrateWeight<Test>;
}

pub struct TestKeys;

impl RegisteredKeys<AccountId32> for TestKeys {
	fn has_keys(account: &AccountId32) -> bool {
		WithKeys::get().contains(account)
	}
}

pub type Ebtc = ItemOf<Assets, ConstU32<0>, AccountId32>;

impl crate::Config for Test {
	type Bitcoin = Bitcoin;
	type Currency = Balances;
	type Ebtc = Ebtc;
	type Covenants = TestCovenants;
	type Keys = TestKeys;
	type CurrentSession = Session;
	type SlashingTime = Slashing;
	type Treasury = Treasury;
	type RuntimeHoldReason = RuntimeHoldReason;
	type GovernanceOrigin = EnsureRoot<AccountId32>;
	type PalletId = PotId;
	type WeightInfo = crate::weights::SubstrateWeight<Test>;
}

/// Our clock at first: long after every header.
const NOW: u64 = 4_000_000_000_000;

pub const FINALITY: Finality =
	Finality { confirmations: 3, own_blocks: 4, stale_after: 60_000_000 };

/// What every account has at first.
pub const ENT: u128 = 1_000_000_000;

/// Small numbers, so that tests are short.
pub fn policy() -> Policy {
	Policy {
		min_bond: Sats(50_000),
		min_timelock: 30,
		max_timelock: 200,
		registration_blocks: 6,
		registration_own_blocks: 20,
		registration_deposit: 1_000,
		min_stake: 10_000,
		min_own_bond: Sats(100_000),
		validators: 4,
		min_validators: 2,
		unstake_blocks: 20,
		unstake_own_blocks: 60,
		max_commission: 500_000,
		max_commission_rise: 50_000,
		commission_delay: 10,
		offline_sessions: 2,
		missed_signatures: 3,
		slash_signing_blocks: 4,
		jail_blocks: 3,
		jail_own_blocks: 10,
		inflation: 50_000,
		year: 1_000,
		reporter_share: 50_000,
		treasury_share: 200_000,
	}
}

pub fn rules() -> BondRules {
	BondRules {
		unbonding_time: 10,
		unbonding_fee: Sats(1_000),
		slashing_fee: Sats(1_000),
		slash_ppm: 100_000,
	}
}

thread_local! {
	static LOG: RefCell<Vec<Event<Test>>> = const { RefCell::new(vec![]) };
}

/// The state in which a test begins, under these numbers. Accounts 1 to 20 have [`ENT`]; 100 and 101 are founders.
pub fn begin(policy: Policy) -> sp_io::TestExternalities {
	regtest::reset();
	covenants::reset();
	LOG.take();
	Session::set(1);
	WithKeys::set((1..=20).chain([100, 101]).map(account).collect());
	let genesis = RuntimeGenesisConfig {
		balances: pallet_balances::GenesisConfig {
			balances: (1..=20).map(|n| (account(n), ENT)).collect(),
			..Default::default()
		},
		assets: pallet_assets::GenesisConfig {
			assets: vec![(0, Treasury::get(), true, 1)],
			..Default::default()
		},
		bitcoin: pallet_btc_light_client::GenesisConfig {
			checkpoint: Some(Checkpoint::genesis(Network::Regtest)),
			policy: FINALITY,
			..Default::default()
		},
		staking: pallet_sequencer_staking::GenesisConfig {
			policy,
			rules: rules(),
			founders: vec![account(100), account(101)],
		},
		..Default::default()
	};
	let mut externalities = sp_io::TestExternalities::new(genesis.build_storage().unwrap());
	externalities.execute_with(|| {
		System::set_block_number(1);
		Timestamp::set_timestamp(NOW);
		bury(1);
	});
	externalities
}

/// Runs `test` from there. Checks the invariants after every block.
pub fn run_with(policy: Policy, test: impl FnOnce()) {
	begin(policy).execute_with(|| {
		test();
		Staking::do_try_state().unwrap();
	});
}

/// Runs `test` under the usual numbers.
pub fn run(test: impl FnOnce()) {
	run_with(policy(), test);
}

/// Ends the block and begins the next, six seconds later.
pub fn next_block() {
	let number = System::block_number();
	Bitcoin::on_finalize(number);
	Staking::on_finalize(number);
	Staking::do_try_state().unwrap();
	LOG.with_borrow_mut(|log| log.extend(current_events()));
	System::reset_events();
	System::set_block_number(number + 1);
	Timestamp::set_timestamp(Timestamp::get() + 6_000);
	Bitcoin::on_initialize(number + 1);
	Staking::on_initialize(number + 1);
}

pub fn next_blocks(count: u32) {
	(0..count).for_each(|_| next_block());
}

fn current_events() -> impl Iterator<Item = Event<Test>> {
	System::events().into_iter().filter_map(|record| match record.event {
		RuntimeEvent::Staking(event) => Some(event),
		_ => None,
	})
}

/// Everything that staking has said since this was asked last.
pub fn events() -> Vec<Event<Test>> {
	let mut events = LOG.take();
	events.extend(current_events());
	System::reset_events();
	events
}

/// `author` makes a block in which it reports these headers and the best block.
pub fn observe(author: u64, headers: &[Header]) {
	next_block();
	Author::set(Some(author));
	let headers = headers.iter().flat_map(Header::serialize).collect();
	let observation = Observation { headers, tip: Some(best()), fee_rate: None };
	Bitcoin::observe(RuntimeOrigin::none(), observation).unwrap();
}

/// Every validator makes a block and names the best block of Bitcoin.
pub fn attest() {
	(1..=4).for_each(|author| observe(author, &[]));
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
