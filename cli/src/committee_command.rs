//! `entangled committee`

use crate::{
	committee::{CommitteeFile, CommitteeKeys},
	context::Context,
	document::Document,
	file,
};
use anyhow::{ensure, Context as _};
use pallet_peg::CommitteeId;
use serde::Serialize;
use std::{fmt, path::PathBuf};

/// Shows the keys that custody's coins lie under, and writes them to a file.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Example:
  entangled committee --save committee.json")]
pub struct Committee {
	/// Which committee [default: the one that serves].
	#[arg(long, value_name = "N")]
	number: Option<CommitteeId>,

	/// Write the committee to this new file, for `entangled deposit address --committee`.
	#[arg(long, value_name = "FILE")]
	save: Option<PathBuf>,
}

/// A committee.
#[derive(Debug, Serialize)]
pub struct Shown {
	#[serde(flatten)]
	file: CommitteeFile,
	address: String,
	#[serde(skip)]
	saved: Option<PathBuf>,
}

impl Committee {
	/// Does it.
	pub async fn run(self, context: &Context) -> anyhow::Result<Shown> {
		let chain = context.chain()?;
		let network = chain.network().await?;
		let genesis = chain.genesis().await?;
		let committee = match self.number {
			None => chain.serving_committee().await?,
			Some(number) => chain
				.committees()
				.await?
				.into_iter()
				.find(|committee| committee.id == number)
				.with_context(|| format!("the addresses of committee {number} are not honoured"))?,
		};
		let address = committee.keys().custody_address(network)?;
		ensure!(
			address == committee.custody,
			"the node {} says that committee {} has the address {}, but its keys give {address}; do \
			 not trust it",
			chain.url(),
			committee.id,
			committee.custody
		);
		let file = CommitteeFile::new(network, genesis, committee.keys());
		if let Some(path) = &self.save {
			file::write_new(path, &file.to_text())?;
		}
		Ok(Shown { file, address, saved: self.save })
	}
}

impl fmt::Display for Shown {
	fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
		let CommitteeKeys { id, keys, threshold } = &self.file.committee;
		writeln!(f, "Committee    number {id}, {threshold} of {} keys", keys.len())?;
		writeln!(f, "Chain        {}", self.file.genesis)?;
		writeln!(f, "Address      {}", self.address)?;
		for key in keys {
			writeln!(f, "Key          {key}")?;
		}
		match &self.saved {
			Some(path) => writeln!(f, "\nWritten to {}", path.display()),
			None => Ok(()),
		}
	}
}
