//! What the peg stores, takes and gives.

mod batch;
mod committee;
mod deposit;
mod policy;
mod views;
mod withdrawal;

pub use batch::{Attempt, Batch, CoinOrigin, CustodyCoin, Departure, LastTransaction, Unswept};
pub use committee::{Candidate, Committee, CommitteeId, Member};
pub use deposit::{DepositRecord, DepositTerms};
pub use policy::{Outflow, Policy, OUTFLOW_BUCKETS};
pub use views::*;
pub use withdrawal::{Reservation, Withdrawal, WithdrawalId, WithdrawalState};

use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use entangled_bitcoin::Sats;
use scale_info::TypeInfo;
use serde::{Deserialize, Serialize};

/// The most members that a committee has. Fifteen keys make an input of about 370 vB.
pub const MAX_MEMBERS: u32 = 15;

/// The most coins that one transaction of the peg spends: with 15 members about 9,000 vB, and 25
/// signatures for each member to make.
pub const MAX_INPUTS: u32 = 25;

/// The most withdrawals that one transaction of the peg pays.
pub const MAX_PAYOUTS: u32 = 100;

/// The most attempts at one batch. With a quarter more at each, the last one pays over 28 times the
/// rate of the first.
pub const MAX_ATTEMPTS: u32 = 16;

/// The most withdrawals that wait at one time. Each has locked at least the least amount and a fee.
pub const MAX_PENDING: u32 = 1_000;

/// The most claimed deposits and adopted coins that wait to be swept. At [`MAX_INPUTS`] a batch these
/// are eleven batches.
pub const MAX_UNSWEPT: u32 = 256;

/// The most committees whose addresses are honoured at one time, and whose coins one transaction spends.
pub const MAX_COMMITTEES: u32 = 8;

/// Withdrawals that have ended and whose outcome can still be asked for.
pub const KEPT_OUTCOMES: u64 = 16_384;

/// Why the peg has halted.
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
pub enum HaltReason {
	/// Governance halted it.
	Governance,
	/// There is more eBTC than custody holds BTC.
	InvariantBroken {
		/// eBTC that exists.
		supply: Sats,
		/// BTC that custody holds.
		custody: Sats,
	},
	/// The owner of a claimed deposit can take it back before it was swept.
	RefundOpen,
	/// A reorganisation removed a Bitcoin block that a claim or a settlement relied on.
	Reorganised {
		/// Height of the last block that stayed.
		fork_height: u32,
	},
}
