//! `entangled deposit claim`

use crate::{
	bitcoin::{proof::Proven, Bitcoin},
	chain::{bring::Errand, peg::Deposit, Chain},
	context::Context,
	parse,
	payment::{final_proof, Payment},
	progress::Progress,
	refusal,
	terms::Terms,
};
use anyhow::{bail, ensure};
use entangled_bitcoin::{Destination, OutPoint, Sats};
use serde::Serialize;
use std::{fmt, path::PathBuf};

const EXAMPLES: &str = "\
Examples:
  entangled deposit claim --terms terms.json --txid 4a5e1e… \\
      --bitcoin-rpc http://127.0.0.1:8332 --bitcoin-rpc-cookie ~/.bitcoin/.cookie

  Where the Bitcoin node keeps no index of transactions, and the payment is old:
    entangled deposit claim --terms terms.json --txid 4a5e1e… --block 000000…";

/// Brings the proof that a deposit was paid. It costs nothing, and takes no account.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Claim {
	/// The terms of the deposit, as `entangled deposit address --save` has written them.
	#[arg(long, value_name = "FILE")]
	terms: PathBuf,

	#[command(flatten)]
	payment: Payment,

	/// Which output of the payment [default: all that pay to the address].
	#[arg(long, value_name = "N")]
	vout: Option<u32>,

	/// Fail if the payment's block is not final yet, instead of waiting.
	#[arg(long)]
	no_wait: bool,
}

/// What was claimed.
#[derive(Debug, Serialize)]
pub struct Claimed {
	deposits: Vec<Minted>,
}

/// One deposit.
#[derive(Debug, Serialize)]
struct Minted {
	#[serde(flatten)]
	deposit: Deposit,
	minted: Sats,
	/// As people write it.
	to: String,
}

impl Claim {
	/// Does it.
	pub async fn run(self, context: &Context) -> anyhow::Result<Claimed> {
		let terms = Terms::load(&self.terms)?;
		let (chain, bitcoin) = (context.chain()?, context.bitcoin()?);
		let wait = !self.no_wait;
		claim(&chain, &bitcoin, &terms, &self.payment, self.vout, wait, &context.progress).await
	}
}

/// Claims a payment, and waits until what it brings is final.
pub async fn claim(
	chain: &Chain,
	bitcoin: &Bitcoin,
	terms: &Terms,
	payment: &Payment,
	vout: Option<u32>,
	wait: bool,
	progress: &Progress,
) -> anyhow::Result<Claimed> {
	chain.expect(terms.network, terms.genesis).await?;
	bitcoin.expect_network(terms.network).await?;
	let proven = final_proof(chain, bitcoin, payment, wait, progress).await?;

	let script = terms.script()?;
	let paying = (0u32..)
		.zip(&proven.transaction.output)
		.filter(|(index, output)| {
			vout.is_none_or(|vout| vout == *index) && output.script_pubkey.as_bytes() == script
		})
		.map(|(index, _)| index)
		.collect::<Vec<_>>();
	ensure!(
		!paying.is_empty(),
		"WrongScript: {} does not pay to {}; are these the right terms and the right payment?",
		match vout {
			Some(vout) => format!("output {vout} of {}", payment.txid),
			None => format!("no output of {}", payment.txid),
		},
		terms.address
	);

	if terms.refund.is_none() {
		// The payment itself says where it goes.
		match Destination::from_outputs(&proven.transaction.output) {
			Some(named) if named == terms.destination => (),
			Some(named) => progress.say(format!(
				"the payment goes to {}, not where the terms say",
				parse::show_destination(&named)
			)),
			None => bail!(
				"NoDestination: {} has not exactly one OP_RETURN output that names a destination",
				payment.txid
			),
		}
	}

	let mut deposits = Vec::new();
	let mut claimed_before = None;
	for vout in paying {
		let outpoint = OutPoint { txid: payment.txid, vout };
		if chain.deposit(outpoint, None).await?.is_some() {
			claimed_before = Some(outpoint);
			continue;
		}
		let deposit = bring(chain, terms, &proven, outpoint, progress).await?;
		let minted = deposit.minted();
		deposits.push(Minted {
			minted,
			to: parse::show_destination_json(&deposit.destination),
			deposit,
		});
	}
	if let (true, Some(outpoint)) = (deposits.is_empty(), claimed_before) {
		bail!(
			"AlreadyClaimed: {outpoint} has been claimed; see `entangled deposit status {outpoint}`"
		);
	}
	Ok(Claimed { deposits })
}

/// Sends the claim of one output until the chain has it for good, whoever's claim it took.
async fn bring(
	chain: &Chain,
	terms: &Terms,
	proven: &Proven,
	outpoint: OutPoint,
	progress: &Progress,
) -> anyhow::Result<Deposit> {
	let terms = terms.for_chain();
	let errand = Errand { what: &format!("the claim of {outpoint}"), explain: refusal::peg };
	let claimed = async |at| Ok(chain.deposit(outpoint, at).await?);
	let build = async || chain.claim_extrinsic(&proven.claim, outpoint.vout, &terms).await;
	chain.bring(errand, claimed, build, progress).await
}

impl fmt::Display for Claimed {
	fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
		for Minted { deposit, minted, to } in &self.deposits {
			writeln!(
				f,
				"{}: {minted} of {} minted for {to}; {} kept to pay for sweeping it, {} for those who stand \
				 for custody",
				deposit.outpoint, deposit.amount, deposit.fee, deposit.peg_fee
			)?;
		}
		Ok(())
	}
}
