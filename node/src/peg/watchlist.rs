// SPDX-License-Identifier: GPL-3.0-or-later WITH Classpath-exception-2.0

//! Deposit addresses that somebody asked us to watch, and how far they have been looked for; kept
//! over a restart.
//!
//! An address commits to its terms and does not show them, so who is to claim a deposit must have
//! been told them. The list is a convenience: nobody trusts it, the chain checks every claim, and
//! whoever knows the terms can claim through any other node.

use super::LOG_TARGET;
use entangled_bitcoin::TaprootScript;
use pallet_peg::DepositTerms;
use parking_lot::Mutex;
use serde::{Deserialize, Serialize};
use std::{
	collections::BTreeMap,
	fs, io,
	io::Write,
	path::{Path, PathBuf},
};

/// The most addresses that are watched. Anybody may ask for one.
pub const MAX_WATCHED: usize = 10_000;

/// Bitcoin blocks for which an address is watched beyond its refund delay: two weeks.
const GRACE: u32 = 2_016;

/// The form of the file.
const VERSION: u32 = 1;

/// An address that is watched.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Watched {
	/// What it is made of.
	pub terms: DepositTerms,
	/// Its script.
	pub script: TaprootScript,
	/// Height of Bitcoin's tip when we were asked.
	pub registered: u32,
}

impl Watched {
	/// The height of Bitcoin's tip from which on it is no longer watched: a deposit that had been
	/// paid when we were asked could have been taken back long since.
	fn until(&self) -> u32 {
		let delay = self.terms.refund().map_or(0, |refund| refund.delay);
		self.registered.saturating_add(delay.into()).saturating_add(GRACE)
	}
}

/// What the file holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Content {
	version: u32,
	/// Below this height everything was looked through, and what was found was brought.
	scanned: Option<u32>,
	watched: Vec<Watched>,
}

/// Why an address is not watched.
#[derive(Debug, thiserror::Error)]
pub enum WatchError {
	/// There are [`MAX_WATCHED`] already.
	#[error("this node watches {MAX_WATCHED} addresses already")]
	Full,
	/// The file cannot be written.
	#[error("{} cannot be written: {reason}", path.display())]
	Unwritable {
		/// The file.
		path: PathBuf,
		/// What the operating system says.
		reason: io::Error,
	},
}

/// The list.
pub struct WatchList {
	path: PathBuf,
	list: Mutex<List>,
}

struct List {
	scanned: Option<u32>,
	watched: BTreeMap<TaprootScript, Watched>,
	/// Rises with every change, so that others notice one.
	revision: u64,
}

impl WatchList {
	/// Reads the list in this file, where there is one.
	///
	/// A file that cannot be understood is set aside: the node is needed for more than this list.
	pub fn open(path: PathBuf) -> Result<Self, WatchError> {
		let unwritable = |reason| WatchError::Unwritable { path: path.clone(), reason };
		let content = match fs::read(&path) {
			Ok(bytes) => match serde_json::from_slice::<Content>(&bytes) {
				Ok(content) if content.version == VERSION => Some(content),
				_ => {
					let aside = path.with_extension("unreadable");
					fs::rename(&path, &aside).map_err(unwritable)?;
					log::error!(
						target: LOG_TARGET,
						"👁 The list of watched deposits was not readable. It is now {}; a new one \
						 is begun, and who asked for an address must ask again",
						aside.display(),
					);
					None
				},
			},
			Err(error) if error.kind() == io::ErrorKind::NotFound => None,
			Err(error) => return Err(unwritable(error)),
		};
		let (scanned, watched) =
			content.map_or_else(Default::default, |content| (content.scanned, content.watched));
		let watched = watched.into_iter().map(|watched| (watched.script, watched)).collect();
		Ok(Self { path, list: Mutex::new(List { scanned, watched, revision: 0 }) })
	}

	/// Watches an address from now on. When this returns, the file has it.
	pub fn watch(&self, watched: Watched) -> Result<(), WatchError> {
		let mut list = self.list.lock();
		if list.watched.contains_key(&watched.script) {
			return Ok(());
		}
		if list.watched.len() >= MAX_WATCHED {
			return Err(WatchError::Full);
		}
		let script = watched.script;
		list.watched.insert(script, watched);
		if let Err(error) = self.write(&list) {
			list.watched.remove(&script);
			return Err(error);
		}
		list.revision += 1;
		Ok(())
	}

	/// Forgets what need not be watched any more: addresses whose deposit was claimed, and those
	/// that nobody paid in time. Notes up to which height all is done.
	pub fn settle(
		&self,
		claimed: &[TaprootScript],
		tip: u32,
		scanned: u32,
	) -> Result<(), WatchError> {
		let mut list = self.list.lock();
		let count = list.watched.len();
		list.watched.retain(|script, watched| !claimed.contains(script) && tip <= watched.until());
		let forgotten = list.watched.len() < count;
		// Where a restart begins to look. A few blocks more or less are not worth a write.
		let moved = list.scanned.is_none_or(|before| scanned.abs_diff(before) >= 36);
		if forgotten {
			list.revision += 1;
		}
		if forgotten || moved {
			list.scanned = Some(scanned);
			self.write(&list)?;
		}
		Ok(())
	}

	/// All addresses.
	pub fn watched(&self) -> Vec<Watched> {
		self.list.lock().watched.values().cloned().collect()
	}

	/// How many there are.
	pub fn count(&self) -> usize {
		self.list.lock().watched.len()
	}

	/// Another number whenever the addresses have changed.
	pub fn revision(&self) -> u64 {
		self.list.lock().revision
	}

	/// Below this height everything was looked through, and what was found was brought; nothing when
	/// that was never noted.
	pub fn scanned(&self) -> Option<u32> {
		self.list.lock().scanned
	}

	/// Replaces the file as a whole, so that whenever the machine stops, there is the old one or the
	/// new one.
	fn write(&self, list: &List) -> Result<(), WatchError> {
		let content = Content {
			version: VERSION,
			scanned: list.scanned,
			watched: list.watched.values().cloned().collect(),
		};
		replace(&self.path, &content)
			.map_err(|reason| WatchError::Unwritable { path: self.path.clone(), reason })
	}
}

fn replace(path: &Path, content: &Content) -> io::Result<()> {
	let directory = path.parent().unwrap_or(Path::new("."));
	fs::create_dir_all(directory)?;
	let temporary = path.with_extension("new");
	let mut file = fs::File::create(&temporary)?;
	file.write_all(&serde_json::to_vec(content)?)?;
	file.sync_all()?;
	fs::rename(&temporary, path)?;
	// The new name is in the directory; where a directory cannot be opened, that must do.
	match fs::File::open(directory) {
		Ok(directory) => directory.sync_all(),
		Err(_) => Ok(()),
	}
}

#[cfg(test)]
mod tests;
