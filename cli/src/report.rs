//! What a command prints.

use serde::Serialize;
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
}
