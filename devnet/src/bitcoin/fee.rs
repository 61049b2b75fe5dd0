//! Fee rates and amounts as Bitcoin Core's JSON-RPC writes them.

use serde_json::Value;

/// Satoshis in one bitcoin (`COIN`).
pub const COIN: u64 = 100_000_000;

/// Satoshis per 1,000 virtual bytes (`CFeeRate`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct FeeRate(u64);

impl FeeRate {
	/// No fee.
	pub const ZERO: Self = Self(0);

	/// A rate of `rate` satoshis per 1,000 virtual bytes.
	pub const fn from_sat_per_kvb(rate: u64) -> Self {
		Self(rate)
	}

	/// Satoshis per 1,000 virtual bytes.
	pub const fn to_sat_per_kvb(self) -> u64 {
		self.0
	}

	/// What `fee` satoshis for `vsize` virtual bytes comes to, rounded down.
	pub fn of(fee: u64, vsize: u64) -> Self {
		let rate = u128::from(fee) * 1000 / u128::from(vsize.max(1));
		Self(u64::try_from(rate).unwrap_or(u64::MAX))
	}

	/// The fee for `vsize` virtual bytes in satoshis, rounded up (`CFeeRate::GetFee`).
	pub fn fee_for(self, vsize: u64) -> u64 {
		let fee = (u128::from(self.0) * u128::from(vsize)).div_ceil(1000);
		u64::try_from(fee).unwrap_or(u64::MAX)
	}
}

/// Satoshis as a JSON number of bitcoins (`ValueFromAmount`).
pub fn btc(satoshis: u64) -> Value {
	Value::from(satoshis as f64 / COIN as f64)
}

/// Satoshis as a decimal number of bitcoins for messages (`FormatMoney`): at least two decimals, at
/// most eight.
pub fn format_money(satoshis: u64) -> String {
	let mut decimals = format!("{:08}", satoshis % COIN);
	while decimals.len() > 2 && decimals.ends_with('0') {
		decimals.pop();
	}
	format!("{}.{decimals}", satoshis / COIN)
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn fees_round_up_and_money_keeps_two_decimals() {
		assert_eq!(FeeRate::from_sat_per_kvb(100).fee_for(141), 15);
		assert_eq!(FeeRate::of(1410, 141), FeeRate::from_sat_per_kvb(10_000));
		assert_eq!(format_money(5_000_000_000), "50.00");
		assert_eq!(format_money(1), "0.00000001");
		assert_eq!(format_money(150_000), "0.0015");
	}
}
