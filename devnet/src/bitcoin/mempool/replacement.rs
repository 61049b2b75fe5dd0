//! Replacing what waits by something that pays better (`policy/rbf.cpp`). Signalling is not asked
//! for: any transaction can be replaced, as in Bitcoin Core since version 28.

use std::collections::BTreeSet;

use bitcoin::Txid;

use super::{
	linearize::{improves_diagram, linearize, Item},
	rejection::{Reason, Rejection},
	Entry, Mempool, INCREMENTAL_RELAY_FEE,
};
use crate::bitcoin::fee::format_money;

/// Most clusters that one transaction may replace in (`MAX_REPLACEMENT_CANDIDATES`).
const MAX_REPLACEMENT_CANDIDATES: usize = 100;

impl Mempool {
	/// What `entry` replaces: the transactions that it conflicts with and all that rests on them.
	/// Empty without conflicts.
	pub(super) fn check_replacement(
		&self,
		entry: &Entry,
		conflicts: &BTreeSet<Txid>,
	) -> Result<BTreeSet<Txid>, Rejection> {
		if conflicts.is_empty() {
			return Ok(BTreeSet::new());
		}
		let txid = entry.txid;
		let ancestors = self.ancestors(self.parents_of(&entry.transaction));
		if let Some(ancestor) = ancestors.intersection(conflicts).next() {
			return Err(Reason::SpendsConflicting
				.because(format!("{txid} spends conflicting transaction {ancestor}")));
		}
		let clusters = self.count_clusters(conflicts);
		if clusters > MAX_REPLACEMENT_CANDIDATES {
			return Err(Reason::TooManyReplacements.because(format!(
				"rejecting replacement {txid}; too many conflicting clusters ({clusters} > {MAX_REPLACEMENT_CANDIDATES})"
			)));
		}
		let replaced = self.descendants(conflicts.iter().copied());
		self.check_pays(entry, &replaced)?;
		self.check_cluster(entry, &replaced)?;
		if !self.improves(entry, conflicts, &replaced) {
			return Err(Reason::ReplacementFailed
				.because("insufficient feerate: does not improve feerate diagram"));
		}
		Ok(replaced)
	}

	/// The replacement pays at least what goes, and on top of that its own relay (`PaysForRBF`).
	fn check_pays(&self, entry: &Entry, replaced: &BTreeSet<Txid>) -> Result<(), Rejection> {
		let txid = entry.txid;
		let original: u64 =
			replaced.iter().filter_map(|txid| self.get(txid)).map(|entry| entry.fee).sum();
		let Some(additional) = entry.fee.checked_sub(original) else {
			return Err(Reason::InsufficientFee.because(format!(
				"rejecting replacement {txid}, less fees than conflicting txs; {} < {}",
				format_money(entry.fee),
				format_money(original)
			)));
		};
		let relay = INCREMENTAL_RELAY_FEE.fee_for(entry.vsize());
		if additional < relay {
			return Err(Reason::InsufficientFee.because(format!(
				"rejecting replacement {txid}, not enough additional fees to relay; {} < {}",
				format_money(additional),
				format_money(relay)
			)));
		}
		Ok(())
	}

	/// Whether the clusters that the replacement touches are better to mine with it.
	fn improves(
		&self,
		entry: &Entry,
		conflicts: &BTreeSet<Txid>,
		replaced: &BTreeSet<Txid>,
	) -> bool {
		let parents = self.parents_of(&entry.transaction);
		let before = self.cluster(conflicts.union(&parents).copied());
		let after = &before - replaced;
		let mut items = self.items(&after);
		let position = |txid: &Txid| items.iter().position(|item| item.txid == *txid);
		let parents = parents.iter().filter_map(position).collect();
		items.push(Item {
			txid: entry.txid,
			fee: entry.fee,
			weight: entry.adjusted_weight,
			parents,
		});
		improves_diagram(self.chunks(&before), linearize(&items))
	}

	fn count_clusters(&self, of: &BTreeSet<Txid>) -> usize {
		let mut pending = of.clone();
		let mut count = 0;
		while let Some(txid) = pending.pop_first() {
			pending = &pending - &self.cluster([txid]);
			count += 1;
		}
		count
	}
}
