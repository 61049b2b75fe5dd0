//! What cheating leads to.

use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use entangled_bitcoin::{OutPoint, Signature};
use pallet_btc_light_client::Clock;
use polkadot_sdk::{
	frame_support::{traits::ConstU32, BoundedVec},
	sp_staking::SessionIndex,
};
use scale_info::TypeInfo;
use serde::{Deserialize, Serialize};

/// Offences that cost BTC, and how far the bonds that answer for them have been gone through.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, MaxEncodedLen, TypeInfo)]
pub struct PendingSlash<AccountId> {
	/// Who cheated.
	pub offender: AccountId,
	/// In which session, or the first of several when too much waits. Bonds that had left by then are not slashed.
	pub first: SessionIndex,
	/// The last one. Bonds that did not count yet are not slashed.
	pub last: SessionIndex,
	/// Who brought it to light, if that is to be rewarded.
	pub reporter: Option<AccountId>,
	/// The last bond that was gone through.
	pub cursor: Option<OutPoint>,
}

/// The order to slash a bond. The covenant is to sign both transactions; which of them can be mined
/// depends on what the staker does meanwhile.
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
pub struct SlashOrder<AccountId> {
	/// Who gets a part of the proceeds for having brought the offence to light. Nobody, of what others have
	/// bonded for the sequencer.
	pub reporter: Option<AccountId>,
	/// When it was given.
	pub since: Clock,
	/// Whether the covenant's signatures are complete.
	pub complete: bool,
	/// Whether it was noted who had not signed in time.
	pub noted: bool,
}

/// What a covenant is asked to sign for a bond.
#[derive(
	Clone,
	Copy,
	Debug,
	PartialEq,
	Eq,
	PartialOrd,
	Ord,
	Hash,
	Encode,
	Decode,
	DecodeWithMemTracking,
	MaxEncodedLen,
	TypeInfo,
	Serialize,
	Deserialize,
)]
#[serde(rename_all = "camelCase")]
pub enum Duty {
	/// The unbonding transaction. One signature.
	Unbonding,
	/// The transaction that takes the coin of the bond which this one extends. One signature, of the old
	/// bond's covenant.
	Extension,
	/// The transactions that slash: the one that spends the bond, then the one that spends what unbonding made of
	/// it.
	Slash,
}

impl Duty {
	/// How many signatures of each member it takes: one for each transaction.
	pub fn signatures(self) -> usize {
		match self {
			Self::Unbonding | Self::Extension => 1,
			Self::Slash => 2,
		}
	}
}

/// What a member signs for a duty.
pub type DutySignatures = BoundedVec<Signature, ConstU32<2>>;

/// Why a bond does not count, or no more.
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
pub enum Leave {
	/// Its owner asked for it.
	Asked,
	/// The unbonding transaction is on Bitcoin.
	Unbonded,
	/// The end of its timelock is near.
	Expired,
	/// It is to be slashed.
	Slashed,
	/// Its sequencer has cheated, before the bond came to count.
	Banned,
}
