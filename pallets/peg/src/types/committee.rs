//! Who holds custody's keys.

use super::MAX_MEMBERS;
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use entangled_bitcoin::{taproot::TaprootScript, XOnlyKey};
use pallet_btc_light_client::Clock;
use polkadot_sdk::frame_support::{traits::ConstU32, BoundedVec};
use scale_info::TypeInfo;
use serde::{Deserialize, Serialize};

/// Committees are numbered from 0 in the order in which they were proposed.
pub type CommitteeId = u32;

/// A validator in a committee.
#[derive(
	Clone,
	Debug,
	PartialEq,
	Eq,
	PartialOrd,
	Ord,
	Encode,
	Decode,
	DecodeWithMemTracking,
	MaxEncodedLen,
	TypeInfo,
	Serialize,
	Deserialize,
)]
pub struct Member<AccountId> {
	/// Its key in the committee's scripts.
	pub key: XOnlyKey,
	/// Whose key that is.
	pub account: AccountId,
}

/// Those who sign together what custody pays.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, MaxEncodedLen, TypeInfo)]
pub struct Committee<AccountId> {
	/// The members, by ascending key. No two have the same key.
	pub members: BoundedVec<Member<AccountId>, ConstU32<MAX_MEMBERS>>,
	/// How many of them must sign.
	pub threshold: u32,
	/// Script of the outputs that the committee holds.
	pub custody: TaprootScript,
	/// Height of Bitcoin's tip when it took over.
	pub active_from: u32,
	/// Height of Bitcoin's tip when another took over from it. Until `committee_grace` blocks after
	/// that, deposits to its addresses are honoured.
	pub retired_at: Option<u32>,
	/// Set when too few of its members signed in time: until Bitcoin's tip has this height nothing
	/// waits for them.
	pub silent_until: Option<u32>,
}

/// A committee that is to take over once every member has shown that it can sign.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, MaxEncodedLen, TypeInfo)]
pub struct Candidate<AccountId> {
	/// The number that it will have.
	pub id: CommitteeId,
	/// The committee.
	pub committee: Committee<AccountId>,
	/// Members that have signed the challenge, by their index.
	pub alive: BoundedVec<bool, ConstU32<MAX_MEMBERS>>,
	/// What each must sign.
	pub challenge: [u8; 32],
	/// When the hand-over is given up.
	pub deadline: Clock,
}
