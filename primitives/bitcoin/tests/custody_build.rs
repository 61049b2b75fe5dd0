//! The bytes of custody's transactions: their weight to the unit, and their place on the network.

mod custody_common;

use bitcoin::{absolute::LockTime, consensus, transaction::Version, Sequence, Transaction};
use custody_common::*;
use entangled_bitcoin::{
	custody::{
		assemble, build, select, Terms, ANCHOR_VOUT, CHANGE_VOUT, FIRST_PAYOUT_VOUT, SEQUENCE,
	},
	AnchorPayload, Multisig, Selection, TaprootScript, Weight,
};

/// The transaction of the terms, each input with a witness of full size.
fn complete(committee: &Multisig, terms: &Terms, selection: &Selection) -> Transaction {
	let change = main_output(committee).script_pubkey();
	let tx = build(selection, &terms.coins, change, &anchor());
	let outputs = [main_output(committee), deposit(committee)];
	let spent =
		|script: TaprootScript| outputs.iter().find(|o| o.script_pubkey() == script).unwrap();
	let witnesses = terms.coins.iter().map(|c| witness(committee, spent(c.script_pubkey)));
	assemble(tx, &witnesses.collect::<Vec<_>>()).unwrap()
}

fn with_payouts(payouts: u64, kind: impl Fn(u64) -> u8) -> Terms {
	let mut terms = terms((0..payouts).map(|id| request(id, 20_000, 1_000_000)).collect());
	terms.requests.iter_mut().for_each(|request| request.script = script(kind(request.id)));
	terms.limits.max_payouts = u32::MAX;
	terms
}

/// The weight is known before anybody signs, at every width of every count.
#[test]
fn the_weight_is_exact() {
	for keys in [1, 2, 3, 4, 7, 10, 15, 16, 20] {
		let committee = committee(keys);
		for (deposits, payouts) in
			[(0, 0), (0, 1), (1, 0), (3, 100), (0, 250), (0, 251), (252, 2), (260, 300)]
		{
			let mut terms = with_payouts(payouts, |id| id as u8);
			terms.coins = vec![coin(&committee, &main_output(&committee), 0, 1_000_000_000)];
			let deposit = deposit(&committee);
			terms.coins.extend((1..=deposits).map(|i| coin(&committee, &deposit, i, 100_000)));
			terms.reserve.0 = 100_000_000;
			let Ok(selection) = select(&terms) else {
				assert!(keys > 10 && deposits > 200, "{keys} {deposits} {payouts}");
				continue;
			};
			check(&terms, &selection);
			let tx = complete(&committee, &terms, &selection);
			assert_eq!(Weight::from(tx.weight()), selection.weight, "{keys} {deposits} {payouts}");
			let bytes = consensus::serialize(&tx);
			assert_eq!(consensus::deserialize::<Transaction>(&bytes).unwrap(), tx);
		}
	}
}

#[test]
fn everything_has_its_place() {
	let terms = with_payouts(5, |id| id as u8);
	let selection = select(&terms).unwrap();
	let change = terms.coins[0].script_pubkey;
	let tx = build(&selection, &terms.coins, change, &anchor());

	assert_eq!((tx.version, tx.lock_time), (Version::TWO, LockTime::ZERO));
	assert_eq!(SEQUENCE, Sequence(0xffff_fffd));
	assert!(tx.is_explicitly_rbf());
	assert!(tx.input.iter().all(|input| input.sequence == SEQUENCE && input.witness.is_empty()));
	let outpoints = terms.coins.iter().map(|coin| coin.outpoint.into());
	assert!(tx.input.iter().map(|input| input.previous_output).eq(outpoints));

	let output = |vout: u32| &tx.output[vout as usize];
	assert_eq!(output(CHANGE_VOUT).script_pubkey.as_bytes(), change.to_bytes());
	assert_eq!(output(CHANGE_VOUT).value.to_sat(), selection.change.0);
	let payload = AnchorPayload::from_script(output(ANCHOR_VOUT).script_pubkey.as_bytes());
	assert_eq!(payload, Some(anchor()));
	assert_eq!(output(ANCHOR_VOUT).value.to_sat(), 0);
	for (vout, payout) in (FIRST_PAYOUT_VOUT..).zip(&selection.payouts) {
		assert_eq!(output(vout).script_pubkey.as_bytes(), payout.script.to_script());
		assert_eq!(output(vout).value.to_sat(), payout.amount.0);
	}
	assert_eq!(tx.output.len(), 7);
}

#[test]
fn witnesses_belong_to_inputs() {
	let terms = with_payouts(1, |_| 0);
	let tx = build(&select(&terms).unwrap(), &terms.coins, terms.coins[0].script_pubkey, &anchor());
	assert_eq!(assemble(tx.clone(), &[]), None);
	assert_eq!(assemble(tx, &[vec![], vec![]]), None);
}

/// What a withdrawal costs in a batch of a hundred, everything counted, against what its output
/// takes by itself.
#[test]
fn a_hundred_withdrawals_share_one_base() {
	println!("committee  output  vbytes each  bare output  ratio");
	// The most that each may be, in thousandths of the bare output.
	for (keys, p2wpkh, p2tr) in [(3, 1_085, 1_060), (4, 1_095, 1_070), (15, 1_160, 1_115)] {
		for (name, kind, limit) in [("P2WPKH", 0, p2wpkh), ("P2TR", 1, p2tr)] {
			let committee = committee(keys);
			let mut terms = with_payouts(100, |_| kind);
			terms.coins = vec![coin(&committee, &main_output(&committee), 0, 1_000_000_000)];
			let selection = select(&terms).unwrap();
			let tx = complete(&committee, &terms, &selection);
			assert_eq!(tx.output.len(), 102);
			let bare = script(kind).output_weight().0 / 4;
			let ratio = tx.vsize() as u64 * 1_000 / (100 * bare);
			println!(
				"{:>2} of {keys:<2}   {name:<6}  {:>11.2}  {bare:>11}  {:>5.3}",
				committee.threshold(),
				tx.vsize() as f64 / 100.0,
				ratio as f64 / 1_000.0,
			);
			assert!(ratio <= limit);
		}
	}
}
