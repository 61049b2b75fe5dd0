//! Requests for BTC.

use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use entangled_bitcoin::{PayoutScript, Sats, Txid};
use pallet_btc_light_client::Clock;
use scale_info::TypeInfo;
use serde::{Deserialize, Serialize};

/// Withdrawals are numbered from 0 in the order in which they were asked for.
pub type WithdrawalId = u64;

/// A request for BTC. `amount + max_fee` of eBTC are locked for it.
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
pub struct Withdrawal<AccountId> {
	/// Who asked, and gets back what is not used.
	pub owner: AccountId,
	/// Who is paid on Bitcoin.
	pub script: PayoutScript,
	/// What the payment is, to the satoshi.
	pub amount: Sats,
	/// What the owner pays for it at the most, on top of the amount.
	pub max_fee: Sats,
	/// When it was asked for.
	pub requested: Clock,
	/// From when on anybody may have the eBTC returned, unless the payment is under way.
	pub expires: Clock,
	/// Whether somebody reserved it and did not pay. It cannot be reserved again.
	pub lapsed: bool,
	/// How far it is.
	pub state: WithdrawalState<AccountId>,
}

/// How far a withdrawal is.
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
pub enum WithdrawalState<AccountId> {
	/// It waits for a batch.
	Pending,
	/// Somebody is about to pay it from coins of their own.
	Reserved(Reservation<AccountId>),
	/// It is in an attempt of the batch in flight. It cannot be taken back.
	InBatch,
	/// Custody paid it.
	Paid {
		/// The Bitcoin transaction.
		txid: Txid,
		/// What the owner paid for it.
		fee: Sats,
	},
	/// Somebody paid it from coins of their own.
	Fronted {
		/// Who has the eBTC now.
		by: AccountId,
		/// The Bitcoin transaction.
		txid: Txid,
		/// What the owner paid for it.
		fee: Sats,
	},
	/// The owner took it back.
	Cancelled,
	/// It waited too long, and the owner has the eBTC again.
	Expired,
}

impl<AccountId> WithdrawalState<AccountId> {
	/// Whether nothing more happens to it.
	pub fn is_terminal(&self) -> bool {
		!matches!(self, Self::Pending | Self::Reserved(_) | Self::InBatch)
	}
}

/// The right to pay a withdrawal from coins of one's own.
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
pub struct Reservation<AccountId> {
	/// Who has it.
	pub by: AccountId,
	/// eBTC that it loses to the owner when it does not pay.
	pub bond: Sats,
	/// What it earns on top of the amount.
	pub reward: Sats,
	/// Until when nobody else may pay.
	pub until: Clock,
}
