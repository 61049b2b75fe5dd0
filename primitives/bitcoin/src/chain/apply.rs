//! Where a list of headers joins the chain, and whether it wins.

use super::{
	context::Context, rules, HeaderError, HeaderStore, Plan, Tip, MAX_FORK_DEPTH, MAX_HEADERS,
};
use crate::{target::work, BlockRef, Header, Sha256, U256};
use alloc::vec::Vec;

/// What `headers`, each the child of the one before it, change in the chain of `store` when our
/// clock says `now` (seconds since 1970-01-01).
///
/// Reads at most [`MAX_FORK_DEPTH`] records to find the parent, unless the list is refused.
pub fn apply<H: Sha256, S: HeaderStore>(
	store: &S,
	headers: &[Header],
	now: u64,
) -> Result<Plan, HeaderError> {
	let first = headers.first().ok_or(HeaderError::NoHeaders)?;
	if headers.len() > MAX_HEADERS as usize {
		return Err(HeaderError::TooManyHeaders);
	}
	let tip = store.tip();
	let fork_height = parent_height(store, &tip, first)?;
	let rollback = tip.block.height.saturating_sub(fork_height);
	if rollback > MAX_FORK_DEPTH {
		return Err(HeaderError::ForkTooDeep);
	}

	let removed = (fork_height..tip.block.height)
		.filter_map(|below| store.record(below.saturating_add(1)))
		.filter_map(|record| record.header.bits.target())
		.fold(U256::zero(), |sum, target| sum.saturating_add(work(target)));
	let kept = tip.work.saturating_sub(removed);
	let mut context =
		Context::at(store, fork_height, first.prev, kept).ok_or(HeaderError::UnknownParent)?;

	let network_rules = store.network().rules();
	let mut insert = Vec::with_capacity(headers.len());
	for header in headers {
		let first_of_period = |height: u32| match height.checked_sub(fork_height) {
			// On the new branch, which begins above the fork.
			Some(above @ 1..) => headers.get(above as usize - 1).copied(),
			_ => store.record(height).map(|record| record.header),
		};
		let checked =
			rules::check::<H>(&network_rules, &mut context, *header, first_of_period, now)?;
		context.push(checked.record, checked.hash, checked.work);
		insert.push(checked.record);
	}
	if context.work <= tip.work {
		return Err(HeaderError::InsufficientWork);
	}

	let block = BlockRef { height: context.height, hash: context.hash };
	Ok(Plan { fork_height, rollback, insert, tip: Tip { block, work: context.work } })
}

/// Height of the parent of `first`, which is not in the chain itself.
fn parent_height<S: HeaderStore>(store: &S, tip: &Tip, first: &Header) -> Result<u32, HeaderError> {
	if first.prev == tip.block.hash {
		return Ok(tip.block.height);
	}
	// Each header names its parent, so walking down the records shows the hashes below them.
	let mut height = tip.block.height;
	while let Some(record) = store.record(height) {
		if record.header == *first {
			return Err(HeaderError::KnownHeader);
		}
		let Some(below) = height.checked_sub(1) else { break };
		if record.header.prev == first.prev {
			return Ok(below);
		}
		height = below;
	}
	Err(HeaderError::UnknownParent)
}
