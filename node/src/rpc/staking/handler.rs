// SPDX-License-Identifier: GPL-3.0-or-later WITH Classpath-exception-2.0

//! Answers the methods of the `staking` namespace.

use super::{
	error::Error,
	views::{Bond, Status, Task, Terms, Transaction},
	StakingRpcServer,
};
use crate::rpc::{
	answer::{states, submittable},
	take::{Account, Bytes32},
	views::InclusionClaim,
};
use entangled_bitcoin::{ChainId, Network, OutPoint, Signature};
use entangled_runtime::{opaque::Block, AccountId, Hash};
use futures::FutureExt;
use jsonrpsee::{core::async_trait, PendingSubscriptionSink};
use pallet_btc_light_client::runtime_api::BtcLightClientApi;
use pallet_sequencer_staking::{
	runtime_api::StakingApi, BondState, Duty, Earnings, SequencerView, MAX_COLLECTED, MAX_PAGE,
};
use parking_lot::Mutex;
use polkadot_sdk::{
	sc_client_api::BlockchainEvents,
	sc_rpc::{
		utils::{PendingSubscription, RingBuffer},
		SubscriptionTaskExecutor,
	},
	sp_api::{ApiError, ApiRef, ProvideRuntimeApi},
	sp_blockchain::HeaderBackend,
	sp_core::Bytes,
};
use std::sync::Arc;

/// Answers from the runtime's staking.
pub struct Staking<C> {
	client: Arc<C>,
	executor: SubscriptionTaskExecutor,
}

impl<C> Staking<C> {
	/// Asks `client`; subscriptions run on `executor`.
	pub fn new(client: Arc<C>, executor: SubscriptionTaskExecutor) -> Self {
		Self { client, executor }
	}
}

impl<C> Staking<C>
where
	C: ProvideRuntimeApi<Block> + HeaderBackend<Block>,
	C::Api: BtcLightClientApi<Block, AccountId> + StakingApi<Block, AccountId>,
{
	/// The block to ask at.
	fn at(&self, at: Option<Hash>) -> Hash {
		at.unwrap_or_else(|| self.client.info().best_hash)
	}

	/// Asks the runtime at the block `at`.
	fn ask<T>(
		&self,
		at: Hash,
		question: impl FnOnce(ApiRef<'_, C::Api>, Hash) -> Result<T, ApiError>,
	) -> Result<T, Error> {
		question(self.client.runtime_api(), at).map_err(|reason| Error::State { at, reason })
	}

	fn network(&self, at: Hash) -> Result<Network, Error> {
		self.ask(at, |api, at| api.network(at))?.ok_or(Error::NotFollowing)
	}

	/// The claim, once it is clear that the chain could rely on it at `at`.
	fn good(
		&self,
		at: Hash,
		claim: InclusionClaim,
	) -> Result<pallet_btc_light_client::InclusionClaim, Error> {
		let claim = pallet_btc_light_client::InclusionClaim::from(claim);
		self.ask(at, |api, at| api.verify_inclusion(at, claim.clone()))??;
		Ok(claim)
	}
}

/// The bonds, unless these are more than rewards can be collected for at one time.
pub(super) fn named(bonds: Vec<OutPoint>) -> Result<Vec<OutPoint>, Error> {
	match bonds.len() <= MAX_COLLECTED as usize {
		true => Ok(bonds),
		false => Err(Error::TooManyBonds(bonds.len())),
	}
}

#[async_trait]
impl<C> StakingRpcServer for Staking<C>
where
	C: ProvideRuntimeApi<Block>
		+ HeaderBackend<Block>
		+ BlockchainEvents<Block>
		+ Send
		+ Sync
		+ 'static,
	C::Api: BtcLightClientApi<Block, AccountId> + StakingApi<Block, AccountId>,
{
	fn status(&self, at: Option<Hash>) -> Result<Status, Error> {
		let status = self.ask(self.at(at), |api, at| StakingApi::status(&*api, at))?;
		Ok(Status { chain: ChainId(self.client.info().genesis_hash.into()), status })
	}

	fn sequencers(&self, at: Option<Hash>) -> Result<Vec<SequencerView<AccountId>>, Error> {
		self.ask(self.at(at), |api, at| api.sequencers(at))
	}

	fn sequencer(
		&self,
		Account(account): Account,
		at: Option<Hash>,
	) -> Result<Option<SequencerView<AccountId>>, Error> {
		self.ask(self.at(at), |api, at| api.sequencer(at, account))
	}

	fn bond_terms(
		&self,
		Account(owner): Account,
		Account(sequencer): Account,
		staker: Bytes32,
		timelock: u16,
		at: Option<Hash>,
	) -> Result<Terms, Error> {
		let at = self.at(at);
		let network = self.network(at)?;
		let terms =
			self.ask(at, |api, at| api.bond_terms(at, owner, sequencer, staker.into(), timelock))?;
		terms.map(|terms| Terms::new(terms, network)).map_err(Error::Terms)
	}

	fn bond(&self, outpoint: OutPoint, at: Option<Hash>) -> Result<Option<Bond>, Error> {
		let at = self.at(at);
		let network = self.network(at)?;
		let bond = self.ask(at, |api, at| api.bond(at, outpoint))?;
		Ok(bond.map(|bond| Bond::new(bond, network)))
	}

	fn bonds_of(
		&self,
		Account(sequencer): Account,
		at: Option<Hash>,
	) -> Result<Vec<OutPoint>, Error> {
		self.ask(self.at(at), |api, at| api.bonds_of(at, sequencer))
	}

	fn pending_rewards(
		&self,
		Account(account): Account,
		bonds: Option<Vec<OutPoint>>,
		at: Option<Hash>,
	) -> Result<Earnings, Error> {
		let bonds = named(bonds.unwrap_or_default())?;
		self.ask(self.at(at), |api, at| api.pending_rewards(at, account, bonds))
	}

	fn duties(&self, key: Bytes32, at: Option<Hash>) -> Result<Vec<Task>, Error> {
		let duties = self.ask(self.at(at), |api, at| api.duties(at, key.into()))?;
		Ok(duties.into_iter().map(Into::into).collect())
	}

	fn slashes(
		&self,
		after: Option<OutPoint>,
		at: Option<Hash>,
	) -> Result<Vec<Transaction>, Error> {
		let slashes = self.ask(self.at(at), |api, at| api.complete_slashes(at, after, MAX_PAGE))?;
		Ok(slashes.into_iter().map(Into::into).collect())
	}

	fn sign(
		&self,
		outpoint: OutPoint,
		duty: Duty,
		key: Bytes32,
		signatures: Vec<Signature>,
		at: Option<Hash>,
	) -> Result<Bytes, Error> {
		self.ask(self.at(at), |api, at| {
			StakingApi::sign_transaction(&*api, at, outpoint, duty, key.into(), signatures)
		})?
		.map(submittable)
		.ok_or(Error::TooManySignatures)
	}

	fn activate(
		&self,
		outpoint: OutPoint,
		claim: InclusionClaim,
		at: Option<Hash>,
	) -> Result<Bytes, Error> {
		let at = self.at(at);
		let claim = self.good(at, claim)?;
		self.ask(at, |api, at| api.activate_transaction(at, outpoint, claim)).map(submittable)
	}

	fn report_spend(
		&self,
		outpoint: OutPoint,
		claim: InclusionClaim,
		at: Option<Hash>,
	) -> Result<Bytes, Error> {
		let at = self.at(at);
		let claim = self.good(at, claim)?;
		self.ask(at, |api, at| api.report_spend_transaction(at, outpoint, claim)).map(submittable)
	}

	fn subscribe_bond(&self, pending: PendingSubscriptionSink, outpoint: OutPoint) {
		let last = Mutex::new(None::<Bond>);
		let states = states(self.client.clone(), move |client, at| {
			// That is little. What there is to tell of a bond is made of many signatures and transactions.
			let state = client.runtime_api().bond_state(at, outpoint).ok()?;
			let mut last = last.lock();
			match (state, &*last) {
				(None, _) => return Some(None),
				(Some(state @ BondState::Closed(_)), Some(known)) if known.state == state => {
					return Some(Some(known.clone()))
				},
				_ => {},
			}
			let network = client.runtime_api().network(at).ok()??;
			let bond = client.runtime_api().bond(at, outpoint).ok()?;
			*last = bond.map(|bond| Bond::new(bond, network));
			Some(last.clone())
		});
		let task = PendingSubscription::from(pending).pipe_from_stream(states, RingBuffer::new(16));
		self.executor.spawn("staking-bond-subscription", Some("rpc"), task.boxed());
	}
}
