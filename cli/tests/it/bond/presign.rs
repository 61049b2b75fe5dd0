//! What a staker signs in advance, by a key file or by another program.

use super::kit::{bond_terms, funding, sequencer, staker};
use crate::kit::key_file;
use bitcoin::{
	hashes::Hash,
	key::{Keypair, Secp256k1},
	psbt::Psbt,
	secp256k1::Message,
	sighash::{Prevouts, SighashCache},
	taproot::{Signature as TaprootSignature, TapLeafHash},
	TapSighashType,
};
use entangled_bitcoin::{
	bond::{slashing_transaction, Slashable},
	Native,
};
use entangled_cli::{
	bond::presign::Slashing,
	sign::{key::KeyError, psbt, WrongSignature},
};
use pallet_sequencer_staking::Presigned;
use std::{fs, path::Path};

fn slashing() -> Slashing {
	Slashing::new(sequencer(), bond_terms(), funding().1).unwrap()
}

/// Fails unless the chain would take the signatures.
fn expect_good(presigned: &Presigned) {
	for (which, signature) in
		[(Slashable::Bond, &presigned.bond), (Slashable::Unbonding, &presigned.unbonding)]
	{
		let spend = slashing_transaction::<Native>(which, &bond_terms(), &funding().1).unwrap();
		assert!(spend.is_signed_by::<Native>(&bond_terms().staker, signature), "{which:?}");
	}
}

/// Signs a file as another program does, from what the PSBT says alone.
fn sign_elsewhere(from: &Path, to: &Path) {
	let mut psbt = Psbt::deserialize(&psbt::load(from).unwrap()).unwrap();
	let curve = Secp256k1::new();
	let mut secret = [0; 32];
	secret[31] = 9;
	let pair = Keypair::from_seckey_slice(&curve, &secret).unwrap();
	let input = &mut psbt.inputs[0];
	let (_, (script, version)) = input.tap_scripts.iter().next().unwrap();
	let hash = TapLeafHash::from_script(script, *version);
	let coin = input.witness_utxo.clone().unwrap();
	let sighash = SighashCache::new(&psbt.unsigned_tx)
		.taproot_script_spend_signature_hash(
			0,
			&Prevouts::All(&[coin]),
			hash,
			TapSighashType::Default,
		)
		.unwrap();
	let signature = curve.sign_schnorr(&Message::from_digest(sighash.to_byte_array()), &pair);
	let signature = TaprootSignature { signature, sighash_type: TapSighashType::Default };
	input.tap_script_sigs.insert((pair.x_only_public_key().0, hash), signature);
	fs::write(to, psbt.serialize()).unwrap();
}

#[test]
fn a_key_file_signs_both() {
	expect_good(&slashing().sign(&staker()).unwrap());
	let error = slashing().sign(&key_file(10)).unwrap_err();
	assert!(matches!(error.downcast_ref(), Some(KeyError::OtherKey { .. })), "{error}");
}

#[test]
fn another_program_signs_both() {
	let folder = tempfile::tempdir().unwrap();
	let (out, back) = (folder.path().join("out"), folder.path().join("back"));
	let origin = psbt::key_origin("1a2b3c4d/86'/0'/0'/0/5").unwrap();
	let files = slashing().export(&out, Some(origin.clone())).unwrap();
	assert_eq!(files, [out.join("slash-bond.psbt"), out.join("slash-unbonding.psbt")]);
	let exported = Psbt::deserialize(&psbt::load(&files[0]).unwrap()).unwrap();
	let (_, found) = exported.inputs[0].tap_key_origins.values().next().unwrap();
	assert_eq!(*found, origin);
	// Nothing is overwritten.
	assert!(slashing().export(&out, None).is_err());

	fs::create_dir(&back).unwrap();
	sign_elsewhere(&files[0], &back.join("a.psbt"));
	let missing = slashing().collect(&back).unwrap_err().to_string();
	assert!(missing.contains("slash-unbonding.psbt"), "{missing}");
	// Names do not matter, nor what else is there.
	sign_elsewhere(&files[1], &back.join("b.psbt"));
	fs::write(back.join("notes.txt"), "of no matter").unwrap();
	expect_good(&slashing().collect(&back).unwrap());
	// Where they were exported to, they are not signed.
	let unsigned = slashing().collect(&out).unwrap_err().to_string();
	assert!(unsigned.contains("slash-bond.psbt is not signed"), "{unsigned}");
}

#[test]
fn what_comes_back_changed_is_named() {
	let folder = tempfile::tempdir().unwrap();
	let files = slashing().export(folder.path(), None).unwrap();
	for file in &files {
		sign_elsewhere(file, file);
	}
	expect_good(&slashing().collect(folder.path()).unwrap());

	let mut psbt = Psbt::deserialize(&psbt::load(&files[1]).unwrap()).unwrap();
	psbt.unsigned_tx.output[0].value += bitcoin::Amount::ONE_SAT;
	fs::write(&files[1], psbt.serialize()).unwrap();
	let error = slashing().collect(folder.path()).unwrap_err();
	assert!(error.to_string().contains("output 0 holds another amount"), "{error}");
	assert_eq!(error.downcast_ref(), Some(&WrongSignature));
}

#[test]
fn what_it_can_cost_is_said() {
	let text = slashing().to_string();
	for part in
		["0.02000000 BTC", "0.00200000 BTC (10 %)", "3 of the 4", "5000 blocks", "1008 blocks"]
	{
		assert!(text.contains(part), "{part}: {text}");
	}
}
