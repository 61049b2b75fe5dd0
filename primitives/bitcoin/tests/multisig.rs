//! The committee's script, and the outputs made of it.

use bitcoin::{
	blockdata::script::Instruction,
	hashes::Hash,
	key::{Keypair, Secp256k1},
	opcodes::all::{OP_CHECKSIG, OP_CHECKSIGADD, OP_CHECKSIGVERIFY, OP_CSV, OP_DROP, OP_NUMEQUAL},
	script::Builder,
	secp256k1::{Message, XOnlyPublicKey},
	sighash::{Prevouts, SighashCache},
	taproot::{LeafVersion, TapLeafHash, TaprootBuilder},
	Amount, ScriptBuf, Sequence, TapSighashType, TxOut, Weight,
};
use codec::{Decode, Encode, MaxEncodedLen};
use entangled_bitcoin::{
	script::{
		custody_output, deposit_output,
		multisig::{threshold_for, MAX_KEYS},
		RefundError,
	},
	taproot::NUMS,
	FeeRate, Multisig, MultisigError, Native, OutPoint, PayoutScript, Refund, Sats, Signature,
	Txid, XOnlyKey,
};
use proptest::prelude::*;

fn keypair(n: u8) -> Keypair {
	Keypair::from_seckey_slice(&Secp256k1::new(), &[n; 32]).unwrap()
}

fn key(n: u8) -> XOnlyKey {
	XOnlyKey(keypair(n).x_only_public_key().0.serialize())
}

fn keys(n: u8) -> Vec<XOnlyKey> {
	let mut keys = (1..=n).map(key).collect::<Vec<_>>();
	keys.sort_unstable();
	keys
}

fn committee(n: u8, threshold: u32) -> Multisig {
	Multisig::new(keys(n), threshold).unwrap()
}

#[test]
fn what_is_no_committee() {
	let new = Multisig::new;
	assert_eq!(new(vec![], 0), Err(MultisigError::NoKeys));
	assert_eq!(new(keys(MAX_KEYS as u8 + 1), 1), Err(MultisigError::TooManyKeys));
	assert_eq!(new(keys(3), 0), Err(MultisigError::Threshold));
	assert_eq!(new(keys(3), 4), Err(MultisigError::Threshold));
	assert_eq!(new(keys(3), u32::MAX), Err(MultisigError::Threshold));
	let [a, b] = keys(2)[..] else { panic!("two keys") };
	assert_eq!(new(vec![b, a], 1), Err(MultisigError::Unordered));
	assert_eq!(new(vec![a, a], 1), Err(MultisigError::Unordered));
	assert_eq!(new(vec![a, b, b], 1), Err(MultisigError::Unordered));
	assert!(new(keys(MAX_KEYS as u8), MAX_KEYS as u32).is_ok());
}

#[test]
fn the_threshold_is_two_thirds() {
	let thresholds = (0..=15).map(threshold_for).collect::<Vec<_>>();
	assert_eq!(thresholds, [0, 1, 2, 2, 3, 4, 4, 5, 6, 6, 7, 8, 8, 9, 10, 10]);
	assert_eq!(threshold_for(u32::MAX), 2_863_311_530);
}

#[test]
fn only_a_committee_is_decoded() {
	let committee = committee(MAX_KEYS as u8, 14);
	let bytes = committee.encode();
	assert_eq!(bytes.len(), Multisig::max_encoded_len());
	assert_eq!(Multisig::decode(&mut &bytes[..]), Ok(committee.clone()));
	let json = serde_json::to_string(&committee).unwrap();
	assert_eq!(serde_json::from_str::<Multisig>(&json).unwrap(), committee);

	let mut descending = keys(3);
	descending.reverse();
	for (keys, threshold) in [(keys(3), 0u32), (keys(3), 4), (vec![], 1), (descending, 2)] {
		assert!(Multisig::decode(&mut &(&keys, threshold).encode()[..]).is_err());
		let json = serde_json::json!({ "keys": keys, "threshold": threshold });
		assert!(serde_json::from_value::<Multisig>(json).is_err());
	}
}

/// Every push is the shortest there is, as BIP 342 demands of numbers.
#[test]
fn the_script_of_every_size() {
	for n in 1..=MAX_KEYS as u8 {
		for threshold in 1..=u32::from(n) {
			let committee = committee(n, threshold);
			let mut expected = Builder::new();
			for (index, key) in keys(n).into_iter().enumerate() {
				let check = if index == 0 { OP_CHECKSIG } else { OP_CHECKSIGADD };
				let key = XOnlyPublicKey::from_slice(&key.0).unwrap();
				expected = expected.push_x_only_key(&key).push_opcode(check);
			}
			let expected = expected.push_int(threshold.into()).push_opcode(OP_NUMEQUAL);
			assert_eq!(committee.script(), expected.into_bytes());

			let script = ScriptBuf::from(committee.script());
			assert!(script.instructions_minimal().all(|instruction| instruction.is_ok()));
			assert_eq!(script.len(), 34 * usize::from(n) + if threshold > 16 { 3 } else { 2 });
		}
	}
}

/// What Bitcoin does with the script, as far as it has such instructions: how many signatures it
/// counts. `None` where it would fail at once.
fn signatures_counted(script: &[u8], witness: &[Vec<u8>], message: &[u8; 32]) -> Option<bool> {
	let mut stack = witness.to_vec();
	let mut count = 0;
	let mut key = None;
	for instruction in ScriptBuf::from(script.to_vec()).instructions() {
		match instruction.unwrap() {
			Instruction::PushBytes(bytes) if bytes.len() == 32 => {
				key = Some(XOnlyKey(bytes.as_bytes().try_into().unwrap()));
			},
			Instruction::Op(OP_CHECKSIG | OP_CHECKSIGADD) => {
				let signature = stack.pop()?;
				if !signature.is_empty() {
					let signature = Signature(signature.try_into().ok()?);
					if !key?.verify::<Native>(message, &signature) {
						return None;
					}
					count += 1;
				}
			},
			Instruction::Op(OP_NUMEQUAL) => {},
			number => {
				let Instruction::Op(op) = number else { panic!("a threshold up to 16") };
				return Some(stack.is_empty() && count == i32::from(op.to_u8()) - 0x50);
			},
		}
	}
	None
}

#[test]
fn any_threshold_of_signatures_and_no_fewer() {
	let message = [9; 32];
	let n = 5;
	let mut keypairs = (1..=n).map(keypair).collect::<Vec<_>>();
	keypairs.sort_by_key(|keypair| keypair.x_only_public_key().0.serialize());
	let secp = Secp256k1::new();
	let signatures = keypairs
		.iter()
		.map(|keypair| secp.sign_schnorr_no_aux_rand(&Message::from_digest(message), keypair))
		.map(|signature| Signature(signature.serialize()))
		.collect::<Vec<_>>();

	let committee = committee(n, 3);
	for signers in 0u32..1 << n {
		let given = signatures
			.iter()
			.enumerate()
			.map(|(index, signature)| (signers >> index & 1 == 1).then_some(*signature))
			.collect::<Vec<_>>();
		let Some(witness) = committee.witness(&given) else {
			assert!(signers.count_ones() < 3);
			continue;
		};
		assert!(signers.count_ones() >= 3);
		assert_eq!(signatures_counted(&committee.script(), &witness, &message), Some(true));

		// One element per key, the last key first, and the signers of lowest index.
		assert_eq!(witness.len(), usize::from(n));
		let expected = given.iter().flatten().take(3).map(|s| s.0.to_vec()).collect::<Vec<_>>();
		let used = witness.iter().rev().filter(|element| !element.is_empty()).cloned();
		assert_eq!(used.collect::<Vec<_>>(), expected);
	}
	assert_eq!(committee.witness(&[Some(signatures[0]); 4]), None);
	assert_eq!(committee.witness(&[Some(signatures[0]); 6]), None);
}

#[test]
fn custody_is_spent_by_the_committee_only() {
	let secp = Secp256k1::new();
	for n in [1, 3, 15, 20] {
		let committee = committee(n, threshold_for(n.into()));
		let output = custody_output::<Native>(&committee).unwrap();
		let expected = TaprootBuilder::new()
			.add_leaf(0, committee.script().into())
			.unwrap()
			.finalize(&secp, XOnlyPublicKey::from_slice(&NUMS.0).unwrap())
			.unwrap();
		assert_eq!(output.key.0, expected.output_key().serialize());
		assert_eq!(output.leaves.len(), 1);
		assert_eq!(output.leaves[0].script, committee.script());
	}
}

#[test]
fn a_deposit_names_its_destination_and_its_refund() {
	let secp = Secp256k1::new();
	let committee = committee(15, 10);
	let commitment = [5; 32];
	for delay in [1, 16, 17, 127, 128, 144, 255, 256, 32_767, 32_768, u16::MAX] {
		let refund = Refund { key: key(99), delay };
		let output = deposit_output::<Native>(&committee, &commitment, Some(&refund)).unwrap();

		let committees = [
			&Builder::new().push_slice(commitment).push_opcode(OP_DROP).into_bytes()[..],
			&committee.script(),
		]
		.concat();
		let depositors = Builder::new()
			.push_x_only_key(&keypair(99).x_only_public_key().0)
			.push_opcode(OP_CHECKSIGVERIFY)
			.push_sequence(Sequence::from_height(delay))
			.push_opcode(OP_CSV)
			.into_script();
		let expected = TaprootBuilder::new()
			.add_leaf(1, committees.clone().into())
			.unwrap()
			.add_leaf(1, depositors.clone())
			.unwrap()
			.finalize(&secp, XOnlyPublicKey::from_slice(&NUMS.0).unwrap())
			.unwrap();
		assert_eq!(output.key.0, expected.output_key().serialize());
		assert_eq!(output.leaves[0].script, committees);
		assert_eq!(output.leaves[1].script, depositors.to_bytes());
		assert!(depositors.instructions_minimal().all(|instruction| instruction.is_ok()));
	}

	let never = Refund { key: key(99), delay: 0 };
	assert_eq!(deposit_output::<Native>(&committee, &commitment, Some(&never)), None);
	let fixed = deposit_output::<Native>(&committee, &commitment, None).unwrap();
	assert_eq!(fixed.leaves.len(), 1);
	assert_ne!(fixed.key, custody_output::<Native>(&committee).unwrap().key);
}

/// The depositor's way back, checked by the `bitcoin` crate's signature hash and by `libsecp256k1`.
#[test]
fn a_refund_is_signed_and_paid() {
	let secp = Secp256k1::new();
	let committee = committee(3, 2);
	let refund = Refund { key: key(99), delay: 1_008 };
	let coin = OutPoint { txid: Txid([8; 32]), vout: 3 };
	let value = Sats(100_000);
	let to = PayoutScript::P2wpkh([4; 20]);
	let unsigned =
		refund.spend::<Native>(&committee, &[5; 32], coin, value, to, FeeRate(2_500)).unwrap();

	let transaction = &unsigned.transaction;
	assert_eq!(transaction.version.0, 2);
	assert_eq!(transaction.lock_time.to_consensus_u32(), 0);
	assert_eq!(transaction.input.len(), 1);
	assert_eq!(transaction.input[0].previous_output, coin.into());
	assert_eq!(transaction.input[0].sequence.to_consensus_u32(), 1_008);
	assert!(transaction.is_explicitly_rbf());
	assert_eq!(transaction.output.len(), 1);
	assert_eq!(transaction.output[0].script_pubkey.as_bytes(), to.to_script());

	let deposit = deposit_output::<Native>(&committee, &[5; 32], Some(&refund)).unwrap();
	let spent =
		TxOut { value: Amount::from_sat(value.0), script_pubkey: deposit.script_pubkey().into() };
	let script = ScriptBuf::from(unsigned.leaf.script.clone());
	let sighash = SighashCache::new(transaction)
		.taproot_script_spend_signature_hash(
			0,
			&Prevouts::All(&[spent]),
			TapLeafHash::from_script(&script, LeafVersion::TapScript),
			TapSighashType::Default,
		)
		.unwrap();
	assert_eq!(unsigned.sighash, sighash.to_byte_array());

	let message = Message::from_digest(unsigned.sighash);
	let signature = secp.sign_schnorr_no_aux_rand(&message, &keypair(99));
	let signed = unsigned.clone().complete(&Signature(signature.serialize()));
	let witness = &signed.input[0].witness;
	assert_eq!(witness.len(), 3);
	assert_eq!(witness.taproot_leaf_script().unwrap().script.as_bytes(), unsigned.leaf.script);
	let block = witness.taproot_control_block().unwrap();
	let block = bitcoin::taproot::ControlBlock::decode(block).unwrap();
	let output_key = XOnlyPublicKey::from_slice(&deposit.key.0).unwrap();
	assert!(block.verify_taproot_commitment(&secp, output_key, &script));

	// 2.5 sat/vB of its exact size.
	let fee = value.0 - signed.output[0].value.to_sat();
	assert_eq!(fee, (signed.weight().to_vbytes_ceil() * 5).div_ceil(2));
	assert!(signed.weight() < Weight::from_wu(600));
}

#[test]
fn a_refund_that_cannot_be() {
	let committee = committee(3, 2);
	let coin = OutPoint { txid: Txid([8; 32]), vout: 3 };
	let to = PayoutScript::P2pkh([4; 20]);
	let spend = |delay, value, rate| {
		Refund { key: key(99), delay }
			.spend::<Native>(&committee, &[5; 32], coin, Sats(value), to, FeeRate(rate))
			.map(|refund| refund.transaction.output[0].value.to_sat())
	};
	assert_eq!(spend(0, 100_000, 1_000), Err(RefundError::NoSuchAddress));
	assert_eq!(spend(9, 0, 1_000), Err(RefundError::NothingLeft));
	assert_eq!(spend(9, 100_000, u64::MAX), Err(RefundError::NothingLeft));
	assert_eq!(spend(9, 546, 0), Ok(546));
	assert_eq!(spend(9, 545, 0), Err(RefundError::NothingLeft));
}

proptest! {
	#[test]
	fn any_bytes_are_a_committee_or_not(bytes: Vec<u8>, keys: Vec<[u8; 32]>, threshold in 0u32..30) {
		let _ = Multisig::decode(&mut &bytes[..]);
		let mut keys = keys.into_iter().map(XOnlyKey).collect::<Vec<_>>();
		keys.sort_unstable();
		let encoded = (&keys, threshold).encode();
		let decoded = Multisig::decode(&mut &encoded[..]);
		prop_assert_eq!(decoded.is_ok(), Multisig::new(keys, threshold).is_ok());
		if let Ok(committee) = decoded {
			prop_assert_eq!(committee.encode(), encoded);
		}
	}
}
