// SPDX-License-Identifier: GPL-3.0-or-later WITH Classpath-exception-2.0

//! Deposit addresses that somebody asked us to watch, and how far they have been looked for; kept
//! over a restart.
//!
//! An address commits to its terms and does not show them, so who is to claim a deposit must have
//! been told them. The list is a convenience: nobody trusts it, the chain checks every claim, and
//! whoever knows the terms can claim through any other node.

use super::{watchfile::WatchFile, LOG_TARGET};
use entangled_bitcoin::TaprootScript;
use pallet_peg::DepositTerms;
use parking_lot::Mutex;
use serde::{Deserialize, Serialize};
use std::{collections::BTreeMap, io, path::PathBuf};

/// The most addresses that are watched.
pub const MAX_WATCHED: usize = 10_000;

/// Bitcoin blocks for which an address is watched beyond its refund delay: two weeks.
const GRACE: u32 = 2_016;

/// Blocks before the one at which we were asked that are looked through as well: who asks may have
/// paid already. Six hours.
const LOOK_BACK: u32 = 36;

/// So many blocks of progress are worth a write.
const WORTH_A_WRITE: u32 = 36;

/// An address that is watched.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Watched {
	/// What it is made of.
	pub terms: DepositTerms,
	/// Its script.
	pub script: TaprootScript,
	/// Height of Bitcoin's tip when we were asked last.
	pub registered: u32,
}

impl Watched {
	/// Height of the first block that may hold a payment to it.
	pub fn since(&self) -> u32 {
		self.registered.saturating_sub(LOOK_BACK)
	}

	/// Height of the last block in which it is looked for. It may be paid several times until then.
	fn until(&self) -> u32 {
		let delay = self.terms.refund().map_or(0, |refund| refund.delay);
		self.registered.saturating_add(delay.into()).saturating_add(GRACE)
	}
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
pub struct WatchList(Mutex<List>);

struct List {
	file: WatchFile,
	scanned: Option<u32>,
	watched: BTreeMap<TaprootScript, Watched>,
	/// Rises with every address that comes or goes, so that others notice.
	revision: u64,
}

impl WatchList {
	/// Reads the list in this file, where there is one.
	///
	/// A file that cannot be understood is set aside: the node is needed for more than this list.
	pub fn open(path: PathBuf) -> Result<Self, WatchError> {
		let unwritable = |reason| WatchError::Unwritable { path: path.clone(), reason };
		let (file, content) = WatchFile::open(path.clone()).map_err(unwritable)?;
		if let Some(aside) = content.aside {
			log::error!(
				target: LOG_TARGET,
				"👁 The list of watched deposits was not readable. It is now {}; a new one is begun, \
				 and who asked for an address must ask again",
				aside.display(),
			);
		}
		// An address that was asked for again stands there twice, and the later one counts.
		let watched = content.watched.into_iter().map(|watched| (watched.script, watched));
		let (scanned, watched) = (content.scanned, watched.collect());
		Ok(Self(Mutex::new(List { file, scanned, watched, revision: 0 })))
	}

	/// Watches an address from now on, or for longer than before. When this returns, the file has it.
	pub fn watch(&self, watched: Watched) -> Result<(), WatchError> {
		let mut list = self.0.lock();
		let known = list.watched.get(&watched.script).map(|known| known.registered);
		if known.is_some_and(|registered| registered >= watched.registered) {
			return Ok(());
		}
		if known.is_none() && list.watched.len() >= MAX_WATCHED {
			return Err(WatchError::Full);
		}
		let List { file, scanned, watched: all, revision } = &mut *list;
		let before = all.insert(watched.script, watched.clone());
		if let Err(reason) = file.append(&watched, *scanned, all.values()) {
			match before {
				Some(before) => all.insert(watched.script, before),
				None => all.remove(&watched.script),
			};
			return Err(WatchError::Unwritable { path: file.path().into(), reason });
		}
		*revision += u64::from(before.is_none());
		Ok(())
	}

	/// Notes that all blocks below `next` have been looked through, and that a restart must begin at
	/// `begin` at the latest. Forgets addresses whose time is over, unless a deposit to one of them
	/// waits: a restart must know it again.
	pub fn note(
		&self,
		next: u32,
		begin: u32,
		waits: impl Fn(&DepositTerms) -> bool,
	) -> Result<(), WatchError> {
		let mut list = self.0.lock();
		let List { file, scanned, watched, revision } = &mut *list;
		let count = watched.len();
		watched.retain(|_, watched| next <= watched.until() || waits(&watched.terms));
		let forgotten = watched.len() < count;
		*revision += u64::from(forgotten);
		let moved = scanned.is_none_or(|before| begin.abs_diff(before) >= WORTH_A_WRITE);
		if forgotten || moved {
			*scanned = Some(begin);
			file.replace(*scanned, watched.values())
				.map_err(|reason| WatchError::Unwritable { path: file.path().into(), reason })?;
		}
		Ok(())
	}

	/// All addresses.
	pub fn watched(&self) -> Vec<Watched> {
		self.0.lock().watched.values().cloned().collect()
	}

	/// How many there are.
	pub fn count(&self) -> usize {
		self.0.lock().watched.len()
	}

	/// Another number whenever there are other addresses.
	pub fn revision(&self) -> u64 {
		self.0.lock().revision
	}

	/// Where a restart must begin at the latest; nothing when that was never noted.
	pub fn scanned(&self) -> Option<u32> {
		self.0.lock().scanned
	}
}

#[cfg(test)]
mod tests;
