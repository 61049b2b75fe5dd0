// SPDX-License-Identifier: GPL-3.0-or-later WITH Classpath-exception-2.0

//! The task that keeps the view of the Bitcoin node up to date.

use super::{
	answers,
	light_client::LightClient,
	metrics::Metrics,
	rpc::{BitcoinRpc, CallError},
	view::{BitcoinView, SharedView, Unlinked},
	LOG_TARGET,
};
use entangled_bitcoin::{BlockRef, FeeRate, Header, Network};
use futures::{stream, StreamExt, TryStreamExt};
use polkadot_sdk::sp_api::ApiError;
use std::{
	sync::Arc,
	time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

/// How far below the last common block a view begins. A block of ours may be built on a parent that
/// knows a little less of Bitcoin than our best block does; the view serves it, too.
const OVERLAP: u32 = 12;

/// Questions that are open at the same time. Bitcoin Core refuses more than its work queue holds
/// (16 by default before version 29), and others ask it as well.
const PARALLEL_CALLS: usize = 4;

/// Headers that one view adds at most. A Bitcoin node that is slow then still gets somewhere within
/// [`VIEW_LIMIT`], and a chain that is far behind needs some views more.
const HEADERS_PER_VIEW: u32 = 500;

/// How long a view may take to read. Who needs longer has failed, and the next node is asked.
const VIEW_LIMIT: Duration = Duration::from_secs(30);

/// Why there is no new view.
#[derive(Debug, thiserror::Error)]
pub enum FollowError {
	/// A call to the Bitcoin node failed.
	#[error(transparent)]
	Call(#[from] CallError),
	/// The Bitcoin node is on another network than our chain.
	#[error(
		"the Bitcoin node is on {found:?}, but this chain follows {wanted:?}; point --bitcoin-rpc \
		 at a {wanted:?} node"
	)]
	Network {
		/// The Bitcoin node's network.
		found: Network,
		/// Our chain's network.
		wanted: Network,
	},
	/// The Bitcoin node has none of the blocks that our chain keeps.
	#[error(
		"the Bitcoin node is at height {height} and has none of the blocks that this chain knows, \
		 of which the oldest is {} at height {}; let it finish its synchronisation, or check that \
		 it follows the same chain",
		oldest.hash,
		oldest.height
	)]
	NoCommonBlock {
		/// Height of the Bitcoin node's best block.
		height: u32,
		/// The oldest block that our chain keeps.
		oldest: BlockRef,
	},
	/// The headers do not follow one another. A reorganisation in the middle of reading does that,
	/// too, and passes.
	#[error(transparent)]
	Unlinked(#[from] Unlinked),
	/// The Bitcoin node denies a block that it must have.
	#[error("the Bitcoin node is at height {tip} and says it has no block at height {height}")]
	MissingBlock {
		/// Height at which it has none.
		height: u32,
		/// Height of its best block.
		tip: u32,
	},
	/// Our own chain cannot be asked yet.
	#[error("this chain's state cannot be read yet: {0}")]
	Chain(#[from] ApiError),
	/// Our own chain follows no Bitcoin network.
	#[error("the chain specification names no Bitcoin checkpoint")]
	NotStarted,
}

impl FollowError {
	/// What was wrong, in a word for the metrics.
	pub fn kind(&self) -> &'static str {
		match self {
			Self::Call(error) => error.kind(),
			Self::Network { .. } => "network",
			Self::NoCommonBlock { .. } => "no_common_block",
			Self::Unlinked(_) | Self::MissingBlock { .. } => "inconsistent",
			Self::Chain(_) | Self::NotStarted => "chain",
		}
	}
}

/// Reads one view from a Bitcoin node. Headers that `previous` has are not asked for again.
pub async fn read_view(
	rpc: &dyn BitcoinRpc,
	network: Network,
	locator: &[BlockRef],
	previous: Option<&BitcoinView>,
) -> Result<BitcoinView, FollowError> {
	// What a view says was true when the Bitcoin node was asked for its best block.
	let asked = Instant::now();
	let info = answers::chain_info(rpc).await?;
	if info.network != network {
		return Err(FollowError::Network { found: info.network, wanted: network });
	}
	let tip = info.best;
	// As long as its best block stays, so does the chain below it.
	let unchanged = previous.filter(|view| view.tip == tip);
	let common = last_common(rpc, locator, tip, unchanged).await?;
	let base = locator
		.iter()
		.find(|block| block.height.saturating_add(OVERLAP) <= common.height)
		.or(locator.last())
		.copied()
		.unwrap_or(common);
	let end = tip.height.min(common.height.saturating_add(HEADERS_PER_VIEW));
	// An estimate is welcome, never needed.
	let fee_rate = answers::fee_rate(rpc).await;
	let headers = match unchanged {
		Some(view) if view.contains(&base) && view.end().height >= end => {
			view.above(base.height).iter().map(|(_, header)| *header).collect()
		},
		_ => read_headers(rpc, base, end, tip, previous).await?,
	};
	Ok(BitcoinView::new(base, headers, tip, fee_rate, asked)?)
}

/// The newest block of `locator` that is in the Bitcoin node's best chain.
async fn last_common(
	rpc: &dyn BitcoinRpc,
	locator: &[BlockRef],
	tip: BlockRef,
	unchanged: Option<&BitcoinView>,
) -> Result<BlockRef, FollowError> {
	for block in locator.iter().filter(|block| block.height <= tip.height) {
		let known = unchanged.is_some_and(|view| view.contains(block));
		if known || answers::block_hash(rpc, block.height).await? == Some(block.hash) {
			return Ok(*block);
		}
	}
	match locator.last() {
		Some(oldest) => Err(FollowError::NoCommonBlock { height: tip.height, oldest: *oldest }),
		None => Err(FollowError::NotStarted),
	}
}

/// The Bitcoin node's headers above `base` up to and including height `end`.
async fn read_headers(
	rpc: &dyn BitcoinRpc,
	base: BlockRef,
	end: u32,
	tip: BlockRef,
	previous: Option<&BitcoinView>,
) -> Result<Vec<Header>, FollowError> {
	stream::iter(base.height.saturating_add(1)..=end)
		.map(|height| async move {
			let hash = if height == tip.height {
				tip.hash
			} else {
				answers::block_hash(rpc, height)
					.await?
					.ok_or(FollowError::MissingBlock { height, tip: tip.height })?
			};
			match previous.and_then(|view| view.header_at(height, &hash)) {
				Some(header) => Ok(header),
				None => Ok(answers::header(rpc, hash).await?),
			}
		})
		.buffered(PARALLEL_CALLS)
		.try_collect()
		.await
}

/// Follows the operator's Bitcoin nodes. The one in use stays in use until it fails; then the next
/// that answers takes over.
pub struct Follower<F> {
	nodes: Vec<Box<dyn BitcoinRpc>>,
	/// Index of the node in use.
	current: usize,
	/// Gives our chain's light client as of the best block; nothing while the chain itself is being
	/// synchronised, when what it knows of Bitcoin is old and no block is authored.
	chain: F,
	view: SharedView,
	metrics: Metrics,
	interval: Duration,
	/// What was logged last for each node: the error's text, or nothing while it works.
	logged: Vec<Option<String>>,
	connected: bool,
}

impl<F, L> Follower<F>
where
	F: Fn() -> Option<L>,
	L: LightClient,
{
	/// Follows `nodes`, asking every `interval`, and puts what it learns into `view`.
	pub fn new(
		nodes: Vec<Box<dyn BitcoinRpc>>,
		chain: F,
		view: SharedView,
		metrics: Metrics,
		interval: Duration,
	) -> Self {
		let logged = vec![None; nodes.len()];
		Self { nodes, current: 0, chain, view, metrics, interval, logged, connected: false }
	}

	/// Follows for ever.
	pub async fn run(mut self) {
		loop {
			self.poll().await;
			tokio::time::sleep(self.interval).await;
		}
	}

	/// Asks once: the node in use, or else the others in turn.
	pub async fn poll(&mut self) {
		let known = {
			let Some(chain) = (self.chain)() else { return self.disconnected() };
			chain.network().and_then(|network| Ok((network, chain.locator()?)))
		};
		let (network, locator) = match known {
			Ok((Some(network), locator)) if !locator.is_empty() => (network, locator),
			Ok(_) => return self.without_chain(FollowError::NotStarted),
			Err(error) => return self.without_chain(error.into()),
		};
		let previous = self.view.get();
		for turn in 0..self.nodes.len() {
			let index = (self.current + turn) % self.nodes.len();
			let reading = read_view(&*self.nodes[index], network, &locator, previous.as_deref());
			let read = tokio::time::timeout(VIEW_LIMIT, reading).await;
			match read.unwrap_or(Err(CallError::Timeout(VIEW_LIMIT).into())) {
				Ok(view) => {
					self.succeeded(index, &locator, view);
					return;
				},
				Err(error) => self.failed(index, &error),
			}
		}
		self.disconnected();
	}

	/// No Bitcoin node answers, or none is asked.
	fn disconnected(&mut self) {
		self.connected = false;
		self.metrics.connected.set(0);
	}

	fn succeeded(&mut self, index: usize, locator: &[BlockRef], view: BitcoinView) {
		let name = self.nodes[index].name();
		if !self.connected || self.current != index || self.logged[index].is_some() {
			log::info!(
				target: LOG_TARGET,
				"₿ Following Bitcoin through {name}: block {} at height {}",
				view.tip.hash,
				view.tip.height,
			);
		}
		self.connected = true;
		self.current = index;
		self.logged[index] = None;
		self.report(locator, &view);
		self.view.set(Arc::new(view));
	}

	fn failed(&mut self, index: usize, error: &FollowError) {
		self.metrics.errors.with_label_values(&[error.kind()]).inc();
		let name = self.nodes[index].name();
		let text = error.to_string();
		if self.logged[index].as_ref() == Some(&text) {
			log::debug!(target: LOG_TARGET, "{name}: {text}");
		} else {
			log::warn!(target: LOG_TARGET, "₿ Cannot follow Bitcoin through {name}: {text}");
			self.logged[index] = Some(text);
		}
	}

	/// Our own chain cannot say what it knows, as during warp sync.
	fn without_chain(&mut self, error: FollowError) {
		self.disconnected();
		log::debug!(target: LOG_TARGET, "not following Bitcoin: {error}");
	}

	fn report(&self, locator: &[BlockRef], view: &BitcoinView) {
		let BitcoinView { tip, fee_rate, .. } = view;
		let chain_height = locator.first().map_or(0, |block| block.height);
		let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
		self.metrics.connected.set(1);
		self.metrics.node_height.set(tip.height.into());
		self.metrics.chain_height.set(chain_height.into());
		self.metrics.headers_behind.set(tip.height.saturating_sub(chain_height).into());
		self.metrics.last_update.set(now);
		log::trace!(
			target: LOG_TARGET,
			"Bitcoin is at height {}, this chain at {chain_height}; fee rate {:?}",
			tip.height,
			fee_rate.map(|FeeRate(rate)| rate),
		);
	}
}

#[cfg(test)]
mod tests;
