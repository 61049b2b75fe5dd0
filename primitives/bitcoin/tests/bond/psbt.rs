//! What goes to another signer, and what comes back.

use crate::kit::*;
use bitcoin::{
	bip32::{DerivationPath, Fingerprint},
	hashes::Hash,
	key::Secp256k1,
	psbt::Psbt,
	secp256k1::{schnorr, XOnlyPublicKey},
	taproot::{self, LeafVersion, TapLeafHash},
	TapSighashType, Witness,
};
use entangled_bitcoin::{
	bond::{withdrawal_transaction, BondOutput},
	psbt::{PsbtError, SigningRequest},
	script::UnsignedRefund,
	taproot::NUMS,
	FeeRate, Native, PayoutScript, Sats, SpentOutput, TaprootScript, XOnlyKey,
};
use std::str::FromStr;

/// Signs as another program does: from what the PSBT says alone.
fn sign_elsewhere(bytes: &[u8], n: u8, kind: TapSighashType) -> Psbt {
	let mut psbt = Psbt::deserialize(bytes).unwrap();
	let secp = Secp256k1::new();
	let pair = keypair(n);
	let key = pair.x_only_public_key().0;
	let input = &mut psbt.inputs[0];
	let utxo = input.witness_utxo.clone().unwrap();
	let (control, (script, version)) = input.tap_scripts.iter().next().unwrap();
	let hash = TapLeafHash::from_script(script, *version);
	assert_eq!(input.tap_key_origins[&key].0, [hash]);

	// The output commits to the script, under the key and the root that the PSBT says.
	let paid = TaprootScript::parse(utxo.script_pubkey.as_bytes()).unwrap();
	let output_key = XOnlyPublicKey::from_slice(&paid.0 .0).unwrap();
	assert!(control.verify_taproot_commitment(&secp, output_key, script));
	let internal = input.tap_internal_key.unwrap();
	assert_eq!(internal.serialize(), NUMS.0);
	let spend = taproot::TaprootSpendInfo::new_key_spend(&secp, internal, input.tap_merkle_root);
	assert_eq!(spend.output_key().serialize(), output_key.serialize());

	let sighash = bitcoin::sighash::SighashCache::new(&psbt.unsigned_tx)
		.taproot_script_spend_signature_hash(
			0,
			&bitcoin::sighash::Prevouts::All(&[utxo]),
			hash,
			kind,
		)
		.unwrap();
	let signature = sign(n, &sighash.to_byte_array());
	let signature = taproot::Signature {
		signature: schnorr::Signature::from_slice(&signature.0).unwrap(),
		sighash_type: kind,
	};
	input.tap_script_sigs.insert((key, hash), signature);
	psbt
}

/// A withdrawal of each output, with its coin.
fn withdrawals() -> Vec<(UnsignedRefund, SpentOutput)> {
	[BondOutput::Bond, BondOutput::Unbonding, BondOutput::Refund]
		.into_iter()
		.map(|from| {
			let value = Sats(100_000);
			let to = PayoutScript::P2tr(key(5));
			let rate = FeeRate(2_000);
			let unsigned =
				withdrawal_transaction::<Native>(from, &terms(), bond().outpoint, value, to, rate);
			let script_pubkey = from.of::<Native>(&terms()).unwrap().script_pubkey().into();
			(unsigned.unwrap(), SpentOutput { value, script_pubkey })
		})
		.collect()
}

/// Calls with what the staker is asked to sign: each transaction of a bond, and each withdrawal.
fn for_each_request(check: impl Fn(SigningRequest)) {
	let key = key(STAKER);
	for spend in spends() {
		check(spend.request(&key));
	}
	for (UnsignedRefund { transaction, sighash, leaf }, spent) in withdrawals() {
		check(SigningRequest {
			transaction: &transaction,
			spent: &spent,
			leaf: &leaf,
			sighash: &sighash,
			key: &key,
		});
	}
}

#[test]
fn what_goes_out_comes_back_signed() {
	for_each_request(|request| {
		let bytes = request.to_psbt(None).unwrap().serialize();
		let signed = sign_elsewhere(&bytes, STAKER, TapSighashType::Default);
		let signature = request.signature(&signed.serialize()).unwrap();
		assert_eq!(signature, sign(STAKER, request.sighash));

		// A wallet that completes it puts the signature into the witness.
		let mut completed = signed;
		let input = &mut completed.inputs[0];
		input.tap_script_sigs.clear();
		let stack = [&signature.0[..], &request.leaf.script, &request.leaf.control_block];
		input.final_script_witness = Some(Witness::from_slice(&stack));
		assert_eq!(request.signature(&completed.serialize()), Ok(signature));
	});
}

#[test]
fn a_covenants_member_may_sign_so_too() {
	let terms = terms();
	for spend in spends() {
		let member = (1..=4).find(|n| key(*n) == terms.covenant.keys()[2]).unwrap();
		let request = spend.request(&terms.covenant.keys()[2]);
		let bytes = request.to_psbt(None).unwrap().serialize();
		let signed = sign_elsewhere(&bytes, member, TapSighashType::Default);
		let signature = request.signature(&signed.serialize()).unwrap();
		assert!(spend.is_signed_by::<Native>(&key(member), &signature));
	}
}

#[test]
fn wallets_find_the_key_by_its_origin() {
	let origin =
		(Fingerprint::from([1, 2, 3, 4]), DerivationPath::from_str("86'/0'/0'/0/5").unwrap());
	for_each_request(|request| {
		let psbt = request.to_psbt(Some(origin.clone())).unwrap();
		let psbt = Psbt::deserialize(&psbt.serialize()).unwrap();
		let input = &psbt.inputs[0];
		let key = XOnlyPublicKey::from_slice(&request.key.0).unwrap();
		let hash = TapLeafHash::from_byte_array(request.leaf.hash);
		assert_eq!(input.tap_key_origins[&key], (vec![hash], origin.clone()));
		assert_eq!(input.tap_scripts.len(), 1);
		let (script, version) = input.tap_scripts.values().next().unwrap();
		assert_eq!(
			(script.as_bytes(), *version),
			(&request.leaf.script[..], LeafVersion::TapScript)
		);
		assert_eq!(psbt.unsigned_tx, *request.transaction);
	});
}

#[test]
fn what_comes_back_is_not_believed() {
	for_each_request(|request| {
		let unsigned = request.to_psbt(None).unwrap();
		let bytes = unsigned.serialize();
		assert_eq!(request.signature(&bytes), Err(PsbtError::NotSigned));
		assert_eq!(request.signature(b""), Err(PsbtError::Malformed));
		assert_eq!(request.signature(&bytes[..bytes.len() - 1]), Err(PsbtError::Malformed));

		let signed = sign_elsewhere(&bytes, STAKER, TapSighashType::Default);
		let mut other = signed.clone();
		other.unsigned_tx.output[0].value -= bitcoin::Amount::ONE_SAT;
		assert_eq!(request.signature(&other.serialize()), Err(PsbtError::OtherTransaction));

		// For some outputs only: not what was asked for.
		for kind in
			[TapSighashType::All, TapSighashType::None, TapSighashType::SinglePlusAnyoneCanPay]
		{
			let signed = sign_elsewhere(&bytes, STAKER, kind);
			assert_eq!(request.signature(&signed.serialize()), Err(PsbtError::WrongSignature));
		}

		let mut forged = signed.clone();
		let signature = forged.inputs[0].tap_script_sigs.values_mut().next().unwrap();
		let wrong = sign(1, request.sighash).0;
		signature.signature = schnorr::Signature::from_slice(&wrong).unwrap();
		assert_eq!(request.signature(&forged.serialize()), Err(PsbtError::WrongSignature));

		// Somebody else's, under that one's name.
		let mut moved = signed;
		let input = &mut moved.inputs[0];
		let ((_, hash), signature) = input.tap_script_sigs.pop_first().unwrap();
		let other = XOnlyPublicKey::from_slice(&key(1).0).unwrap();
		input.tap_script_sigs.insert((other, hash), signature);
		assert_eq!(request.signature(&moved.serialize()), Err(PsbtError::NotSigned));
	});
}

#[test]
fn what_cannot_be_asked() {
	let spend = &spends()[0];
	let nobody = XOnlyKey([0; 32]);
	assert_eq!(spend.request(&nobody).to_psbt(None), Err(PsbtError::Request));

	let key = key(STAKER);
	let mut signed = spend.clone();
	signed.transaction.input[0].witness.push([1; 64]);
	assert_eq!(signed.request(&key).to_psbt(None), Err(PsbtError::Request));
	let mut two = spend.clone();
	two.transaction.input.push(Default::default());
	assert_eq!(two.request(&key).to_psbt(None), Err(PsbtError::Request));
	let of_two = Psbt::from_unsigned_tx(two.transaction.clone()).unwrap().serialize();
	assert_eq!(two.request(&key).signature(&of_two), Err(PsbtError::Request));
	let mut cut = spend.clone();
	cut.leaf.control_block.pop();
	assert_eq!(cut.request(&key).to_psbt(None), Err(PsbtError::Request));
	for error in [PsbtError::Request, PsbtError::Malformed, PsbtError::OtherTransaction] {
		assert!(!error.to_string().is_empty());
	}
	assert_ne!(PsbtError::NotSigned.to_string(), PsbtError::WrongSignature.to_string());
}
