//! Requests for BTC, from the lock of the eBTC to the end, in whichever way they end.

use crate::{
	Closed, ClosedRing, Config, CurrentPolicy, Error, Event, NextWithdrawal, Pallet, Queue,
	Withdrawal, WithdrawalId, WithdrawalState, Withdrawals, KEPT_OUTCOMES, MAX_PENDING,
};
use entangled_bitcoin::{PayoutScript, Sats};
use pallet_btc_light_client::{BitcoinChain, Host};
use polkadot_sdk::{
	frame_support::{
		ensure,
		traits::{
			fungible::{Inspect, Mutate},
			tokens::{Fortitude, Preservation},
			Get,
		},
	},
	sp_runtime::{traits::AccountIdConversion, DispatchResult},
};

impl<T: Config> Pallet<T> {
	/// The account that holds what is locked: eBTC for withdrawals, and the bonds of reservations.
	pub fn vault() -> T::AccountId {
		T::PalletId::get().into_account_truncating()
	}

	/// Takes eBTC from an account into the vault.
	pub(crate) fn lock(who: &T::AccountId, amount: Sats) -> DispatchResult {
		let amount = u128::from(amount.0);
		let free = T::Ebtc::reducible_balance(who, Preservation::Expendable, Fortitude::Polite);
		ensure!(free >= amount, Error::<T>::InsufficientBalance);
		T::Ebtc::transfer(who, &Self::vault(), amount, Preservation::Expendable)?;
		Ok(())
	}

	/// Gives eBTC out of the vault.
	pub(crate) fn unlock(who: &T::AccountId, amount: Sats) -> DispatchResult {
		if amount > Sats::ZERO {
			let amount = u128::from(amount.0);
			T::Ebtc::transfer(&Self::vault(), who, amount, Preservation::Expendable)?;
		}
		Ok(())
	}

	/// An open withdrawal.
	pub(crate) fn open(id: WithdrawalId) -> Result<Withdrawal<T::AccountId>, Error<T>> {
		let withdrawal = Withdrawals::<T>::get(id).ok_or(Error::<T>::UnknownWithdrawal)?;
		ensure!(!withdrawal.state.is_terminal(), Error::<T>::NotPending);
		Ok(withdrawal)
	}

	/// A withdrawal that waits, and that nobody has reserved.
	pub(crate) fn waiting(id: WithdrawalId) -> Result<Withdrawal<T::AccountId>, Error<T>> {
		let withdrawal = Self::open(id)?;
		match withdrawal.state {
			WithdrawalState::Pending => Ok(withdrawal),
			WithdrawalState::Reserved(_) => Err(Error::<T>::Reserved),
			_ => Err(Error::<T>::NotPending),
		}
	}

	pub(crate) fn do_withdraw(
		owner: T::AccountId,
		script: PayoutScript,
		amount: Sats,
		max_fee: Sats,
	) -> DispatchResult {
		Self::ensure_operational()?;
		let policy = CurrentPolicy::<T>::get();
		ensure!(script.is_spendable::<Host>(), Error::<T>::UnspendableScript);
		ensure!(amount >= script.dust_threshold(), Error::<T>::Dust);
		ensure!(amount >= policy.min_withdrawal, Error::<T>::BelowMinimum);
		// Never payable, so never accepted.
		ensure!(amount <= policy.outflow_limit, Error::<T>::AboveMaximum);
		let quote = Self::price_withdrawal(&script, &policy).ok_or(Error::<T>::NoCommittee)?;
		ensure!(max_fee >= quote.shared, Error::<T>::FeeAboveCeiling);
		let total = amount.checked_add(max_fee).ok_or(Error::<T>::InsufficientBalance)?;
		Self::lock(&owner, total)?;

		let id = NextWithdrawal::<T>::get();
		Self::make_room();
		// Numbers ascend, so the queue stays in order.
		Queue::<T>::try_append(id).map_err(|_| Error::<T>::QueueFull)?;
		NextWithdrawal::<T>::put(id.saturating_add(1));
		let now = T::Bitcoin::clock();
		let withdrawal = Withdrawal {
			owner: owner.clone(),
			script,
			amount,
			max_fee,
			requested: now,
			expires: now.after(policy.expiry_blocks, policy.expiry_own_blocks),
			lapsed: false,
			state: WithdrawalState::Pending,
		};
		Withdrawals::<T>::insert(id, withdrawal);
		Self::deposit_event(Event::WithdrawalRequested { id, owner, script, amount, max_fee });
		Ok(())
	}

	/// How many withdrawals are looked at for one that makes room: all of them where the queue is
	/// full, and none otherwise.
	pub(crate) fn looked_at() -> u32 {
		let waiting = Queue::<T>::decode_len().unwrap_or(0);
		u32::try_from(waiting).ok().filter(|waiting| *waiting >= MAX_PENDING).unwrap_or(0)
	}

	/// Where the queue is full, ends one withdrawal that has expired: the oldest of those that wait
	/// or whose reservation has lapsed. What nobody wants any more must not keep others out.
	fn make_room() {
		let queue = Queue::<T>::get();
		if !queue.is_full() {
			return;
		}
		let now = T::Bitcoin::clock();
		let gives_way = |id: &&WithdrawalId| {
			Withdrawals::<T>::get(id).is_some_and(|withdrawal| {
				let free = match &withdrawal.state {
					WithdrawalState::Pending => true,
					WithdrawalState::Reserved(reservation) => now.has_passed(reservation.until),
					_ => false,
				};
				free && now.has_passed(withdrawal.expires)
			})
		};
		// Where there is none the queue stays full, and the caller is told so.
		if let Some(id) = queue.iter().find(gives_way) {
			// Refused where it is not reserved, and then it need not be.
			let _ = Self::do_release(*id);
			let _ = Self::do_expire(*id);
		}
	}

	pub(crate) fn do_raise_fee(
		who: &T::AccountId,
		id: WithdrawalId,
		max_fee: Sats,
	) -> DispatchResult {
		let mut withdrawal = Self::open(id)?;
		ensure!(withdrawal.owner == *who, Error::<T>::NotOwner);
		let more = max_fee.checked_sub(withdrawal.max_fee).filter(|more| *more > Sats::ZERO);
		Self::lock(who, more.ok_or(Error::<T>::FeeNotRaised)?)?;
		withdrawal.max_fee = max_fee;
		Withdrawals::<T>::insert(id, withdrawal);
		Self::deposit_event(Event::FeeRaised { id, max_fee });
		Ok(())
	}

	pub(crate) fn do_cancel(who: &T::AccountId, id: WithdrawalId) -> DispatchResult {
		let withdrawal = Self::waiting(id)?;
		ensure!(withdrawal.owner == *who, Error::<T>::NotOwner);
		Self::give_back(id, withdrawal, WithdrawalState::Cancelled)?;
		Self::deposit_event(Event::WithdrawalCancelled { id });
		Ok(())
	}

	pub(crate) fn do_expire(id: WithdrawalId) -> DispatchResult {
		let withdrawal = Self::waiting(id)?;
		let expired = T::Bitcoin::clock().has_passed(withdrawal.expires);
		ensure!(expired, Error::<T>::NotExpired);
		Self::give_back(id, withdrawal, WithdrawalState::Expired)?;
		Self::deposit_event(Event::WithdrawalExpired { id });
		Ok(())
	}

	/// Returns all that is locked for a withdrawal that waits.
	fn give_back(
		id: WithdrawalId,
		withdrawal: Withdrawal<T::AccountId>,
		end: WithdrawalState<T::AccountId>,
	) -> DispatchResult {
		let locked = withdrawal.locked().ok_or(Error::<T>::InsufficientBalance)?;
		Self::unlock(&withdrawal.owner, locked)?;
		Self::close(id, withdrawal, end);
		Ok(())
	}

	/// Records how a withdrawal ended, and forgets the outcome that has been kept longest.
	pub(crate) fn close(
		id: WithdrawalId,
		mut withdrawal: Withdrawal<T::AccountId>,
		end: WithdrawalState<T::AccountId>,
	) {
		withdrawal.state = end;
		Withdrawals::<T>::insert(id, withdrawal);
		Queue::<T>::mutate(|queue| {
			if let Ok(place) = queue.binary_search(&id) {
				queue.remove(place);
			}
		});
		let closed = Closed::<T>::get();
		Closed::<T>::put(closed.wrapping_add(1));
		let slot = closed.checked_rem(KEPT_OUTCOMES).unwrap_or(0);
		if let Some(oldest) = ClosedRing::<T>::get(slot) {
			Withdrawals::<T>::remove(oldest);
		}
		ClosedRing::<T>::insert(slot, id);
	}

	/// Burns what was paid out on Bitcoin, and returns to the owner what is left of the lock.
	pub(crate) fn consume(withdrawal: &Withdrawal<T::AccountId>, fee: Sats) -> DispatchResult {
		let spent = withdrawal.amount.checked_add(fee).ok_or(Error::<T>::InsufficientBalance)?;
		let locked = withdrawal.locked().ok_or(Error::<T>::InsufficientBalance)?;
		T::Ebtc::burn_from(
			&Self::vault(),
			u128::from(spent.0),
			Preservation::Expendable,
			polkadot_sdk::frame_support::traits::tokens::Precision::Exact,
			Fortitude::Polite,
		)?;
		Self::unlock(&withdrawal.owner, locked.saturating_sub(spent))
	}

	/// What the vault holds, and what it should hold.
	#[cfg(any(feature = "try-runtime", test))]
	pub(crate) fn vault_books() -> Result<(Sats, Sats), polkadot_sdk::sp_runtime::DispatchError> {
		let mut owed = Sats::ZERO;
		for withdrawal in Withdrawals::<T>::iter_values() {
			if withdrawal.state.is_terminal() {
				continue;
			}
			let bond = match &withdrawal.state {
				WithdrawalState::Reserved(reservation) => reservation.bond,
				_ => Sats::ZERO,
			};
			let locked = withdrawal.locked().and_then(|locked| locked.checked_add(bond));
			owed = locked
				.and_then(|locked| owed.checked_add(locked))
				.ok_or(Error::<T>::InsufficientBalance)?;
		}
		Ok((crate::claim::sats(T::Ebtc::balance(&Self::vault()))?, owed))
	}
}

impl<AccountId> Withdrawal<AccountId> {
	/// What is locked for it.
	pub(crate) fn locked(&self) -> Option<Sats> {
		self.amount.checked_add(self.max_fee)
	}
}
