// SPDX-License-Identifier: GPL-3.0-or-later WITH Classpath-exception-2.0

//! What was found in Bitcoin's blocks and our chain does not show yet.
//!
//! A finding waits until the chain shows it in a final block, or can never take it any more, or has
//! refused it for what it is. Nothing else ends it: neither a full pool nor a refusal that another
//! block may not repeat. There is room for so many only; what is left out for want of it is looked
//! for again.

use super::{
	find::{Finding, Subject},
	need::Needs,
	turn::{turn, Identity},
	LOG_TARGET,
};
use crate::tasks::{
	chain::View,
	submit::{pause, Message, Submission},
};
use entangled_runtime::BlockNumber;
use pallet_btc_light_client::InclusionClaim;
use pallet_peg::DepositTerms;
use polkadot_sdk::sp_api::ApiError;
use std::{collections::BTreeMap, sync::Arc};

/// How many wait at most. Each deposit among them is worth the least deposit at least.
pub const MAX_FINDINGS: usize = 4_096;

/// Bytes of their transactions at most.
pub const MAX_BYTES: usize = 64 << 20;

/// Payments of one withdrawal that are looked at. One is enough, unless somebody lies.
const FRONTS_PER_WITHDRAWAL: usize = 4;

/// What waits, in memory: whoever starts anew finds it again.
#[derive(Default)]
pub struct Findings {
	waiting: BTreeMap<Subject, Waiting>,
	/// The lowest height at which something was found that there was no room for.
	left_out: Option<u32>,
}

struct Waiting {
	finding: Finding,
	/// The block of ours at which its Bitcoin block was final for the first time.
	ready: Option<BlockNumber>,
	/// When the proof was brought last, whatever came of it.
	tried: Option<BlockNumber>,
	/// When it was brought last so that the chain must be given time.
	sent: Option<BlockNumber>,
	/// How often the chain has refused it in a row.
	refusals: u32,
}

/// What to do about what waits.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Plan {
	/// It is time to bring these, in this order.
	pub due: Vec<Subject>,
	/// The chain's final state shows these, or has no use for them.
	pub over: Vec<Subject>,
}

impl Findings {
	/// Adds a finding, unless it waits already.
	pub fn add(&mut self, finding: Finding) {
		let subject = finding.subject;
		if self.waiting.get(&subject).is_some_and(|known| known.finding.block == finding.block) {
			return;
		}
		// Anybody can make payments that name a withdrawal. They must not keep out what others wait
		// for.
		if let Subject::Front(id, _) = subject {
			let same = |known: &&Subject| matches!(known, Subject::Front(other, _) if *other == id);
			if self.waiting.keys().filter(same).count() >= FRONTS_PER_WITHDRAWAL {
				return;
			}
		}
		if !subject.is_urgent() && !self.make_room(&finding) {
			self.leave_out(finding.block.height);
			return;
		}
		log::debug!(target: LOG_TARGET, "found {subject} at height {}", finding.block.height);
		let waiting = Waiting { finding, ready: None, tried: None, sent: None, refusals: 0 };
		self.waiting.insert(subject, waiting);
	}

	/// Whether there is room for a finding. What the chain has refused gives way to what it may take.
	fn make_room(&mut self, finding: &Finding) -> bool {
		while self.waiting.len() >= MAX_FINDINGS || self.bytes() + finding.bytes() > MAX_BYTES {
			let refused = self.waiting.iter().filter(|(_, waiting)| waiting.refusals > 0);
			let most = refused.max_by_key(|(_, waiting)| waiting.refusals);
			let Some((subject, height)) =
				most.map(|(subject, waiting)| (*subject, waiting.finding.block.height))
			else {
				return false;
			};
			self.waiting.remove(&subject);
			self.leave_out(height);
		}
		true
	}

	fn leave_out(&mut self, height: u32) {
		if self.left_out.is_none() {
			log::warn!(
				target: LOG_TARGET,
				"🔎 More was found than there is room for; from height {height} on it is looked for \
				 again later",
			);
		}
		self.left_out = Some(self.left_out.map_or(height, |lowest| lowest.min(height)));
	}

	/// From where on to look again for what was left out, once there is room for a good part of it.
	pub fn take_left_out(&mut self) -> Option<u32> {
		let room = self.waiting.len() <= MAX_FINDINGS / 4 * 3 && self.bytes() <= MAX_BYTES / 4 * 3;
		room.then(|| self.left_out.take()).flatten()
	}

	/// Bytes of the transactions of all that waits. Outputs of one transaction share it, and lie side
	/// by side.
	fn bytes(&self) -> usize {
		let mut last: Option<&Arc<InclusionClaim>> = None;
		let mut sum = 0;
		for waiting in self.waiting.values() {
			let claim = waiting.finding.message.claim();
			let shared = last.zip(claim).is_some_and(|(last, claim)| Arc::ptr_eq(last, claim));
			sum += if shared { 0 } else { waiting.finding.bytes() };
			last = claim;
		}
		sum
	}

	/// Forgets what was found from this height on: those blocks are no longer the chain's.
	pub fn forget_from(&mut self, height: u32) {
		self.waiting.retain(|_, waiting| waiting.finding.block.height < height);
		self.left_out = self.left_out.filter(|lowest| *lowest < height);
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
		let (mut best, mut finalised) = (Needs::of(best)?, Needs::of(finalised)?);
		let committee = best.serving();
		let (mut due, mut over) = (Vec::new(), Vec::new());
		for (subject, waiting) in &mut self.waiting {
			if best.is_over(&waiting.finding)? {
				// Not yet for good, when our best block may still be given up.
				if finalised.is_over(&waiting.finding)? {
					over.push(*subject);
				}
				continue;
			}
			if !best.relies_on(waiting.finding.block)? {
				waiting.ready = None;
				continue;
			}
			let ready = *waiting.ready.get_or_insert(now);
			let turn = ready.saturating_add(turn(&subject.to_bytes(), &committee, us));
			let next = waiting.sent.map(|sent| sent.saturating_add(pause(waiting.refusals)));
			let stopped = halted && waiting.finding.mints;
			if now >= turn && next.is_none_or(|next| now >= next) && !stopped {
				// Among what is equally urgent, whoever was tried least lately is first, so that what
				// the pool does not take holds nothing up.
				due.push((subject.urgency(), waiting.tried, *subject));
			}
		}
		due.sort_unstable();
		let due = due.into_iter().map(|(.., subject)| subject).collect();
		Ok(Plan { due, over })
	}

	/// What the chain must be told.
	pub fn message(&self, subject: &Subject) -> Option<&Message> {
		self.waiting.get(subject).map(|waiting| &waiting.finding.message)
	}

	/// Notes at this block of ours what became of a proof that was brought.
	pub fn brought(&mut self, subject: &Subject, now: BlockNumber, submission: &Submission) {
		let Some(waiting) = self.waiting.get_mut(subject) else { return };
		waiting.tried = Some(now);
		match submission {
			// Tried again with the next block.
			Submission::Postponed(reason) => {
				log::debug!(target: LOG_TARGET, "{subject} must wait: {reason}");
				return;
			},
			Submission::Accepted => {
				log::info!(target: LOG_TARGET, "🔎 Brought {subject}");
				waiting.refusals = 0;
			},
			Submission::Known | Submission::Late => {
				log::debug!(target: LOG_TARGET, "{subject} was brought already");
				waiting.refusals = 0;
			},
			Submission::Refused(reason) => {
				if waiting.refusals == 0 {
					log::warn!(target: LOG_TARGET, "🔎 The chain refuses {subject}: {reason}");
				}
				waiting.refusals = waiting.refusals.saturating_add(1);
			},
			Submission::RefusedForGood(reason) => {
				log::warn!(target: LOG_TARGET, "🔎 The chain refuses {subject} for good: {reason}");
				self.waiting.remove(subject);
				return;
			},
		}
		waiting.sent = Some(now);
	}

	/// Forgets what is over.
	pub fn forget(&mut self, over: &[Subject]) {
		for subject in over {
			self.waiting.remove(subject);
		}
	}

	/// Whether a deposit waits that was paid to the address of these terms.
	pub fn have(&self, terms: &DepositTerms) -> bool {
		self.waiting.values().any(|waiting| waiting.finding.terms() == Some(terms))
	}

	/// The lowest height at which something was found.
	pub fn lowest(&self) -> Option<u32> {
		let waiting = self.waiting.values().map(|waiting| waiting.finding.block.height);
		waiting.chain(self.left_out).min()
	}

	/// How many of a kind there are.
	pub fn count(&self, kind: &str) -> usize {
		self.waiting.keys().filter(|subject| subject.kind() == kind).count()
	}
}

impl Finding {
	/// Bytes of its transaction.
	fn bytes(&self) -> usize {
		self.message.claim().map_or(0, |claim| claim.proof.transaction.len())
	}
}

#[cfg(test)]
mod tests;
