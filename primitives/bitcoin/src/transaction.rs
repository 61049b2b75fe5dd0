//! Transactions and their ids.

use crate::{Sha256, Txid};
use alloc::vec::Vec;
use bitcoin::{consensus, Transaction};

/// A transaction's serialisation without witnesses: what its id is the hash of.
pub fn without_witnesses(transaction: &Transaction) -> Vec<u8> {
	let mut stripped = transaction.clone();
	for input in &mut stripped.input {
		input.witness.clear();
	}
	consensus::serialize(&stripped)
}

/// A transaction's id.
pub fn txid<H: Sha256>(transaction: &Transaction) -> Txid {
	Txid(H::sha256d(&without_witnesses(transaction)))
}
