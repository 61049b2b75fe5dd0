//! Coins, withdrawals and committees to try custody's transactions with.

#![allow(dead_code)]

use entangled_bitcoin::{
	custody::{input_weight, transaction_weight, FeeFloor, Limits, Request, Terms},
	script::{custody_output, deposit_output},
	AnchorPayload, Coin, FeeRate, Multisig, Native, OutPoint, Payout, PayoutScript, Sats,
	Selection, Signature, TaprootOutput, Txid, Weight, XOnlyKey,
};
use std::collections::BTreeMap;

/// A committee of which two thirds sign.
pub fn committee(keys: u8) -> Multisig {
	let threshold = entangled_bitcoin::script::multisig::threshold_for(keys.into());
	Multisig::new((1..=keys).map(|i| XOnlyKey([i; 32])).collect(), threshold).unwrap()
}

/// Custody's own output.
pub fn main_output(committee: &Multisig) -> TaprootOutput {
	custody_output::<Native>(committee).unwrap()
}

/// A deposit to the fixed address.
pub fn deposit(committee: &Multisig) -> TaprootOutput {
	deposit_output::<Native>(committee, &[7; 32], None).unwrap()
}

/// A coin with this output, told apart by `index`.
pub fn coin(committee: &Multisig, output: &TaprootOutput, index: u32, value: u64) -> Coin {
	let leaf = &output.leaves[0];
	Coin {
		outpoint: OutPoint { txid: Txid([9; 32]), vout: index },
		value: Sats(value),
		script_pubkey: output.script_pubkey(),
		input_weight: input_weight(committee, leaf.script.len(), leaf.control_block.len()),
		main: *output == main_output(committee),
	}
}

/// The witness of an input of such an output: signatures of full size from the first that suffice.
pub fn witness(committee: &Multisig, output: &TaprootOutput) -> Vec<Vec<u8>> {
	let leaf = &output.leaves[0];
	let mut stack =
		committee.witness(&vec![Some(Signature([5; 64])); committee.keys().len()]).unwrap();
	stack.extend([leaf.script.clone(), leaf.control_block.clone()]);
	stack
}

/// One of the five types of script.
pub fn script(kind: u8) -> PayoutScript {
	match kind % 5 {
		0 => PayoutScript::P2wpkh([1; 20]),
		1 => PayoutScript::P2tr(XOnlyKey([2; 32])),
		2 => PayoutScript::P2pkh([3; 20]),
		3 => PayoutScript::P2sh([4; 20]),
		_ => PayoutScript::P2wsh([5; 32]),
	}
}

pub fn request(id: u64, amount: u64, max_fee: u64) -> Request {
	Request { id, script: script(0), amount: Sats(amount), max_fee: Sats(max_fee) }
}

/// One coin of ten bitcoin of a committee of four, no limit that binds, and 10 sat/vB.
pub fn terms(requests: Vec<Request>) -> Terms {
	let committee = committee(4);
	Terms {
		coins: vec![coin(&committee, &main_output(&committee), 0, 1_000_000_000)],
		requests,
		rate: FeeRate(10_000),
		min_fee: FeeFloor::NONE,
		reserve: Sats(1_000_000),
		outflow_left: Sats::MAX_MONEY,
		limits: Limits::default(),
	}
}

pub fn anchor() -> AnchorPayload {
	AnchorPayload { epoch: 1, state_root: [1; 32], proof_hash: [2; 32] }
}

pub fn ids(payouts: &[Payout]) -> Vec<u64> {
	payouts.iter().map(|payout| payout.id).collect()
}

/// Everything that holds of every selection.
pub fn check(terms: &Terms, selection: &Selection) {
	let Selection { payouts, skipped, change, fee, custody_fee, weight } = selection;
	let sum =
		|amounts: &mut dyn Iterator<Item = Sats>| amounts.map(|a| u128::from(a.0)).sum::<u128>();

	// Nothing is lost, and nothing made.
	let coins = sum(&mut terms.coins.iter().map(|coin| coin.value));
	let paid = sum(&mut payouts.iter().map(|payout| payout.amount));
	assert_eq!(coins, paid + u128::from(change.0) + u128::from(fee.0));
	assert!(change.0 >= 330);

	// The fee is what rate and floor ask for, to the satoshi.
	let rate = terms.rate.fee_for(*weight).unwrap();
	assert_eq!(*fee, rate.max(terms.min_fee.fee_for(*weight).unwrap()));

	// It is paid, by nobody more than agreed, and by custody no more than for its deposits.
	let shares = sum(&mut payouts.iter().map(|payout| payout.fee));
	let fee = u128::from(fee.0);
	assert!(shares + u128::from(custody_fee.0) >= fee);
	assert!(shares < fee + payouts.len() as u128 || payouts.is_empty());
	assert!(*custody_fee <= terms.reserve);
	if !payouts.is_empty() {
		let deposits = terms.coins.iter().filter(|coin| !coin.main);
		let deposits = deposits.map(|coin| u128::from(coin.input_weight.0)).sum::<u128>();
		assert!(u128::from(custody_fee.0) * u128::from(weight.0) <= fee * deposits);
	}

	// Limits.
	assert!(paid <= u128::from(terms.outflow_left.0));
	assert!(payouts.len() <= terms.limits.max_payouts as usize);
	assert!(*weight <= terms.limits.max_weight && *weight <= Weight(400_000));
	let inputs = Weight::checked_sum(terms.coins.iter().map(|coin| coin.input_weight)).unwrap();
	let outputs = payouts.iter().map(|payout| payout.script.output_weight());
	let outputs = Weight::checked_sum(outputs).unwrap();
	let exact = transaction_weight(terms.coins.len(), inputs, payouts.len(), outputs);
	assert_eq!(exact, Some(*weight));

	// Everybody has one answer, and it is true.
	assert!(payouts.is_sorted_by(|a, b| a.id < b.id));
	let requests = terms.requests.iter().map(|r| (r.id, r)).collect::<BTreeMap<_, _>>();
	let mut answers = ids(payouts);
	answers.extend(skipped.iter().map(|(id, _)| id));
	answers.sort();
	assert_eq!(answers, requests.keys().copied().collect::<Vec<_>>());
	for payout in payouts {
		let request = requests[&payout.id];
		assert_eq!((payout.script, payout.amount), (request.script, request.amount));
		assert!(payout.fee <= request.max_fee);
		assert!(payout.amount >= payout.script.dust_threshold());
	}
	for (id, skip) in skipped {
		use entangled_bitcoin::Skip;
		let request = requests[id];
		match skip {
			Skip::FeeAboveCeiling { share } => assert!(*share > request.max_fee),
			Skip::Dust => assert!(request.amount < request.script.dust_threshold()),
			Skip::OverOutflowLimit | Skip::InsufficientCustody | Skip::BatchFull => (),
		}
	}
}
