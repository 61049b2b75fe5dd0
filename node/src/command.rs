// SPDX-License-Identifier: GPL-3.0-or-later WITH Classpath-exception-2.0

//! What each command does.

use crate::{
	cli::{Cli, Subcommand},
	service,
};
use entangled_runtime::{chain::SS58_PREFIX, opaque::Block};
use polkadot_sdk::{
	sc_cli::{self, SubstrateCli},
	sc_consensus_babe, sc_consensus_grandpa,
	sc_service::{
		config::{Configuration, DatabaseSource},
		PartialComponents,
	},
	sp_core::crypto::{set_default_ss58_version, Ss58AddressFormat},
};

/// Does what the command line says.
pub fn run() -> sc_cli::Result<()> {
	set_default_ss58_version(Ss58AddressFormat::custom(SS58_PREFIX));
	let cli = Cli::from_args();
	match &cli.subcommand {
		None => {
			let runner = cli.create_runner(&cli.run)?;
			runner.run_node_until_exit(|config| async move {
				let config = prepare(config)?;
				service::start(config, &cli).map_err(sc_cli::Error::Service)
			})
		},
		Some(Subcommand::Key(command)) => command.run(&cli),
		Some(Subcommand::ExportChainSpec(command)) => command.run(cli.load_spec(&command.chain)?),
		Some(Subcommand::BuildSpec(command)) => {
			let runner = cli.create_runner(command)?;
			runner.sync_run(|config| command.run(config.chain_spec, config.network))
		},
		Some(Subcommand::CheckBlock(command)) => {
			let runner = cli.create_runner(command)?;
			runner.async_run(|config| {
				let PartialComponents { client, task_manager, import_queue, .. } =
					service::new_partial(&prepare(config)?)?;
				Ok((command.run(client, import_queue), task_manager))
			})
		},
		Some(Subcommand::ExportBlocks(command)) => {
			let runner = cli.create_runner(command)?;
			runner.async_run(|config| {
				let config = prepare(config)?;
				let PartialComponents { client, task_manager, .. } = service::new_partial(&config)?;
				Ok((command.run(client, config.database), task_manager))
			})
		},
		Some(Subcommand::ExportState(command)) => {
			let runner = cli.create_runner(command)?;
			runner.async_run(|config| {
				let config = prepare(config)?;
				let PartialComponents { client, task_manager, .. } = service::new_partial(&config)?;
				Ok((command.run(client, config.chain_spec), task_manager))
			})
		},
		Some(Subcommand::ImportBlocks(command)) => {
			let runner = cli.create_runner(command)?;
			runner.async_run(|config| {
				let PartialComponents { client, task_manager, import_queue, .. } =
					service::new_partial(&prepare(config)?)?;
				Ok((command.run(client, import_queue), task_manager))
			})
		},
		Some(Subcommand::PurgeChain(command)) => {
			let runner = cli.create_runner(command)?;
			runner.sync_run(|config| command.run(prepare(config)?.database))
		},
		Some(Subcommand::Revert(command)) => {
			let runner = cli.create_runner(command)?;
			runner.async_run(|config| {
				let PartialComponents { client, task_manager, backend, .. } =
					service::new_partial(&prepare(config)?)?;
				let consensus = Box::new(|client, backend, blocks| {
					sc_consensus_babe::revert(std::sync::Arc::clone(&client), backend, blocks)?;
					sc_consensus_grandpa::revert(client, blocks)?;
					Ok(())
				});
				Ok((command.run(client, backend, Some(consensus)), task_manager))
			})
		},
		Some(Subcommand::ChainInfo(command)) => {
			let runner = cli.create_runner(command)?;
			runner.sync_run(|config| command.run::<Block>(&prepare(config)?))
		},
	}
}

/// What is not for the operator to choose.
///
/// The chain is kept in ParityDb. Offchain indexing is on wherever blocks are executed: the nodes
/// of the Merkle mountain range, of which BEEFY's proofs are made, live in the offchain database,
/// and blocks imported without it leave gaps that nothing fills.
fn prepare(mut config: Configuration) -> sc_cli::Result<Configuration> {
	config.database = match config.database {
		DatabaseSource::ParityDb { path } | DatabaseSource::Auto { paritydb_path: path, .. } => {
			DatabaseSource::ParityDb { path }
		},
		other => {
			return Err(sc_cli::Error::Input(format!(
				"this node keeps its chain in ParityDb, not in {other}; leave out --database, or \
				 give --database paritydb"
			)))
		},
	};
	config.offchain_worker.indexing_enabled = true;
	Ok(config)
}
