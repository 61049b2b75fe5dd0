//! A coin taken back, checked by another implementation than the one that built it.

use crate::kit::{committee, key, key_file, terms, GENESIS};
use bitcoin::{
	hashes::Hash,
	opcodes::all::{OP_CHECKSIGVERIFY, OP_CSV},
	psbt::Psbt,
	script::Builder,
	secp256k1::{schnorr, Message, Secp256k1},
	sighash::{Prevouts, SighashCache},
	taproot::{ControlBlock, LeafVersion, TapLeafHash},
	Amount, ScriptBuf, Sequence, TapSighashType, Transaction, TxOut, XOnlyPublicKey,
};
use entangled_bitcoin::{Destination, FeeRate, Network, OutPoint, PayoutScript, Sats, Signature};
use entangled_cli::{
	deposit::plan::{plan as plan_of, RefundRefused},
	parse::BadAddress,
	sign::{self, key::KeyError, psbt, WrongSignature},
	takeback::Plan,
	terms::Terms,
};

const AMOUNT: Sats = Sats(1_000_000);

fn outpoint() -> OutPoint {
	format!("{}:1", "ab".repeat(32)).parse().unwrap()
}

fn address() -> String {
	PayoutScript::P2tr(key(20)).to_address(Network::Regtest)
}

fn plan() -> Plan {
	plan_of(&terms(), outpoint(), AMOUNT, &address(), FeeRate(2_500)).unwrap()
}

fn signed(plan: &Plan) -> Transaction {
	let signature = key_file(9).sign(&plan.unsigned.sighash, &plan.key).unwrap();
	plan.complete(&signature).unwrap()
}

fn coin(plan: &Plan) -> TxOut {
	let script_pubkey = ScriptBuf::from(terms().script().unwrap().to_vec());
	assert_eq!(plan.spent.script_pubkey, script_pubkey);
	TxOut { value: Amount::from_sat(AMOUNT.0), script_pubkey }
}

#[test]
fn the_transaction_is_valid() {
	let plan = plan();
	let transaction = signed(&plan);
	let curve = Secp256k1::verification_only();
	assert_eq!(transaction.version, bitcoin::transaction::Version::TWO);
	let [input] = &transaction.input[..] else { panic!("one input") };
	assert_eq!(OutPoint::from(input.previous_output), outpoint());
	assert_eq!(input.sequence, Sequence::from_height(144));
	let [signature, script, control_block] = &input.witness.to_vec()[..] else {
		panic!("three elements");
	};

	// The leaf is the depositor's,
	let refund_key = XOnlyPublicKey::from_slice(&key(9).0).unwrap();
	let leaf = Builder::new()
		.push_x_only_key(&refund_key)
		.push_opcode(OP_CHECKSIGVERIFY)
		.push_int(144)
		.push_opcode(OP_CSV)
		.into_script();
	assert_eq!(script, leaf.as_bytes());
	// it is one of the output's,
	let control_block = ControlBlock::decode(control_block).unwrap();
	let coin = coin(&plan);
	let output_key = XOnlyPublicKey::from_slice(&coin.script_pubkey.as_bytes()[2..]).unwrap();
	assert!(control_block.verify_taproot_commitment(&curve, output_key, &leaf));
	// and the signature is the key's, of this transaction.
	let sighash = SighashCache::new(&transaction)
		.taproot_script_spend_signature_hash(
			0,
			&Prevouts::All(&[coin]),
			TapLeafHash::from_script(&leaf, LeafVersion::TapScript),
			TapSighashType::Default,
		)
		.unwrap();
	let signature = schnorr::Signature::from_slice(signature).unwrap();
	let message = Message::from_digest(sighash.to_byte_array());
	assert_eq!(curve.verify_schnorr(&signature, &message, &refund_key), Ok(()));
}

#[test]
fn the_fee_is_the_rate_times_the_size() {
	let plan = plan();
	let transaction = signed(&plan);
	let [output] = &transaction.output[..] else { panic!("one output") };
	let fee = AMOUNT.0 - output.value.to_sat();
	assert_eq!(Sats(fee), plan.fee());
	assert_eq!(fee, (transaction.vsize() as u64 * 2_500).div_ceil(1_000));
}

#[test]
fn every_refusal_has_its_own_error() {
	let refused = |terms: Terms, to: &str| {
		plan_of(&terms, outpoint(), AMOUNT, to, FeeRate(1_000)).map(drop).unwrap_err()
	};
	let fixed =
		Terms::new(Network::Regtest, GENESIS, committee(), Destination::Reserve, None).unwrap();
	let no_way_back = refused(fixed, &address());
	assert_eq!(no_way_back.downcast_ref(), Some(&RefundRefused::NoWayBack));
	let mainnet = PayoutScript::P2tr(key(20)).to_address(Network::Mainnet);
	for to in ["", "bcrt1p", &mainnet, &address()[1..]] {
		assert!(refused(terms(), to).is::<BadAddress>(), "{to}");
	}
	let dust = plan_of(&terms(), outpoint(), Sats(400), &address(), FeeRate(1_000));
	assert!(dust.map(drop).unwrap_err().to_string().contains("not worth"));
}

#[test]
fn only_the_right_signature_completes_it() {
	let plan = plan();
	let other = key_file(10).sign(&plan.unsigned.sighash, &plan.key);
	assert!(matches!(other, Err(KeyError::OtherKey { .. })));
	// Of the same key, for another fee.
	let dearer = plan_of(&terms(), outpoint(), AMOUNT, &address(), FeeRate(3_000)).unwrap();
	let signature = key_file(9).sign(&dearer.unsigned.sighash, &plan.key).unwrap();
	assert_eq!(plan.complete(&signature), Err(WrongSignature));
	assert_eq!(plan.complete(&Signature([0; 64])), Err(WrongSignature));
}

#[test]
fn a_psbt_has_what_a_signer_needs() {
	let plan = plan();
	let origin = psbt::key_origin("[1a2b3c4d/86'/0'/0'/0/5]").unwrap();
	let psbt = plan.request().to_psbt(Some(origin.clone())).unwrap();
	let psbt = Psbt::deserialize(&psbt.serialize()).unwrap();
	let input = &psbt.inputs[0];
	assert_eq!(input.witness_utxo, Some(coin(&plan)));
	let refund_key = XOnlyPublicKey::from_slice(&key(9).0).unwrap();
	let ((control_block, (script, version)), None) = ({
		let mut scripts = input.tap_scripts.iter();
		(scripts.next().unwrap(), scripts.next())
	}) else {
		panic!("one script");
	};
	assert_eq!(*version, LeafVersion::TapScript);
	assert_eq!(Some(control_block.internal_key), input.tap_internal_key);
	let (leaves, found) = &input.tap_key_origins[&refund_key];
	assert_eq!(found, &origin);
	assert_eq!(leaves, &[script.tapscript_leaf_hash()]);
	// Internal key and Merkle root give the output key.
	let (output_key, _) = {
		use bitcoin::key::TapTweak;
		let curve = Secp256k1::verification_only();
		input.tap_internal_key.unwrap().tap_tweak(&curve, input.tap_merkle_root)
	};
	assert_eq!(
		output_key.serialize(),
		coin(&plan).script_pubkey.as_bytes()[2..],
		"the output's key"
	);
}

#[test]
fn a_signed_psbt_comes_back() {
	let plan = plan();
	let unsigned = plan.request().to_psbt(None).unwrap();
	assert!(sign::signature(&plan.request(), &unsigned.serialize()).is_err());

	let signature = key_file(9).sign(&plan.unsigned.sighash, &plan.key).unwrap();
	let key = XOnlyPublicKey::from_slice(&plan.key.0).unwrap();
	let leaf = TapLeafHash::from_byte_array(plan.unsigned.leaf.hash);
	let mut psbt = unsigned.clone();
	psbt.inputs[0].tap_script_sigs.insert(
		(key, leaf),
		bitcoin::taproot::Signature {
			signature: schnorr::Signature::from_slice(&signature.0).unwrap(),
			sighash_type: TapSighashType::Default,
		},
	);
	assert_eq!(sign::signature(&plan.request(), &psbt.serialize()).unwrap(), signature);
	let text = format!("{}\n", psbt::to_base64(&psbt));
	assert_eq!(
		sign::signature(&plan.request(), &psbt::bytes(text.as_bytes()).unwrap()).unwrap(),
		signature
	);

	let mut finished = unsigned.clone();
	finished.inputs[0].final_script_witness = Some(signed(&plan).input[0].witness.clone());
	let found = sign::signature(&plan.request(), &finished.serialize()).unwrap();
	assert!(plan.complete(&found).is_ok());

	// Of another transaction.
	let dearer = plan_of(&terms(), outpoint(), AMOUNT, &address(), FeeRate(3_000)).unwrap();
	let other = sign::signature(&dearer.request(), &psbt.serialize()).unwrap_err();
	assert_eq!(other.downcast_ref(), Some(&WrongSignature));
	assert_eq!(psbt::bytes(b"nothing"), None);
}
