//! What all commands share.

use crate::{
	bitcoin::{options::BitcoinOptions, Bitcoin},
	chain::Chain,
	progress::Progress,
};
use anyhow::ensure;
use std::io::IsTerminal;

/// Options of all commands.
#[derive(Clone, Debug, clap::Args)]
pub struct GlobalOptions {
	/// JSON-RPC of an Entangled node.
	#[arg(
		long,
		value_name = "URL",
		env = "ENTANGLED_RPC",
		default_value = "http://127.0.0.1:9944",
		global = true
	)]
	pub rpc: String,

	/// Print the result as one JSON value.
	#[arg(long, global = true)]
	pub json: bool,

	/// The Bitcoin node.
	#[command(flatten)]
	pub bitcoin: BitcoinOptions,
}

/// What all commands share.
pub struct Context {
	options: GlobalOptions,
	/// What is said while waiting.
	pub progress: Progress,
}

impl Context {
	/// As the options say.
	pub fn new(options: GlobalOptions) -> Self {
		Self { options, progress: Progress::default() }
	}

	/// Whether the result is for programs.
	pub fn json(&self) -> bool {
		self.options.json
	}

	/// Asks whether to go on, unless that is clear (`yes`), the result is for programs, or there is
	/// nobody to ask. Fails when the answer is no.
	pub fn confirm(&self, yes: bool) -> anyhow::Result<()> {
		if yes || self.json() || !std::io::stdin().is_terminal() {
			return Ok(());
		}
		eprint!("Go on? [y/N] ");
		let mut answer = String::new();
		std::io::stdin().read_line(&mut answer)?;
		ensure!(matches!(answer.trim(), "y" | "Y" | "yes"), "nothing was sent");
		Ok(())
	}

	/// The Entangled node.
	pub fn chain(&self) -> anyhow::Result<Chain> {
		Chain::connect(&self.options.rpc)
	}

	/// Whether a Bitcoin node is given.
	pub fn has_bitcoin(&self) -> bool {
		self.options.bitcoin.is_given()
	}

	/// The Bitcoin node.
	pub fn bitcoin(&self) -> anyhow::Result<Bitcoin> {
		self.options.bitcoin.connect()
	}
}
