//! What of an author's observation goes into a block.

use crate::{chain::Stored, Config, Observation, Pallet};
use entangled_bitcoin::Header;
use polkadot_sdk::{frame_system, sp_runtime::traits::One};

impl<T: Config> Pallet<T> {
	/// The observation without what would make the block invalid. `None` when nothing is left.
	///
	/// The author's Bitcoin node may be wrong or malicious. That must not cost the author a block.
	pub(crate) fn acceptable(mut observation: Observation) -> Option<Observation> {
		let chain = Stored::<T>::open()?;
		// Before its first tick our clock says 1970, and every header lies in the future.
		let clock_runs = frame_system::Pallet::<T>::block_number() > One::one();
		let valid = clock_runs
			&& Header::parse_many(&observation.headers)
				.is_some_and(|headers| Self::plan(&chain, &headers).is_ok());
		if !valid {
			observation.headers.clear();
		}
		(observation != Observation::default()).then_some(observation)
	}
}
