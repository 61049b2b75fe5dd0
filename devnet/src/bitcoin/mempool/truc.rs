//! Version 3 transactions: topologically restricted until confirmation (BIP431,
//! `policy/truc_policy.cpp`). A sibling is not evicted; a second child is refused.

use std::collections::BTreeSet;

use bitcoin::Txid;

use super::{
	rejection::{Reason, Rejection},
	Entry, Mempool,
};

/// The version that opts in (`TRUC_VERSION`).
const TRUC_VERSION: i32 = 3;
/// Largest such transaction in virtual bytes (`TRUC_MAX_VSIZE`).
const TRUC_MAX_VSIZE: u64 = 10_000;
/// Largest one that spends a waiting one, in virtual bytes (`TRUC_CHILD_MAX_VSIZE`).
const TRUC_CHILD_MAX_VSIZE: u64 = 1_000;

/// Whether `entry` opts in.
pub fn is_truc(entry: &Entry) -> bool {
	entry.transaction.version.0 == TRUC_VERSION
}

/// Checks `entry` against its waiting parents (`SingleTRUCChecks`). `conflicts` will be replaced by
/// it.
pub fn check(pool: &Mempool, entry: &Entry, conflicts: &BTreeSet<Txid>) -> Result<(), Rejection> {
	let refuse = |detail: String| Err(Reason::TrucViolation.because(detail));
	let name = |entry: &Entry| format!("tx {} (wtxid={})", entry.txid, entry.wtxid);
	let kind = |truc: bool| if truc { "version=3" } else { "non-version=3" };

	let parents: Vec<&Entry> =
		pool.parents_of(&entry.transaction).iter().filter_map(|parent| pool.get(parent)).collect();
	let truc = is_truc(entry);
	if let Some(parent) = parents.iter().find(|parent| is_truc(parent) != truc) {
		return refuse(format!(
			"{} {} cannot spend from {} {}",
			kind(truc),
			name(entry),
			kind(!truc),
			name(parent)
		));
	}
	if !truc {
		return Ok(());
	}
	let vsize = entry.vsize();
	if vsize > TRUC_MAX_VSIZE {
		return refuse(format!(
			"version=3 {} is too big: {vsize} > {TRUC_MAX_VSIZE} virtual bytes",
			name(entry)
		));
	}
	let parent = match parents[..] {
		[] => return Ok(()),
		[parent] if pool.parents(&parent.txid).is_empty() => parent,
		_ => return refuse(format!("{} would have too many ancestors", name(entry))),
	};
	if vsize > TRUC_CHILD_MAX_VSIZE {
		return refuse(format!(
			"version=3 child {} is too big: {vsize} > {TRUC_CHILD_MAX_VSIZE} virtual bytes",
			name(entry)
		));
	}
	let mut siblings = pool.descendants([parent.txid]);
	siblings.remove(&parent.txid);
	if !siblings.is_empty() && siblings.is_disjoint(conflicts) {
		return refuse(format!("{} would exceed descendant count limit", name(parent)));
	}
	Ok(())
}
