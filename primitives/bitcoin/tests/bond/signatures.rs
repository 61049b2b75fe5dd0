//! What is signed, by whom, and how it becomes a witness.

use crate::kit::*;
use bitcoin::{
	hashes::Hash,
	key::Secp256k1,
	secp256k1::XOnlyPublicKey,
	sighash::{Prevouts, SighashCache},
	taproot::{ControlBlock, LeafVersion, TapLeafHash},
	Amount, ScriptBuf, TapSighashType, TxOut,
};
use entangled_bitcoin::{
	bip340::tagged_hash,
	bond::{
		bond_output, slashed_commitment, slashed_output, slashing_transaction, BondTerms, Slashable,
	},
	ChainId, Native, Signature, TaprootScript,
};
use proptest::prelude::*;

#[test]
fn the_sighash_is_that_of_the_bitcoin_crate() {
	for spend in spends() {
		let spent = TxOut {
			value: Amount::from_sat(spend.spent.value.0),
			script_pubkey: spend.spent.script_pubkey.clone(),
		};
		let script = ScriptBuf::from(spend.leaf.script.clone());
		let expected = SighashCache::new(&spend.transaction)
			.taproot_script_spend_signature_hash(
				0,
				&Prevouts::All(&[spent]),
				TapLeafHash::from_script(&script, LeafVersion::TapScript),
				TapSighashType::Default,
			)
			.unwrap();
		assert_eq!(spend.sighash, expected.to_byte_array());
	}
}

/// The covenant's signatures below, the last key's first; then the staker's, the leaf's script and its
/// control block.
#[test]
fn a_witness_has_everything_in_its_place() {
	let covenant = terms().covenant;
	for spend in spends() {
		let staker = sign(STAKER, &spend.sighash);
		let mut given = signatures(&covenant, &spend.sighash);
		given[1] = None;
		let signed = spend.clone().complete(&covenant, &staker, &given).unwrap();
		let witness = signed.input[0].witness.to_vec();
		let bytes = |signature: Option<Signature>| signature.map_or(vec![], |s| s.0.to_vec());
		let expected = [
			bytes(given[3]),
			bytes(given[2]),
			vec![],
			bytes(given[0]),
			staker.0.to_vec(),
			spend.leaf.script.clone(),
			spend.leaf.control_block.clone(),
		];
		assert_eq!(witness, expected);
		assert_eq!(raw(&signed), raw(&spend.transaction));

		let script = ScriptBuf::from(spend.leaf.script.clone());
		let block = ControlBlock::decode(&spend.leaf.control_block).unwrap();
		let paid = TaprootScript::parse(spend.spent.script_pubkey.as_bytes()).unwrap();
		let key = XOnlyPublicKey::from_slice(&paid.0 .0).unwrap();
		assert!(block.verify_taproot_commitment(&Secp256k1::new(), key, &script));

		// As many as must sign, and a place for each.
		given[0] = None;
		assert_eq!(spend.clone().complete(&covenant, &staker, &given), None);
		assert_eq!(spend.complete(&covenant, &staker, &given[..3]), None);
	}
}

#[test]
fn each_signature_is_one_of_one_transaction_by_one_key() {
	let all = spends();
	for (own, spend) in all.iter().enumerate() {
		let signature = sign(STAKER, &spend.sighash);
		for (index, other) in all.iter().enumerate() {
			let holds = other.is_signed_by::<Native>(&key(STAKER), &signature);
			assert_eq!(holds, index == own);
		}
		assert!(!spend.is_signed_by::<Native>(&key(1), &signature));
		for byte in 0..64 {
			for bit in 0..8 {
				let mut changed = signature;
				changed.0[byte] ^= 1 << bit;
				assert!(!spend.is_signed_by::<Native>(&key(STAKER), &changed));
			}
		}
	}
}

/// What the staker signs in advance says for which account of which chain.
#[test]
fn a_signature_is_for_one_account_of_one_chain() {
	let whole = [&terms().chain.0[..], &terms().owner].concat();
	let expected = tagged_hash::<Native>(b"Entangled/Slashed", &[&whole]);
	assert_eq!(slashed_commitment::<Native>(&terms()), expected);
	for which in [Slashable::Bond, Slashable::Unbonding] {
		let slashing = |terms| slashing_transaction::<Native>(which, &terms, &bond()).unwrap();
		let signature = sign(STAKER, &slashing(terms()).sighash);
		let holds = |terms| slashing(terms).is_signed_by::<Native>(&key(STAKER), &signature);
		assert!(holds(terms()));
		assert!(!holds(BondTerms { chain: ChainId([5; 32]), ..terms() }));
		assert!(!holds(BondTerms { owner: [5; 32], ..terms() }));
		let (chain, owner) = (ChainId(terms().owner), terms().chain.0);
		assert!(!holds(BondTerms { chain, owner, ..terms() }));
	}
}

proptest! {
	#[test]
	fn a_signature_is_for_these_alone(byte in 0..64usize, xor in 1..=u8::MAX) {
		let mut whole = [&terms().chain.0[..], &terms().owner].concat();
		whole[byte] ^= xor;
		let part = |n: usize| <[u8; 32]>::try_from(&whole[32 * n..32 * n + 32]).unwrap();
		let other = BondTerms { chain: ChainId(part(0)), owner: part(1), ..terms() };
		prop_assert_ne!(slashed_output::<Native>(&other), slashed_output::<Native>(&terms()));
		// Where the coin lies it does not change: the owner can always take it back.
		prop_assert_eq!(bond_output::<Native>(&other), bond_output::<Native>(&terms()));
	}

	#[test]
	fn any_quorum_completes_it(signers in 0..16u32) {
		let covenant = terms().covenant;
		for spend in spends() {
			let staker = sign(STAKER, &spend.sighash);
			let given = signatures(&covenant, &spend.sighash)
				.into_iter()
				.enumerate()
				.map(|(index, signature)| signature.filter(|_| signers >> index & 1 == 1))
				.collect::<Vec<_>>();
			let complete = spend.complete(&covenant, &staker, &given);
			prop_assert_eq!(complete.is_some(), signers.count_ones() >= covenant.threshold());
		}
	}
}
