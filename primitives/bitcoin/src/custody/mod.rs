//! Custody's transactions: which withdrawals go in, who pays the fee, and when to replace one.
//!
//! Everything here is a pure function of its arguments. The runtime and every member of the
//! committee run the same code on the same state, so a member signs only what it has built itself.
//!
//! | function | question | |
//! |---|---|---|
//! | [`select`] | which of the waiting withdrawals does the next transaction pay, and what does each pay for it? | withdrawals in, [`Selection`] out |
//! | [`build`] | what are the transaction's bytes? | [`Selection`] in, unsigned transaction out |
//! | [`assemble`] | and with the committee's signatures? | |
//! | [`decide`] | is it time to replace a transaction that does not confirm, and at what price? | [`Progress`] in, [`Decision`] out |
//! | [`reprice`] | at what price is one replaced that is not completed? | the same |
//!
//! The outputs stand in this order:
//!
//! | vout | output |
//! |---|---|
//! | [`CHANGE_VOUT`] | what is left, back to custody; never below [`MIN_CHANGE`] |
//! | [`ANCHOR_VOUT`] | the checkpoint in an `OP_RETURN` |
//! | from [`FIRST_PAYOUT_VOUT`] | one for each withdrawal, by ascending id |

mod build;
mod fee_policy;
mod select;
mod share;
mod weight;

pub use build::{assemble, build, SEQUENCE};
pub use fee_policy::{decide, reprice, Decision, FeeFloor, Paid, Policy, Progress, Why};
pub use select::select;
pub use weight::{input_weight, transaction_weight, MAX_STANDARD_TX_WEIGHT};

use crate::{script::PayoutScript, FeeRate, OutPoint, Sats, TaprootScript, Weight};
use alloc::vec::Vec;
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use scale_info::TypeInfo;
use serde::{Deserialize, Serialize};

/// Index of the output that goes back to custody.
pub const CHANGE_VOUT: u32 = 0;
/// Index of the output with the checkpoint.
pub const ANCHOR_VOUT: u32 = 1;
/// Index of the first withdrawal's output.
pub const FIRST_PAYOUT_VOUT: u32 = 2;

/// The least that goes back to custody: what nodes relay a P2TR output for.
pub const MIN_CHANGE: Sats = TaprootScript::DUST_THRESHOLD;

/// An output that custody can spend.
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
pub struct Coin {
	/// The output.
	pub outpoint: OutPoint,
	/// Its value.
	pub value: Sats,
	/// Its script, which signatures commit to.
	pub script_pubkey: TaprootScript,
	/// What spending it weighs, see [`input_weight`].
	pub input_weight: Weight,
	/// Whether it is custody's own change. Withdrawals share the cost of spending it; every other
	/// coin is a deposit, whose claim has paid for the spending.
	pub main: bool,
}

/// A withdrawal that waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Request {
	/// Its id. No two requests have the same.
	pub id: u64,
	/// Where it goes.
	pub script: PayoutScript,
	/// What arrives there.
	pub amount: Sats,
	/// What it pays at most for its share of the fee, beside the amount.
	pub max_fee: Sats,
}

/// How large a transaction may become.
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
pub struct Limits {
	/// The most withdrawals in one transaction.
	pub max_payouts: u32,
	/// The most that it may weigh. A limit above [`MAX_STANDARD_TX_WEIGHT`] counts as that.
	pub max_weight: Weight,
}

impl Default for Limits {
	/// A hundred withdrawals, and all the weight that nodes relay.
	fn default() -> Self {
		Self { max_payouts: 100, max_weight: MAX_STANDARD_TX_WEIGHT }
	}
}

/// What the next transaction is made from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Terms {
	/// What it spends, all of it, in the order of its inputs.
	pub coins: Vec<Coin>,
	/// The withdrawals that wait, in order of preference.
	pub requests: Vec<Request>,
	/// The fee rate that it should have.
	pub rate: FeeRate,
	/// What it must pay to replace earlier attempts; [`FeeFloor::NONE`] for the first.
	pub min_fee: FeeFloor,
	/// What custody holds beyond what it owes, and may spend on fees.
	pub reserve: Sats,
	/// What the withdrawals in it may amount to together.
	pub outflow_left: Sats,
	/// How large it may become.
	pub limits: Limits,
}

/// A withdrawal that the transaction pays.
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
pub struct Payout {
	/// The withdrawal's id.
	pub id: u64,
	/// Where it goes.
	pub script: PayoutScript,
	/// What arrives there.
	pub amount: Sats,
	/// Its share of the fee, beside the amount.
	pub fee: Sats,
}

/// Why a withdrawal is not in the transaction. It goes on waiting.
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
pub enum Skip {
	/// Its share of the fee would be more than it is ready to pay. It gets in when its ceiling is
	/// raised, when fees fall, or when more withdrawals share the transaction.
	FeeAboveCeiling {
		/// What an output like its pays in this transaction.
		share: Sats,
	},
	/// The transaction would pay out more than the limit of the day leaves.
	OverOutflowLimit,
	/// The coins do not suffice for it beside the others, the fee, and the least change.
	InsufficientCustody,
	/// The transaction has as many withdrawals as it may have, or would weigh too much.
	BatchFull,
	/// Nodes do not relay an output of so small an amount. It never gets in.
	Dust,
}

/// Why there is no transaction at all.
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
pub enum Blocked {
	/// There is nothing to spend.
	NoCoins,
	/// It weighs too much without any withdrawal. Spend fewer coins.
	TooHeavy {
		/// What it weighs.
		weight: Weight,
		/// What it may weigh.
		limit: Weight,
	},
	/// The coins cannot pay the fee and the least change.
	CoinsTooSmall {
		/// Fee and least change.
		need: Sats,
		/// Value of the coins.
		have: Sats,
	},
	/// Custody's part of the fee is more than it may spend. Spend fewer deposits, or wait until
	/// fees fall.
	ReserveTooSmall {
		/// Custody's part of the fee.
		need: Sats,
		/// What it may spend.
		have: Sats,
	},
	/// The coins are worth more than will ever exist, or the fee is not even a number.
	Overflow,
}

/// What the next transaction does.
#[derive(
	Clone,
	Debug,
	PartialEq,
	Eq,
	Encode,
	Decode,
	DecodeWithMemTracking,
	TypeInfo,
	Serialize,
	Deserialize,
)]
#[serde(rename_all = "camelCase")]
pub struct Selection {
	/// The withdrawals in it, by ascending id.
	pub payouts: Vec<Payout>,
	/// The ids of the others in the order in which they came, and why each is left out.
	pub skipped: Vec<(u64, Skip)>,
	/// What goes back to custody.
	pub change: Sats,
	/// The fee: the coins less payouts and change.
	pub fee: Sats,
	/// The part of the fee that no withdrawal pays.
	pub custody_fee: Sats,
	/// What the transaction weighs with all signatures.
	pub weight: Weight,
}
