// SPDX-License-Identifier: GPL-3.0-or-later WITH Classpath-exception-2.0

//! Whether a transaction that the chain has built may be signed.
//!
//! The chain says what to sign, as hashes. A member does not take its word: it builds the
//! transaction itself, natively, from the keys of the committees, the coins of custody and the
//! withdrawals as they are recorded, and signs the hashes that it gets. A fault in one of the
//! chain's views, or in how a runtime was compiled, then costs a signature and no coins.

use entangled_bitcoin::{
	custody::{build, input_weight, transaction_weight},
	script::custody_output,
	txid, Coin, FeeRate, Multisig, Native, OutPoint, Payout, Sats, Selection, Sighashes,
	SpentOutput, Weight, XOnlyKey,
};
use entangled_runtime::AccountId;
use pallet_peg::{
	AttemptView, BatchView, CoinOrigin, CoinView, CommitteeId, CommitteeView, CustodyCoin,
	PayoutView, Withdrawal, WithdrawalId, WithdrawalState,
};
use std::collections::{BTreeMap, BTreeSet};

/// Pays no more than this, whatever the chain says: a rate that nobody ever had to pay for long.
const MOST: FeeRate = FeeRate::MAX;

/// What is to be signed, and what it is checked against.
pub struct Case<'a> {
	/// The batch.
	pub batch: &'a BatchView<AccountId>,
	/// Which attempt at it.
	pub attempt: u32,
	/// Inputs that the chain wants signatures for.
	pub inputs: &'a [u32],
	/// The key that is to sign.
	pub key: XOnlyKey,
	/// The committees.
	pub committees: &'a [CommitteeView<AccountId>],
	/// What custody holds.
	pub custody: &'a [CoinView],
	/// The withdrawals that the attempt pays, as the chain records them.
	pub withdrawals: &'a BTreeMap<WithdrawalId, Withdrawal<AccountId>>,
}

/// Whether to sign.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
	/// Everything is as it must be. The hashes to sign, one for each input asked for.
	Sign(Vec<[u8; 32]>),
	/// The batch has no such attempt.
	UnknownAttempt,
	/// Nothing is known of a committee that holds a coin or gets the change, so no script of it can
	/// be built.
	UnknownCommittee(CommitteeId),
	/// The keys of a committee do not give the custody script that the chain has for it. Change paid
	/// there might be lost.
	WrongCommittee(CommitteeId),
	/// The attempt spends a coin that custody does not hold, or not for this value or this committee.
	ForeignCoin(OutPoint),
	/// The attempt spends a coin twice.
	RepeatedCoin(OutPoint),
	/// This attempt at the batch does not spend the coin that all should have in common, so that it
	/// and another could both be mined, and pay twice.
	WithoutCommonCoin(u32),
	/// A coin does not have the script that its committee and origin give.
	WrongCoinScript(OutPoint),
	/// The change does not go to the committee's custody script.
	WrongChange,
	/// An attempt pays a withdrawal twice, or not in the order of the ids.
	UnorderedPayouts(WithdrawalId),
	/// A payment is not what the withdrawal asks for, or the withdrawal is not to be paid by custody
	/// now.
	WrongPayout(WithdrawalId),
	/// A withdrawal pays more for the transaction than its owner allows.
	FeeAboveCeiling(WithdrawalId),
	/// Coins, payments, change and fee do not add up.
	Unbalanced,
	/// The miner would get more than any transaction needs.
	ExcessiveFee {
		/// What it would get.
		fee: Sats,
		/// The most that it should get.
		most: Sats,
	},
	/// The transaction that follows from all this is another one than the chain has built.
	WrongTransaction,
	/// The chain wants another hash signed for this input than the transaction gives.
	WrongSighash(u32),
	/// The chain wants a signature for an input that the key has no part in, or wants it twice.
	NotOurs(u32),
}

impl Verdict {
	/// In a word, for the metrics.
	pub fn label(&self) -> &'static str {
		match self {
			Self::Sign(_) => "sign",
			Self::UnknownAttempt => "unknown_attempt",
			Self::UnknownCommittee(_) => "unknown_committee",
			Self::WrongCommittee(_) => "wrong_committee",
			Self::ForeignCoin(_) => "foreign_coin",
			Self::RepeatedCoin(_) => "repeated_coin",
			Self::WithoutCommonCoin(_) => "without_common_coin",
			Self::WrongCoinScript(_) => "wrong_coin_script",
			Self::WrongChange => "wrong_change",
			Self::UnorderedPayouts(_) => "unordered_payouts",
			Self::WrongPayout(_) => "wrong_payout",
			Self::FeeAboveCeiling(_) => "fee_above_ceiling",
			Self::Unbalanced => "unbalanced",
			Self::ExcessiveFee { .. } => "excessive_fee",
			Self::WrongTransaction => "wrong_transaction",
			Self::WrongSighash(_) => "wrong_sighash",
			Self::NotOurs(_) => "not_ours",
		}
	}
}

/// Judges a case. Reads nothing but the case.
pub fn judge(case: &Case) -> Verdict {
	match case.hashes() {
		Ok(hashes) => Verdict::Sign(hashes),
		Err(verdict) => verdict,
	}
}

/// A coin as the members of its committee can spend it.
struct Spendable<'a> {
	coin: Coin,
	committee: &'a Multisig,
	/// Hash of the leaf that they sign for.
	leaf: [u8; 32],
}

impl Case<'_> {
	fn hashes(&self) -> Result<Vec<[u8; 32]>, Verdict> {
		let attempts = &self.batch.attempts;
		let attempt = attempts.iter().find(|attempt| attempt.index == self.attempt);
		let attempt = attempt.ok_or(Verdict::UnknownAttempt)?;
		let committees = self.committees()?;
		let coins = self.coins(attempt, &committees)?;
		self.check_common()?;
		self.check_change(&committees)?;
		let payouts = self.payouts(attempt)?;
		let selection = selection(attempt, payouts, &coins)?;

		let spends = coins.iter().map(|spendable| spendable.coin).collect::<Vec<_>>();
		let transaction = build(&selection, &spends, self.batch.change_script, &attempt.anchor);
		if txid::<Native>(&transaction) != attempt.txid {
			return Err(Verdict::WrongTransaction);
		}
		let spent = spends
			.iter()
			.map(|coin| SpentOutput { value: coin.value, script_pubkey: coin.script_pubkey.into() })
			.collect::<Vec<_>>();
		let sighashes =
			Sighashes::new::<Native>(&transaction, &spent).ok_or(Verdict::WrongTransaction)?;
		self.ours(attempt, &coins, &sighashes)
	}

	/// The committees' parts of all scripts, once it is clear that they are those of the chain.
	fn committees(&self) -> Result<BTreeMap<CommitteeId, Multisig>, Verdict> {
		self.committees
			.iter()
			.map(|view| {
				let keys = view.members.iter().map(|member| member.key).collect();
				let committee = Multisig::new(keys, view.threshold)
					.ok()
					.filter(|committee| {
						custody_output::<Native>(committee)
							.is_some_and(|output| output.script_pubkey() == view.custody)
					})
					.ok_or(Verdict::WrongCommittee(view.id))?;
				Ok((view.id, committee))
			})
			.collect()
	}

	fn coins<'c>(
		&self,
		attempt: &AttemptView<AccountId>,
		committees: &'c BTreeMap<CommitteeId, Multisig>,
	) -> Result<Vec<Spendable<'c>>, Verdict> {
		let held =
			self.custody.iter().map(|held| (held.outpoint, &held.coin)).collect::<BTreeMap<_, _>>();
		let mut seen = BTreeSet::new();
		attempt
			.coins
			.iter()
			.map(|CoinView { outpoint, coin, script }| {
				if !seen.insert(*outpoint) {
					return Err(Verdict::RepeatedCoin(*outpoint));
				}
				if held.get(outpoint) != Some(&coin) {
					return Err(Verdict::ForeignCoin(*outpoint));
				}
				let committee = committees
					.get(&coin.committee)
					.ok_or(Verdict::UnknownCommittee(coin.committee))?;
				spendable(*outpoint, coin, committee)
					.filter(|spendable| spendable.coin.script_pubkey == *script)
					.ok_or(Verdict::WrongCoinScript(*outpoint))
			})
			.collect()
	}

	/// Any two attempts must have a coin in common, so that one of them at the most can be mined: also
	/// the one that is judged and those that may have been signed before.
	fn check_common(&self) -> Result<(), Verdict> {
		let spends = |attempt: &AttemptView<AccountId>| {
			attempt.coins.iter().any(|coin| coin.outpoint == self.batch.common)
		};
		match self.batch.attempts.iter().find(|attempt| !spends(attempt)) {
			Some(attempt) => Err(Verdict::WithoutCommonCoin(attempt.index)),
			None => Ok(()),
		}
	}

	fn check_change(&self, committees: &BTreeMap<CommitteeId, Multisig>) -> Result<(), Verdict> {
		let id = self.batch.change_to;
		let committee = committees.get(&id).ok_or(Verdict::UnknownCommittee(id))?;
		let right = custody_output::<Native>(committee)
			.is_some_and(|output| output.script_pubkey() == self.batch.change_script);
		right.then_some(()).ok_or(Verdict::WrongChange)
	}

	fn payouts(&self, attempt: &AttemptView<AccountId>) -> Result<Vec<Payout>, Verdict> {
		let mut last = None;
		attempt
			.payouts
			.iter()
			.map(|PayoutView { id, script, amount, fee }| {
				if last.replace(*id).is_some_and(|last| last >= *id) {
					return Err(Verdict::UnorderedPayouts(*id));
				}
				let asked = self
					.withdrawals
					.get(id)
					.filter(|asked| asked.script == *script && asked.amount == *amount)
					.filter(|asked| matches!(asked.state, WithdrawalState::InBatch))
					.ok_or(Verdict::WrongPayout(*id))?;
				if *fee > asked.max_fee {
					return Err(Verdict::FeeAboveCeiling(*id));
				}
				Ok(Payout { id: *id, script: *script, amount: *amount, fee: *fee })
			})
			.collect()
	}

	/// The hashes of the inputs that are asked for.
	fn ours(
		&self,
		attempt: &AttemptView<AccountId>,
		coins: &[Spendable],
		sighashes: &Sighashes,
	) -> Result<Vec<[u8; 32]>, Verdict> {
		let mut last = None;
		self.inputs
			.iter()
			.map(|input| {
				let place = usize::try_from(*input).unwrap_or(usize::MAX);
				let ascends = last.replace(*input).is_none_or(|last| last < *input);
				let spendable = coins
					.get(place)
					.filter(|spendable| spendable.committee.keys().contains(&self.key))
					.filter(|_| ascends)
					.ok_or(Verdict::NotOurs(*input))?;
				sighashes
					.script_path::<Native>(place, &spendable.leaf)
					.filter(|hash| attempt.sighashes.get(place) == Some(hash))
					.ok_or(Verdict::WrongSighash(*input))
			})
			.collect()
	}
}

/// How the committee spends one of its coins.
fn spendable<'a>(
	outpoint: OutPoint,
	coin: &CustodyCoin,
	committee: &'a Multisig,
) -> Option<Spendable<'a>> {
	let output = coin.origin.output::<Native>(committee)?;
	let leaf = output.leaves.first()?;
	Some(Spendable {
		coin: Coin {
			outpoint,
			value: coin.value,
			script_pubkey: output.script_pubkey(),
			input_weight: input_weight(committee, leaf.script.len(), leaf.control_block.len()),
			main: coin.origin == CoinOrigin::Change,
		},
		committee,
		leaf: leaf.hash,
	})
}

/// What the attempt does, once its sums are right.
fn selection(
	attempt: &AttemptView<AccountId>,
	payouts: Vec<Payout>,
	coins: &[Spendable],
) -> Result<Selection, Verdict> {
	let coins = || coins.iter().map(|spendable| spendable.coin);
	let held = Sats::checked_sum(coins().map(|coin| coin.value));
	let paid = Sats::checked_sum(payouts.iter().map(|payout| payout.amount));
	let spent = paid.and_then(|paid| Sats::checked_sum([paid, attempt.change, attempt.fee]));
	if held.is_none() || held != spent {
		return Err(Verdict::Unbalanced);
	}
	let inputs = Weight::checked_sum(coins().map(|coin| coin.input_weight));
	let outputs = Weight::checked_sum(payouts.iter().map(|payout| payout.script.output_weight()));
	let weight = inputs
		.zip(outputs)
		.and_then(|(inputs, outputs)| {
			transaction_weight(coins().len(), inputs, payouts.len(), outputs)
		})
		.ok_or(Verdict::Unbalanced)?;
	let most = MOST.fee_for(weight).ok_or(Verdict::Unbalanced)?;
	if attempt.fee > most {
		return Err(Verdict::ExcessiveFee { fee: attempt.fee, most });
	}
	Ok(Selection {
		payouts,
		skipped: Vec::new(),
		change: attempt.change,
		fee: attempt.fee,
		custody_fee: attempt.custody_fee,
		weight,
	})
}

#[cfg(test)]
mod tests;
