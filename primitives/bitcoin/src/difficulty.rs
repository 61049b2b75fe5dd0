//! The bits that a header must carry (Bitcoin Core's `pow.cpp`).

use crate::{
	network::{Rules, INTERVAL, TARGET_SPACING, TARGET_TIMESPAN},
	CompactTarget, Header, U256,
};

/// The parent of a header, as far as its successor's difficulty depends on it.
#[derive(Clone, Copy, Debug)]
pub struct Parent {
	/// Time of the parent.
	pub time: u32,
	/// Bits of the parent.
	pub bits: CompactTarget,
	/// See [`crate::Record::real_bits`].
	pub real_bits: CompactTarget,
}

/// Whether a block of this height is the first of its difficulty period.
pub fn opens_period(height: u32) -> bool {
	height.is_multiple_of(INTERVAL)
}

/// The bits of a block at `height` with the time `time`, where `height` does not open a period.
///
/// Source: `GetNextWorkRequired`. Where the network allows it, a block that comes more than twenty
/// minutes after its parent must have the easiest target, and the next one that does not returns
/// to the last real target; `real_bits` spares the walk back.
pub fn inside_period(rules: &Rules, parent: &Parent, time: u32) -> CompactTarget {
	if !rules.allow_min_difficulty {
		return parent.bits;
	}
	if i64::from(time) > i64::from(parent.time) + 2 * i64::from(TARGET_SPACING) {
		rules.limit_bits
	} else {
		parent.real_bits
	}
}

/// The bits of the block that follows the period from `first` to `last`, both included.
///
/// Source: `CalculateNextWorkRequired`. The time a period took is signed, for a miner's clock may
/// run backwards, and it is clamped to a quarter and to four times of what it should be.
pub fn next_period(rules: &Rules, first: &Header, last: &Parent) -> CompactTarget {
	if rules.no_retarget {
		return last.bits;
	}
	let span = i64::from(TARGET_TIMESPAN);
	let took = (i64::from(last.time) - i64::from(first.time)).clamp(span / 4, span * 4);
	// BIP 94: the last block may have had the easiest target by exception, the first never has.
	let old = if rules.bip94 { first.bits } else { last.bits };
	old.target()
		// Positive after the clamp. A target is below 2^224 and the span below 2^23.
		.and_then(|target| target.checked_mul(U256::from(took.unsigned_abs())))
		.map(|product| product / U256::from(TARGET_TIMESPAN))
		.filter(|target| *target <= rules.limit)
		.map_or(rules.limit_bits, CompactTarget::from_target)
}

/// What [`crate::Record::real_bits`] is for a header of these bits at `height`.
pub fn real_bits(
	rules: &Rules,
	height: u32,
	bits: CompactTarget,
	parent_real_bits: CompactTarget,
) -> CompactTarget {
	if opens_period(height) || bits != rules.limit_bits {
		bits
	} else {
		parent_real_bits
	}
}
