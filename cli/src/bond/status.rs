//! `entangled bond status`

use super::file::BondFile;
use crate::{
	chain::{
		follow::POLL,
		staking::{Bond, DutyView, SpendView},
		Chain,
	},
	context::Context,
	document::Document,
	file, parse,
	progress::Progress,
};
use entangled_bitcoin::OutPoint;
use pallet_sequencer_staking::{BondState, Duty, Outcome};
use serde::Serialize;
use std::{fmt, path::PathBuf};

const EXAMPLES: &str = "\
Examples:
  How far a bond is, and what is missing:
    entangled bond status 4a5e1e…:0

  Wait until it may be funded:
    entangled bond status 4a5e1e…:0 --until approved

  Keep all that it takes to leave without this network, signatures included:
    entangled bond status 4a5e1e…:0 --save way-out.json";

/// Shows how far a bond is.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Status {
	/// The bond's output, TXID:N.
	#[arg(value_name = "OUTPOINT")]
	outpoint: OutPoint,

	/// Wait until it is so far, or further.
	#[arg(long, value_enum, value_name = "STATE")]
	until: Option<State>,

	/// Write the bond to this new file, with the covenant's signatures of its way out.
	#[arg(long, value_name = "FILE")]
	save: Option<PathBuf>,
}

/// How far a bond is, in the order in which it goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, clap::ValueEnum)]
#[serde(rename_all = "camelCase")]
pub enum State {
	/// The covenant is to sign the way out.
	Registered,
	/// It may be funded.
	Approved,
	/// It counts.
	Active,
	/// It counts no more, and can still be slashed.
	Leaving,
	/// It has ended.
	Closed,
}

impl From<BondState> for State {
	fn from(state: BondState) -> Self {
		match state {
			BondState::Registered { .. } => Self::Registered,
			BondState::Approved { .. } => Self::Approved,
			BondState::Active { .. } => Self::Active,
			BondState::Leaving { .. } => Self::Leaving,
			BondState::Closed(_) => Self::Closed,
		}
	}
}

/// A bond, as it is shown.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Shown {
	state: State,
	/// The state with all that belongs to it, as the chain has it.
	details: BondState,
	#[serde(flatten)]
	bond: Bond,
	#[serde(skip_serializing_if = "Option::is_none")]
	saved: Option<PathBuf>,
}

impl Status {
	/// Does it.
	pub async fn run(self, context: &Context) -> anyhow::Result<Shown> {
		let chain = context.chain()?;
		let bond = match self.until {
			Some(until) => follow(&chain, self.outpoint, until, &context.progress).await?,
			None => chain.known_bond(self.outpoint, None).await?,
		};
		if let Some(path) = &self.save {
			let file = BondFile::of(chain.network().await?, &bond)?;
			file::write_new(path, &file.to_text())?;
		}
		Ok(Shown { saved: self.save, ..Shown::new(bond) })
	}
}

/// Waits until a bond is so far in a finalised block.
async fn follow(
	chain: &Chain,
	outpoint: OutPoint,
	until: State,
	progress: &Progress,
) -> anyhow::Result<Bond> {
	loop {
		let (_, finalised) = chain.finalised().await?;
		// It may be so new that no finalised block has it.
		chain.known_bond(outpoint, None).await?;
		if let Some(bond) = chain.bond(outpoint, Some(finalised)).await? {
			let state = State::from(bond.state);
			if state >= until {
				return Ok(bond);
			}
			progress.say(Shown::new(bond).what());
		}
		tokio::time::sleep(POLL).await;
	}
}

impl Shown {
	/// Shows a bond.
	pub fn new(bond: Bond) -> Self {
		Self { state: bond.state.into(), details: bond.state, bond, saved: None }
	}

	/// Its state for people.
	fn what(&self) -> String {
		let bond = &self.bond;
		match bond.state {
			BondState::Registered { .. } => format!(
				"registered; {} DO NOT PAY YET",
				waiting(bond.duty(Duty::Unbonding), bond.duty(Duty::Extension))
			),
			BondState::Approved { .. } => "approved: the way out is signed; fund it".into(),
			BondState::Active { expires, .. } => {
				format!("active: it counts, until Bitcoin's block {expires}")
			},
			BondState::Leaving { unbonded: None, .. } => "leaving: it counts no more".into(),
			BondState::Leaving { unbonded: Some(height), .. } => {
				format!("leaving: unbonded in Bitcoin's block {height}")
			},
			BondState::Closed(outcome) => match outcome {
				Outcome::Dropped => "closed: it was not funded in time".into(),
				Outcome::Released => "closed: the coin is free".into(),
				Outcome::Extended { into } => format!("closed: {into} has taken its coin over"),
				Outcome::Slashed { txid } => format!("closed: slashed by {txid}"),
				Outcome::Foreign { txid } => format!("closed: spent by {txid}, against the rules"),
				Outcome::Struck => "closed: governance struck it, Bitcoin has it no more".into(),
			},
		}
	}

	/// What its owner does next.
	fn next(&self) -> Option<String> {
		let outpoint = self.bond.outpoint;
		Some(match (self.bond.state, self.bond.extends) {
			(BondState::Registered { .. }, _) => {
				format!("entangled bond status {outpoint} --until approved")
			},
			(BondState::Approved { .. }, None) => {
				"entangled bond fund --bond FILE --signed TRANSACTION".into()
			},
			(BondState::Approved { .. }, Some(_)) => format!("entangled bond fund {outpoint}"),
			(BondState::Active { .. }, _) => return None,
			(BondState::Leaving { .. }, _) | (BondState::Closed(Outcome::Released), _) => {
				format!("entangled bond withdraw {outpoint}")
			},
			(BondState::Closed(_), _) => return None,
		})
	}
}

/// What is waited for before a bond may be funded.
fn waiting(
	way_out: Option<(&DutyView, &SpendView)>,
	extension: Option<(&DutyView, &SpendView)>,
) -> String {
	let count = |what: &str, (duty, spend): (&DutyView, &SpendView)| {
		format!("{} of {} members have signed {what};", spend.signed(), duty.threshold)
	};
	match (way_out, extension) {
		(Some(way_out), _) if way_out.0.open => count("its way out", way_out),
		(_, Some(extension)) => count("the transaction that makes it of another bond", extension),
		(Some(way_out), None) => count("its way out", way_out),
		(None, None) => "the covenant is to sign;".into(),
	}
}

impl fmt::Display for Shown {
	fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
		let bond = &self.bond;
		writeln!(f, "Bond         {}", bond.outpoint)?;
		writeln!(f, "Holds        {} at {}", bond.value, bond.address)?;
		writeln!(f, "For          {}", parse::ss58(&bond.sequencer))?;
		writeln!(f, "Of           {}", parse::ss58(&bond.owner))?;
		if let Some(old) = bond.extends {
			writeln!(f, "Extends      {old}")?;
		}
		writeln!(f, "State        {}", self.what())?;
		if let BondState::Registered { deadline } | BondState::Approved { deadline } = bond.state {
			writeln!(
				f,
				"Deadline     Bitcoin's block {}: from then on it may be given up",
				deadline.bitcoin_height
			)?;
		}
		if let Some(height) = bond.slashable_until {
			writeln!(f, "Coin free    from Bitcoin's block {height} on")?;
		}
		if bond.order.is_some() {
			writeln!(
				f,
				"SLASHED      the chain has ordered it, because the sequencer has cheated"
			)?;
		}
		if let Some(next) = self.next() {
			writeln!(f, "Next         {next}")?;
		}
		match &self.saved {
			Some(path) => writeln!(f, "\nWritten to {}", path.display()),
			None => Ok(()),
		}
	}
}
