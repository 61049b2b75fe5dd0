//! The end of a batch: one of its attempts is in a final Bitcoin block.
//!
//! Any attempt settles the batch, the newest or not, complete on our side or not: what Bitcoin has
//! mined is what happened.

use crate::{
	outflow, transaction, Anchored, Attempt, Attempts, Batch, CoinOrigin, Coins, Config,
	CurrentPolicy, CustodyCoin, CustodyTotal, Departure, Error, Event, FormerCoins, InFlight,
	LastSettled, LastTransaction, MainCoin, PaidOut, Pallet, Signatures, UnsweptDeposits,
	WithdrawalState, Withdrawals, MAX_ATTEMPTS, MAX_COMMITTEES, MAX_MEMBERS,
};
use alloc::{collections::BTreeSet, vec::Vec};
use entangled_bitcoin::{OutPoint, Sats};
use pallet_btc_light_client::{BitcoinChain, InclusionClaim};
use polkadot_sdk::sp_runtime::{DispatchError, DispatchResult};

impl<T: Config> Pallet<T> {
	/// Which attempt of the batch in flight a claim shows to be mined.
	pub(crate) fn plan_settlement(
		claim: &InclusionClaim,
	) -> Result<(Batch, u32, Attempt), Error<T>> {
		let txid = Self::claimed_txid(claim)?;
		let batch = InFlight::<T>::get().ok_or(Error::<T>::UnknownAttempt)?;
		let (index, attempt) = Self::attempts_at(&batch)
			.find(|(_, attempt)| attempt.txid == txid)
			.ok_or(Error::<T>::UnknownAttempt)?;
		T::Bitcoin::verify(claim)?;
		Ok((batch, index, attempt))
	}

	/// Settles the batch in flight, and says how many withdrawals it paid.
	pub(crate) fn do_settle(claim: &InclusionClaim) -> Result<u32, DispatchError> {
		let (batch, index, attempt) = Self::plan_settlement(claim)?;
		// Made before the signatures are forgotten.
		match transaction::signed::<T>(&batch, index) {
			Some(bytes) => LastSettled::<T>::put(LastTransaction { txid: attempt.txid, bytes }),
			None => LastSettled::<T>::kill(),
		}
		Self::move_coins(&batch, &attempt)?;
		let paid = Self::pay(&attempt)?;
		let all = Self::attempts_at(&batch).map(|(_, attempt)| attempt).collect::<Vec<_>>();
		Self::return_unpaid(&all, core::slice::from_ref(&attempt));
		Self::forget(&batch);

		let height = T::Bitcoin::clock().bitcoin_height;
		let policy = CurrentPolicy::<T>::get();
		PaidOut::<T>::mutate(|paid_out| outflow::note(paid_out, height, paid, &policy));
		Anchored::<T>::put(attempt.anchor);
		Self::rely_on(claim.block.height);
		Self::deposit_event(Event::BatchSettled {
			batch: batch.id,
			attempt: index,
			txid: attempt.txid,
			fee: attempt.fee,
			anchor: attempt.anchor,
		});
		Self::guard_invariant();
		Ok(u32::try_from(attempt.payouts.len()).unwrap_or(u32::MAX))
	}

	/// Gives up the attempts at the batch in flight that spend a coin which Bitcoin has no more, for
	/// they can never be mined. Others still can, so the batch goes on with them; without any it is
	/// given up as a whole.
	pub(crate) fn give_up(batch: &Batch, outpoint: OutPoint) {
		let spends = |attempt: &Attempt| attempt.coins.iter().any(|(coin, _)| *coin == outpoint);
		let (lost, left) =
			Self::attempts_at(batch).partition::<Vec<_>, _>(|(_, attempt)| spends(attempt));
		let (indices, lost) = lost.into_iter().unzip::<_, _, Vec<_>, Vec<_>>();
		let left = left.into_iter().map(|(_, attempt)| attempt).collect::<Vec<_>>();
		Self::return_unpaid(&lost, &left);
		if left.is_empty() {
			Self::forget(batch);
			return Self::deposit_event(Event::BatchDissolved { batch: batch.id });
		}
		for attempt in indices {
			Self::forget_attempt(attempt);
			Self::deposit_event(Event::AttemptGivenUp { batch: batch.id, attempt });
		}
	}

	/// The coins that were spent leave custody, and the change comes in.
	fn move_coins(batch: &Batch, attempt: &Attempt) -> DispatchResult {
		let mut total = CustodyTotal::<T>::get();
		let mut spent = BTreeSet::new();
		for (outpoint, _) in &attempt.coins {
			if let Some(coin) = Coins::<T>::take(outpoint) {
				total = total.checked_sub(coin.value).ok_or(Error::<T>::BooksBroken)?;
				FormerCoins::<T>::insert(outpoint, Departure::Spent { by: attempt.txid });
			}
			spent.insert(*outpoint);
		}
		UnsweptDeposits::<T>::mutate(|unswept| {
			unswept.retain(|deposit| !spent.contains(&deposit.outpoint))
		});
		let change = CustodyCoin {
			value: attempt.change,
			committee: batch.change_to,
			origin: CoinOrigin::Change,
		};
		let outpoint = OutPoint { txid: attempt.txid, vout: 0 };
		total = total.checked_add(change.value).ok_or(Error::<T>::BooksBroken)?;
		CustodyTotal::<T>::put(total);
		MainCoin::<T>::put((outpoint, change.committee));
		Coins::<T>::insert(outpoint, change);
		Ok(())
	}

	/// Burns what the attempt paid out, and gives the sum.
	fn pay(attempt: &Attempt) -> Result<Sats, DispatchError> {
		let mut paid = Sats::ZERO;
		for (id, fee) in &attempt.payouts {
			let withdrawal = Withdrawals::<T>::get(id).ok_or(Error::<T>::BooksBroken)?;
			paid = paid.checked_add(withdrawal.amount).ok_or(Error::<T>::BooksBroken)?;
			Self::consume(&withdrawal, *fee)?;
			let (txid, fee) = (attempt.txid, *fee);
			Self::close(*id, withdrawal, WithdrawalState::Paid { txid, fee });
			Self::deposit_event(Event::WithdrawalPaid { id: *id, txid, fee });
		}
		Ok(paid)
	}

	/// Those whom attempts that are gone would have paid wait again, but for those whom other attempts
	/// pay or have paid.
	fn return_unpaid(gone: &[Attempt], but: &[Attempt]) {
		let ids = |attempts: &[Attempt]| {
			let payouts = attempts.iter().flat_map(|attempt| &attempt.payouts);
			payouts.map(|(id, _)| *id).collect::<BTreeSet<_>>()
		};
		for id in ids(gone).difference(&ids(but)).copied() {
			Withdrawals::<T>::mutate_extant(id, |withdrawal| {
				withdrawal.state = WithdrawalState::Pending
			});
			Self::deposit_event(Event::WithdrawalReturned { id });
		}
	}

	/// Forgets the batch in flight.
	fn forget(batch: &Batch) {
		InFlight::<T>::kill();
		(0..batch.attempts.min(MAX_ATTEMPTS)).for_each(Self::forget_attempt);
	}

	fn forget_attempt(index: u32) {
		// Each member of each committee whose coins the attempt spends has signed at the most once.
		let signatures = MAX_MEMBERS.saturating_mul(MAX_COMMITTEES);
		Attempts::<T>::remove(index);
		let _ = Signatures::<T>::clear_prefix(index, signatures, None);
	}
}
