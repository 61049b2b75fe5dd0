//! Bonds and sequencers, as the node's JSON-RPC shows them: BTC in satoshi, ENT as text in its smallest
//! unit, hashes and addresses as Bitcoin's tools write them.

use super::{peg::claim_json, Chain};
use crate::{parse, rpc::RpcError};
use anyhow::Context;
use entangled_bitcoin::{
	bond::{BondTerms, FundedBond},
	OutPoint, Sats, Signature, Txid, XOnlyKey,
};
use entangled_runtime::{AccountId, Balance};
use pallet_btc_light_client::InclusionClaim;
use pallet_sequencer_staking::{
	BondState, CovenantId, Duty, Earnings, SequencerView, SlashOrder, StakingStatus,
};
use polkadot_sdk::sp_core::H256;
use serde::{Deserialize, Serialize};

/// What a bond would be made from if it were registered now.
#[derive(Clone, Debug, Deserialize)]
pub struct OfferedTerms {
	/// Where to pay it to, once it is registered and approved.
	pub address: String,
	/// The address's script.
	pub script: String,
	/// Whose covenant.
	pub covenant: CovenantId,
	/// The terms.
	pub terms: BondTerms,
	/// The least that it must hold.
	pub least: Sats,
	/// ENT that is on hold until it is on Bitcoin, as text.
	deposit: String,
}

impl OfferedTerms {
	/// ENT that is on hold until it is on Bitcoin.
	pub fn deposit(&self) -> anyhow::Result<Balance> {
		self.deposit.parse().context("the node's deposit is not a number")
	}
}

/// A bond on record.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Bond {
	/// Its output on Bitcoin.
	pub outpoint: OutPoint,
	/// Its address.
	pub address: String,
	/// The address that unbonding pays to.
	pub unbonding_address: String,
	/// Whose it is.
	#[serde(with = "parse::ss58_text")]
	pub owner: AccountId,
	/// Whom it is for.
	#[serde(with = "parse::ss58_text")]
	pub sequencer: AccountId,
	/// How far it is.
	#[serde(skip_serializing)]
	pub state: BondState,
	/// What it holds.
	pub value: Sats,
	/// Whose covenant.
	pub covenant: CovenantId,
	/// What its scripts and transactions are made from.
	pub terms: BondTerms,
	/// The bond whose coin it takes over.
	pub extends: Option<OutPoint>,
	/// Height of Bitcoin's tip when it was registered.
	pub registered: u32,
	/// Height of Bitcoin's tip from which on the staker can have the coin.
	pub slashable_until: Option<u32>,
	/// The order to slash it.
	pub order: Option<SlashOrder<AccountId>>,
	/// What covenants are asked to sign for it, or have signed.
	pub duties: Vec<DutyView>,
}

/// What a covenant is asked to sign, or has signed.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct DutyView {
	/// What.
	pub duty: Duty,
	/// Whether signatures are missing.
	pub open: bool,
	/// How many it takes.
	pub threshold: u32,
	/// The keys that sign, in the order of the signatures.
	pub keys: Vec<XOnlyKey>,
	/// The transactions.
	pub spends: Vec<SpendView>,
}

/// A transaction up to the signatures.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct SpendView {
	/// Its id.
	pub txid: Txid,
	/// The transaction without its witness.
	pub unsigned: String,
	/// The covenant's signatures, in the order of its keys.
	pub signatures: Vec<Option<Signature>>,
}

impl Bond {
	/// The coin that it is, or is to be.
	pub fn coin(&self) -> FundedBond {
		FundedBond { outpoint: self.outpoint, value: self.value }
	}

	/// What the covenant signs for one transaction of a duty.
	pub fn duty(&self, duty: Duty) -> Option<(&DutyView, &SpendView)> {
		let view = self.duties.iter().find(|view| view.duty == duty)?;
		Some((view, view.spends.first()?))
	}
}

impl SpendView {
	/// How many have signed.
	pub fn signed(&self) -> usize {
		self.signatures.iter().flatten().count()
	}
}

impl Chain {
	/// Staking at a glance.
	pub async fn staking_status(&self) -> Result<StakingStatus<AccountId>, RpcError> {
		self.ask("staking_status", ()).await
	}

	/// Those who stand for election, in order; then the other validators.
	pub async fn sequencers(&self) -> Result<Vec<SequencerView<AccountId>>, RpcError> {
		self.ask("staking_sequencers", ()).await
	}

	/// A sequencer or a founder as of the block `at`, or of the best one.
	pub async fn sequencer(
		&self,
		who: &AccountId,
		at: Option<H256>,
	) -> Result<Option<SequencerView<AccountId>>, RpcError> {
		self.ask("staking_sequencer", (parse::ss58(who), at)).await
	}

	/// What a bond would be made from if this account registered it for this sequencer now.
	pub async fn bond_terms(
		&self,
		owner: &AccountId,
		sequencer: &AccountId,
		staker: XOnlyKey,
		timelock: u16,
	) -> Result<OfferedTerms, RpcError> {
		let (owner, sequencer) = (parse::ss58(owner), parse::ss58(sequencer));
		self.ask("staking_bondTerms", (owner, sequencer, staker, timelock)).await
	}

	/// The bond by this output as of the block `at`, or of the best one.
	pub async fn bond(
		&self,
		outpoint: OutPoint,
		at: Option<H256>,
	) -> Result<Option<Bond>, RpcError> {
		self.ask("staking_bond", (outpoint, at)).await
	}

	/// The bond by this output. Fails when it was never registered.
	pub async fn known_bond(&self, outpoint: OutPoint, at: Option<H256>) -> anyhow::Result<Bond> {
		self.bond(outpoint, at).await?.with_context(|| {
			format!(
				"UnknownBond: no bond {outpoint} is registered; is the output right, and is {} a node of \
				 the right chain?",
				self.url()
			)
		})
	}

	/// The bonds for a sequencer that have not ended.
	pub async fn bonds_of(&self, sequencer: &AccountId) -> Result<Vec<OutPoint>, RpcError> {
		self.ask("staking_bondsOf", (parse::ss58(sequencer),)).await
	}

	/// What the account would collect if it named these bonds.
	pub async fn pending_rewards(
		&self,
		who: &AccountId,
		bonds: &[OutPoint],
	) -> Result<Earnings, RpcError> {
		self.ask("staking_pendingRewards", (parse::ss58(who), bonds)).await
	}

	/// The transaction that proves that a bond is on Bitcoin.
	pub async fn activate_extrinsic(
		&self,
		outpoint: OutPoint,
		claim: &InclusionClaim,
	) -> Result<String, RpcError> {
		self.ask("staking_activate", (outpoint, claim_json(claim))).await
	}
}
