//! `entangled deposit refund`

use super::plan::{plan, RefundRefused};
use crate::{
	bitcoin::Bitcoin,
	context::Context,
	parse,
	sign::External,
	takeback::{take, Taken},
	terms::Terms,
};
use anyhow::ensure;
use entangled_bitcoin::{psbt::SigningRequest, FeeRate, OutPoint, Sats};
use std::path::PathBuf;

const EXAMPLES: &str = "\
Examples:
  With the key that `entangled deposit address --new-refund-key` has made:
    entangled deposit refund --terms terms.json --outpoint 4a5e1e…:0 --to bc1q… --fee-rate 5 \\
        --key refund.key --broadcast --bitcoin-rpc http://127.0.0.1:8332

  On a machine without any connection; send the result from another:
    entangled deposit refund --terms terms.json --outpoint 4a5e1e…:0 --amount 1000000 \\
        --to bc1q… --fee-rate 5 --key refund.key

  With a hardware wallet: make a PSBT, have it signed, bring it back:
    entangled deposit refund … --psbt refund.psbt --key-origin \"1a2b3c4d/86'/0'/0'/0/5\"
    entangled deposit refund … --signed-psbt signed.psbt";

/// Takes a coin back that custody has not swept, after the delay of the terms.
///
/// Needs the terms, the key and, unless --amount is given, a Bitcoin node: no node of the network.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct RefundArgs {
	/// The terms of the deposit, as `entangled deposit address --save` has written them.
	#[arg(long, value_name = "FILE")]
	terms: PathBuf,

	/// The output that paid the deposit, TXID:N.
	#[arg(long, value_name = "OUTPOINT")]
	outpoint: OutPoint,

	/// What that output holds, exactly [default: what the Bitcoin node says].
	#[arg(long, value_name = "SATS", value_parser = parse::sats)]
	amount: Option<Sats>,

	/// The Bitcoin address that the coin goes to.
	#[arg(long, value_name = "ADDRESS")]
	to: String,

	/// What the transaction pays, in satoshi per virtual byte, as 2.5.
	#[arg(long, value_name = "SAT_VB", value_parser = parse::fee_rate)]
	fee_rate: FeeRate,

	#[command(flatten)]
	way: Way,

	/// Send the transaction to the Bitcoin node.
	#[arg(long, conflicts_with_all = ["sighash_only", "psbt"])]
	broadcast: bool,
}

/// Who signs.
#[derive(Debug, clap::Args)]
#[group(id = "signer", required = true, multiple = false)]
struct Way {
	/// Sign with the key in this file: 64 hexadecimal digits, or wallet import format.
	// Named, because a group does not take in the options of a struct that has others flattened into it.
	#[arg(long, value_name = "FILE", group = "signer")]
	key: Option<PathBuf>,

	#[command(flatten)]
	external: External,
}

impl RefundArgs {
	/// Does it.
	pub async fn run(self, context: &Context) -> anyhow::Result<Taken> {
		let terms = Terms::load(&self.terms)?;
		let bitcoin = match context.has_bitcoin() {
			true => Some(context.bitcoin()?),
			false => None,
		};
		ensure!(
			bitcoin.is_some() || !self.broadcast,
			"--broadcast needs a Bitcoin node: give --bitcoin-rpc URL"
		);
		let (amount, opens_in) = coin(bitcoin.as_ref(), &terms, self.outpoint, self.amount).await?;
		let plan = plan(&terms, self.outpoint, amount, &self.to, self.fee_rate)?;
		let ask =
			|request: &SigningRequest<'_>| self.way.external.ask(self.way.key.as_deref(), request);
		let send = bitcoin.as_ref().filter(|_| self.broadcast);
		take(&plan, self.to, opens_in, ask, send).await
	}
}

/// The coin's amount, and how many blocks must come before it can be taken back.
async fn coin(
	bitcoin: Option<&Bitcoin>,
	terms: &Terms,
	outpoint: OutPoint,
	given: Option<Sats>,
) -> anyhow::Result<(Sats, Option<u32>)> {
	let Some(bitcoin) = bitcoin else {
		return Ok((given.ok_or(RefundRefused::NoAmount)?, None));
	};
	bitcoin.expect_network(terms.network).await?;
	let coin = bitcoin.coin(outpoint).await?.ok_or(RefundRefused::NoCoin(outpoint))?;
	ensure!(coin.script == terms.script()?, RefundRefused::OtherScript(outpoint));
	let same = given.is_none_or(|given| given == coin.value);
	ensure!(
		same,
		RefundRefused::OtherAmount { actual: coin.value, given: given.unwrap_or_default() }
	);
	let opens_in =
		terms.refund.map(|refund| u32::from(refund.delay).saturating_sub(coin.confirmations));
	Ok((coin.value, opens_in))
}
