//! What has spent a bond.

use crate::kit::*;
use bitcoin::{transaction::Version, Sequence, Transaction, TxIn};
use entangled_bitcoin::{
	bond::{classify, unbonded, withdrawal_transaction, BondOutput, FundedBond, Slashable, Spend},
	FeeRate, Native, OutPoint, PayoutScript, Sats, Signature, Txid,
};
use proptest::prelude::*;

fn of_bond(transaction: &Transaction) -> Option<(u32, Spend)> {
	classify::<Native>(transaction, Slashable::Bond, &terms(), &bond(), Some(&new_terms()))
}

fn of_unbonding(transaction: &Transaction) -> Option<(u32, Spend)> {
	classify::<Native>(transaction, Slashable::Unbonding, &terms(), &bond(), Some(&new_terms()))
}

/// Takes a coin after the delay of its output.
fn withdrawal(from: BondOutput, coin: &FundedBond) -> Transaction {
	let to = PayoutScript::P2wpkh([1; 20]);
	withdrawal_transaction::<Native>(from, &terms(), coin.outpoint, coin.value, to, FeeRate::MIN)
		.unwrap()
		.complete(&Signature([7; 64]))
}

#[test]
fn the_ordered_ones_are_known_by_their_ids() {
	let [unbonding, slashing, late_slashing, extension] = spends().map(|spend| spend.transaction);
	assert_eq!(of_bond(&unbonding), Some((0, Spend::Unbonding)));
	assert_eq!(of_bond(&slashing), Some((0, Spend::Slashing)));
	assert_eq!(of_bond(&extension), Some((0, Spend::Extension)));
	assert_eq!(of_bond(&late_slashing), None);
	assert_eq!(of_unbonding(&late_slashing), Some((0, Spend::Slashing)));
	for transaction in [&unbonding, &slashing, &extension] {
		assert_eq!(of_unbonding(transaction), None);
	}

	// An extension that nobody asked for.
	let unasked = classify::<Native>(&extension, Slashable::Bond, &terms(), &bond(), None);
	assert_eq!(unasked, Some((0, Spend::Foreign)));
	// A witness changes nothing.
	let mut signed = unbonding.clone();
	signed.input[0].witness.push([1; 64]);
	assert_eq!(of_bond(&signed), Some((0, Spend::Unbonding)));
	// Any other change does.
	for transaction in [unbonding, slashing, extension] {
		let mut changed = transaction.clone();
		changed.output.pop();
		assert_eq!(of_bond(&changed), Some((0, Spend::Foreign)));
	}
	let mut changed = late_slashing;
	changed.output.pop();
	assert_eq!(of_unbonding(&changed), Some((0, Spend::Foreign)));
}

#[test]
fn a_withdrawal_has_waited() {
	let unbonded = unbonded::<Native>(&terms(), &bond()).unwrap();
	let own = withdrawal(BondOutput::Bond, &bond());
	assert_eq!(of_bond(&own), Some((0, Spend::Withdrawal)));
	assert_eq!(of_unbonding(&own), None);
	let late = withdrawal(BondOutput::Unbonding, &unbonded);
	assert_eq!(of_unbonding(&late), Some((0, Spend::Withdrawal)));
	assert_eq!(of_bond(&late), None);

	// The unbonding output's delay does not suffice for the bond.
	let early = withdrawal(BondOutput::Unbonding, &bond());
	assert_eq!(of_bond(&early), Some((0, Spend::Foreign)));
}

#[test]
fn the_input_is_found_among_others() {
	let others = |n: u8| TxIn {
		previous_output: OutPoint { txid: bond().outpoint.txid, vout: 100 + u32::from(n) }.into(),
		..TxIn::default()
	};
	let mut transaction = withdrawal(BondOutput::Bond, &bond());
	for n in 0..5 {
		assert_eq!(of_bond(&transaction), Some((n.into(), Spend::Withdrawal)));
		transaction.input.insert(0, others(n));
	}
	transaction.input.pop();
	assert_eq!(of_bond(&transaction), None);
	// Too poor to be unbonded, so nothing can have spent what unbonding makes.
	let poor = FundedBond { value: Sats(1), ..bond() };
	let spend = classify::<Native>(&transaction, Slashable::Unbonding, &terms(), &poor, None);
	assert_eq!(spend, None);
}

proptest! {
	/// As Bitcoin Core's `CheckSequence` decides.
	#[test]
	fn a_sequence_has_waited_or_not(
		version in prop_oneof![any::<i32>(), -1..4i32],
		sequence in prop_oneof![any::<u32>(), 52_550..52_570u32, 0..65_536u32],
		flags in prop::sample::select(vec![0u32, 1 << 31, 1 << 22, 1 << 30, 1 << 16]),
	) {
		let sequence = sequence | flags;
		let mut transaction = withdrawal(BondOutput::Bond, &bond());
		transaction.version = Version(version);
		transaction.input[0].sequence = Sequence(sequence);
		let waited = (version as u32) >= 2
			&& sequence & (1 << 31) == 0
			&& sequence & (1 << 22) == 0
			&& (sequence & 0xffff) >= 52_560;
		let expected = if waited { Spend::Withdrawal } else { Spend::Foreign };
		prop_assert_eq!(of_bond(&transaction), Some((0, expected)));
	}

	#[test]
	fn other_coins_are_not_the_bond(txid: [u8; 32], vout: u32) {
		let mut transaction = withdrawal(BondOutput::Bond, &bond());
		transaction.input[0].previous_output = OutPoint { txid: Txid(txid), vout }.into();
		let same = transaction.input[0].previous_output == bond().outpoint.into();
		prop_assert_eq!(of_bond(&transaction).is_some(), same);
	}
}
