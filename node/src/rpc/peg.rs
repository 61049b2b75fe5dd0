// SPDX-License-Identifier: GPL-3.0-or-later WITH Classpath-exception-2.0

//! The `peg` namespace: BTC in and out.
//!
//! | file | concept |
//! |---|---|
//! | this file | the methods |
//! | [`handler`] | who answers them |
//! | [`take`] | what they take |
//! | [`views`] | what they give |
//! | [`error`] | why one has no result |

mod error;
mod handler;
mod take;
mod views;

#[cfg(test)]
mod tests;

pub use handler::Peg;

use super::{take::Bytes32, views::InclusionClaim};
use entangled_bitcoin::{OutPoint, Sats, Txid};
use entangled_runtime::{AccountId, Hash};
use error::Error;
use jsonrpsee::proc_macros::rpc;
use pallet_peg::{CandidateView, CommitteeId, DepositQuote, WithdrawalId};
use polkadot_sdk::sp_core::Bytes;
use take::Terms;
use views::{
	Batch, Coin, Committee, Deposit, DepositAddress, SigningTask, Status, Transaction, Withdrawal,
	WithdrawalQuote,
};

/// The peg as of the block `at`, or of the best block.
#[rpc(server)]
pub trait PegRpc {
	/// The peg at a glance.
	#[method(name = "peg_status", blocking)]
	fn status(&self, at: Option<Hash>) -> Result<Status, Error>;

	/// The committees that hold coins or whose addresses are honoured; the one that serves is the
	/// last.
	#[method(name = "peg_committees", blocking)]
	fn committees(&self, at: Option<Hash>) -> Result<Vec<Committee>, Error>;

	/// The committee that is to take over; `null` when there is none.
	#[method(name = "peg_candidate", blocking)]
	fn candidate(&self, at: Option<Hash>) -> Result<Option<CandidateView<AccountId>>, Error>;

	/// The address of a deposit on these terms.
	#[method(name = "peg_depositAddress", blocking)]
	fn deposit_address(&self, terms: Terms, at: Option<Hash>) -> Result<DepositAddress, Error>;

	/// The address to pay to for who names the destination in an `OP_RETURN`.
	#[method(name = "peg_fixedAddress", blocking)]
	fn fixed_address(
		&self,
		committee: Option<CommitteeId>,
		at: Option<Hash>,
	) -> Result<DepositAddress, Error>;

	/// What a deposit would give.
	#[method(name = "peg_quoteDeposit", blocking)]
	fn quote_deposit(&self, amount: Sats, at: Option<Hash>) -> Result<DepositQuote, Error>;

	/// What a withdrawal would cost.
	#[method(name = "peg_quoteWithdrawal", blocking)]
	fn quote_withdrawal(
		&self,
		address: String,
		amount: Sats,
		at: Option<Hash>,
	) -> Result<WithdrawalQuote, Error>;

	/// The deposit by this output; `null` when it was not claimed.
	#[method(name = "peg_deposit", blocking)]
	fn deposit(&self, outpoint: OutPoint, at: Option<Hash>) -> Result<Option<Deposit>, Error>;

	/// The withdrawal with this number; `null` when there is none, or it ended long ago.
	#[method(name = "peg_withdrawal", blocking)]
	fn withdrawal(&self, id: WithdrawalId, at: Option<Hash>) -> Result<Option<Withdrawal>, Error>;

	/// The numbers of the withdrawals that wait, oldest first.
	#[method(name = "peg_pending", blocking)]
	fn pending(&self, at: Option<Hash>) -> Result<Vec<WithdrawalId>, Error>;

	/// The batch in flight; `null` when there is none.
	#[method(name = "peg_batch", blocking)]
	fn batch(&self, at: Option<Hash>) -> Result<Option<Batch>, Error>;

	/// The outputs that custody holds.
	#[method(name = "peg_custody", blocking)]
	fn custody(&self, at: Option<Hash>) -> Result<Vec<Coin>, Error>;

	/// What the holder of a committee key still has to sign.
	#[method(name = "peg_signingTasks", blocking)]
	fn signing_tasks(&self, key: Bytes32, at: Option<Hash>) -> Result<Vec<SigningTask>, Error>;

	/// Complete transactions, newest first. Anybody may send them to Bitcoin.
	#[method(name = "peg_rawTransactions", blocking)]
	fn raw_transactions(&self, at: Option<Hash>) -> Result<Vec<Transaction>, Error>;

	/// The complete transaction with this id; `null` when there is none.
	#[method(name = "peg_transaction", blocking)]
	fn transaction(&self, txid: Txid, at: Option<Hash>) -> Result<Option<Transaction>, Error>;

	/// The address of a deposit on these terms, which this node looks for from now on, and claims.
	/// Only for whom the operator trusts: what is watched takes room, on the disk as well.
	#[method(name = "peg_watchDeposit", blocking, with_extensions)]
	fn watch_deposit(&self, terms: Terms) -> Result<DepositAddress, Error>;

	/// The transaction that claims a deposit, for `author_submitExtrinsic`. It takes no account and
	/// costs nothing.
	#[method(name = "peg_claim", blocking)]
	fn claim(
		&self,
		claim: InclusionClaim,
		vout: u32,
		terms: Terms,
		at: Option<Hash>,
	) -> Result<Bytes, Error>;

	/// The transaction that brings the proof that an attempt of the batch was mined.
	#[method(name = "peg_settle", blocking)]
	fn settle(&self, claim: InclusionClaim, at: Option<Hash>) -> Result<Bytes, Error>;

	/// The transaction that brings the proof that a withdrawal was paid by another.
	#[method(name = "peg_front", blocking)]
	fn front(
		&self,
		claim: InclusionClaim,
		id: WithdrawalId,
		at: Option<Hash>,
	) -> Result<Bytes, Error>;

	/// A withdrawal now, and again whenever a new best block changes it.
	#[subscription(
		name = "peg_subscribeWithdrawal" => "peg_withdrawalState",
		unsubscribe = "peg_unsubscribeWithdrawal",
		item = Option<Withdrawal>
	)]
	fn subscribe_withdrawal(&self, id: WithdrawalId);

	/// A deposit now, and again whenever a new best block changes it.
	#[subscription(
		name = "peg_subscribeDeposit" => "peg_depositState",
		unsubscribe = "peg_unsubscribeDeposit",
		item = Option<Deposit>
	)]
	fn subscribe_deposit(&self, outpoint: OutPoint);
}
