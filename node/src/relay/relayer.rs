// SPDX-License-Identifier: GPL-3.0-or-later WITH Classpath-exception-2.0

//! The task that looks through Bitcoin's blocks, and brings our chain the proofs of what it finds.
//!
//! Which blocks are Bitcoin's, our chain says: it knows the headers, and a block that it does not
//! know proves nothing to it. The Bitcoin node only gives the blocks' contents. Findings wait in
//! memory until the chain has them for good. On the disk stands the height below which nothing
//! waits any more, and a restart looks from there on again: whenever it comes, nothing is lost.

use super::{
	find::{find, Subject},
	findings::Findings,
	interests::Known,
	need::Needs,
	scan::Scan,
	turn::Identity,
	watchlist::WatchList,
	LOG_TARGET,
};
use crate::{
	bitcoin::{answers, rpc::CallError, Nodes},
	peg::Metrics,
	tasks::{
		chain::{Chain, View},
		next_block,
		submit::Pool,
	},
};
use entangled_bitcoin::BlockRef;
use futures::Stream;
use polkadot_sdk::sp_api::ApiError;
use std::sync::Arc;

/// Blocks below the tip that a start looks through again at the least: what the smallest pruned
/// Bitcoin node keeps (`MIN_BLOCKS_TO_KEEP`).
const WINDOW: u32 = 288;

/// Blocks below the one that the last run had got to which a start looks through again: the last run
/// may not have come to look there for what was new then, as an address that it had just been asked
/// to watch, or an attempt on a fork of ours; and a few blocks of progress are not written.
const OVERLAP: u32 = 144;

/// Blocks that one look goes through at most, so that what is found is brought soon.
const BLOCKS_PER_LOOK: usize = 16;

/// Proofs that one look brings at most.
const PROOFS_PER_LOOK: usize = 32;

/// Why a look failed.
#[derive(Debug, thiserror::Error)]
enum RelayError {
	#[error(transparent)]
	Chain(#[from] ApiError),
	#[error(transparent)]
	Call(#[from] CallError),
}

/// Looks through Bitcoin's blocks.
pub struct Relayer<C, P> {
	chain: C,
	pool: P,
	nodes: Arc<Nodes>,
	watchlist: Arc<WatchList>,
	identity: Box<dyn Fn() -> Identity + Send + Sync>,
	metrics: Metrics,
	scan: Option<Scan>,
	known: Known,
	findings: Findings,
	/// Why the last look failed, as it was logged.
	failure: Option<String>,
	/// Why the list could not be written, as it was logged.
	unwritable: Option<String>,
}

impl<C: Chain, P: Pool> Relayer<C, P> {
	/// Reads blocks from `nodes`, and brings what it finds to `pool`. `identity` tells who we are to
	/// other relayers.
	pub fn new(
		chain: C,
		pool: P,
		nodes: Arc<Nodes>,
		watchlist: Arc<WatchList>,
		identity: impl Fn() -> Identity + Send + Sync + 'static,
		metrics: Metrics,
	) -> Self {
		Self {
			chain,
			pool,
			nodes,
			watchlist,
			identity: Box::new(identity),
			metrics,
			scan: None,
			known: Known::default(),
			findings: Findings::default(),
			failure: None,
			unwritable: None,
		}
	}

	/// Relays for ever; `blocks` gives an item whenever there is a new block of ours.
	pub async fn run(mut self, mut blocks: impl Stream<Item = ()> + Unpin) {
		loop {
			if !self.tick().await {
				next_block(&mut blocks).await;
			}
		}
	}

	/// Looks once. Whether there is more to look through at once.
	pub async fn tick(&mut self) -> bool {
		let Some(best) = self.chain.best() else { return false };
		let looked = self.look(&best).await;
		// What was found before is brought even when the Bitcoin node is down.
		if let Err(error) = self.relay(&best).await {
			log::debug!(target: LOG_TARGET, "cannot bring what was found: {error}");
		}
		let failure = match &looked {
			Ok(_) => None,
			Err(RelayError::Chain(error)) => {
				log::debug!(target: LOG_TARGET, "cannot ask what to look for: {error}");
				None
			},
			Err(RelayError::Call(error)) => {
				self.metrics.errors.with_label_values(&["relayer"]).inc();
				if matches!(error, CallError::Malformed(_)) {
					self.nodes.distrust();
				}
				Some(error.to_string())
			},
		};
		if let Some(error) = failure.as_ref().filter(|_| failure != self.failure) {
			log::warn!(target: LOG_TARGET, "🔎 Cannot read Bitcoin's blocks: {error}");
		}
		self.failure = failure;
		looked.unwrap_or(false)
	}

	/// Looks through the next blocks. Whether there are more.
	async fn look(&mut self, view: &C::View) -> Result<bool, RelayError> {
		let Some(tip) = view.bitcoin_tip()? else { return Ok(false) };
		let mut scan = self.scan.take().unwrap_or_else(|| self.begin(tip));
		let looked = self.look_from(view, &mut scan, tip).await;
		let next = scan.next();
		self.metrics.scanned_height.set(next.saturating_sub(1).into());
		self.scan = Some(scan);
		looked
	}

	/// Where a start begins to look: where the last run had got to, and far enough back in any case.
	/// The first one goes back as far as an address may have been paid.
	fn begin(&self, tip: BlockRef) -> Scan {
		let recent = tip.height.saturating_sub(WINDOW);
		let scanned = self.watchlist.scanned().map(|scanned| scanned.saturating_sub(OVERLAP));
		let from = scanned.map_or(recent, |scanned| scanned.min(recent));
		log::info!(
			target: LOG_TARGET,
			"🔎 Looking for deposits, payments and bonds in Bitcoin's blocks from height {from}",
		);
		Scan::from(from, scanned.map_or(0, |_| from))
	}

	/// Looks through the blocks where `scan` stands. Whether there are more.
	async fn look_from(
		&mut self,
		view: &C::View,
		scan: &mut Scan,
		tip: BlockRef,
	) -> Result<bool, RelayError> {
		if let Some(fork) = scan.reconcile(|height| view.bitcoin_block(height))? {
			log::debug!(target: LOG_TARGET, "Bitcoin was reorganised from height {fork} on");
			self.findings.forget_from(fork);
		}
		if let Some(height) = self.findings.take_left_out() {
			scan.rewind(height);
		}
		let Some(finalised) = self.chain.finalised() else { return Ok(false) };
		let interests =
			self.known.update(self.chain.id(), view, &finalised, &self.watchlist, scan)?;
		if scan.next() <= tip.height && view.bitcoin_block(scan.next())?.is_none() {
			scan.skip_to(oldest(view, scan.next(), tip.height)?);
		}
		let (mut best_needs, mut final_needs) = (Needs::of(view)?, Needs::of(&finalised)?);
		for _ in 0..BLOCKS_PER_LOOK {
			let height = scan.next();
			if height > tip.height {
				break;
			}
			let Some(hash) = view.bitcoin_block(height)? else { return Ok(false) };
			let at = BlockRef { height, hash };
			match answers::block(&*self.nodes, hash).await {
				Ok(block) => {
					for finding in find(&block, at, &interests, |id| view.withdrawal(id))? {
						// Who looks again finds much that is over.
						let over =
							best_needs.is_over(&finding)? && final_needs.is_over(&finding)?;
						if !over {
							self.findings.add(finding);
						}
					}
				},
				// It has yet to hear of the newest.
				Err(CallError::Refused { code: CallError::NOT_FOUND, .. })
					if height == tip.height =>
				{
					return Ok(false)
				},
				// Any other that it does not have now, it will have.
				Err(error) if error.is_pruned() && height.saturating_add(WINDOW) <= tip.height => {
					self.pass_over(at)
				},
				Err(error) => return Err(error.into()),
			}
			scan.advance(at);
		}
		Ok(scan.next() <= tip.height)
	}

	/// A block cannot be looked through. Said once: a pruned node has thousands that it lacks.
	fn pass_over(&mut self, block: BlockRef) {
		let BlockRef { height, hash } = block;
		if self.metrics.missing.get() == 0 {
			log::warn!(
				target: LOG_TARGET,
				"🔎 The Bitcoin node has deleted block {hash} at height {height}. What was paid in \
				 such blocks is not found by this node",
			);
		} else {
			log::debug!(target: LOG_TARGET, "passing over block {hash} at height {height}");
		}
		self.metrics.missing.inc();
	}

	/// Brings what is final and the chain does not show, and forgets what it does show.
	async fn relay(&mut self, best: &C::View) -> Result<(), ApiError> {
		let (Some(scan), Some(finalised)) = (&self.scan, self.chain.finalised()) else {
			return Ok(());
		};
		let next = scan.next();
		let plan = self.findings.plan(best, &finalised, &(self.identity)())?;
		for subject in plan.due.iter().take(PROOFS_PER_LOOK) {
			if let Err(error) = self.bring(best, subject).await {
				log::debug!(target: LOG_TARGET, "cannot bring {subject}: {error}");
			}
		}
		self.findings.forget(&plan.over);
		self.note(next);
		self.metrics.watched.set(self.watchlist.count() as u64);
		for kind in Subject::KINDS {
			let count = self.findings.count(kind);
			self.metrics.waiting.with_label_values(&[kind]).set(count as u64);
		}
		Ok(())
	}

	/// Notes where a restart has to begin: all below was looked through and is over.
	fn note(&mut self, next: u32) {
		let begin = self.findings.lowest().map_or(next, |lowest| lowest.min(next));
		let noted = self.watchlist.note(next, begin, |terms| self.findings.have(terms));
		let failure = noted.err().map(|error| error.to_string());
		if let Some(error) = failure.as_ref().filter(|_| failure != self.unwritable) {
			log::warn!(target: LOG_TARGET, "👁 {error}");
		}
		self.unwritable = failure;
	}

	async fn bring(&mut self, best: &C::View, subject: &Subject) -> Result<(), ApiError> {
		let Some(message) = self.findings.message(subject) else { return Ok(()) };
		let Some(extrinsic) = best.extrinsic(message)? else { return Ok(()) };
		let submission = self.pool.submit(message, extrinsic).await;
		let labels = [subject.kind(), submission.label()];
		self.metrics.relayed.with_label_values(&labels).inc();
		self.findings.brought(subject, best.number(), &submission);
		Ok(())
	}
}

/// Height of the oldest Bitcoin block that our chain keeps, above `gone`, which it keeps no more.
/// All from there up to `tip` are kept.
fn oldest(view: &impl View, mut gone: u32, tip: u32) -> Result<u32, ApiError> {
	let mut kept = tip;
	while kept.saturating_sub(gone) > 1 {
		let middle = gone + (kept - gone) / 2;
		match view.bitcoin_block(middle)? {
			Some(_) => kept = middle,
			None => gone = middle,
		}
	}
	Ok(kept)
}

#[cfg(test)]
mod tests;
