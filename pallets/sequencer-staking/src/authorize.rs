//! Calls that need no account.

use crate::{Config, Error, Pallet};
use pallet_btc_light_client::OpenCalls;

impl<T: Config> OpenCalls for Pallet<T> {
	type Error = Error<T>;

	const NAME: &'static str = "staking";
}
