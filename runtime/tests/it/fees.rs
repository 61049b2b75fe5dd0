//! Fees, in ENT and in eBTC.

use crate::chain::{close_block, genesis, open_block, send, FIRST_SLOT};
use entangled_runtime::{
	chain::{EBTC, ENT, MILLI_ENT},
	configs::{assets_and_fees::SatoshiForFee, governance::*},
	genesis_config_presets::ENDOWMENT,
	*,
};
use polkadot_sdk::*;

use frame_support::{
	assert_ok,
	traits::{
		fungibles::Mutate as _,
		tokens::{ConversionToAssetBalance as _, Preservation},
	},
};
use sp_core::crypto::AccountId32;
use sp_keyring::Sr25519Keyring::{self, Alice, Bob};
use sp_runtime::{
	transaction_validity::{InvalidTransaction, TransactionValidityError},
	MultiAddress,
};

/// A depositor, fresh from Bitcoin: has eBTC and not one ENT.
const DEPOSITOR: Sr25519Keyring = Sr25519Keyring::One;
const RECEIVER: AccountId32 = AccountId32::new([7; 32]);

/// Where fees wait to be shared.
fn pot() -> AccountId {
	SequencerStaking::pot()
}

fn leave_without_ent(who: Sr25519Keyring) {
	let all = RuntimeOrigin::signed(who.to_account_id());
	let alice = MultiAddress::Id(Alice.to_account_id());
	assert_ok!(Balances::transfer_all(all, alice, false));
	assert_eq!(Balances::free_balance(who.to_account_id()), 0);
}

fn transfer_ebtc(amount: Balance) -> RuntimeCall {
	pallet_assets::Call::transfer { id: EBTC.into(), target: MultiAddress::Id(RECEIVER), amount }
		.into()
}

#[test]
fn who_holds_only_ebtc_pays_in_ebtc_and_it_goes_to_the_rewards() {
	genesis("devnet").execute_with(|| {
		leave_without_ent(DEPOSITOR);
		assert_ok!(Assets::mint_into(EBTC, &DEPOSITOR.to_account_id(), 1_000));
		open_block(FIRST_SLOT, 0);
		assert_eq!(send(DEPOSITOR, transfer_ebtc(900), Some(EBTC)), Ok(Ok(())));

		assert_eq!(Assets::balance(EBTC, RECEIVER), 900);
		let fee = Assets::balance(EBTC, pot());
		assert!((6..=10).contains(&fee), "a transfer costs {fee} satoshi");
		assert_eq!(Assets::balance(EBTC, DEPOSITOR.to_account_id()), 100 - fee);
		// Nothing was burnt or made.
		assert_eq!(Assets::total_supply(EBTC), 1_000);
		close_block();
	});
}

#[test]
fn a_fee_in_ent_goes_to_the_rewards_and_is_what_the_constants_say() {
	genesis("devnet").execute_with(|| {
		open_block(FIRST_SLOT, 0);
		let sender = Sr25519Keyring::Ferdie;
		let before = Balances::total_issuance();
		let call = pallet_balances::Call::transfer_keep_alive {
			dest: MultiAddress::Id(RECEIVER),
			value: ENT,
		};
		assert_eq!(send(sender, call, None), Ok(Ok(())));

		let fee = ENDOWMENT - ENT - Balances::free_balance(sender.to_account_id());
		assert!((5 * MILLI_ENT..7 * MILLI_ENT).contains(&fee), "a transfer costs {fee}");
		assert_eq!(Balances::free_balance(pot()), fee);
		assert_eq!(Balances::total_issuance(), before);
		close_block();
	});
}

#[test]
fn a_fee_that_cannot_be_paid_keeps_the_transaction_out() {
	let unpaid = Err(TransactionValidityError::Invalid(InvalidTransaction::Payment));
	genesis("devnet").execute_with(|| {
		leave_without_ent(DEPOSITOR);
		open_block(FIRST_SLOT, 0);
		// An account that does not exist.
		assert_eq!(send(DEPOSITOR, transfer_ebtc(1), Some(EBTC)), unpaid);
		// One satoshi keeps the account alive and cannot be spent on the fee.
		assert_ok!(Assets::mint_into(EBTC, &DEPOSITOR.to_account_id(), 1));
		assert_eq!(send(DEPOSITOR, transfer_ebtc(1), Some(EBTC)), unpaid);
		// It has eBTC, but says that it pays in ENT.
		assert_ok!(Assets::mint_into(EBTC, &DEPOSITOR.to_account_id(), 1_000));
		assert_eq!(send(DEPOSITOR, transfer_ebtc(1), None), unpaid);
		close_block();
	});
}

#[test]
fn no_other_asset_pays_fees() {
	let unpaid = Err(TransactionValidityError::Invalid(InvalidTransaction::Payment));
	genesis("devnet").execute_with(|| {
		let issuer = MultiAddress::Id(Alice.to_account_id());
		assert_ok!(Assets::force_create(RuntimeOrigin::root(), 1.into(), issuer, true, 1));
		assert_ok!(Assets::mint_into(1, &Bob.to_account_id(), 1_000_000_000));
		open_block(FIRST_SLOT, 0);
		let call = frame_system::Call::remark { remark: vec![] };
		assert_eq!(send(Bob, call, Some(1)), unpaid);
		close_block();
	});
}

#[test]
fn root_sets_the_price_of_a_satoshi() {
	let set = |price| {
		Parameters::set_parameter(
			RuntimeOrigin::root(),
			RuntimeParameters::Fees(dynamic_params::fees::Parameters::SatoshiPrice(
				dynamic_params::fees::SatoshiPrice,
				Some(price),
			)),
		)
	};
	genesis("devnet").execute_with(|| {
		assert_eq!(SatoshiForFee::to_asset_balance(MILLI_ENT, EBTC), Ok(1));
		assert_eq!(SatoshiForFee::to_asset_balance(MILLI_ENT + 1, EBTC), Ok(2));
		assert_eq!(SatoshiForFee::to_asset_balance(1, EBTC), Ok(1));
		assert_ok!(set(MILLI_ENT / 10));
		assert_eq!(SatoshiForFee::to_asset_balance(MILLI_ENT, EBTC), Ok(10));
		assert_ok!(set(0));
		assert!(SatoshiForFee::to_asset_balance(MILLI_ENT, EBTC).is_err());
	});
}

#[test]
fn an_account_may_spend_its_last_satoshi() {
	genesis("devnet").execute_with(|| {
		assert_ok!(Assets::mint_into(EBTC, &DEPOSITOR.to_account_id(), 5));
		let moved = <Assets as frame_support::traits::fungibles::Mutate<_>>::transfer(
			EBTC,
			&DEPOSITOR.to_account_id(),
			&RECEIVER,
			5,
			Preservation::Expendable,
		);
		assert_eq!(moved, Ok(5));
	});
}
