//! The transactions that staker and covenant sign: their form, what they pay, and what they weigh.

use crate::kit::*;
use bitcoin::{absolute::LockTime, consensus, transaction::Version, ScriptBuf, Sequence};
use entangled_bitcoin::{
	bond::{
		anchor_script, bond_output, extension_transaction, slashing_transaction, slashing_weight,
		unbonded, unbonding_output, unbonding_transaction, unbonding_weight, BondOutput, BondTerms,
		CovenantSpend, FundedBond, Slashable, MAIN_VOUT, VERSION,
	},
	custody::MAX_STANDARD_TX_WEIGHT,
	script::{multisig::MAX_KEYS, PayoutScript},
	transaction::SEQUENCE,
	Native, OutPoint, Sats, Signature, Txid, Weight,
};
use proptest::prelude::*;

/// What holds of each of them.
fn assert_form(spend: &CovenantSpend, coin: &FundedBond, fee: Sats) {
	let transaction = &spend.transaction;
	assert_eq!((transaction.version, transaction.lock_time), (Version(3), LockTime::ZERO));
	let [input] = &transaction.input[..] else { panic!("one input") };
	assert_eq!(input.previous_output, coin.outpoint.into());
	assert_eq!(input.sequence, Sequence(0xffff_fffd));
	assert!(input.script_sig.is_empty() && input.witness.is_empty());
	assert_eq!(spend.spent.value, coin.value);
	assert_eq!(coin.value.0, total(transaction) + fee.0);

	let (anchor, others) = transaction.output.split_last().unwrap();
	assert_eq!((anchor.value.to_sat(), &anchor.script_pubkey), (240, &anchor_script()));
	for output in others {
		assert!(output.value >= output.script_pubkey.minimal_non_dust());
	}
	assert_eq!(spend.txid::<Native>(), Txid::from(transaction.compute_txid()));
}

/// With signatures of full size, as many as are needed.
fn signed_weight(spend: &CovenantSpend, terms: &BondTerms) -> Weight {
	let signature = Signature([7; 64]);
	let signatures = vec![Some(signature); terms.covenant.keys().len()];
	let signed = spend.clone().complete(&terms.covenant, &signature, &signatures).unwrap();
	signed.weight().into()
}

#[test]
fn all_are_version_3_and_replaceable() {
	assert_eq!((VERSION, SEQUENCE), (Version(3), Sequence(0xffff_fffd)));
	assert_eq!(MAIN_VOUT, 0);
	assert!(!SEQUENCE.is_relative_lock_time() && SEQUENCE.is_rbf());
}

#[test]
fn unbonding_pays_to_the_unbonding_output() {
	let unbonding = unbonding_transaction::<Native>(&terms(), &bond()).unwrap();
	assert_form(&unbonding, &bond(), Sats(2_000));
	assert_eq!(unbonding.transaction.output.len(), 2);
	let main = &unbonding.transaction.output[0];
	let to = unbonding_output::<Native>(&terms()).unwrap().script_pubkey();
	assert_eq!(main.script_pubkey, ScriptBuf::from(to));
	assert_eq!(main.value.to_sat(), 10_000_001 - 2_000 - 240);

	let coin = unbonded::<Native>(&terms(), &bond()).unwrap();
	assert_eq!(coin.outpoint, OutPoint { txid: unbonding.txid::<Native>(), vout: MAIN_VOUT });
	assert_eq!(coin.value.0, main.value.to_sat());
	assert_eq!(Slashable::Unbonding.coin::<Native>(&terms(), &bond()), Some(coin));
}

#[test]
fn an_extension_pays_to_the_new_bond() {
	let extension = extension_transaction::<Native>(&terms(), &bond(), &new_terms()).unwrap();
	assert_form(&extension, &bond(), Sats(2_000));
	assert_eq!(extension.transaction.output.len(), 2);
	let to = bond_output::<Native>(&new_terms()).unwrap().script_pubkey();
	assert_eq!(extension.transaction.output[0].script_pubkey, ScriptBuf::from(to));
	// By the old covenant.
	let together = bond_output::<Native>(&terms()).unwrap().leaves[1].clone();
	assert_eq!(extension.leaf, together);
}

#[test]
fn a_bond_that_holds_too_little_is_not_spent() {
	let least = FundedBond { value: Sats(2_000 + 240 + 330), ..bond() };
	let less = FundedBond { value: Sats(2_000 + 240 + 329), ..bond() };
	assert!(unbonding_transaction::<Native>(&terms(), &least).is_some());
	assert!(extension_transaction::<Native>(&terms(), &least, &new_terms()).is_some());
	assert_eq!(unbonding_transaction::<Native>(&terms(), &less), None);
	assert_eq!(unbonded::<Native>(&terms(), &less), None);
	assert_eq!(extension_transaction::<Native>(&terms(), &less, &new_terms()), None);
	assert_eq!(slashing_transaction::<Native>(Slashable::Unbonding, &terms(), &less), None);
	assert_eq!(slashing_transaction::<Native>(Slashable::Unbonding, &terms(), &least), None);
	let never = BondTerms { timelock: 0, ..terms() };
	assert_eq!(unbonding_transaction::<Native>(&never, &bond()), None);
	assert_eq!(extension_transaction::<Native>(&terms(), &bond(), &never), None);
}

/// To the unit, and all far below what nodes relay.
#[test]
fn the_weight_is_known_before_anybody_signs() {
	for keys in 1..=MAX_KEYS as u8 {
		for threshold in 1..=u32::from(keys) {
			let terms = BondTerms { covenant: covenant(keys, threshold), ..terms() };
			let moving = unbonding_weight(&terms.covenant);
			let slashing = slashing_weight(&terms.covenant);
			assert!(moving < slashing && slashing < Weight(2_800));
			assert!(slashing < MAX_STANDARD_TX_WEIGHT);
			let unbonding = unbonding_transaction::<Native>(&terms, &bond()).unwrap();
			assert_eq!(signed_weight(&unbonding, &terms), moving);
			let extension = extension_transaction::<Native>(&terms, &bond(), &terms).unwrap();
			assert_eq!(signed_weight(&extension, &terms), moving);
			for which in [Slashable::Bond, Slashable::Unbonding] {
				let slash = slashing_transaction::<Native>(which, &terms, &bond()).unwrap();
				assert_eq!(signed_weight(&slash, &terms), slashing);
			}
		}
	}
}

#[test]
fn a_withdrawal_waits_for_its_output() {
	use entangled_bitcoin::{bond::withdrawal_transaction, script::RefundError, FeeRate};
	let to = PayoutScript::P2wpkh([4; 20]);
	let take = |from, terms: &BondTerms, value| {
		withdrawal_transaction::<Native>(
			from,
			terms,
			bond().outpoint,
			Sats(value),
			to,
			FeeRate(3_000),
		)
	};
	for (from, delay) in
		[(BondOutput::Bond, 52_560), (BondOutput::Unbonding, 1_008), (BondOutput::Refund, 1_008)]
	{
		let unsigned = take(from, &terms(), 100_000).unwrap();
		assert_eq!(unsigned.leaf, from.of::<Native>(&terms()).unwrap().leaves[0]);
		let transaction = unsigned.clone().complete(&Signature([7; 64]));
		assert_eq!(transaction.version, Version::TWO);
		assert_eq!(transaction.input[0].sequence, Sequence::from_height(delay));
		let [output] = &transaction.output[..] else { panic!("one output") };
		assert_eq!(output.script_pubkey.as_bytes(), to.to_script());
		let fee = 100_000 - output.value.to_sat();
		assert_eq!(fee, 3 * transaction.vsize() as u64);

		assert_eq!(take(from, &terms(), 600), Err(RefundError::NothingLeft));
		let mut never = BondTerms { timelock: 0, ..terms() };
		never.rules.unbonding_time = 0;
		assert_eq!(take(from, &never, 100_000), Err(RefundError::NoSuchAddress));
	}
}

proptest! {
	/// Nothing is lost and nothing made, whatever the terms.
	#[test]
	fn every_transaction_adds_up(
		(terms, bond) in any_terms().prop_flat_map(|t| { let b = any_bond(&t.rules); (Just(t), b) }),
		new in any_terms(),
	) {
		let rules = terms.rules;
		let unbonding = unbonding_transaction::<Native>(&terms, &bond).unwrap();
		assert_form(&unbonding, &bond, rules.unbonding_fee);
		let extension = extension_transaction::<Native>(&terms, &bond, &new).unwrap();
		assert_form(&extension, &bond, rules.unbonding_fee);
		for which in [Slashable::Bond, Slashable::Unbonding] {
			let coin = which.coin::<Native>(&terms, &bond).unwrap();
			let slashing = slashing_transaction::<Native>(which, &terms, &bond).unwrap();
			assert_form(&slashing, &coin, rules.slashing_fee);
			let from = which.output::<Native>(&terms).unwrap();
			prop_assert_eq!(&slashing.spent.script_pubkey, &ScriptBuf::from(from.script_pubkey()));
			prop_assert_eq!(&slashing.leaf, &from.leaves[1]);
			let bytes = consensus::serialize(&slashing.transaction);
			prop_assert_eq!(bytes, raw(&slashing.transaction));
		}
	}

	/// There is one unbonding transaction, and everything that a bond is made from decides which.
	#[test]
	fn one_bond_has_one_unbonding_transaction(
		(terms, bond) in any_terms().prop_flat_map(|t| { let b = any_bond(&t.rules); (Just(t), b) }),
		other_bond in any_bond(&rules()),
		other in any_terms(),
	) {
		let id = |terms: &BondTerms, bond: &FundedBond| {
			unbonding_transaction::<Native>(terms, bond).map(|spend| (spend.txid::<Native>(), spend.sighash))
		};
		let own = id(&terms, &bond).unwrap();
		prop_assert_eq!(id(&terms, &bond), Some(own));
		for (changed_terms, changed_bond) in [
			(BondTerms { covenant: other.covenant.clone(), ..terms.clone() }, bond),
			(BondTerms { staker: key(98), ..terms.clone() }, bond),
			(terms.clone(), FundedBond { outpoint: other_bond.outpoint, ..bond }),
			(terms.clone(), FundedBond { value: Sats(bond.value.0 + 1), ..bond }),
		] {
			if (&changed_terms, &changed_bond) != (&terms, &bond) {
				prop_assert_ne!(id(&changed_terms, &changed_bond).unwrap().0, own.0);
			}
		}
		// The timelock is not in the transaction, but in what is signed for it.
		let longer = BondTerms { timelock: terms.timelock.wrapping_add(1).max(1), ..terms.clone() };
		let (txid, sighash) = id(&longer, &bond).unwrap();
		prop_assert_eq!(txid, own.0);
		prop_assert_ne!(sighash, own.1);
	}
}
