//! Whether a transaction may enter the pool (`MemPoolAccept`).

use std::{collections::BTreeSet, sync::Arc};

use bitcoin::{OutPoint, Transaction, TxOut, Txid};

use super::{
	consensus, ephemeral, locks,
	rejection::{Reason, Rejection},
	standard, truc, Entry, Mempool, CLUSTER_LIMIT, CLUSTER_SIZE_LIMIT, MIN_RELAY_FEE,
};
use crate::bitcoin::{
	chain::{engine::verify_scripts, Chain},
	coins::{Coin, Coins},
	fee::FeeRate,
};

/// Weight that a signature operation counts for (`DEFAULT_BYTES_PER_SIGOP`).
const WEIGHT_PER_SIGOP: u64 = 20;

/// What the pool needs to know of the chain.
#[derive(Clone, Copy)]
pub struct View<'a> {
	/// The blocks.
	pub chain: &'a Chain,
	/// The unspent outputs.
	pub coins: &'a Coins,
}

impl View<'_> {
	/// Height of the tip.
	pub fn height(&self) -> u32 {
		self.chain.height()
	}
}

/// Which rules apply.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rules {
	/// Least fees, limits on clusters and version 3 rules.
	pub limits: bool,
	/// A better paying transaction may replace what it conflicts with.
	pub replacement: bool,
	/// The transaction's own fee must suffice; otherwise that of its package does.
	pub pays_for_itself: bool,
}

impl Rules {
	/// For a transaction that comes by itself.
	pub const SINGLE: Self = Self { limits: true, replacement: true, pays_for_itself: true };
	/// For transactions tested together.
	pub const TEST: Self = Self { limits: true, replacement: false, pays_for_itself: true };
	/// For transactions that come together, because they do not pay for themselves. What they replace,
	/// they replace together.
	pub const PACKAGE: Self = Self { limits: true, replacement: true, pays_for_itself: false };
	/// For transactions that come back from a block.
	pub const REORGANISATION: Self =
		Self { limits: false, replacement: true, pays_for_itself: true };
}

/// An acceptance that has not been carried out.
#[derive(Debug, Clone)]
pub struct Plan {
	/// What comes.
	pub entry: Entry,
	/// What goes.
	pub replaced: BTreeSet<Txid>,
}

impl Mempool {
	/// Decides about a transaction that comes at `time`. Changes nothing.
	pub fn evaluate(
		&self,
		transaction: Arc<Transaction>,
		view: &View<'_>,
		rules: Rules,
		time: u64,
	) -> Result<Plan, Rejection> {
		consensus::check_transaction(&transaction)?;
		standard::check_form(&transaction)?;
		let next_height = view.height() + 1;
		let median_time = view.chain.median_time_past(view.height());
		if !locks::is_final(&transaction, next_height, median_time) {
			return Err(Reason::NonFinal.into());
		}
		let txid = transaction.compute_txid();
		let wtxid = transaction.compute_wtxid();
		if let Some(known) = self.get(&txid) {
			let same = known.wtxid == wtxid;
			return Err(if same {
				Reason::AlreadyInMempool
			} else {
				Reason::SameNonWitnessDataInMempool
			}
			.into());
		}
		let conflicts: BTreeSet<Txid> = transaction
			.input
			.iter()
			.filter_map(|input| self.spender(&input.previous_output))
			.collect();
		if !conflicts.is_empty() && !rules.replacement {
			return Err(Reason::ReplacementDisallowed.into());
		}

		let coins = self.spent_coins(&transaction, view)?;
		let heights: Vec<u32> = coins.iter().map(|coin| coin.height).collect();
		let median_time_at = |height| view.chain.median_time_past(height);
		if !locks::are_sequences_final(
			&transaction,
			&heights,
			next_height,
			median_time,
			median_time_at,
		) {
			return Err(Reason::NonBip68Final.into());
		}
		let fee = consensus::check_amounts(&transaction, &coins, next_height)?;
		let spent: Vec<TxOut> = coins.into_iter().map(|coin| coin.output).collect();
		standard::check_inputs(&transaction, &spent)?;
		standard::check_witnesses(&transaction, &spent)?;

		let weight = transaction.weight().to_wu();
		let sigops = sigop_cost(&transaction, &spent);
		let entry = Entry {
			transaction: transaction.clone(),
			txid,
			wtxid,
			fee,
			weight,
			adjusted_weight: weight.max(sigops as u64 * WEIGHT_PER_SIGOP),
			sigops,
			time,
			height: view.height(),
			sequence: self.sequence(),
		};
		ephemeral::check_fee(&transaction, fee)?;
		if sigops > standard::MAX_STANDARD_TX_SIGOPS_COST {
			return Err(Reason::TooManySigops.because(sigops.to_string()));
		}
		if rules.limits {
			self.check_fee(&entry, rules)?;
			truc::check(self, &entry, &conflicts)?;
		}
		ephemeral::check_spends(self, &entry)?;
		let replaced = if rules.pays_for_itself {
			self.check_replacement(&entry, &conflicts)?
		} else {
			self.descendants(conflicts)
		};
		if rules.limits && replaced.is_empty() {
			self.check_cluster(&entry, &replaced)?;
		}
		verify_scripts(&transaction, &spent).map_err(|index| {
			let outpoint = transaction
				.input
				.get(index)
				.map_or_else(OutPoint::null, |input| input.previous_output);
			let (spent_txid, vout) = (outpoint.txid, outpoint.vout);
			Reason::Script.because(format!(
				"input {index} of {txid} (wtxid {wtxid}), spending {spent_txid}:{vout}"
			))
		})?;
		Ok(Plan { entry, replaced })
	}

	/// The coins that the inputs spend, of the chain or of the pool. The pool's count as being in
	/// the next block.
	fn spent_coins(
		&self,
		transaction: &Transaction,
		view: &View<'_>,
	) -> Result<Vec<Coin>, Rejection> {
		let coin = |outpoint: &OutPoint| {
			let waiting = || {
				let output = self.output(outpoint)?.clone();
				Some(Coin { output, height: view.height() + 1, coinbase: false })
			};
			view.coins.get(outpoint).cloned().or_else(waiting)
		};
		let coins: Option<Vec<Coin>> =
			transaction.input.iter().map(|input| coin(&input.previous_output)).collect();
		coins.ok_or_else(|| {
			let known = view.coins.has_output_of(transaction);
			if known { Reason::AlreadyKnown } else { Reason::MissingInputs }.into()
		})
	}

	/// What a child pays for may be below the pool's current minimum. Below the relay minimum only
	/// version 3 may be, of which few can be connected; release 31 lets any transaction.
	fn check_fee(&self, entry: &Entry, rules: Rules) -> Result<(), Rejection> {
		if rules.pays_for_itself {
			self.check_rate(entry.fee, entry.vsize())
		} else if !truc::is_truc(entry) {
			check_least(MIN_RELAY_FEE, Reason::MinRelayFee, entry.fee, entry.vsize())
		} else {
			Ok(())
		}
	}

	/// Whether `fee` suffices for so many virtual bytes (`CheckFeeRate`).
	pub(super) fn check_rate(&self, fee: u64, vsize: u64) -> Result<(), Rejection> {
		check_least(self.min_fee, Reason::MempoolMinFee, fee, vsize)?;
		check_least(MIN_RELAY_FEE, Reason::MinRelayFee, fee, vsize)
	}

	/// The transactions connected with `entry` once `replaced` are gone must stay few and small.
	pub(super) fn check_cluster(
		&self,
		entry: &Entry,
		replaced: &BTreeSet<Txid>,
	) -> Result<(), Rejection> {
		let parents = self.parents_of(&entry.transaction);
		let cluster = &self.cluster(parents) - replaced;
		let vsize: u64 = cluster.iter().filter_map(|txid| self.get(txid)).map(Entry::vsize).sum();
		if cluster.len() + 1 > CLUSTER_LIMIT || vsize + entry.vsize() > CLUSTER_SIZE_LIMIT {
			return Err(Reason::TooLargeCluster.into());
		}
		Ok(())
	}
}

fn check_least(least: FeeRate, reason: Reason, fee: u64, vsize: u64) -> Result<(), Rejection> {
	let least = least.fee_for(vsize);
	if fee < least {
		Err(reason.because(format!("{fee} < {least}")))
	} else {
		Ok(())
	}
}

fn sigop_cost(transaction: &Transaction, spent: &[TxOut]) -> usize {
	transaction.total_sigop_cost(|outpoint| {
		let position =
			transaction.input.iter().position(|input| input.previous_output == *outpoint)?;
		spent.get(position).cloned()
	})
}
