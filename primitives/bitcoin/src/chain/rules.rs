//! The rules that one header must keep.

use super::{context::Context, HeaderError, Record};
use crate::{
	difficulty::{self, opens_period, Parent},
	network::{Rules, INTERVAL, MAX_FUTURE_SECONDS, MAX_TIMEWARP_SECONDS},
	target, BlockHash, Header, Sha256, U256,
};

/// A header that kept all rules.
pub(super) struct Checked {
	pub record: Record,
	pub hash: BlockHash,
	pub work: U256,
}

/// Checks `header` as the child of `context`. `first_of_period` looks up the header at a height
/// that opens a period, on the branch that the header is on.
///
/// Source: Bitcoin Core `CheckBlockHeader` and `ContextualCheckBlockHeader`. The order differs in
/// that cheap checks come first.
pub(super) fn check<H: Sha256>(
	rules: &Rules,
	context: &mut Context,
	header: Header,
	first_of_period: impl FnOnce(u32) -> Option<Header>,
	now: u64,
) -> Result<Checked, HeaderError> {
	if header.prev != context.hash {
		return Err(HeaderError::Unlinked);
	}
	let height = context.height.saturating_add(1);

	let (target, work) = match context.known_target {
		Some((bits, target, work)) if bits == header.bits => (target, work),
		_ => {
			let target = header
				.bits
				.target()
				.filter(|target| *target <= rules.limit)
				.ok_or(HeaderError::TargetAboveLimit)?;
			let work = target::work(target);
			context.known_target = Some((header.bits, target, work));
			(target, work)
		},
	};
	let parent = Parent {
		time: context.parent.header.time,
		bits: context.parent.header.bits,
		real_bits: context.parent.real_bits,
	};
	let expected = if opens_period(height) {
		// A client that keeps `MIN_KEPT` headers always has it.
		let first =
			first_of_period(height.saturating_sub(INTERVAL)).ok_or(HeaderError::UnknownParent)?;
		difficulty::next_period(rules, &first, &parent)
	} else {
		difficulty::inside_period(rules, &parent, header.time)
	};
	if header.bits != expected {
		return Err(HeaderError::WrongBits);
	}

	let hash = header.hash::<H>();
	if U256::from_little_endian(&hash.0) > target {
		return Err(HeaderError::InsufficientProofOfWork);
	}

	if !context.is_after_median(header.time) {
		return Err(HeaderError::TimeTooOld);
	}
	check_time(rules, height, header.time, parent.time, now)?;
	if header.version < rules.min_version(height) {
		return Err(HeaderError::VersionTooLow);
	}

	let real_bits = difficulty::real_bits(rules, height, header.bits, parent.real_bits);
	Ok(Checked { record: Record { header, real_bits }, hash, work })
}

/// Checks the time of a header at `height` against its parent's and against our own clock. All in
/// seconds since 1970-01-01.
pub fn check_time(
	rules: &Rules,
	height: u32,
	time: u32,
	parent_time: u32,
	now: u64,
) -> Result<(), HeaderError> {
	let earliest = parent_time.saturating_sub(MAX_TIMEWARP_SECONDS);
	if rules.bip94 && opens_period(height) && time < earliest {
		return Err(HeaderError::Timewarp);
	}
	if u64::from(time) > now.saturating_add(MAX_FUTURE_SECONDS) {
		return Err(HeaderError::TimeTooFarAhead);
	}
	Ok(())
}
