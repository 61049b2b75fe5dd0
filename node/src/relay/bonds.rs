// SPDX-License-Identifier: GPL-3.0-or-later WITH Classpath-exception-2.0

//! Which bonds to look for.
//!
//! There may be many, and the chain tells of some at a time. A start asks for all of them before it
//! looks through any block. From then on every look asks for some more, round and round, so that a new
//! bond is known soon, and one that has ended is forgotten. A new bond, and one that is awaited from now
//! on, sends the scan back to where it may be first.

use super::scan::Scan;
use crate::tasks::chain::View;
use entangled_bitcoin::{OutPoint, Txid};
use pallet_sequencer_staking::WatchedBond;
use polkadot_sdk::sp_api::ApiError;
use std::{
	collections::{HashMap, HashSet},
	sync::Arc,
};

/// How often a look asks for more bonds at most.
const PAGES_PER_LOOK: usize = 2;

/// What to look for in blocks.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Table {
	/// Bonds that would count if they were on Bitcoin.
	pub awaited: HashSet<OutPoint>,
	/// Coins that hold bonds.
	pub coins: HashMap<OutPoint, Holding>,
}

/// What a coin holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Holding {
	/// The bond.
	pub bond: OutPoint,
	/// The transaction that unbonds it.
	pub unbonding: Txid,
}

/// The bonds that are known.
#[derive(Default)]
pub struct Bonds {
	table: Arc<Table>,
	known: HashMap<OutPoint, WatchedBond>,
	/// Those that the chain has told of in this round.
	seen: HashSet<OutPoint>,
	/// The last of them.
	after: Option<OutPoint>,
	/// Whether there has been a whole round.
	complete: bool,
}

impl Bonds {
	/// What to look for now, as of a final block of ours: what it says is not taken back.
	pub fn update(&mut self, view: &impl View, scan: &mut Scan) -> Result<Arc<Table>, ApiError> {
		let mut pages = 0;
		while !self.complete || pages < PAGES_PER_LOOK {
			let page = view.watched(self.after)?;
			let Some(last) = page.last() else {
				self.end_round();
				break;
			};
			self.after = Some(last.outpoint);
			for bond in page {
				self.note(bond, scan);
			}
			pages += 1;
		}
		Ok(self.table.clone())
	}

	fn note(&mut self, bond: WatchedBond, scan: &mut Scan) {
		self.seen.insert(bond.outpoint);
		let before = self.known.get(&bond.outpoint);
		if before == Some(&bond) {
			return;
		}
		if before.is_none_or(|before| bond.awaited && !before.awaited) {
			scan.rewind(bond.since);
		}
		self.forget(bond.outpoint);
		let table = Arc::make_mut(&mut self.table);
		if bond.awaited {
			table.awaited.insert(bond.outpoint);
		}
		// The last one is what unbonding makes of the bond.
		if let Some(unbonded) = bond.coins.last() {
			let holding = Holding { bond: bond.outpoint, unbonding: unbonded.txid };
			table.coins.extend(bond.coins.iter().map(|coin| (*coin, holding)));
		}
		self.known.insert(bond.outpoint, bond);
	}

	/// Forgets what the chain has not told of in this round, and begins another one.
	fn end_round(&mut self) {
		let seen = std::mem::take(&mut self.seen);
		let known = self.known.keys();
		let ended = known.filter(|bond| !seen.contains(bond)).copied().collect::<Vec<_>>();
		ended.into_iter().for_each(|bond| self.forget(bond));
		self.after = None;
		self.complete = true;
	}

	fn forget(&mut self, outpoint: OutPoint) {
		let Some(bond) = self.known.remove(&outpoint) else { return };
		let table = Arc::make_mut(&mut self.table);
		table.awaited.remove(&outpoint);
		for coin in bond.coins {
			table.coins.remove(&coin);
		}
	}
}

#[cfg(test)]
mod tests;
