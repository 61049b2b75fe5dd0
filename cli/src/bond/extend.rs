//! `entangled bond extend`

use super::{
	enter::{expect_new, Entered, Entry},
	presign::{Presigner, Presigning, Slashing},
	terms::{offer, Offer, Wanted},
};
use crate::{agreement::Others, context::Context, document::Document, file, signer::SignerOptions};
use anyhow::{ensure, Context as _};
use entangled_bitcoin::{
	bond::{check_funding, extension_transaction, MAIN_VOUT},
	transaction::without_witnesses,
	Native, OutPoint,
};
use pallet_sequencer_staking::{BondState, Call};
use std::path::PathBuf;

const EXAMPLES: &str = "\
Example:
  entangled bond extend 4a5e1e…:0 --timelock 52560 --staker-key staker.key --save new-bond.json \\
      --suri account.secret
  entangled bond status NEW:0 --until approved
  entangled bond fund NEW:0 --staker-key staker.key --bitcoin-rpc http://127.0.0.1:8332

Until the last step the old bond is as it was.";

/// Registers a bond with a new timelock that takes over the coin of one that counts.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Extend {
	/// The bond whose coin is taken over, TXID:N.
	#[arg(value_name = "OUTPOINT")]
	outpoint: OutPoint,

	/// After how many Bitcoin blocks, counted from when it is on Bitcoin, you can spend the new bond alone.
	#[arg(long, value_name = "BLOCKS", value_parser = clap::value_parser!(u16).range(1..))]
	timelock: u16,

	#[command(flatten)]
	presigner: Presigner,

	/// Write the new bond's terms to this new file.
	#[arg(long, value_name = "FILE")]
	save: Option<PathBuf>,

	#[command(flatten)]
	others: Others,

	#[command(flatten)]
	signer: SignerOptions,
}

impl Extend {
	/// Does it.
	pub async fn run(self, context: &Context) -> anyhow::Result<Entered> {
		let Self { outpoint, timelock, .. } = self;
		let chain = context.chain()?;
		let old = chain.known_bond(outpoint, None).await?;
		ensure!(
			matches!(old.state, BondState::Active { .. }),
			"NotActive: only a bond that counts can be extended, and {outpoint} does not"
		);
		let presigning = self.presigner.open(&old.terms.staker)?;
		let wanted = Wanted {
			owner: old.owner.clone(),
			sequencer: old.sequencer.clone(),
			staker: old.terms.staker,
			timelock,
		};
		let (committee, others) = self.others.open()?;
		let Offer { file, told } = offer(&chain, committee, &others, &wanted).await?;
		let spend = extension_transaction::<Native>(&old.terms, &old.coin(), &file.terms)
			.context("BelowMinimum: the bond holds too little")?;
		let funding = without_witnesses(&spend.transaction);
		let coin = check_funding::<Native>(&funding, MAIN_VOUT, &file.terms, told.least)
			.map_err(|error| anyhow::anyhow!("the bond cannot be extended: {error}"))?;
		expect_new(&chain, coin.outpoint).await?;
		if let (Some(path), Presigning::Sign(_)) = (&self.save, &presigning) {
			file::write_new(path, &file.to_text())?;
		}
		let slashing = Slashing::new(old.sequencer, file.terms, coin)?;
		let (deposit, owner) = (told.deposit()?, old.owner);
		let entry = Entry { slashing, presigning, yes: self.presigner.yes, deposit, owner };
		let covenant = file.covenant;
		let call = |presigned| Call::extend { outpoint, timelock, covenant, presigned };
		entry.make(context, &chain, &self.signer, call).await
	}
}
