// SPDX-License-Identifier: GPL-3.0-or-later WITH Classpath-exception-2.0

//! What to look for in Bitcoin's blocks, and how far back.

use super::{bonds::Bonds, find::Interests, scan::Scan, watchlist::WatchList};
use crate::tasks::chain::View;
use entangled_bitcoin::{ChainId, TaprootScript, Txid};
use pallet_peg::{CommitteeView, DepositTerms};
use polkadot_sdk::sp_api::ApiError;
use std::collections::{HashMap, HashSet};

/// What blocks have been looked through for. Whatever is new sends the scan back to where it may
/// have been paid first.
#[derive(Default)]
pub struct Known {
	/// Fixed addresses.
	committees: HashSet<TaprootScript>,
	attempts: HashSet<Txid>,
	watched: HashMap<TaprootScript, DepositTerms>,
	/// The watch list as of this revision.
	revision: Option<u64>,
	bonds: Bonds,
}

impl Known {
	/// What to look for now, for this chain of ours: for what is the peg's, as its best block says; for
	/// bonds, as the last final one does. Which of a bond's coins can be spent may be told one way by one
	/// best block and another by the next, and each time it would be looked for anew since its
	/// registration. What was found waits until it is shown in a final block anyway.
	pub fn update(
		&mut self,
		chain: ChainId,
		view: &impl View,
		finalised: &impl View,
		watchlist: &WatchList,
		scan: &mut Scan,
	) -> Result<Interests, ApiError> {
		let mut interests = Interests {
			chain,
			addresses: HashMap::new(),
			least: view.status()?.policy.min_deposit,
			attempts: HashSet::new(),
			bonds: self.bonds.update(finalised, scan)?,
		};
		let mut committees = view.committees()?;
		// One whose time is over may hold coins still, and nobody can deposit with it.
		let tip = view.bitcoin_tip()?.map_or(0, |tip| tip.height);
		committees.retain(|known| known.honoured_until.is_none_or(|until| tip <= until));
		// One that is not there, as on another fork, must be looked for anew when it comes back.
		self.committees.retain(|fixed| committees.iter().any(|known| known.fixed == *fixed));
		for CommitteeView { id, fixed, active_from, .. } in committees {
			if self.committees.insert(fixed) {
				scan.rewind(active_from);
			}
			interests.addresses.insert(fixed, DepositTerms::Fixed { committee: id });
		}
		for attempt in view.batch()?.into_iter().flat_map(|batch| batch.attempts) {
			if self.attempts.insert(attempt.txid) {
				scan.rewind(attempt.built_at.saturating_add(1));
			}
			interests.attempts.insert(attempt.txid);
		}
		self.attempts.retain(|txid| interests.attempts.contains(txid));
		self.update_watched(watchlist, scan);
		interests.addresses.extend(self.watched.clone());
		Ok(interests)
	}

	fn update_watched(&mut self, watchlist: &WatchList, scan: &mut Scan) {
		let revision = watchlist.revision();
		if self.revision == Some(revision) {
			return;
		}
		let watched = watchlist.watched();
		for known in &watched {
			if !self.watched.contains_key(&known.script) {
				scan.rewind(known.since());
			}
		}
		self.watched = watched.into_iter().map(|watched| (watched.script, watched.terms)).collect();
		self.revision = Some(revision);
	}
}
