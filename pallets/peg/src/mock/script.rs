//! Scripts in taproot outputs, by BIP 341 and 342 and the library of rust-bitcoin: none of this is
//! the code that the peg builds its transactions with.

use bitcoin::{
	hashes::Hash,
	opcodes::all::*,
	script::{read_scriptint, Instruction, Script},
	secp256k1::{schnorr::Signature, Message, Secp256k1, XOnlyPublicKey},
	sighash::{Prevouts, SighashCache, TapSighashType},
	taproot::{ControlBlock, LeafVersion, TapLeafHash},
	Transaction, TxOut,
};

/// Whether an input's witness satisfies the taproot output that it spends, by one of its scripts.
/// `age` is how many blocks lie between the coin's and this one.
pub fn satisfied(tx: &Transaction, index: usize, spent: &[TxOut], age: u32) -> Option<()> {
	let secp = Secp256k1::verification_only();
	let mut stack = tx.input[index].witness.to_vec();
	let control = ControlBlock::decode(&stack.pop()?).ok()?;
	let script = stack.pop()?;
	let script = Script::from_bytes(&script);
	let output = &spent[index].script_pubkey;
	let key = XOnlyPublicKey::from_slice(output.as_bytes().get(2..)?).ok()?;
	(output.is_p2tr() && control.verify_taproot_commitment(&secp, key, script)).then_some(())?;

	let leaf = TapLeafHash::from_script(script, LeafVersion::TapScript);
	let sighash = SighashCache::new(tx)
		.taproot_script_spend_signature_hash(
			index,
			&Prevouts::All(spent),
			leaf,
			TapSighashType::Default,
		)
		.ok()?;
	let message = Message::from_digest(sighash.to_byte_array());
	// Nothing is a signature that fails; anything else that fails makes the script fail.
	let check = |signature: &[u8], key: &[u8]| {
		let key = XOnlyPublicKey::from_slice(key).ok()?;
		if signature.is_empty() {
			return Some(false);
		}
		let signature = Signature::from_slice(signature).ok()?;
		secp.verify_schnorr(&signature, &message, &key).ok().map(|()| true)
	};
	let sequence = tx.input[index].sequence;
	let waited = |blocks: i64| {
		let asked = sequence.is_height_locked() && i64::from(sequence.0 & 0xffff) >= blocks;
		asked && age >= sequence.0 & 0xffff
	};

	for instruction in script.instructions() {
		match instruction.ok()? {
			Instruction::PushBytes(bytes) => stack.push(bytes.as_bytes().to_vec()),
			Instruction::Op(OP_DROP) => drop(stack.pop()?),
			Instruction::Op(OP_CHECKSIG) => {
				let (key, signature) = (stack.pop()?, stack.pop()?);
				stack.push(number(check(&signature, &key)?.into()));
			},
			Instruction::Op(OP_CHECKSIGVERIFY) => {
				let (key, signature) = (stack.pop()?, stack.pop()?);
				check(&signature, &key)?.then_some(())?;
			},
			Instruction::Op(OP_CHECKSIGADD) => {
				let (key, sum, signature) = (stack.pop()?, stack.pop()?, stack.pop()?);
				let sum = read_scriptint(&sum).ok()?;
				stack.push(number(sum + i64::from(check(&signature, &key)?)));
			},
			Instruction::Op(OP_NUMEQUAL) => {
				let (a, b) = (stack.pop()?, stack.pop()?);
				stack.push(number((read_scriptint(&a).ok()? == read_scriptint(&b).ok()?).into()));
			},
			Instruction::Op(OP_CSV) => {
				waited(read_scriptint(stack.last()?).ok()?).then_some(())?;
			},
			Instruction::Op(op) => {
				// OP_1 to OP_16.
				let value = op.to_u8().checked_sub(0x50).filter(|n| (1..=16).contains(n))?;
				stack.push(number(value.into()));
			},
		}
	}
	// One element is left, and it is not zero.
	let [last] = &stack[..] else { return None };
	last.iter().any(|byte| *byte != 0).then_some(())
}

/// A small number as scripts have it.
fn number(value: i64) -> Vec<u8> {
	assert!((0..128).contains(&value));
	if value == 0 {
		vec![]
	} else {
		vec![value as u8]
	}
}
