//! The program `entangled`, which the story's people use as everybody does.
//!
//! | file | commands |
//! |---|---|
//! | this one | `account`, `deposit`, `transfer`, `withdraw` |
//! | [`staking`] | `sequencer`, `bond` |

pub mod staking;

use crate::network::bitcoin_rpc::BitcoinRpc;
use anyhow::{ensure, Context};
use serde::{de::DeserializeOwned, Deserialize};
use std::{path::PathBuf, process::Stdio};
use tokio::process::Command;

/// The program and the nodes that it asks.
#[derive(Clone)]
pub struct Program {
	file: PathBuf,
	rpc: String,
	bitcoin_rpc: String,
	bitcoin_cookie: PathBuf,
}

/// Who acts: the secret of an account, which everybody knows.
pub type Secret = &'static str;

/// What an account has (`entangled account`).
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct Account {
	/// Its address.
	pub address: String,
	/// eBTC in satoshi.
	pub ebtc: u64,
	/// ENT in its smallest unit, in decimal digits.
	pub ent: String,
}

/// A deposit's address (`entangled deposit address`).
#[derive(Clone, Debug, Deserialize)]
pub struct DepositAddress {
	/// Where to pay.
	pub address: String,
}

/// A withdrawal that was asked for (`entangled withdraw`).
#[derive(Clone, Debug, Deserialize)]
pub struct Requested {
	/// Its number.
	pub id: u64,
}

impl Program {
	/// The program at this path, with a node of each chain.
	pub fn new(file: PathBuf, rpc: String, bitcoin: &BitcoinRpc) -> Self {
		Self {
			file,
			rpc,
			bitcoin_rpc: bitcoin.url.clone(),
			bitcoin_cookie: bitcoin.cookie_file.clone(),
		}
	}

	/// The same, with another node of the network.
	pub fn at(&self, rpc: &str) -> Self {
		Self { rpc: rpc.into(), ..self.clone() }
	}

	/// What an account has.
	pub async fn account(&self, who: &str) -> anyhow::Result<Account> {
		self.run(&["account", who]).await
	}

	/// The address of a deposit for an account, which `refund_key` can take back after so many
	/// blocks if it is not claimed. The node watches it.
	pub async fn deposit_address(
		&self,
		to: &str,
		refund_key: &str,
		refund_delay: u16,
	) -> anyhow::Result<DepositAddress> {
		let delay = refund_delay.to_string();
		let refund = ["--refund-key", refund_key, "--refund-delay", &delay];
		self.run(&[&["deposit", "address", "--watch", "--to", to], &refund[..]].concat()).await
	}

	/// Sends eBTC; the fee is paid in eBTC too.
	pub async fn transfer(&self, from: Secret, to: &str, sats: u64) -> anyhow::Result<()> {
		let sats = sats.to_string();
		let _: serde_json::Value =
			self.run(&["transfer", "--to", to, "--amount", &sats, "--suri", from]).await?;
		Ok(())
	}

	/// Asks for BTC.
	pub async fn withdraw(
		&self,
		owner: Secret,
		address: &str,
		sats: u64,
	) -> anyhow::Result<Requested> {
		let sats = sats.to_string();
		self.run(&["withdraw", "--to", address, "--amount", &sats, "--suri", owner]).await
	}

	async fn run<T: DeserializeOwned>(&self, arguments: &[&str]) -> anyhow::Result<T> {
		let output = Command::new(&self.file)
			.args(arguments)
			.arg("--json")
			.env("ENTANGLED_RPC", &self.rpc)
			.env("ENTANGLED_BITCOIN_RPC", &self.bitcoin_rpc)
			.env("ENTANGLED_BITCOIN_RPC_COOKIE", &self.bitcoin_cookie)
			.stdin(Stdio::null())
			.kill_on_drop(true)
			.output()
			.await
			.with_context(|| format!("cannot run {}", self.file.display()))?;
		let command = || format!("entangled {}", arguments.join(" "));
		let complaint = String::from_utf8_lossy(&output.stderr);
		ensure!(output.status.success(), "{}: {}", command(), complaint.trim());
		serde_json::from_slice(&output.stdout)
			.with_context(|| format!("the answer of {}", command()))
	}
}
