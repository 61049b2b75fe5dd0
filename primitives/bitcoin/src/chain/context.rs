//! The end of a chain, as far as the next header depends on it.

use super::{HeaderStore, Record};
use crate::{network::MEDIAN_TIME_SPAN, BlockHash, CompactTarget, U256};

/// The chain up to the parent of the next header. Moves along the list of headers and holds what
/// the rules ask for each of them, so that no header is read twice.
pub(super) struct Context {
	/// Height of the parent.
	pub height: u32,
	/// Hash of the parent.
	pub hash: BlockHash,
	/// The parent.
	pub parent: Record,
	/// Work up to and including the parent.
	pub work: U256,
	/// The target of the parent's bits and the work it stands for, as one seldom changes.
	pub known_target: Option<(CompactTarget, U256, U256)>,
	/// Times of the last headers, a ring; `times_len` of them are filled.
	times: [u32; MEDIAN_TIME_SPAN],
	times_len: usize,
	times_next: usize,
}

impl Context {
	/// The chain of `store` cut off above `height`. `None` when that header is not there.
	pub fn at<S: HeaderStore>(store: &S, height: u32, hash: BlockHash, work: U256) -> Option<Self> {
		let parent = store.record(height)?;
		let mut context = Self {
			height,
			hash,
			parent,
			work,
			known_target: None,
			times: [0; MEDIAN_TIME_SPAN],
			times_len: 0,
			times_next: 0,
		};
		let oldest = height.saturating_sub(MEDIAN_TIME_SPAN as u32 - 1);
		for height in oldest..=height {
			// A client keeps at least eleven headers unless the chain is younger.
			if let Some(record) = store.record(height) {
				context.push_time(record.header.time);
			}
		}
		Some(context)
	}

	/// Moves on to `record`, a valid child of the parent.
	pub fn push(&mut self, record: Record, hash: BlockHash, work: U256) {
		self.height = self.height.saturating_add(1);
		self.hash = hash;
		self.parent = record;
		// The work of all chains together does not fill 2^256.
		self.work = self.work.saturating_add(work);
		self.push_time(record.header.time);
	}

	/// Whether `time` is after the median time past of the parent (Bitcoin Core
	/// `GetMedianTimePast`): whether more than half of the last times lie before it.
	pub fn is_after_median(&self, time: u32) -> bool {
		let times = self.times.get(..self.times_len).unwrap_or_default();
		times.iter().filter(|earlier| **earlier < time).count() > times.len() / 2
	}

	fn push_time(&mut self, time: u32) {
		if let Some(slot) = self.times.get_mut(self.times_next) {
			*slot = time;
		}
		self.times_next = (self.times_next + 1) % MEDIAN_TIME_SPAN;
		self.times_len = (self.times_len + 1).min(MEDIAN_TIME_SPAN);
	}
}
