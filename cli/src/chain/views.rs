//! The peg, as the node's JSON-RPC shows it: amounts in satoshi, hashes and addresses as Bitcoin's
//! tools write them. Fields that people do not need are left out.

use crate::committee::CommitteeKeys;
use entangled_bitcoin::{OutPoint, PayoutScript, Sats, Txid, XOnlyKey};
use pallet_peg::{CommitteeId, WithdrawalId};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// The peg at a glance.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Status {
	/// Whether it stands still.
	pub halted: bool,
	/// Why.
	pub halt: Option<Value>,
	/// The committee that serves.
	pub committee: Option<CommitteeId>,
	/// eBTC that exists.
	pub supply: Sats,
	/// BTC that custody holds.
	pub custody: Sats,
	/// What custody holds beyond what it owes.
	pub reserve: Sats,
	/// Withdrawals that wait.
	pub pending: u32,
	/// Claimed deposits that custody has not swept.
	pub unswept: u32,
	/// What may still be minted.
	pub headroom: Sats,
	/// What may still be paid out within the rolling window.
	pub outflow_left: Sats,
	/// The fee rate of this moment, in satoshi per 1,000 virtual bytes.
	pub fee_rate: u64,
	/// The numbers that governance sets.
	pub policy: Policy,
}

/// The numbers that governance sets, as far as users need them.
#[derive(Clone, Copy, Debug, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Policy {
	/// The least deposit.
	pub min_deposit: Sats,
	/// The greatest deposit.
	pub max_deposit: Sats,
	/// The least withdrawal.
	pub min_withdrawal: Sats,
	/// The most eBTC that there may be.
	pub cap: Sats,
	/// The shortest time after which a depositor may take a coin back, in Bitcoin blocks.
	pub min_refund_delay: u16,
	/// The longest.
	pub max_refund_delay: u16,
	/// A deposit cannot be claimed when its refund opens within so many blocks.
	pub claim_margin: u32,
}

/// A validator in a committee.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct Member {
	/// Its key in the committee's scripts.
	pub key: XOnlyKey,
	/// Its account.
	pub account: String,
}

/// A committee whose addresses are honoured.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Committee {
	/// Its number.
	pub id: CommitteeId,
	/// Its members, by ascending key.
	pub members: Vec<Member>,
	/// How many of them must sign.
	pub threshold: u32,
	/// The address of what it holds.
	pub custody: String,
	/// Its fixed deposit address.
	pub fixed: String,
	/// Height of Bitcoin's tip when another took over.
	pub retired_at: Option<u32>,
	/// The last height of Bitcoin's tip at which deposits to it are honoured.
	pub honoured_until: Option<u32>,
	/// While too few of its members sign: the height of Bitcoin's tip until which what it holds is
	/// left out of batches.
	pub silent_until: Option<u32>,
}

impl Committee {
	/// What its scripts are made of.
	pub fn keys(&self) -> CommitteeKeys {
		CommitteeKeys {
			id: self.id,
			keys: self.members.iter().map(|member| member.key).collect(),
			threshold: self.threshold,
		}
	}
}

/// A committee that is to take over.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct Candidate {
	/// The number that it will have.
	pub id: CommitteeId,
	/// Its members.
	pub members: Vec<Member>,
	/// Those that have not shown yet that they can sign.
	pub missing: Vec<Member>,
}

/// What a deposit would give.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct DepositQuote {
	/// What is paid on Bitcoin.
	pub amount: Sats,
	/// What is kept of it to pay for sweeping it.
	pub fee: Sats,
	/// What those have of it who stand for custody.
	pub peg_fee: Sats,
	/// What is minted.
	pub minted: Sats,
}

/// A deposit that was claimed.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Deposit {
	/// The output.
	pub outpoint: OutPoint,
	/// Height of the Bitcoin block that has it.
	pub height: u32,
	/// What it holds.
	pub amount: Sats,
	/// What was kept of it.
	pub fee: Sats,
	/// What those have of it who stand for custody.
	pub peg_fee: Sats,
	/// Where the rest went.
	pub destination: Value,
	/// Whether custody has swept it.
	pub swept: bool,
	/// While it has not: height of the first block in which its owner could take it back.
	pub refund_height: Option<u32>,
}

impl Deposit {
	/// What was minted for the destination.
	pub fn minted(&self) -> Sats {
		self.amount.saturating_sub(self.fee).saturating_sub(self.peg_fee)
	}
}

/// What a withdrawal would cost.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct WithdrawalQuote {
	/// The address.
	pub address: String,
	/// Its script.
	pub payout: PayoutScript,
	/// The fee rate of this moment, in satoshi per 1,000 virtual bytes.
	pub rate: u64,
	/// What the withdrawal would cost alone.
	pub alone: Sats,
	/// What it would cost together with those that wait: the least that may be offered.
	pub shared: Sats,
	/// The least amount.
	pub min_amount: Sats,
	/// What may still be paid out within the rolling window.
	pub outflow_left: Sats,
}

/// When something happens, in the two clocks of the chain.
#[derive(Clone, Copy, Debug, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Moment {
	/// Height of Bitcoin's tip.
	pub bitcoin_height: u32,
	/// Own blocks in which Bitcoin was followed.
	pub active_blocks: u32,
}

/// How far a withdrawal is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum WithdrawalState {
	/// It waits for a batch.
	Pending,
	/// Somebody is about to pay it from coins of their own.
	Reserved,
	/// It is in the batch in flight.
	InBatch,
	/// Custody paid it.
	Paid,
	/// Somebody else paid it.
	Fronted,
	/// The owner took it back.
	Cancelled,
	/// It waited too long, and the owner has the eBTC again.
	Expired,
}

/// A withdrawal.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Withdrawal {
	/// Its number.
	pub id: WithdrawalId,
	/// Who asked.
	pub owner: String,
	/// Who is paid on Bitcoin.
	pub address: String,
	/// The address's script, hexadecimal.
	pub script: String,
	/// What the payment is.
	pub amount: Sats,
	/// What the owner pays for it at the most.
	pub max_fee: Sats,
	/// From when on anybody may have the eBTC returned.
	pub expires: Moment,
	/// How far it is.
	pub state: WithdrawalState,
	/// The Bitcoin transaction that paid it.
	#[serde(default, skip_serializing_if = "Option::is_none")]
	pub txid: Option<Txid>,
	/// What the owner paid for it.
	#[serde(default, skip_serializing_if = "Option::is_none")]
	pub fee: Option<Sats>,
	/// Who has reserved it, or has paid it.
	#[serde(default, skip_serializing_if = "Option::is_none")]
	pub by: Option<String>,
	/// What they lose to the owner when they do not pay.
	#[serde(default, skip_serializing_if = "Option::is_none")]
	pub bond: Option<Sats>,
	/// What they earn on top of the amount.
	#[serde(default, skip_serializing_if = "Option::is_none")]
	pub reward: Option<Sats>,
	/// Until when nobody else may pay.
	#[serde(default, skip_serializing_if = "Option::is_none")]
	pub until: Option<Moment>,
}

/// A member's part in an attempt.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct Signer {
	/// The committee.
	pub committee: CommitteeId,
	/// The member's key.
	pub key: XOnlyKey,
	/// The member's account.
	pub account: String,
	/// Whether its signatures are there.
	pub signed: bool,
}

/// One payment of an attempt.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct Payout {
	/// The withdrawal.
	pub id: WithdrawalId,
	/// Who is paid.
	pub address: String,
	/// What is paid.
	pub amount: Sats,
	/// What the owner pays for it.
	pub fee: Sats,
}

/// One transaction of the batch in flight.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Attempt {
	/// Its number within the batch.
	pub index: u32,
	/// Its id.
	pub txid: Txid,
	/// The coins that it spends.
	pub coins: Vec<Value>,
	/// Its payments.
	pub payouts: Vec<Payout>,
	/// What the miner gets.
	pub fee: Sats,
	/// The rate that was asked for, in satoshi per 1,000 virtual bytes.
	pub rate: u64,
	/// Height of Bitcoin's tip when it was built.
	pub built_at: u32,
	/// Whether it has all signatures.
	pub complete: bool,
	/// Who has signed, and who has not.
	pub signers: Vec<Signer>,
}

/// The batch in flight.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct Batch {
	/// Its number.
	pub id: u32,
	/// The attempts, oldest first.
	pub attempts: Vec<Attempt>,
}

/// Where a deposit must be paid to.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct DepositAddress {
	/// The address.
	pub address: String,
	/// Its script, hexadecimal.
	pub script: String,
}
