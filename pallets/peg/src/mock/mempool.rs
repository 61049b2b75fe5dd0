//! Bitcoin's nodes, and what they take in place of what they have.

use super::{best, policy, regtest::Ledger};
use bitcoin::Transaction;

/// What a transaction that could be mined now pays to the miner.
fn fee(tx: &Transaction) -> Result<u64, &'static str> {
	let ledger = Ledger::now();
	ledger.check(tx, best().height + 1)?;
	let value = |coin| ledger.coins.get(coin).map_or(0, |(output, _)| output.value.to_sat());
	let paid_in = tx.input.iter().map(|input| value(&input.previous_output)).sum::<u64>();
	Ok(paid_in - tx.output.iter().map(|output| output.value.to_sat()).sum::<u64>())
}

/// Whether a node that has `old` takes `new` in its place (BIP 125, and `PaysMoreThanConflicts`).
pub fn replaces(new: &Transaction, old: &Transaction) -> Result<(), &'static str> {
	let (paid, offered) = (fee(old)?, fee(new)?);
	let spent = |tx: &Transaction, coin| tx.input.iter().any(|i| i.previous_output == coin);
	let rival = old.input.iter().any(|input| spent(new, input.previous_output));
	let (size, old_size) = (new.vsize() as u64, old.vsize() as u64);
	let relay = (policy().fees.incremental.0 * size).div_ceil(1_000);
	let rules = [
		(rival, "they could both be mined"),
		(old.is_explicitly_rbf(), "it cannot be replaced"),
		(offered >= paid, "less fees than conflicting transactions"),
		(offered >= paid + relay, "not enough additional fees to relay"),
		(offered * old_size > paid * size, "no higher rate than conflicting transactions"),
	];
	rules.into_iter().find(|(kept, _)| !kept).map_or(Ok(()), |(_, why)| Err(why))
}
