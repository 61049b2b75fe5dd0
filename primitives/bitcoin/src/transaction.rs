//! Transactions: their ids, their bytes, and the parts that ours are made of.

use crate::{OutPoint, Sats, Sha256, Txid};
use alloc::vec::Vec;
use bitcoin::{
	absolute::LockTime, consensus, transaction::Version, Amount, ScriptBuf, Sequence, Transaction,
	TxIn, TxOut, Witness,
};

/// The sequence of an input that nothing delays: the transaction may be replaced (BIP 125), and no
/// lock time and no relative lock time holds (BIP 68).
pub const SEQUENCE: Sequence = Sequence::ENABLE_RBF_NO_LOCKTIME;

/// Why bytes are not a transaction without witnesses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unreadable {
	/// They are not one transaction in full and nothing after it.
	Malformed,
	/// The transaction comes with its witnesses.
	HasWitness,
}

/// A transaction's serialisation without witnesses: what its id is the hash of.
pub fn without_witnesses(transaction: &Transaction) -> Vec<u8> {
	let mut stripped = transaction.clone();
	for input in &mut stripped.input {
		input.witness.clear();
	}
	consensus::serialize(&stripped)
}

/// The transaction of which the bytes are [`without_witnesses`], to the byte.
pub fn read_without_witnesses(bytes: &[u8]) -> Result<Transaction, Unreadable> {
	let transaction: Transaction =
		consensus::deserialize(bytes).map_err(|_| Unreadable::Malformed)?;
	if transaction.input.iter().any(|input| !input.witness.is_empty()) {
		return Err(Unreadable::HasWitness);
	}
	if consensus::serialize(&transaction) != bytes {
		return Err(Unreadable::Malformed);
	}
	Ok(transaction)
}

/// A transaction's id.
pub fn txid<H: Sha256>(transaction: &Transaction) -> Txid {
	Txid(H::sha256d(&without_witnesses(transaction)))
}

/// A transaction without lock time and without witnesses.
pub(crate) fn unsigned(version: Version, input: Vec<TxIn>, output: Vec<TxOut>) -> Transaction {
	Transaction { version, lock_time: LockTime::ZERO, input, output }
}

/// An input that is not signed yet.
pub(crate) fn input(coin: OutPoint, sequence: Sequence) -> TxIn {
	TxIn {
		previous_output: coin.into(),
		script_sig: ScriptBuf::new(),
		sequence,
		witness: Witness::new(),
	}
}

/// An output.
pub(crate) fn output(amount: Sats, script_pubkey: impl Into<ScriptBuf>) -> TxOut {
	TxOut { value: Amount::from_sat(amount.0), script_pubkey: script_pubkey.into() }
}
