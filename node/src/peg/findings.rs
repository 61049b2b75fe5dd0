// SPDX-License-Identifier: GPL-3.0-or-later WITH Classpath-exception-2.0

//! What was found in Bitcoin's blocks and our chain does not show yet.

use super::{
	chain::View,
	find::{Finding, Subject},
	submit::{Message, Submission},
	turn::{turn, Identity},
	LOG_TARGET,
};
use entangled_bitcoin::XOnlyKey;
use entangled_runtime::{AccountId, BlockNumber};
use pallet_peg::{CommitteeView, DepositTerms};
use polkadot_sdk::sp_api::ApiError;
use std::collections::BTreeMap;

/// How many wait at most. Each deposit among them is worth the least deposit at least.
pub const MAX_FINDINGS: usize = 4_096;

/// Own blocks after which a proof is brought again that the chain does not show. Not many: a pool
/// that has found a transaction invalid on a fork that was given up may not take the same one for
/// half an hour, and the runtime makes another one of it at another block.
pub const RESUBMIT_AFTER: BlockNumber = 4;

/// How often that time doubles at most when the chain refuses.
pub const MAX_DOUBLINGS: u32 = 5;

/// What waits, in memory: whoever starts anew finds it again.
#[derive(Default)]
pub struct Findings(BTreeMap<Subject, Waiting>);

struct Waiting {
	finding: Finding,
	/// The block of ours at which its Bitcoin block was final for the first time.
	ready: Option<BlockNumber>,
	/// When the proof was brought last.
	sent: Option<BlockNumber>,
	/// How often the chain refused it.
	refusals: u32,
}

/// Payments of one withdrawal that are looked at. One is enough, unless somebody lies.
const FRONTS_PER_WITHDRAWAL: usize = 4;

/// What to do about what waits.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Plan {
	/// It is time to bring these.
	pub due: Vec<Subject>,
	/// The chain's final state shows these, or has no use for them.
	pub done: Vec<Subject>,
}

impl Findings {
	/// Adds a finding, unless it waits already.
	pub fn add(&mut self, finding: Finding) {
		let subject = finding.subject;
		if self.0.contains_key(&subject) {
			return;
		}
		// Anybody can make payments that name a withdrawal. They must not keep out what others wait
		// for.
		if let Subject::Front(id, _) = subject {
			let same = |known: &&Subject| matches!(known, Subject::Front(other, _) if *other == id);
			if self.0.keys().filter(same).count() >= FRONTS_PER_WITHDRAWAL {
				return;
			}
		}
		// The peg's own settlements are few, and everything waits for them.
		if self.0.len() >= MAX_FINDINGS && !matches!(subject, Subject::Settlement(_)) {
			log::warn!(target: LOG_TARGET, "🔎 Too much was found at once; leaving out {subject}");
			return;
		}
		log::debug!(target: LOG_TARGET, "found {subject} at height {}", finding.block.height);
		self.0.insert(subject, Waiting { finding, ready: None, sent: None, refusals: 0 });
	}

	/// Forgets what was found from this height on: those blocks are no longer the chain's.
	pub fn forget_from(&mut self, height: u32) {
		self.0.retain(|_, waiting| waiting.finding.block.height < height);
	}

	/// What to do now.
	pub fn plan(
		&mut self,
		best: &impl View,
		finalised: &impl View,
		us: &Identity,
	) -> Result<Plan, ApiError> {
		let now = best.number();
		let halted = best.status()?.halt.is_some();
		let committee = serving(&best.committees()?);
		let mut plan = Plan::default();
		for (subject, waiting) in &mut self.0 {
			if is_done(best, subject)? {
				// Not yet for good, when our best block may still be given up.
				if is_done(finalised, subject)? {
					plan.done.push(*subject);
				}
				continue;
			}
			if !best.is_final(waiting.finding.block.hash)? {
				waiting.ready = None;
				continue;
			}
			let ready = *waiting.ready.get_or_insert(now);
			let turn = ready.saturating_add(turn(&subject.to_bytes(), &committee, us));
			let pause = RESUBMIT_AFTER << waiting.refusals.min(MAX_DOUBLINGS);
			let paused = waiting.sent.is_some_and(|sent| now < sent.saturating_add(pause));
			let stopped = halted && waiting.finding.mints;
			if now >= turn && !paused && !stopped {
				plan.due.push(*subject);
			}
		}
		Ok(plan)
	}

	/// What the chain must be told.
	pub fn message(&self, subject: &Subject) -> Option<&Message> {
		self.0.get(subject).map(|waiting| &waiting.finding.message)
	}

	/// Notes at this block of ours what became of a proof that was brought.
	pub fn brought(&mut self, subject: &Subject, now: BlockNumber, submission: &Submission) {
		let Some(waiting) = self.0.get_mut(subject) else { return };
		match submission {
			// Tried again with the next block.
			Submission::Postponed(reason) => {
				log::debug!(target: LOG_TARGET, "{subject} must wait: {reason}");
				return;
			},
			Submission::Accepted => log::info!(target: LOG_TARGET, "🔎 Brought {subject}"),
			Submission::Known | Submission::Late => {
				log::debug!(target: LOG_TARGET, "{subject} was brought already")
			},
			Submission::Refused(reason) => {
				if waiting.refusals == 0 {
					log::warn!(target: LOG_TARGET, "🔎 The chain refuses {subject}: {reason}");
				}
				waiting.refusals = waiting.refusals.saturating_add(1);
			},
		}
		waiting.sent = Some(now);
	}

	/// Forgets what is done, and deposits that their owners can take back at this height of
	/// Bitcoin's tip. Gives the terms of those addresses for which nothing waits any more.
	pub fn settle(&mut self, done: &[Subject], tip: u32) -> Vec<DepositTerms> {
		let mut claimed = Vec::new();
		for subject in done {
			let Some(waiting) = self.0.remove(subject) else { continue };
			claimed.extend(waiting.finding.own_terms().cloned());
		}
		self.0.retain(|_, waiting| {
			let refund = waiting.finding.own_terms().and_then(DepositTerms::refund);
			refund.is_none_or(|refund| {
				tip < waiting.finding.block.height.saturating_add(refund.delay.into())
			})
		});
		// An address may have been paid twice.
		claimed.retain(|terms| {
			!self.0.values().any(|waiting| waiting.finding.own_terms() == Some(terms))
		});
		claimed
	}

	/// The lowest height at which something was found.
	pub fn lowest(&self) -> Option<u32> {
		self.0.values().map(|waiting| waiting.finding.block.height).min()
	}

	/// How many of a kind there are.
	pub fn count(&self, kind: &str) -> usize {
		self.0.keys().filter(|subject| subject.kind() == kind).count()
	}
}

impl Finding {
	/// The terms of a deposit to an address of the depositor's own.
	fn own_terms(&self) -> Option<&DepositTerms> {
		match &self.message {
			Message::Claim { terms: terms @ DepositTerms::Own { .. }, .. } => Some(terms),
			_ => None,
		}
	}
}

/// The keys of the committee that serves.
fn serving(committees: &[CommitteeView<AccountId>]) -> Vec<XOnlyKey> {
	let serving = committees.last();
	serving.into_iter().flat_map(|serving| &serving.members).map(|member| member.key).collect()
}

/// Whether the chain shows it, or has no use for it.
fn is_done(view: &impl View, subject: &Subject) -> Result<bool, ApiError> {
	Ok(match subject {
		Subject::Deposit(outpoint) => view.is_claimed(*outpoint)?,
		Subject::Settlement(txid) => {
			let batch = view.batch()?;
			!batch.is_some_and(|batch| batch.attempts.iter().any(|attempt| attempt.txid == *txid))
		},
		Subject::Front(id, _) => {
			view.withdrawal(*id)?.is_none_or(|withdrawal| withdrawal.state.is_terminal())
		},
	})
}
