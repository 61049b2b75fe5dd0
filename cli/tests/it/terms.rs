//! The file with the terms of a deposit.

use crate::kit::{committee, key, terms, GENESIS, OTHER_GENESIS};
use entangled_bitcoin::{Destination, Network, Refund};
use entangled_cli::{
	committee::{CommitteeError, CommitteeFile},
	document::{Document, DocumentError},
	terms::{Terms, TermsError},
};
use pallet_peg::DepositTerms;
use serde_json::{json, Value};

fn all() -> Vec<Terms> {
	let refund = Some(Refund { key: key(9), delay: 4_032 });
	let destinations = [
		Destination::Account([1; 32]),
		Destination::Rollup { rollup: 7, recipient: [2; 32] },
		Destination::Reserve,
	];
	let mut all = Vec::new();
	for destination in destinations {
		for (network, genesis, refund) in [
			(Network::Mainnet, OTHER_GENESIS, refund),
			(Network::Regtest, GENESIS, refund),
			(Network::Signet, GENESIS, None),
		] {
			all.push(Terms::new(network, genesis, committee(), destination, refund).unwrap());
		}
	}
	all
}

/// The terms' JSON, with something changed.
fn changed(change: impl FnOnce(&mut Value)) -> Result<Terms, TermsError> {
	let mut value: Value = serde_json::from_str(&terms().to_text()).unwrap();
	change(&mut value);
	Terms::parse(&value.to_string())
}

#[test]
fn a_file_says_the_same_when_it_is_read_again() {
	for terms in all() {
		let again = Terms::parse(&terms.to_text()).unwrap();
		assert_eq!(again, terms);
		assert_eq!(again.script().unwrap(), terms.script().unwrap());
	}
}

#[test]
fn addresses_are_of_the_network_and_differ_by_every_part_of_the_terms() {
	let mainnet = all().into_iter().find(|terms| terms.network == Network::Mainnet).unwrap();
	assert!(mainnet.address.starts_with("bc1p"), "{}", mainnet.address);
	let base = terms();
	assert!(base.address.starts_with("bcrt1p"), "{}", base.address);
	let refund = base.refund.unwrap();
	let on = |genesis, destination, refund| {
		Terms::new(Network::Regtest, genesis, committee(), destination, refund).unwrap().address
	};
	let with = |destination, refund| on(GENESIS, destination, refund);
	let mut addresses = vec![
		base.address.clone(),
		with(Destination::Account([0xab; 32]), Some(refund)),
		with(base.destination, Some(Refund { delay: 145, ..refund })),
		with(base.destination, Some(Refund { key: key(10), ..refund })),
		with(base.destination, None),
		on(OTHER_GENESIS, base.destination, Some(refund)),
		on(OTHER_GENESIS, base.destination, None),
	];
	addresses.sort();
	addresses.dedup();
	assert_eq!(addresses.len(), 7);
	// The fixed address is the same for all.
	assert_eq!(with(Destination::Reserve, None), with(base.destination, None));
}

#[test]
fn the_chain_gets_the_terms_as_it_knows_them() {
	let terms = terms();
	let DepositTerms::Own { committee: 0, destination, refund } = terms.for_chain() else {
		panic!("own terms");
	};
	assert_eq!((destination, Some(refund)), (terms.destination, terms.refund));
	assert_eq!(
		serde_json::to_value(terms.for_chain()).unwrap(),
		json!({ "own": {
			"committee": 0,
			"destination": { "account": "aa".repeat(32) },
			"refund": { "key": key(9), "delay": 144 },
		} })
	);
	let fixed =
		Terms::new(Network::Regtest, GENESIS, committee(), Destination::Reserve, None).unwrap();
	assert_eq!(fixed.for_chain(), DepositTerms::Fixed { committee: 0 });
}

#[test]
fn what_is_no_such_file_is_told_apart_from_what_is_damaged() {
	for text in ["", "terms", "[]", "{}", r#"{"format": "something-else", "version": 1}"#] {
		assert!(
			matches!(Terms::parse(text), Err(TermsError::Document(DocumentError::OtherFormat(_)))),
			"{text}"
		);
	}
	let newer = changed(|value| value["version"] = json!(2));
	assert!(matches!(
		newer,
		Err(TermsError::Document(DocumentError::OtherVersion { found: 2, known: 1 }))
	));
	for damaged in [
		changed(|value| drop(value.as_object_mut().unwrap().remove("version"))),
		changed(|value| drop(value.as_object_mut().unwrap().remove("destination"))),
		changed(|value| value["more"] = json!(1)),
		changed(|value| value["committee"]["more"] = json!(1)),
		changed(|value| value["network"] = json!("dogecoin")),
		changed(|value| value["genesis"] = json!(null)),
		changed(|value| value["genesis"] = json!("11".repeat(32))),
		changed(|value| value["genesis"] = json!("0x11")),
		changed(|value| value["refund"]["delay"] = json!(65_536)),
		changed(|value| value["refund"]["key"] = json!("79be66")),
	] {
		assert!(
			matches!(damaged, Err(TermsError::Document(DocumentError::Malformed(_)))),
			"{damaged:?}"
		);
	}
}

#[test]
fn nothing_is_accepted_that_would_not_be_written_so() {
	for odd in [
		changed(|value| value["refund"]["more"] = json!(1)),
		changed(|value| value["destination"]["account"] = json!("AA".repeat(32))),
		changed(|value| value["genesis"] = json!(format!("0x{}", "AA".repeat(32)))),
	] {
		assert!(matches!(odd, Err(TermsError::Document(DocumentError::NotCanonical))), "{odd:?}");
	}
	// A field that is there twice.
	let twice = terms().to_text().replacen("{", "{ \"address\": \"bcrt1p\",", 1);
	assert!(Terms::parse(&twice).is_err());
}

#[test]
fn an_address_that_is_not_that_of_the_terms_is_noticed() {
	for damaged in [
		changed(|value| value["destination"] = json!("reserve")),
		changed(|value| value["refund"]["delay"] = json!(143)),
		changed(|value| value["refund"]["key"] = json!(key(10))),
		changed(|value| value["committee"]["threshold"] = json!(2)),
		changed(|value| value["network"] = json!("mainnet")),
		changed(|value| value["genesis"] = json!(OTHER_GENESIS)),
		changed(|value| value["refund"] = json!(null)),
		changed(|value| value["address"] = json!("bcrt1p")),
	] {
		assert!(matches!(damaged, Err(TermsError::OtherAddress { .. })), "{damaged:?}");
	}
}

#[test]
fn there_is_no_address_without_a_delay() {
	let refund = Some(Refund { key: key(9), delay: 0 });
	let made = Terms::new(Network::Regtest, GENESIS, committee(), Destination::Reserve, refund);
	assert!(matches!(made, Err(TermsError::NoAddress)));
}

#[test]
fn a_committee_in_a_file() {
	let file = CommitteeFile::new(Network::Regtest, GENESIS, committee());
	assert_eq!(CommitteeFile::parse(&file.to_text()).unwrap(), file);
	let changed = |change: &dyn Fn(&mut Value)| {
		let mut value: Value = serde_json::from_str(&file.to_text()).unwrap();
		change(&mut value);
		CommitteeFile::parse(&value.to_string())
	};
	assert!(matches!(
		CommitteeFile::parse(&terms().to_text()),
		Err(CommitteeError::Document(DocumentError::OtherFormat(_)))
	));
	let newer = changed(&|value| value["version"] = json!(2));
	assert!(matches!(newer, Err(CommitteeError::Document(DocumentError::OtherVersion { .. }))));
	for no_keys in [
		changed(&|value| value["committee"]["threshold"] = json!(5)),
		changed(&|value| value["committee"]["keys"].as_array_mut().unwrap().reverse()),
	] {
		assert!(matches!(no_keys, Err(CommitteeError::Keys(_))), "{no_keys:?}");
	}
	for damaged in [
		changed(&|value| value["genesis"] = json!(null)),
		changed(&|value| value["more"] = json!(1)),
	] {
		let malformed =
			matches!(damaged, Err(CommitteeError::Document(DocumentError::Malformed(_))));
		assert!(malformed, "{damaged:?}");
	}
}
