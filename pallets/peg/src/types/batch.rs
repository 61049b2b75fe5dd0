//! Custody's coins, and the transaction that spends them.

use super::{CommitteeId, Policy, WithdrawalId, MAX_INPUTS, MAX_PAYOUTS};
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use entangled_bitcoin::{
	script::{custody_output, deposit_output, Refund},
	AnchorPayload, Crypto, FeeRate, Multisig, OutPoint, Sats, TaprootOutput, Txid, Weight,
};
use pallet_btc_light_client::Clock;
use polkadot_sdk::frame_support::{traits::ConstU32, BoundedVec};
use scale_info::TypeInfo;
use serde::{Deserialize, Serialize};

/// A Bitcoin output that custody can spend.
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
pub struct CustodyCoin {
	/// What it holds.
	pub value: Sats,
	/// Who must sign.
	pub committee: CommitteeId,
	/// Which script it has.
	pub origin: CoinOrigin,
}

/// Which of a committee's scripts an output has.
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
pub enum CoinOrigin {
	/// The committee's custody script: it is the change of a batch.
	Change,
	/// A deposit script.
	Deposit {
		/// What the script commits to: the chain, and the destination or that it is the fixed address.
		commitment: [u8; 32],
		/// The owner's way back, if there is one.
		refund: Option<Refund>,
	},
}

impl CoinOrigin {
	/// The output of a committee that has this script. Its first leaf is the committee's. `None`
	/// where there can be no such output.
	pub fn output<C: Crypto>(&self, committee: &Multisig) -> Option<TaprootOutput> {
		match self {
			Self::Change => custody_output::<C>(committee),
			Self::Deposit { commitment, refund } => {
				deposit_output::<C>(committee, commitment, refund.as_ref())
			},
		}
	}

	/// The owner's way back, if there is one.
	pub fn refund(&self) -> Option<&Refund> {
		match self {
			Self::Change => None,
			Self::Deposit { refund, .. } => refund.as_ref(),
		}
	}
}

/// How a coin left the books.
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
pub enum Departure {
	/// A transaction that was settled spent it.
	Spent {
		/// The transaction.
		by: Txid,
	},
	/// Governance struck it off, because Bitcoin does not have it.
	Abandoned,
}

/// A coin beside custody's own that no batch has spent yet: a claimed deposit, or one that
/// governance adopted.
#[derive(
	Clone,
	Copy,
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
)]
pub struct Unswept {
	/// Height of the first block in which its owner can take it back. [`u32::MAX`]: never.
	pub refund_height: u32,
	/// The output.
	pub outpoint: OutPoint,
	/// Whose signatures it takes.
	pub committee: CommitteeId,
}

impl Unswept {
	/// Whether it cannot wait for others to be swept with.
	pub(crate) fn is_urgent(&self, serving: CommitteeId, now: Clock, policy: &Policy) -> bool {
		let left = self.refund_height.saturating_sub(now.bitcoin_height);
		left <= policy.sweep_margin || self.committee != serving
	}

	/// Whether the next block after this height could take it back.
	pub(crate) fn is_open(&self, height: u32) -> bool {
		self.refund_height <= height.saturating_add(1)
	}
}

/// The payment in flight. All its attempts spend one coin in common, so that one of them at the most
/// can ever be mined.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, MaxEncodedLen, TypeInfo)]
pub struct Batch {
	/// Batches are numbered from 0.
	pub id: u32,
	/// The coin that every attempt spends: custody's own, where there is one.
	pub common: OutPoint,
	/// Who gets the change.
	pub change_to: CommitteeId,
	/// How many attempts there have been, numbered from 0.
	pub attempts: u32,
}

/// One transaction of a batch.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, MaxEncodedLen, TypeInfo)]
pub struct Attempt {
	/// Its id.
	pub txid: Txid,
	/// The coins that it spends, in the order of the inputs, and who must sign for each. The first is
	/// the one that all attempts have in common.
	pub coins: BoundedVec<(OutPoint, CommitteeId), ConstU32<MAX_INPUTS>>,
	/// The withdrawals that it pays, in the order of the outputs, and what each owner pays for it.
	pub payouts: BoundedVec<(WithdrawalId, Sats), ConstU32<MAX_PAYOUTS>>,
	/// What returns to custody.
	pub change: Sats,
	/// What the miner gets.
	pub fee: Sats,
	/// The part of it that custody pays, for the coins that it sweeps.
	pub custody_fee: Sats,
	/// The rate that was asked for.
	pub rate: FeeRate,
	/// Its weight with all signatures.
	pub weight: Weight,
	/// The checkpoint that it writes into Bitcoin.
	pub anchor: AnchorPayload,
	/// What is signed for each input (BIP 341).
	pub sighashes: BoundedVec<[u8; 32], ConstU32<MAX_INPUTS>>,
	/// Height of Bitcoin's tip when it was built, or got its last signature that it needs.
	pub built_at: u32,
	/// From when on it is replaced by one without the coins of those who have not signed it.
	pub sign_by: Clock,
	/// Whether it has all signatures.
	pub complete: bool,
}

/// The last transaction that was settled, with its witnesses: should Bitcoin lose it, it is sent
/// again.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, TypeInfo)]
pub struct LastTransaction {
	/// Its id.
	pub txid: Txid,
	/// Bitcoin's serialisation.
	pub bytes: alloc::vec::Vec<u8>,
}
