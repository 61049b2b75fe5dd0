//! `entangled withdraw`

use super::status::{follow, Shown};
use crate::{
	chain::{follow::Included, peg::WithdrawalQuote, Chain},
	context::Context,
	extrinsic::{prepare, Prepared},
	parse, report,
	signer::{account, FeeAsset, SignerOptions},
};
use anyhow::{ensure, Context as _};
use entangled_bitcoin::{Native, PayoutScript, Sats};
use entangled_runtime::{Runtime, RuntimeCall, RuntimeEvent};
use pallet_peg::WithdrawalId;
use polkadot_sdk::sp_core::sr25519;
use serde::Serialize;
use std::fmt;

const EXAMPLES: &str = "\
Examples:
  What it would cost:
    entangled withdraw --address bc1q… --amount 250000 --quote

  A withdrawal, followed until it is paid:
    entangled withdraw --address bc1q… --amount 250000 --suri account.secret

  As a script does it, with the secret in ENTANGLED_SURI:
    entangled withdraw --address bc1q… --amount 250000 --max-fee 5000 --json";

/// Asks for bitcoin: the address gets the amount to the satoshi, and your account pays it and a part
/// of the transaction's fee in eBTC.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Withdraw {
	/// The Bitcoin address that is paid.
	#[arg(long, visible_alias = "to", value_name = "ADDRESS")]
	address: String,

	/// What it is paid.
	#[arg(long, value_name = "SATS", value_parser = parse::sats)]
	amount: Sats,

	/// What you pay for it at the most, on top of the amount; what is not needed comes back
	/// [default: twice what it would cost alone now].
	#[arg(long, value_name = "SATS", value_parser = parse::sats)]
	max_fee: Option<Sats>,

	/// Only show what it would cost.
	#[arg(long)]
	quote: bool,

	/// Do not ask before it is sent. Without a terminal, or with --json, nothing is asked.
	#[arg(long)]
	yes: bool,

	/// Wait until it is paid; the default without --json.
	#[arg(long)]
	follow: bool,

	/// Stop once the request is in a block; the default with --json.
	#[arg(long, conflicts_with = "follow")]
	no_wait: bool,

	#[command(flatten)]
	signer: SignerOptions,
}

/// What is known of a withdrawal before it is asked for.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Offer {
	amount: Sats,
	max_fee: Sats,
	quote: WithdrawalQuote,
}

/// What came of it.
#[derive(Debug, Serialize)]
#[serde(untagged)]
pub enum Outcome {
	/// It was only a question.
	Quote(Offer),
	/// It was asked for.
	Requested {
		/// As the chain has it now; its number is in the field `id`.
		#[serde(flatten)]
		shown: Shown,
		/// The block that has the request.
		block: String,
	},
}

impl Withdraw {
	/// Does it.
	pub async fn run(self, context: &Context) -> anyhow::Result<Outcome> {
		let chain = context.chain()?;
		let progress = &context.progress;
		let (script, offer) = self.offer(&chain).await?;
		if self.quote {
			return Ok(Outcome::Quote(offer));
		}
		let pair = self.signer.pair()?;
		expect_funds(&chain, &pair, &offer).await?;
		let call = RuntimeCall::Peg(pallet_peg::Call::withdraw {
			script,
			amount: offer.amount,
			max_fee: offer.max_fee,
		});
		let prepared = prepare(&chain, call, &pair, self.signer.fee_asset).await?;
		progress.say(&offer);
		progress.say(show_fee(&prepared));
		context.confirm(self.yes)?;
		let included = prepared.send(&chain, progress).await?;
		let id = requested(&included).context("the block does not show the withdrawal")?;
		progress.say(format!("it is withdrawal {id}"));
		let withdrawal = match self.follow || !(self.no_wait || context.json()) {
			true => follow(&chain, id, progress).await?,
			false => chain.withdrawal(id).await?,
		};
		Ok(Outcome::Requested {
			shown: Shown::new(withdrawal),
			block: format!("{:?}", included.block),
		})
	}

	/// The script of the address, and the quote for it.
	async fn offer(&self, chain: &Chain) -> anyhow::Result<(PayoutScript, Offer)> {
		let quote = chain.quote_withdrawal(&self.address, self.amount).await?;
		// The node's reading of the address is not taken for granted.
		let script = PayoutScript::from_address(&self.address, chain.network().await?)
			.map_err(|error| anyhow::anyhow!("{} cannot be paid: {error:?}", self.address))?;
		ensure!(
			script == quote.payout,
			"the node {} takes {} for another address; do not trust it",
			chain.url(),
			self.address
		);
		ensure!(
			script.is_spendable::<Native>(),
			"UnspendableScript: nobody could ever spend from {}",
			self.address
		);
		ensure!(
			self.amount >= quote.min_amount,
			"BelowMinimum: the least that can be withdrawn to this address is {}",
			quote.min_amount
		);
		let max_fee = match self.max_fee {
			Some(max_fee) => max_fee,
			None => Sats(quote.alone.0.saturating_mul(2)),
		};
		ensure!(
			max_fee >= quote.shared,
			"FeeAboveCeiling: the fee is {} at the least now, together with other withdrawals, and \
			 --max-fee is {max_fee}",
			quote.shared
		);
		Ok((script, Offer { amount: self.amount, max_fee, quote }))
	}
}

/// Fails when the account has not as much eBTC as will be locked.
async fn expect_funds(chain: &Chain, pair: &sr25519::Pair, offer: &Offer) -> anyhow::Result<()> {
	let who = account(pair);
	let have = Sats(chain.ebtc(&who).await?);
	let need = offer.amount.checked_add(offer.max_fee).context("the amount is too large")?;
	ensure!(
		have >= need,
		"InsufficientBalance: {} has {have} as eBTC, and {need} are locked for this withdrawal; give a \
		 smaller --amount or --max-fee",
		parse::ss58(&who)
	);
	Ok(())
}

/// The number of the withdrawal that a transaction has asked for.
fn requested(included: &Included) -> Option<WithdrawalId> {
	included.events.iter().find_map(|event| match event {
		RuntimeEvent::Peg(pallet_peg::Event::<Runtime>::WithdrawalRequested { id, .. }) => {
			Some(*id)
		},
		_ => None,
	})
}

fn show_fee(prepared: &Prepared) -> String {
	let fee = report::ent(prepared.fee);
	match prepared.fee_asset {
		FeeAsset::Ent => format!("the chain's own fee for the request is {fee}"),
		FeeAsset::Ebtc => format!("the chain's own fee for the request is {fee}, paid in eBTC"),
	}
}

impl fmt::Display for Offer {
	fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
		let Self { amount, max_fee, quote } = self;
		write!(
			f,
			"{} gets {amount}. On top of it you pay {} if it leaves together with those that wait now, {} \
			 if it leaves alone, by the fee rate of now ({} sat/vB); never more than {max_fee}",
			quote.address,
			quote.shared,
			quote.alone,
			report::sat_per_vb(quote.rate)
		)
	}
}

impl fmt::Display for Outcome {
	fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
		match self {
			Self::Quote(offer) => writeln!(f, "{offer}."),
			Self::Requested { shown, .. } => shown.fmt(f),
		}
	}
}
