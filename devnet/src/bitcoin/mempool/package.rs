//! Packages: a child and its parents, offered together, so that the child can pay for parents that the
//! pool would not take alone (`AcceptPackage` in `validation.cpp`, `policy/packages.cpp`).
//!
//! Each transaction is tried by itself first, and only those that pay too little, or rest on one that
//! does, are judged together. What is judged together replaces something only where it is a parent and its
//! child, and nothing else.

use std::{
	collections::{BTreeSet, HashMap, HashSet},
	sync::Arc,
};

use bitcoin::{OutPoint, Transaction, Txid, Wtxid};

use super::{
	acceptance::{Plan, Rules, View},
	rejection::{Reason, Rejection},
	Entry, Mempool,
};
use crate::bitcoin::fee::FeeRate;

/// Most transactions in a package (`MAX_PACKAGE_COUNT`).
pub const MAX_PACKAGE_COUNT: usize = 25;
/// Heaviest package (`MAX_PACKAGE_WEIGHT`).
const MAX_PACKAGE_WEIGHT: u64 = 404_000;
/// What is said of a package of which not all transactions are taken.
const FAILED: &str = "transaction failed";

/// How a transaction of a package fared.
#[derive(Debug, Clone)]
pub enum Outcome {
	/// It came into the pool.
	Accepted {
		/// As it is there.
		entry: Box<Entry>,
		/// What it pays, with those that it was judged together with.
		rate: FeeRate,
		/// Who these are, itself among them.
		includes: Vec<Wtxid>,
	},
	/// It was there already.
	Known(Box<Entry>),
	/// It was there already, with another witness.
	OtherWitness(Wtxid),
	/// It is refused.
	Refused(Rejection),
}

/// What became of a package.
#[derive(Debug, Clone, Default)]
pub struct Verdict {
	/// Why not all of it is in the pool now. `None` when it is.
	pub failure: Option<String>,
	/// How each transaction fared. Empty when the package was not looked into.
	pub outcomes: HashMap<Wtxid, Outcome>,
	/// What left the pool.
	pub replaced: BTreeSet<Txid>,
}

/// How transactions are offered.
#[derive(Clone, Copy)]
pub struct Offer<'a> {
	/// The chain.
	pub view: View<'a>,
	/// The most that each may pay. `None`: anything.
	pub max_rate: Option<FeeRate>,
	/// When, in UNIX seconds.
	pub time: u64,
}

/// Transactions that were judged together are refused.
struct Refusal {
	failure: String,
	/// The one that is to blame, where it is one.
	culprit: Option<(Wtxid, Rejection)>,
}

/// Transactions that were judged together are taken.
struct Acceptance {
	outcomes: Vec<(Wtxid, Outcome)>,
	replaced: BTreeSet<Txid>,
}

impl Refusal {
	fn of(wtxid: Wtxid, rejection: Rejection) -> Self {
		match rejection.reason {
			Reason::TrucViolation | Reason::TooLargeCluster => {
				Self { failure: rejection.to_string(), culprit: None }
			},
			reason => {
				let dust = reason == Reason::MissingEphemeralSpends;
				let failure = if dust { "unspent-dust" } else { FAILED };
				Self { failure: failure.into(), culprit: Some((wtxid, rejection)) }
			},
		}
	}
}

impl Mempool {
	/// Takes what it can of a package.
	pub fn submit_package(&mut self, package: Vec<Transaction>, offer: Offer<'_>) -> Verdict {
		let mut verdict = Verdict::default();
		if let Some(fault) = fault(&package) {
			verdict.failure = Some(fault.into());
			return verdict;
		}
		let single = package.len() == 1;
		let mut pending = Vec::new();
		for transaction in package.into_iter().map(Arc::new) {
			let wtxid = transaction.compute_wtxid();
			let outcome = self.submit_one(&transaction, offer, &mut verdict.replaced);
			if let Outcome::Refused(rejection) = &outcome {
				verdict.failure = Some(FAILED.into());
				if !single && rejection.reason.is_reconsiderable() {
					pending.push((wtxid, transaction));
				}
			}
			verdict.outcomes.insert(wtxid, outcome);
		}
		let is_refused = |outcome: &&Outcome| matches!(outcome, Outcome::Refused(_));
		let refused = verdict.outcomes.values().filter(is_refused).count();
		// Together changes nothing where one is refused for good, or one is left.
		if pending.len() > 1 && pending.len() == refused {
			match self.submit_together(pending, offer) {
				Ok(Acceptance { outcomes, replaced }) => {
					verdict.outcomes.extend(outcomes);
					verdict.replaced.extend(replaced);
					verdict.failure = None;
				},
				Err(refusal) => {
					verdict.failure = Some(refusal.failure);
					verdict.outcomes.extend(
						refusal.culprit.map(|(wtxid, reason)| (wtxid, Outcome::Refused(reason))),
					);
				},
			}
		}
		verdict
	}

	fn submit_one(
		&mut self,
		transaction: &Arc<Transaction>,
		offer: Offer<'_>,
		replaced: &mut BTreeSet<Txid>,
	) -> Outcome {
		if let Some(known) = self.get(&transaction.compute_txid()) {
			return if known.wtxid == transaction.compute_wtxid() {
				Outcome::Known(Box::new(known.clone()))
			} else {
				Outcome::OtherWitness(known.wtxid)
			};
		}
		match self.evaluate_offer(transaction, offer, Rules::SINGLE) {
			Ok(plan) => {
				let entry = plan.entry.clone();
				replaced.extend(&plan.replaced);
				self.apply(plan);
				let rate = FeeRate::of(entry.fee, entry.vsize());
				let includes = vec![entry.wtxid];
				Outcome::Accepted { entry: Box::new(entry), rate, includes }
			},
			Err(rejection) => Outcome::Refused(rejection),
		}
	}

	/// Takes all of them for what they pay in sum, or none (`AcceptMultipleTransactions`).
	fn submit_together(
		&mut self,
		transactions: Vec<(Wtxid, Arc<Transaction>)>,
		offer: Offer<'_>,
	) -> Result<Acceptance, Refusal> {
		let mut pool = self.clone();
		let mut entries = Vec::with_capacity(transactions.len());
		let mut replaced = BTreeSet::new();
		for (wtxid, transaction) in &transactions {
			let plan = pool
				.evaluate_offer(transaction, offer, Rules::PACKAGE)
				.map_err(|rejection| Refusal::of(*wtxid, rejection))?;
			entries.push(plan.entry.clone());
			replaced.extend(&plan.replaced);
			pool.apply(plan);
		}
		let fee = entries.iter().map(|entry| entry.fee).sum();
		let vsize = entries.iter().map(Entry::vsize).sum();
		if let (Err(rejection), Some(child)) = (pool.check_rate(fee, vsize), entries.last()) {
			return Err(Refusal::of(child.wtxid, rejection));
		}
		if !replaced.is_empty() {
			self.check_package_replacement(&entries, &replaced).map_err(|reason| Refusal {
				failure: format!("package RBF failed: {reason}"),
				culprit: None,
			})?;
		}
		*self = pool;
		let rate = FeeRate::of(fee, vsize);
		let includes: Vec<Wtxid> = entries.iter().map(|entry| entry.wtxid).collect();
		let accepted = |entry: Entry| {
			let wtxid = entry.wtxid;
			let includes = includes.clone();
			(wtxid, Outcome::Accepted { entry: Box::new(entry), rate, includes })
		};
		Ok(Acceptance { outcomes: entries.into_iter().map(accepted).collect(), replaced })
	}

	fn evaluate_offer(
		&self,
		transaction: &Arc<Transaction>,
		offer: Offer<'_>,
		rules: Rules,
	) -> Result<Plan, Rejection> {
		let plan = self.evaluate(transaction.clone(), &offer.view, rules, offer.time)?;
		let rate = FeeRate::of(plan.entry.fee, plan.entry.vsize());
		if offer.max_rate.is_some_and(|most| rate > most) {
			return Err(Reason::MaxFeeRate.into());
		}
		Ok(plan)
	}
}

/// What makes a list of transactions no package (`IsWellFormedPackage`).
pub fn fault(package: &[Transaction]) -> Option<&'static str> {
	if package.len() > MAX_PACKAGE_COUNT {
		return Some("package-too-many-transactions");
	}
	let weight: u64 = package.iter().map(|transaction| transaction.weight().to_wu()).sum();
	// One that is too heavy by itself has an error of its own.
	if package.len() > 1 && weight > MAX_PACKAGE_WEIGHT {
		return Some("package-too-large");
	}
	let txids: Vec<Txid> = package.iter().map(Transaction::compute_txid).collect();
	let unique: HashSet<&Txid> = txids.iter().collect();
	if unique.len() != txids.len() {
		return Some("package-contains-duplicates");
	}
	let mut spent: HashSet<OutPoint> = HashSet::new();
	for (index, transaction) in package.iter().enumerate() {
		let later = &txids[index..];
		if transaction.input.iter().any(|input| later.contains(&input.previous_output.txid)) {
			return Some("package-not-sorted");
		}
	}
	let conflicting = |input: &bitcoin::TxIn| !spent.insert(input.previous_output);
	package
		.iter()
		.flat_map(|transaction| &transaction.input)
		.any(conflicting)
		.then_some("conflict-in-package")
}

/// Whether the last transaction spends outputs of all the others, and none of these spends another's
/// (`IsChildWithParentsTree`).
pub fn is_child_with_parents(package: &[Transaction]) -> bool {
	let Some((child, parents)) = package.split_last().filter(|(_, parents)| !parents.is_empty())
	else {
		return false;
	};
	let txids: HashSet<Txid> = parents.iter().map(Transaction::compute_txid).collect();
	let spends = |transaction: &Transaction| -> HashSet<Txid> {
		transaction.input.iter().map(|input| input.previous_output.txid).collect()
	};
	txids.is_subset(&spends(child))
		&& parents.iter().all(|parent| spends(parent).is_disjoint(&txids))
}
