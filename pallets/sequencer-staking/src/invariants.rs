//! What must hold after every block.

#![cfg(any(feature = "try-runtime", test))]

mod bonds;
mod sequencers;

use crate::{Config, Pallet};
use polkadot_sdk::sp_runtime::TryRuntimeError;

impl<T: Config> Pallet<T> {
	/// Checks the invariants of the module's documentation.
	pub(crate) fn do_try_state() -> Result<(), TryRuntimeError> {
		Self::check_bonds()?;
		Self::check_sequencers()
	}
}
