// SPDX-License-Identifier: GPL-3.0-or-later WITH Classpath-exception-2.0

//! Answers the methods of the `peg` namespace.

use super::{
	error::Error,
	take::{Bytes32, Terms},
	views::{
		Batch, Coin, Committee, Deposit, DepositAddress, SigningTask, Status, Transaction,
		Withdrawal, WithdrawalQuote,
	},
	PegRpcServer,
};
use crate::{
	peg::{watchlist::Watched, WatchList},
	rpc::views::InclusionClaim,
};
use codec::Encode;
use entangled_bitcoin::{ChainId, Network, OutPoint, PayoutScript, Sats, TaprootScript, Txid};
use entangled_runtime::{
	opaque::{Block, UncheckedExtrinsic},
	AccountId, Hash,
};
use futures::{future, FutureExt, Stream, StreamExt};
use jsonrpsee::{core::async_trait, Extensions, PendingSubscriptionSink};
use pallet_btc_light_client::runtime_api::BtcLightClientApi;
use pallet_peg::{
	runtime_api::PegApi, CandidateView, CommitteeId, DepositQuote, DepositTerms, WithdrawalId,
};
use polkadot_sdk::{
	sc_client_api::BlockchainEvents,
	sc_rpc::{
		utils::{PendingSubscription, RingBuffer},
		SubscriptionTaskExecutor,
	},
	sc_rpc_api::check_if_safe,
	sp_api::{ApiError, ApiRef, ProvideRuntimeApi},
	sp_blockchain::HeaderBackend,
	sp_core::Bytes,
};
use std::sync::Arc;

/// Answers from the runtime's peg.
pub struct Peg<C> {
	client: Arc<C>,
	executor: SubscriptionTaskExecutor,
	watchlist: Option<Arc<WatchList>>,
}

impl<C> Peg<C> {
	/// Asks `client`; subscriptions run on `executor`. Without a `watchlist` no deposits are
	/// watched.
	pub fn new(
		client: Arc<C>,
		executor: SubscriptionTaskExecutor,
		watchlist: Option<Arc<WatchList>>,
	) -> Self {
		Self { client, executor, watchlist }
	}
}

impl<C> Peg<C>
where
	C: ProvideRuntimeApi<Block> + HeaderBackend<Block>,
	C::Api: BtcLightClientApi<Block, AccountId> + PegApi<Block, AccountId>,
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

	/// The terms as the chain takes them.
	fn terms(&self, at: Hash, terms: Terms) -> Result<DepositTerms, Error> {
		let serving = match terms.committee() {
			Some(named) => named,
			None => self
				.ask(at, |api, at| PegApi::status(&*api, at))?
				.committee
				.ok_or(Error::NoCommittee)?,
		};
		Ok(terms.with(serving))
	}

	/// The script of a deposit address.
	fn script(&self, at: Hash, terms: &DepositTerms) -> Result<TaprootScript, Error> {
		let address = self.ask(at, |api, at| api.deposit_address(at, terms.clone()))?;
		address.map(|address| address.script).map_err(Error::Quote)
	}

	/// The claim, once it is clear that the chain could rely on it at `at`: a transaction that the
	/// pool would refuse without a word helps nobody.
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

/// As `author_submitExtrinsic` takes it.
pub(super) fn submittable(extrinsic: UncheckedExtrinsic) -> Bytes {
	extrinsic.encode().into()
}

#[async_trait]
impl<C> PegRpcServer for Peg<C>
where
	C: ProvideRuntimeApi<Block>
		+ HeaderBackend<Block>
		+ BlockchainEvents<Block>
		+ Send
		+ Sync
		+ 'static,
	C::Api: BtcLightClientApi<Block, AccountId> + PegApi<Block, AccountId>,
{
	fn status(&self, at: Option<Hash>) -> Result<Status, Error> {
		let status = self.ask(self.at(at), |api, at| PegApi::status(&*api, at))?;
		Ok(Status::new(ChainId(self.client.info().genesis_hash.into()), status))
	}

	fn committees(&self, at: Option<Hash>) -> Result<Vec<Committee>, Error> {
		let at = self.at(at);
		let network = self.network(at)?;
		let committees = self.ask(at, |api, at| api.committees(at))?;
		Ok(committees.into_iter().map(|committee| Committee::new(committee, network)).collect())
	}

	fn candidate(&self, at: Option<Hash>) -> Result<Option<CandidateView<AccountId>>, Error> {
		self.ask(self.at(at), |api, at| api.candidate(at))
	}

	fn deposit_address(&self, terms: Terms, at: Option<Hash>) -> Result<DepositAddress, Error> {
		let at = self.at(at);
		let network = self.network(at)?;
		let terms = self.terms(at, terms)?;
		let script = self.script(at, &terms)?;
		Ok(DepositAddress::new(terms, script, network))
	}

	fn fixed_address(
		&self,
		committee: Option<CommitteeId>,
		at: Option<Hash>,
	) -> Result<DepositAddress, Error> {
		self.deposit_address(Terms::Fixed { committee }, at)
	}

	fn quote_deposit(&self, amount: Sats, at: Option<Hash>) -> Result<DepositQuote, Error> {
		self.ask(self.at(at), |api, at| api.quote_deposit(at, amount))?.map_err(Error::Quote)
	}

	fn quote_withdrawal(
		&self,
		address: String,
		amount: Sats,
		at: Option<Hash>,
	) -> Result<WithdrawalQuote, Error> {
		let at = self.at(at);
		let network = self.network(at)?;
		let payout = PayoutScript::from_address(&address, network).map_err(Error::Address)?;
		let quote = self
			.ask(at, |api, at| api.quote_withdrawal(at, payout, amount))?
			.map_err(Error::Quote)?;
		Ok(WithdrawalQuote::new(payout, quote, network))
	}

	fn deposit(&self, outpoint: OutPoint, at: Option<Hash>) -> Result<Option<Deposit>, Error> {
		let deposit = self.ask(self.at(at), |api, at| api.deposit(at, outpoint))?;
		Ok(deposit.map(|deposit| Deposit::new(outpoint, deposit)))
	}

	fn withdrawal(&self, id: WithdrawalId, at: Option<Hash>) -> Result<Option<Withdrawal>, Error> {
		let at = self.at(at);
		let network = self.network(at)?;
		let withdrawal = self.ask(at, |api, at| api.withdrawal(at, id))?;
		Ok(withdrawal.map(|withdrawal| Withdrawal::new(id, withdrawal, network)))
	}

	fn pending(&self, at: Option<Hash>) -> Result<Vec<WithdrawalId>, Error> {
		self.ask(self.at(at), |api, at| api.pending(at))
	}

	fn batch(&self, at: Option<Hash>) -> Result<Option<Batch>, Error> {
		let at = self.at(at);
		let network = self.network(at)?;
		let batch = self.ask(at, |api, at| api.batch(at))?;
		Ok(batch.map(|batch| Batch::new(batch, network)))
	}

	fn custody(&self, at: Option<Hash>) -> Result<Vec<Coin>, Error> {
		let at = self.at(at);
		let network = self.network(at)?;
		let coins = self.ask(at, |api, at| api.custody(at))?;
		Ok(coins.into_iter().map(|coin| Coin::new(coin, network)).collect())
	}

	fn signing_tasks(&self, key: Bytes32, at: Option<Hash>) -> Result<Vec<SigningTask>, Error> {
		let tasks = self.ask(self.at(at), |api, at| api.signing_tasks(at, key.into()))?;
		Ok(tasks.into_iter().map(Into::into).collect())
	}

	fn raw_transactions(&self, at: Option<Hash>) -> Result<Vec<Transaction>, Error> {
		let transactions = self.ask(self.at(at), |api, at| api.transactions(at))?;
		Ok(transactions.into_iter().map(Into::into).collect())
	}

	fn transaction(&self, txid: Txid, at: Option<Hash>) -> Result<Option<Transaction>, Error> {
		let transactions = self.raw_transactions(at)?;
		Ok(transactions.into_iter().find(|transaction| transaction.txid == txid))
	}

	fn watch_deposit(&self, ext: &Extensions, terms: Terms) -> Result<DepositAddress, Error> {
		check_if_safe(ext)?;
		let watchlist = self.watchlist.as_ref().ok_or(Error::NotWatching)?;
		let at = self.at(None);
		let network = self.network(at)?;
		let terms = self.terms(at, terms)?;
		let script = self.script(at, &terms)?;
		// Fixed addresses are looked for in any case.
		if matches!(terms, DepositTerms::Own { .. }) {
			let tip = self.ask(at, |api, at| api.tip(at))?.ok_or(Error::NotFollowing)?;
			let terms = terms.clone();
			watchlist.watch(Watched { terms, script, registered: tip.height })?;
		}
		Ok(DepositAddress::new(terms, script, network))
	}

	fn claim(
		&self,
		claim: InclusionClaim,
		vout: u32,
		terms: Terms,
		at: Option<Hash>,
	) -> Result<Bytes, Error> {
		let at = self.at(at);
		let terms = self.terms(at, terms)?;
		let claim = self.good(at, claim)?;
		self.ask(at, |api, at| api.claim_transaction(at, claim, vout, terms)).map(submittable)
	}

	fn settle(&self, claim: InclusionClaim, at: Option<Hash>) -> Result<Bytes, Error> {
		let at = self.at(at);
		let claim = self.good(at, claim)?;
		self.ask(at, |api, at| api.settle_transaction(at, claim)).map(submittable)
	}

	fn front(
		&self,
		claim: InclusionClaim,
		id: WithdrawalId,
		at: Option<Hash>,
	) -> Result<Bytes, Error> {
		let at = self.at(at);
		let claim = self.good(at, claim)?;
		self.ask(at, |api, at| api.front_transaction(at, claim, id)).map(submittable)
	}

	fn subscribe_withdrawal(&self, pending: PendingSubscriptionSink, id: WithdrawalId) {
		let states = states(self.client.clone(), move |client, at| {
			let network = client.runtime_api().network(at).ok()??;
			let withdrawal = client.runtime_api().withdrawal(at, id).ok()?;
			Some(withdrawal.map(|withdrawal| Withdrawal::new(id, withdrawal, network)))
		});
		let task = PendingSubscription::from(pending).pipe_from_stream(states, RingBuffer::new(16));
		self.executor.spawn("peg-withdrawal-subscription", Some("rpc"), task.boxed());
	}

	fn subscribe_deposit(&self, pending: PendingSubscriptionSink, outpoint: OutPoint) {
		let states = states(self.client.clone(), move |client, at| {
			let deposit = client.runtime_api().deposit(at, outpoint).ok()?;
			Some(deposit.map(|deposit| Deposit::new(outpoint, deposit)))
		});
		let task = PendingSubscription::from(pending).pipe_from_stream(states, RingBuffer::new(16));
		self.executor.spawn("peg-deposit-subscription", Some("rpc"), task.boxed());
	}
}

/// What `question` gives at the best block, and at each new best block that changes it. A block
/// whose state is not there, as during warp sync, says nothing.
fn states<C, T>(
	client: Arc<C>,
	question: impl Fn(&C, Hash) -> Option<T> + Send + 'static,
) -> impl Stream<Item = T> + Unpin
where
	C: HeaderBackend<Block> + BlockchainEvents<Block> + 'static,
	T: Clone + PartialEq + Send + 'static,
{
	// Subscribed before the first answer is read, so that none is missed.
	let new_best = client
		.import_notification_stream()
		.filter_map(|block| future::ready(block.is_new_best.then_some(block.hash)));
	let now = futures::stream::iter([client.info().best_hash]);
	changes(now.chain(new_best).map(move |at| question(&client, at)))
}

/// The answers, each that differs from the one before.
pub(super) fn changes<T: Clone + PartialEq>(
	answers: impl Stream<Item = Option<T>> + Unpin,
) -> impl Stream<Item = T> + Unpin {
	answers
		.scan(None, |last, answer| {
			let news = answer.filter(|answer| last.as_ref() != Some(answer));
			if news.is_some() {
				last.clone_from(&news);
			}
			future::ready(Some(news))
		})
		.filter_map(future::ready)
}
