// SPDX-License-Identifier: GPL-3.0-or-later WITH Classpath-exception-2.0

//! What a Bitcoin block holds that the chain can use.

use super::bonds::Table;
use crate::tasks::submit::Message;
use bitcoin::{Block, Transaction};
use entangled_bitcoin::{
	inclusion::InclusionProof, script::Fronted, BlockRef, ChainId, Destination, Native, OutPoint,
	Sats, TaprootScript, Txid,
};
use entangled_runtime::AccountId;
use pallet_btc_light_client::InclusionClaim;
use pallet_peg::{DepositTerms, Withdrawal, WithdrawalId};
use std::{
	cell::LazyCell,
	collections::{HashMap, HashSet},
	sync::Arc,
};

/// What to look for.
#[derive(Clone, Debug)]
pub struct Interests {
	/// Our chain. What is paid for another one is nothing to us.
	pub chain: ChainId,
	/// The scripts of deposit addresses, and what each is made of. Of the fixed addresses and of
	/// those that somebody asked us to watch.
	pub addresses: HashMap<TaprootScript, DepositTerms>,
	/// The least that is a deposit. Less would be refused, and anybody can send dust.
	pub least: Sats,
	/// The attempts at the batch in flight.
	pub attempts: HashSet<Txid>,
	/// Bonds.
	pub bonds: Arc<Table>,
}

/// What was found, by what tells it from everything else.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Subject {
	/// A deposit.
	Deposit(OutPoint),
	/// An attempt at a batch.
	Settlement(Txid),
	/// The payment of a withdrawal by another than custody.
	Front(WithdrawalId, Txid),
	/// A bond.
	Bond(OutPoint),
	/// The transaction that unbonds a bond.
	Unbonding(OutPoint),
	/// Another one that spends a bond, or what unbonding made of it.
	Spend(OutPoint, Txid),
}

impl Subject {
	/// All kinds.
	pub const KINDS: [&'static str; 5] = ["deposit", "settlement", "front", "bond", "spend"];

	/// In a word, for the metrics.
	pub fn kind(&self) -> &'static str {
		match self {
			Self::Deposit(_) => "deposit",
			Self::Settlement(_) => "settlement",
			Self::Front(..) => "front",
			Self::Bond(_) => "bond",
			Self::Unbonding(_) | Self::Spend(..) => "spend",
		}
	}

	/// How long it can wait for others, the most urgent first. The peg's own settlements are few, and
	/// everything waits for them. Spent bonds are few as well, and must not go on counting.
	pub fn urgency(&self) -> u8 {
		match self {
			Self::Settlement(_) => 0,
			Self::Unbonding(_) | Self::Spend(..) => 1,
			Self::Deposit(_) | Self::Front(..) | Self::Bond(_) => 2,
		}
	}

	/// Whether there is always room for it.
	pub fn is_urgent(&self) -> bool {
		self.urgency() < 2
	}

	/// Bytes that no other subject has.
	pub fn to_bytes(self) -> Vec<u8> {
		self.to_string().into_bytes()
	}
}

impl std::fmt::Display for Subject {
	fn fmt(&self, f: &mut std::fmt::Formatter) -> std::fmt::Result {
		match self {
			Self::Deposit(outpoint) => write!(f, "deposit {outpoint}"),
			Self::Settlement(txid) => write!(f, "settlement {txid}"),
			Self::Front(id, txid) => write!(f, "payment {txid} of withdrawal {id}"),
			Self::Bond(outpoint) => write!(f, "bond {outpoint}"),
			Self::Unbonding(outpoint) => write!(f, "unbonding of {outpoint}"),
			Self::Spend(outpoint, txid) => {
				write!(f, "transaction {txid} that spends bond {outpoint}")
			},
		}
	}
}

/// Something found in a block, and what the chain must be told of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
	/// What it is.
	pub subject: Subject,
	/// The block.
	pub block: BlockRef,
	/// What the chain must be told.
	pub message: Message,
	/// Whether eBTC is minted for it, which the chain does not do while the peg has halted.
	pub mints: bool,
}

/// Looks through a block.
///
/// `withdrawal` gives a withdrawal as our chain records it. Somebody who names one that does not
/// exist, or pays something else, is not heeded.
pub fn find<E>(
	block: &Block,
	at: BlockRef,
	interests: &Interests,
	mut withdrawal: impl FnMut(WithdrawalId) -> Result<Option<Withdrawal<AccountId>>, E>,
) -> Result<Vec<Finding>, E> {
	let mut found = Vec::new();
	for (index, transaction) in (0..).zip(&block.txdata) {
		let txid = Txid::from(transaction.compute_txid());
		let mut subjects = deposits(transaction, txid, interests);
		if interests.attempts.contains(&txid) {
			subjects.push((Subject::Settlement(txid), None));
		}
		let fronted = Fronted::from_outputs(&transaction.output)
			.filter(|fronted| fronted.chain == interests.chain);
		if let Some(Fronted { id, .. }) = fronted {
			let asked = withdrawal(id)?;
			if asked.is_some_and(|asked| !asked.state.is_terminal() && pays(transaction, &asked)) {
				subjects.push((Subject::Front(id, txid), None));
			}
		}
		let of_bonds = bonds(transaction, txid, &interests.bonds);
		subjects.extend(of_bonds.into_iter().map(|subject| (subject, None)));
		if subjects.is_empty() {
			continue;
		}
		// One proof, however many outputs are of interest.
		let Some(claim) = claim(block, at, index) else { continue };
		let named = Destination::from_outputs(&transaction.output);
		found.extend(subjects.into_iter().filter_map(|(subject, terms)| {
			let claim = claim.clone();
			// What goes to the reserve covers a loss, and comes in at any time.
			let gift = matches!(terms, Some(DepositTerms::Fixed { .. }))
				&& named == Some(Destination::Reserve);
			let mints = matches!(subject, Subject::Deposit(_)) && !gift;
			let message = match subject {
				Subject::Deposit(OutPoint { vout, .. }) => {
					Message::Claim { claim, vout, terms: terms? }
				},
				Subject::Settlement(_) => Message::Settle { claim },
				Subject::Front(id, _) => Message::Front { claim, id },
				Subject::Bond(outpoint) => Message::Activate { outpoint, claim },
				Subject::Unbonding(outpoint) | Subject::Spend(outpoint, _) => {
					Message::ReportSpend { outpoint, claim }
				},
			};
			Some(Finding { subject, block: at, message, mints })
		}));
	}
	Ok(found)
}

/// The outputs that pay to one of the addresses. To a fixed address only where the transaction says
/// for whom.
fn deposits(
	transaction: &Transaction,
	txid: Txid,
	interests: &Interests,
) -> Vec<(Subject, Option<DepositTerms>)> {
	// Looked for once, and only where it matters: a block may be full of outputs.
	let directed = LazyCell::new(|| Destination::from_outputs(&transaction.output).is_some());
	(0..)
		.zip(&transaction.output)
		.filter(|(_, output)| Sats(output.value.to_sat()) >= interests.least)
		.filter_map(|(vout, output)| {
			let script = TaprootScript::parse(output.script_pubkey.as_bytes())?;
			let terms = interests.addresses.get(&script)?;
			let found = matches!(terms, DepositTerms::Own { .. }) || *directed;
			let subject = Subject::Deposit(OutPoint { txid, vout });
			found.then(|| (subject, Some(terms.clone())))
		})
		.collect()
}

/// The bonds that a transaction funds, and those that it spends.
fn bonds(transaction: &Transaction, txid: Txid, table: &Table) -> Vec<Subject> {
	let funded = (0..)
		.zip(&transaction.output)
		.map(|(vout, _)| OutPoint { txid, vout })
		.filter(|outpoint| table.awaited.contains(outpoint))
		.map(Subject::Bond);
	let spent = transaction
		.input
		.iter()
		.filter_map(|input| table.coins.get(&input.previous_output.into()))
		.map(|holding| match txid == holding.unbonding {
			true => Subject::Unbonding(holding.bond),
			false => Subject::Spend(holding.bond, txid),
		});
	funded.chain(spent).collect()
}

/// Whether one of the outputs is what a withdrawal asks for.
fn pays(transaction: &Transaction, withdrawal: &Withdrawal<AccountId>) -> bool {
	let script = withdrawal.script.to_script();
	transaction.output.iter().any(|output| {
		output.value.to_sat() == withdrawal.amount.0 && output.script_pubkey.as_bytes() == script
	})
}

/// The proof that the transaction at `index` is in the block; nothing when it is longer than what
/// the chain reads.
fn claim(block: &Block, at: BlockRef, index: u32) -> Option<Arc<InclusionClaim>> {
	let proof = InclusionProof::build::<Native>(&block.txdata, index)?;
	let claim = InclusionClaim { block: at, proof };
	claim.fits().then(|| Arc::new(claim))
}

#[cfg(test)]
mod tests;
