//! What the peg does by itself, once for each Bitcoin block.

use crate::{
	Config, CurrentPolicy, HaltReason, LastStep, Pallet, Unswept, UnsweptDeposits, WeightInfo,
};
use pallet_btc_light_client::BitcoinChain;
use polkadot_sdk::frame_support::weights::Weight;

impl<T: Config> Pallet<T> {
	/// Looks whether Bitcoin has moved on, and acts if it has.
	pub(crate) fn step() -> Weight {
		let clock = T::Bitcoin::clock();
		let height = clock.bitcoin_height;
		let idle = height == LastStep::<T>::get();
		if idle || !Self::may_pay() || Self::ensure_reliable().is_err() {
			return T::WeightInfo::idle_step();
		}
		LastStep::<T>::put(height);
		let unswept = UnsweptDeposits::<T>::get();
		if is_refund_open(&unswept, height) {
			Self::halt_for(HaltReason::RefundOpen);
		}
		let policy = CurrentPolicy::<T>::get();
		Self::step_hand_over(clock, &policy);
		Self::step_batch(clock, &policy, &unswept);
		T::WeightInfo::step()
	}
}

/// Whether the next Bitcoin block could take a claimed deposit back that was not swept. The most
/// urgent one comes first.
fn is_refund_open(unswept: &[Unswept], height: u32) -> bool {
	unswept.first().is_some_and(|deposit| deposit.is_open(height))
}
