// SPDX-License-Identifier: GPL-3.0-or-later WITH Classpath-exception-2.0

//! The `staking` namespace: BTC bonds, and who is elected by them.
//!
//! | file | concept |
//! |---|---|
//! | this file | the methods |
//! | [`handler`] | who answers them |
//! | [`views`] | what they give |
//! | [`error`] | why one has no result |

mod error;
mod handler;
mod views;

#[cfg(test)]
mod tests;

pub use handler::Staking;

use super::{
	take::{Account, Bytes32},
	views::InclusionClaim,
};
use entangled_bitcoin::{OutPoint, Signature};
use entangled_runtime::{AccountId, Hash};
use error::Error;
use jsonrpsee::proc_macros::rpc;
use pallet_sequencer_staking::{Duty, Earnings, SequencerView};
use polkadot_sdk::sp_core::Bytes;
use views::{Bond, Status, Task, Terms, Transaction};

/// Staking as of the block `at`, or of the best block.
#[rpc(server)]
pub trait StakingRpc {
	/// Staking at a glance.
	#[method(name = "staking_status", blocking)]
	fn status(&self, at: Option<Hash>) -> Result<Status, Error>;

	/// Those who stand for election, in order; then the other validators of this session and the
	/// next.
	#[method(name = "staking_sequencers", blocking)]
	fn sequencers(&self, at: Option<Hash>) -> Result<Vec<SequencerView<AccountId>>, Error>;

	/// A sequencer or a founder; `null` when the account is neither.
	#[method(name = "staking_sequencer", blocking)]
	fn sequencer(
		&self,
		account: Account,
		at: Option<Hash>,
	) -> Result<Option<SequencerView<AccountId>>, Error>;

	/// What a bond would be made from if this account registered it for this sequencer now, and the
	/// address that it would pay to.
	#[method(name = "staking_bondTerms", blocking)]
	fn bond_terms(
		&self,
		owner: Account,
		sequencer: Account,
		staker: Bytes32,
		timelock: u16,
		at: Option<Hash>,
	) -> Result<Terms, Error>;

	/// The bond by this output, with its transactions and what has been signed of them; `null` when
	/// it was never registered.
	#[method(name = "staking_bond", blocking)]
	fn bond(&self, outpoint: OutPoint, at: Option<Hash>) -> Result<Option<Bond>, Error>;

	/// The bonds for a sequencer that have not ended.
	#[method(name = "staking_bondsOf", blocking)]
	fn bonds_of(&self, sequencer: Account, at: Option<Hash>) -> Result<Vec<OutPoint>, Error>;

	/// What the account would collect if it named these bonds of its own.
	#[method(name = "staking_pendingRewards", blocking)]
	fn pending_rewards(
		&self,
		account: Account,
		bonds: Option<Vec<OutPoint>>,
		at: Option<Hash>,
	) -> Result<Earnings, Error>;

	/// What the holder of a covenant's key still has to sign, what slashes first.
	#[method(name = "staking_duties", blocking)]
	fn duties(&self, key: Bytes32, at: Option<Hash>) -> Result<Vec<Task>, Error>;

	/// Complete transactions that slash bonds, of a hundred bonds after this one. Anybody may send
	/// them to Bitcoin.
	#[method(name = "staking_slashes", blocking)]
	fn slashes(&self, after: Option<OutPoint>, at: Option<Hash>)
		-> Result<Vec<Transaction>, Error>;

	/// The transaction that brings what a member of a covenant signs, for
	/// `author_submitExtrinsic`. It takes no account and costs nothing.
	#[method(name = "staking_sign", blocking)]
	fn sign(
		&self,
		outpoint: OutPoint,
		duty: Duty,
		key: Bytes32,
		signatures: Vec<Signature>,
		at: Option<Hash>,
	) -> Result<Bytes, Error>;

	/// The transaction that brings the proof that a bond is on Bitcoin.
	#[method(name = "staking_activate", blocking)]
	fn activate(
		&self,
		outpoint: OutPoint,
		claim: InclusionClaim,
		at: Option<Hash>,
	) -> Result<Bytes, Error>;

	/// The transaction that brings the proof that a bond's coin, or what unbonding made of it, is
	/// spent.
	#[method(name = "staking_reportSpend", blocking)]
	fn report_spend(
		&self,
		outpoint: OutPoint,
		claim: InclusionClaim,
		at: Option<Hash>,
	) -> Result<Bytes, Error>;

	/// A bond now, and again whenever a new best block changes it.
	#[subscription(
		name = "staking_subscribeBond" => "staking_bondState",
		unsubscribe = "staking_unsubscribeBond",
		item = Option<Bond>
	)]
	fn subscribe_bond(&self, outpoint: OutPoint);
}
