// SPDX-License-Identifier: GPL-3.0-or-later WITH Classpath-exception-2.0

//! Withdrawals, as JSON.

use ::bitcoin::hex::DisplayHex;
use entangled_bitcoin::{Network, PayoutScript, Sats, Txid};
use entangled_runtime::AccountId;
use pallet_btc_light_client::Clock;
use pallet_peg::{self as pallet, WithdrawalId, WithdrawalState};
use serde::Serialize;

/// What a withdrawal would cost.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct WithdrawalQuote {
	/// Who would be paid.
	pub address: String,
	/// The address's script.
	pub script: String,
	/// The same as the call `peg.withdraw` takes it.
	pub payout: PayoutScript,
	/// What the chain says.
	#[serde(flatten)]
	pub quote: pallet::WithdrawalQuote,
}

impl WithdrawalQuote {
	/// Of a payment to this script, on this network.
	pub fn new(payout: PayoutScript, quote: pallet::WithdrawalQuote, network: Network) -> Self {
		Self {
			address: payout.to_address(network),
			script: payout.to_script().to_lower_hex_string(),
			payout,
			quote,
		}
	}
}

/// A withdrawal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Withdrawal {
	/// Its number.
	pub id: WithdrawalId,
	/// Who asked for it.
	pub owner: AccountId,
	/// Who is paid.
	pub address: String,
	/// The address's script.
	pub script: String,
	/// What is paid.
	pub amount: Sats,
	/// What it may cost beside.
	pub max_fee: Sats,
	/// When it was asked for.
	pub requested: Clock,
	/// From when on it can be returned.
	pub expires: Clock,
	/// Whether somebody reserved it and did not pay. It cannot be reserved again.
	pub lapsed: bool,
	/// How far it is.
	#[serde(flatten)]
	pub state: State,
}

/// How far a withdrawal is. Only what is true of the state is there.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct State {
	/// `pending`, `reserved`, `inBatch`, `paid`, `fronted`, `cancelled` or `expired`.
	pub state: &'static str,
	/// The Bitcoin transaction that paid it.
	#[serde(skip_serializing_if = "Option::is_none")]
	pub txid: Option<Txid>,
	/// What it cost the owner.
	#[serde(skip_serializing_if = "Option::is_none")]
	pub fee: Option<Sats>,
	/// Who reserved it, or paid it in custody's place.
	#[serde(skip_serializing_if = "Option::is_none")]
	pub by: Option<AccountId>,
	/// What who reserved it loses by not paying.
	#[serde(skip_serializing_if = "Option::is_none")]
	pub bond: Option<Sats>,
	/// What who reserved it earns by paying.
	#[serde(skip_serializing_if = "Option::is_none")]
	pub reward: Option<Sats>,
	/// Until when nobody else may pay.
	#[serde(skip_serializing_if = "Option::is_none")]
	pub until: Option<Clock>,
}

impl From<WithdrawalState<AccountId>> for State {
	fn from(state: WithdrawalState<AccountId>) -> Self {
		let of = |state| Self { state, ..Self::default() };
		match state {
			WithdrawalState::Pending => of("pending"),
			WithdrawalState::Reserved(pallet::Reservation { by, bond, reward, until }) => Self {
				by: Some(by),
				bond: Some(bond),
				reward: Some(reward),
				until: Some(until),
				..of("reserved")
			},
			WithdrawalState::InBatch => of("inBatch"),
			WithdrawalState::Paid { txid, fee } => {
				Self { txid: Some(txid), fee: Some(fee), ..of("paid") }
			},
			WithdrawalState::Fronted { by, txid, fee } => {
				Self { by: Some(by), txid: Some(txid), fee: Some(fee), ..of("fronted") }
			},
			WithdrawalState::Cancelled => of("cancelled"),
			WithdrawalState::Expired => of("expired"),
		}
	}
}

impl Withdrawal {
	/// With this number, on this network.
	pub fn new(
		id: WithdrawalId,
		withdrawal: pallet::Withdrawal<AccountId>,
		network: Network,
	) -> Self {
		Self {
			id,
			owner: withdrawal.owner,
			address: withdrawal.script.to_address(network),
			script: withdrawal.script.to_script().to_lower_hex_string(),
			amount: withdrawal.amount,
			max_fee: withdrawal.max_fee,
			requested: withdrawal.requested,
			expires: withdrawal.expires,
			lapsed: withdrawal.lapsed,
			state: withdrawal.state.into(),
		}
	}
}
