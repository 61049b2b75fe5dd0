//! To unbond, and to find and take the coin.

use super::kit::*;
use crate::kit::key;
use bitcoin::consensus::encode::serialize_hex;
use entangled_bitcoin::{
	bond::{
		slashing_transaction, unbonded, withdrawal_transaction, BondOutput, FundedBond, Slashable,
	},
	FeeRate, Native, OutPoint, PayoutScript, Sats, Signature,
};
use entangled_cli::{
	bitcoin::Bitcoin,
	bond::{coin::Found, covenant::Countersigned},
	report::Report,
	sign::{External, WrongSignature},
	takeback::{take, Plan},
};
use serde_json::{json, Value};
use std::sync::{Arc, Mutex};

#[test]
fn the_way_out_takes_the_staker_and_the_covenant() {
	let way_out = Countersigned::way_out(&bond(active(), &[1, 2, 4])).unwrap();
	let staker = staker();
	let signature = staker.sign(&way_out.spend.sighash, &staker.public()).unwrap();
	let spend = way_out.spend.clone();
	let expected = spend
		.clone()
		.complete(&bond_terms().covenant, &signature, &countersign(&spend, &[1, 2, 4]))
		.unwrap();
	assert_eq!(way_out.complete(&signature).unwrap(), expected);
	let coin = unbonded::<Native>(&bond_terms(), &funding().1).unwrap();
	assert_eq!(coin.outpoint.txid, expected.compute_txid().into());

	let way_out = Countersigned::way_out(&bond(active(), &[1, 2, 4])).unwrap();
	let error = way_out.complete(&Signature([0; 64])).unwrap_err();
	assert_eq!(error.downcast_ref(), Some(&WrongSignature));
}

/// A Bitcoin node on which these coins are unspent; what is sent to it is kept.
fn unspent(coins: Vec<(OutPoint, Sats, Vec<u8>)>, sent: Arc<Mutex<Vec<Value>>>) -> Bitcoin {
	bitcoin(move |method, params| match method {
		"gettxout" => {
			let coin = |(outpoint, ..): &&(OutPoint, Sats, Vec<u8>)| {
				params[0] == json!(outpoint.txid) && params[1] == json!(outpoint.vout)
			};
			let (_, value, script) = coins.iter().find(coin)?;
			Some(json!({
				"confirmations": 30,
				"value": value.0 as f64 / 100_000_000.0,
				"scriptPubKey": { "hex": hex::encode(script) },
			}))
		},
		"sendrawtransaction" => {
			sent.lock().unwrap().push(params[0].clone());
			Some(json!("00".repeat(32)))
		},
		_ => None,
	})
}

/// Every coin that can come of the bond.
fn coins() -> Vec<(BondOutput, OutPoint, Sats)> {
	let (terms, bond) = (bond_terms(), funding().1);
	let unbonded = unbonded::<Native>(&terms, &bond).unwrap();
	let rest = |which| {
		let slashing = slashing_transaction::<Native>(which, &terms, &bond).unwrap();
		let value = Sats(slashing.transaction.output[1].value.to_sat());
		(BondOutput::Refund, OutPoint { txid: slashing.txid::<Native>(), vout: 1 }, value)
	};
	vec![
		(BondOutput::Bond, bond.outpoint, bond.value),
		(BondOutput::Unbonding, unbonded.outpoint, unbonded.value),
		rest(Slashable::Bond),
		rest(Slashable::Unbonding),
	]
}

fn script(place: BondOutput) -> Vec<u8> {
	place.of::<Native>(&bond_terms()).unwrap().script_pubkey().to_bytes().to_vec()
}

#[tokio::test]
async fn the_coin_is_found_wherever_it_is() {
	let (terms, bond) = (bond_terms(), funding().1);
	for (place, outpoint, value) in coins() {
		let node = unspent(vec![(outpoint, value, script(place))], Default::default());
		let found = Found::find(&node, &terms, &bond).await.unwrap();
		assert_eq!(found, Found { place, outpoint, value, confirmations: 30 });
		assert!(["bond", "unbonding", "refund"].contains(&found.name()));
	}
	let nothing = unspent(vec![], Default::default());
	let error = Found::find(&nothing, &terms, &bond).await.unwrap_err().to_string();
	assert!(error.contains("nothing of the bond"), "{error}");
	// An output of the same name that is another's.
	let wrong = unspent(vec![(bond.outpoint, bond.value, vec![0x51])], Default::default());
	let error = Found::find(&wrong, &terms, &bond).await.unwrap_err().to_string();
	assert!(error.starts_with("OtherTerms"), "{error}");
	let wrong =
		unspent(vec![(bond.outpoint, Sats(1), script(BondOutput::Bond))], Default::default());
	assert!(Found::find(&wrong, &terms, &bond).await.is_err());
}

fn plan(coin: FundedBond) -> Plan {
	let (terms, place) = (bond_terms(), BondOutput::Unbonding);
	let output = place.of::<Native>(&terms).unwrap();
	let to = PayoutScript::P2tr(key(20));
	let rate = FeeRate(2_000);
	let spend =
		withdrawal_transaction::<Native>(place, &terms, coin.outpoint, coin.value, to, rate);
	Plan::new(terms.staker, &output, coin.value, spend).unwrap()
}

#[tokio::test]
async fn the_coin_is_taken_once_it_is_free() {
	let coin = unbonded::<Native>(&bond_terms(), &funding().1).unwrap();
	let plan = plan(coin);
	let folder = tempfile::tempdir().unwrap();
	let path = folder.path().join("staker.key");
	std::fs::write(&path, format!("{:064x}", 9)).unwrap();
	let external = External::default();
	let sent = Arc::new(Mutex::new(Vec::new()));
	let node = unspent(vec![], sent.clone());

	let early =
		take(&plan, "a".into(), Some(3), |r| external.ask(Some(&path), r), Some(&node)).await;
	let early = early.unwrap_err().to_string();
	assert!(early.contains("3 more") && sent.lock().unwrap().is_empty(), "{early}");
	// It can be made before.
	let made =
		take(&plan, "a".into(), Some(3), |r| external.ask(Some(&path), r), None).await.unwrap();
	let made = made.to_json().unwrap();
	assert_eq!((&made["broadcast"], &made["opensIn"]), (&json!(false), &json!(3)));
	assert!(sent.lock().unwrap().is_empty());

	let taken =
		take(&plan, "a".into(), Some(0), |r| external.ask(Some(&path), r), Some(&node)).await;
	let taken = taken.unwrap().to_json().unwrap();
	assert_eq!(taken["broadcast"], true);
	assert_eq!(taken["amount"], coin.value.0);
	assert_eq!(*sent.lock().unwrap(), [taken["raw"].clone()]);
	let key_file = super::kit::staker();
	let signature = key_file.sign(plan.request().sighash, &key_file.public()).unwrap();
	// Signatures are random; all else is not.
	let same = plan.complete(&signature).unwrap();
	assert_eq!(taken["txid"], json!(entangled_bitcoin::Txid::from(same.compute_txid())));
	assert_eq!(taken["raw"].as_str().unwrap().len(), serialize_hex(&same).len());
}
