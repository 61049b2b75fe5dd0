// SPDX-License-Identifier: GPL-3.0-or-later WITH Classpath-exception-2.0

//! What the chain itself knows of Bitcoin, as of one of its blocks.

use entangled_bitcoin::{target::work, BlockRef, Network, U256};
use entangled_runtime::{opaque::Block, AccountId, Hash};
use pallet_btc_light_client::runtime_api::BtcLightClientApi;
use polkadot_sdk::sp_api::{ApiError, ProvideRuntimeApi};
use std::sync::Arc;

/// The runtime's light client, as far as the node's decisions need it.
pub trait LightClient {
	/// The Bitcoin network that the chain follows; `None` when it follows none.
	fn network(&self) -> Result<Option<Network>, ApiError>;

	/// Canonical Bitcoin blocks, newest first, ever farther apart, down to the oldest kept.
	fn locator(&self) -> Result<Vec<BlockRef>, ApiError>;

	/// Whether `block` is canonical to the chain.
	fn contains(&self, block: &BlockRef) -> Result<bool, ApiError>;

	/// The work of the canonical blocks above `height` up to and including `tip`.
	fn work_above(&self, height: u32, tip: u32) -> Result<U256, ApiError>;
}

/// [`LightClient`] through the runtime API.
pub struct RuntimeLightClient<C> {
	client: Arc<C>,
	at: Hash,
}

impl<C> RuntimeLightClient<C> {
	/// The light client as of the block `at`.
	pub fn new(client: Arc<C>, at: Hash) -> Self {
		Self { client, at }
	}
}

impl<C> LightClient for RuntimeLightClient<C>
where
	C: ProvideRuntimeApi<Block>,
	C::Api: BtcLightClientApi<Block, AccountId>,
{
	fn network(&self) -> Result<Option<Network>, ApiError> {
		self.client.runtime_api().network(self.at)
	}

	fn locator(&self) -> Result<Vec<BlockRef>, ApiError> {
		self.client.runtime_api().locator(self.at)
	}

	fn contains(&self, block: &BlockRef) -> Result<bool, ApiError> {
		let known = self.client.runtime_api().header(self.at, block.height)?;
		Ok(known.is_some_and(|known| known.block == *block))
	}

	fn work_above(&self, height: u32, tip: u32) -> Result<U256, ApiError> {
		let api = self.client.runtime_api();
		let mut sum = U256::zero();
		for height in height.saturating_add(1)..=tip {
			let Some(known) = api.header(self.at, height)? else { continue };
			let target = known.header.bits.target().unwrap_or_default();
			sum = sum.saturating_add(work(target));
		}
		Ok(sum)
	}
}
