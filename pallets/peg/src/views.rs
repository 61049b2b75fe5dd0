//! What people and nodes ask.

use crate::{
	claim::DepositPrice, coin::spend_weight, outflow, transaction, Anchored, Attempt, AttemptView,
	Attempts, BatchView, CandidateCommittee, CandidateView, CoinView, Coins, Committee,
	CommitteeId, CommitteeView, Committees, Config, CurrentPolicy, CustodyTotal, Departure,
	DepositAddress, DepositQuote, DepositTerms, DepositView, Deposits, Error, FormerCoins, Halt,
	Honoured, InFlight, LastSettled, PaidOut, Pallet, PayoutView, PegStatus, Policy, Queue,
	QuoteError, RollupInbox, Signatures, SignedTransaction, SignerView, SigningTask, Unswept,
	UnsweptDeposits, WithdrawalId, WithdrawalQuote, Withdrawals,
};
use alloc::vec::Vec;
use entangled_bitcoin::{ChainId, Destination, OutPoint, PayoutScript, Sats, XOnlyKey};
use pallet_btc_light_client::{our_chain, BitcoinChain, Host};

impl<T: Config> Pallet<T> {
	/// The peg at a glance.
	pub fn status() -> PegStatus {
		let policy = CurrentPolicy::<T>::get();
		let supply = Self::supply();
		PegStatus {
			halt: Halt::<T>::get(),
			committee: Honoured::<T>::get().last().copied(),
			supply,
			custody: CustodyTotal::<T>::get(),
			reserve: Self::reserve_fund(),
			pending: count(Queue::<T>::decode_len()),
			unswept: count(UnsweptDeposits::<T>::decode_len()),
			headroom: Self::cap(&policy).saturating_sub(supply),
			outflow_left: Self::outflow_left(&policy),
			fee_rate: Self::fee_rate(&policy),
			anchored: Anchored::<T>::get(),
			policy,
		}
	}

	fn outflow_left(policy: &Policy) -> Sats {
		outflow::left(&PaidOut::<T>::get(), T::Bitcoin::clock().bitcoin_height, policy)
	}

	/// The committees that hold coins or whose addresses are honoured, the one that serves last. None of
	/// them has an address before the second block.
	pub fn committees() -> Vec<CommitteeView<T::AccountId>> {
		let policy = CurrentPolicy::<T>::get();
		let Some(chain) = our_chain::<T>() else { return Vec::new() };
		let tip = T::Bitcoin::clock().bitcoin_height;
		Self::relevant()
			.into_iter()
			.filter_map(|id| committee_view(id, Committees::<T>::get(id)?, chain, tip, &policy))
			.collect()
	}

	/// The committee that is to take over.
	pub fn candidate() -> Option<CandidateView<T::AccountId>> {
		let candidate = CandidateCommittee::<T>::get()?;
		Some(CandidateView {
			id: candidate.id,
			missing: candidate.missing().cloned().collect(),
			members: candidate.committee.members.into_inner(),
			deadline: candidate.deadline,
		})
	}

	/// Where a deposit on these terms is paid to.
	pub fn deposit_address(terms: &DepositTerms) -> Result<DepositAddress, QuoteError> {
		let policy = CurrentPolicy::<T>::get();
		let tip = T::Bitcoin::clock().bitcoin_height;
		let committee = Self::honoured(terms, tip, &policy).map_err(QuoteError::from)?;
		Self::check_terms(terms, &policy).map_err(QuoteError::from)?;
		let destination = match terms {
			DepositTerms::Own { destination, .. } => Some(*destination),
			DepositTerms::Fixed { .. } => None,
		};
		if let Some(Destination::Rollup { rollup, .. }) = destination {
			T::Rollups::escrow(rollup).ok_or(QuoteError::UnknownRollup)?;
		}
		let multisig = committee.multisig().ok_or(QuoteError::UnknownCommittee)?;
		let chain = our_chain::<T>().ok_or(QuoteError::UnknownCommittee)?;
		let output = terms.origin::<Host>(chain).output::<Host>(&multisig);
		let output = output.ok_or(QuoteError::RefundDelayOutOfRange)?;
		Ok(DepositAddress {
			committee: terms.committee(),
			script: output.script_pubkey(),
			destination,
			refund_key: terms.refund().map(|refund| refund.key),
			refund_delay: terms.refund().map(|refund| refund.delay),
		})
	}

	/// What a deposit to an account would give, by an address with a way back.
	pub fn quote_deposit(amount: Sats) -> Result<DepositQuote, QuoteError> {
		let policy = CurrentPolicy::<T>::get();
		let (id, committee) = Self::current_committee().ok_or(QuoteError::UnknownCommittee)?;
		if amount > policy.max_deposit {
			return Err(QuoteError::AboveMaximum);
		}
		let multisig = committee.multisig().ok_or(QuoteError::UnknownCommittee)?;
		// Any terms will do: all such scripts have the same length.
		let destination = Destination::Account([0; 32]);
		let refund = entangled_bitcoin::Refund {
			key: entangled_bitcoin::taproot::NUMS,
			delay: policy.max_refund_delay,
		};
		let terms = DepositTerms::Own { committee: id, destination, refund };
		let chain = our_chain::<T>().ok_or(QuoteError::UnknownCommittee)?;
		let fee = terms
			.origin::<Host>(chain)
			.output::<Host>(&multisig)
			.and_then(|output| spend_weight(&multisig, &output))
			.and_then(|weight| Self::sweep_fee(&multisig, weight, Self::fee_rate(&policy)));
		let DepositPrice { fee, peg_fee, minted } =
			Self::price_deposit(&destination, amount, fee, &policy).map_err(QuoteError::from)?;
		Ok(DepositQuote { amount, fee, peg_fee, minted })
	}

	/// What a withdrawal would cost.
	pub fn quote_withdrawal(
		script: &PayoutScript,
		amount: Sats,
	) -> Result<WithdrawalQuote, QuoteError> {
		let policy = CurrentPolicy::<T>::get();
		if !script.is_spendable::<Host>() {
			return Err(QuoteError::UnspendableScript);
		}
		let min_amount = script.dust_threshold().max(policy.min_withdrawal);
		if amount < min_amount {
			return Err(QuoteError::BelowMinimum);
		}
		if amount > policy.outflow_limit {
			return Err(QuoteError::AboveMaximum);
		}
		let price = Self::price_withdrawal(script, &policy).ok_or(QuoteError::UnknownCommittee)?;
		Ok(WithdrawalQuote {
			rate: price.rate,
			alone: price.alone,
			shared: price.shared,
			min_amount,
			outflow_left: Self::outflow_left(&policy),
		})
	}

	/// The deposit by this output.
	pub fn deposit(outpoint: OutPoint) -> Option<DepositView> {
		let record = Deposits::<T>::get(outpoint)?;
		let unswept = UnsweptDeposits::<T>::get();
		let waiting: Option<&Unswept> = unswept.iter().find(|deposit| deposit.outpoint == outpoint);
		Some(DepositView {
			record,
			swept: matches!(FormerCoins::<T>::get(outpoint), Some(Departure::Spent { .. })),
			refund_height: waiting
				.map(|deposit| deposit.refund_height)
				.filter(|height| *height < u32::MAX),
		})
	}

	/// The withdrawals that have not ended, oldest first.
	pub fn pending() -> Vec<WithdrawalId> {
		Queue::<T>::get().into_inner()
	}

	/// The outputs that custody holds.
	pub fn custody() -> Vec<CoinView> {
		Coins::<T>::iter_keys().filter_map(Self::coin_view).collect()
	}

	fn coin_view(outpoint: OutPoint) -> Option<CoinView> {
		let script = Self::spendable(outpoint)?.coin.script_pubkey;
		Some(CoinView { outpoint, coin: Coins::<T>::get(outpoint)?, script })
	}

	/// The batch in flight.
	pub fn batch() -> Option<BatchView<T::AccountId>> {
		let batch = InFlight::<T>::get()?;
		Some(BatchView {
			id: batch.id,
			common: batch.common,
			change_to: batch.change_to,
			change_script: Committees::<T>::get(batch.change_to)?.custody,
			attempts: Self::attempts_at(&batch)
				.map(|(index, attempt)| Self::attempt_view(index, attempt))
				.collect(),
		})
	}

	fn attempt_view(index: u32, attempt: Attempt) -> AttemptView<T::AccountId> {
		let payouts = attempt
			.payouts
			.iter()
			.filter_map(|(id, fee)| {
				let withdrawal = Withdrawals::<T>::get(id)?;
				let (script, amount) = (withdrawal.script, withdrawal.amount);
				Some(PayoutView { id: *id, script, amount, fee: *fee })
			})
			.collect();
		let signers = Self::committees_of(&attempt)
			.into_iter()
			.filter_map(|id| Some((id, Committees::<T>::get(id)?)))
			.flat_map(|(committee, members)| {
				members.members.into_iter().map(move |member| SignerView {
					committee,
					signed: Signatures::<T>::contains_key(index, member.key),
					member,
				})
			})
			.collect();
		let coins = attempt.coins.iter().filter_map(|(outpoint, _)| Self::coin_view(*outpoint));
		AttemptView {
			index,
			txid: attempt.txid,
			coins: coins.collect(),
			payouts,
			change: attempt.change,
			anchor: attempt.anchor,
			fee: attempt.fee,
			custody_fee: attempt.custody_fee,
			rate: attempt.rate,
			weight: attempt.weight,
			sighashes: attempt.sighashes.into_inner(),
			built_at: attempt.built_at,
			sign_by: attempt.sign_by,
			complete: attempt.complete,
			signers,
		}
	}

	/// What the holder of this key still has to sign.
	pub fn signing_tasks(key: &XOnlyKey) -> Vec<SigningTask> {
		let mut tasks = Vec::new();
		if let Some(candidate) = CandidateCommittee::<T>::get() {
			let index = candidate.committee.index_of(key);
			if index.and_then(|index| candidate.alive.get(index)) == Some(&false) {
				let (committee, challenge) = (candidate.id, candidate.challenge);
				tasks.push(SigningTask::ProofOfLife { committee, challenge });
			}
		}
		let Some(batch) = InFlight::<T>::get().filter(|_| Self::may_pay()) else {
			return tasks;
		};
		let unsigned = Self::attempts_at(&batch)
			.filter(|(index, _)| !Signatures::<T>::contains_key(index, key))
			.map(|(index, attempt)| (index, Self::inputs_of(&attempt, key)))
			.filter(|(_, inputs)| !inputs.is_empty())
			.map(|(attempt, inputs)| SigningTask::Attempt { batch: batch.id, attempt, inputs });
		tasks.extend(unsigned);
		tasks
	}

	/// Complete transactions, newest first.
	pub fn transactions() -> Vec<SignedTransaction> {
		let mut transactions = Vec::new();
		if let Some(batch) = InFlight::<T>::get() {
			transactions.extend((0..batch.attempts).rev().filter_map(|index| {
				let bytes = transaction::signed::<T>(&batch, index)?;
				let txid = Attempts::<T>::get(index)?.txid;
				Some(SignedTransaction { txid, bytes, settled: false })
			}));
		}
		transactions.extend(LastSettled::<T>::get().map(|last| SignedTransaction {
			txid: last.txid,
			bytes: last.bytes,
			settled: true,
		}));
		transactions
	}
}

fn committee_view<AccountId>(
	id: CommitteeId,
	committee: Committee<AccountId>,
	chain: ChainId,
	tip: u32,
	policy: &Policy,
) -> Option<CommitteeView<AccountId>> {
	let fixed = DepositTerms::Fixed { committee: id }.origin::<Host>(chain);
	let fixed = fixed.output::<Host>(&committee.multisig()?)?.script_pubkey();
	Some(CommitteeView {
		id,
		threshold: committee.threshold,
		custody: committee.custody,
		fixed,
		active_from: committee.active_from,
		retired_at: committee.retired_at,
		honoured_until: committee.honoured_until(policy),
		silent_until: committee.silent_until.filter(|_| committee.is_silent(tip)),
		members: committee.members.into_inner(),
	})
}

fn count(length: Option<usize>) -> u32 {
	length.and_then(|length| u32::try_from(length).ok()).unwrap_or(0)
}

impl<T> From<Error<T>> for QuoteError {
	/// Of those errors that the rules shared with the calls give.
	fn from(error: Error<T>) -> Self {
		match error {
			Error::CommitteeRetired => Self::CommitteeRetired,
			Error::RefundDelayOutOfRange => Self::RefundDelayOutOfRange,
			Error::InvalidRefundKey => Self::InvalidRefundKey,
			Error::ReserveTakesFixedOnly => Self::ReserveTakesFixedOnly,
			Error::BelowMinimum => Self::BelowMinimum,
			Error::AboveMaximum => Self::AboveMaximum,
			Error::OverCap => Self::OverCap,
			_ => Self::UnknownCommittee,
		}
	}
}
