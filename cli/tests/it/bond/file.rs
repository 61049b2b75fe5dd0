//! The file with a bond.

use super::kit::{approved, bond, bond_file, funding};
use entangled_bitcoin::{bond::bond_output, Native, Network};
use entangled_cli::{
	bond::{
		covenant::{Countersigned, NotSigned},
		file::{BondFile, BondFileError},
	},
	document::{Document, DocumentError},
};
use serde_json::{json, Value};

/// The file's JSON, with something changed.
fn changed(change: impl FnOnce(&mut Value)) -> Result<BondFile, BondFileError> {
	let mut value: Value = serde_json::from_str(&bond_file().to_text()).unwrap();
	change(&mut value);
	BondFile::parse(&value.to_string())
}

#[test]
fn a_file_says_the_same_when_it_is_read_again() {
	let registered = BondFile::of(Network::Regtest, &bond(approved(), &[1, 2, 4])).unwrap();
	for file in [bond_file(), registered] {
		let again = BondFile::parse(&file.to_text()).unwrap();
		assert_eq!(again, file);
		let script = bond_output::<Native>(&file.terms).unwrap().script_pubkey();
		assert_eq!(again.script().unwrap(), script);
		assert!(again.address.starts_with("bcrt1p"));
	}
}

#[test]
fn a_file_keeps_the_way_out() {
	let bond = bond(approved(), &[1, 2, 4]);
	let file = BondFile::of(Network::Regtest, &bond).unwrap();
	let kept = Countersigned::kept(&file).unwrap();
	let handed_out = Countersigned::way_out(&bond).unwrap();
	let staker = super::kit::staker();
	let signature = staker.sign(&kept.spend.sighash, &staker.public()).unwrap();
	assert_eq!(kept.complete(&signature).unwrap(), handed_out.complete(&signature).unwrap());
	assert_eq!(file.registered.as_ref().unwrap().coin, funding().1);
	// One that was written before has none.
	assert!(Countersigned::kept(&bond_file()).is_err());
	let too_early = super::kit::bond(super::kit::registered(), &[1, 2]);
	let too_early = BondFile::of(Network::Regtest, &too_early).unwrap();
	let error = Countersigned::kept(&too_early).unwrap_err();
	assert_eq!(error.downcast_ref(), Some(&NotSigned { signed: 2, needed: 3 }));
}

#[test]
fn what_is_damaged_is_noticed() {
	use BondFileError::{Document, OtherAddress, Terms};
	for (damaged, what) in [
		(changed(|file| file["format"] = json!("entangled-deposit-terms")), "other"),
		(changed(|file| file["version"] = json!(2)), "newer"),
		(changed(|file| file["terms"]["owner"] = json!("aa")), "malformed"),
		(changed(|file| drop(file.as_object_mut().unwrap().remove("sequencer"))), "malformed"),
		(changed(|file| file["terms"]["more"] = json!(1)), "odd"),
		(changed(|file| file["terms"]["owner"] = json!("AA".repeat(32))), "odd"),
		(changed(|file| file["terms"]["timelock"] = json!(1_008)), "terms"),
		(changed(|file| file["terms"]["staker"] = json!("00".repeat(32))), "terms"),
		(changed(|file| file["terms"]["timelock"] = json!(5_001)), "address"),
		(changed(|file| file["terms"]["covenant"]["threshold"] = json!(2)), "address"),
		(changed(|file| file["network"] = json!("mainnet")), "address"),
	] {
		let found = match damaged.unwrap_err() {
			Document(DocumentError::OtherFormat(_)) => "other",
			Document(DocumentError::OtherVersion { .. }) => "newer",
			Document(DocumentError::Malformed(_)) => "malformed",
			Document(DocumentError::NotCanonical) => "odd",
			Terms(_) => "terms",
			OtherAddress { .. } => "address",
		};
		assert_eq!(found, what);
	}
}
