// SPDX-License-Identifier: GPL-3.0-or-later WITH Classpath-exception-2.0

//! What the `staking` namespace gives, as JSON.
//!
//! Amounts of BTC are whole satoshi, amounts of ENT are text, in its smallest unit. What is paid on
//! Bitcoin is shown as an address, hashes and transactions as Bitcoin's tools write them.

use crate::rpc::take::Bytes32;
use ::bitcoin::hex::DisplayHex;
use entangled_bitcoin::{
	bond::{BondTerms, Slashable},
	ChainId, Network, OutPoint, PayoutScript, Sats, Signature, TaprootScript, Txid, XOnlyKey,
};
use entangled_runtime::AccountId;
use pallet_sequencer_staking::{
	self as pallet, BondState, BondView, CovenantId, Duty, DutyTask, Presigned, SlashOrder,
	StakingStatus, TermsView,
};
use serde::Serialize;

fn address(script: TaprootScript, network: Network) -> String {
	PayoutScript::P2tr(script.0).to_address(network)
}

/// Staking at a glance.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Status {
	/// Which chain it is of: the hash of its first block. Whoever bonds proves on it whose key it is.
	pub chain: ChainId,
	/// What the chain says.
	#[serde(flatten)]
	pub status: StakingStatus<AccountId>,
}

/// What a bond would be made from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Terms {
	/// Where to pay it to, once it is registered and approved, and no sooner.
	pub address: String,
	/// The address's script.
	pub script: String,
	/// Whose covenant.
	pub covenant: CovenantId,
	/// The terms.
	pub terms: BondTerms,
	/// The least that it must hold.
	pub least: Sats,
	/// ENT that is on hold until it is on Bitcoin, in its smallest unit.
	pub deposit: String,
}

impl Terms {
	/// On this network.
	pub fn new(view: TermsView, network: Network) -> Self {
		Self {
			address: address(view.script, network),
			script: view.script.to_bytes().to_lower_hex_string(),
			covenant: view.covenant,
			terms: view.terms,
			least: view.least,
			deposit: view.deposit.to_string(),
		}
	}
}

/// A bond.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Bond {
	/// Its output on Bitcoin.
	pub outpoint: OutPoint,
	/// Its address.
	pub address: String,
	/// The address that unbonding pays to.
	pub unbonding_address: String,
	/// Whose it is.
	pub owner: AccountId,
	/// Whom it is for.
	pub sequencer: AccountId,
	/// How far it is.
	pub state: BondState,
	/// What it holds.
	pub value: Sats,
	/// Whose covenant.
	pub covenant: CovenantId,
	/// What its scripts and transactions are made from.
	pub terms: BondTerms,
	/// What the staker has signed in advance.
	pub presigned: Presigned,
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
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
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
	pub spends: Vec<Spend>,
}

/// A transaction up to the signatures.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Spend {
	/// Its id.
	pub txid: Txid,
	/// The transaction without its witness.
	pub unsigned: String,
	/// What is signed.
	pub sighash: Bytes32,
	/// The staker's signature, where it was given in advance.
	pub staker: Option<Signature>,
	/// The covenant's, in the order of its keys.
	pub signatures: Vec<Option<Signature>>,
}

impl Bond {
	/// On this network.
	pub fn new(view: BondView<AccountId>, network: Network) -> Self {
		let bond = view.bond;
		Self {
			outpoint: view.outpoint,
			address: address(view.script, network),
			unbonding_address: address(view.unbonding_script, network),
			owner: bond.owner,
			sequencer: bond.sequencer,
			state: bond.state,
			value: bond.value,
			covenant: bond.covenant,
			terms: view.terms,
			presigned: bond.presigned,
			extends: bond.extends,
			registered: bond.registered.bitcoin_height,
			slashable_until: view.slashable_until,
			order: view.order,
			duties: view.duties.into_iter().map(Into::into).collect(),
		}
	}
}

impl From<pallet::DutyView> for DutyView {
	fn from(view: pallet::DutyView) -> Self {
		let spend = |spend: pallet::SpendView| Spend {
			txid: spend.txid,
			unsigned: spend.bytes.to_lower_hex_string(),
			sighash: Bytes32(spend.sighash),
			staker: spend.staker,
			signatures: spend.signatures,
		};
		Self {
			duty: view.duty,
			open: view.open,
			threshold: view.threshold,
			keys: view.keys,
			spends: view.spends.into_iter().map(spend).collect(),
		}
	}
}

/// What the holder of a key still has to sign.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Task {
	/// The bond.
	pub outpoint: OutPoint,
	/// What for.
	pub duty: Duty,
	/// What to sign: a signature of each, in this order.
	pub sighashes: Vec<Bytes32>,
}

impl From<DutyTask> for Task {
	fn from(task: DutyTask) -> Self {
		let sighashes = task.sighashes.into_iter().map(Bytes32).collect();
		Self { outpoint: task.outpoint, duty: task.duty, sighashes }
	}
}

/// A complete transaction that slashes a bond.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Transaction {
	/// The bond.
	pub outpoint: OutPoint,
	/// In which of its coins it is slashed. Only one of the two can be mined.
	pub which: Slashable,
	/// The coin that is spent.
	pub coin: OutPoint,
	/// The transaction's id.
	pub txid: Txid,
	/// The transaction, as `sendrawtransaction` takes it.
	pub raw: String,
	/// What it pays to the miner. Anybody can add to it by its last output.
	pub fee: Sats,
}

impl From<pallet::SignedSlash> for Transaction {
	fn from(slash: pallet::SignedSlash) -> Self {
		Self {
			outpoint: slash.outpoint,
			which: slash.which,
			coin: slash.coin,
			txid: slash.txid,
			raw: slash.bytes.to_lower_hex_string(),
			fee: slash.fee,
		}
	}
}
