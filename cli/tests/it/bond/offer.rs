//! What a node offers a bond on is derived anew, and a node that says otherwise is found out.

use super::kit::{bond_file, bond_terms, funding, node, offer_json, owner, sequencer, staker};
use crate::kit::{committee, impostors, key, refused, Fake, GENESIS, OTHER_GENESIS};
use bitcoin::consensus::encode::serialize_hex;
use entangled_bitcoin::{bond::BondTerms, Network, Sats};
use entangled_cli::{
	agreement::Mistrust,
	bond::{
		funding::Funding,
		register::{funds, still_offered},
		terms::{offer, OtherTerms, Wanted},
	},
	chain::Chain,
	committee::CommitteeFile,
	parse,
};
use serde_json::{json, Value};

fn wanted() -> Wanted {
	Wanted {
		owner: owner(),
		sequencer: sequencer(),
		staker: staker().public(),
		timelock: bond_terms().timelock,
	}
}

/// A node that offers these terms.
fn offering(answer: Value) -> Chain {
	node(move |method, params| {
		(method == "staking_bondTerms").then(|| {
			let asked = [parse::ss58(&owner()), parse::ss58(&sequencer())];
			assert_eq!(params[..2], asked.map(Value::from));
			assert_eq!(params[2..], [json!(staker().public()), json!(5_000)]);
			answer.clone()
		})
	})
}

fn honest() -> Chain {
	offering(offer_json(&bond_terms()))
}

#[tokio::test]
async fn an_honest_node_s_terms_make_the_file() {
	let committee = CommitteeFile::new(Network::Regtest, GENESIS, committee());
	let offer = offer(&honest(), Some(committee), &[honest()], &wanted()).await.unwrap();
	assert_eq!(offer.file, bond_file());
	assert_eq!(offer.told.least, Sats(1_000_000));
	assert_eq!(offer.told.deposit().unwrap(), 1_000_000_000_000);
}

#[tokio::test]
async fn other_terms_than_those_asked_for_are_refused() {
	let with = |change: &dyn Fn(&mut BondTerms)| {
		let mut terms = bond_terms();
		change(&mut terms);
		offer_json(&terms)
	};
	let mut other_committee = offer_json(&bond_terms());
	other_committee["covenant"] = json!(1);
	for answer in [
		with(&|terms| terms.chain = OTHER_GENESIS),
		with(&|terms| terms.owner = [0xcc; 32]),
		with(&|terms| terms.staker = key(10)),
		with(&|terms| terms.timelock = 5_001),
		with(&|terms| terms.covenant = impostors().multisig().unwrap()),
		other_committee,
	] {
		let error = offer(&offering(answer), None, &[], &wanted()).await.unwrap_err();
		assert_eq!(error.downcast_ref(), Some(&OtherTerms("chain".into())), "{error}");
	}
}

#[tokio::test]
async fn another_address_than_that_of_the_terms_is_not_to_be_paid() {
	let other = offer_json(&BondTerms { timelock: 6_000, ..bond_terms() });
	for field in ["address", "script"] {
		let mut answer = offer_json(&bond_terms());
		answer[field] = other[field].clone();
		let error = offer(&offering(answer), None, &[], &wanted()).await.unwrap_err();
		assert!(matches!(error.downcast_ref(), Some(Mistrust::OtherAddress { .. })), "{error}");
	}
}

#[tokio::test]
async fn a_covenant_that_others_do_not_know_is_refused() {
	let file = CommitteeFile::new(Network::Regtest, GENESIS, impostors());
	let error = offer(&honest(), Some(file), &[], &wanted()).await.unwrap_err();
	assert!(matches!(error.downcast_ref(), Some(Mistrust::OtherCommittee { .. })), "{error}");
}

#[tokio::test]
async fn the_node_s_refusal_comes_with_its_advice() {
	let chain = Chain::new(Fake::new("chain", |method, _| match method {
		"staking_bondTerms" => {
			let advice = json!({ "reason": "banned", "advice": "choose another sequencer" });
			Err(refused(method, 8_203, "the sequencer has cheated, and is banned", Some(advice)))
		},
		_ => super::kit::common(method).ok_or_else(|| refused(method, -5, "not found", None)),
	}));
	let error = offer(&chain, None, &[], &wanted()).await.unwrap_err().to_string();
	assert!(error.contains("banned") && error.contains("choose another"), "{error}");
}

#[tokio::test]
async fn nothing_is_registered_when_the_rules_or_the_covenant_have_changed() {
	assert!(still_offered(&honest(), &bond_file()).await.is_ok());
	let mut terms = bond_terms();
	terms.rules.slash_ppm += 1;
	let error = still_offered(&offering(offer_json(&terms)), &bond_file()).await.unwrap_err();
	assert!(error.to_string().contains("TermsChanged: since the address was made, governance"));
}

#[test]
fn the_transaction_must_pay_the_bond_once_and_enough() {
	let least = Sats(1_000_000);
	let (transaction, coin) = funding();
	let pays = |transaction: &bitcoin::Transaction, least| {
		let funding = Funding::parse(serialize_hex(transaction).as_bytes()).unwrap();
		funds(&funding, &bond_file(), least).map_err(|error| error.to_string())
	};
	assert_eq!(pays(&transaction, least), Ok(coin));
	let too_little = pays(&transaction, Sats(2_000_001)).unwrap_err();
	assert!(too_little.contains("must hold at least"), "{too_little}");
	let mut twice = transaction.clone();
	twice.output.push(twice.output[1].clone());
	assert!(pays(&twice, least).unwrap_err().contains("only one output"));
	let mut nothing = transaction.clone();
	nothing.output.pop();
	assert!(pays(&nothing, least).unwrap_err().starts_with("WrongScript"));
	let mut mined = transaction;
	mined.input[0].previous_output = bitcoin::OutPoint::null();
	assert!(pays(&mined, least).unwrap_err().contains("newly mined"));
}
