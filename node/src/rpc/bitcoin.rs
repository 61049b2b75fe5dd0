// SPDX-License-Identifier: GPL-3.0-or-later WITH Classpath-exception-2.0

//! The `bitcoin` namespace: Bitcoin as the chain knows it.

use super::views::{
	Attestation, Finality, Header, HeightOrHash, InclusionClaim, Reason, Status, Tip,
};
use entangled_bitcoin::{BlockHash, BlockRef, InclusionError, Network, Txid};
use entangled_runtime::{opaque::Block, AccountId, Hash};
use futures::{future, FutureExt, Stream, StreamExt};
use jsonrpsee::{
	core::async_trait,
	proc_macros::rpc,
	types::{ErrorObject, ErrorObjectOwned},
	PendingSubscriptionSink,
};
use pallet_btc_light_client::{runtime_api::BtcLightClientApi, ClaimError};
use polkadot_sdk::{
	sc_client_api::BlockchainEvents,
	sc_rpc::{
		utils::{PendingSubscription, RingBuffer},
		SubscriptionTaskExecutor,
	},
	sp_api::{ApiError, ApiRef, ProvideRuntimeApi},
	sp_blockchain::HeaderBackend,
};
use serde_json::json;
use std::sync::Arc;

/// Bitcoin as the chain knows it at the block `at`, or at the best block.
#[rpc(server)]
pub trait BitcoinApi {
	/// The network that the chain follows: `mainnet`, `testnet3`, `testnet4`, `signet` or
	/// `regtest`.
	#[method(name = "bitcoin_network", blocking)]
	fn network(&self, at: Option<Hash>) -> Result<Network, Error>;

	/// The last block.
	#[method(name = "bitcoin_getTip", blocking)]
	fn tip(&self, at: Option<Hash>) -> Result<Tip, Error>;

	/// The header at a height or with a hash; `null` when the chain has none or keeps it no more.
	#[method(name = "bitcoin_getHeader", blocking)]
	fn header(&self, block: HeightOrHash, at: Option<Hash>) -> Result<Option<Header>, Error>;

	/// Blocks from the one with this hash to the tip; `null` when it is not in the chain.
	#[method(name = "bitcoin_getConfirmations", blocking)]
	fn confirmations(&self, hash: BlockHash, at: Option<Hash>) -> Result<Option<u32>, Error>;

	/// Whether the block may be relied on, and if not, which gate is not passed.
	#[method(name = "bitcoin_isFinal", blocking)]
	fn is_final(&self, hash: BlockHash, at: Option<Hash>) -> Result<Finality, Error>;

	/// Blocks of the chain, newest first, ever farther apart, down to the oldest that is kept.
	#[method(name = "bitcoin_locator", blocking)]
	fn locator(&self, at: Option<Hash>) -> Result<Vec<BlockRef>, Error>;

	/// What the validators say of Bitcoin.
	#[method(name = "bitcoin_attestation", blocking)]
	fn attestation(&self, at: Option<Hash>) -> Result<Attestation, Error>;

	/// Whether the light client works as it should, and its rules.
	#[method(name = "bitcoin_status", blocking)]
	fn status(&self, at: Option<Hash>) -> Result<Status, Error>;

	/// The transaction's id, if it is in the block and the block may be relied on.
	#[method(name = "bitcoin_verifyInclusion", blocking)]
	fn verify_inclusion(&self, claim: InclusionClaim, at: Option<Hash>) -> Result<Txid, Error>;

	/// The tip now, and again whenever a new best block has another one.
	#[subscription(
		name = "bitcoin_subscribeTip" => "bitcoin_tip",
		unsubscribe = "bitcoin_unsubscribeTip",
		item = Tip
	)]
	fn subscribe_tip(&self);
}

/// Why a call has no result. Each has a code, and `data` with what to do.
#[derive(Debug, thiserror::Error)]
pub enum Error {
	/// The runtime could not be asked at this block.
	#[error("the chain's state at {at:?} cannot be read: {reason}")]
	State {
		/// The block of ours.
		at: Hash,
		/// What went wrong.
		reason: ApiError,
	},
	/// The chain follows no Bitcoin network.
	#[error("this chain follows no Bitcoin network")]
	NotFollowing,
	/// The claim's block may not be relied on.
	#[error("the block of the claim is not final: {}", .0.message)]
	BlockNotFinal(Reason),
	/// The claim's proof is wrong.
	#[error("the proof does not show that the transaction is in the block")]
	WrongProof(InclusionError),
}

impl Error {
	fn code(&self) -> i32 {
		match self {
			Self::State { .. } => 8001,
			Self::NotFollowing => 8002,
			Self::BlockNotFinal(_) => 8003,
			Self::WrongProof(_) => 8004,
		}
	}
}

impl From<Error> for ErrorObjectOwned {
	fn from(error: Error) -> Self {
		let data = match &error {
			Error::State { .. } => json!({
				"advice": "leave out `at`, or name a recent block of this chain; older states are \
						   kept by nodes with --state-pruning archive",
			}),
			Error::NotFollowing => json!({
				"advice": "the chain specification's genesis must name a Bitcoin checkpoint",
			}),
			Error::BlockNotFinal(reason) => json!(reason),
			Error::WrongProof(reason) => json!({
				"reason": reason,
				"advice": "build the proof from the full block (getblock HASH 0): the transaction \
						   without witnesses, its index, and each sibling as a single SHA-256",
			}),
		};
		ErrorObject::owned(error.code(), error.to_string(), Some(data))
	}
}

/// Answers from the runtime's light client.
pub struct Bitcoin<C> {
	client: Arc<C>,
	executor: SubscriptionTaskExecutor,
}

impl<C> Bitcoin<C> {
	/// Asks `client`; subscriptions run on `executor`.
	pub fn new(client: Arc<C>, executor: SubscriptionTaskExecutor) -> Self {
		Self { client, executor }
	}
}

impl<C> Bitcoin<C>
where
	C: ProvideRuntimeApi<Block> + HeaderBackend<Block>,
{
	/// Asks the runtime at the block `at`, or at the best block.
	fn ask<T>(
		&self,
		at: Option<Hash>,
		question: impl FnOnce(ApiRef<'_, C::Api>, Hash) -> Result<T, ApiError>,
	) -> Result<T, Error> {
		let at = at.unwrap_or_else(|| self.client.info().best_hash);
		question(self.client.runtime_api(), at).map_err(|reason| Error::State { at, reason })
	}
}

#[async_trait]
impl<C> BitcoinApiServer for Bitcoin<C>
where
	C: ProvideRuntimeApi<Block>
		+ HeaderBackend<Block>
		+ BlockchainEvents<Block>
		+ Send
		+ Sync
		+ 'static,
	C::Api: BtcLightClientApi<Block, AccountId>,
{
	fn network(&self, at: Option<Hash>) -> Result<Network, Error> {
		self.ask(at, |api, at| api.network(at))?.ok_or(Error::NotFollowing)
	}

	fn tip(&self, at: Option<Hash>) -> Result<Tip, Error> {
		self.ask(at, |api, at| api.tip(at))?.map(Into::into).ok_or(Error::NotFollowing)
	}

	fn header(&self, block: HeightOrHash, at: Option<Hash>) -> Result<Option<Header>, Error> {
		let header = self.ask(at, |api, at| match block {
			HeightOrHash::Height(height) => api.header(at, height),
			HeightOrHash::Hash(hash) => api.header_by_hash(at, hash),
		})?;
		Ok(header.map(Into::into))
	}

	fn confirmations(&self, hash: BlockHash, at: Option<Hash>) -> Result<Option<u32>, Error> {
		self.ask(at, |api, at| api.confirmations(at, hash))
	}

	fn is_final(&self, hash: BlockHash, at: Option<Hash>) -> Result<Finality, Error> {
		self.ask(at, |api, at| api.is_final(at, hash)).map(Into::into)
	}

	fn locator(&self, at: Option<Hash>) -> Result<Vec<BlockRef>, Error> {
		self.ask(at, |api, at| api.locator(at))
	}

	fn attestation(&self, at: Option<Hash>) -> Result<Attestation, Error> {
		self.ask(at, |api, at| api.attestation(at)).map(Into::into)
	}

	fn status(&self, at: Option<Hash>) -> Result<Status, Error> {
		self.ask(at, |api, at| api.status(at)).map(Into::into)
	}

	fn verify_inclusion(&self, claim: InclusionClaim, at: Option<Hash>) -> Result<Txid, Error> {
		self.ask(at, |api, at| api.verify_inclusion(at, claim.into()))?.map_err(|error| match error
		{
			ClaimError::Block(reason) => Error::BlockNotFinal(reason.into()),
			ClaimError::Proof(reason) => Error::WrongProof(reason),
		})
	}

	fn subscribe_tip(&self, pending: PendingSubscriptionSink) {
		let tips = tips(self.client.clone());
		// Who reads too slowly misses tips in between, never the last one.
		let task = PendingSubscription::from(pending).pipe_from_stream(tips, RingBuffer::new(16));
		self.executor.spawn("bitcoin-tip-subscription", Some("rpc"), task.boxed());
	}
}

/// The tip at the best block, and at each new best block that changes it.
fn tips<C>(client: Arc<C>) -> impl Stream<Item = Tip> + Unpin
where
	C: ProvideRuntimeApi<Block> + HeaderBackend<Block> + BlockchainEvents<Block> + 'static,
	C::Api: BtcLightClientApi<Block, AccountId>,
{
	// Subscribed before the first answer is read, so that none is missed.
	let new_best = client
		.import_notification_stream()
		.filter_map(|block| future::ready(block.is_new_best.then_some(block.hash)));
	let now = futures::stream::iter([client.info().best_hash]);
	now.chain(new_best)
		.scan(None, move |last, at| {
			// A block whose state is not there, as during warp sync, says nothing.
			let tip = client.runtime_api().tip(at).ok().flatten().map(Tip::from);
			let news = tip.filter(|tip| last.as_ref() != Some(tip));
			if news.is_some() {
				last.clone_from(&news);
			}
			future::ready(Some(news))
		})
		.filter_map(future::ready)
}

#[cfg(test)]
mod tests {
	use super::*;
	use pallet_btc_light_client::NotFinal;

	#[test]
	fn every_error_has_a_code_a_message_and_advice() {
		let errors = [
			Error::State {
				at: Default::default(),
				reason: ApiError::UnknownBlock("no such block".into()),
			},
			Error::NotFollowing,
			Error::BlockNotFinal(NotFinal::Stale.into()),
			Error::WrongProof(InclusionError::WrongRoot),
		];
		let mut codes = errors.iter().map(Error::code).collect::<Vec<_>>();
		codes.dedup();
		assert_eq!(codes.len(), errors.len());
		for error in errors {
			let object = ErrorObjectOwned::from(error);
			assert!(!object.message().is_empty());
			assert!(object.data().is_some_and(|data| data.get().len() > 20), "{object}");
		}
	}
}
