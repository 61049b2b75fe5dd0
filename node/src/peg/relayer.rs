// SPDX-License-Identifier: GPL-3.0-or-later WITH Classpath-exception-2.0

//! The task that looks through Bitcoin's blocks, and brings our chain the proofs of what it finds.
//!
//! Which blocks are Bitcoin's, our chain says: it knows the headers, and a block that it does not
//! know proves nothing to it. The Bitcoin node only gives the blocks' contents. Findings wait in
//! memory until their block is final; a restart finds them again.

use super::{
	chain::{Chain, View},
	find::{find, Subject},
	findings::Findings,
	interests::Known,
	metrics::Metrics,
	next_block,
	scan::Scan,
	submit::Pool,
	turn::Identity,
	watchlist::WatchList,
	LOG_TARGET,
};
use crate::bitcoin::{answers, rpc::CallError, Nodes};
use entangled_bitcoin::BlockRef;
use futures::Stream;
use polkadot_sdk::sp_api::ApiError;
use std::sync::Arc;

/// Blocks below the tip that a start looks through again at the least: what the smallest pruned
/// Bitcoin node keeps (`MIN_BLOCKS_TO_KEEP`).
const WINDOW: u32 = 288;

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
	/// Blocks that no Bitcoin node of ours had any more.
	missing: u32,
	/// Why the last look failed, as it was logged.
	failure: Option<String>,
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
			missing: 0,
			failure: None,
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
		looked.map(|()| next <= tip.height)
	}

	/// Where a start begins to look: where the last run had got to, and far enough back in any case.
	/// The first one goes back as far as an address may have been paid.
	fn begin(&self, tip: BlockRef) -> Scan {
		let recent = tip.height.saturating_sub(WINDOW);
		let scanned = self.watchlist.scanned();
		let from = scanned.map_or(recent, |scanned| scanned.min(recent));
		log::info!(
			target: LOG_TARGET,
			"🔎 Looking for deposits and payments in Bitcoin's blocks from height {from}",
		);
		Scan::from(from, scanned.map_or(0, |_| from))
	}

	async fn look_from(
		&mut self,
		view: &C::View,
		scan: &mut Scan,
		tip: BlockRef,
	) -> Result<(), RelayError> {
		if let Some(fork) = scan.reconcile(|height| view.bitcoin_block(height))? {
			log::debug!(target: LOG_TARGET, "Bitcoin was reorganised from height {fork} on");
			self.findings.forget_from(fork);
		}
		let interests = self.known.update(self.chain.id(), view, &self.watchlist, scan)?;
		if scan.next() <= tip.height && view.bitcoin_block(scan.next())?.is_none() {
			scan.skip_to(oldest(view, scan.next(), tip.height)?);
		}
		for _ in 0..BLOCKS_PER_LOOK {
			let height = scan.next();
			if height > tip.height {
				break;
			}
			let Some(hash) = view.bitcoin_block(height)? else { break };
			let at = BlockRef { height, hash };
			match answers::block(&*self.nodes, hash).await {
				Ok(block) => {
					let found = find(&block, at, &interests, |id| view.withdrawal(id))?;
					found.into_iter().for_each(|finding| self.findings.add(finding));
				},
				// Old blocks a pruned node has no more. Newer ones it will have soon.
				Err(CallError::Refused { message, .. })
					if height.saturating_add(WINDOW) <= tip.height =>
				{
					self.pass_over(at, &message)
				},
				Err(error) => return Err(error.into()),
			}
			scan.advance(at);
		}
		Ok(())
	}

	/// A block cannot be looked through. Said once: a pruned node has thousands that it lacks.
	fn pass_over(&mut self, block: BlockRef, message: &str) {
		let BlockRef { height, hash } = block;
		if self.missing == 0 {
			log::warn!(
				target: LOG_TARGET,
				"🔎 The Bitcoin node does not have block {hash} at height {height} ({message}). What \
				 was paid in old blocks that it lacks is not found by this node",
			);
		} else {
			log::debug!(target: LOG_TARGET, "passing over block {hash} at height {height}");
		}
		self.missing = self.missing.saturating_add(1);
	}

	/// Brings what is final and the chain does not show, and forgets what it does show.
	async fn relay(&mut self, best: &C::View) -> Result<(), ApiError> {
		let (Some(scan), Some(finalised)) = (&self.scan, self.chain.finalised()) else {
			return Ok(());
		};
		let next = scan.next();
		let plan = self.findings.plan(best, &finalised, &(self.identity)())?;
		for subject in plan.due.iter().take(PROOFS_PER_LOOK) {
			self.bring(best, subject).await?;
		}
		let tip = best.bitcoin_tip()?.map_or(0, |tip| tip.height);
		let claimed = self.findings.settle(&plan.done, tip);
		let scripts =
			claimed.iter().filter_map(|terms| self.known.script_of(terms)).collect::<Vec<_>>();
		// Where a restart has to begin: all below was looked through and is done.
		let scanned = self.findings.lowest().map_or(next, |lowest| lowest.min(next));
		if let Err(error) = self.watchlist.settle(&scripts, tip, scanned) {
			log::warn!(target: LOG_TARGET, "👁 {error}");
		}
		self.metrics.watched.set(self.watchlist.count() as u64);
		for kind in Subject::KINDS {
			let count = self.findings.count(kind);
			self.metrics.waiting.with_label_values(&[kind]).set(count as u64);
		}
		Ok(())
	}

	async fn bring(&mut self, best: &C::View, subject: &Subject) -> Result<(), ApiError> {
		let Some(message) = self.findings.message(subject) else { return Ok(()) };
		let Some(extrinsic) = best.extrinsic(message)? else { return Ok(()) };
		let submission = self.pool.submit(extrinsic).await;
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
