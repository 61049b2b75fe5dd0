//! Addresses are derived from the committee's keys, and a node that says otherwise is found out.

use crate::kit::{
	committee, committee_json, impostors, key, refused, status_json, Fake, GENESIS, OTHER_GENESIS,
};
use entangled_bitcoin::{Destination, Network, Refund};
use entangled_cli::{
	agreement::Mistrust,
	chain::Chain,
	committee::{CommitteeFile, CommitteeKeys},
	deposit::derive::{Ground, Source},
	terms::Terms,
};
use pallet_peg::DepositTerms;
use serde_json::{from_value, json, Value};

/// A node whose committee has these keys, and which derives addresses from those.
fn node(url: &str, shown: CommitteeKeys, derives_from: CommitteeKeys) -> Chain {
	Chain::new(Fake::new(url, move |method, params| {
		Ok(match method {
			"bitcoin_network" => json!("regtest"),
			"chain_getBlockHash" => json!(GENESIS),
			"peg_committees" => json!([committee_json(&shown)]),
			"peg_status" => status_json(),
			"peg_depositAddress" => address(&derives_from, &params[0]),
			_ => return Err(refused(method, -32601, "no such method", None)),
		})
	}))
}

fn address(committee: &CommitteeKeys, terms: &Value) -> Value {
	let (destination, refund) = match from_value(terms.clone()).unwrap() {
		DepositTerms::Own { destination, refund, .. } => (destination, Some(refund)),
		DepositTerms::Fixed { .. } => (Destination::Reserve, None),
	};
	let terms =
		Terms::new(Network::Regtest, GENESIS, committee.clone(), destination, refund).unwrap();
	json!({ "address": terms.address, "script": hex::encode(terms.script().unwrap()), "terms": {} })
}

fn honest(url: &str) -> Chain {
	node(url, committee(), committee())
}

fn refund() -> Option<Refund> {
	Some(Refund { key: key(9), delay: 144 })
}

const TO: Destination = Destination::Account([0xaa; 32]);

fn mistrust(error: anyhow::Error) -> Mistrust {
	error.downcast().unwrap()
}

#[tokio::test]
async fn an_honest_node_and_the_keys_agree() {
	let ground = Source::agree(honest("a"), None, &[honest("b")]).await.unwrap();
	assert_eq!(ground.genesis, GENESIS);
	assert_eq!(ground.policy.unwrap().claim_margin, 44);
	let own = ground.terms(TO, refund()).await.unwrap();
	assert_eq!(own, crate::kit::terms());
	let fixed = ground.terms(TO, None).await.unwrap();
	assert_ne!(fixed.address, own.address);
}

#[tokio::test]
async fn a_node_that_gives_another_address_is_not_to_be_paid() {
	let liar = node("liar", committee(), impostors());
	let ground = Source::agree(liar, None, &[]).await.unwrap();
	for refund in [refund(), None] {
		let error = ground.terms(TO, refund).await.unwrap_err();
		assert!(error.to_string().contains("DO NOT PAY"), "{error}");
		let Mistrust::OtherAddress { node, told, derived } = mistrust(error) else {
			panic!("another address");
		};
		assert_eq!(node, "liar");
		assert_ne!(told, derived);
	}
}

#[tokio::test]
async fn a_node_with_another_committee_is_found_out_by_a_file_or_another_node() {
	let file = || Some(CommitteeFile::new(Network::Regtest, GENESIS, committee()));
	let liar = || node("liar", impostors(), impostors());
	// By itself it is consistent.
	assert!(Source::agree(liar(), None, &[]).await.unwrap().terms(TO, refund()).await.is_ok());
	let by_file = Source::agree(liar(), file(), &[]).await.map(drop).unwrap_err();
	assert!(matches!(mistrust(by_file), Mistrust::OtherCommittee { .. }));
	let by_node = Source::agree(liar(), None, &[honest("b")]).await.map(drop).unwrap_err();
	assert!(matches!(mistrust(by_node), Mistrust::OtherCommittee { .. }));
	assert!(Source::agree(honest("a"), file(), &[]).await.is_ok());

	let elsewhere = Some(CommitteeFile::new(Network::Regtest, OTHER_GENESIS, committee()));
	let by_file = Source::agree(honest("a"), elsewhere, &[]).await.map(drop).unwrap_err();
	assert!(matches!(mistrust(by_file), Mistrust::OtherChain { .. }));
}

#[tokio::test]
async fn without_a_node_the_keys_are_enough() {
	let ground = Ground {
		chain: None,
		network: Network::Regtest,
		genesis: GENESIS,
		committee: committee(),
		policy: None,
	};
	assert_eq!(ground.terms(TO, refund()).await.unwrap(), crate::kit::terms());
	// The file of another chain gives another address, though the keys are the same.
	let elsewhere = Ground { genesis: OTHER_GENESIS, ..ground };
	for refund in [refund(), None] {
		let theirs = elsewhere.terms(TO, refund).await.unwrap();
		let ours = Terms::new(Network::Regtest, GENESIS, committee(), TO, refund).unwrap();
		assert_ne!(theirs.address, ours.address);
	}
}

#[tokio::test]
async fn no_deposit_without_a_committee_that_serves() {
	let chain = Chain::new(Fake::new("a", |method, _| {
		Ok(match method {
			"bitcoin_network" => json!("regtest"),
			"chain_getBlockHash" => json!(GENESIS),
			_ => json!([]),
		})
	}));
	let error = Source::agree(chain, None, &[]).await.map(drop).unwrap_err();
	assert!(error.to_string().contains("no committee serves"), "{error}");
}
