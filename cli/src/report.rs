//! What a command prints.

use entangled_runtime::{chain::ENT, Balance};
use serde::{Serialize, Serializer};
use std::fmt::Display;

/// The result of a command: for people, and for programs.
pub trait Report: Display {
	/// The result as one JSON value.
	fn to_json(&self) -> serde_json::Result<serde_json::Value>;
}

impl<T: Display + Serialize> Report for T {
	fn to_json(&self) -> serde_json::Result<serde_json::Value> {
		serde_json::to_value(self)
	}
}

/// Prints a result on the standard output.
pub fn print(report: &dyn Report, json: bool) -> anyhow::Result<()> {
	if json {
		println!("{}", report.to_json()?);
	} else {
		println!("{}", report.to_string().trim_end());
	}
	Ok(())
}

/// Bitcoin blocks as the days that they take on average.
pub fn days(blocks: u32) -> String {
	const BLOCKS_A_DAY: u32 = 144;
	match blocks {
		0..=11 => format!("about {} minutes", blocks.saturating_mul(10)),
		12..=287 => format!("about {} hours", blocks / 6),
		_ => format!("about {} days", blocks / BLOCKS_A_DAY),
	}
}

/// A rate of satoshi per 1,000 virtual bytes, per virtual byte.
pub fn sat_per_vb(rate: u64) -> String {
	let text = format!("{}.{:03}", rate / 1_000, rate % 1_000);
	text.trim_end_matches('0').trim_end_matches('.').into()
}

/// Writes a number into JSON as text: it may be more than programs read as a number.
pub fn as_text<S: Serializer>(number: &impl Display, serializer: S) -> Result<S::Ok, S::Error> {
	serializer.collect_str(number)
}

/// An amount of ENT without needless zeros.
pub fn ent(amount: Balance) -> String {
	let text = format!("{}.{:012}", amount / ENT, amount % ENT);
	format!("{} ENT", text.trim_end_matches('0').trim_end_matches('.'))
}

/// Parts per million as percent.
pub fn percent(ppm: u32) -> String {
	let text = format!("{}.{:04}", ppm / 10_000, ppm % 10_000);
	format!("{} %", text.trim_end_matches('0').trim_end_matches('.'))
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn times() {
		assert_eq!(days(3), "about 30 minutes");
		assert_eq!(days(144), "about 24 hours");
		assert_eq!(days(2_016), "about 14 days");
	}

	#[test]
	fn rates() {
		for (rate, text) in [(1_000, "1"), (2_500, "2.5"), (10_000, "10"), (1, "0.001"), (0, "0")] {
			assert_eq!(sat_per_vb(rate), text);
		}
	}

	#[test]
	fn amounts_and_parts() {
		for (amount, text) in
			[(0, "0 ENT"), (ENT, "1 ENT"), (ENT / 2, "0.5 ENT"), (1, "0.000000000001 ENT")]
		{
			assert_eq!(ent(amount), text);
		}
		for (ppm, text) in [(0, "0 %"), (100_000, "10 %"), (25_000, "2.5 %"), (1, "0.0001 %")] {
			assert_eq!(percent(ppm), text);
		}
	}
}
