//! What it costs to bring a transaction to a fee rate that its own fee does not reach.

use crate::kit::*;
use bitcoin::{
	hashes::Hash,
	sighash::{Prevouts, SighashCache},
	Amount, TapSighashType, Transaction, TxOut,
};
use entangled_bitcoin::{
	bond::{anchor_script, child_fee, fee_child, ChildError, FeeCoin},
	FeeRate, Native, OutPoint, PayoutScript, Sats, Signature, TaprootScript, Txid, Weight,
};
use proptest::prelude::*;

const CHANGE: PayoutScript = PayoutScript::P2wpkh([6; 20]);

fn coin(n: u8, value: u64) -> FeeCoin {
	FeeCoin {
		outpoint: OutPoint { txid: Txid([n; 32]), vout: n.into() },
		value: Sats(value),
		script_pubkey: TaprootScript(key(n)),
	}
}

/// Each of the transactions, with its witness.
fn parents() -> Vec<Transaction> {
	let signature = Signature([7; 64]);
	let covenant = terms().covenant;
	let signed = |spend: entangled_bitcoin::bond::CovenantSpend| {
		spend.complete(&covenant, &signature, &[Some(signature); 4]).unwrap()
	};
	spends().map(signed).into()
}

#[test]
fn parent_and_child_pay_the_rate_together() {
	for parent in parents() {
		for rate in [1_000, 1_234, 50_000, 987_654].map(FeeRate) {
			let coins = [coin(1, 600_000), coin(2, 500_000)];
			let child = fee_child::<Native>(&parent, Sats(2_000), &coins, CHANGE, rate).unwrap();
			let fee = child.fee.0;
			let signed = child.complete(&[Signature([7; 64]); 2]).unwrap();
			let (own, both) = (signed.vsize() as u64, (signed.vsize() + parent.vsize()) as u64);
			assert_eq!(1_100_240 - total(&signed), fee);
			let least = (both * rate.0).div_ceil(1_000).saturating_sub(2_000);
			assert_eq!(fee, least.max((own * rate.0).div_ceil(1_000)));
		}
	}
}

#[test]
fn the_child_spends_the_anchor_and_the_coins() {
	for parent in parents() {
		let coins = [coin(1, 60_000), coin(2, 50_000)];
		let child =
			fee_child::<Native>(&parent, Sats(2_000), &coins, CHANGE, FeeRate(9_000)).unwrap();
		let transaction = &child.transaction;
		assert_eq!(
			(transaction.version, transaction.lock_time),
			(parent.version, parent.lock_time)
		);
		assert!(transaction.is_explicitly_rbf());
		let vout = parent.output.len() as u32 - 1;
		let anchor = OutPoint { txid: parent.compute_txid().into(), vout };
		let spent = [anchor, coins[0].outpoint, coins[1].outpoint].map(bitcoin::OutPoint::from);
		assert!(transaction.input.iter().map(|input| input.previous_output).eq(spent));
		let [change] = &transaction.output[..] else { panic!("one output") };
		assert_eq!(change.script_pubkey.as_bytes(), CHANGE.to_script());

		let output =
			|value: Sats, script_pubkey| TxOut { value: Amount::from_sat(value.0), script_pubkey };
		let spent = [output(Sats(240), anchor_script())]
			.into_iter()
			.chain(coins.iter().map(|coin| output(coin.value, coin.script_pubkey.into())))
			.collect::<Vec<_>>();
		let mut cache = SighashCache::new(transaction);
		for (index, sighash) in (1..).zip(&child.sighashes) {
			let prevouts = Prevouts::All(&spent);
			let expected = cache
				.taproot_key_spend_signature_hash(index, &prevouts, TapSighashType::Default)
				.unwrap();
			assert_eq!(*sighash, expected.to_byte_array());
		}
		assert_eq!(child.sighashes.len(), 2);

		assert_eq!(child.clone().complete(&[Signature([1; 64])]), None);
		assert_eq!(child.clone().complete(&[Signature([1; 64]); 3]), None);
		let signed = child.complete(&[Signature([1; 64]), Signature([2; 64])]).unwrap();
		assert!(signed.input[0].witness.is_empty());
		assert_eq!(signed.input[1].witness.to_vec(), [[1; 64]]);
		assert_eq!(signed.input[2].witness.to_vec(), [[2; 64]]);
	}
}

#[test]
fn what_is_no_child() {
	let parent = &parents()[0];
	let make = |parent: &Transaction, coins: &[FeeCoin], rate| {
		fee_child::<Native>(parent, Sats(2_000), coins, CHANGE, FeeRate(rate)).map(|c| c.fee.0)
	};
	let mut bare = parent.clone();
	let anchor = bare.output.pop().unwrap();
	assert_eq!(make(&bare, &[coin(1, 60_000)], 9_000), Err(ChildError::NoAnchor));
	bare.output.push(TxOut { value: anchor.value + Amount::ONE_SAT, ..anchor });
	assert_eq!(make(&bare, &[coin(1, 60_000)], 9_000), Err(ChildError::NoAnchor));

	let many = (1..=16).map(|n| coin(n, 60_000)).collect::<Vec<_>>();
	assert!(make(parent, &many[..15], 9_000).is_ok());
	assert_eq!(make(parent, &many, 9_000), Err(ChildError::TooManyCoins));

	let fee = make(parent, &[coin(1, 60_000)], 9_000).unwrap();
	// What is left must be worth an output of its own.
	let enough = fee + 294 - 240;
	assert_eq!(make(parent, &[coin(1, enough)], 9_000), Ok(fee));
	let (need, have) = (Sats(fee + 294), Sats(fee + 294 - 1));
	let error = ChildError::TooLittle { need, have };
	assert_eq!(make(parent, &[coin(1, enough - 1)], 9_000), Err(error));
	assert!(error.to_string().contains(&need.to_string()));
	assert!(matches!(make(parent, &[], 9_000), Err(ChildError::TooLittle { .. })));

	assert_eq!(make(parent, &[coin(1, u64::MAX)], 9_000), Err(ChildError::Overflow));
	let mut large = parent.clone();
	large.output.extend(vec![parent.output[0].clone(); 30]);
	assert_eq!(make(&large, &[coin(1, 60_000)], u64::MAX), Err(ChildError::Overflow));
	for error in [ChildError::NoAnchor, ChildError::TooManyCoins, ChildError::Overflow] {
		assert!(!error.to_string().is_empty());
	}
}

proptest! {
	#[test]
	fn the_fee_is_the_least_that_does(
		parent in any_sats(u64::MAX),
		parent_fee in any_sats(u64::MAX),
		child in any_sats(u64::MAX),
		rate in any_sats(u64::MAX),
	) {
		let (rate, parent, child) = (FeeRate(rate.0), Weight(parent.0), Weight(child.0));
		let (a, b, r) = (
			u128::from(parent.vbytes()), u128::from(child.vbytes()), u128::from(rate.0),
		);
		let Some(fee) = child_fee(parent, parent_fee, child, rate) else {
			prop_assert!((a + b) * 4 > u64::MAX.into() || (a + b) * r > u128::from(u64::MAX) * 999);
			return Ok(());
		};
		let enough = |fee: u128| {
			(fee + u128::from(parent_fee.0)) * 1_000 >= (a + b) * r && fee * 1_000 >= b * r
		};
		prop_assert!(enough(fee.0.into()));
		prop_assert!(fee.0 == 0 || !enough(u128::from(fee.0) - 1));
	}
}
