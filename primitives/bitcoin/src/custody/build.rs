//! The bytes of custody's transactions.

use super::{Coin, Selection};
use crate::{
	transaction::{input, output, unsigned},
	AnchorPayload, Sats, TaprootScript,
};
use alloc::vec::Vec;
use bitcoin::{transaction::Version, Transaction, Witness};

pub use crate::transaction::SEQUENCE;

/// The transaction of a selection, without witnesses.
///
/// It spends the coins in the order given, which are those that the selection was made from. The
/// module's table says in which order its outputs stand.
pub fn build(
	selection: &Selection,
	coins: &[Coin],
	change: TaprootScript,
	anchor: &AnchorPayload,
) -> Transaction {
	let inputs = coins.iter().map(|coin| input(coin.outpoint, SEQUENCE)).collect();
	let payouts = selection.payouts.iter().map(|p| output(p.amount, p.script.to_script()));
	let outputs = [output(selection.change, change), output(Sats::ZERO, anchor.to_script())]
		.into_iter()
		.chain(payouts)
		.collect();
	unsigned(Version::TWO, inputs, outputs)
}

/// The transaction with a witness for each input: the stack that satisfies the leaf's script, the
/// script, and its control block. `None` when there are not as many witnesses as inputs.
pub fn assemble(mut tx: Transaction, witnesses: &[Vec<Vec<u8>>]) -> Option<Transaction> {
	if tx.input.len() != witnesses.len() {
		return None;
	}
	for (input, witness) in tx.input.iter_mut().zip(witnesses) {
		input.witness = Witness::from_slice(witness);
	}
	Some(tx)
}
