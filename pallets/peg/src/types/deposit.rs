//! Coins on their way in.

use super::{CoinOrigin, CommitteeId};
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use entangled_bitcoin::{
	script::{fixed_commitment, Refund},
	ChainId, Destination, Sats, Sha256,
};
use scale_info::TypeInfo;
use serde::{Deserialize, Serialize};

/// What makes a deposit address, or says which one was paid.
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
pub enum DepositTerms {
	/// An address of the depositor's own, from which it can take the coin back when nobody claims
	/// it.
	Own {
		/// The committee that is paid.
		committee: CommitteeId,
		/// Where the deposit goes.
		destination: Destination,
		/// Who can take it back, and after how many blocks.
		refund: Refund,
	},
	/// The committee's fixed address; the transaction names the destination in an `OP_RETURN`. For
	/// exchanges, which pay to one address only. There is no way back.
	Fixed {
		/// The committee that is paid.
		committee: CommitteeId,
	},
}

impl DepositTerms {
	/// The committee that is paid.
	pub fn committee(&self) -> CommitteeId {
		match self {
			Self::Own { committee, .. } | Self::Fixed { committee } => *committee,
		}
	}

	/// The way back, if there is one.
	pub fn refund(&self) -> Option<&Refund> {
		match self {
			Self::Own { refund, .. } => Some(refund),
			Self::Fixed { .. } => None,
		}
	}

	/// Which of the committee's scripts is paid on this chain.
	pub fn origin<H: Sha256>(&self, chain: ChainId) -> CoinOrigin {
		match self {
			Self::Own { destination, refund, .. } => CoinOrigin::Deposit {
				commitment: destination.commitment::<H>(chain),
				refund: Some(*refund),
			},
			Self::Fixed { .. } => {
				CoinOrigin::Deposit { commitment: fixed_commitment::<H>(chain), refund: None }
			},
		}
	}
}

/// A deposit that was claimed, or adopted for the reserve. Kept for good, so that no coin is claimed
/// twice; each cost a Bitcoin output of at least the least deposit.
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
pub struct DepositRecord {
	/// Height of the Bitcoin block that has it.
	pub height: u32,
	/// What the output holds.
	pub amount: Sats,
	/// What was kept of it to pay for sweeping it.
	pub fee: Sats,
	/// What those have of it who stand for custody.
	pub peg_fee: Sats,
	/// Where the rest went.
	pub destination: Destination,
}
