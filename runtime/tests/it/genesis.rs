//! Every preset makes the network that it promises.

use crate::chain::genesis;
use entangled_runtime::{
	chain::{EBTC, ENT, SS58_PREFIX},
	configs::assets_and_fees::ebtc_issuer,
	genesis_config_presets::{dev_session_keys, preset_names, ENDOWMENT},
	*,
};
use polkadot_sdk::*;

use frame_support::traits::{
	fungibles::{metadata::Inspect as _, roles::Inspect as _, Inspect as _},
	Get,
};
use sp_core::crypto::{Ss58AddressFormat, Ss58Codec};
use sp_keyring::Sr25519Keyring::{self, Alice, Bob, Charlie, Dave};
use sp_runtime::AccountId32;

fn validators(preset: &str) -> Vec<Sr25519Keyring> {
	match preset {
		"development" => vec![Alice],
		_ => vec![Alice, Bob, Charlie, Dave],
	}
}

#[test]
fn the_presets_are_the_promised_ones() {
	assert_eq!(preset_names(), ["development", "devnet", "local_testnet"]);
}

#[test]
fn validators_hold_their_keys_from_the_first_block() {
	for preset in preset_names() {
		genesis(&preset).execute_with(|| {
			let mut expected: Vec<_> =
				validators(&preset).into_iter().map(|v| (v.to_account_id(), v)).collect();
			expected.sort_by_key(|(account, _)| account.clone());
			let accounts: Vec<_> = expected.iter().map(|(account, _)| account.clone()).collect();
			assert_eq!(Session::validators(), accounts, "{preset}");

			let keys: Vec<_> = expected.iter().map(|(_, v)| dev_session_keys(*v)).collect();
			let babe: Vec<_> = keys.iter().map(|keys| (keys.babe.clone(), 1)).collect();
			assert_eq!(pallet_babe::Authorities::<Runtime>::get().to_vec(), babe);
			let grandpa: Vec<_> = keys.iter().map(|keys| (keys.grandpa.clone(), 1)).collect();
			assert_eq!(Grandpa::grandpa_authorities(), grandpa);
			let beefy: Vec<_> = keys.iter().map(|keys| keys.beefy.clone()).collect();
			assert_eq!(Beefy::validator_set().map(|set| set.validators().to_vec()), Some(beefy));
			assert_eq!(AuthorityDiscovery::authorities().len(), keys.len());
			for (account, keys) in accounts.iter().zip(&keys) {
				let owner = Session::key_owner(btcs::KEY_TYPE, keys.btcs.as_ref());
				assert_eq!(owner.as_ref(), Some(account));
			}
			assert!(pallet_session::historical::HistoricalSessions::<Runtime>::get(0).is_some());
		});
	}
}

#[test]
fn only_development_chains_have_a_sudo_key() {
	for preset in preset_names() {
		genesis(&preset).execute_with(|| {
			let expected = (preset != "local_testnet").then(|| Alice.to_account_id());
			assert_eq!(pallet_sudo::Key::<Runtime>::get(), expected, "{preset}");
		});
	}
	sp_io::TestExternalities::new_empty().execute_with(|| {
		assert_eq!(RuntimeGenesisConfig::default().sudo.key, None);
	});
}

#[test]
fn ebtc_exists_and_nobody_holds_the_key_to_it() {
	for preset in preset_names() {
		genesis(&preset).execute_with(|| {
			assert!(Assets::asset_exists(EBTC));
			assert_eq!(Assets::minimum_balance(EBTC), 1);
			assert_eq!(Assets::total_issuance(EBTC), 0);
			assert_eq!(Assets::decimals(EBTC), 8);
			assert_eq!(Assets::symbol(EBTC), b"eBTC");
			assert_eq!(Assets::owner(EBTC), Some(ebtc_issuer()));
			assert_eq!(Assets::issuer(EBTC), Some(ebtc_issuer()));
			let details = pallet_assets::Asset::<Runtime>::get(EBTC).expect("it exists");
			assert!(details.is_sufficient);
			assert_eq!(Balances::free_balance(ebtc_issuer()), 0);
		});
	}
}

#[test]
fn nobody_but_root_creates_assets() {
	genesis("devnet").execute_with(|| {
		let admin = sp_runtime::MultiAddress::Id(Alice.to_account_id());
		let alice = RuntimeOrigin::signed(Alice.to_account_id());
		assert!(Assets::create(alice.clone(), 1.into(), admin.clone(), 1).is_err());
		assert!(Assets::force_create(alice, 1.into(), admin.clone(), true, 1).is_err());
		assert!(Assets::force_create(RuntimeOrigin::root(), 1.into(), admin, true, 1).is_ok());
	});
}

#[test]
fn the_chain_follows_regtest_from_its_first_block() {
	for preset in preset_names() {
		genesis(&preset).execute_with(|| {
			assert_eq!(
				pallet_btc_light_client::Network::<Runtime>::get(),
				Some(entangled_bitcoin::Network::Regtest)
			);
			let tip = BtcLightClient::tip_info().expect("it follows a chain");
			assert_eq!(tip.height, 0);
			let genesis = "0f9188f13cb7b2c71f2a335e3a4fc328bf5beb436012afca590b1a11466e2206";
			assert_eq!(tip.hash.to_string(), genesis);
		});
	}
}

#[test]
fn well_known_accounts_own_ent() {
	genesis("devnet").execute_with(|| {
		for account in Sr25519Keyring::well_known() {
			assert_eq!(Balances::free_balance(account.to_account_id()), ENDOWMENT);
		}
		assert_eq!(ENDOWMENT, 1_000_000 * ENT);
	});
}

#[test]
fn development_chains_are_fast_and_the_others_are_not() {
	let timing = || {
		let slot = configs::consensus::SlotDuration::get();
		(slot, configs::consensus::EpochLength::get())
	};
	genesis("development").execute_with(|| assert_eq!(timing(), (3_000, 20)));
	genesis("devnet").execute_with(|| {
		assert_eq!(timing(), (3_000, 20));
		assert_eq!(Babe::slot_duration(), 3_000);
	});
	genesis("local_testnet").execute_with(|| assert_eq!(timing(), (6_000, 600)));
}

#[test]
fn addresses_begin_with_en() {
	let prefix: u16 = <Runtime as frame_system::Config>::SS58Prefix::get();
	assert_eq!(prefix, SS58_PREFIX);
	let format = Ss58AddressFormat::custom(SS58_PREFIX);
	for bytes in [[0; 32], [0x80; 32], [0xff; 32]] {
		let address = AccountId32::new(bytes).to_ss58check_with_version(format);
		assert!(address.starts_with("en"), "{address}");
	}
}
