//! A bond: an output on Bitcoin that stands for somebody's good conduct.

use super::{Collected, Ent};
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use entangled_bitcoin::{bond::BondRules, OutPoint, Sats, Signature, Txid, XOnlyKey};
use pallet_btc_light_client::Clock;
use polkadot_sdk::{
	frame_support::{traits::ConstU32, BoundedVec},
	sp_staking::SessionIndex,
};
use scale_info::TypeInfo;
use serde::{Deserialize, Serialize};

/// The number of a committee of the peg, which is the covenant of the bonds registered while it
/// serves.
pub type CovenantId = u32;

/// A funding transaction in Bitcoin's serialisation without witnesses.
pub type FundingBytes = BoundedVec<u8, ConstU32<{ super::MAX_FUNDING }>>;

/// What a staker asks for when registering a bond.
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
pub struct Registration<AccountId> {
	/// The sequencer that the bond is for: the staker itself, or whom it delegates to.
	pub sequencer: AccountId,
	/// The staker's key.
	pub staker: XOnlyKey,
	/// For how many blocks only the staker and the covenant together can spend the output.
	pub timelock: u16,
	/// Whose covenant. It must be the committee that serves.
	pub covenant: CovenantId,
	/// The transaction that funds the bond, not yet on Bitcoin.
	pub funding: FundingBytes,
	/// Which of its outputs is the bond.
	pub vout: u32,
	/// What the staker signs in advance.
	pub presigned: Presigned,
}

/// The staker's signatures of the transactions that slash.
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
pub struct Presigned {
	/// Of the one that spends the bond.
	pub bond: Signature,
	/// Of the one that spends what unbonding makes of it.
	pub unbonding: Signature,
}

/// A bond on record. Its name is its output, and no output is ever registered twice.
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
pub struct Bond<AccountId> {
	/// Whose it is.
	pub owner: AccountId,
	/// Whom it is for.
	pub sequencer: AccountId,
	/// The staker's key.
	pub staker: XOnlyKey,
	/// Whose covenant.
	pub covenant: CovenantId,
	/// See [`Registration::timelock`].
	pub timelock: u16,
	/// The rules that it was registered under, and keeps.
	pub rules: BondRules,
	/// What it holds.
	pub value: Sats,
	/// What the staker has signed in advance.
	pub presigned: Presigned,
	/// The bond whose coin it takes over, if it is an extension.
	pub extends: Option<OutPoint>,
	/// ENT on hold until it is on Bitcoin, or given up.
	#[serde(with = "super::ent")]
	pub deposit: Ent,
	/// When it was registered.
	pub registered: Clock,
	/// The session in which it began to count; of one that has taken over another bond's coin, that in
	/// which the other did. The last one there can be if it never will.
	pub counts_from: SessionIndex,
	/// What of the sequencer's rewards its owner has had, see [`crate::rewards`].
	pub collected: Collected,
	/// How far it is.
	pub state: BondState,
}

/// How far a bond is.
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
pub enum BondState {
	/// The covenant is to sign the way out. Nothing must be paid yet.
	Registered {
		/// From when on it may be given up.
		deadline: Clock,
	},
	/// The covenant has signed the way out. Now it is safe to fund it.
	Approved {
		/// From when on it may be given up, unless it counts by then. In a later block of Bitcoin it is funded too
		/// late.
		deadline: Clock,
	},
	/// It counts.
	Active {
		/// Height of the block that it is in.
		included: u32,
		/// Height of Bitcoin's tip at which it counts no more.
		expires: u32,
	},
	/// It counts no more, and can still be slashed.
	Leaving {
		/// Height of the block that it is in.
		included: u32,
		/// The session in which it stopped counting.
		left: SessionIndex,
		/// Height of the block with the unbonding transaction, once Bitcoin has it.
		unbonded: Option<u32>,
	},
	/// It has ended.
	Closed(Outcome),
}

/// How a bond ended.
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
pub enum Outcome {
	/// It was not approved in time, or not funded. Of one that was approved the signatures of the way out stay on
	/// record: whoever funds it too late can leave.
	Dropped,
	/// Its time is over. The coin is the staker's alone.
	Released,
	/// Another bond has taken its coin over.
	Extended {
		/// That bond.
		into: OutPoint,
	},
	/// It was slashed.
	Slashed {
		/// By this transaction.
		txid: Txid,
	},
	/// It was spent by a transaction that the protocol does not know.
	Foreign {
		/// That transaction.
		txid: Txid,
	},
	/// Governance closed it, because a reorganisation of Bitcoin has undone it.
	Struck,
}
