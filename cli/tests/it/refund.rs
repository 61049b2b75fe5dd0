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
	deposit::{
		psbt,
		refund::{Plan, RefundRefused},
	},
	refund_key::KeyError,
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
	Plan::new(terms(), outpoint(), AMOUNT, &address(), FeeRate(2_500)).unwrap()
}

fn signed(plan: &Plan) -> Transaction {
	let signature = key_file(9).sign(&plan.unsigned.sighash, &plan.refund.key).unwrap();
	plan.complete(&signature).unwrap()
}

fn coin(plan: &Plan) -> TxOut {
	let script = ScriptBuf::from(plan.terms.script().unwrap().to_vec());
	TxOut { value: Amount::from_sat(AMOUNT.0), script_pubkey: script }
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
		let error = Plan::new(terms, outpoint(), AMOUNT, to, FeeRate(1_000)).map(drop).unwrap_err();
		error.downcast::<RefundRefused>().unwrap()
	};
	let fixed =
		Terms::new(Network::Regtest, GENESIS, committee(), Destination::Reserve, None).unwrap();
	assert_eq!(refused(fixed, &address()), RefundRefused::NoWayBack);
	let mainnet = PayoutScript::P2tr(key(20)).to_address(Network::Mainnet);
	for to in ["", "bcrt1p", &mainnet, &address()[1..]] {
		assert!(matches!(refused(terms(), to), RefundRefused::Address { .. }), "{to}");
	}
	let dust = Plan::new(terms(), outpoint(), Sats(400), &address(), FeeRate(1_000));
	assert!(dust.map(drop).unwrap_err().to_string().contains("not worth"));
}

#[test]
fn only_the_right_signature_completes_it() {
	let plan = plan();
	let other = key_file(10).sign(&plan.unsigned.sighash, &plan.refund.key);
	assert!(matches!(other, Err(KeyError::OtherKey { .. })));
	// Of the same key, for another fee.
	let dearer = Plan::new(terms(), outpoint(), AMOUNT, &address(), FeeRate(3_000)).unwrap();
	let signature = key_file(9).sign(&dearer.unsigned.sighash, &plan.refund.key).unwrap();
	assert_eq!(plan.complete(&signature), Err(RefundRefused::WrongSignature));
	assert_eq!(plan.complete(&Signature([0; 64])), Err(RefundRefused::WrongSignature));
}

#[test]
fn a_psbt_has_what_a_signer_needs() {
	let plan = plan();
	let origin = psbt::key_origin("[1a2b3c4d/86'/0'/0'/0/5]").unwrap();
	let psbt = psbt::build(&plan, Some(origin.clone())).unwrap();
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
	let unsigned = psbt::build(&plan, None).unwrap();
	assert!(psbt::signature(&plan, &unsigned.serialize()).is_err());

	let signature = key_file(9).sign(&plan.unsigned.sighash, &plan.refund.key).unwrap();
	let key = XOnlyPublicKey::from_slice(&plan.refund.key.0).unwrap();
	let leaf = TapLeafHash::from_byte_array(plan.unsigned.leaf.hash);
	let mut psbt = unsigned.clone();
	psbt.inputs[0].tap_script_sigs.insert(
		(key, leaf),
		bitcoin::taproot::Signature {
			signature: schnorr::Signature::from_slice(&signature.0).unwrap(),
			sighash_type: TapSighashType::Default,
		},
	);
	assert_eq!(psbt::signature(&plan, &psbt.serialize()).unwrap(), signature);
	let text = format!("{}\n", psbt::to_base64(&psbt));
	assert_eq!(psbt::signature(&plan, text.as_bytes()).unwrap(), signature);

	let mut finished = unsigned.clone();
	finished.inputs[0].final_script_witness = Some(signed(&plan).input[0].witness.clone());
	let found = psbt::signature(&plan, &finished.serialize()).unwrap();
	assert!(plan.complete(&found).is_ok());

	// Of another transaction.
	let dearer = Plan::new(terms(), outpoint(), AMOUNT, &address(), FeeRate(3_000)).unwrap();
	assert!(psbt::signature(&dearer, &psbt.serialize()).is_err());
	assert!(psbt::signature(&plan, b"nothing").is_err());
}
