//! Custody's coins, as transactions spend them.

use crate::{
	committee::output, Attempt, CoinOrigin, Coins, CommitteeId, Committees, Config, Pallet,
};
use alloc::vec::Vec;
use entangled_bitcoin::{
	custody::{input_weight, Coin},
	taproot::{Leaf, TaprootOutput},
	Multisig, OutPoint, Weight,
};

/// A coin, and how its committee spends it.
pub(crate) struct Spendable {
	/// The coin.
	pub(crate) coin: Coin,
	/// Whose signatures it takes.
	pub(crate) committee: CommitteeId,
	/// The leaf that they satisfy.
	pub(crate) leaf: Leaf,
}

/// The weight of the input that spends an output by its first leaf, with all signatures.
pub(crate) fn spend_weight(committee: &Multisig, output: &TaprootOutput) -> Option<Weight> {
	let leaf = output.leaves.first()?;
	Some(input_weight(committee, leaf.script.len(), leaf.control_block.len()))
}

impl<T: Config> Pallet<T> {
	/// A coin of custody's.
	pub(crate) fn spendable(outpoint: OutPoint) -> Option<Spendable> {
		let stored = Coins::<T>::get(outpoint)?;
		let multisig = Committees::<T>::get(stored.committee)?.multisig()?;
		let output = output(&multisig, &stored.origin)?;
		let coin = Coin {
			outpoint,
			value: stored.value,
			script_pubkey: output.script_pubkey(),
			input_weight: spend_weight(&multisig, &output)?,
			main: stored.origin == CoinOrigin::Change,
		};
		let leaf = output.leaves.into_iter().next()?;
		Some(Spendable { coin, committee: stored.committee, leaf })
	}

	/// The coins of an attempt, in the order of its inputs.
	pub(crate) fn coins_of(attempt: &Attempt) -> Option<Vec<Spendable>> {
		attempt.coins.iter().map(|(outpoint, _)| Self::spendable(*outpoint)).collect()
	}
}
