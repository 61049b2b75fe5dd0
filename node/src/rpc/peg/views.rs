// SPDX-License-Identifier: GPL-3.0-or-later WITH Classpath-exception-2.0

//! What the `peg` namespace gives, as JSON.
//!
//! Amounts are whole satoshi, fee rates satoshi for 1,000 virtual bytes. Whatever is paid on Bitcoin
//! is shown as an address, hashes and transactions as Bitcoin's tools write them.

mod batch;
mod withdrawal;

pub use batch::{Batch, Coin, SigningTask, Transaction};
pub use withdrawal::{Withdrawal, WithdrawalQuote};

use super::take::{Destination, Terms};
use ::bitcoin::hex::DisplayHex;
use entangled_bitcoin::{ChainId, Network, OutPoint, PayoutScript, Sats, TaprootScript};
use entangled_runtime::AccountId;
use pallet_peg::{self as pallet, CommitteeId, Member};
use serde::Serialize;

/// The address of a taproot script.
fn address(script: TaprootScript, network: Network) -> String {
	PayoutScript::P2tr(script.0).to_address(network)
}

/// The peg at a glance.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Status {
	/// Which chain it is of: the hash of its first block. All deposit addresses commit to it.
	pub chain: ChainId,
	/// Whether it stands still.
	pub halted: bool,
	/// What the chain says.
	#[serde(flatten)]
	pub status: pallet::PegStatus,
}

impl Status {
	/// Of this chain.
	pub fn new(chain: ChainId, status: pallet::PegStatus) -> Self {
		Self { chain, halted: status.halt.is_some(), status }
	}
}

/// A committee.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Committee {
	/// Its number.
	pub id: CommitteeId,
	/// Its members.
	pub members: Vec<Member<AccountId>>,
	/// How many of them must sign.
	pub threshold: u32,
	/// Address of the outputs that it holds.
	pub custody: String,
	/// Its fixed deposit address.
	pub fixed: String,
	/// Height of Bitcoin's tip when it took over.
	pub active_from: u32,
	/// Height of Bitcoin's tip when another took over.
	pub retired_at: Option<u32>,
	/// The last height of Bitcoin's tip at which deposits to it are honoured.
	pub honoured_until: Option<u32>,
	/// While too few of its members sign: until Bitcoin's tip has this height, what it holds is left
	/// out of batches.
	pub silent_until: Option<u32>,
}

impl Committee {
	/// On this network.
	pub fn new(view: pallet::CommitteeView<AccountId>, network: Network) -> Self {
		Self {
			id: view.id,
			members: view.members,
			threshold: view.threshold,
			custody: address(view.custody, network),
			fixed: address(view.fixed, network),
			active_from: view.active_from,
			retired_at: view.retired_at,
			honoured_until: view.honoured_until,
			silent_until: view.silent_until,
		}
	}
}

/// Where to pay a deposit to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct DepositAddress {
	/// The address.
	pub address: String,
	/// Its script.
	pub script: String,
	/// What it is made of. Whoever is to claim the deposit must know it.
	pub terms: Terms,
}

impl DepositAddress {
	/// On this network.
	pub fn new(terms: pallet::DepositTerms, script: TaprootScript, network: Network) -> Self {
		Self {
			address: address(script, network),
			script: script.to_bytes().to_lower_hex_string(),
			terms: terms.into(),
		}
	}
}

/// A deposit that was claimed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Deposit {
	/// The output.
	pub outpoint: OutPoint,
	/// Height of its Bitcoin block.
	pub height: u32,
	/// What it holds.
	pub amount: Sats,
	/// What was kept of it to pay for sweeping it.
	pub fee: Sats,
	/// What those have of it who stand for custody.
	pub peg_fee: Sats,
	/// Where the rest went.
	pub destination: Destination,
	/// Whether a settled batch has spent the output.
	pub swept: bool,
	/// While it is unswept: height of the first block in which its owner could take it back.
	pub refund_height: Option<u32>,
}

impl Deposit {
	/// By this output.
	pub fn new(outpoint: OutPoint, view: pallet::DepositView) -> Self {
		let pallet::DepositRecord { height, amount, fee, peg_fee, destination } = view.record;
		Self {
			outpoint,
			height,
			amount,
			fee,
			peg_fee,
			destination: destination.into(),
			swept: view.swept,
			refund_height: view.refund_height,
		}
	}
}
