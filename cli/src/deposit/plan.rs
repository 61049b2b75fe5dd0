//! The transaction that takes a coin back.

use crate::terms::Terms;
use bitcoin::Transaction;
use entangled_bitcoin::{
	script::UnsignedRefund, AddressError, FeeRate, Native, OutPoint, PayoutScript, Refund, Sats,
	Signature,
};

/// Why a coin cannot be taken back so.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum RefundRefused {
	/// The terms are of the fixed address.
	#[error(
		"these terms are of the fixed address, and what is paid there cannot be taken back: it can \
		 only be claimed"
	)]
	NoWayBack,
	/// The address is none, or not of the deposit's network.
	#[error("{to} is not an address to be paid on this network ({reason})")]
	Address {
		/// The address.
		to: String,
		/// What is wrong with it.
		reason: &'static str,
	},
	/// Nothing tells the amount.
	#[error("give the coin's amount with --amount SATS, or a Bitcoin node with --bitcoin-rpc URL")]
	NoAmount,
	/// The Bitcoin node has no such coin.
	#[error("{0} is spent, or the Bitcoin node does not know it: custody may have swept it")]
	NoCoin(OutPoint),
	/// The coin was not paid on these terms.
	#[error("{0} was not paid on these terms: its script is another")]
	OtherScript(OutPoint),
	/// The coin's amount is not the one that is given.
	#[error(
		"the coin holds {actual}, not {given}: a signature for the wrong amount is worth nothing"
	)]
	OtherAmount {
		/// What the coin holds.
		actual: Sats,
		/// What was said.
		given: Sats,
	},
	/// The signature is not the key's, or not of this transaction.
	#[error(
		"the signature is not that of the terms' refund key for this transaction: outpoint, amount, \
		 address and fee rate must be the same as when it was signed"
	)]
	WrongSignature,
}

/// All that a refund is made from.
pub struct Plan {
	/// The terms.
	pub terms: Terms,
	/// The terms' way back.
	pub refund: Refund,
	/// The coin.
	pub outpoint: OutPoint,
	/// What it holds.
	pub amount: Sats,
	/// The transaction, up to the signature.
	pub unsigned: UnsignedRefund,
}

impl Plan {
	/// The refund of a coin to an address.
	pub fn new(
		terms: Terms,
		outpoint: OutPoint,
		amount: Sats,
		to: &str,
		rate: FeeRate,
	) -> anyhow::Result<Self> {
		let refund = terms.refund.ok_or(RefundRefused::NoWayBack)?;
		let payout = address(to, &terms)?;
		let committee = terms.committee.multisig().map_err(|error| anyhow::anyhow!("{error}"))?;
		let unsigned = refund
			.spend::<Native>(&committee, &terms.commitment(), outpoint, amount, payout, rate)
			.map_err(|error| anyhow::anyhow!("{error}"))?;
		Ok(Self { terms, refund, outpoint, amount, unsigned })
	}

	/// The transaction with this signature, which must be good.
	pub fn complete(&self, signature: &Signature) -> Result<Transaction, RefundRefused> {
		if self.refund.key.verify::<Native>(&self.unsigned.sighash, signature) {
			Ok(self.unsigned.clone().complete(signature))
		} else {
			Err(RefundRefused::WrongSignature)
		}
	}

	/// What the miner gets.
	pub fn fee(&self) -> Sats {
		let paid = self.unsigned.transaction.output.iter().map(|output| output.value.to_sat());
		Sats(paid.fold(self.amount.0, u64::saturating_sub))
	}
}

/// The script of an address on the deposit's network.
fn address(to: &str, terms: &Terms) -> Result<PayoutScript, RefundRefused> {
	let refused = |reason| RefundRefused::Address { to: to.into(), reason };
	let payout = PayoutScript::from_address(to, terms.network).map_err(|error| {
		refused(match error {
			AddressError::Malformed => "it is no address, or a letter of it is wrong",
			AddressError::WrongNetwork => "it is of another network",
			AddressError::Unsupported => "its type is not supported",
		})
	})?;
	if payout.is_spendable::<Native>() {
		Ok(payout)
	} else {
		Err(refused("nobody could ever spend from it"))
	}
}
