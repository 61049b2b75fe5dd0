//! The story: bitcoins come in, change hands, and go out again, on a network that has just
//! started. It shows that everything works together, and checks every amount.
//!
//! | module | what |
//! |---|---|
//! | [`acts`] | what happens |
//! | [`entangled`] | what the network is asked |
//! | [`program`] | what the people do, by the program `entangled` |
//! | [`progress`] | how far the story is |
//!
//! It knows the chain by its JSON-RPC only.

pub mod acts;
pub mod entangled;
pub mod program;
pub mod progress;

use crate::network::Network;
use acts::Cast;
use anyhow::{ensure, Context};
use entangled::Entangled;
use program::Program;
use progress::{Progress, State, Teller};
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

	/// Begins to tell the story of a network that is up.
	pub fn begin(network: &Network, program: PathBuf) -> anyhow::Result<Self> {
		let node = network.validators.first().context("a network without validators")?;
		let rpc = node.seat.http_url();
		let cast = Cast {
			bitcoin: network.bitcoin.clone(),
			entangled: Entangled::connect(&rpc)?,
			program: Program::new(program, rpc, &network.bitcoin),
		};
		let (teller, receiver) = Teller::new(&acts::TITLES);
		let task = tokio::spawn(async move {
			if let Err(error) = acts::play(&cast, &teller).await {
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
