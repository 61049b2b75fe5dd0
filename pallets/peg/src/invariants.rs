//! What must hold after every block.

#![cfg(any(feature = "try-runtime", test))]

use crate::{
	Attempt, Attempts, Batch, Coins, Config, CustodyTotal, DepositRecord, Deposits, FormerCoins,
	Halt, InFlight, MainCoin, Pallet, Queue, UnsweptDeposits, WithdrawalState, Withdrawals,
	MAX_COMMITTEES,
};
use alloc::{collections::BTreeSet, vec::Vec};
use entangled_bitcoin::{OutPoint, Sats};
use polkadot_sdk::{frame_support::ensure, sp_runtime::TryRuntimeError};

impl<T: Config> Pallet<T> {
	/// Checks the invariants of the module's documentation.
	pub(crate) fn do_try_state() -> Result<(), TryRuntimeError> {
		ensure!(
			Self::deficit().is_none() || Halt::<T>::exists(),
			"more eBTC than BTC, and no halt"
		);
		Self::check_coins()?;
		Self::check_withdrawals()?;
		Self::check_batch()
	}

	fn check_coins() -> Result<(), TryRuntimeError> {
		let sum = Sats::checked_sum(Coins::<T>::iter_values().map(|coin| coin.value));
		ensure!(sum == Some(CustodyTotal::<T>::get()), "the total is not the sum of the coins");
		let unswept = UnsweptDeposits::<T>::get();
		ensure!(unswept.is_sorted(), "unswept deposits are not in order");
		let mut named = unswept.iter().map(|deposit| deposit.outpoint).collect::<Vec<_>>();
		named.extend(MainCoin::<T>::get().map(|(outpoint, _)| outpoint));
		let mut coins = Coins::<T>::iter_keys().collect::<Vec<_>>();
		named.sort_unstable();
		coins.sort_unstable();
		ensure!(named == coins, "a coin is neither the main one nor an unswept deposit");
		let former = FormerCoins::<T>::iter_keys().collect::<BTreeSet<_>>();
		let is_former = |outpoint: &OutPoint| former.contains(outpoint);
		ensure!(!coins.iter().any(is_former), "a coin on the books has left them");
		let is_known = |outpoint| is_former(&outpoint) || Coins::<T>::contains_key(outpoint);
		ensure!(Deposits::<T>::iter_keys().all(is_known), "nobody knows what became of a deposit");
		let covered = |deposit: DepositRecord| {
			let taken = deposit.fee.checked_add(deposit.peg_fee);
			taken.is_some_and(|taken| taken <= deposit.amount)
		};
		ensure!(Deposits::<T>::iter_values().all(covered), "more was taken than was deposited");
		Ok(())
	}

	fn check_withdrawals() -> Result<(), TryRuntimeError> {
		let (held, owed) = Self::vault_books()?;
		// Anybody may send eBTC there, so it may hold more.
		ensure!(held >= owed, "the vault does not hold what is locked");
		let queue = Queue::<T>::get();
		ensure!(queue.is_sorted_by(|a, b| a < b), "the queue is not in order");
		let open = Withdrawals::<T>::iter()
			.filter(|(_, withdrawal)| !withdrawal.state.is_terminal())
			.map(|(id, _)| id)
			.collect::<BTreeSet<_>>();
		ensure!(open == queue.into_iter().collect(), "the queue is not the open withdrawals");
		Ok(())
	}

	fn check_batch() -> Result<(), TryRuntimeError> {
		let batch = InFlight::<T>::get();
		let mut promised = BTreeSet::new();
		for (index, attempt) in Attempts::<T>::iter() {
			let batch = batch.as_ref().ok_or("an attempt at no batch")?;
			ensure!(index < batch.attempts, "a stray attempt");
			let spent = Self::check_inputs(batch, &attempt)?;
			let mut out = attempt.change.checked_add(attempt.fee);
			for (id, fee) in &attempt.payouts {
				let withdrawal = Withdrawals::<T>::get(id).ok_or("a payout of nothing")?;
				ensure!(*fee <= withdrawal.max_fee, "more is asked than the owner allows");
				out = out.and_then(|out| out.checked_add(withdrawal.amount));
				promised.insert(*id);
			}
			ensure!(out == Some(spent), "an attempt does not add up");
		}
		let has_attempts = Attempts::<T>::iter_keys().next().is_some();
		ensure!(batch.is_none() || has_attempts, "a batch without attempts");
		let in_batch = Withdrawals::<T>::iter()
			.filter(|(_, withdrawal)| withdrawal.state == WithdrawalState::InBatch)
			.map(|(id, _)| id)
			.collect::<BTreeSet<_>>();
		ensure!(in_batch == promised, "withdrawals in a batch are not those that it pays");
		Ok(())
	}

	/// What the coins hold that an attempt spends, once it is clear that it may spend them.
	fn check_inputs(batch: &Batch, attempt: &Attempt) -> Result<Sats, TryRuntimeError> {
		let first = attempt.coins.first().map(|(coin, _)| *coin);
		ensure!(first == Some(batch.common), "an attempt without the coin that all have in common");
		let spent = attempt.coins.iter().map(|(coin, _)| *coin).collect::<BTreeSet<_>>();
		ensure!(spent.len() == attempt.coins.len(), "a coin is spent twice");
		let few = Self::committees_of(attempt).len() <= MAX_COMMITTEES as usize;
		ensure!(few, "the coins of too many committees");
		ensure!(attempt.sighashes.len() == attempt.coins.len(), "not a hash for each input");
		let mut sum = Sats::ZERO;
		for (outpoint, committee) in &attempt.coins {
			let coin = Coins::<T>::get(outpoint).ok_or("a coin that custody does not hold")?;
			ensure!(coin.committee == *committee, "a coin of another committee");
			sum = sum.checked_add(coin.value).ok_or("the coins are too much")?;
		}
		Ok(sum)
	}
}
