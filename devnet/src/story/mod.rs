//! The story: validators bond, bitcoins come in, change hands and go out again, and a validator that has
//! joined leaves, on a network that has just started. It shows that everything works together, and
//! checks every amount.
//!
//! | module | what |
//! |---|---|
//! | [`bonding`], [`peg`], [`leaving`] | what happens, a chapter each |
//! | [`cast`], [`staker`] | to whom |
//! | [`entangled`] | what the network is asked |
//! | [`program`] | what the people do, by the program `entangled` |
//! | [`progress`] | how far the story is |
//!
//! It knows the chain by its JSON-RPC only.

pub mod bonding;
pub mod cast;
pub mod entangled;
pub mod leaving;
pub mod peg;
pub mod program;
pub mod progress;
pub mod staker;

use crate::network::{layout::EVE, Network};
use anyhow::{ensure, Context};
use cast::Cast;
use entangled::Entangled;
use program::Program;
use progress::{Progress, State, Teller};
use staker::Staker;
use std::{
	future::Future,
	path::{Path, PathBuf},
};
use tokio::{sync::watch, task::JoinHandle};

/// A story that is being told, or none.
#[derive(Default)]
pub struct Story {
	told: Option<(watch::Receiver<Progress>, JoinHandle<()>)>,
}

/// How a story has ended.
#[derive(Clone, Debug, PartialEq)]
pub enum Ending {
	/// As it should, or there was none.
	Well,
	/// Something was not as it should be.
	Failed(String),
	/// It had not come to its end.
	Broken,
}

impl Story {
	/// No story.
	pub fn none() -> Self {
		Self::default()
	}

	/// Fails when the program that the story's people use is not there.
	pub fn check(program: &Path) -> anyhow::Result<()> {
		ensure!(
			program.is_file(),
			"there is no program at {}; build it with `make build`, or tell no story (--no-story)",
			program.display()
		);
		Ok(())
	}

	/// Begins to tell the story of a network that is up. Eve, who joins in it, gets a node.
	pub fn begin(network: &mut Network, program: PathBuf) -> anyhow::Result<Self> {
		network.join(EVE)?;
		let node = network.validators.first().context("a network without validators")?;
		let rpc = node.seat.http_url();
		let seats = network.validators.iter().map(|validator| &validator.seat);
		let cast = Cast {
			bitcoin: network.bitcoin.clone(),
			entangled: Entangled::connect(&rpc)?,
			program: Program::new(program, rpc, &network.bitcoin),
			stakers: seats.map(Staker::new).collect::<anyhow::Result<_>>()?,
		};
		let titles = [&bonding::TITLES[..], &peg::TITLES, &leaving::TITLES].concat();
		let (teller, receiver) = Teller::new(&titles);
		let task = tokio::spawn(async move {
			if let Err(error) = tell(&cast, &teller).await {
				teller.fail(format!("{error:#}"));
			}
		});
		Ok(Self { told: Some((receiver, task)) })
	}

	/// How far it is.
	pub fn progress(&self) -> Progress {
		self.told.as_ref().map_or_else(Progress::default, |(told, _)| told.borrow().clone())
	}

	/// Whether it is still being told. While it is, it mines the blocks of Bitcoin that it needs.
	pub fn is_running(&self) -> bool {
		self.told.as_ref().is_some_and(|(_, task)| !task.is_finished())
	}

	/// Ends when the story does; at once when there is none.
	pub fn ending(&self) -> impl Future<Output = ()> {
		let receiver = self.told.as_ref().map(|(receiver, _)| receiver.clone());
		async move {
			if let Some(mut receiver) = receiver {
				// The teller goes when it has nothing more to tell.
				while receiver.changed().await.is_ok() {}
			}
		}
	}

	/// Stops telling, and says how it has ended.
	pub fn end(&mut self) -> Ending {
		let Some((receiver, task)) = self.told.take() else { return Ending::Well };
		task.abort();
		let progress = receiver.borrow();
		let failed = progress.steps.iter().find_map(|step| match &step.state {
			State::Failed(why) => Some(Ending::Failed(why.clone())),
			_ => None,
		});
		let all = progress.steps.iter().all(|step| step.state == State::Done);
		failed.unwrap_or(if all { Ending::Well } else { Ending::Broken })
	}
}

/// Tells the story to its end, or up to where something is not as it should be. The elections take two
/// sessions, in which the peg is shown.
async fn tell(cast: &Cast, teller: &Teller) -> anyhow::Result<()> {
	let bonds = bonding::play(cast, teller).await?;
	peg::play(cast, teller).await?;
	let eve = bonds.iter().find(|bond| bond.staker.person.name == EVE);
	leaving::play(cast, eve.context("Eve has no bond")?, teller).await?;
	teller.go_on();
	Ok(())
}
