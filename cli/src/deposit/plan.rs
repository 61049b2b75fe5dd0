//! The transaction that takes a coin back.

use crate::{parse, takeback::Plan, terms::Terms};
use entangled_bitcoin::{FeeRate, Native, OutPoint, Sats};

/// Why a coin cannot be taken back so.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum RefundRefused {
	/// The terms are of the fixed address.
	#[error(
		"these terms are of the fixed address, and what is paid there cannot be taken back: it can \
		 only be claimed"
	)]
	NoWayBack,
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
}

/// The refund of a coin to an address.
pub fn plan(
	terms: &Terms,
	outpoint: OutPoint,
	amount: Sats,
	to: &str,
	rate: FeeRate,
) -> anyhow::Result<Plan> {
	let refund = terms.refund.ok_or(RefundRefused::NoWayBack)?;
	let payout = parse::payout(to, terms.network)?;
	let committee = terms.committee.multisig().map_err(|error| anyhow::anyhow!("{error}"))?;
	let commitment = terms.commitment();
	let spend = refund.spend::<Native>(&committee, &commitment, outpoint, amount, payout, rate);
	Plan::new(refund.key, &terms.output()?, amount, spend)
}
