// SPDX-License-Identifier: GPL-3.0-or-later WITH Classpath-exception-2.0

//! What the tasks ask of our chain.

use super::submit::Message;
use entangled_bitcoin::{BlockHash, BlockRef, ChainId, Network, OutPoint, XOnlyKey};
use entangled_runtime::{
	opaque::{Block, UncheckedExtrinsic},
	AccountId, BlockNumber, Hash,
};
use pallet_btc_light_client::runtime_api::BtcLightClientApi;
use pallet_peg::{
	runtime_api::PegApi, BatchView, CandidateView, CoinView, CommitteeView, PegStatus,
	SignedTransaction, SigningTask, Withdrawal, WithdrawalId,
};
use polkadot_sdk::{
	sp_api::{ApiError, ProvideRuntimeApi},
	sp_blockchain::HeaderBackend,
	sp_consensus::SyncOracle,
};
use std::sync::Arc;

/// Our chain.
pub trait Chain: Send + Sync {
	/// The chain as of one of its blocks.
	type View: View;

	/// As of the best block; nothing while the chain is being synchronised, when what it says is
	/// old.
	fn best(&self) -> Option<Self::View>;

	/// As of the last final block; nothing while the chain is being synchronised.
	fn finalised(&self) -> Option<Self::View>;

	/// Which chain it is.
	fn id(&self) -> ChainId;
}

/// What our chain says of Bitcoin and the peg, as of one of its blocks.
pub trait View: Send + Sync {
	/// Height of the block.
	fn number(&self) -> BlockNumber;

	/// The Bitcoin network that is followed.
	fn network(&self) -> Result<Option<Network>, ApiError>;

	/// Bitcoin's tip.
	fn bitcoin_tip(&self) -> Result<Option<BlockRef>, ApiError>;

	/// The Bitcoin block at this height, if it is kept.
	fn bitcoin_block(&self, height: u32) -> Result<Option<BlockHash>, ApiError>;

	/// Whether a Bitcoin block may be relied on.
	fn is_final(&self, block: BlockHash) -> Result<bool, ApiError>;

	/// The peg at a glance.
	fn status(&self) -> Result<PegStatus, ApiError>;

	/// The committees, the one that serves last.
	fn committees(&self) -> Result<Vec<CommitteeView<AccountId>>, ApiError>;

	/// The committee that is to take over.
	fn candidate(&self) -> Result<Option<CandidateView<AccountId>>, ApiError>;

	/// Whether this output was claimed.
	fn is_claimed(&self, outpoint: OutPoint) -> Result<bool, ApiError>;

	/// A withdrawal.
	fn withdrawal(&self, id: WithdrawalId) -> Result<Option<Withdrawal<AccountId>>, ApiError>;

	/// The batch in flight.
	fn batch(&self) -> Result<Option<BatchView<AccountId>>, ApiError>;

	/// The outputs that custody holds.
	fn custody(&self) -> Result<Vec<CoinView>, ApiError>;

	/// What the holder of a key still has to sign.
	fn signing_tasks(&self, key: XOnlyKey) -> Result<Vec<SigningTask>, ApiError>;

	/// Complete transactions, newest first.
	fn transactions(&self) -> Result<Vec<SignedTransaction>, ApiError>;

	/// The transaction of ours that carries a message; nothing when the chain cannot make one of it.
	fn extrinsic(&self, message: &Message) -> Result<Option<UncheckedExtrinsic>, ApiError>;
}

/// [`Chain`] through the runtime API.
pub struct RuntimeChain<C, S> {
	client: Arc<C>,
	sync: S,
}

impl<C, S> RuntimeChain<C, S> {
	/// The chain of this client, which `sync` synchronises.
	pub fn new(client: Arc<C>, sync: S) -> Self {
		Self { client, sync }
	}
}

impl<C, S> Chain for RuntimeChain<C, S>
where
	C: ProvideRuntimeApi<Block> + HeaderBackend<Block> + Send + Sync,
	C::Api: BtcLightClientApi<Block, AccountId> + PegApi<Block, AccountId>,
	S: SyncOracle + Send + Sync,
{
	type View = RuntimeView<C>;

	fn best(&self) -> Option<Self::View> {
		let info = (!self.sync.is_major_syncing()).then(|| self.client.info())?;
		Some(RuntimeView::new(self.client.clone(), info.best_hash, info.best_number))
	}

	fn finalised(&self) -> Option<Self::View> {
		let info = (!self.sync.is_major_syncing()).then(|| self.client.info())?;
		Some(RuntimeView::new(self.client.clone(), info.finalized_hash, info.finalized_number))
	}

	fn id(&self) -> ChainId {
		ChainId(self.client.info().genesis_hash.into())
	}
}

/// [`View`] through the runtime API.
pub struct RuntimeView<C> {
	client: Arc<C>,
	at: Hash,
	number: BlockNumber,
}

impl<C> RuntimeView<C> {
	/// The chain as of the block `at`, which has this height.
	pub fn new(client: Arc<C>, at: Hash, number: BlockNumber) -> Self {
		Self { client, at, number }
	}
}

impl<C> View for RuntimeView<C>
where
	C: ProvideRuntimeApi<Block> + Send + Sync,
	C::Api: BtcLightClientApi<Block, AccountId> + PegApi<Block, AccountId>,
{
	fn number(&self) -> BlockNumber {
		self.number
	}

	fn network(&self) -> Result<Option<Network>, ApiError> {
		self.client.runtime_api().network(self.at)
	}

	fn bitcoin_tip(&self) -> Result<Option<BlockRef>, ApiError> {
		let tip = self.client.runtime_api().tip(self.at)?;
		Ok(tip.map(|tip| BlockRef { height: tip.height, hash: tip.hash }))
	}

	fn bitcoin_block(&self, height: u32) -> Result<Option<BlockHash>, ApiError> {
		let known = self.client.runtime_api().header(self.at, height)?;
		Ok(known.map(|known| known.block.hash))
	}

	fn is_final(&self, block: BlockHash) -> Result<bool, ApiError> {
		Ok(self.client.runtime_api().is_final(self.at, block)?.is_ok())
	}

	fn status(&self) -> Result<PegStatus, ApiError> {
		PegApi::status(&*self.client.runtime_api(), self.at)
	}

	fn committees(&self) -> Result<Vec<CommitteeView<AccountId>>, ApiError> {
		self.client.runtime_api().committees(self.at)
	}

	fn candidate(&self) -> Result<Option<CandidateView<AccountId>>, ApiError> {
		self.client.runtime_api().candidate(self.at)
	}

	fn is_claimed(&self, outpoint: OutPoint) -> Result<bool, ApiError> {
		Ok(self.client.runtime_api().deposit(self.at, outpoint)?.is_some())
	}

	fn withdrawal(&self, id: WithdrawalId) -> Result<Option<Withdrawal<AccountId>>, ApiError> {
		self.client.runtime_api().withdrawal(self.at, id)
	}

	fn batch(&self) -> Result<Option<BatchView<AccountId>>, ApiError> {
		self.client.runtime_api().batch(self.at)
	}

	fn custody(&self) -> Result<Vec<CoinView>, ApiError> {
		self.client.runtime_api().custody(self.at)
	}

	fn signing_tasks(&self, key: XOnlyKey) -> Result<Vec<SigningTask>, ApiError> {
		self.client.runtime_api().signing_tasks(self.at, key)
	}

	fn transactions(&self) -> Result<Vec<SignedTransaction>, ApiError> {
		self.client.runtime_api().transactions(self.at)
	}

	fn extrinsic(&self, message: &Message) -> Result<Option<UncheckedExtrinsic>, ApiError> {
		let (api, at) = (self.client.runtime_api(), self.at);
		match message.clone() {
			Message::Claim { claim, vout, terms } => {
				api.claim_transaction(at, (*claim).clone(), vout, terms).map(Some)
			},
			Message::Settle { claim } => api.settle_transaction(at, (*claim).clone()).map(Some),
			Message::Front { claim, id } => {
				api.front_transaction(at, (*claim).clone(), id).map(Some)
			},
			Message::Sign { batch, attempt, key, signatures } => {
				api.sign_transaction(at, batch, attempt, key, signatures)
			},
			Message::ProveLife { committee, key, signature } => {
				api.prove_life_transaction(at, committee, key, signature).map(Some)
			},
		}
	}
}
