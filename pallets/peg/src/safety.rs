//! What stops the peg, and what must always hold.

use crate::{Config, CustodyTotal, Error, Event, Halt, HaltReason, Pallet, ReliedHeight};
use entangled_bitcoin::Sats;
use pallet_btc_light_client::{BitcoinChain, NotFinal, OnReorganisation};
use polkadot_sdk::{
	frame_support::{ensure, traits::fungible::Inspect},
	sp_runtime::DispatchResult,
};

impl<T: Config> Pallet<T> {
	/// eBTC that exists, what is locked for withdrawals included.
	pub fn supply() -> Sats {
		Sats(u64::try_from(T::Ebtc::total_issuance()).unwrap_or(u64::MAX))
	}

	/// What custody holds beyond what it owes.
	pub fn reserve_fund() -> Sats {
		CustodyTotal::<T>::get().saturating_sub(Self::supply())
	}

	/// Halts, unless it has halted already: the first reason is the one to look into.
	pub(crate) fn halt_for(reason: HaltReason) {
		if !Halt::<T>::exists() {
			Halt::<T>::put(reason);
			Self::deposit_event(Event::Halted { reason });
		}
	}

	/// What is broken, if more eBTC exists than custody holds BTC.
	pub(crate) fn deficit() -> Option<HaltReason> {
		let (supply, custody) = (Self::supply(), CustodyTotal::<T>::get());
		(supply > custody).then_some(HaltReason::InvariantBroken { supply, custody })
	}

	/// Halts when there is more eBTC than custody holds BTC.
	pub(crate) fn guard_invariant() {
		if let Some(reason) = Self::deficit() {
			Self::halt_for(reason);
		}
	}

	/// Refuses while the peg is halted.
	pub(crate) fn ensure_running() -> Result<(), Error<T>> {
		ensure!(!Halt::<T>::exists(), Error::<T>::Halted);
		Ok(())
	}

	/// Whether transactions are built and signed: also while a claimed deposit's refund is open, for
	/// to sweep it is the cure.
	pub(crate) fn may_pay() -> bool {
		matches!(Halt::<T>::get(), None | Some(HaltReason::RefundOpen))
	}

	/// Refuses while the peg is halted, or Bitcoin cannot be relied on.
	pub(crate) fn ensure_operational() -> Result<(), Error<T>> {
		Self::ensure_running()?;
		Self::ensure_reliable()
	}

	/// Refuses while Bitcoin cannot be relied on.
	pub(crate) fn ensure_reliable() -> Result<(), Error<T>> {
		T::Bitcoin::ensure_operational().map_err(|reason| match reason {
			NotFinal::Frozen => Error::<T>::Frozen,
			_ => Error::<T>::Stale,
		})
	}

	/// Notes that the peg relied on a block at this height.
	pub(crate) fn rely_on(height: u32) {
		ReliedHeight::<T>::mutate(|relied| *relied = height.max(*relied));
	}

	pub(crate) fn do_resume() -> DispatchResult {
		ensure!(Halt::<T>::exists(), Error::<T>::NotHalted);
		ensure!(Self::deficit().is_none(), Error::<T>::InvariantBroken);
		Halt::<T>::kill();
		Self::renew_signing();
		Self::deposit_event(Event::Resumed);
		Ok(())
	}
}

impl<T: Config> OnReorganisation for Pallet<T> {
	/// A block that the peg relied on is gone, and with it perhaps a coin. What is on the books must
	/// be looked at before anything is paid.
	fn on_reorganisation(fork_height: u32) {
		if fork_height < ReliedHeight::<T>::get() {
			ReliedHeight::<T>::put(fork_height);
			// Also where it has halted already, so that whoever resumes knows of it.
			Self::deposit_event(Event::Reorganised { fork_height });
			Self::halt_for(HaltReason::Reorganised { fork_height });
		}
	}
}
