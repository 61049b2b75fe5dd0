//! Who stands for election.

use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use entangled_bitcoin::Sats;
use pallet_btc_light_client::Clock;
use polkadot_sdk::frame_support::{traits::ConstU32, BoundedVec};
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
	pub stake: Ent,
	/// ENT that is to be unlocked, and when. Until then it can be slashed, and is on hold too.
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
	/// Whether it stands for election.
	pub status: SequencerStatus,
	/// For how many sessions in a row it was validator and made no block.
	pub missed_sessions: u32,
	/// How many signatures in a row it has owed and not given.
	pub missed_signatures: u32,
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
	Banned,
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
	pub ent: u128,
	/// In eBTC.
	pub ebtc: u128,
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
	pub ent: Ent,
	/// eBTC.
	pub ebtc: Sats,
}
