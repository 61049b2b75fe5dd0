//! `entangled bond list`

use super::status::State;
use crate::{chain::Chain, context::Context, parse};
use entangled_bitcoin::{OutPoint, Sats};
use entangled_runtime::AccountId;
use serde::Serialize;
use std::fmt;

/// Shows the bonds for a sequencer that have not ended.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Example:
  entangled bond list --sequencer enABC…")]
pub struct List {
	/// Whom they are for.
	#[arg(long, value_name = "ACCOUNT", value_parser = parse::account)]
	sequencer: AccountId,
}

/// The bonds.
#[derive(Debug, Serialize)]
#[serde(transparent)]
pub struct Bonds(Vec<Entry>);

/// A bond in short.
#[derive(Debug, Serialize)]
pub struct Entry {
	/// Its output.
	pub outpoint: OutPoint,
	/// Whose it is.
	#[serde(with = "parse::ss58_text")]
	pub owner: AccountId,
	/// What it holds.
	pub value: Sats,
	/// How far it is.
	pub state: State,
}

impl List {
	/// Does it.
	pub async fn run(self, context: &Context) -> anyhow::Result<Bonds> {
		bonds(&context.chain()?, &self.sequencer).await.map(Bonds)
	}
}

/// The bonds for a sequencer that have not ended.
pub async fn bonds(chain: &Chain, sequencer: &AccountId) -> anyhow::Result<Vec<Entry>> {
	let mut bonds = Vec::new();
	for outpoint in chain.bonds_of(sequencer).await? {
		// One may have ended since.
		if let Some(bond) = chain.bond(outpoint, None).await? {
			let state = bond.state.into();
			bonds.push(Entry { outpoint, owner: bond.owner, value: bond.value, state });
		}
	}
	Ok(bonds)
}

impl fmt::Display for Bonds {
	fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
		for Entry { outpoint, owner, value, state } in &self.0 {
			writeln!(f, "{outpoint}\n  {value}, {state:?}, of {}", parse::ss58(owner))?;
		}
		if self.0.is_empty() {
			writeln!(f, "There is none.")?;
		}
		Ok(())
	}
}
