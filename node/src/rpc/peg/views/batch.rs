// SPDX-License-Identifier: GPL-3.0-or-later WITH Classpath-exception-2.0

//! What custody holds, and its transactions, as JSON.

use super::address;
use crate::rpc::peg::take::Bytes32;
use ::bitcoin::hex::DisplayHex;
use entangled_bitcoin::{AnchorPayload, FeeRate, Network, OutPoint, Sats, Txid, Weight};
use entangled_runtime::AccountId;
use pallet_btc_light_client::Clock;
use pallet_peg::{self as pallet, CommitteeId, Member, WithdrawalId};
use serde::Serialize;

/// An output that custody holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Coin {
	/// Where it is.
	pub outpoint: OutPoint,
	/// What it holds.
	pub value: Sats,
	/// Whose signatures it takes.
	pub committee: CommitteeId,
	/// Its address.
	pub address: String,
	/// `change` or `deposit`.
	pub origin: &'static str,
}

impl Coin {
	/// On this network.
	pub fn new(view: pallet::CoinView, network: Network) -> Self {
		Self {
			outpoint: view.outpoint,
			value: view.coin.value,
			committee: view.coin.committee,
			address: address(view.script, network),
			origin: match view.coin.origin {
				pallet::CoinOrigin::Change => "change",
				pallet::CoinOrigin::Deposit { .. } => "deposit",
			},
		}
	}
}

/// The batch in flight.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Batch {
	/// Its number.
	pub id: u32,
	/// The output that every attempt spends.
	pub common: OutPoint,
	/// Which committee gets the change.
	pub change_to: CommitteeId,
	/// Its address.
	pub change_address: String,
	/// The attempts, oldest first.
	pub attempts: Vec<Attempt>,
}

/// One transaction of the batch.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Attempt {
	/// Its number within the batch.
	pub index: u32,
	/// Its id.
	pub txid: Txid,
	/// What it spends.
	pub coins: Vec<Coin>,
	/// Its payments.
	pub payouts: Vec<Payout>,
	/// What returns to custody.
	pub change: Sats,
	/// The checkpoint that it writes.
	pub anchor: AnchorPayload,
	/// What the miner gets.
	pub fee: Sats,
	/// The part of it that custody pays.
	pub custody_fee: Sats,
	/// The rate that was asked for.
	pub rate: FeeRate,
	/// Its weight with all signatures.
	pub weight: Weight,
	/// Height of Bitcoin's tip when it was built.
	pub built_at: u32,
	/// When the coins of those who have not signed are left out of another.
	pub sign_by: Clock,
	/// Whether it has all signatures.
	pub complete: bool,
	/// Who has signed, and who has not.
	pub signers: Vec<Signer>,
}

/// A payment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Payout {
	/// The withdrawal.
	pub id: WithdrawalId,
	/// Who is paid.
	pub address: String,
	/// The address's script.
	pub script: String,
	/// What is paid.
	pub amount: Sats,
	/// What the owner pays for it.
	pub fee: Sats,
}

/// A member's part in an attempt.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Signer {
	/// The committee.
	pub committee: CommitteeId,
	/// The member.
	#[serde(flatten)]
	pub member: Member<AccountId>,
	/// Whether its signatures are there.
	pub signed: bool,
}

impl Batch {
	/// On this network.
	pub fn new(view: pallet::BatchView<AccountId>, network: Network) -> Self {
		Self {
			id: view.id,
			common: view.common,
			change_to: view.change_to,
			change_address: address(view.change_script, network),
			attempts: view
				.attempts
				.into_iter()
				.map(|attempt| Attempt::new(attempt, network))
				.collect(),
		}
	}
}

impl Attempt {
	fn new(view: pallet::AttemptView<AccountId>, network: Network) -> Self {
		let payout = |payout: pallet::PayoutView| Payout {
			id: payout.id,
			address: payout.script.to_address(network),
			script: payout.script.to_script().to_lower_hex_string(),
			amount: payout.amount,
			fee: payout.fee,
		};
		let signer = |signer: pallet::SignerView<AccountId>| Signer {
			committee: signer.committee,
			member: signer.member,
			signed: signer.signed,
		};
		Self {
			index: view.index,
			txid: view.txid,
			coins: view.coins.into_iter().map(|coin| Coin::new(coin, network)).collect(),
			payouts: view.payouts.into_iter().map(payout).collect(),
			change: view.change,
			anchor: view.anchor,
			fee: view.fee,
			custody_fee: view.custody_fee,
			rate: view.rate,
			weight: view.weight,
			built_at: view.built_at,
			sign_by: view.sign_by,
			complete: view.complete,
			signers: view.signers.into_iter().map(signer).collect(),
		}
	}
}

/// What the holder of a key still has to sign.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum SigningTask {
	/// The challenge of a hand-over.
	ProofOfLife {
		/// The next committee.
		committee: CommitteeId,
		/// What to sign.
		challenge: Bytes32,
	},
	/// Inputs of an attempt.
	Attempt {
		/// The batch.
		batch: u32,
		/// The attempt's number within it.
		attempt: u32,
		/// The inputs.
		inputs: Vec<u32>,
	},
}

impl From<pallet::SigningTask> for SigningTask {
	fn from(task: pallet::SigningTask) -> Self {
		match task {
			pallet::SigningTask::ProofOfLife { committee, challenge } => {
				Self::ProofOfLife { committee, challenge: Bytes32(challenge) }
			},
			pallet::SigningTask::Attempt { batch, attempt, inputs } => {
				Self::Attempt { batch, attempt, inputs }
			},
		}
	}
}

/// A complete transaction.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Transaction {
	/// Its id.
	pub txid: Txid,
	/// As Bitcoin's `sendrawtransaction` takes it.
	pub hex: String,
	/// Whether it is settled already.
	pub settled: bool,
}

impl From<pallet::SignedTransaction> for Transaction {
	fn from(transaction: pallet::SignedTransaction) -> Self {
		Self {
			txid: transaction.txid,
			hex: transaction.bytes.to_lower_hex_string(),
			settled: transaction.settled,
		}
	}
}
