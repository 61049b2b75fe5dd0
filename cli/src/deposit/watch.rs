//! `entangled deposit watch`

use super::derive::expect_same_address;
use crate::{context::Context, terms::Terms};
use serde::Serialize;
use std::{fmt, path::PathBuf};

/// Asks the relayer of your own node to claim a deposit: before you pay, or within 36 blocks.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Example:
  entangled deposit watch --terms terms.json")]
pub struct Watch {
	/// The terms of the deposit, as `entangled deposit address --save` has written them.
	#[arg(long, value_name = "FILE")]
	terms: PathBuf,
}

/// The node watches.
#[derive(Debug, Serialize)]
pub struct Watched {
	address: String,
	node: String,
}

impl Watch {
	/// Does it.
	pub async fn run(self, context: &Context) -> anyhow::Result<Watched> {
		let terms = Terms::load(&self.terms)?;
		let chain = context.chain()?;
		chain.expect(terms.network, terms.genesis).await?;
		expect_same_address(&chain, &terms).await?;
		let told = chain.watch_deposit(&terms.for_chain()).await?;
		Ok(Watched { address: told.address, node: chain.url().into() })
	}
}

impl fmt::Display for Watched {
	fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
		writeln!(
			f,
			"{} watches {} and claims what is paid there, once Bitcoin has confirmed it.",
			self.node, self.address
		)?;
		writeln!(
			f,
			"It may forget or fail: look with `entangled deposit status TXID:VOUT`, and claim it \
			 yourself if need be."
		)
	}
}
