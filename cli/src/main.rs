//! `entangled`

use clap::Parser;
use entangled_cli::{cli::Cli, report};
use std::process::ExitCode;

#[tokio::main]
async fn main() -> ExitCode {
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
