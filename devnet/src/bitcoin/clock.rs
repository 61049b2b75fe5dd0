//! The node's clock, which `setmocktime` can hold still.

use std::time::{SystemTime, UNIX_EPOCH};

/// How far ahead of the system clock the engine lets a block's time be (`MAX_FUTURE_BLOCK_TIME`),
/// in seconds.
pub const MAX_FUTURE_BLOCK_TIME: u64 = 2 * 60 * 60;

/// Seconds since the UNIX epoch, real or mocked.
///
/// The engine reads the system's clock for its one rule about the future, so a mocked time more
/// than [`MAX_FUTURE_BLOCK_TIME`] ahead mines blocks that the engine refuses as `time-too-new`.
#[derive(Debug, Default)]
pub struct Clock {
	mocked: Option<u64>,
}

impl Clock {
	/// The current time.
	pub fn now(&self) -> u64 {
		self.mocked.unwrap_or_else(system_time)
	}

	/// Holds the clock at `time`; 0 lets it run again (`setmocktime`).
	pub fn mock(&mut self, time: u64) {
		self.mocked = (time != 0).then_some(time);
	}
}

/// The system's time. A system clock before 1970 reads as 1970.
pub fn system_time() -> u64 {
	SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |elapsed| elapsed.as_secs())
}
