//! What `docs/bond-scripts.md` says in numbers is so.

use crate::kit::*;
use bitcoin::hex::DisplayHex;
use entangled_bitcoin::{
	bond::{
		bond_output, extension_transaction, fee_child, slashed_commitment, slashed_output,
		slashing_transaction, slashing_weight, unbonding_transaction, unbonding_weight,
		withdrawal_transaction, BondOutput, BondRules, BondTerms, CovenantSpend, FeeCoin,
		FundedBond, Slashable,
	},
	script::multisig::threshold_for,
	FeeRate, Native, Network, OutPoint, PayoutScript, Sats, Signature, TaprootOutput,
	TaprootScript, Txid,
};
use serde_json::{json, Value};
use std::fmt::Write;

const PAGE: &str = include_str!("../../../../docs/bond-scripts.md");

/// What stands between the two marks of this name.
fn section(name: &str) -> &'static str {
	let (start, end) = (format!("<!-- {name} -->\n"), format!("<!-- /{name} -->\n"));
	PAGE.split_once(&start).and_then(|(_, rest)| rest.split_once(&end)).expect("both marks").0
}

fn assert_section(name: &str, expected: &str) {
	assert!(section(name) == expected, "`{name}` should be:\n{expected}");
}

/// The virtual bytes of a withdrawal to a P2WPKH address.
fn withdrawal(from: BondOutput) -> usize {
	let to = PayoutScript::P2wpkh([1; 20]);
	let coin = bond();
	withdrawal_transaction::<Native>(from, &terms(), coin.outpoint, coin.value, to, FeeRate::MIN)
		.unwrap()
		.complete(&Signature([7; 64]))
		.vsize()
}

/// The virtual bytes of a child with so many coins and a P2TR change.
fn child(coins: u8) -> usize {
	let script_pubkey = TaprootScript(key(1));
	let coin = |n| FeeCoin {
		outpoint: OutPoint { txid: Txid([n; 32]), vout: 0 },
		value: Sats(1_000_000),
		script_pubkey,
	};
	let coins = (0..coins).map(coin).collect::<Vec<_>>();
	let parent = &spends()[0].transaction;
	let change = PayoutScript::P2tr(key(1));
	let child = fee_child::<Native>(parent, Sats(2_000), &coins, change, FeeRate::MIN).unwrap();
	child.complete(&vec![Signature([7; 64]); coins.len()]).unwrap().vsize()
}

#[test]
fn the_sizes() {
	let mut table = String::from("| covenant | unbonding, extension | slashing |\n|---|---|---|\n");
	for keys in [1, 4, 7, 10, 15, 20] {
		let threshold = threshold_for(keys.into());
		let covenant = covenant(keys, threshold);
		let (moving, slashing) = (unbonding_weight(&covenant), slashing_weight(&covenant));
		let (moving, slashing) = (moving.vbytes(), slashing.vbytes());
		writeln!(table, "| {threshold} of {keys} | {moving} | {slashing} |").unwrap();
	}
	table += "\n| transaction | vbytes |\n|---|---|\n";
	for (name, vbytes) in [
		(
			"withdrawal of the bond or of the unbonding output, to P2WPKH",
			withdrawal(BondOutput::Bond),
		),
		("withdrawal of the refund output, to P2WPKH", withdrawal(BondOutput::Refund)),
		("child with one coin, P2TR", child(1)),
		("each further coin of a child", child(2) - child(1)),
	] {
		writeln!(table, "| {name} | {vbytes} |").unwrap();
	}
	assert_eq!(withdrawal(BondOutput::Bond), withdrawal(BondOutput::Unbonding));
	assert_section("sizes", &table);
}

#[test]
fn the_rules_of_the_main_network() {
	let BondRules { unbonding_time, unbonding_fee, slashing_fee, slash_ppm } = BondRules::default();
	let thousands = |n: u64| match n {
		0..1_000 => n.to_string(),
		_ => format!("{},{:03}", n / 1_000, n % 1_000),
	};
	for (rule, kind, value) in [
		("unbondingTime", "1 to 65,535 blocks", unbonding_time.into()),
		("unbondingFee", "satoshi", unbonding_fee.0),
		("slashingFee", "satoshi", slashing_fee.0),
		("slashPpm", "1 to 1,000,000 parts per million", slash_ppm.into()),
	] {
		let row = format!("| `{rule}` | {kind} | {} |\n", thousands(value));
		assert!(PAGE.contains(&row), "{row}");
	}
}

fn hex(bytes: &[u8]) -> String {
	bytes.to_lower_hex_string()
}

fn output(output: &TaprootOutput) -> Value {
	let script = output.script_pubkey().to_bytes();
	let address = PayoutScript::parse(&script).unwrap().to_address(Network::Mainnet);
	let leaf = |leaf: &entangled_bitcoin::taproot::Leaf| {
		json!({
			"script": hex(&leaf.script),
			"leafHash": hex(&leaf.hash),
			"controlBlock": hex(&leaf.control_block),
		})
	};
	json!({
		"address": address,
		"leaves": output.leaves.iter().map(leaf).collect::<Vec<_>>(),
	})
}

/// A transaction, and what the staker and each member of the covenant that signs it make of it.
fn transaction(spend: &CovenantSpend, by: &BondTerms) -> Value {
	let staker = sign(STAKER, &spend.sighash);
	let mut covenant = signatures(&by.covenant, &spend.sighash);
	covenant.truncate(by.covenant.threshold() as usize);
	let signed = {
		let mut given = covenant.clone();
		given.resize(by.covenant.keys().len(), None);
		spend.clone().complete(&by.covenant, &staker, &given).unwrap()
	};
	json!({
		"unsigned": hex(&raw(&spend.transaction)),
		"txid": spend.txid::<Native>().to_string(),
		"sighash": hex(&spend.sighash),
		"staker": staker.to_string(),
		"covenant": covenant.into_iter().flatten().map(|s| s.to_string()).collect::<Vec<_>>(),
		"wtxid": signed.compute_wtxid().to_string(),
	})
}

#[test]
fn the_vectors() {
	let terms = BondTerms { rules: BondRules::default(), ..terms() };
	let new = BondTerms { timelock: 65_535, ..terms.clone() };
	let bond = FundedBond { value: Sats(1_000_001), ..bond() };
	let slashing = |which| slashing_transaction::<Native>(which, &terms, &bond).unwrap();
	let vectors = json!({
		"terms": terms,
		"bond": bond,
		"outputs": {
			"bond": output(&bond_output::<Native>(&terms).unwrap()),
			"unbonding": output(&BondOutput::Unbonding.of::<Native>(&terms).unwrap()),
			"refund": output(&BondOutput::Refund.of::<Native>(&terms).unwrap()),
			"slashed": output(&slashed_output::<Native>(&terms).unwrap()),
		},
		"unbonding": transaction(&unbonding_transaction::<Native>(&terms, &bond).unwrap(), &terms),
		"slashing": transaction(&slashing(Slashable::Bond), &terms),
		"slashingAfterUnbonding": transaction(&slashing(Slashable::Unbonding), &terms),
		"extension": {
			"newTimelock": new.timelock,
			"transaction": transaction(&extension_transaction::<Native>(&terms, &bond, &new).unwrap(), &terms),
		},
		"slashedCommitment": hex(&slashed_commitment::<Native>(&terms)),
	});
	let text = serde_json::to_string_pretty(&vectors).unwrap();
	let said = section("vectors").trim_start_matches("```json\n").trim_end_matches("```\n");
	let said = serde_json::from_str::<Value>(said).unwrap_or_default();
	assert!(said == vectors, "`vectors` should be:\n```json\n{text}\n```");
}
