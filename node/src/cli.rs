// SPDX-License-Identifier: GPL-3.0-or-later WITH Classpath-exception-2.0

//! The command line.

use crate::{bitcoin::BitcoinParams, chain_spec, peg::PegParams};
use polkadot_sdk::{
	sc_cli::{self, clap, RunCmd, SubstrateCli},
	sc_service, sc_storage_monitor,
};

/// Shown at the end of `--help`.
const EXAMPLES: &str = "\
Examples:
  A chain of your own, which forgets everything when it stops:
    entangled-node --dev

  The same, following a Bitcoin regtest on this machine:
    entangled-node --dev --bitcoin-rpc http://127.0.0.1:18443 \\
        --bitcoin-rpc-cookie ~/.bitcoin/regtest/.cookie

  A validator with two Bitcoin nodes, the second for when the first fails:
    entangled-node --chain network.json --validator --name NAME --base-path /var/lib/entangled \\
        --bitcoin-rpc http://127.0.0.1:8332 --bitcoin-rpc http://10.0.0.2:8332 \\
        --bitcoin-rpc-user USER        (the password in ENTANGLED_BITCOIN_RPC_PASSWORD)

  A full node for applications:
    entangled-node --chain network.json --rpc-external --rpc-cors all

  A chain specification to edit or to hand out:
    entangled-node export-chain-spec --chain devnet --output devnet.json";

/// The command line.
#[derive(clap::Parser)]
pub struct Cli {
	/// What to do other than running the node.
	#[command(subcommand)]
	pub subcommand: Option<Subcommand>,

	/// Running the node.
	#[command(flatten)]
	pub run: RunCmd,

	/// Stopping before the disk is full.
	#[command(flatten)]
	pub storage_monitor: sc_storage_monitor::StorageMonitorParams,

	/// Measure CPU, memory and disk at the start, and tell the log and the telemetry.
	#[arg(long)]
	pub hardware_benchmarks: bool,

	/// Following Bitcoin. Last but one, because its heading in the help holds for all options that
	/// follow.
	#[command(flatten)]
	pub bitcoin: BitcoinParams,

	/// The peg.
	#[command(flatten)]
	pub peg: PegParams,
}

/// What to do other than running the node.
// There is one of these in a process; its size does not matter.
#[allow(clippy::large_enum_variant)]
#[derive(clap::Subcommand)]
pub enum Subcommand {
	/// Make, inspect and insert keys.
	#[command(subcommand)]
	Key(sc_cli::KeySubcommand),

	/// Write a chain specification to a file.
	ExportChainSpec(sc_cli::ExportChainSpecCmd),

	/// Print a chain specification. The older form of export-chain-spec.
	BuildSpec(sc_cli::BuildSpecCmd),

	/// Execute a block again.
	CheckBlock(sc_cli::CheckBlockCmd),

	/// Write blocks to a file.
	ExportBlocks(sc_cli::ExportBlocksCmd),

	/// Write the state at a block as a chain specification.
	ExportState(sc_cli::ExportStateCmd),

	/// Read blocks from a file.
	ImportBlocks(sc_cli::ImportBlocksCmd),

	/// Delete the database of a chain.
	PurgeChain(sc_cli::PurgeChainCmd),

	/// Take back blocks that are not final.
	Revert(sc_cli::RevertCmd),

	/// Print the best and the finalised block of the database.
	ChainInfo(sc_cli::ChainInfoCmd),
}

impl SubstrateCli for Cli {
	fn impl_name() -> String {
		"Entangled Node".into()
	}

	fn impl_version() -> String {
		env!("SUBSTRATE_CLI_IMPL_VERSION").into()
	}

	fn description() -> String {
		"The node of Entangled, the relay network between Bitcoin and its layer-2 rollups".into()
	}

	fn author() -> String {
		env!("CARGO_PKG_AUTHORS").into()
	}

	fn support_url() -> String {
		"the issue tracker of the Entangled repository".into()
	}

	fn copyright_start_year() -> i32 {
		2026
	}

	fn load_spec(&self, id: &str) -> Result<Box<dyn sc_service::ChainSpec>, String> {
		Ok(Box::new(chain_spec::load(id)?))
	}

	// As the trait has it, but for the end of the help.
	fn setup_command(command: clap::Command) -> clap::Command {
		command
			.name(Self::executable_name())
			.version(format!("{}\n", Self::impl_version()))
			.author(Self::author())
			.about(Self::description())
			.long_about(Self::description())
			.after_help(EXAMPLES)
			.propagate_version(true)
			.args_conflicts_with_subcommands(true)
			.subcommand_negates_reqs(true)
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::bitcoin::endpoint::{Credentials, Endpoint, UserPassword};
	use clap::CommandFactory;
	use std::{collections::HashSet, time::Duration};

	fn parse(arguments: &[&str]) -> Result<Cli, clap::Error> {
		let program = ["entangled-node"];
		Cli::try_from_iter(program.iter().chain(arguments))
	}

	fn bitcoin(arguments: &[&str]) -> BitcoinParams {
		parse(arguments).unwrap_or_else(|error| panic!("{error}")).bitcoin
	}

	fn refused(arguments: &[&str]) -> String {
		parse(arguments).err().expect("refused").to_string()
	}

	#[test]
	fn no_two_options_share_an_id_or_a_name() {
		let command = Cli::command();
		let mut seen = HashSet::new();
		for argument in command.get_arguments() {
			assert!(seen.insert(argument.get_id().to_string()), "{}", argument.get_id());
		}
		let mut seen = HashSet::new();
		for name in command.get_arguments().filter_map(clap::Arg::get_long) {
			assert!(seen.insert(name.to_string()), "{name}");
		}
	}

	#[test]
	fn following_is_off_by_default() {
		let params = bitcoin(&["--dev"]);
		assert!(params.endpoints().is_empty());
		assert_eq!(params.poll_interval(), Duration::from_secs(2));
	}

	#[test]
	fn several_nodes_each_with_its_credentials() {
		let params = bitcoin(&[
			"--dev",
			"--bitcoin-rpc",
			"http://a:b@127.0.0.1:18443",
			"--bitcoin-rpc=http://127.0.0.1:18444",
			"--bitcoin-rpc-user",
			"alice",
			"--bitcoin-rpc-password",
			"secret",
			"--bitcoin-poll-interval-ms",
			"500",
		]);
		let user_password = |user: &str, password: &str| {
			Credentials::UserPassword(UserPassword { user: user.into(), password: password.into() })
		};
		let url = |url: &str| url.parse::<Endpoint>().unwrap();
		assert_eq!(
			params.endpoints(),
			[
				(url("http://a:b@127.0.0.1:18443"), user_password("a", "b")),
				(url("http://127.0.0.1:18444"), user_password("alice", "secret")),
			]
		);
		assert_eq!(params.poll_interval(), Duration::from_millis(500));
	}

	#[test]
	fn relaying_for_the_peg_can_be_switched_off() {
		assert!(!parse(&["--dev"]).unwrap_or_else(|error| panic!("{error}")).peg.no_relay);
		let cli = parse(&["--dev", "--no-peg-relay"]).unwrap_or_else(|error| panic!("{error}"));
		assert!(cli.peg.no_relay);
	}

	#[test]
	fn cookie() {
		let params =
			bitcoin(&["--bitcoin-rpc", "http://127.0.0.1:8332", "--bitcoin-rpc-cookie", "/c"]);
		assert_eq!(params.endpoints()[0].1, Credentials::Cookie("/c".into()));
	}

	#[test]
	fn a_fee_key_needs_a_bitcoin_node() {
		let node = ["--bitcoin-rpc", "http://127.0.0.1:8332"];
		let params = bitcoin(&node);
		assert_eq!((params.fee_key, params.max_fee_rate), (None, 500));
		let key = ["--bitcoin-fee-key", "/k", "--bitcoin-max-fee-rate=20"];
		let params = bitcoin(&[&node[..], &key].concat());
		assert_eq!((params.fee_key, params.max_fee_rate), (Some("/k".into()), 20));
		assert!(refused(&key).contains("--bitcoin-rpc"));
		assert!(refused(&["--bitcoin-max-fee-rate=1001"]).contains("1000"));
	}

	#[test]
	fn mistakes_are_explained() {
		assert!(refused(&["--bitcoin-rpc", "127.0.0.1:8332"]).contains("http://"));
		assert!(refused(&["--bitcoin-rpc", "http://127.0.0.1"]).contains("18443"));
		assert!(refused(&["--bitcoin-rpc-user", "alice"]).contains("--bitcoin-rpc-password"));
		assert!(refused(&["--bitcoin-rpc-password", "x"]).contains("--bitcoin-rpc-user"));
		let both = ["--bitcoin-rpc-user=a", "--bitcoin-rpc-password=b", "--bitcoin-rpc-cookie=c"];
		assert!(refused(&both).contains("--bitcoin-rpc-cookie"));
		assert!(refused(&["--bitcoin-poll-interval-ms", "1"]).contains("100"));
		assert!(refused(&["--database", "rocksdb"]).contains("paritydb"));
	}

	#[test]
	fn subcommands_are_the_usual_ones() {
		for arguments in [
			&["key", "generate"][..],
			&["export-chain-spec", "--chain", "devnet", "--raw"],
			&["build-spec", "--dev"],
			&["check-block", "--dev", "1"],
			&["export-blocks", "--dev"],
			&["export-state", "--dev"],
			&["import-blocks", "--dev"],
			&["purge-chain", "--dev", "-y"],
			&["revert", "--dev", "3"],
			&["chain-info", "--dev"],
		] {
			assert!(parse(arguments).is_ok_and(|cli| cli.subcommand.is_some()), "{arguments:?}");
		}
		let help = Cli::setup_command(Cli::command()).render_long_help().to_string();
		assert!(help.contains("Examples:") && help.contains("--bitcoin-rpc"));
	}
}
