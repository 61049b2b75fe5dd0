//! What people and nodes ask about staking.

use super::{Bond, CovenantId, Duty, Earnings, Ent, Policy, RulesVersion, Sequencer, SlashOrder};
use alloc::vec::Vec;
use codec::{Decode, DecodeWithMemTracking, Encode};
use entangled_bitcoin::{
	bond::{BondTerms, Slashable},
	taproot::TaprootScript,
	OutPoint, Sats, Signature, Txid, XOnlyKey,
};
use scale_info::TypeInfo;
use serde::{Deserialize, Serialize};

/// The most entries that one question about bonds is answered with.
pub const MAX_PAGE: u32 = 100;

/// Staking at a glance.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, TypeInfo, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct StakingStatus<AccountId> {
	/// The numbers that governance sets.
	pub policy: Policy,
	/// The rules of a bond that is registered now.
	pub rules: Option<RulesVersion>,
	/// The covenant of a bond that is registered now.
	pub covenant: Option<CovenantId>,
	/// All BTC in bonds that count.
	pub bonded: Sats,
	/// How many stand for election, of whom some may lack what a candidate must have.
	pub standing: u32,
	/// Who fills the set of validators while there are too few others.
	pub founders: Vec<AccountId>,
	/// What the next session's end will share so far.
	pub unshared: Earnings,
	/// What was shared and not collected.
	pub owed: Earnings,
}

/// A sequencer, as people see it.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, TypeInfo, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SequencerView<AccountId> {
	/// Who it is.
	pub account: AccountId,
	/// What is on record of it; nothing of a founder that has neither stake nor bonds.
	pub record: Option<Sequencer>,
	/// Its place among those who stand for election, from 0.
	pub rank: Option<u32>,
	/// The BTC that an election counts for it: none while it lacks what a candidate must have.
	pub weight: Sats,
	/// Whether it fills the set of validators while there are too few others.
	pub founder: bool,
	/// Whether it is a validator in this session,
	pub validator: bool,
	/// and in the next.
	pub next: bool,
	/// What it may collect without naming a bond.
	pub earned: Earnings,
}

/// What a bond would be made from if it were registered now.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, TypeInfo, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TermsView {
	/// Whose covenant.
	pub covenant: CovenantId,
	/// The terms.
	pub terms: BondTerms,
	/// The script that a bond on them pays to.
	pub script: TaprootScript,
	/// The least that it must hold.
	pub least: Sats,
	/// ENT that is on hold until it is on Bitcoin.
	#[serde(with = "super::ent")]
	pub deposit: Ent,
}

/// Why a bond could not be registered on such terms now.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, TypeInfo, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum TermsRefusal {
	/// There is no such sequencer.
	UnknownSequencer,
	/// The sequencer has been banned.
	Banned,
	/// The sequencer has as many bonds as it can have.
	TooManyBonds,
	/// There is no committee that could be the covenant.
	UnknownCovenant,
	/// The timelock is too short or too long.
	TimelockOutOfRange,
	/// The key is not on the curve, or is one of the covenant's.
	InvalidKey,
	/// What the rules' transactions pay is too little for them to be relayed.
	FeesTooLow,
	/// The rules of bonds contradict themselves.
	UnsoundRules,
}

/// A bond, as its owner, its covenant and watchers need it.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, TypeInfo, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct BondView<AccountId> {
	/// Its output on Bitcoin.
	pub outpoint: OutPoint,
	/// What is on record of it.
	pub bond: Bond<AccountId>,
	/// What its scripts and transactions are made from.
	pub terms: BondTerms,
	/// The script that it pays to.
	pub script: TaprootScript,
	/// The script that unbonding pays to.
	pub unbonding_script: TaprootScript,
	/// Height of Bitcoin's tip from which on the staker can have the coin, and it may be too late to slash it.
	/// `None` of a bond that never counted or has ended.
	pub slashable_until: Option<u32>,
	/// The order to slash it.
	pub order: Option<SlashOrder<AccountId>>,
	/// What covenants are asked to sign for it, or have signed.
	pub duties: Vec<DutyView>,
}

/// What a covenant is asked to sign for a bond, or has signed.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, TypeInfo, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DutyView {
	/// What.
	pub duty: Duty,
	/// Whether signatures are missing.
	pub open: bool,
	/// How many it takes.
	pub threshold: u32,
	/// The transactions, with what has been signed of each.
	pub spends: Vec<SpendView>,
	/// The keys that sign, in the order of the signatures.
	pub keys: Vec<XOnlyKey>,
}

/// A transaction that spends a bond's coin by the covenant, up to the signatures.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, TypeInfo, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SpendView {
	/// Its id.
	pub txid: Txid,
	/// Bitcoin's serialisation, without the witness.
	pub bytes: Vec<u8>,
	/// What the staker's key and the covenant's sign (BIP 342).
	pub sighash: [u8; 32],
	/// The staker's signature, where it was given in advance.
	pub staker: Option<Signature>,
	/// The covenant's signatures, in the order of its keys.
	pub signatures: Vec<Option<Signature>>,
}

/// What the holder of a key still has to sign.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, TypeInfo, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DutyTask {
	/// The bond.
	pub outpoint: OutPoint,
	/// What for.
	pub duty: Duty,
	/// What to sign: a signature of each, in this order.
	pub sighashes: Vec<[u8; 32]>,
}

/// A complete transaction that slashes a bond, to be sent to Bitcoin.
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
pub struct SignedSlash {
	/// The bond.
	pub outpoint: OutPoint,
	/// In which of its coins it is slashed. Only one of the two can be mined.
	pub which: Slashable,
	/// The coin that is spent.
	pub coin: OutPoint,
	/// The transaction's id.
	pub txid: Txid,
	/// Bitcoin's serialisation, the witness included.
	pub bytes: Vec<u8>,
	/// What it pays to the miner.
	pub fee: Sats,
}

/// What to look for on Bitcoin for a bond that has not ended.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, TypeInfo, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct WatchedBond {
	/// The bond.
	pub outpoint: OutPoint,
	/// Whether the proof that it is on Bitcoin would let it count.
	pub awaited: bool,
	/// The coins of which nobody has shown yet that they are spent.
	pub coins: Vec<OutPoint>,
	/// Height of Bitcoin's tip when it was registered. Nothing of it is in a block before.
	pub since: u32,
}
