// SPDX-License-Identifier: GPL-3.0-or-later WITH Classpath-exception-2.0

//! The Bitcoin data of the blocks that we author.

use super::{
	light_client::LightClient, metrics::Metrics, selection::select, view::SharedView, LOG_TARGET,
};
use entangled_bitcoin::Header;
use pallet_btc_light_client::{Observation, INHERENT_IDENTIFIER};
use parking_lot::Mutex;
use polkadot_sdk::sp_inherents::{self, InherentData, InherentDataProvider, InherentIdentifier};
use std::time::Duration;

/// Why a block says nothing of Bitcoin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Silence {
	/// No Bitcoin node was given.
	NoNode,
	/// No Bitcoin node has answered yet.
	NoView,
	/// The Bitcoin node has not answered for too long.
	StaleView,
	/// The Bitcoin node's chain and ours share no block that is still kept.
	NoCommonBlock,
	/// Our own chain's state cannot be read.
	NoState,
}

impl Silence {
	/// What the operator should do.
	fn advice(self) -> &'static str {
		match self {
			Self::NoNode => "no Bitcoin node was given; add --bitcoin-rpc http://HOST:PORT",
			Self::NoView => "the Bitcoin node has not answered yet",
			Self::StaleView => {
				"the Bitcoin node has stopped answering; check that it runs, or add another \
				 --bitcoin-rpc to fail over to"
			},
			Self::NoCommonBlock => {
				"the Bitcoin node's chain shares no block with this chain's; let it finish its \
				 synchronisation"
			},
			Self::NoState => "this chain's state cannot be read",
		}
	}
}

/// Decides what each block that we author says of Bitcoin. Never waits: it reads the follower's
/// last view.
pub struct Observer {
	view: SharedView,
	/// Whether a Bitcoin node was given at all.
	following: bool,
	/// A view older than this is not vouched for.
	max_age: Duration,
	metrics: Metrics,
	/// What the operator was told last; nothing before the first block.
	logged: Mutex<Option<Result<(), Silence>>>,
}

impl Observer {
	/// Reads `view`, which a follower asks for every `interval`; `None` when there is none.
	pub fn new(view: SharedView, interval: Option<Duration>, metrics: Metrics) -> Self {
		let max_age = max_age(interval.unwrap_or_default());
		// Who gave no node was told at the start.
		let logged = Mutex::new(interval.is_none().then_some(Err(Silence::NoNode)));
		Self { view, following: interval.is_some(), max_age, metrics, logged }
	}

	/// What a block on top of the one that `chain` speaks of should say.
	pub fn observe(&self, chain: &impl LightClient) -> Option<Observation> {
		let observed = self.try_observe(chain);
		self.report(&observed);
		observed.ok()
	}

	fn try_observe(&self, chain: &impl LightClient) -> Result<Observation, Silence> {
		if !self.following {
			return Err(Silence::NoNode);
		}
		let view = self.view.get().ok_or(Silence::NoView)?;
		if view.age() > self.max_age {
			return Err(Silence::StaleView);
		}
		let selection = select(chain, &view).map_err(|error| {
			log::debug!(target: LOG_TARGET, "cannot read the light client: {error}");
			Silence::NoState
		})?;
		if selection.tip.is_none() {
			return Err(Silence::NoCommonBlock);
		}
		let headers = selection.headers.iter().flat_map(Header::serialize).collect();
		Ok(Observation { headers, tip: selection.tip, fee_rate: view.fee_rate })
	}

	/// Sets the metrics, and logs when something has changed.
	fn report(&self, observed: &Result<Observation, Silence>) {
		let state = observed.as_ref().map(|_| ()).map_err(|silence| *silence);
		self.metrics.attesting.set(state.is_ok().into());
		let mut logged = self.logged.lock();
		if *logged == Some(state) {
			return;
		}
		match state {
			Ok(()) => log::info!(target: LOG_TARGET, "₿ Our blocks attest to Bitcoin"),
			Err(silence) => log::warn!(
				target: LOG_TARGET,
				"₿ Our blocks do not attest to Bitcoin: {}",
				silence.advice(),
			),
		}
		*logged = Some(state);
	}
}

/// How old a view may be: ten missed questions, and at least ten seconds.
fn max_age(interval: Duration) -> Duration {
	(interval * 10).max(Duration::from_secs(10))
}

/// The inherent data of one block.
pub struct BitcoinInherent(Option<Observation>);

impl BitcoinInherent {
	/// Provides the observation, or nothing.
	pub fn new(observation: Option<Observation>) -> Self {
		Self(observation)
	}
}

#[async_trait::async_trait]
impl InherentDataProvider for BitcoinInherent {
	async fn provide_inherent_data(
		&self,
		data: &mut InherentData,
	) -> Result<(), sp_inherents::Error> {
		match &self.0 {
			Some(observation) => data.put_data(INHERENT_IDENTIFIER, observation),
			None => Ok(()),
		}
	}

	async fn try_handle_error(
		&self,
		_: &InherentIdentifier,
		_: &[u8],
	) -> Option<Result<(), sp_inherents::Error>> {
		// The runtime judges the data when the block executes and reports no errors of its own.
		None
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::bitcoin::{testing::FakeChain, view::BitcoinView};
	use futures::executor::block_on;
	use std::{sync::Arc, time::Instant};

	const INTERVAL: Duration = Duration::from_secs(2);

	fn view(chain: &FakeChain, age: Duration) -> Arc<BitcoinView> {
		let genesis = chain.block(0);
		let updated = Instant::now().checked_sub(age).unwrap();
		Arc::new(BitcoinView::new(genesis, chain.headers(1), chain.tip(), None, updated).unwrap())
	}

	#[test]
	fn fresh_view_is_vouched_for() {
		let metrics = Metrics::new(None).unwrap();
		let shared = SharedView::default();
		let observer = Observer::new(shared.clone(), Some(INTERVAL), metrics.clone());
		let ours = FakeChain::new(3);
		let theirs = ours.extended(2, 0);
		shared.set(view(&theirs, Duration::ZERO));

		let observation = observer.observe(&ours).unwrap();
		assert_eq!(observation.headers.len(), 2 * Header::SIZE);
		assert_eq!(observation.tip, Some(theirs.tip()));
		assert_eq!(metrics.attesting.get(), 1);

		let mut data = InherentData::new();
		block_on(BitcoinInherent::new(Some(observation.clone())).provide_inherent_data(&mut data))
			.unwrap();
		assert_eq!(data.get_data(&INHERENT_IDENTIFIER).unwrap(), Some(observation));
	}

	#[test]
	fn without_a_fresh_view_there_is_no_data() {
		let metrics = Metrics::new(None).unwrap();
		let ours = FakeChain::new(3);
		let shared = SharedView::default();
		let observer = Observer::new(shared.clone(), Some(INTERVAL), metrics.clone());
		assert_eq!(observer.try_observe(&ours), Err(Silence::NoView));

		shared.set(view(&ours, max_age(INTERVAL) + INTERVAL));
		assert_eq!(observer.try_observe(&ours), Err(Silence::StaleView));
		metrics.attesting.set(1);
		assert_eq!(observer.observe(&ours), None);
		assert_eq!(metrics.attesting.get(), 0);

		let stranger = FakeChain::forked_at_genesis(3, 7);
		shared.set(view(&stranger, Duration::ZERO));
		assert_eq!(observer.try_observe(&ours), Err(Silence::NoCommonBlock));

		let alone = Observer::new(shared, None, metrics);
		assert_eq!(alone.try_observe(&ours), Err(Silence::NoNode));

		let mut data = InherentData::new();
		block_on(BitcoinInherent::new(None).provide_inherent_data(&mut data)).unwrap();
		assert_eq!(data.len(), 0);
	}

	#[test]
	fn age_limit_follows_the_interval() {
		for (interval, limit) in [(100, 10_000), (2_000, 20_000), (6_000, 60_000)] {
			assert_eq!(
				max_age(Duration::from_millis(interval)),
				Duration::from_millis(limit),
				"{interval}"
			);
		}
	}
}
