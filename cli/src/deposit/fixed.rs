//! `entangled deposit fixed`

use super::{
	address::{show_committee, uri, INSCRIPTIONS},
	derive::Source,
};
use crate::{context::Context, document::Document, file, parse, terms::Terms};
use entangled_bitcoin::Destination;
use pallet_peg::DepositTerms;
use serde::Serialize;
use std::{fmt, path::PathBuf};

const EXAMPLES: &str = "\
Example:
  entangled deposit fixed --to enABC… --save terms.json";

/// The address that is the same for all.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Fixed {
	/// Where the deposit goes: an account's SS58 address, rollup:ID:RECIPIENT, or reserve (a gift
	/// to custody).
	#[arg(long, value_name = "WHO", value_parser = parse::destination)]
	to: Destination,

	/// Write the terms to this new file, for `entangled deposit claim`.
	#[arg(long, value_name = "FILE")]
	save: Option<PathBuf>,

	#[command(flatten)]
	source: Source,
}

/// The address, and what to add to the payment.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Made {
	address: String,
	uri: String,
	/// What the `OP_RETURN` output carries.
	data: String,
	/// The whole script of that output.
	op_return: String,
	terms: DepositTerms,
	file: Terms,
	committee_address: String,
	saved: Option<PathBuf>,
}

impl Fixed {
	/// Does it.
	pub async fn run(self, context: &Context) -> anyhow::Result<Made> {
		let ground = self.source.ground(context).await?;
		let terms = ground.terms(self.to, None).await?;
		if let Some(path) = &self.save {
			file::write_new(path, &terms.to_text())?;
		}
		Ok(Made {
			address: terms.address.clone(),
			uri: uri(&terms.address, None),
			data: hex::encode(self.to.to_bytes()),
			op_return: hex::encode(self.to.to_script()),
			terms: terms.for_chain(),
			committee_address: terms.committee.custody_address(terms.network)?,
			file: terms,
			saved: self.save,
		})
	}
}

impl fmt::Display for Made {
	fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
		writeln!(f, "Pay to       {}", self.address)?;
		writeln!(f, "OP_RETURN    {}", self.data)?;
		writeln!(f, "  its script {}", self.op_return)?;
		writeln!(f, "Goes to      {}", parse::show_destination(&self.file.destination))?;
		writeln!(
			f,
			"Committee    {}",
			show_committee(&self.file.committee, &self.committee_address)
		)?;
		writeln!(
			f,
			"\nThe payment must have one OP_RETURN output with exactly this data, and no other of the \
			 kind.\nWithout it the coin belongs to nobody and stays where it is. There is no way back: \
			 if your wallet\nlets you choose the address, use `entangled deposit address`."
		)?;
		writeln!(f, "\n{INSCRIPTIONS}")?;
		if let Some(path) = &self.saved {
			let path = path.display();
			writeln!(f, "\nThe terms are in {path}. Nodes that relay claim such payments; or:")?;
			writeln!(f, "  entangled deposit claim --terms {path} --txid TXID")?;
		}
		Ok(())
	}
}
