//! Sequencers and their bonds.

use super::{Program, Secret};
use anyhow::Context;
use serde::{de::IgnoredAny, Deserialize};
use std::path::{Path, PathBuf};

/// A bond's address (`entangled bond address`).
#[derive(Clone, Debug, Deserialize)]
pub struct BondAddress {
	/// Where to pay, once that is safe.
	pub address: String,
}

/// A bond that was registered (`entangled bond register`).
#[derive(Clone, Debug, Deserialize)]
pub struct Registered {
	/// The output.
	pub outpoint: String,
	/// What it is to hold.
	pub value: u64,
}

/// A transaction that Bitcoin was sent (`entangled bond fund`, `entangled bond unbond`).
#[derive(Clone, Debug, Deserialize)]
pub struct Sent {
	/// Its id.
	pub txid: String,
}

/// A coin on its way out of a bond (`entangled bond withdraw`).
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Withdrawn {
	/// The transaction.
	pub txid: String,
	/// What the coin holds.
	pub amount: u64,
	/// What the miner gets of it.
	pub fee: u64,
	/// How many blocks must come before one can have it.
	pub opens_in: u32,
}

/// Where the files of a bond are.
#[derive(Clone, Debug)]
pub struct BondFiles {
	/// The staker's secret key.
	pub key: PathBuf,
	/// The bond's terms.
	pub terms: PathBuf,
	/// The transaction that funds it.
	pub funding: PathBuf,
}

impl BondFiles {
	/// In this folder.
	pub fn in_folder(folder: &Path) -> Self {
		let file = |name: &str| folder.join(name);
		Self { key: file("staker.key"), terms: file("bond.json"), funding: file("funding.hex") }
	}
}

/// What a withdrawal of the story pays to the miner, in satoshi per virtual byte.
const FEE_RATE: &str = "2";

impl Program {
	/// Makes session keys in the node that the program asks, and registers them.
	pub async fn session_keys(&self, who: Secret) -> anyhow::Result<()> {
		self.sequencer(who, &["keys"]).await
	}

	/// Puts ENT at stake.
	pub async fn stake(&self, who: Secret, ent: &str) -> anyhow::Result<()> {
		self.sequencer(who, &["stake", ent]).await
	}

	/// Stands for election.
	pub async fn stand(&self, who: Secret) -> anyhow::Result<()> {
		self.sequencer(who, &["stand"]).await
	}

	/// Stands for election no more.
	pub async fn chill(&self, who: Secret) -> anyhow::Result<()> {
		self.sequencer(who, &["chill"]).await
	}

	async fn sequencer(&self, who: Secret, call: &[&str]) -> anyhow::Result<()> {
		let _: IgnoredAny = self.run(&[&["sequencer"], call, &["--suri", who]].concat()).await?;
		Ok(())
	}

	/// Makes the terms of a bond of this account for itself.
	pub async fn bond_address(
		&self,
		who: Secret,
		account: &str,
		timelock: u16,
		files: &BondFiles,
	) -> anyhow::Result<BondAddress> {
		let timelock = timelock.to_string();
		let bond = ["--sequencer", account, "--timelock", &timelock, "--suri", who];
		let paths = ["--staker-key", path(&files.key)?, "--save", path(&files.terms)?];
		self.run(&[&["bond", "address"], &bond[..], &paths].concat()).await
	}

	/// Registers a bond whose funding transaction was not sent yet.
	pub async fn register_bond(
		&self,
		who: Secret,
		files: &BondFiles,
	) -> anyhow::Result<Registered> {
		let bond = ["--bond", path(&files.terms)?, "--funding", path(&files.funding)?];
		let signer = ["--staker-key", path(&files.key)?, "--suri", who];
		self.run(&[&["bond", "register"], &bond[..], &signer].concat()).await
	}

	/// Sends the funding transaction of a bond whose way out is signed.
	pub async fn fund_bond(&self, files: &BondFiles) -> anyhow::Result<Sent> {
		let bond = ["--bond", path(&files.terms)?, "--signed", path(&files.funding)?];
		self.run(&[&["bond", "fund"], &bond[..]].concat()).await
	}

	/// Lets a bond count no more, and sends its unbonding transaction.
	pub async fn unbond(
		&self,
		who: Secret,
		outpoint: &str,
		files: &BondFiles,
	) -> anyhow::Result<Sent> {
		let signer = ["--staker-key", path(&files.key)?, "--suri", who];
		self.run(&[&["bond", "unbond", outpoint], &signer[..]].concat()).await
	}

	/// Makes the transaction that takes a bond's coin out, and sends it if it is time to.
	pub async fn withdraw_bond(
		&self,
		outpoint: &str,
		to: &str,
		files: &BondFiles,
		send: bool,
	) -> anyhow::Result<Withdrawn> {
		let payment = ["--to", to, "--fee-rate", FEE_RATE, "--staker-key", path(&files.key)?];
		let send = if send { &["--broadcast"][..] } else { &[] };
		self.run(&[&["bond", "withdraw", outpoint], &payment[..], send].concat()).await
	}
}

fn path(path: &Path) -> anyhow::Result<&str> {
	path.to_str().with_context(|| format!("{} is not UTF-8", path.display()))
}
