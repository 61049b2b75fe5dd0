//! How many validators must say what they saw, and what follows from what they said.

/// How many of `validators` are two thirds of them, and never none.
pub(crate) fn quorum(validators: u32) -> u32 {
	validators.saturating_mul(2).div_ceil(3).max(1)
}

/// The greatest height that a quorum of `validators` has named, or gone beyond.
pub(crate) fn agreed_height(named: impl Iterator<Item = u32>, validators: u32) -> Option<u32> {
	let mut heights = named.collect::<alloc::vec::Vec<_>>();
	heights.sort_unstable_by(|a, b| b.cmp(a));
	let last_of_quorum = quorum(validators).checked_sub(1)?;
	heights.get(last_of_quorum as usize).copied()
}
