// SPDX-License-Identifier: GPL-3.0-or-later WITH Classpath-exception-2.0

//! The task that signs what the chain has ordered.
//!
//! It acts on final blocks only. On a fork of ours that is given up later the chain may have ordered
//! something else, and signatures for both would let both be mined.

use super::{
	chain::{Chain, View},
	keys::Keys,
	next_block,
	submit::{pause, Message, Pool, Submission},
};
use entangled_bitcoin::{Signature, XOnlyKey};
use entangled_runtime::BlockNumber;
use futures::Stream;
use polkadot_sdk::{
	sp_api::ApiError,
	substrate_prometheus_endpoint::{CounterVec, U64},
};
use std::{
	collections::{HashMap, HashSet},
	fmt::Display,
	hash::Hash,
};

/// What there is to sign, each by what tells it from everything else.
pub type Tasks<D> = Vec<(<D as Desk>::Work, <D as Desk>::Task)>;

/// What keys are wanted for, and whether they may sign.
pub trait Desk: Send + Sync {
	/// Something that a key is to sign, by what tells it from everything else.
	type Work: Copy + Eq + Hash + Display + Send + Sync;

	/// How the chain asks for it.
	type Task: Send;

	/// Target of the log lines.
	const LOG_TARGET: &'static str;

	/// What the holder of a key still has to sign.
	fn tasks(&self, view: &impl View, key: XOnlyKey) -> Result<Tasks<Self>, ApiError>;

	/// Counts what all keys of this node still have to sign.
	fn count<'a>(&self, _wanted: impl Iterator<Item = &'a Self::Work>)
	where
		Self::Work: 'a,
	{
	}

	/// Whether it may be signed; nothing when it is gone.
	fn judge(
		&self,
		view: &impl View,
		key: XOnlyKey,
		work: Self::Work,
		task: &Self::Task,
	) -> Result<Option<Judgement>, ApiError>;

	/// What the chain must be told once it is signed.
	fn message(
		&self,
		key: XOnlyKey,
		work: Self::Work,
		signatures: Vec<Signature>,
	) -> Option<Message>;

	/// Counts verdicts.
	fn verdicts(&self) -> &CounterVec<U64>;

	/// Counts what became of signatures.
	fn signatures(&self) -> &CounterVec<U64>;
}

/// Whether to sign.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Judgement {
	/// Everything is as it must be. The hashes to sign.
	Sign(Vec<[u8; 32]>),
	/// Something is not.
	Refuse {
		/// What, in a word, for the metrics.
		label: &'static str,
		/// What exactly.
		reason: String,
	},
}

/// Signatures that were sent.
pub(crate) struct Sent {
	/// The final block of ours then.
	at: BlockNumber,
	/// How often the chain has refused them in a row.
	refusals: u32,
}

/// Signs with every key of this node that is wanted.
pub struct Signer<C, P, D: Desk> {
	chain: C,
	pool: P,
	pub(crate) keys: Keys,
	desk: D,
	/// What was sent. Lost with a restart, which then sends the same again: the signatures are the
	/// same, and the chain has them or takes them.
	pub(crate) sent: HashMap<(XOnlyKey, D::Work), Sent>,
	/// What was not signed, and why.
	refused: HashMap<(XOnlyKey, D::Work), &'static str>,
	/// What could not be signed when it was last tried.
	pub(crate) unable: HashSet<(XOnlyKey, D::Work)>,
	/// Whether the keystore could not be read.
	pub(crate) blind: bool,
}

impl<C: Chain, P: Pool, D: Desk> Signer<C, P, D> {
	/// Signs with `keys` what `desk` finds that `chain` wants, and sends it to `pool`.
	pub fn new(chain: C, pool: P, keys: Keys, desk: D) -> Self {
		Self {
			chain,
			pool,
			keys,
			desk,
			sent: HashMap::new(),
			refused: HashMap::new(),
			unable: HashSet::new(),
			blind: false,
		}
	}

	/// Signs for ever; `finalised` gives an item whenever there is a new final block.
	pub async fn run(mut self, mut finalised: impl Stream<Item = ()> + Unpin) {
		loop {
			self.tick().await;
			next_block(&mut finalised).await;
		}
	}

	/// Signs what is to be signed at the last final block.
	pub async fn tick(&mut self) {
		let Some(view) = self.chain.finalised() else { return };
		if let Err(error) = self.work(&view).await {
			log::debug!(target: D::LOG_TARGET, "cannot ask what to sign: {error}");
		}
	}

	async fn work(&mut self, view: &C::View) -> Result<(), ApiError> {
		let Some(keys) = self.keys() else { return Ok(()) };
		let mut wanted = HashSet::new();
		for key in keys {
			for (work, task) in self.desk.tasks(view, key)? {
				wanted.insert((key, work));
				let sent = self.sent.get(&(key, work));
				let next = sent.map(|sent| sent.at.saturating_add(pause(sent.refusals)));
				if next.is_some_and(|next| view.number() < next) {
					continue;
				}
				if let Some(message) = self.sign(view, key, work, &task)? {
					self.send(view, key, work, &message).await?;
				}
			}
		}
		self.desk.count(wanted.iter().map(|(_, work)| work));
		self.sent.retain(|work, _| wanted.contains(work));
		self.refused.retain(|work, _| wanted.contains(work));
		self.unable.retain(|work| wanted.contains(work));
		Ok(())
	}

	/// The keys of this node; nothing when the keystore cannot be read, which is logged once.
	fn keys(&mut self) -> Option<Vec<XOnlyKey>> {
		match self.keys.all() {
			Ok(keys) => {
				self.blind = false;
				Some(keys)
			},
			Err(error) => {
				if !self.blind {
					log::error!(target: D::LOG_TARGET, "🖋 Signing nothing: {error}");
				}
				self.blind = true;
				None
			},
		}
	}

	/// The message that a task asks for; nothing when it must not be signed, or cannot be.
	fn sign(
		&mut self,
		view: &C::View,
		key: XOnlyKey,
		work: D::Work,
		task: &D::Task,
	) -> Result<Option<Message>, ApiError> {
		let hashes = match self.desk.judge(view, key, work, task)? {
			Some(Judgement::Sign(hashes)) => hashes,
			Some(Judgement::Refuse { label, reason }) => {
				self.refuse(key, work, label, &reason);
				return Ok(None);
			},
			None => return Ok(None),
		};
		self.refused.remove(&(key, work));
		self.desk.verdicts().with_label_values(&["sign"]).inc();
		let signatures = self.signatures(key, work, &hashes);
		Ok(signatures.and_then(|signatures| self.desk.message(key, work, signatures)))
	}

	/// Counts a verdict against signing, and logs it, whenever it is a new one.
	fn refuse(&mut self, key: XOnlyKey, work: D::Work, label: &'static str, reason: &str) {
		if self.refused.insert((key, work), label) == Some(label) {
			return;
		}
		self.desk.verdicts().with_label_values(&[label]).inc();
		log::error!(
			target: D::LOG_TARGET,
			"🖋 Not signing {work}: {reason}. The chain wants what its own records do not give; do \
			 not sign it elsewhere, and report it",
		);
	}

	/// The signatures of these hashes; nothing when there are none, which is logged once.
	fn signatures(
		&mut self,
		key: XOnlyKey,
		work: D::Work,
		hashes: &[[u8; 32]],
	) -> Option<Vec<Signature>> {
		match self.keys.sign(key, hashes) {
			Ok(signatures) => {
				self.unable.remove(&(key, work));
				Some(signatures)
			},
			Err(error) => {
				if self.unable.insert((key, work)) {
					log::error!(target: D::LOG_TARGET, "🖋 Cannot sign {work}: {error}");
				}
				None
			},
		}
	}

	async fn send(
		&mut self,
		view: &C::View,
		key: XOnlyKey,
		work: D::Work,
		message: &Message,
	) -> Result<(), ApiError> {
		let Some(extrinsic) = view.extrinsic(message)? else {
			log::debug!(target: D::LOG_TARGET, "the chain takes no signatures for {work}");
			return Ok(());
		};
		let submission = self.pool.submit(message, extrinsic).await;
		self.desk.signatures().with_label_values(&[submission.label()]).inc();
		let mut refusals = 0;
		match &submission {
			// Tried again with the next block.
			Submission::Postponed(reason) => {
				log::debug!(target: D::LOG_TARGET, "signatures for {work} must wait: {reason}");
				return Ok(());
			},
			Submission::Accepted => log::info!(target: D::LOG_TARGET, "🖋 Signed {work}"),
			Submission::Refused(reason) | Submission::RefusedForGood(reason) => {
				let before = self.sent.get(&(key, work)).map_or(0, |sent| sent.refusals);
				if before == 0 {
					log::warn!(
						target: D::LOG_TARGET,
						"🖋 The chain refuses signatures for {work}: {reason}",
					);
				}
				refusals = before.saturating_add(1);
			},
			Submission::Known | Submission::Late => {
				log::debug!(target: D::LOG_TARGET, "signatures for {work} are there already")
			},
		}
		self.sent.insert((key, work), Sent { at: view.number(), refusals });
		Ok(())
	}
}
