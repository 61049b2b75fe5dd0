//! What all commands share.

use crate::{
	bitcoin::{options::BitcoinOptions, Bitcoin},
	chain::Chain,
	progress::Progress,
};

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
