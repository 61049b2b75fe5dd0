//! Anybody pays more for a transaction that was signed in advance.

use bitcoin::{transaction::Version, Amount, Transaction, TxOut};
use entangled_bitcoin::{
	bond::{fee_child, FeeCoin, Slashable, ANCHOR_VALUE},
	FeeRate, Native, PayoutScript, Sats,
};
use serde_json::json;

use crate::stake::{payer, Stake, FAILED_SCRIPT, FEE_COIN};

const RATE: FeeRate = FeeRate(50_000);

/// A child of a transaction that pays 2,000 satoshi, signed.
fn child(parent: &Transaction, coins: &[FeeCoin], rate: FeeRate) -> Transaction {
	let change = PayoutScript::P2tr(payer().key());
	let child = fee_child::<Native>(parent, Sats(2_000), coins, change, rate).unwrap();
	let signatures: Vec<_> = child.sighashes.iter().map(|sighash| payer().sign(*sighash)).collect();
	child.complete(&signatures).unwrap()
}

/// Every transaction of the bond that the pool would take now.
fn parents(stake: &Stake) -> [Transaction; 2] {
	[stake.unbonding(), stake.slashing(Slashable::Bond)].map(|spend| stake.signed(&spend))
}

#[test]
fn a_child_brings_its_parent_to_the_rate() {
	for index in 0..2 {
		for coins in [1, 2] {
			let stake = Stake::open(4);
			let parent = &parents(&stake)[index];
			stake.net.send(parent);
			let child = child(parent, &stake.fees[..coins], RATE);
			let verdict = stake.verdict(&child);
			assert_eq!(verdict["allowed"], true, "{verdict}");
			let fee = coins as u64 * FEE_COIN + ANCHOR_VALUE.0 - child.output[0].value.to_sat();
			let vbytes = (parent.vsize() + child.vsize()) as u64;
			assert_eq!(fee + 2_000, vbytes * 50);
			// Both are in the block.
			stake.mine(&child);
			assert!(stake.net.pool().is_empty());
		}
	}
}

#[test]
fn whoever_pays_more_takes_the_anchor() {
	let stake = Stake::open(4);
	let parent = &parents(&stake)[1];
	stake.net.send(parent);
	let first = child(parent, &stake.fees[..1], RATE);
	stake.net.send(&first);
	let hardly_more = child(parent, &stake.fees[1..], FeeRate(50_010));
	let (_, reason) = stake.net.refuse(&hardly_more);
	assert!(reason.contains("not enough additional fees to relay"), "{reason}");
	let more = child(parent, &stake.fees[1..], FeeRate(60_000));
	stake.net.send(&more);
	let pool = stake.net.pool();
	assert!(pool.contains(&more.compute_txid().to_string()));
	assert!(!pool.contains(&first.compute_txid().to_string()));
}

/// What would hold a transaction up, nodes do not let in.
#[test]
fn no_child_stands_in_the_way() {
	let stake = Stake::open(4);
	let parent = &parents(&stake)[1];
	stake.net.send(parent);

	let mut large = child(parent, &stake.fees, FeeRate(5_000));
	let dust = TxOut {
		value: Amount::from_sat(330),
		script_pubkey: large.output[0].script_pubkey.clone(),
	};
	large.output[0].value -= dust.value * 20;
	large.output.extend(vec![dust; 20]);
	let (_, reason) = stake.net.refuse(&large);
	assert!(reason.starts_with("TRUC-violation"), "{reason}");
	assert!(reason.contains("is too big"), "{reason}");
	let mut other_version = child(parent, &stake.fees, RATE);
	other_version.version = Version::TWO;
	let (_, reason) = stake.net.refuse(&other_version);
	assert!(reason.starts_with("TRUC-violation"), "{reason}");

	// Anybody spends the anchor, but with a witness nodes do not relay it.
	let mut witness = child(parent, &stake.fees, RATE);
	witness.input[0].witness.push([]);
	let (_, reason) = stake.net.refuse(&witness);
	assert_eq!(reason, "bad-witness-nonstandard");
	// It is no anchor without its coin.
	let mut short = child(parent, &stake.fees, RATE);
	short.output[0].value += Amount::ONE_SAT;
	let (_, reason) = stake.net.refuse(&short);
	assert!(reason.starts_with(FAILED_SCRIPT), "{reason}");
	stake.net.send(&child(parent, &stake.fees, RATE));
}

/// While the pool is full, the transaction alone does not get in. It then has to come together with its
/// child.
#[test]
fn a_full_pool_wants_more() {
	let stake = Stake::open(4);
	let parent = &parents(&stake)[0];
	stake.net.call("setmempoolminfee", &[json!(0.0005)]);
	let (code, reason) = stake.net.refuse(parent);
	assert_eq!(code, -26);
	assert!(reason.starts_with("mempool min fee not met"), "{reason}");
	let child = child(parent, &stake.fees, RATE);
	let (_, reason) = stake.net.refuse(&child);
	assert_eq!(reason, "bad-txns-inputs-missingorspent");
	stake.net.call("setmempoolminfee", &[json!(0)]);
	stake.net.send(parent);
	stake.mine(&child);
}
