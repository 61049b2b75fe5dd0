//! What governance decides.

use crate::{
	outflow, Coins, Config, CurrentPolicy, CustodyTotal, Departure, Error, Event, FormerCoins,
	InFlight, LastSettled, LastTransaction, MainCoin, PaidOut, Pallet, Policy, UnsweptDeposits,
};
use entangled_bitcoin::{custody::CHANGE_VOUT, OutPoint};
use pallet_btc_light_client::BitcoinChain;
use polkadot_sdk::{frame_support::ensure, sp_runtime::DispatchResult};

impl<T: Config> Pallet<T> {
	pub(crate) fn do_set_policy(policy: Policy) -> DispatchResult {
		ensure!(policy.is_sound(), Error::<T>::UnsoundPolicy);
		let height = T::Bitcoin::clock().bitcoin_height;
		let old = CurrentPolicy::<T>::get();
		PaidOut::<T>::mutate(|paid_out| outflow::rebase(paid_out, height, &old, &policy));
		CurrentPolicy::<T>::put(&policy);
		Self::deposit_event(Event::PolicyChanged { policy });
		Ok(())
	}

	/// Strikes a coin off the books. The deposit that it was stays claimed, so that it cannot come in
	/// a second time. Attempts that spend it can never be mined, so they are given up.
	pub(crate) fn do_abandon(outpoint: OutPoint) -> DispatchResult {
		let coin = Coins::<T>::get(outpoint).ok_or(Error::<T>::UnknownCoin)?;
		if let Some(batch) = InFlight::<T>::get() {
			Self::give_up(&batch, outpoint);
		}
		let rest = CustodyTotal::<T>::get().checked_sub(coin.value);
		CustodyTotal::<T>::put(rest.ok_or(Error::<T>::BooksBroken)?);
		Coins::<T>::remove(outpoint);
		FormerCoins::<T>::insert(outpoint, Departure::Abandoned);
		// Bitcoin has no such change, and what would make it is not sent again.
		let made = |last: LastTransaction| OutPoint { txid: last.txid, vout: CHANGE_VOUT };
		if LastSettled::<T>::get().map(made) == Some(outpoint) {
			LastSettled::<T>::kill();
		}
		UnsweptDeposits::<T>::mutate(|unswept| {
			unswept.retain(|deposit| deposit.outpoint != outpoint)
		});
		if MainCoin::<T>::get().is_some_and(|(main, _)| main == outpoint) {
			MainCoin::<T>::kill();
		}
		Self::deposit_event(Event::CoinAbandoned { outpoint, value: coin.value });
		Self::guard_invariant();
		Ok(())
	}
}
