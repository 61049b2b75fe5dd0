//! Who stands for election.

use super::Policy;
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use entangled_bitcoin::Sats;
use pallet_btc_light_client::Clock;
use polkadot_sdk::{
	frame_support::{traits::ConstU32, BoundedVec},
	sp_runtime::Perbill,
};
use scale_info::TypeInfo;
use serde::{Deserialize, Serialize};

/// Parts per million.
pub type Ppm = u32;

/// An amount of ENT, in its smallest unit.
pub type Ent = u128;

/// A sequencer: somebody who makes blocks if enough BTC is bonded for it.
#[derive(
	Clone,
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
pub struct Sequencer {
	/// ENT at stake. It is on hold.
	#[serde(with = "super::ent")]
	pub stake: Ent,
	/// ENT that is to be unlocked, and when. Until then it can be slashed, and is on hold too.
	#[serde(with = "super::ent::pairs")]
	pub unlocking: BoundedVec<(Ent, Clock), ConstU32<{ super::MAX_UNLOCKING }>>,
	/// BTC bonded by itself, of bonds that count.
	pub own: Sats,
	/// BTC bonded for it, its own included. What it is elected by.
	pub total: Sats,
	/// Bonds on record for it that have not ended.
	pub bonds: u32,
	/// What it takes of rewards before those who bonded for it.
	pub commission: Ppm,
	/// When it last changed the commission.
	pub commission_changed: Clock,
	/// What each satoshi bonded for it has earned since the beginning.
	pub earned: Shares,
	/// By how much more than was shared that is for all its bonds together, because it is rounded up. Less
	/// than a unit.
	pub ahead: Shares,
	/// Whether it stands for election.
	pub status: SequencerStatus,
	/// For how many sessions in a row it was validator and made no block.
	pub missed_sessions: u32,
	/// How many signatures in a row it has owed to the peg and not given,
	pub missed_signatures: u32,
	/// and how many as a member of covenants, for bonds.
	pub missed_duties: u32,
}

impl Sequencer {
	/// One with nothing yet.
	pub(crate) fn new(now: Clock) -> Self {
		Self {
			stake: 0,
			unlocking: BoundedVec::new(),
			own: Sats::ZERO,
			total: Sats::ZERO,
			bonds: 0,
			commission: 0,
			commission_changed: now,
			earned: Shares::default(),
			ahead: Shares::default(),
			status: SequencerStatus::Chilled,
			missed_sessions: 0,
			missed_signatures: 0,
			missed_duties: 0,
		}
	}

	/// The BTC that an election counts: none while the sequencer lacks what a candidate must have.
	/// `None` when it does not stand.
	pub fn standing(&self, policy: &Policy) -> Option<Sats> {
		let able = self.stake >= policy.min_stake && self.own >= policy.min_own_bond;
		let weight = if able { self.total } else { Sats::ZERO };
		(self.status == SequencerStatus::Candidate).then_some(weight)
	}

	/// ENT on hold: what is at stake, and what is to be unlocked. `None` when it does not fit.
	pub fn held(&self) -> Option<Ent> {
		let mut unlocking = self.unlocking.iter();
		unlocking.try_fold(self.stake, |sum, (amount, _)| sum.checked_add(*amount))
	}

	/// Whether it has cheated.
	pub fn is_banned(&self) -> bool {
		matches!(self.status, SequencerStatus::Banned { .. })
	}

	/// Whether its time in jail, if any, is over by `now`.
	pub fn is_free(&self, now: Clock) -> bool {
		match self.status {
			SequencerStatus::Candidate | SequencerStatus::Chilled => true,
			SequencerStatus::Jailed { until } => now.has_passed(until),
			SequencerStatus::Banned { .. } => false,
		}
	}

	/// Whether nothing would be lost with its record.
	pub(crate) fn is_spent(&self) -> bool {
		self.status == SequencerStatus::Chilled
			&& self.stake == 0
			&& self.unlocking.is_empty()
			&& self.bonds == 0
	}
}

/// Whether a sequencer stands for election.
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
pub enum SequencerStatus {
	/// It does, if it has what it takes.
	Candidate,
	/// It does not want to.
	Chilled,
	/// It was absent, and may come back.
	Jailed {
		/// When it may.
		until: Clock,
	},
	/// It has cheated, and never will.
	Banned {
		/// What part of its token stake that has cost.
		cost: Perbill,
	},
}

/// What one satoshi earns, in units of 2⁻⁶⁴ of the smallest unit.
#[derive(
	Clone,
	Copy,
	Debug,
	Default,
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
pub struct Shares {
	/// In ENT.
	#[serde(with = "super::ent")]
	pub ent: u128,
	/// In eBTC.
	#[serde(with = "super::ent")]
	pub ebtc: u128,
}

/// How far a bond has collected.
#[derive(
	Clone,
	Copy,
	Debug,
	Default,
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
pub struct Collected {
	/// What each satoshi had earned then.
	pub shares: Shares,
	/// What the bond had earned that was less than a unit.
	pub rest: Shares,
}

/// What somebody has earned and not yet collected.
#[derive(
	Clone,
	Copy,
	Debug,
	Default,
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
pub struct Earnings {
	/// ENT, in its smallest unit.
	#[serde(with = "super::ent")]
	pub ent: Ent,
	/// eBTC.
	pub ebtc: Sats,
}

impl Earnings {
	/// Nothing.
	pub const ZERO: Self = Self { ent: 0, ebtc: Sats::ZERO };

	/// The sum, as far as it fits.
	pub fn saturating_add(self, other: Self) -> Self {
		Self {
			ent: self.ent.saturating_add(other.ent),
			ebtc: Sats(self.ebtc.0.saturating_add(other.ebtc.0)),
		}
	}

	/// What is left without `other`.
	pub fn saturating_sub(self, other: Self) -> Self {
		Self { ent: self.ent.saturating_sub(other.ent), ebtc: self.ebtc.saturating_sub(other.ebtc) }
	}
}
