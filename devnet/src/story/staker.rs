//! Somebody who bonds BTC to make blocks.

use super::program::staking::BondFiles;
use crate::network::{
	layout::{Person, Seat},
	wallet::Wallet,
};
use anyhow::Context;
use std::path::Path;
use tempfile::TempDir;

/// What each of the founders bonds, in satoshi, and then whoever joins: different amounts, so that one sees
/// that they are elected by them.
const BONDS: [u64; 5] = [50_000_000, 40_000_000, 30_000_000, 20_000_000, 35_000_000];

/// Somebody who bonds BTC to make blocks.
pub struct Staker {
	/// Who it is.
	pub person: Person,
	/// The RPC of its own node.
	pub rpc: String,
	/// Its coins on Bitcoin. Its key is also that of the bond.
	pub wallet: Wallet,
	/// What it bonds, in satoshi.
	pub bond: u64,
	/// The files of its bond.
	pub files: BondFiles,
	/// They last as long as the story. The keys follow from names, so nothing is lost with them.
	_folder: TempDir,
}

impl Staker {
	/// Whose node runs in this place.
	pub fn new(seat: &Seat) -> anyhow::Result<Self> {
		let bond = BONDS.get(usize::from(seat.index)).copied();
		let wallet = Wallet::named(seat.person.name)?;
		let folder = tempfile::tempdir().context("cannot make a folder for the story's files")?;
		let files = BondFiles::in_folder(folder.path());
		write(&files.key, &wallet.secret_key())?;
		Ok(Self {
			person: seat.person,
			rpc: seat.http_url(),
			wallet,
			bond: bond.with_context(|| format!("{} bonds nothing", seat.person.name))?,
			files,
			_folder: folder,
		})
	}

	/// Keeps the transaction that is to fund its bond.
	pub fn keep_funding(&self, raw: &str) -> anyhow::Result<()> {
		write(&self.files.funding, raw)
	}
}

fn write(path: &Path, text: &str) -> anyhow::Result<()> {
	std::fs::write(path, text).with_context(|| format!("cannot write {}", path.display()))
}
