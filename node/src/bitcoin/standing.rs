// SPDX-License-Identifier: GPL-3.0-or-later WITH Classpath-exception-2.0

//! How a transaction of the chain's stands with Bitcoin.

use super::rpc::{clip, CallError};

/// How a transaction stands with Bitcoin.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Standing {
	/// It waits in the memory pool.
	Waiting,
	/// It is in the chain.
	Mined,
	/// It spends what is spent: a rival of it was mined, or it was itself, long ago; or what it spends
	/// is not there yet.
	Spent,
	/// It pays less than what the pool asks for now, or not enough to replace what the pool has.
	Underpaid,
	/// It is refused for another reason, which should not happen.
	Refused(String),
}

impl Standing {
	/// All labels.
	pub const LABELS: [&'static str; 5] = ["waiting", "mined", "spent", "underpaid", "refused"];

	/// In a word, for the metrics.
	pub fn label(&self) -> &'static str {
		match self {
			Self::Waiting => "waiting",
			Self::Mined => "mined",
			Self::Spent => "spent",
			Self::Underpaid => "underpaid",
			Self::Refused(_) => "refused",
		}
	}

	/// What the answer to `sendrawtransaction` says; an error where it says nothing about the
	/// transaction.
	///
	/// The code decides. But Bitcoin Core has one code for all its rules and policies, so among
	/// those the reason's first words do (`TxValidationState`, `MemPoolAccept`); that they are not
	/// translated and do not change from version to version is what its own tests rely on.
	pub fn of(answer: Result<(), CallError>) -> Result<Self, CallError> {
		let (code, message) = match answer {
			Ok(()) => return Ok(Self::Waiting),
			Err(CallError::Refused { code, message }) => (code, message),
			Err(error) => return Err(error),
		};
		let is_one_of = |reasons: &[&str]| reasons.iter().any(|reason| message.starts_with(reason));
		Ok(match code {
			CallError::ALREADY_IN_UTXO_SET => Self::Mined,
			CallError::VERIFY_ERROR => Self::Spent,
			CallError::VERIFY_REJECTED
				if is_one_of(&["txn-already-in-mempool", "txn-same-nonwitness-data"]) =>
			{
				Self::Waiting
			},
			CallError::VERIFY_REJECTED if is_one_of(&["txn-already-known"]) => Self::Mined,
			CallError::VERIFY_REJECTED
				if is_one_of(&[
					"mempool min fee not met",
					"min relay fee not met",
					"insufficient fee",
					"replacement-failed",
				]) =>
			{
				Self::Underpaid
			},
			CallError::VERIFY_REJECTED => Self::Refused(clip(&message)),
			code => return Err(CallError::Refused { code, message }),
		})
	}
}
