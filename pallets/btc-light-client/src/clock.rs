//! Whether headers arrive, and the clock that stands still when they do not.

use crate::{ActiveBlocks, Clock, Config, CurrentPolicy, Freeze, LastAdvance, Pallet, Status, Tip};
use polkadot_sdk::{frame_support::traits::UnixTime, sp_runtime::traits::SaturatedConversion};

impl<T: Config> Pallet<T> {
	/// Our clock, in milliseconds since 1970-01-01.
	pub(crate) fn now_millis() -> u64 {
		T::Time::now().as_millis().saturated_into()
	}

	/// Whether no header has come for too long, or ever.
	pub fn is_stale() -> bool {
		let last = LastAdvance::<T>::get();
		let limit = CurrentPolicy::<T>::get().stale_after;
		last == 0 || Self::now_millis().saturating_sub(last) > limit
	}

	/// Moves the clock of deadlines, unless what they wait for cannot happen.
	pub(crate) fn tick() {
		if !Freeze::<T>::exists() && !Self::is_stale() {
			ActiveBlocks::<T>::mutate(|blocks| *blocks = blocks.saturating_add(1));
		}
	}

	/// The clocks that deadlines run in.
	pub fn clock() -> Clock {
		Clock {
			bitcoin_height: Tip::<T>::get().map_or(0, |tip| tip.block.height),
			active_blocks: ActiveBlocks::<T>::get(),
		}
	}

	/// Whether the client works as it should.
	pub fn status() -> Status {
		Status {
			freeze: Freeze::<T>::get(),
			stale: Self::is_stale(),
			last_advance: LastAdvance::<T>::get(),
			policy: CurrentPolicy::<T>::get(),
		}
	}
}
