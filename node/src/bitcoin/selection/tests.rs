// SPDX-License-Identifier: GPL-3.0-or-later WITH Classpath-exception-2.0

use super::*;
use crate::bitcoin::testing::FakeChain;
use entangled_bitcoin::CompactTarget;
use proptest::prelude::*;
use std::time::Instant;

/// A view of `theirs` from `base` up to and including `end`.
fn view(theirs: &FakeChain, base: u32, end: u32) -> BitcoinView {
	let headers = theirs.cut(end).headers(base + 1);
	BitcoinView::new(theirs.block(base), headers, theirs.tip(), None, Instant::now()).unwrap()
}

fn whole_view(theirs: &FakeChain) -> BitcoinView {
	view(theirs, 0, theirs.tip().height)
}

fn selected(ours: &FakeChain, view: &BitcoinView) -> Selection {
	select(ours, view).unwrap()
}

#[test]
fn nothing_new_names_the_tip() {
	let ours = FakeChain::new(5);
	for base in 0..=5 {
		let selection = selected(&ours, &view(&ours, base, 5));
		assert_eq!(selection, Selection { headers: vec![], tip: Some(ours.tip()) });
	}
}

#[test]
fn new_blocks_are_all_selected_wherever_the_view_begins() {
	let ours = FakeChain::new(50);
	let theirs = ours.extended(3, 0);
	for base in [0, 20, 49, 50] {
		let selection = selected(&ours, &view(&theirs, base, 53));
		assert_eq!(selection.headers, theirs.headers(51));
		assert_eq!(selection.tip, Some(theirs.tip()));
	}
}

#[test]
fn a_view_that_begins_above_our_tip_is_of_no_use() {
	let ours = FakeChain::new(5);
	let theirs = ours.extended(5, 0);
	assert_eq!(selected(&ours, &view(&theirs, 7, 10)), Selection::default());
}

#[test]
fn a_node_that_lags_names_its_own_tip() {
	let ours = FakeChain::new(100);
	for height in [30, 95, 99] {
		let theirs = ours.cut(height);
		let selection = selected(&ours, &whole_view(&theirs));
		assert_eq!(selection, Selection { headers: vec![], tip: Some(theirs.tip()) });
	}
}

#[test]
fn a_heavier_fork_is_selected_whole() {
	let base = FakeChain::new(200);
	for depth in [1, 9, 10, 11, 30, 100, MAX_FORK_DEPTH] {
		let ours = base.extended(depth, 1);
		let theirs = base.extended(depth + 1, 2);
		let selection = selected(&ours, &whole_view(&theirs));
		assert_eq!(selection.headers, theirs.headers(201), "depth {depth}");
		assert_eq!(selection.tip, Some(theirs.tip()));
		assert_eq!(ours.applied(&selection.headers).tip(), theirs.tip());
	}
}

#[test]
fn a_fork_without_more_work_is_not_selected_and_the_common_block_named() {
	let base = FakeChain::new(200);
	for (ours, theirs) in [(5, 5), (5, 4), (40, 40), (40, 1)] {
		let selection = selected(&base.extended(ours, 1), &whole_view(&base.extended(theirs, 2)));
		assert_eq!(selection, Selection { headers: vec![], tip: Some(base.tip()) });
	}
}

#[test]
fn work_decides_not_length() {
	let base = FakeChain::new(20);
	let hard = CompactTarget(0x2000_ffff);
	let ours = base.extended(10, 1);
	let theirs = base.extended_with(1, 2, hard);
	assert_eq!(selected(&ours, &whole_view(&theirs)).headers, theirs.headers(21));
	assert_eq!(selected(&theirs, &whole_view(&ours)).headers, vec![]);
}

#[test]
fn a_target_that_cannot_be_read_has_no_work() {
	let base = FakeChain::new(20);
	let ours = base.extended(1, 1);
	let theirs = base.extended_with(9, 2, CompactTarget(0));
	assert_eq!(selected(&ours, &whole_view(&theirs)).headers, vec![]);
}

#[test]
fn a_fork_too_deep_is_not_selected() {
	let base = FakeChain::new(10);
	let ours = base.extended(MAX_FORK_DEPTH + 1, 1);
	let theirs = base.extended(MAX_FORK_DEPTH + 2, 2);
	let selection = selected(&ours, &whole_view(&theirs));
	assert_eq!(selection, Selection { headers: vec![], tip: Some(base.tip()) });
}

#[test]
fn one_block_carries_so_many_headers_and_the_next_goes_on() {
	let ours = FakeChain::new(3);
	let theirs = ours.extended(MAX_HEADERS + 7, 0);
	let first = selected(&ours, &whole_view(&theirs));
	assert_eq!(first.headers.len(), MAX_HEADERS as usize);
	assert_eq!(first.tip, Some(theirs.block(3 + MAX_HEADERS)));
	let second = selected(&ours.applied(&first.headers), &whole_view(&theirs));
	assert_eq!(second.headers.len(), 7);
	assert_eq!(second.tip, Some(theirs.tip()));
}

#[test]
fn a_view_that_ends_below_the_tip_names_its_end() {
	let ours = FakeChain::new(3);
	let theirs = ours.extended(20, 0);
	let selection = selected(&ours, &view(&theirs, 0, 10));
	assert_eq!(selection.headers, theirs.cut(10).headers(4));
	assert_eq!(selection.tip, Some(theirs.block(10)));
}

#[test]
fn strangers_get_nothing() {
	let ours = FakeChain::new(3);
	let theirs = FakeChain::forked_at_genesis(9, 3);
	assert_eq!(selected(&ours, &whole_view(&theirs)), Selection::default());
}

proptest! {
	/// Whatever the two chains are: what is selected applies, no block is named that the chain
	/// will not know, and a heavier chain within reach is adopted.
	#[test]
	fn selection_always_applies(
		shared in 0u32..300,
		ours in 0u32..160,
		theirs in 0u32..160,
		pruned in 0u32..300,
		parent_lag in 0u32..4,
	) {
		let base = FakeChain::new(shared);
		let mut our_chain = base.extended(ours, 1);
		our_chain = our_chain.cut(our_chain.tip().height.saturating_sub(parent_lag));
		our_chain.oldest = pruned.min(our_chain.tip().height);
		let their_chain = base.extended(theirs, 2);
		let view = whole_view(&their_chain);
		let selection = selected(&our_chain, &view);

		// `applied` asserts what the runtime demands.
		let after = our_chain.applied(&selection.headers);
		if let Some(tip) = selection.tip {
			prop_assert!(after.contains(&tip).unwrap());
			prop_assert!(view.contains(&tip));
		}
		let common = shared.min(our_chain.tip().height);
		let replaced = our_chain.tip().height - common;
		let heavier = their_chain.tip().height > our_chain.tip().height;
		if heavier && common >= our_chain.oldest && replaced <= MAX_FORK_DEPTH {
			prop_assert_eq!(after.tip(), their_chain.tip());
			prop_assert_eq!(selection.tip, Some(their_chain.tip()));
		}
		if !heavier {
			prop_assert!(selection.headers.is_empty());
		}
	}
}
