//! When a transaction that does not confirm is replaced, and at what price.

use crate::{FeeRate, Sats, Weight};
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use scale_info::TypeInfo;
use serde::{Deserialize, Serialize};

/// One, in millionths.
const PPM: u64 = 1_000_000;

/// How custody's transactions are replaced.
#[derive(
	Clone,
	Copy,
	Debug,
	PartialEq,
	Eq,
	Encode,
	Decode,
	DecodeWithMemTracking,
	MaxEncodedLen,
	TypeInfo,
	Serialize,
	Deserialize,
)]
#[serde(rename_all = "camelCase")]
pub struct Policy {
	/// Bitcoin blocks that an attempt has to confirm before it is replaced.
	pub min_age: u32,
	/// By how much the rate rises at least from one attempt to the next, in millionths of the last
	/// rate. Less than a million counts as a million.
	pub bump_ppm: u32,
	/// What nodes ask for relaying the replacement itself, beside all that the last attempt paid
	/// (BIP 125, rule 4; `-incrementalrelayfee`).
	pub incremental: FeeRate,
	/// Above this rate nothing is paid.
	pub ceiling: FeeRate,
	/// The most attempts for one transaction, the first among them.
	pub max_attempts: u32,
}

impl Default for Policy {
	/// After three blocks, by a quarter, with the relay fee that Bitcoin Core asked for until
	/// version 29 and many nodes still do, up to 500 sat/vB, 64 attempts.
	fn default() -> Self {
		Self {
			min_age: 3,
			bump_ppm: 1_250_000,
			incremental: FeeRate(1_000),
			ceiling: FeeRate(500_000),
			max_attempts: 64,
		}
	}
}

/// What a complete transaction pays.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Paid {
	/// Its fee.
	pub fee: Sats,
	/// Its weight.
	pub weight: Weight,
}

/// How far the attempts at one transaction are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress<'a> {
	/// How many there have been.
	pub attempts: u32,
	/// What those pay that were completed, in any order. Nodes may have any of them, so a
	/// replacement must outdo each. Attempts that never had all signatures do not count: no node has
	/// seen them.
	pub complete: &'a [Paid],
}

/// What a transaction must pay, whatever its rate, so that nodes let it replace an earlier one.
///
/// It depends on the weight of the replacement, which need not be that of the attempt before: more
/// withdrawals may wait now.
#[derive(
	Clone,
	Copy,
	Debug,
	PartialEq,
	Eq,
	Encode,
	Decode,
	DecodeWithMemTracking,
	MaxEncodedLen,
	TypeInfo,
	Serialize,
	Deserialize,
)]
#[serde(rename_all = "camelCase")]
pub struct FeeFloor {
	/// What the replaced transaction paid (BIP 125, rule 3): of those that nodes may have, the one
	/// that pays most.
	pub paid: Sats,
	/// What the replacement pays beside that for its own relay (rule 4).
	pub relay: FeeRate,
}

impl FeeFloor {
	/// Nothing is replaced.
	pub const NONE: Self = Self { paid: Sats::ZERO, relay: FeeRate(0) };

	/// The least fee of a replacement of this weight. `None` when it does not fit.
	pub fn fee_for(&self, weight: Weight) -> Option<Sats> {
		self.paid.checked_add(self.relay.fee_for(weight)?)
	}
}

impl Default for FeeFloor {
	fn default() -> Self {
		Self::NONE
	}
}

/// What to do about a transaction that has not confirmed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision {
	/// It may still confirm by itself. Without this, attempts would be used up, and fees driven
	/// up, while no block is found.
	Wait {
		/// The height of the Bitcoin chain from which on to ask again.
		until: u32,
	},
	/// Replace it. The rate lets it confirm; the floor lets nodes take it. They are apart because
	/// the floor binds a replacement that is lighter than what it replaces, the rate one that is
	/// heavier.
	Replace {
		/// The fee rate of the replacement: the estimate, or what replacing takes at least.
		rate: FeeRate,
		/// Its least fee.
		min_fee: FeeFloor,
	},
	/// The estimate is above the ceiling. Passes by itself when fees fall. It is not replaced at
	/// the ceiling meanwhile: that would not confirm either, and would bring the floors nearer to
	/// the ceiling, where nothing can be replaced ever again.
	BlockedByCeiling {
		/// The estimate.
		wanted: FeeRate,
	},
	/// There will be no replacement under this policy, whatever fees do. Told apart from
	/// [`Self::BlockedByCeiling`] because waiting does not help: governance must raise the limit.
	/// The attempts made stay valid, and any of them may yet confirm.
	Terminal(Why),
}

/// Why there will be no replacement.
#[derive(
	Clone,
	Copy,
	Debug,
	PartialEq,
	Eq,
	Encode,
	Decode,
	DecodeWithMemTracking,
	MaxEncodedLen,
	TypeInfo,
	Serialize,
	Deserialize,
)]
#[serde(rename_all = "camelCase")]
pub enum Why {
	/// The least rate at which nodes and the policy let the attempts be replaced is above the
	/// ceiling. Estimates may fall, floors never do.
	Floors,
	/// All attempts are used up. The bound keeps small the number of transactions any of which may
	/// settle.
	Attempts,
}

/// Decides at a `height` of the Bitcoin chain, with an `estimate` of the rate at which transactions
/// confirm now, if there is one. The newest attempt is complete, and was built at the height
/// `built_at`. Total: every input has an answer.
pub fn decide(
	policy: &Policy,
	progress: &Progress,
	built_at: u32,
	height: u32,
	estimate: Option<FeeRate>,
) -> Decision {
	let until = built_at.saturating_add(policy.min_age);
	if height < until {
		return Decision::Wait { until };
	}
	reprice(policy, progress, estimate)
}

/// The price of a replacement, however young the newest attempt is; never [`Decision::Wait`]. For one
/// that will not be completed, and so confirms in no time.
pub fn reprice(policy: &Policy, progress: &Progress, estimate: Option<FeeRate>) -> Decision {
	if progress.attempts >= policy.max_attempts {
		return Decision::Terminal(Why::Attempts);
	}
	let rates = progress.complete.iter().map(|paid| least_rate(policy, paid));
	let floor = rates.max().unwrap_or(FeeRate::MIN);
	if floor > policy.ceiling {
		return Decision::Terminal(Why::Floors);
	}
	match estimate {
		Some(wanted) if wanted > policy.ceiling => Decision::BlockedByCeiling { wanted },
		_ => Decision::Replace {
			rate: estimate.map_or(floor, |estimate| estimate.max(floor)),
			min_fee: floor_of(policy, progress.complete),
		},
	}
}

/// The least fee of what replaces any of these. They spend a coin in common, so a node has one of them
/// at the most.
fn floor_of(policy: &Policy, complete: &[Paid]) -> FeeFloor {
	let most = complete.iter().map(|paid| paid.fee).max();
	most.map_or(FeeFloor::NONE, |paid| FeeFloor { paid, relay: policy.incremental })
}

/// The least rate of a replacement: what was paid and the incremental, and what was paid times the
/// policy's factor. Always more than was paid, as nodes ask (`PaysMoreThanConflicts`), unless the
/// incremental is zero.
fn least_rate(policy: &Policy, paid: &Paid) -> FeeRate {
	// What was paid for 1,000 virtual bytes, rounded up. All products fit in 128 bits.
	let fee = u128::from(paid.fee.0) * 1_000;
	let rate = saturate(fee.div_ceil(paid.weight.vbytes().max(1).into()));
	let factor = u64::from(policy.bump_ppm).max(PPM);
	let multiplied = (u128::from(rate) * u128::from(factor)).div_ceil(PPM.into());
	FeeRate(rate.saturating_add(policy.incremental.0).max(saturate(multiplied)))
}

fn saturate(rate: u128) -> u64 {
	rate.try_into().unwrap_or(u64::MAX)
}
