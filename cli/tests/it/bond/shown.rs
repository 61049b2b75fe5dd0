//! How a bond is shown.

use super::kit::*;
use entangled_cli::{bond::status::Shown, report::Report};
use serde_json::{from_value, json, Value};

fn shown(state: Value, members: &[u8]) -> Shown {
	Shown::new(bond(state, members))
}

#[test]
fn programs_get_the_state_s_name_and_what_the_chain_has() {
	for (state, name) in [
		(registered(), "registered"),
		(approved(), "approved"),
		(active(), "active"),
		(json!({ "leaving": { "included": 100, "left": 3, "unbonded": null } }), "leaving"),
		(json!({ "closed": "released" }), "closed"),
	] {
		let json = shown(state.clone(), &[1, 2, 3]).to_json().unwrap();
		assert_eq!((&json["state"], &json["details"]), (&json!(name), &state));
		assert_eq!(json["outpoint"], json!(funding().1.outpoint));
		assert_eq!(json["value"], VALUE.0);
		assert_eq!(json["terms"]["owner"], "aa".repeat(32));
		assert!(json["owner"].as_str().unwrap().starts_with("en"), "{json}");
		assert_eq!(json["duties"][0]["duty"], "unbonding");
	}
}

#[test]
fn people_get_what_is_missing_and_what_to_do() {
	let outpoint = funding().1.outpoint;
	for (bond, parts) in [
		(
			shown(registered(), &[1, 4]),
			vec!["2 of 3 members have signed its way out", "DO NOT PAY YET", "block 160"],
		),
		(
			shown(approved(), &[1, 2, 3]),
			vec!["approved", "block 160", "entangled bond fund --bond"],
		),
		(shown(active(), &[1, 2, 3]), vec!["active", "block 4000"]),
		(
			shown(json!({ "leaving": { "included": 9, "left": 3, "unbonded": 120 } }), &[]),
			vec!["unbonded in Bitcoin's block 120", "entangled bond withdraw"],
		),
		(
			shown(json!({ "closed": { "extended": { "into": outpoint } } }), &[]),
			vec!["has taken its coin over"],
		),
	] {
		let text = bond.to_string();
		for part in parts {
			assert!(text.contains(part), "{part}: {text}");
		}
	}
	let extension = Shown::new(from_value(extension_json(registered(), &[1])).unwrap()).to_string();
	assert!(
		extension.contains("1 of 3 members have signed the transaction that makes it"),
		"{extension}"
	);
	let extension = Shown::new(from_value(extension_json(approved(), &[1])).unwrap()).to_string();
	assert!(
		extension.contains(&format!("entangled bond fund {}", extension_outpoint())),
		"{extension}"
	);
}

fn extension_outpoint() -> String {
	extension().1.outpoint.to_string()
}

#[test]
fn an_order_to_slash_is_shown() {
	let mut bond = bond_json(&bond_terms(), &funding().1, active(), &[1, 2, 3]);
	let since = json!({ "bitcoinHeight": 100, "activeBlocks": 9 });
	bond["order"] = json!({ "reporter": null, "since": since, "complete": false });
	let shown = Shown::new(from_value(bond).unwrap());
	assert!(shown.to_string().contains("SLASHED"));
	assert_eq!(shown.to_json().unwrap()["order"]["complete"], false);
}
