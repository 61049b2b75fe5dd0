// SPDX-License-Identifier: GPL-3.0-or-later WITH Classpath-exception-2.0

//! Which headers a block should carry, and which Bitcoin block it names.
//!
//! The decision is pure: it compares what the chain knows (a [`LightClient`]) with what the
//! Bitcoin node said (a [`BitcoinView`]). The runtime checks everything again.

use super::{light_client::LightClient, view::BitcoinView};
use entangled_bitcoin::{
	chain::{MAX_FORK_DEPTH, MAX_HEADERS},
	target::work,
	BlockHash, BlockRef, Header, U256,
};
use polkadot_sdk::sp_api::ApiError;

/// What a block should say about Bitcoin.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Selection {
	/// New headers, oldest first: the first is the child of a block that the chain knows.
	pub headers: Vec<Header>,
	/// The highest block on the Bitcoin node's best chain that our chain will know with these
	/// headers. It is the node's tip unless our chain is far behind, or holds a heavier fork.
	pub tip: Option<BlockRef>,
}

/// Selects the headers that bring the chain up to the Bitcoin node's view: all of them, or as many
/// as one block may carry.
///
/// A fork goes in whole from where it leaves the chain's own branch, and only when it has more
/// work than that branch and leaves it no deeper than the runtime allows. Nothing is selected, and
/// no tip named, when the two share no block.
pub fn select(chain: &impl LightClient, view: &BitcoinView) -> Result<Selection, ApiError> {
	let locator = chain.locator()?;
	let Some(own_tip) = locator.first() else { return Ok(Selection::default()) };
	let Some(known) = locator.iter().find(|block| view.contains(block)) else {
		return Ok(Selection::default());
	};
	let common =
		if known == own_tip { *known } else { last_common(chain, view, known, own_tip.height)? };

	let new = view.above(common.height);
	let new = &new[..new.len().min(MAX_HEADERS as usize)];
	let replaced = own_tip.height.saturating_sub(common.height);
	let take = match replaced {
		_ if new.is_empty() => false,
		0 => true,
		depth if depth > MAX_FORK_DEPTH => false,
		_ => total_work(new) > chain.work_above(common.height, own_tip.height)?,
	};
	let new = if take { new } else { &[] };
	// `new` is part of the view, whose heights are `u32`.
	let tip = new.last().map_or(common, |(hash, _)| BlockRef {
		height: common.height + new.len() as u32,
		hash: *hash,
	});
	Ok(Selection { headers: new.iter().map(|(_, header)| *header).collect(), tip: Some(tip) })
}

/// The highest block that both know, at or above `known`. The locator has gaps, so the chain is
/// asked: on the view's branch, blocks are canonical up to some height and none above it.
fn last_common(
	chain: &impl LightClient,
	view: &BitcoinView,
	known: &BlockRef,
	own_height: u32,
) -> Result<BlockRef, ApiError> {
	let mut common = *known;
	// The answer is at `common` or above it, and below `beyond`.
	let mut beyond = own_height.min(view.end().height).saturating_add(1);
	while let Some(middle) = common.height.checked_add((beyond - common.height) / 2) {
		let Some(block) = view.block_at(middle).filter(|_| middle > common.height) else { break };
		if chain.contains(&block)? {
			common = block;
		} else {
			beyond = middle;
		}
	}
	Ok(common)
}

/// The work of `headers`; a target that cannot be read counts nothing.
fn total_work(headers: &[(BlockHash, Header)]) -> U256 {
	headers
		.iter()
		.filter_map(|(_, header)| header.bits.target())
		.fold(U256::zero(), |sum, target| sum.saturating_add(work(target)))
}

#[cfg(test)]
mod tests;
