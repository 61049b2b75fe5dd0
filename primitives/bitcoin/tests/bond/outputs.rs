//! The outputs, against the `bitcoin` crate's own scripts and trees.

use crate::kit::*;
use bitcoin::{
	key::Secp256k1,
	opcodes::all::{OP_CHECKSIG, OP_CHECKSIGADD, OP_CHECKSIGVERIFY, OP_CSV, OP_NUMEQUAL},
	script::Builder,
	secp256k1::XOnlyPublicKey,
	taproot::TaprootBuilder,
	ScriptBuf, Sequence,
};
use entangled_bitcoin::{
	bond::{
		anchor_script, bond_output, refund_output, unbonding_output, BondOutput, BondTerms,
		Slashable, ANCHOR_VALUE,
	},
	taproot::NUMS,
	Native, Refund, TaprootOutput, XOnlyKey,
};
use proptest::prelude::*;

fn public(key: &XOnlyKey) -> XOnlyPublicKey {
	XOnlyPublicKey::from_slice(&key.0).unwrap()
}

fn timelock_script(staker: &XOnlyKey, delay: u16) -> ScriptBuf {
	Builder::new()
		.push_x_only_key(&public(staker))
		.push_opcode(OP_CHECKSIGVERIFY)
		.push_sequence(Sequence::from_height(delay))
		.push_opcode(OP_CSV)
		.into_script()
}

fn covenant_script(terms: &BondTerms) -> ScriptBuf {
	let mut script =
		Builder::new().push_x_only_key(&public(&terms.staker)).push_opcode(OP_CHECKSIGVERIFY);
	for (index, key) in terms.covenant.keys().iter().enumerate() {
		let check = if index == 0 { OP_CHECKSIG } else { OP_CHECKSIGADD };
		script = script.push_x_only_key(&public(key)).push_opcode(check);
	}
	script.push_int(terms.covenant.threshold().into()).push_opcode(OP_NUMEQUAL).into_script()
}

fn assert_pays_to(output: &TaprootOutput, leaves: &[ScriptBuf]) {
	let secp = Secp256k1::new();
	let depth = if leaves.len() == 1 { 0 } else { 1 };
	let builder = leaves
		.iter()
		.fold(TaprootBuilder::new(), |tree, leaf| tree.add_leaf(depth, leaf.clone()).unwrap());
	let expected = builder.finalize(&secp, public(&NUMS)).unwrap();
	assert_eq!(output.key.0, expected.output_key().serialize());
	let scripts = output.leaves.iter().map(|leaf| ScriptBuf::from(leaf.script.clone()));
	assert!(scripts.eq(leaves.iter().cloned()));
	for leaf in leaves {
		assert!(leaf.instructions_minimal().all(|instruction| instruction.is_ok()));
	}
}

#[test]
fn the_anchor_is_what_nodes_call_one() {
	assert_eq!(anchor_script().as_bytes(), [0x51, 0x02, 0x4e, 0x73]);
	assert_eq!(anchor_script().minimal_non_dust().to_sat(), ANCHOR_VALUE.0);
}

#[test]
fn without_delay_there_is_no_output() {
	let none = BondTerms { timelock: 0, ..terms() };
	assert_eq!(bond_output::<Native>(&none), None);
	assert!(unbonding_output::<Native>(&none).is_some());
	let mut none = terms();
	none.rules.unbonding_time = 0;
	assert!(bond_output::<Native>(&none).is_some());
	assert_eq!(unbonding_output::<Native>(&none), None);
	assert_eq!(refund_output::<Native>(&none), None);
}

#[test]
fn the_two_coins_that_are_slashed() {
	let terms = terms();
	assert_eq!(Slashable::Bond.output::<Native>(&terms), bond_output::<Native>(&terms));
	assert_eq!(Slashable::Unbonding.output::<Native>(&terms), unbonding_output::<Native>(&terms));
	assert_eq!(Slashable::Bond.coin::<Native>(&terms, &bond()), Some(bond()));
}

proptest! {
	#[test]
	fn outputs_are_those_of_the_bitcoin_crate(terms in any_terms()) {
		let (timelock, unbonding) = (terms.timelock, terms.rules.unbonding_time);
		let together = covenant_script(&terms);
		let alone = timelock_script(&terms.staker, unbonding);
		let bond = bond_output::<Native>(&terms).unwrap();
		assert_pays_to(&bond, &[timelock_script(&terms.staker, timelock), together.clone()]);
		let unbonded = unbonding_output::<Native>(&terms).unwrap();
		assert_pays_to(&unbonded, &[alone.clone(), together]);
		assert_pays_to(&refund_output::<Native>(&terms).unwrap(), &[alone]);

		for (output, delay) in [
			(BondOutput::Bond, timelock),
			(BondOutput::Unbonding, unbonding),
			(BondOutput::Refund, unbonding),
		] {
			prop_assert_eq!(output.refund(&terms), Refund { key: terms.staker, delay });
		}
	}

	/// Whatever is changed in the terms changes the address.
	#[test]
	fn every_term_is_in_the_output(terms in any_terms(), other in any_terms()) {
		let of = |terms: &BondTerms| bond_output::<Native>(terms).unwrap().key;
		let own = of(&terms);
		let changed = [
			BondTerms { covenant: other.covenant.clone(), ..terms.clone() },
			BondTerms { timelock: other.timelock, ..terms.clone() },
			BondTerms { staker: key(98), ..terms.clone() },
		];
		for changed in changed {
			prop_assert_eq!(of(&changed) == own, changed == terms);
		}
		// The rules are in the unbonding output, in amounts, and in what is signed.
		prop_assert_eq!(of(&BondTerms { rules: other.rules, ..terms }), own);
	}
}
