// SPDX-License-Identifier: GPL-3.0-or-later WITH Classpath-exception-2.0

//! Headers, as the light client takes them.

use crate::{
	best,
	chain::Runtime,
	regtest::{raw, regtest},
	Figures, BLOCK, RUNS,
};
use entangled_bitcoin::{Header, Native, Sha256};
use entangled_runtime::RuntimeCall;
use std::{hint::black_box, time::Duration};

/// Headers of one list, as many as one may have.
const LIST: usize = 2_016;
/// Lists of one block.
const LISTS: usize = 5;

/// `submit_headers` against the hashing that nobody can spare.
pub fn measure(figures: &mut Figures) {
	let headers = regtest(LIST * LISTS);
	let bytes = headers.iter().map(Header::serialize).collect::<Vec<_>>();
	let hashing = best(|| {
		for header in &bytes {
			black_box(Native::sha256d(black_box(header)));
		}
	});

	let runtime = Runtime::development();
	let mut accepting = Duration::MAX;
	for _ in 0..RUNS {
		let mut chain = runtime.chain();
		// The first block also sets up the session.
		chain.block(None, vec![]);
		let empty = chain.block(None, vec![]);
		let full = chain.block(None, headers.chunks(LIST).map(submit).collect());
		accepting = accepting.min(full.saturating_sub(empty));
	}
	figures.add("headers_vs_sha256d", accepting.as_secs_f64() / hashing.as_secs_f64(), "ratio");
	let each = accepting.as_secs_f64() / headers.len() as f64;
	figures.add("headers_per_block", (BLOCK.as_secs_f64() / each).floor(), "headers");
}

fn submit(headers: &[Header]) -> RuntimeCall {
	RuntimeCall::BtcLightClient(pallet_btc_light_client::Call::submit_headers {
		headers: raw(headers),
	})
}
