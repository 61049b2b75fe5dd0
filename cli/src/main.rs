//! `entangled`

use clap::Parser;
use entangled_cli::{cli::Cli, report};
use entangled_runtime::chain::SS58_PREFIX;
use polkadot_sdk::sp_core::crypto::{set_default_ss58_version, Ss58AddressFormat};
use std::process::ExitCode;

#[tokio::main]
async fn main() -> ExitCode {
	// Accounts are shown by their addresses on this chain.
	set_default_ss58_version(Ss58AddressFormat::custom(SS58_PREFIX));
	let cli = Cli::parse();
	let json = cli.json();
	let result = match cli.run().await {
		Ok(report) => report::print(&*report, json),
		Err(error) => Err(error),
	};
	match result {
		Ok(()) => ExitCode::SUCCESS,
		Err(error) if json => {
			eprintln!("{}", serde_json::json!({ "error": format!("{error:#}") }));
			ExitCode::FAILURE
		},
		Err(error) => {
			eprintln!("error: {error:#}");
			ExitCode::FAILURE
		},
	}
}
