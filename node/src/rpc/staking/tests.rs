// SPDX-License-Identifier: GPL-3.0-or-later WITH Classpath-exception-2.0

use super::{handler::named, *};
use crate::{
	bitcoin::testing::FakeChain,
	rpc::views::Reason,
	staking::testing::{outpoint, registered, signed, slashes, task, to_be_slashed, VALUE},
	tasks::testing::{keys, FakeView, CHAIN},
};
use entangled_bitcoin::{InclusionError, Network, PayoutScript, Sats};
use jsonrpsee::types::ErrorObjectOwned;
use pallet_btc_light_client::NotFinal;
use pallet_sequencer_staking::{Policy, StakingStatus, TermsRefusal, TermsView};
use polkadot_sdk::{sp_api::ApiError, sp_core::crypto::Ss58Codec};
use serde_json::{json, to_value, Value};

const NETWORK: Network = Network::Regtest;
const MEMBERS: [&str; 3] = ["//Alice", "//Bob", "//Charlie"];

fn view() -> FakeView {
	FakeView::new(&keys(&MEMBERS), FakeChain::new(9))
}

fn is_address(value: &Value) -> bool {
	PayoutScript::from_address(value.as_str().unwrap(), NETWORK).is_ok()
}

#[test]
fn status_names_the_chain_and_amounts_of_ent_are_text() {
	let status = StakingStatus {
		policy: Policy::default(),
		rules: None,
		covenant: Some(3),
		bonded: Sats(7),
		standing: 2,
		founders: vec![AccountId::new([1; 32])],
		unshared: Earnings { ent: u128::MAX, ebtc: Sats(5) },
		owed: Earnings::ZERO,
	};
	let json = to_value(Status { chain: CHAIN, status }).unwrap();
	assert_eq!(json["chain"], format!("0x{}", "42".repeat(32)));
	assert_eq!((&json["bonded"], &json["covenant"]), (&json!(7), &json!(3)));
	assert_eq!(json["unshared"], json!({ "ent": u128::MAX.to_string(), "ebtc": 5 }));
	assert_eq!(json["policy"]["minStake"], Policy::default().min_stake.to_string());
	assert!(AccountId::from_ss58check(json["founders"][0].as_str().unwrap()).is_ok());
}

#[test]
fn terms_have_an_address() {
	let bond = registered(&view(), outpoint(1));
	let terms = TermsView {
		covenant: 0,
		terms: bond.terms,
		script: bond.script,
		least: Sats(50_000),
		deposit: 1_000,
	};
	let json = to_value(Terms::new(terms, NETWORK)).unwrap();
	assert!(is_address(&json["address"]));
	assert_eq!((&json["least"], &json["deposit"]), (&json!(50_000), &json!("1000")));
	assert_eq!(json["terms"]["timelock"], 5_000);
	assert_eq!(json["terms"]["covenant"]["keys"].as_array().unwrap().len(), 3);
	assert_eq!(json["script"].as_str().unwrap().len(), 68);
}

#[test]
fn a_bond_comes_with_its_transactions_and_signatures() {
	let bond = to_be_slashed(registered(&view(), outpoint(1)));
	let spends = slashes(&bond);
	let json = to_value(Bond::new(bond.clone(), NETWORK)).unwrap();
	assert!(is_address(&json["address"]) && is_address(&json["unbondingAddress"]));
	assert_eq!(json["outpoint"], outpoint(1).to_string());
	assert_eq!((&json["value"], &json["registered"]), (&json!(VALUE.0), &json!(4)));
	assert_eq!(
		json["state"],
		json!({ "leaving": { "included": 10, "left": 3, "unbonded": null } })
	);
	assert_eq!(json["order"]["complete"], false);
	let slash = &json["duties"][0];
	assert_eq!((&slash["duty"], &slash["threshold"]), (&json!("slash"), &json!(2)));
	assert_eq!(slash["keys"].as_array().unwrap().len(), 3);
	for (spend, shown) in spends.iter().zip(slash["spends"].as_array().unwrap()) {
		let txid = spend.txid::<entangled_bitcoin::Native>();
		assert_eq!(shown["txid"], txid.to_string());
		assert_eq!(shown["signatures"], json!([null, null, null]));
		assert_eq!(shown["sighash"].as_str().unwrap().len(), 64);
		let unsigned = shown["unsigned"].as_str().unwrap();
		let unsigned =
			::bitcoin::consensus::encode::deserialize_hex::<::bitcoin::Transaction>(unsigned);
		assert_eq!(unsigned.unwrap(), spend.transaction);
	}
}

#[test]
fn tasks_and_transactions_are_hexadecimal() {
	let bond = to_be_slashed(registered(&view(), outpoint(1)));
	let json = to_value(Task::from(task(&bond, Duty::Slash, &slashes(&bond)))).unwrap();
	assert_eq!(
		(&json["outpoint"], &json["duty"]),
		(&json!(outpoint(1).to_string()), &json!("slash"))
	);
	assert_eq!(json["sighashes"].as_array().unwrap().len(), 2);
	for (slash, which) in signed(&bond, &keys(&MEMBERS)).into_iter().zip(["bond", "unbonding"]) {
		let json = to_value(Transaction::from(slash.clone())).unwrap();
		assert_eq!((&json["which"], &json["fee"]), (&json!(which), &json!(2_000)));
		let raw = json["raw"].as_str().unwrap();
		let raw = ::bitcoin::consensus::encode::deserialize_hex::<::bitcoin::Transaction>(raw);
		assert_eq!(raw.unwrap().compute_txid().to_string(), slash.txid.to_string());
	}
}

#[test]
fn every_error_has_a_code_a_message_and_advice() {
	let errors = || {
		[
			Error::State { at: Hash::zero(), reason: ApiError::UnknownBlock("x".into()) },
			Error::NotFollowing,
			Error::Terms(TermsRefusal::Banned),
			Error::BlockNotFinal(Reason::from(NotFinal::Frozen)),
			Error::WrongProof(InclusionError::WrongRoot),
			Error::TooManySignatures,
			Error::TooManyBonds(51),
		]
	};
	let codes = errors().iter().map(Error::code).collect::<Vec<_>>();
	assert_eq!(codes, (8_201..=8_207).collect::<Vec<_>>());
	let refusals = [
		TermsRefusal::UnknownSequencer,
		TermsRefusal::Banned,
		TermsRefusal::TooManyBonds,
		TermsRefusal::UnknownCovenant,
		TermsRefusal::TimelockOutOfRange,
		TermsRefusal::InvalidKey,
		TermsRefusal::FeesTooLow,
		TermsRefusal::UnsoundRules,
	];
	let refusals = refusals.map(Error::Terms);
	for error in errors().into_iter().chain(refusals) {
		let object = ErrorObjectOwned::from(error);
		assert!(!object.message().is_empty());
		let data: Value = serde_json::from_str(object.data().unwrap().get()).unwrap();
		assert!(data["advice"].is_string() || data["reason"].is_string(), "{data}");
	}
}

#[test]
fn no_more_bonds_are_named_than_can_be_collected_for() {
	let named = |count: u8| named((0..count).map(outpoint).collect());
	assert_eq!(named(50).unwrap().len(), 50);
	assert!(matches!(named(51), Err(Error::TooManyBonds(51))));
}
