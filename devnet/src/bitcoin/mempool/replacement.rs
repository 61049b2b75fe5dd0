//! Replacing what waits by something that pays better (`policy/rbf.cpp`). Signalling is not asked
//! for: any transaction can be replaced, as in Bitcoin Core since version 28.

use std::collections::BTreeSet;

use bitcoin::Txid;

use super::{
	linearize::{compare_rates, improves_diagram, linearize, Item},
	rejection::{Reason, Rejection},
	Entry, Mempool, INCREMENTAL_RELAY_FEE,
};
use crate::bitcoin::fee::format_money;

/// Most clusters that one transaction may replace in (`MAX_REPLACEMENT_CANDIDATES`).
const MAX_REPLACEMENT_CANDIDATES: usize = 100;
/// What is said of what pays enough, but leaves miners with less (`ImprovesFeerateDiagram`).
const NO_BETTER: &str = "insufficient feerate: does not improve feerate diagram";

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
		self.check_pays(txid, entry.fee, entry.vsize(), &replaced)
			.map_err(|detail| Reason::InsufficientFee.because(detail))?;
		self.check_cluster(entry, &replaced)?;
		if !self.improves(&[entry], conflicts, &replaced) {
			return Err(Reason::ReplacementFailed.because(NO_BETTER));
		}
		Ok(replaced)
	}

	/// Whether transactions that are judged together may replace these, of which a pair of parent and
	/// child may (`PackageRBFChecks`). Otherwise why not.
	pub(super) fn check_package_replacement(
		&self,
		package: &[Entry],
		replaced: &BTreeSet<Txid>,
	) -> Result<(), String> {
		let spends = |child: &Entry, parent: &Entry| {
			let mut inputs = child.transaction.input.iter();
			inputs.any(|input| input.previous_output.txid == parent.txid)
		};
		let [parent, child] = package else {
			return Err("package must be 1-parent-1-child".into());
		};
		if !spends(child, parent) {
			return Err("package must be 1-parent-1-child".into());
		}
		if package.iter().any(|entry| !self.parents_of(&entry.transaction).is_empty()) {
			return Err("new transaction cannot have mempool ancestors".into());
		}
		if self.count_clusters(replaced) > MAX_REPLACEMENT_CANDIDATES {
			return Err("too many potential replacements".into());
		}
		let (fee, vsize) = (parent.fee + child.fee, parent.vsize() + child.vsize());
		self.check_pays(child.txid, fee, vsize, replaced)
			.map_err(|detail| format!("insufficient anti-DoS fees, {detail}"))?;
		// The child pays for both, and not only for what goes.
		if compare_rates((fee, vsize), (parent.fee, parent.vsize())).is_le() {
			return Err("package feerate is less than or equal to parent feerate".into());
		}
		if !self.improves(&[parent, child], replaced, replaced) {
			return Err(NO_BETTER.into());
		}
		Ok(())
	}

	/// What comes pays at least what goes, and on top of that its own relay (`PaysForRBF`). Otherwise
	/// what it lacks, in the words about `txid`.
	fn check_pays(
		&self,
		txid: Txid,
		fee: u64,
		vsize: u64,
		replaced: &BTreeSet<Txid>,
	) -> Result<(), String> {
		let original: u64 =
			replaced.iter().filter_map(|txid| self.get(txid)).map(|entry| entry.fee).sum();
		let Some(additional) = fee.checked_sub(original) else {
			return Err(format!(
				"rejecting replacement {txid}, less fees than conflicting txs; {} < {}",
				format_money(fee),
				format_money(original)
			));
		};
		let relay = INCREMENTAL_RELAY_FEE.fee_for(vsize);
		if additional < relay {
			return Err(format!(
				"rejecting replacement {txid}, not enough additional fees to relay; {} < {}",
				format_money(additional),
				format_money(relay)
			));
		}
		Ok(())
	}

	/// Whether the clusters that the replacement touches are better to mine with these, of which parents
	/// come first.
	fn improves(
		&self,
		entries: &[&Entry],
		conflicts: &BTreeSet<Txid>,
		replaced: &BTreeSet<Txid>,
	) -> bool {
		let parents = entries.iter().flat_map(|entry| self.parents_of(&entry.transaction));
		let before = self.cluster(parents.chain(conflicts.iter().copied()));
		let after = &before - replaced;
		let mut items = self.items(&after);
		for entry in entries {
			let inputs = &entry.transaction.input;
			let spends =
				|item: &Item| inputs.iter().any(|input| input.previous_output.txid == item.txid);
			let parents = (0..).zip(&items).filter(|(_, item)| spends(item)).map(|(at, _)| at);
			let parents = parents.collect::<Vec<usize>>();
			items.push(Item {
				parents,
				txid: entry.txid,
				fee: entry.fee,
				weight: entry.adjusted_weight,
			});
		}
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
