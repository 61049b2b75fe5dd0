//! The genesis states of the built-in networks.
//!
//! | preset | validators | sudo | blocks | what for |
//! |---|---|---|---|---|
//! | `development` | Alice | Alice | 3 s | one node, to try something |
//! | `devnet` | Alice, Bob, Charlie, Dave | Alice | 3 s | `make devnet` |
//! | `local_testnet` | Alice, Bob, Charlie, Dave | nobody | 6 s | a public network in small |
//!
//! All of them follow Bitcoin's regtest from its first block. The keys are the well-known ones of
//! every Substrate development chain: whoever can reach such a network controls it.

use crate::{
	btcs, chain, configs::assets_and_fees::ebtc_issuer, configs::consensus::*, AccountId,
	AssetsConfig, BabeConfig, Balance, BalancesConfig, BtcLightClientConfig, PegConfig,
	RuntimeGenesisConfig, SequencerStakingConfig, SessionConfig, SessionKeys, SudoConfig,
	TimingConfig,
};
use alloc::{vec, vec::Vec};
use polkadot_sdk::*;

use entangled_bitcoin::{bond::BondRules, Checkpoint, Network, Sats};
use frame_support::build_struct_json_patch;
use pallet_btc_light_client::Policy;
use serde_json::Value;
use sp_core::crypto::get_public_from_string_or_panic;
use sp_genesis_builder::{PresetId, DEV_RUNTIME_PRESET, LOCAL_TESTNET_RUNTIME_PRESET};
use sp_keyring::Sr25519Keyring;

/// The network of `make devnet`, of four validators: one of them may be missing, and blocks are still
/// finalised and payments still signed.
pub const DEVNET_PRESET: &str = "devnet";

/// What each development account owns at first.
pub const ENDOWMENT: Balance = 1_000_000 * chain::ENT;

/// Half the slot of the public networks, because people wait for these blocks. It is still longer
/// than the two seconds that a full block takes.
const DEV_SLOT_DURATION: u64 = 3_000;

/// A minute of slots: who is elected when a session begins makes blocks in the one after it, and that too is
/// to be seen while one watches.
const DEV_EPOCH_LENGTH: u64 = 20;

/// When a block of regtest is final: as deep as on the main network, because six blocks are mined
/// in a moment, but known for a quarter of a minute only. Regtest has blocks when somebody wants
/// some. So a night without any is nothing, and only after a day the headers count as missing.
const REGTEST_POLICY: Policy =
	Policy { confirmations: 6, own_blocks: 5, stale_after: 24 * 60 * 60 * 1_000 };

/// The peg on regtest. Blocks are mined in a moment, so the numbers are small: a batch leaves with
/// the next Bitcoin block, a way back opens after 100 blocks, and a committee's term is over while
/// one watches. As everywhere, no more is minted than is bonded for validators.
fn regtest_peg() -> pallet_peg::Policy {
	pallet_peg::Policy {
		min_deposit: Sats(20_000),
		min_refund_delay: 100,
		max_refund_delay: 1_000,
		claim_margin: 30,
		sweep_margin: 40,
		batch_wait: 1,
		expiry_blocks: 100,
		expiry_own_blocks: 200,
		reservation_blocks: 20,
		reservation_own_blocks: 40,
		signing_blocks: 6,
		signing_own_blocks: 40,
		silent_blocks: 20,
		term: 50,
		hand_over_blocks: 30,
		hand_over_own_blocks: 40,
		committee_grace: 200,
		..Default::default()
	}
}

/// Staking on regtest: a bond counts for as long as somebody likes to mine blocks, can be left within
/// twenty of them, and is jailed or set free while one watches. Token stake comes back then, too: long before the
/// last offence could be reported, which matters to nobody where everybody knows the keys.
fn regtest_staking() -> pallet_sequencer_staking::Policy {
	pallet_sequencer_staking::Policy {
		min_bond: Sats(100_000),
		min_timelock: 40,
		max_timelock: 2_000,
		registration_blocks: 60,
		registration_own_blocks: 120,
		registration_deposit: chain::ENT,
		min_stake: 1_000 * chain::ENT,
		min_own_bond: Sats(100_000),
		validators: 16,
		unstake_blocks: 20,
		unstake_own_blocks: 80,
		commission_delay: 40,
		slash_signing_blocks: 6,
		jail_blocks: 4,
		jail_own_blocks: 40,
		year: (365 * 24 * 60 * 60 * 1_000 / DEV_SLOT_DURATION) as u32,
		..Default::default()
	}
}

/// See [`regtest_staking`].
fn regtest_rules() -> BondRules {
	BondRules { unbonding_time: 20, ..Default::default() }
}

/// What distinguishes the networks.
struct Preset {
	validators: Vec<Sr25519Keyring>,
	sudo: Option<Sr25519Keyring>,
	timing: TimingConfig,
}

/// The JSON patch with this name, to be laid over the default genesis configuration.
pub fn get_preset(id: &PresetId) -> Option<Vec<u8>> {
	use Sr25519Keyring::{Alice, Bob, Charlie, Dave};

	let fast = || TimingConfig {
		slot_duration: DEV_SLOT_DURATION,
		epoch_length: DEV_EPOCH_LENGTH,
		..Default::default()
	};
	let preset = match id.as_str() {
		DEV_RUNTIME_PRESET => Preset { validators: vec![Alice], sudo: Some(Alice), timing: fast() },
		DEVNET_PRESET => Preset {
			validators: vec![Alice, Bob, Charlie, Dave],
			sudo: Some(Alice),
			timing: fast(),
		},
		LOCAL_TESTNET_RUNTIME_PRESET => Preset {
			validators: vec![Alice, Bob, Charlie, Dave],
			sudo: None,
			timing: TimingConfig::default(),
		},
		_ => return None,
	};
	serde_json::to_vec(&genesis(preset)).ok()
}

/// The names that [`get_preset`] knows.
pub fn preset_names() -> Vec<PresetId> {
	[DEV_RUNTIME_PRESET, DEVNET_PRESET, LOCAL_TESTNET_RUNTIME_PRESET].map(PresetId::from).to_vec()
}

/// The session keys that a node started with `--alice` and the like makes of its name.
pub fn dev_session_keys(validator: Sr25519Keyring) -> SessionKeys {
	let name: &str = validator.into();
	SessionKeys {
		babe: validator.public().into(),
		grandpa: get_public_from_string_or_panic::<sp_consensus_grandpa::AuthorityId>(name),
		beefy: get_public_from_string_or_panic::<sp_consensus_beefy::ecdsa_crypto::AuthorityId>(
			name,
		),
		authority_discovery: validator.public().into(),
		btcs: get_public_from_string_or_panic::<btcs::AuthorityId>(name),
	}
}

fn genesis(preset: Preset) -> Value {
	let founders =
		preset.validators.iter().map(|validator| validator.to_account_id()).collect::<Vec<_>>();
	build_struct_json_patch!(RuntimeGenesisConfig {
		timing: preset.timing,
		balances: BalancesConfig {
			balances: Sr25519Keyring::well_known()
				.map(|account| (account.to_account_id(), ENDOWMENT))
				.collect(),
		},
		assets: AssetsConfig {
			// Id, owner, sufficient, minimum: one satoshi keeps an account alive.
			assets: vec![(chain::EBTC, ebtc_issuer(), true, 1)],
			metadata: vec![(
				chain::EBTC,
				chain::EBTC_NAME.into(),
				chain::EBTC_SYMBOL.into(),
				chain::EBTC_DECIMALS,
			)],
		},
		babe: BabeConfig { epoch_config: BABE_GENESIS_EPOCH_CONFIG },
		session: SessionConfig {
			keys: preset
				.validators
				.into_iter()
				.map(|validator| {
					let account: AccountId = validator.to_account_id();
					(account.clone(), account, dev_session_keys(validator))
				})
				.collect(),
		},
		btc_light_client: BtcLightClientConfig {
			checkpoint: Some(Checkpoint::genesis(Network::Regtest)),
			policy: REGTEST_POLICY,
		},
		peg: PegConfig { policy: regtest_peg(), ..Default::default() },
		sequencer_staking: SequencerStakingConfig {
			policy: regtest_staking(),
			rules: regtest_rules(),
			founders,
		},
		sudo: SudoConfig { key: preset.sudo.map(|account| account.to_account_id()) },
	})
}
