// SPDX-License-Identifier: GPL-3.0-or-later WITH Classpath-exception-2.0

//! The task that signs what the chain has ordered.
//!
//! It acts on final blocks only. On a fork of ours that is given up later the chain may have built
//! another batch, and signatures for both would let both be mined.

use super::{
	chain::{Chain, View},
	keys::Keys,
	metrics::Metrics,
	next_block,
	submit::{pause, Message, Pool, Submission},
	verdict::{judge, Case, Verdict},
	LOG_TARGET,
};
use entangled_bitcoin::{
	bip340::tagged_hash,
	script::{custody_output, multisig::threshold_for},
	ChainId, Multisig, Native, Signature, XOnlyKey,
};
use entangled_runtime::{AccountId, BlockNumber};
use futures::Stream;
use pallet_peg::{CandidateView, CommitteeId, SigningTask};
use polkadot_sdk::sp_api::ApiError;
use std::collections::{BTreeMap, HashMap, HashSet};

/// Something that one of our keys is to sign.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Work {
	Attempt { key: XOnlyKey, batch: u32, attempt: u32 },
	Life { key: XOnlyKey, committee: CommitteeId },
}

/// Signatures that were sent.
struct Sent {
	/// The final block of ours then.
	at: BlockNumber,
	/// How often the chain has refused them in a row.
	refusals: u32,
}

/// Signs for every key of this node that is in a committee.
pub struct Signer<C, P> {
	chain: C,
	pool: P,
	keys: Keys,
	metrics: Metrics,
	/// What was sent. Lost with a restart, which then sends the same again: the signatures are the
	/// same, and the chain has them or takes them.
	sent: HashMap<Work, Sent>,
	/// What was not signed, and why.
	refused: HashMap<Work, &'static str>,
	/// What could not be signed when it was last tried.
	unable: HashSet<Work>,
	/// Whether the keystore could not be read.
	blind: bool,
}

impl<C: Chain, P: Pool> Signer<C, P> {
	/// Signs with `keys` what `chain` wants, and sends it to `pool`.
	pub fn new(chain: C, pool: P, keys: Keys, metrics: Metrics) -> Self {
		Self {
			chain,
			pool,
			keys,
			metrics,
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
			log::debug!(target: LOG_TARGET, "cannot ask what to sign: {error}");
		}
	}

	async fn work(&mut self, view: &C::View) -> Result<(), ApiError> {
		let Some(keys) = self.keys() else { return Ok(()) };
		let mut wanted = HashSet::new();
		for key in keys {
			for task in view.signing_tasks(key)? {
				let work = Work::of(key, &task);
				wanted.insert(work);
				let next =
					self.sent.get(&work).map(|sent| sent.at.saturating_add(pause(sent.refusals)));
				if next.is_some_and(|next| view.number() < next) {
					continue;
				}
				if let Some(message) = self.sign(view, work, &task)? {
					self.send(view, work, &message).await?;
				}
			}
		}
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
					log::error!(target: LOG_TARGET, "🖋 Signing nothing: {error}");
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
		work: Work,
		task: &SigningTask,
	) -> Result<Option<Message>, ApiError> {
		Ok(match (work, task) {
			(Work::Attempt { key, batch, attempt }, SigningTask::Attempt { inputs, .. }) => {
				let Some(verdict) = self.judge(view, key, batch, attempt, inputs)? else {
					return Ok(None);
				};
				self.report(work, &verdict);
				let Verdict::Sign(hashes) = verdict else { return Ok(None) };
				self.signatures(work, key, &hashes).map(|signatures| Message::Sign {
					batch,
					attempt,
					key,
					signatures,
				})
			},
			(Work::Life { key, committee }, SigningTask::ProofOfLife { challenge, .. }) => {
				let chain = self.chain.id();
				let known = view.candidate()?.filter(|candidate| candidate.id == committee);
				if known.and_then(|known| challenge_of(chain, &known)) != Some(*challenge) {
					self.refuse(work, "wrong_challenge", "it is not this hand-over's challenge");
					return Ok(None);
				}
				self.signatures(work, key, &[*challenge])
					.and_then(|signatures| signatures.first().copied())
					.map(|signature| Message::ProveLife { committee, key, signature })
			},
			_ => None,
		})
	}

	/// Whether the attempt may be signed; nothing when the batch is gone.
	fn judge(
		&self,
		view: &C::View,
		key: XOnlyKey,
		batch: u32,
		attempt: u32,
		inputs: &[u32],
	) -> Result<Option<Verdict>, ApiError> {
		let Some(batch) = view.batch()?.filter(|known| known.id == batch) else { return Ok(None) };
		let mut withdrawals = BTreeMap::new();
		let judged = batch.attempts.iter().filter(|known| known.index == attempt);
		for payout in judged.flat_map(|known| &known.payouts) {
			if let Some(withdrawal) = view.withdrawal(payout.id)? {
				withdrawals.insert(payout.id, withdrawal);
			}
		}
		Ok(Some(judge(&Case {
			batch: &batch,
			attempt,
			inputs,
			key,
			committees: &view.committees()?,
			custody: &view.custody()?,
			withdrawals: &withdrawals,
		})))
	}

	/// Counts a verdict, and logs one against signing, whenever it is a new one.
	fn report(&mut self, work: Work, verdict: &Verdict) {
		match verdict {
			Verdict::Sign(_) => {
				self.refused.remove(&work);
				self.metrics.verdicts.with_label_values(&[verdict.label()]).inc();
			},
			_ => self.refuse(work, verdict.label(), &format!("{verdict:?}")),
		}
	}

	fn refuse(&mut self, work: Work, label: &'static str, reason: &str) {
		if self.refused.insert(work, label) == Some(label) {
			return;
		}
		self.metrics.verdicts.with_label_values(&[label]).inc();
		log::error!(
			target: LOG_TARGET,
			"🖋 Not signing {work}: {reason}. The chain wants what its own records do not give; do \
			 not sign it elsewhere, and report it",
		);
	}

	/// The signatures of these hashes; nothing when there are none, which is logged once.
	fn signatures(
		&mut self,
		work: Work,
		key: XOnlyKey,
		hashes: &[[u8; 32]],
	) -> Option<Vec<Signature>> {
		match self.keys.sign(key, hashes) {
			Ok(signatures) => {
				self.unable.remove(&work);
				Some(signatures)
			},
			Err(error) => {
				if self.unable.insert(work) {
					log::error!(target: LOG_TARGET, "🖋 Cannot sign {work}: {error}");
				}
				None
			},
		}
	}

	async fn send(
		&mut self,
		view: &C::View,
		work: Work,
		message: &Message,
	) -> Result<(), ApiError> {
		let Some(extrinsic) = view.extrinsic(message)? else {
			log::debug!(target: LOG_TARGET, "the chain takes no signatures for {work}");
			return Ok(());
		};
		let submission = self.pool.submit(extrinsic).await;
		self.metrics.signatures.with_label_values(&[submission.label()]).inc();
		let mut refusals = 0;
		match &submission {
			// Tried again with the next block.
			Submission::Postponed(reason) => {
				log::debug!(target: LOG_TARGET, "signatures for {work} must wait: {reason}");
				return Ok(());
			},
			Submission::Accepted => log::info!(target: LOG_TARGET, "🖋 Signed {work}"),
			Submission::Refused(reason) | Submission::RefusedForGood(reason) => {
				let before = self.sent.get(&work).map_or(0, |sent| sent.refusals);
				if before == 0 {
					log::warn!(
						target: LOG_TARGET,
						"🖋 The chain refuses signatures for {work}: {reason}",
					);
				}
				refusals = before.saturating_add(1);
			},
			Submission::Known | Submission::Late => {
				log::debug!(target: LOG_TARGET, "signatures for {work} are there already")
			},
		}
		self.sent.insert(work, Sent { at: view.number(), refusals });
		Ok(())
	}
}

impl Work {
	fn of(key: XOnlyKey, task: &SigningTask) -> Self {
		match task {
			SigningTask::Attempt { batch, attempt, .. } => {
				Self::Attempt { key, batch: *batch, attempt: *attempt }
			},
			SigningTask::ProofOfLife { committee, .. } => Self::Life { key, committee: *committee },
		}
	}
}

impl std::fmt::Display for Work {
	fn fmt(&self, f: &mut std::fmt::Formatter) -> std::fmt::Result {
		match self {
			Self::Attempt { batch, attempt, .. } => {
				write!(f, "attempt {attempt} at batch {batch}")
			},
			Self::Life { committee, .. } => write!(f, "the hand-over to committee {committee}"),
		}
	}
}

/// What the members of a candidate sign, which is of this chain, this hand-over and these keys only.
/// Nothing else is signed under that name, and above all no payment.
fn challenge_of(chain: ChainId, candidate: &CandidateView<AccountId>) -> Option<[u8; 32]> {
	let keys = candidate.members.iter().map(|member| member.key).collect::<Vec<_>>();
	let threshold = threshold_for(u32::try_from(keys.len()).ok()?);
	let custody = custody_output::<Native>(&Multisig::new(keys, threshold).ok()?)?.script_pubkey();
	Some(tagged_hash::<Native>(
		b"Entangled/ProofOfLife",
		&[&chain.0, &candidate.id.to_le_bytes(), &custody.to_bytes()],
	))
}

#[cfg(test)]
mod tests;
