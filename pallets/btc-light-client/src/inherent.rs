//! What of an author's observation goes into a block.

use crate::{chain::Stored, Config, Observation, Pallet};
use entangled_bitcoin::Header;

impl<T: Config> Pallet<T> {
	/// The observation without what would make the block invalid. `None` when nothing is left.
	///
	/// The author's Bitcoin node may be wrong or malicious. That must not cost the author a block.
	pub(crate) fn acceptable(mut observation: Observation) -> Option<Observation> {
		let chain = Stored::<T>::open()?;
		let valid = Header::parse_many(&observation.headers)
			.is_some_and(|headers| Self::plan(&chain, &headers).is_ok());
		if !valid {
			observation.headers.clear();
		}
		(observation != Observation::default()).then_some(observation)
	}
}
