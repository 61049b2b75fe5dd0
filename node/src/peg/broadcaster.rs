// SPDX-License-Identifier: GPL-3.0-or-later WITH Classpath-exception-2.0

//! The task that sends complete transactions to Bitcoin.
//!
//! The transactions stand in the chain's final state before they are sent, so a crash loses none,
//! and whoever comes back sends the same. All attempts at a batch spend one coin in common, so that
//! however many are sent, Bitcoin mines one at the most.

use super::{
	chain::{Chain, View},
	metrics::Metrics,
	next_block, LOG_TARGET,
};
use crate::bitcoin::{
	answers,
	rpc::{clip, BitcoinRpc, CallError},
	Nodes,
};
use entangled_bitcoin::{BlockRef, Network, Txid};
use futures::Stream;
use pallet_peg::SignedTransaction;
use polkadot_sdk::sp_api::ApiError;
use std::{
	collections::HashMap,
	sync::Arc,
	time::{Duration, Instant},
};

/// A transaction is looked at again after so long, should no new Bitcoin block come before.
const RECHECK: Duration = Duration::from_secs(60);

/// A transaction that waits in the Bitcoin node's memory pool is sent to its peers again after so
/// long: they may have forgotten it.
const RESEND: Duration = Duration::from_secs(10 * 60);

/// How a transaction stands with Bitcoin.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Standing {
	/// It waits in the memory pool.
	Waiting,
	/// It is in the chain.
	Mined,
	/// It spends what is spent: a rival attempt was mined, or it was itself, long ago.
	Spent,
	/// It pays less than what the pool asks for now, or not enough to replace what the pool has. A
	/// replacement will come.
	Underpaid,
	/// It is refused for another reason, which should not happen.
	Refused(String),
}

impl Standing {
	/// All labels.
	const LABELS: [&'static str; 5] = ["waiting", "mined", "spent", "underpaid", "refused"];

	/// In a word, for the metrics.
	pub fn label(&self) -> &'static str {
		match self {
			Self::Waiting => "waiting",
			Self::Mined => "mined",
			Self::Spent => "spent",
			Self::Underpaid => "underpaid",
			Self::Refused(_) => "refused",
		}
	}

	/// What the answer to `sendrawtransaction` says; an error where it says nothing about the
	/// transaction.
	///
	/// The code decides. But Bitcoin Core has one code for all its rules and policies, so among
	/// those the reason's first words do (`TxValidationState`, `MemPoolAccept`); that they are not
	/// translated and do not change from version to version is what its own tests rely on.
	fn of(answer: Result<(), CallError>) -> Result<Self, CallError> {
		let (code, message) = match answer {
			Ok(()) => return Ok(Self::Waiting),
			Err(CallError::Refused { code, message }) => (code, message),
			Err(error) => return Err(error),
		};
		let is_one_of = |reasons: &[&str]| reasons.iter().any(|reason| message.starts_with(reason));
		Ok(match code {
			CallError::ALREADY_IN_UTXO_SET => Self::Mined,
			CallError::VERIFY_ERROR => Self::Spent,
			CallError::VERIFY_REJECTED
				if is_one_of(&["txn-already-in-mempool", "txn-same-nonwitness-data"]) =>
			{
				Self::Waiting
			},
			CallError::VERIFY_REJECTED if is_one_of(&["txn-already-known"]) => Self::Mined,
			CallError::VERIFY_REJECTED
				if is_one_of(&[
					"mempool min fee not met",
					"min relay fee not met",
					"insufficient fee",
					"replacement-failed",
				]) =>
			{
				Self::Underpaid
			},
			CallError::VERIFY_REJECTED => Self::Refused(clip(&message)),
			code => return Err(CallError::Refused { code, message }),
		})
	}
}

/// Why nothing was sent.
#[derive(Debug, thiserror::Error)]
enum BroadcastError {
	#[error(transparent)]
	Chain(#[from] ApiError),
	#[error(transparent)]
	Call(#[from] CallError),
	#[error("the Bitcoin node is on {found:?}, but this chain follows {wanted:?}")]
	Network { found: Network, wanted: Network },
}

/// What is remembered of a transaction between two looks. Lost with a restart, which then looks
/// anew.
struct Known {
	standing: Standing,
	/// Bitcoin's tip when it was looked at.
	tip: BlockRef,
	looked: Instant,
	sent: Option<Instant>,
}

/// Sends the chain's complete transactions to Bitcoin until it has them.
pub struct Broadcaster<C> {
	chain: C,
	nodes: Arc<Nodes>,
	metrics: Metrics,
	known: HashMap<Txid, Known>,
	/// Why the last look failed, as it was logged.
	failure: Option<String>,
}

impl<C: Chain> Broadcaster<C> {
	/// Sends what `chain` has to `nodes`.
	pub fn new(chain: C, nodes: Arc<Nodes>, metrics: Metrics) -> Self {
		Self { chain, nodes, metrics, known: HashMap::new(), failure: None }
	}

	/// Sends for ever; `finalised` gives an item whenever there is a new final block.
	pub async fn run(mut self, mut finalised: impl Stream<Item = ()> + Unpin) {
		loop {
			self.tick().await;
			next_block(&mut finalised).await;
		}
	}

	/// Looks at every transaction once.
	pub async fn tick(&mut self) {
		let Some(view) = self.chain.finalised() else { return };
		let failure = match self.work(&view).await {
			Ok(()) => None,
			Err(BroadcastError::Chain(error)) => {
				log::debug!(target: LOG_TARGET, "cannot ask what to send: {error}");
				None
			},
			Err(error) => {
				self.metrics.errors.with_label_values(&["broadcaster"]).inc();
				if matches!(
					error,
					BroadcastError::Network { .. } | BroadcastError::Call(CallError::Malformed(_))
				) {
					self.nodes.distrust();
				}
				Some(error.to_string())
			},
		};
		if let Some(error) = failure.as_ref().filter(|_| failure != self.failure) {
			log::warn!(target: LOG_TARGET, "📡 Cannot send to Bitcoin: {error}");
		}
		self.failure = failure;
	}

	async fn work(&mut self, view: &C::View) -> Result<(), BroadcastError> {
		let transactions = view.transactions()?;
		self.known.retain(|txid, _| transactions.iter().any(|tx| tx.txid == *txid));
		let (Some(wanted), Some(tip)) = (view.network()?, view.bitcoin_tip()?) else {
			return Ok(());
		};
		let due = transactions.iter().any(|tx| self.is_due(tx, tip));
		let mut behind = false;
		if due {
			let info = answers::chain_info(&*self.nodes).await?;
			if info.network != wanted {
				return Err(BroadcastError::Network { found: info.network, wanted });
			}
			behind = info.best.height < tip.height;
		}
		let mut has_newer = false;
		let mut refused = None;
		for transaction in &transactions {
			// An older attempt conflicts with a newer one, which pays a better rate: it is no use
			// beside it.
			if has_newer && !transaction.settled {
				self.known.remove(&transaction.txid);
				continue;
			}
			// A node that is behind has yet to see that it was mined.
			let early = transaction.settled && behind;
			if self.is_due(transaction, tip) && !early {
				match self.look(transaction, tip).await {
					// That says nothing about the others.
					Err(error @ CallError::Refused { .. }) => refused = Some(error),
					looked => looked?,
				}
			}
			let standing = self.known.get(&transaction.txid).map(|known| &known.standing);
			let taken = matches!(standing, Some(Standing::Waiting | Standing::Mined));
			has_newer |= taken && !transaction.settled;
		}
		for label in Standing::LABELS {
			let count = self.known.values().filter(|known| known.standing.label() == label).count();
			self.metrics.transactions.with_label_values(&[label]).set(count as u64);
		}
		refused.map_or(Ok(()), |error| Err(error.into()))
	}

	/// Whether to look at a transaction now. One that is settled is in the chain, unless a new
	/// block says otherwise.
	fn is_due(&self, transaction: &SignedTransaction, tip: BlockRef) -> bool {
		self.known.get(&transaction.txid).is_none_or(|known| {
			known.tip != tip || (!transaction.settled && known.looked.elapsed() >= RECHECK)
		})
	}

	/// Sends a transaction, unless Bitcoin has it.
	async fn look(
		&mut self,
		transaction: &SignedTransaction,
		tip: BlockRef,
	) -> Result<(), CallError> {
		let SignedTransaction { txid, bytes, .. } = transaction;
		let rpc: &dyn BitcoinRpc = &*self.nodes;
		let sent = self.known.get(txid).and_then(|known| known.sent);
		let waits = answers::is_in_pool(rpc, *txid).await?;
		let resend = sent.is_some_and(|sent| sent.elapsed() >= RESEND);
		let (standing, sent) = if waits && !resend {
			(Standing::Waiting, sent.or(Some(Instant::now())))
		} else {
			let standing = Standing::of(answers::send_transaction(rpc, bytes).await)?;
			self.metrics.broadcasts.with_label_values(&[standing.label()]).inc();
			(standing, Some(Instant::now()))
		};
		let before = self.known.get(txid).map(|known| &known.standing);
		if before != Some(&standing) {
			report(*txid, transaction.settled, waits, &standing);
		}
		self.known.insert(*txid, Known { standing, tip, looked: Instant::now(), sent });
		Ok(())
	}
}

/// Logs how a transaction stands, now that it stands otherwise than before.
fn report(txid: Txid, settled: bool, known: bool, standing: &Standing) {
	match standing {
		Standing::Waiting if settled => log::warn!(
			target: LOG_TARGET,
			"📡 Bitcoin had lost {txid}, which was settled; it was sent again",
		),
		Standing::Waiting if !known => log::info!(target: LOG_TARGET, "📡 Sent {txid} to Bitcoin"),
		Standing::Waiting | Standing::Mined | Standing::Spent => {
			log::debug!(target: LOG_TARGET, "{txid}: {}", standing.label())
		},
		Standing::Underpaid => log::warn!(
			target: LOG_TARGET,
			"📡 {txid} pays too little for the Bitcoin node's memory pool; it waits for a \
			 replacement that pays more",
		),
		Standing::Refused(reason) => log::error!(
			target: LOG_TARGET,
			"📡 The Bitcoin node refuses {txid}: {reason}. Check its policy settings",
		),
	}
}

#[cfg(test)]
mod tests;
