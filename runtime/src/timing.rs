//! How fast the chain runs: the length of a slot and of an epoch.
//!
//! Both belong to a network and not to the code, so they stand in the genesis state: the
//! development networks run the very wasm that the public ones run, only faster. No call changes
//! them, because BABE counts slots and epochs from the first block and its clients read both
//! lengths once; a chain that changed either would stop.

pub use pallet::*;

#[polkadot_sdk::frame_support::pallet]
pub mod pallet {
	use core::marker::PhantomData;
	use polkadot_sdk::frame_support::pallet_prelude::*;

	/// See the module.
	#[pallet::pallet]
	pub struct Pallet<T>(_);

	/// Nothing to configure.
	#[pallet::config]
	pub trait Config: polkadot_sdk::frame_system::Config {}

	/// Milliseconds of one slot. Every slot has an author, so this is also the block time.
	#[pallet::storage]
	pub type SlotDuration<T> = StorageValue<_, u64, ValueQuery, DefaultSlotDuration>;

	/// Slots of one epoch, which is also the length of a session.
	#[pallet::storage]
	pub type EpochLength<T> = StorageValue<_, u64, ValueQuery, DefaultEpochLength>;

	/// The slot of the public networks: three times the weight of a full block, which leaves time
	/// to send the block around the world and to check it.
	#[pallet::type_value]
	pub fn DefaultSlotDuration() -> u64 {
		6_000
	}

	/// The epoch of the public networks: one hour. A new validator set takes effect an epoch after
	/// it is known, and a node that was away must catch up within one.
	#[pallet::type_value]
	pub fn DefaultEpochLength() -> u64 {
		600
	}

	/// The two lengths, fixed for ever. By default those of the public networks.
	#[pallet::genesis_config]
	pub struct GenesisConfig<T: Config> {
		/// Milliseconds of one slot.
		pub slot_duration: u64,
		/// Slots of one epoch.
		pub epoch_length: u64,
		/// No data.
		#[serde(skip)]
		pub _config: PhantomData<T>,
	}

	impl<T: Config> Default for GenesisConfig<T> {
		fn default() -> Self {
			Self {
				slot_duration: DefaultSlotDuration::get(),
				epoch_length: DefaultEpochLength::get(),
				_config: PhantomData,
			}
		}
	}

	#[pallet::genesis_build]
	impl<T: Config> BuildGenesisConfig for GenesisConfig<T> {
		fn build(&self) {
			// BABE takes the slot to be twice the least time between two timestamps.
			assert!(
				self.slot_duration > 0 && self.slot_duration.is_multiple_of(2),
				"timing.slotDuration must be an even number of milliseconds"
			);
			assert!(self.epoch_length > 0, "timing.epochLength must not be 0");
			SlotDuration::<T>::put(self.slot_duration);
			EpochLength::<T>::put(self.epoch_length);
		}
	}
}
