// SPDX-License-Identifier: GPL-3.0-or-later WITH Classpath-exception-2.0

//! The task that sends to Bitcoin what slashes bonds.
//!
//! The transactions stand in the chain's final state with all their signatures, so a crash loses none,
//! and whoever comes back sends the same. Which of a bond's two can be mined depends on whether the
//! staker has unbonded it meanwhile: the one that spends the bond is tried first. Their fee was fixed
//! when the bond was registered. Where the operator gave a key that pays fees, it adds what is missing
//! by the anchor.

use super::{metrics::Metrics, LOG_TARGET};
use crate::{
	bitcoin::{
		answers,
		bump::{Bumped, Bumper},
		rpc::{BitcoinRpc, CallError},
		standing::Standing,
		Nodes,
	},
	tasks::{
		chain::{Chain, View},
		next_block,
	},
};
use bitcoin::consensus;
use entangled_bitcoin::{BlockRef, FeeRate, Network, OutPoint, Txid};
use futures::Stream;
use pallet_sequencer_staking::SignedSlash;
use polkadot_sdk::sp_api::ApiError;
use std::{
	collections::{HashMap, HashSet},
	sync::Arc,
	time::{Duration, Instant},
};

/// A bond's transactions that do not wait as they should are looked at again after so long, should no
/// new Bitcoin block come before. There may be thousands.
const RECHECK: Duration = Duration::from_secs(60);

/// A transaction that waits in the Bitcoin node's memory pool is looked at again after so long, and sent
/// to its peers again: they may have forgotten it.
const RESEND: Duration = Duration::from_secs(10 * 60);

/// So many Bitcoin blocks before a staker can have the coin, it is urgent that the bond is slashed. A day.
const URGENT: u32 = 144;

/// Why nothing was sent.
#[derive(Debug, thiserror::Error)]
enum WatchError {
	#[error(transparent)]
	Chain(#[from] ApiError),
	#[error(transparent)]
	Call(#[from] CallError),
	#[error("the Bitcoin node is on {found:?}, but this chain follows {wanted:?}")]
	Network { found: Network, wanted: Network },
}

/// What is remembered of a bond between two looks. Lost with a restart, which then looks anew.
struct Known {
	/// How the transaction that can be mined stands, or the last one where none can.
	standing: Standing,
	/// Bitcoin's tip when it was looked at.
	tip: BlockRef,
	looked: Instant,
	/// Height of the tip from which on the staker can have the coin.
	until: Option<u32>,
	/// The transaction that waits, and when to send it to peers again.
	resend: Option<(Txid, Instant)>,
	/// Why it was not paid for, as it was logged.
	unpaid: Option<String>,
}

impl Known {
	/// How long it is left alone, should no new Bitcoin block come.
	fn pause(&self) -> Duration {
		match self.standing {
			Standing::Waiting | Standing::Mined | Standing::Spent if self.unpaid.is_none() => {
				RESEND
			},
			_ => RECHECK,
		}
	}

	fn is_urgent(&self, tip: BlockRef) -> bool {
		let left = self.until.map(|until| until.saturating_sub(tip.height));
		self.standing != Standing::Mined && left.is_some_and(|left| left <= URGENT)
	}
}

/// What came of sending a bond's transaction.
struct Sent<'a> {
	outpoint: OutPoint,
	slash: &'a SignedSlash,
	standing: Standing,
	/// Whether it waited before.
	waited: bool,
	/// When to send it to peers again.
	resend: Option<Instant>,
	/// Whether it waited so long that it was sent to peers again.
	again: bool,
}

/// Sends transactions that slash bonds to Bitcoin until it has them.
pub struct Watcher<C> {
	chain: C,
	nodes: Arc<Nodes>,
	bumper: Option<Bumper>,
	metrics: Metrics,
	known: HashMap<OutPoint, Known>,
	/// Bonds that were looked at in this round through all that are to be slashed.
	seen: HashSet<OutPoint>,
	/// The last of them.
	after: Option<OutPoint>,
	/// Why the last look failed, as it was logged.
	failure: Option<String>,
}

impl<C: Chain> Watcher<C> {
	/// Sends what `chain` has to `nodes`, and pays for it by `bumper`, if there is one.
	pub fn new(chain: C, nodes: Arc<Nodes>, bumper: Option<Bumper>, metrics: Metrics) -> Self {
		Self {
			chain,
			nodes,
			bumper,
			metrics,
			known: HashMap::new(),
			seen: HashSet::new(),
			after: None,
			failure: None,
		}
	}

	/// Sends for ever; `finalised` gives an item whenever there is a new final block.
	pub async fn run(mut self, mut finalised: impl Stream<Item = ()> + Unpin) {
		loop {
			self.tick().await;
			next_block(&mut finalised).await;
		}
	}

	/// Looks at some bonds that are to be slashed, where there are many, or at all.
	pub async fn tick(&mut self) {
		let Some(view) = self.chain.finalised() else { return };
		let failure = match self.work(&view).await {
			Ok(()) => None,
			Err(WatchError::Chain(error)) => {
				log::debug!(target: LOG_TARGET, "cannot ask what slashes bonds: {error}");
				None
			},
			Err(error) => {
				self.metrics.errors.with_label_values(&["watcher"]).inc();
				if matches!(
					error,
					WatchError::Network { .. } | WatchError::Call(CallError::Malformed(_))
				) {
					self.nodes.distrust();
				}
				Some(error.to_string())
			},
		};
		if let Some(error) = failure.as_ref().filter(|_| failure != self.failure) {
			log::warn!(target: LOG_TARGET, "⚔ Cannot send what slashes bonds to Bitcoin: {error}");
		}
		self.failure = failure;
	}

	async fn work(&mut self, view: &C::View) -> Result<(), WatchError> {
		let page = self.page(view)?;
		let (Some(wanted), Some(tip)) = (view.network()?, view.bitcoin_tip()?) else {
			return Ok(());
		};
		let mut bonds = Vec::<(OutPoint, Vec<SignedSlash>)>::new();
		for slash in page {
			match bonds.last_mut() {
				Some((outpoint, slashes)) if *outpoint == slash.outpoint => slashes.push(slash),
				_ => bonds.push((slash.outpoint, vec![slash])),
			}
		}
		bonds.retain(|(outpoint, _)| self.is_due(outpoint, tip));
		if !bonds.is_empty() {
			let found = answers::chain_info(&*self.nodes).await?.network;
			if found != wanted {
				return Err(WatchError::Network { found, wanted });
			}
		}
		let mut refused = None;
		let mut all = Vec::new();
		for (outpoint, slashes) in &bonds {
			match self.send_first(*outpoint, slashes).await {
				Ok(sent) => all.extend(sent),
				// That says nothing about the others.
				Err(error @ CallError::Refused { .. }) => refused = Some(error),
				Err(error) => return Err(error.into()),
			}
		}
		// Paying may take minutes, and holds up no bond that must only be sent.
		let rate = match self.bumper.is_some() && !all.is_empty() {
			true => answers::fee_rate(&*self.nodes).await,
			false => None,
		};
		for sent in all {
			let until = view.bond(sent.outpoint)?.and_then(|bond| bond.slashable_until);
			self.settle(sent, tip, until, rate).await;
		}
		self.count(tip);
		self.tend_purse(wanted).await;
		refused.map_or(Ok(()), |error| Err(error.into()))
	}

	/// Looks for the fee key's coins before they are needed, and counts them.
	async fn tend_purse(&mut self, network: Network) {
		let Some(bumper) = &mut self.bumper else { return };
		let looked = bumper.look_for_coins().await;
		let (coins, value) = bumper.funds();
		self.metrics.fee_coins.set(coins as u64);
		self.metrics.fee_sats.set(value.0);
		let address = bumper.address(network);
		match looked {
			Ok(false) => {},
			Ok(true) if coins == 0 => log::warn!(
				target: LOG_TARGET,
				"⚔ The fee key has no coins. Send some to {address}",
			),
			Ok(true) => log::info!(
				target: LOG_TARGET,
				"⚔ The fee key has {coins} coins of {} sat in all, at {address}", value.0,
			),
			Err(error) => {
				self.metrics.errors.with_label_values(&["fee-key"]).inc();
				log::warn!(target: LOG_TARGET, "⚔ Cannot look for the fee key's coins: {error}");
			},
		}
	}

	/// The next transactions. After the last ones, what was not among them is forgotten.
	fn page(&mut self, view: &C::View) -> Result<Vec<SignedSlash>, ApiError> {
		let mut page = view.slashes(self.after)?;
		if page.is_empty() {
			let seen = std::mem::take(&mut self.seen);
			self.known.retain(|outpoint, _| seen.contains(outpoint));
			if self.after.take().is_some() {
				page = view.slashes(None)?;
			}
		}
		self.seen.extend(page.iter().map(|slash| slash.outpoint));
		self.after = page.last().map(|slash| slash.outpoint);
		Ok(page)
	}

	fn count(&self, tip: BlockRef) {
		let urgent = self.known.values().filter(|known| known.is_urgent(tip)).count();
		self.metrics.urgent.set(urgent as u64);
		for label in Standing::LABELS {
			let count = self.known.values().filter(|known| known.standing.label() == label).count();
			self.metrics.slashes.with_label_values(&[label]).set(count as u64);
		}
	}

	fn is_due(&self, outpoint: &OutPoint, tip: BlockRef) -> bool {
		self.known
			.get(outpoint)
			.is_none_or(|known| known.tip != tip || known.looked.elapsed() >= known.pause())
	}

	/// Sends the first of a bond's transactions that can be mined, or tells of the last where none can.
	async fn send_first<'a>(
		&self,
		outpoint: OutPoint,
		slashes: &'a [SignedSlash],
	) -> Result<Option<Sent<'a>>, CallError> {
		let resend = self.known.get(&outpoint).and_then(|known| known.resend);
		let mut last = None;
		for slash in slashes {
			let resend = resend.filter(|(txid, _)| *txid == slash.txid).map(|(_, at)| at);
			let sent = self.send(outpoint, slash, resend).await?;
			let is_spent = sent.standing == Standing::Spent;
			last = Some(sent);
			if !is_spent {
				break;
			}
		}
		Ok(last)
	}

	/// Pays for what was sent, where that is needed, and notes how it stands then.
	async fn settle(
		&mut self,
		sent: Sent<'_>,
		tip: BlockRef,
		until: Option<u32>,
		wanted: Option<FeeRate>,
	) {
		let (outpoint, slash) = (sent.outpoint, sent.slash);
		let known = self.known.remove(&outpoint);
		let (before, mut unpaid) =
			known.map_or((None, None), |known| (Some(known.standing), known.unpaid));
		let standing = match sent.standing {
			Standing::Waiting | Standing::Underpaid => self.pay(&sent, wanted, &mut unpaid).await,
			_ => sent.standing,
		};
		if before.as_ref() != Some(&standing) {
			report(slash, sent.waited, &standing, self.bumper.is_some());
		}
		let resend = sent.resend.map(|at| (slash.txid, at));
		let known = Known { standing, tip, looked: Instant::now(), until, resend, unpaid };
		self.known.insert(outpoint, known);
	}

	/// Sends a transaction, unless it waits already and peers have heard of it not long ago.
	async fn send<'a>(
		&self,
		outpoint: OutPoint,
		slash: &'a SignedSlash,
		resend: Option<Instant>,
	) -> Result<Sent<'a>, CallError> {
		let rpc: &dyn BitcoinRpc = &*self.nodes;
		let waited = answers::is_in_pool(rpc, slash.txid).await?;
		let next = Instant::now().checked_add(RESEND);
		let again = waited && resend.is_some_and(|resend| Instant::now() >= resend);
		let (standing, resend) = if waited && !again {
			(Standing::Waiting, resend.or(next))
		} else {
			let standing = Standing::of(answers::send_transaction(rpc, &slash.bytes).await)?;
			self.metrics.broadcasts.with_label_values(&[standing.label()]).inc();
			(standing, next)
		};
		Ok(Sent { outpoint, slash, standing, waited, resend, again })
	}

	/// Adds to what a transaction pays, where that is too little. Gives how it stands then. Whatever it
	/// fails of is said, and no reason to leave out other bonds.
	async fn pay(
		&mut self,
		sent: &Sent<'_>,
		wanted: Option<FeeRate>,
		unpaid: &mut Option<String>,
	) -> Standing {
		let (slash, standing) = (sent.slash, sent.standing.clone());
		let (Some(bumper), Ok(parent)) = (&mut self.bumper, consensus::deserialize(&slash.bytes))
		else {
			return standing;
		};
		let count = |label| self.metrics.bumps.with_label_values(&[label]).inc();
		let refused = standing == Standing::Underpaid;
		let failed = match bumper.bump(&parent, slash.fee, wanted, refused).await {
			Ok(Bumped::Mined) => return Standing::Mined,
			Ok(Bumped::Enough { .. } | Bumped::TooEarly { .. }) => {
				*unpaid = None;
				// Peers may have forgotten the child as well, and take the parent only with it.
				if sent.again {
					if let Err(error) = bumper.remind(&parent).await {
						log::debug!(target: LOG_TARGET, "cannot send a child again: {error}");
					}
				}
				return standing;
			},
			Ok(Bumped::Sent { child, fee, rate }) => {
				count("sent");
				*unpaid = None;
				log::info!(
					target: LOG_TARGET,
					"⚔ Paid {} sat for {}, which slashes bond {}, by {child}: both pay {} sat/kvB",
					fee.0, slash.txid, slash.outpoint, rate.0,
				);
				return Standing::Waiting;
			},
			Err(error) => error.to_string(),
		};
		count("failed");
		if unpaid.as_ref() != Some(&failed) {
			log::warn!(
				target: LOG_TARGET,
				"⚔ Not paying for {}, which slashes bond {}: {failed}",
				slash.txid, slash.outpoint,
			);
		}
		*unpaid = Some(failed);
		standing
	}
}

/// Logs how a transaction stands, now that it stands otherwise than before.
fn report(slash: &SignedSlash, waited: bool, standing: &Standing, pays: bool) {
	let SignedSlash { txid, outpoint, .. } = slash;
	match standing {
		Standing::Waiting if !waited => {
			log::info!(target: LOG_TARGET, "⚔ Sent {txid} to Bitcoin, which slashes bond {outpoint}")
		},
		Standing::Waiting | Standing::Mined | Standing::Spent => {
			log::debug!(target: LOG_TARGET, "{txid}: {}", standing.label())
		},
		Standing::Underpaid if pays => log::warn!(
			target: LOG_TARGET,
			"⚔ {txid}, which slashes bond {outpoint}, pays too little for the Bitcoin node's memory \
			 pool",
		),
		Standing::Underpaid => log::warn!(
			target: LOG_TARGET,
			"⚔ {txid}, which slashes bond {outpoint}, pays too little for the Bitcoin node's memory \
			 pool. Anybody can pay for it by its last output; with --bitcoin-fee-key this node does",
		),
		Standing::Refused(reason) => log::error!(
			target: LOG_TARGET,
			"⚔ The Bitcoin node refuses {txid}, which slashes bond {outpoint}: {reason}. Check its \
			 policy settings",
		),
	}
}

#[cfg(test)]
mod tests;
