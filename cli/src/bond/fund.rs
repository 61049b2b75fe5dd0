//! `entangled bond fund`

use super::{covenant::Countersigned, file::BondFile, funding::Funding, way::Way};
use crate::{
	chain::{light_client::Tip, staking::Bond, Chain},
	context::Context,
	document::Document,
	file,
	sign::Answer,
	takeback::Stage,
};
use anyhow::{bail, ensure, Context as _};
use bitcoin::Transaction;
use entangled_bitcoin::{bond::check_funding, Native, OutPoint, Sats};
use pallet_sequencer_staking::BondState;
use serde::Serialize;
use std::{fmt, path::PathBuf};

const EXAMPLES: &str = "\
Examples:
  Send the transaction that was registered, once the covenant has signed the way out:
    entangled bond fund --bond bond.json --signed funding-signed.psbt \\
        --bitcoin-rpc http://127.0.0.1:8332

  A bond that extends another one is funded by that one's coin:
    entangled bond fund 4a5e1e…:0 --staker-key staker.key --bitcoin-rpc http://127.0.0.1:8332";

/// How many blocks before its deadline a bond must be paid: until it is mined and final.
const MARGIN: u32 = 12;

/// Pays a bond that the chain has approved. Refuses before, for then there is no way out yet.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Fund {
	/// A bond that extends another one.
	#[arg(value_name = "OUTPOINT", required_unless_present = "bond", conflicts_with = "bond")]
	outpoint: Option<OutPoint>,

	/// The bond, as `entangled bond address --save` has written it.
	#[arg(long, value_name = "FILE", requires = "signed")]
	bond: Option<PathBuf>,

	/// The funding transaction that was registered, signed: in hexadecimal, or a final PSBT.
	#[arg(long, value_name = "FILE", requires = "bond", group = "signer")]
	signed: Option<PathBuf>,

	/// Before anything is sent, write the bond with the covenant's signatures of its way out to this new
	/// file: with the key, all that it takes to leave without this network.
	#[arg(long, value_name = "FILE")]
	save: Option<PathBuf>,

	#[command(flatten)]
	way: Way,
}

/// What came of it.
#[derive(Debug, Serialize)]
pub struct Funded {
	outpoint: OutPoint,
	#[serde(flatten)]
	stage: Stage,
}

impl Fund {
	/// Does it.
	pub async fn run(self, context: &Context) -> anyhow::Result<Funded> {
		let chain = context.chain()?;
		let bitcoin = context.bitcoin()?;
		let network = chain.network().await?;
		bitcoin.expect_network(network).await?;
		let (bond, answer) = match (&self.bond, &self.signed, self.outpoint) {
			(Some(bond), Some(signed), _) => {
				let (bond, transaction) =
					paid(&chain, &BondFile::load(bond)?, &Funding::load(signed)?).await?;
				(bond, Ok(transaction))
			},
			(.., Some(outpoint)) => {
				let (bond, old) = extended(&chain, outpoint).await?;
				let extension = Countersigned::extension(&bond, &old)?;
				let answer = self.way.ask(&extension.spend.request(&extension.staker))?;
				let answer = match answer {
					Answer::Signed(signature) => Ok(extension.complete(&signature)?),
					Answer::Asked(asked) => Err(asked),
				};
				(bond, answer)
			},
			_ => bail!("name the bond: --bond FILE and --signed FILE, or OUTPOINT"),
		};
		let stage = match answer {
			Ok(transaction) => {
				if let Some(path) = &self.save {
					file::write_new(path, &BondFile::of(network, &bond)?.to_text())?;
				}
				Stage::signed(&transaction, Some(&bitcoin)).await?
			},
			Err(asked) => Stage::Asked(asked),
		};
		Ok(Funded { outpoint: bond.outpoint, stage })
	}
}

/// The transaction that funds a bond, if it is the one that was registered and the bond is approved.
pub async fn paid(
	chain: &Chain,
	file: &BondFile,
	funding: &Funding,
) -> anyhow::Result<(Bond, Transaction)> {
	chain.expect(file.network, file.terms.chain).await?;
	let transaction = funding.signed()?;
	let vout = funding.vout(&file.script()?.to_bytes()).with_context(|| {
		format!("WrongScript: the transaction does not pay to {}", file.address)
	})?;
	let outpoint = OutPoint { txid: transaction.compute_txid().into(), vout };
	let bond = approved(chain, outpoint).await?;
	let coin = check_funding::<Native>(&funding.bytes(), vout, &file.terms, Sats::ZERO);
	ensure!(
		bond.terms == file.terms && coin == Ok(bond.coin()),
		"OtherTerms: the bond {outpoint} is registered on other terms than those in the file. Do not pay it"
	);
	Ok((bond, transaction.clone()))
}

/// A bond that extends another one and is approved, and the other one.
pub async fn extended(chain: &Chain, outpoint: OutPoint) -> anyhow::Result<(Bond, Bond)> {
	let bond = approved(chain, outpoint).await?;
	let old = bond.extends.with_context(|| {
		format!(
			"the bond {outpoint} does not extend another one; it is funded by the transaction that was \
			 registered: --bond FILE and --signed FILE"
		)
	})?;
	Ok((bond, chain.known_bond(old, None).await?))
}

/// A bond that a finalised block has as approved, and whose way out is signed. What the node says about
/// the signatures is checked.
pub async fn approved(chain: &Chain, outpoint: OutPoint) -> anyhow::Result<Bond> {
	let (_, finalised) = chain.finalised().await?;
	let bond = chain.known_bond(outpoint, Some(finalised)).await?;
	match bond.state {
		BondState::Approved { deadline } => {
			let Tip { height, .. } = chain.bitcoin_tip().await?;
			ensure!(
				height.saturating_add(MARGIN) < deadline.bitcoin_height,
				"TooLate: from Bitcoin's block {} on anybody may give up {outpoint}, and it is at {height}: the \
				 payment would not be final before. Do not pay it; register another one",
				deadline.bitcoin_height
			);
		},
		BondState::Registered { .. } => bail!(
			"NotApproved: the covenant has not signed the way out of {outpoint} yet, or no final block says \
			 so. Do not send the transaction; wait: entangled bond status {outpoint} --until approved"
		),
		BondState::Closed(_) => bail!("Ended: the bond {outpoint} has ended. Do not pay it"),
		_ => bail!("AlreadyActive: the bond {outpoint} is paid"),
	}
	Countersigned::way_out(&bond)
		.context("DO NOT PAY: the node says that the way out is signed, and it is not")?;
	Ok(bond)
}

impl fmt::Display for Funded {
	fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
		let Self { outpoint, stage } = self;
		stage.fmt(f)?;
		if let Stage::Signed { .. } = stage {
			writeln!(
				f,
				"Do not replace it, nor bump its fee: under another id the coin is another one, and locked for \
				 the whole timelock.\nOnce it is final the bond counts. Nodes that relay bring the proof, or:\n  \
				 entangled bond activate {outpoint}"
			)?;
		}
		Ok(())
	}
}
