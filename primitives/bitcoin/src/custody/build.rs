//! The bytes of custody's transactions.

use super::{Coin, Selection};
use crate::{AnchorPayload, Sats, TaprootScript};
use alloc::vec::Vec;
use bitcoin::{
	absolute::LockTime, transaction::Version, Amount, ScriptBuf, Sequence, Transaction, TxIn,
	TxOut, Witness,
};

/// The sequence of every input: the transaction may be replaced (BIP 125), and no lock time and no
/// relative lock time holds.
pub const SEQUENCE: Sequence = Sequence::ENABLE_RBF_NO_LOCKTIME;

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
	let input = coins
		.iter()
		.map(|coin| TxIn {
			previous_output: coin.outpoint.into(),
			script_sig: ScriptBuf::new(),
			sequence: SEQUENCE,
			witness: Witness::new(),
		})
		.collect();
	let payouts = selection.payouts.iter().map(|p| output(p.amount, p.script.to_script().into()));
	let output =
		[output(selection.change, change.into()), output(Sats::ZERO, anchor.to_script().into())]
			.into_iter()
			.chain(payouts)
			.collect();
	Transaction { version: Version::TWO, lock_time: LockTime::ZERO, input, output }
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

fn output(amount: Sats, script_pubkey: ScriptBuf) -> TxOut {
	TxOut { value: Amount::from_sat(amount.0), script_pubkey }
}
