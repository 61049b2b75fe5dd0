//! Custody's coins, as transactions spend them.

use crate::{Attempt, Coins, CommitteeId, Committees, Config, MainCoin, Pallet};
use alloc::vec::Vec;
use entangled_bitcoin::{
	custody::{input_weight, Coin},
	taproot::{Leaf, TaprootOutput},
	Multisig, OutPoint, Weight,
};
use pallet_btc_light_client::Host;

/// A coin, and how its committee spends it.
#[derive(Clone)]
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
		let output = stored.origin.output::<Host>(&multisig)?;
		let coin = Coin {
			outpoint,
			value: stored.value,
			script_pubkey: output.script_pubkey(),
			input_weight: spend_weight(&multisig, &output)?,
			main: MainCoin::<T>::get().is_some_and(|(main, _)| main == outpoint),
		};
		let leaf = output.leaves.into_iter().next()?;
		Some(Spendable { coin, committee: stored.committee, leaf })
	}

	/// The coins of an attempt, in the order of its inputs.
	pub(crate) fn coins_of(attempt: &Attempt) -> Option<Vec<Spendable>> {
		attempt.coins.iter().map(|(outpoint, _)| Self::spendable(*outpoint)).collect()
	}
}
