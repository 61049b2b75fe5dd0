// SPDX-License-Identifier: GPL-3.0-or-later WITH Classpath-exception-2.0

//! The speed figures, as ratios taken in one run: absolute times mean little on shared machines.
//!
//! Prints a line `NAME VALUE UNIT` for each figure and writes the same to `bench.json` in the target
//! directory. The runtime is the WASM one, run as the node runs it, storage and its root included.
//!
//! | module | what it measures |
//! |---|---|
//! | [`headers`] | the light client's headers |
//! | [`inclusion`] | proofs that a transaction is in a block |
//! | [`peg`] | what the peg does, and whether its weights suffice |
//! | [`custody`] | the size of custody's transactions |
//! | [`staking`] | what the change of a session costs, what staking does, and whether its weights suffice |
//!
//! The others are what they stand on: a chain of our own ([`chain`]) with validators whose secrets are
//! known ([`committee`]), one of Bitcoin's ([`regtest`]), and how weights are measured ([`weights`]).

mod chain;
mod committee;
mod custody;
mod headers;
mod inclusion;
mod peg;
mod regtest;
mod staking;
#[path = "../../../pallets/sequencer-staking/src/mock/touched.rs"]
mod touched;
mod weights;

use std::{
	path::PathBuf,
	time::{Duration, Instant},
};

/// How often a figure is taken; the best run counts, as the others were disturbed.
const RUNS: usize = 5;
/// What a block may take.
const BLOCK: Duration = Duration::from_secs(2);

fn main() {
	let mut figures = Figures::default();
	headers::measure(&mut figures);
	inclusion::measure(&mut figures);
	peg::measure(&mut figures);
	custody::measure(&mut figures);
	staking::measure(&mut figures);
	figures.write();
}

/// The figures, as they come.
#[derive(Default)]
struct Figures(Vec<serde_json::Value>);

impl Figures {
	/// Prints a figure and keeps it.
	fn add(&mut self, name: &str, value: f64, unit: &str) {
		let value = (value * 1_000.0).round() / 1_000.0;
		println!("{name} {value} {unit}");
		self.0.push(serde_json::json!({ "name": name, "value": value, "unit": unit }));
	}

	fn write(&self) {
		// The program lies in `release/deps` of the target directory.
		let program = std::env::current_exe().expect("a program has a path");
		let target = program.ancestors().nth(3).map(PathBuf::from).unwrap_or_default();
		let file = target.join("bench.json");
		let text = serde_json::to_vec_pretty(&self.0).expect("plain figures");
		std::fs::write(&file, text).expect("the target directory can be written");
	}
}

/// The shortest of some runs.
fn best(mut run: impl FnMut()) -> Duration {
	(0..RUNS * 10)
		.map(|_| {
			let start = Instant::now();
			run();
			start.elapsed()
		})
		.min()
		.unwrap_or_default()
}
