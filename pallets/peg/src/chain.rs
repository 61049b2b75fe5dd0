//! Which chain this is.

use crate::{Config, Pallet};
use entangled_bitcoin::ChainId;
use polkadot_sdk::{
	frame_system::{self, pallet_prelude::BlockNumberFor},
	sp_runtime::traits::Zero,
};

impl<T: Config> Pallet<T> {
	/// This chain, by the hash of its first block, which the system keeps for ever
	/// (`frame_system::Pallet::finalize`). `None` in the state of the first block itself: what a state
	/// is a part of cannot stand in it, and the system has something else there until the second
	/// block.
	pub(crate) fn chain() -> Option<ChainId> {
		if frame_system::Pallet::<T>::block_number().is_zero() {
			return None;
		}
		let first = frame_system::Pallet::<T>::block_hash(BlockNumberFor::<T>::zero());
		first.as_ref().try_into().ok().map(ChainId)
	}
}
