//! The command line.

use anyhow::Context;
use bitcoin::{address::NetworkUnchecked, Address};
use clap::{Args, Parser, Subcommand};
use entangled_devnet::network::layout::{Layout, EVE};
use std::path::PathBuf;

/// Runs a Bitcoin regtest and four validators that follow it, until Ctrl-C.
///
/// Once the network is up, a story goes through it: the validators bond BTC, and somebody joins them; bitcoins
/// come in, change hands and go out; and who has joined leaves again. It takes about five minutes.
#[derive(Parser)]
#[command(
	name = "entangled-devnet",
	version,
	after_help = EXAMPLES,
	args_conflicts_with_subcommands = true
)]
pub struct Cli {
	#[command(subcommand)]
	pub command: Option<Command>,

	#[command(flatten)]
	pub folder: Folder,

	/// Go on with the chains of an earlier run instead of starting anew.
	#[arg(long)]
	pub keep: bool,

	/// Print lines instead of the live view.
	#[arg(long)]
	pub headless: bool,

	/// Stop as soon as the network is up and the story is told.
	#[arg(long)]
	pub once: bool,

	/// Tell no story.
	#[arg(long)]
	pub no_story: bool,

	/// Start the node of somebody who is no validator too, as the story does. It has no session keys:
	/// they are made by `entangled sequencer keys`, or `author_rotateKeysWithOwner`.
	#[arg(long, value_name = "NAME", value_parser = [EVE])]
	with: Vec<String>,

	/// Seconds between Bitcoin blocks; 0 mines none.
	#[arg(long, value_name = "SECONDS", default_value_t = 10)]
	pub mine_every: u64,

	/// The `entangled-node` program [default: the one beside this program].
	#[arg(long, value_name = "FILE")]
	node: Option<PathBuf>,

	/// The `entangled` program, which the story uses [default: the one beside this program].
	#[arg(long, value_name = "FILE")]
	program: Option<PathBuf>,

	/// The port of Bitcoin's RPC.
	#[arg(long, value_name = "PORT", default_value_t = 18443)]
	bitcoin_port: u16,

	/// The RPC port of the first validator; the others follow.
	#[arg(long, value_name = "PORT", default_value_t = 9944)]
	rpc_port: u16,

	/// The libp2p port of the first validator; the others follow.
	#[arg(long, value_name = "PORT", default_value_t = 30333)]
	p2p_port: u16,

	/// The Prometheus port of the first validator; the others follow.
	#[arg(long, value_name = "PORT", default_value_t = 9615)]
	prometheus_port: u16,

	/// Let one validator use another Bitcoin node, such as a `bitcoind -regtest` of yours.
	#[arg(long, value_name = "NAME=URL", value_parser = parse_other_bitcoin)]
	bitcoin_of: Vec<(String, String)>,
}

/// What else there is to do.
#[derive(Subcommand)]
pub enum Command {
	/// Pays coins of the running network's Bitcoin, which are worth nothing.
	///
	/// Prints the transaction's id. Its outputs are those named, in this order, then the
	/// `OP_RETURN`, then what is left over.
	Faucet(Faucet),
}

/// A payment.
#[derive(Args)]
pub struct Faucet {
	#[command(flatten)]
	pub folder: Folder,

	/// Who is paid, and how many satoshi; more pairs make more outputs.
	#[arg(required = true, num_args = 2.., value_names = ["ADDRESS", "SATS"])]
	pub outputs: Vec<String>,

	/// Data for an `OP_RETURN` output.
	#[arg(long, value_name = "HEX")]
	pub data: Option<String>,

	/// Mine a block with it at once.
	#[arg(long)]
	pub mine: bool,
}

/// Where the network lives.
#[derive(Args)]
pub struct Folder {
	/// The folder for chains, keys and logs [default: a folder in the user's cache].
	#[arg(long, value_name = "FOLDER")]
	directory: Option<PathBuf>,
}

const EXAMPLES: &str = "\
Examples:
  entangled-devnet                       live view, a Bitcoin block every 10 seconds
  entangled-devnet --headless --once     check that everything works, then stop
  entangled-devnet --no-story --with eve a node more, whose owner may bond and join
  entangled-devnet faucet ADDRESS 100000 pay somebody on the running network's Bitcoin
  entangled-devnet --mine-every 0        mine by hand:
    curl --user \"$(cat FOLDER/bitcoin/.cookie)\" http://127.0.0.1:18443 \\
      -d '{\"method\": \"generatetoaddress\", \"params\": [1, \"ADDRESS\"]}'
  entangled-devnet --bitcoin-of charlie=http://user:password@127.0.0.1:28443
";

impl Cli {
	/// Where everything of the network is to be.
	pub fn layout(&self) -> anyhow::Result<Layout> {
		Ok(Layout {
			directory: self.folder.path()?,
			node_binary: self.node.clone().map_or_else(|| beside("entangled-node"), Ok)?,
			bitcoin_port: self.bitcoin_port,
			rpc_port: self.rpc_port,
			p2p_port: self.p2p_port,
			prometheus_port: self.prometheus_port,
			other_bitcoin: self.bitcoin_of.clone(),
			joining: self.with.clone(),
		})
	}

	/// The program that acts for the story's people; `None` when no story is to be told.
	pub fn program(&self) -> anyhow::Result<Option<PathBuf>> {
		if self.no_story {
			return Ok(None);
		}
		self.program.clone().map_or_else(|| beside("entangled"), Ok).map(Some)
	}
}

impl Folder {
	/// Its path.
	pub fn path(&self) -> anyhow::Result<PathBuf> {
		self.directory.clone().map_or_else(default_directory, Ok)
	}
}

fn default_directory() -> anyhow::Result<PathBuf> {
	let cache = std::env::var_os("XDG_CACHE_HOME").map(PathBuf::from);
	let home = || std::env::var_os("HOME").map(|home| PathBuf::from(home).join(".cache"));
	let cache = cache.or_else(home).context("neither XDG_CACHE_HOME nor HOME is set")?;
	Ok(cache.join("entangled").join("devnet"))
}

fn beside(program: &str) -> anyhow::Result<PathBuf> {
	Ok(std::env::current_exe()?.with_file_name(program))
}

fn parse_other_bitcoin(text: &str) -> Result<(String, String), String> {
	let (name, url) = text.split_once('=').ok_or("write it as NAME=URL")?;
	Ok((name.into(), url.into()))
}

impl Faucet {
	/// Who is paid, and how much.
	pub fn payments(&self) -> anyhow::Result<Vec<(Address, bitcoin::Amount)>> {
		let read = |pair: &[String]| {
			let [address, amount] = pair else {
				anyhow::bail!("an amount is missing: name ADDRESS and SATS in turn");
			};
			let parsed = address
				.parse::<Address<NetworkUnchecked>>()
				.with_context(|| format!("{address} is no address"))?
				.require_network(bitcoin::Network::Regtest)
				.with_context(|| format!("{address} is no address of regtest"))?;
			let sats: u64 =
				amount.parse().with_context(|| format!("{amount} is no number of satoshi"))?;
			let amount = bitcoin::Amount::from_sat(sats);
			anyhow::ensure!(amount <= bitcoin::Amount::MAX_MONEY, "there are no {amount}");
			Ok((parsed, amount))
		};
		self.outputs.chunks(2).map(read).collect()
	}
}
