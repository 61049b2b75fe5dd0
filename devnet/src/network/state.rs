//! Where everything is while the network runs, in a file for scripts and tests.

use anyhow::Context;
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};

/// The content of the file.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct State {
	/// Bitcoin's RPC.
	pub bitcoin: BitcoinState,
	/// The address that all rewards go to.
	pub faucet_address: String,
	/// The validators, and who else runs a node.
	pub validators: Vec<ValidatorState>,
}

/// How to reach Bitcoin.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct BitcoinState {
	/// The endpoint.
	pub url: String,
	/// The file that holds user and password.
	pub cookie_file: PathBuf,
}

/// A validator's process and endpoints.
#[derive(Debug, Serialize, Deserialize)]
pub struct ValidatorState {
	/// Its name.
	pub name: String,
	/// The address of its account.
	pub account: String,
	/// The process's id.
	pub pid: u32,
	/// The endpoint for polkadot.js.
	pub ws: String,
	/// The endpoint for scripts.
	pub http: String,
	/// The endpoint for Prometheus.
	pub prometheus: String,
	/// What it logs.
	pub log: PathBuf,
}

impl State {
	/// Writes the file. Readers see the old one or the new one, never half of one.
	pub fn write(&self, file: &Path) -> anyhow::Result<()> {
		let temporary = file.with_extension("new");
		std::fs::write(&temporary, serde_json::to_vec_pretty(self)?)
			.and_then(|()| std::fs::rename(&temporary, file))
			.with_context(|| format!("cannot write {}", file.display()))
	}

	/// Reads the file of a network that runs.
	pub fn read(file: &Path) -> anyhow::Result<Self> {
		let bytes = std::fs::read(file)
			.with_context(|| format!("no network runs here: cannot read {}", file.display()))?;
		serde_json::from_slice(&bytes).with_context(|| format!("cannot read {}", file.display()))
	}
}
