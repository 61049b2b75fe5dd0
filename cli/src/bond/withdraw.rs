//! `entangled bond withdraw`

use super::{coin::Found, file::BondFile, way::Way};
use crate::{
	bitcoin::Bitcoin,
	context::Context,
	parse,
	takeback::{take, Plan, Taken},
};
use anyhow::{bail, Context as _};
use entangled_bitcoin::{
	bond::{withdrawal_transaction, BondTerms, FundedBond},
	FeeRate, Native, Network, OutPoint,
};
use pallet_sequencer_staking::{BondState, Outcome};
use serde::Serialize;
use std::{fmt, path::PathBuf};

const EXAMPLES: &str = "\
Examples:
  After unbonding, or when the timelock is over:
    entangled bond withdraw 4a5e1e…:0 --to bc1q… --fee-rate 5 --staker-key staker.key --broadcast \\
        --bitcoin-rpc http://127.0.0.1:8332

  With a hardware wallet: make a PSBT, have it signed, bring it back:
    entangled bond withdraw … --psbt withdraw.psbt --key-origin \"1a2b3c4d/86'/0'/0'/0/5\"
    entangled bond withdraw … --signed-psbt signed.psbt --broadcast

  Without any node of this network:
    entangled bond withdraw 4a5e1e…:0 --bond bond.json --to bc1q… --fee-rate 5 \\
        --staker-key staker.key --broadcast --bitcoin-rpc http://127.0.0.1:8332";

/// Takes the coin, wherever it is now: in the bond, unbonded, or what slashing has left. Needs a Bitcoin
/// node, to find it.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Withdraw {
	/// The bond's output, TXID:N.
	#[arg(value_name = "OUTPOINT")]
	outpoint: OutPoint,

	/// The Bitcoin address that the coin goes to.
	#[arg(long, value_name = "ADDRESS")]
	to: String,

	/// What the transaction pays, in satoshi per virtual byte, as 2.5.
	#[arg(long, value_name = "SAT_VB", value_parser = parse::fee_rate)]
	fee_rate: FeeRate,

	#[command(flatten)]
	way: Way,

	/// Take the bond from this file, as `entangled bond address --save` or `entangled bond status --save`
	/// has written it, and ask no node of the network. The former does as long as the bond itself is
	/// unspent.
	#[arg(long, value_name = "FILE")]
	bond: Option<PathBuf>,

	/// Send the transaction to the Bitcoin node.
	#[arg(long, conflicts_with_all = ["sighash_only", "psbt"])]
	broadcast: bool,
}

/// What is taken from where.
#[derive(Debug, Serialize)]
pub struct Withdrawn {
	outpoint: OutPoint,
	/// Where the coin is: `bond`, `unbonding` or `refund`.
	from: &'static str,
	#[serde(flatten)]
	taken: Taken,
}

impl Withdraw {
	/// Does it.
	pub async fn run(self, context: &Context) -> anyhow::Result<Withdrawn> {
		let outpoint = self.outpoint;
		let bitcoin = context.bitcoin()?;
		let (network, terms, coin) = match &self.bond {
			Some(path) => of_file(&bitcoin, BondFile::load(path)?, outpoint).await?,
			None => of_chain(context, outpoint).await?,
		};
		bitcoin.expect_network(network).await?;
		let found = Found::find(&bitcoin, &terms, &coin).await?;
		let payout = parse::payout(&self.to, network)?;
		let output = found.place.of::<Native>(&terms).context("the bond's terms make no output")?;
		let (coin, value) = (found.outpoint, found.value);
		let spend = withdrawal_transaction::<Native>(
			found.place,
			&terms,
			coin,
			value,
			payout,
			self.fee_rate,
		);
		let plan = Plan::new(terms.staker, &output, value, spend)?;
		let delay = u32::from(found.place.refund(&terms).delay);
		let opens_in = Some(delay.saturating_sub(found.confirmations));
		let send = Some(&bitcoin).filter(|_| self.broadcast);
		let taken = take(&plan, self.to, opens_in, |request| self.way.ask(request), send).await?;
		Ok(Withdrawn { outpoint, from: found.name(), taken })
	}
}

/// The bond as a file has it.
async fn of_file(
	bitcoin: &Bitcoin,
	file: BondFile,
	outpoint: OutPoint,
) -> anyhow::Result<(Network, BondTerms, FundedBond)> {
	let coin = match &file.registered {
		Some(registered) if registered.coin.outpoint == outpoint => registered.coin,
		Some(_) => bail!("the file is of another bond than {outpoint}"),
		None => {
			let coin = bitcoin.coin(outpoint).await?.with_context(|| {
				format!(
					"{outpoint} is spent, or the Bitcoin node does not know it. If it was unbonded, take the \
					 file that entangled bond status --save has written, or ask a node of the network"
				)
			})?;
			FundedBond { outpoint, value: coin.value }
		},
	};
	Ok((file.network, file.terms, coin))
}

/// The bond as the chain has it.
async fn of_chain(
	context: &Context,
	outpoint: OutPoint,
) -> anyhow::Result<(Network, BondTerms, FundedBond)> {
	let chain = context.chain()?;
	let bond = chain.known_bond(outpoint, None).await?;
	if let BondState::Closed(Outcome::Extended { into }) = bond.state {
		bail!("another bond has taken the coin over: entangled bond withdraw {into}");
	}
	let coin = bond.coin();
	Ok((chain.network().await?, bond.terms, coin))
}

impl fmt::Display for Withdrawn {
	fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
		match self.from {
			"unbonding" => writeln!(f, "The bond was unbonded.")?,
			"refund" => writeln!(f, "The bond was slashed; this is what is left.")?,
			_ => (),
		}
		self.taken.fmt(f)
	}
}
