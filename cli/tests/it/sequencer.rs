//! Sequencers, and what the chain's refusals advise.

use crate::{
	bond::kit::{active, approved, bond_json, bond_terms, funding, node, owner, sequencer, VALUE},
	kit::refused,
};
use codec::Encode;
use entangled_bitcoin::{OutPoint, Sats};
use entangled_cli::{
	bond::{
		list::{bonds, Entry},
		status::State,
	},
	parse,
	refusal::{self, Refusal, Refused},
	report::Report,
	sequencer::status::Shown,
};
use entangled_runtime::{chain::ENT, AccountId, Runtime, RuntimeError};
use pallet_btc_light_client::Clock;
use pallet_sequencer_staking::{
	Earnings, Error, Sequencer, SequencerStatus, SequencerView, Shares,
};
use serde_json::{json, Value};

const LATER: Clock = Clock { bitcoin_height: 172, active_blocks: 99 };

fn record(status: SequencerStatus) -> Sequencer {
	Sequencer {
		stake: 10_000 * ENT,
		unlocking: vec![(ENT / 2, LATER)].try_into().unwrap(),
		own: Sats(10_000_000),
		total: Sats(30_000_000),
		bonds: 3,
		commission: 25_000,
		commission_changed: LATER,
		earned: Shares::default(),
		ahead: Shares::default(),
		status,
		missed_sessions: 0,
		missed_signatures: 0,
		missed_duties: 0,
	}
}

fn view(record: Option<Sequencer>) -> SequencerView<AccountId> {
	SequencerView {
		account: sequencer(),
		record,
		rank: Some(4),
		weight: Sats(30_000_000),
		founder: false,
		validator: true,
		next: false,
		earned: Earnings { ent: u128::MAX, ebtc: Sats(7) },
	}
}

#[test]
fn a_sequencer_is_shown_to_programs_and_people() {
	let shown = Shown::new(view(Some(record(SequencerStatus::Candidate))));
	let json = shown.to_json().unwrap();
	assert_eq!(json["account"], parse::ss58(&sequencer()));
	assert_eq!(
		(&json["status"], &json["stake"]),
		(&json!("candidate"), &json!((10_000 * ENT).to_string()))
	);
	assert_eq!((&json["own"], &json["commission"]), (&json!(10_000_000), &json!(25_000)));
	let until = json!({ "bitcoinHeight": 172, "activeBlocks": 99 });
	assert_eq!(json["unlocking"], json!([{ "amount": (ENT / 2).to_string(), "until": until }]));
	assert_eq!(json["earned"]["ent"], u128::MAX.to_string());
	let text = shown.to_string();
	for part in [
		"stands for election",
		"10000 ENT",
		"0.5 ENT after Bitcoin's block 172",
		"2.5 %",
		"Rank         5",
	] {
		assert!(text.contains(part), "{part}: {text}");
	}
}

#[test]
fn every_status_has_a_name() {
	let cost = Default::default();
	for (record, name, part) in [
		(None, "none", "neither stake nor bonds"),
		(Some(record(SequencerStatus::Chilled)), "chilled", "does not stand"),
		(Some(record(SequencerStatus::Jailed { until: LATER })), "jailed", "block 172"),
		(Some(record(SequencerStatus::Banned { cost })), "banned", "BANNED"),
	] {
		let shown = Shown::new(view(record));
		assert_eq!(shown.to_json().unwrap()["status"], name);
		assert!(shown.to_string().contains(part), "{shown}");
	}
	let nobody = Shown::nobody(owner()).to_json().unwrap();
	assert_eq!((&nobody["status"], &nobody["stake"]), (&json!("none"), &json!("0")));
}

#[tokio::test]
async fn bonds_are_listed_that_are_still_there() {
	let mut gone = funding().1.outpoint;
	gone.vout += 1;
	let outpoints = [funding().1.outpoint, gone];
	for (state, expected) in [(active(), State::Active), (approved(), State::Approved)] {
		let chain = node(move |method, params| {
			Some(match method {
				"staking_bondsOf" => {
					assert_eq!(params[0], parse::ss58(&sequencer()));
					json!(outpoints)
				},
				"staking_bond" if params[0] == json!(outpoints[0]) => {
					bond_json(&bond_terms(), &funding().1, state.clone(), &[])
				},
				"staking_bond" => Value::Null,
				_ => return None,
			})
		});
		let listed = bonds(&chain, &sequencer()).await.unwrap();
		let [Entry { outpoint, owner: whose, value, state }] = &listed[..] else { panic!("one") };
		let outpoint: OutPoint = *outpoint;
		assert_eq!((outpoint, whose, *value, *state), (outpoints[0], &owner(), VALUE, expected));
	}
}

#[test]
fn refusals_have_the_pallet_s_name_and_advice() {
	let no_keys = Error::<Runtime>::NoSessionKeys;
	let number = no_keys.encode()[0];
	let error = |number: u8| {
		let data = json!(format!("Custom error: {number}"));
		refusal::staking(refused(
			"author_submitExtrinsic",
			1_010,
			"Invalid Transaction",
			Some(data),
		))
	};
	let Refusal::Pallet(refused) = error(number) else { panic!("the pallet's") };
	assert_eq!(refused, Refused::from(RuntimeError::SequencerStaking(no_keys)));
	assert_eq!(
		refused.to_string(),
		"the chain refused: SequencerStaking::NoSessionKeys; register them first: entangled \
		 sequencer keys"
	);
	// Where the name says it all.
	let Refusal::Pallet(refused) = error(Error::<Runtime>::ZeroAmount.encode()[0]) else {
		panic!("the pallet's")
	};
	assert_eq!(refused.to_string(), "the chain refused: SequencerStaking::ZeroAmount");
	assert!(matches!(error(255), Refusal::Other(_)));
}
