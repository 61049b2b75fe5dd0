//! Which chain this is.

use entangled_bitcoin::ChainId;
use polkadot_sdk::{
	frame_system::{self, pallet_prelude::BlockNumberFor},
	sp_runtime::traits::Zero,
};

/// This chain, by the hash of its first block, which the system keeps for ever
/// (`frame_system::Pallet::finalize`). `None` in the state of the first block itself: what a state is
/// a part of cannot stand in it, and the system has something else there until the second block.
pub fn our_chain<T: frame_system::Config>() -> Option<ChainId> {
	if frame_system::Pallet::<T>::block_number().is_zero() {
		return None;
	}
	let first = frame_system::Pallet::<T>::block_hash(BlockNumberFor::<T>::zero());
	first.as_ref().try_into().ok().map(ChainId)
}
