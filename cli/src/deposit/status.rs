//! `entangled deposit status`

use crate::{
	bitcoin::Coin, chain::peg::Deposit, context::Context, parse, report::days, terms::Terms,
};
use anyhow::ensure;
use entangled_bitcoin::OutPoint;
use serde::Serialize;
use std::{fmt, path::PathBuf};

/// Shows what became of a payment.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  entangled deposit status 4a5e1e…:0

  With how long it can still be claimed, and from when on it can be taken back:
    entangled deposit status 4a5e1e…:0 --terms terms.json --bitcoin-rpc http://127.0.0.1:8332")]
pub struct Status {
	/// The payment's output, TXID:N.
	#[arg(value_name = "OUTPOINT")]
	outpoint: OutPoint,

	/// The terms of the deposit.
	#[arg(long, value_name = "FILE")]
	terms: Option<PathBuf>,
}

/// What is known.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Known {
	outpoint: OutPoint,
	claimed: bool,
	deposit: Option<Deposit>,
	/// What the Bitcoin node says: `None` when there is none, or the coin is spent or unknown.
	confirmations: Option<u32>,
	/// Bitcoin blocks for which it can still be claimed.
	claimable_for: Option<u32>,
	/// Bitcoin blocks until it can be taken back.
	refund_opens_in: Option<u32>,
}

impl Status {
	/// Does it.
	pub async fn run(self, context: &Context) -> anyhow::Result<Known> {
		let chain = context.chain()?;
		let terms = self.terms.as_deref().map(Terms::load).transpose()?;
		if let Some(terms) = &terms {
			chain.expect(terms.network, terms.genesis).await?;
		}
		let deposit = chain.deposit(self.outpoint, None).await?;
		let coin = match context.has_bitcoin() {
			true => context.bitcoin()?.coin(self.outpoint).await?,
			false => None,
		};
		if let (Some(terms), Some(coin)) = (&terms, &coin) {
			ensure!(
				coin.script == terms.script()?,
				"WrongScript: {} does not pay to {}",
				self.outpoint,
				terms.address
			);
		}
		let delay = terms.and_then(|terms| terms.refund).map(|refund| u32::from(refund.delay));
		let (claimable_for, refund_opens_in) = match (&deposit, &coin, delay) {
			(None, Some(coin), Some(delay)) => {
				let margin = chain.peg_status().await?.policy.claim_margin;
				let left = left(coin, delay);
				(Some(left.saturating_sub(margin)), Some(left))
			},
			_ => (None, None),
		};
		Ok(Known {
			outpoint: self.outpoint,
			claimed: deposit.is_some(),
			deposit,
			confirmations: coin.map(|coin| coin.confirmations),
			claimable_for,
			refund_opens_in,
		})
	}
}

/// How many blocks must come before a block can hold the refund: the coin's age at that block must
/// be the delay (BIP 68).
fn left(coin: &Coin, delay: u32) -> u32 {
	delay.saturating_sub(coin.confirmations)
}

impl fmt::Display for Known {
	fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
		if let Some(confirmations) = self.confirmations {
			writeln!(f, "On Bitcoin   unspent, {confirmations} confirmations")?;
		}
		let Some(deposit) = &self.deposit else {
			writeln!(f, "{} has not been claimed.", self.outpoint)?;
			if let Some(blocks) = self.claimable_for {
				writeln!(f, "Claim        for {blocks} more blocks ({})", days(blocks))?;
			}
			return match self.refund_opens_in {
				Some(0) => writeln!(f, "Take back    now"),
				Some(blocks) => writeln!(f, "Take back    in {blocks} blocks ({})", days(blocks)),
				None => Ok(()),
			};
		};
		let Deposit { amount, fee, peg_fee, .. } = deposit;
		writeln!(f, "Claimed      {amount}, in Bitcoin's block {}", deposit.height)?;
		writeln!(
			f,
			"Minted       {} for {}",
			deposit.minted(),
			parse::show_destination_json(&deposit.destination)
		)?;
		writeln!(
			f,
			"Kept         {fee}, to pay for sweeping it; {peg_fee} for those who stand for custody"
		)?;
		match (deposit.swept, deposit.refund_height) {
			(true, _) => writeln!(f, "Swept        by custody"),
			(false, Some(height)) => {
				writeln!(f, "Swept        not yet; custody does it before Bitcoin's block {height}")
			},
			(false, None) => writeln!(f, "Swept        not yet"),
		}
	}
}
