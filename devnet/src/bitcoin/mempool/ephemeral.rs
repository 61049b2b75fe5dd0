//! Dust that never outlives the pool: who makes it pays nothing, so that nobody mines it alone, and who
//! spends from that must spend the dust (`policy/ephemeral_policy.cpp`).

use bitcoin::{OutPoint, Transaction};

use super::{
	rejection::{Reason, Rejection},
	standard, Entry, Mempool,
};

/// A transaction with dust must pay no fee (`PreCheckEphemeralTx`).
pub fn check_fee(transaction: &Transaction, fee: u64) -> Result<(), Rejection> {
	if fee != 0 && standard::dust(transaction).next().is_some() {
		return Err(Reason::Dust.because("tx with dust output must be 0-fee"));
	}
	Ok(())
}

/// Whoever spends from a waiting transaction must spend its dust (`CheckEphemeralSpends`).
pub fn check_spends(pool: &Mempool, entry: &Entry) -> Result<(), Rejection> {
	let Entry { transaction, txid, wtxid, .. } = entry;
	let spends = |dust| transaction.input.iter().any(|input| input.previous_output == dust);
	for parent in pool.parents_of(transaction) {
		let Some(known) = pool.get(&parent) else { continue };
		let mut dust = standard::dust(&known.transaction);
		if !dust.all(|vout| spends(OutPoint::new(parent, vout))) {
			return Err(Reason::MissingEphemeralSpends.because(format!(
				"tx {txid} (wtxid={wtxid}) did not spend parent's ephemeral dust"
			)));
		}
	}
	Ok(())
}
