//! What withdrawals cost.

use crate::{coin::spend_weight, CoinOrigin, Config, Pallet, Policy, MAX_PAYOUTS};
use entangled_bitcoin::{custody::transaction_weight, FeeRate, PayoutScript, Sats, Weight};
use pallet_btc_light_client::Host;

/// How many withdrawals a full batch has.
pub(crate) const FULL: u64 = MAX_PAYOUTS as u64;

/// What a withdrawal costs, alone and in a full batch.
pub(crate) struct WithdrawalPrice {
	pub(crate) rate: FeeRate,
	pub(crate) alone: Sats,
	pub(crate) shared: Sats,
}

impl<T: Config> Pallet<T> {
	/// What a withdrawal to a script costs now. `None` when there is no committee to pay it.
	pub(crate) fn price_withdrawal(
		script: &PayoutScript,
		policy: &Policy,
	) -> Option<WithdrawalPrice> {
		let rate = Self::fee_rate(policy);
		let empty = Self::empty_batch()?;
		Some(WithdrawalPrice {
			rate,
			alone: share(empty, script, 1, rate)?,
			shared: share(empty, script, FULL, rate)?,
		})
	}

	/// The weight of a transaction that spends custody's coin and pays nobody.
	pub(crate) fn empty_batch() -> Option<Weight> {
		let (_, committee) = Self::current_committee()?;
		let multisig = committee.multisig()?;
		let main = CoinOrigin::Change.output::<Host>(&multisig)?;
		transaction_weight(1, spend_weight(&multisig, &main)?, 0, Weight::ZERO)
	}
}

/// What a withdrawal pays in a batch of so many, of which an empty one weighs so much.
pub(crate) fn share(
	empty: Weight,
	script: &PayoutScript,
	payouts: u64,
	rate: FeeRate,
) -> Option<Sats> {
	let base = Weight(empty.0.div_ceil(payouts.max(1)));
	rate.fee_for(base.checked_add(script.output_weight())?)
}
