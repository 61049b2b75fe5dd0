//! What people and nodes ask about the peg.

use super::{CommitteeId, CustodyCoin, DepositRecord, HaltReason, Member, Policy, WithdrawalId};
use alloc::vec::Vec;
use codec::{Decode, Encode};
use entangled_bitcoin::{
	taproot::TaprootScript, AnchorPayload, Destination, FeeRate, OutPoint, PayoutScript, Sats,
	Txid, Weight, XOnlyKey,
};
use pallet_btc_light_client::Clock;
use scale_info::TypeInfo;
use serde::{Deserialize, Serialize};

/// A committee, as its depositors need it.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, TypeInfo, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CommitteeView<AccountId> {
	/// Its number.
	pub id: CommitteeId,
	/// Its members, by ascending key.
	pub members: Vec<Member<AccountId>>,
	/// How many of them must sign.
	pub threshold: u32,
	/// Script of the outputs that it holds.
	pub custody: TaprootScript,
	/// Script of its fixed deposit address.
	pub fixed: TaprootScript,
	/// Height of Bitcoin's tip when it took over.
	pub active_from: u32,
	/// Height of Bitcoin's tip when another took over.
	pub retired_at: Option<u32>,
	/// The last height of Bitcoin's tip at which deposits to it are honoured; `None` while it
	/// serves.
	pub honoured_until: Option<u32>,
	/// While too few of its members sign: until Bitcoin's tip has this height, what it holds is left
	/// out of batches.
	pub silent_until: Option<u32>,
}

/// A committee that is to take over.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, TypeInfo, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CandidateView<AccountId> {
	/// The number that it will have.
	pub id: CommitteeId,
	/// Its members.
	pub members: Vec<Member<AccountId>>,
	/// Those that have not shown yet that they can sign.
	pub missing: Vec<Member<AccountId>>,
	/// When the hand-over is given up.
	pub deadline: Clock,
}

/// A deposit that was claimed.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, TypeInfo, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DepositView {
	/// What was claimed.
	#[serde(flatten)]
	pub record: DepositRecord,
	/// Whether a settled batch has spent the output.
	pub swept: bool,
	/// While it waits to be swept: height of the first block in which its owner could take it back.
	pub refund_height: Option<u32>,
}

/// What a deposit would give.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, TypeInfo, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DepositQuote {
	/// What is paid on Bitcoin.
	pub amount: Sats,
	/// What is kept to pay for sweeping it, by the fee rate of this moment.
	pub fee: Sats,
	/// What those have of it who stand for custody.
	pub peg_fee: Sats,
	/// What is minted.
	pub minted: Sats,
}

/// What a withdrawal would cost.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, TypeInfo, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct WithdrawalQuote {
	/// The fee rate of this moment.
	pub rate: FeeRate,
	/// What it would cost in a batch of its own.
	pub alone: Sats,
	/// What it would cost in a full batch. The least `max_fee` that is accepted.
	pub shared: Sats,
	/// The least amount for this script.
	pub min_amount: Sats,
	/// What custody may still pay out within the rolling window.
	pub outflow_left: Sats,
}

/// An output that custody holds.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, TypeInfo, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CoinView {
	/// Where it is.
	pub outpoint: OutPoint,
	/// What it is.
	#[serde(flatten)]
	pub coin: CustodyCoin,
	/// Its script.
	pub script: TaprootScript,
}

/// A payment of an attempt.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, TypeInfo, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PayoutView {
	/// The withdrawal.
	pub id: WithdrawalId,
	/// Who is paid.
	pub script: PayoutScript,
	/// What is paid.
	pub amount: Sats,
	/// What the owner pays for it.
	pub fee: Sats,
}

/// A member's part in an attempt.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, TypeInfo, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SignerView<AccountId> {
	/// The committee.
	pub committee: CommitteeId,
	/// The member.
	pub member: Member<AccountId>,
	/// Whether its signatures are there.
	pub signed: bool,
}

/// One transaction of the batch in flight: all that it takes to build it again.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, TypeInfo, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AttemptView<AccountId> {
	/// Its number within the batch, from 0.
	pub index: u32,
	/// Its id.
	pub txid: Txid,
	/// The coins that it spends, in the order of its inputs.
	pub coins: Vec<CoinView>,
	/// Its payments, in the order of its outputs from the third on.
	pub payouts: Vec<PayoutView>,
	/// What returns to custody, by the first output.
	pub change: Sats,
	/// The checkpoint in the second output.
	pub anchor: AnchorPayload,
	/// What the miner gets.
	pub fee: Sats,
	/// The part of it that custody pays.
	pub custody_fee: Sats,
	/// The rate that was asked for.
	pub rate: FeeRate,
	/// Its weight with all signatures.
	pub weight: Weight,
	/// What is signed for each input.
	pub sighashes: Vec<[u8; 32]>,
	/// Height of Bitcoin's tip when it was built, or got its last signature that it needs.
	pub built_at: u32,
	/// While it is not complete: from when on it is replaced by one without the coins of those who
	/// have not signed it.
	pub sign_by: Clock,
	/// Whether it has all signatures.
	pub complete: bool,
	/// Who has signed, and who has not.
	pub signers: Vec<SignerView<AccountId>>,
}

/// The batch in flight.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, TypeInfo, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct BatchView<AccountId> {
	/// Its number.
	pub id: u32,
	/// The coin that every attempt spends, so that one of them at the most can be mined.
	pub common: OutPoint,
	/// Who gets the change.
	pub change_to: CommitteeId,
	/// That committee's custody script.
	pub change_script: TaprootScript,
	/// The attempts, oldest first.
	pub attempts: Vec<AttemptView<AccountId>>,
}

/// What a holder of a key still has to sign.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, TypeInfo, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum SigningTask {
	/// A challenge, to show that the next committee's member can sign.
	ProofOfLife {
		/// The candidate.
		committee: CommitteeId,
		/// What to sign.
		challenge: [u8; 32],
	},
	/// Inputs of an attempt.
	Attempt {
		/// The batch.
		batch: u32,
		/// The attempt's number within it.
		attempt: u32,
		/// The inputs, in ascending order: a signature for each, in this order.
		inputs: Vec<u32>,
	},
}

/// A complete transaction, to be sent to Bitcoin.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, TypeInfo, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SignedTransaction {
	/// Its id.
	pub txid: Txid,
	/// Bitcoin's serialisation, witnesses included.
	pub bytes: Vec<u8>,
	/// Whether it is settled already, and only kept for the case that Bitcoin loses it.
	pub settled: bool,
}

/// The peg at a glance.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, TypeInfo, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PegStatus {
	/// Why it stands still, if it does.
	pub halt: Option<HaltReason>,
	/// The committee that serves.
	pub committee: Option<CommitteeId>,
	/// eBTC that exists, what is locked included.
	pub supply: Sats,
	/// BTC that custody holds.
	pub custody: Sats,
	/// What custody holds beyond what it owes; it pays for sweeping.
	pub reserve: Sats,
	/// Withdrawals that wait.
	pub pending: u32,
	/// Claimed deposits and adopted coins that no settled batch has spent.
	pub unswept: u32,
	/// What may still be minted.
	pub headroom: Sats,
	/// What custody may still pay out within the rolling window.
	pub outflow_left: Sats,
	/// The fee rate that a batch built now would pay.
	pub fee_rate: FeeRate,
	/// The last checkpoint that a settled batch wrote into Bitcoin.
	pub anchored: Option<AnchorPayload>,
	/// The numbers that governance sets.
	pub policy: Policy,
}

/// Where a deposit must be paid to.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, TypeInfo, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DepositAddress {
	/// The committee that is paid.
	pub committee: CommitteeId,
	/// The output's script.
	pub script: TaprootScript,
	/// Where it goes; `None`: where the transaction's `OP_RETURN` says.
	pub destination: Option<Destination>,
	/// The key by which the depositor can take it back.
	pub refund_key: Option<XOnlyKey>,
	/// After how many blocks.
	pub refund_delay: Option<u16>,
}

/// Why there is no quote or no address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, TypeInfo, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum QuoteError {
	/// There is no such committee, or none at all, or the chain has no more than its first block.
	UnknownCommittee,
	/// Deposits to this committee are no longer honoured.
	CommitteeRetired,
	/// The refund opens too early or too late.
	RefundDelayOutOfRange,
	/// The refund key is not on the curve.
	InvalidRefundKey,
	/// There is no such rollup.
	UnknownRollup,
	/// The amount is below the least one.
	BelowMinimum,
	/// The amount is above the greatest one.
	AboveMaximum,
	/// Nobody could spend an output with this script.
	UnspendableScript,
	/// What goes to the reserve must come by a fixed address.
	ReserveTakesFixedOnly,
	/// There would be more eBTC than governance and what is bonded for validators allow.
	OverCap,
}
