//! A bond is paid when its way out is signed, and not before.

use super::kit::*;
use bitcoin::consensus::encode::serialize_hex;
use entangled_bitcoin::{
	bond::{unbonding_transaction, FundedBond},
	Native, Sats, Signature,
};
use entangled_cli::{
	bond::{
		covenant::{Countersigned, NotSigned, OtherTransaction},
		fund::{approved as check_approved, extended, paid},
		funding::Funding,
	},
	chain::Chain,
};
use serde_json::{json, Value};

fn signed() -> Funding {
	Funding::parse(serialize_hex(&funding().0).as_bytes()).unwrap()
}

/// A node that has this on record, under the outpoints that it names.
fn with(bonds: Vec<Value>) -> Chain {
	node(move |method, params| {
		(method == "staking_bond").then(|| {
			let found = bonds.iter().find(|bond| bond["outpoint"] == params[0]);
			found.cloned().unwrap_or(Value::Null)
		})
	})
}

fn on_record(state: Value, members: &[u8]) -> Value {
	bond_json(&bond_terms(), &funding().1, state, members)
}

#[tokio::test]
async fn an_approved_bond_is_paid_by_what_was_registered() {
	let chain = with(vec![on_record(approved(), &[1, 3, 4])]);
	let (bond, transaction) = paid(&chain, &bond_file(), &signed()).await.unwrap();
	assert_eq!((bond.outpoint, transaction), (funding().1.outpoint, funding().0));
}

#[tokio::test]
async fn nothing_is_paid_in_any_other_state() {
	let closed = json!({ "closed": "dropped" });
	for (state, name) in
		[(registered(), "NotApproved"), (active(), "AlreadyActive"), (closed, "Ended")]
	{
		let chain = with(vec![on_record(state, &[1, 2, 3])]);
		let error = paid(&chain, &bond_file(), &signed()).await.map(drop).unwrap_err().to_string();
		assert!(error.starts_with(name), "{error}");
	}
	let error =
		paid(&with(vec![]), &bond_file(), &signed()).await.map(drop).unwrap_err().to_string();
	assert!(error.starts_with("UnknownBond"), "{error}");
}

#[tokio::test]
async fn a_node_that_says_approved_must_show_the_signatures() {
	for members in [&[][..], &[1, 2], &[1, 2, 5]] {
		let chain = with(vec![on_record(approved(), members)]);
		let error = paid(&chain, &bond_file(), &signed()).await.map(drop).unwrap_err();
		assert!(error.to_string().starts_with("DO NOT PAY"), "{error}");
		assert!(error.is::<NotSigned>());
	}
	// Of other transactions they are worth nothing.
	let mut bond = on_record(approved(), &[1, 2, 3]);
	bond["duties"][0]["spends"][0]["signatures"] = json!(of_another_coin());
	let error = paid(&with(vec![bond]), &bond_file(), &signed()).await.map(drop).unwrap_err();
	assert!(error.is::<NotSigned>(), "{error}");
	// Nor is another transaction a way out.
	let mut bond = on_record(approved(), &[1, 2, 3]);
	let theirs = extension_json(approved(), &[1, 2, 3]);
	bond["duties"][0]["spends"][0]["unsigned"] =
		theirs["duties"][1]["spends"][0]["unsigned"].clone();
	let error = paid(&with(vec![bond]), &bond_file(), &signed()).await.map(drop).unwrap_err();
	assert!(error.is::<OtherTransaction>(), "{error}");
}

/// Signatures of what would unbond a coin of another value.
fn of_another_coin() -> Vec<Option<Signature>> {
	let coin = FundedBond { value: Sats(1_999_999), ..funding().1 };
	let spend = unbonding_transaction::<Native>(&bond_terms(), &coin).unwrap();
	countersign(&spend, &[1, 2, 3])
}

#[tokio::test]
async fn too_late_is_not_paid() {
	// Bitcoin's tip is 110.
	let until = |height: u32| json!({ "approved": { "deadline": { "bitcoinHeight": height, "activeBlocks": 9 } } });
	let outpoint = funding().1.outpoint;
	for height in [110, 122] {
		let late = with(vec![on_record(until(height), &[1, 2, 3])]);
		let error = check_approved(&late, outpoint).await.map(drop).unwrap_err().to_string();
		assert!(error.starts_with("TooLate"), "{error}");
	}
	let early = with(vec![on_record(until(123), &[1, 2, 3])]);
	assert!(check_approved(&early, outpoint).await.is_ok());
}

#[tokio::test]
async fn a_file_of_other_terms_does_not_pay() {
	// The output is the same, and not what the node has on record of it.
	let mut bond = on_record(approved(), &[1, 2, 3]);
	bond["value"] = json!(1_500_000);
	let error = paid(&with(vec![bond]), &bond_file(), &signed()).await.map(drop).unwrap_err();
	assert!(error.is::<OtherTransaction>(), "{error}");
	let mut file = bond_file();
	file.terms.owner = [0xcc; 32];
	let chain = with(vec![on_record(approved(), &[1, 2, 3])]);
	let error = paid(&chain, &file, &signed()).await.map(drop).unwrap_err().to_string();
	assert!(error.starts_with("OtherTerms"), "{error}");
}

#[tokio::test]
async fn an_extension_is_completed_by_the_staker() {
	let (_, coin, spend) = extension();
	let old = on_record(active(), &[1, 2, 3]);
	let chain = with(vec![extension_json(approved(), &[2, 3, 4]), old.clone()]);
	let (new, old_bond) = extended(&chain, coin.outpoint).await.unwrap();
	let signed = Countersigned::extension(&new, &old_bond).unwrap();
	assert_eq!(signed.spend, spend);
	let staker = staker();
	let signature = staker.sign(&signed.spend.sighash, &staker.public()).unwrap();
	let expected = spend
		.clone()
		.complete(&bond_terms().covenant, &signature, &countersign(&spend, &[2, 3, 4]))
		.unwrap();
	assert_eq!(signed.complete(&signature).unwrap(), expected);

	let chain = with(vec![extension_json(approved(), &[2, 3]), old.clone()]);
	let (new, old_bond) = extended(&chain, coin.outpoint).await.unwrap();
	let error = Countersigned::extension(&new, &old_bond).unwrap_err();
	assert_eq!(error.downcast_ref(), Some(&NotSigned { signed: 2, needed: 3 }));
	// One that extends none.
	let chain = with(vec![on_record(approved(), &[1, 2, 3])]);
	assert!(extended(&chain, funding().1.outpoint).await.is_err());
}
