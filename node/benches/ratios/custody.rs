// SPDX-License-Identifier: GPL-3.0-or-later WITH Classpath-exception-2.0

//! The size of custody's transactions.

use crate::Figures;
use entangled_bitcoin::{
	custody::{input_weight, select, Coin, FeeFloor, Limits, Request, Terms},
	script::custody_output,
	FeeRate, Multisig, Native, OutPoint, PayoutScript, Sats, TaprootScript, Txid, Weight, XOnlyKey,
};

/// Withdrawals of a full transaction.
const PAYOUTS: u64 = 100;

/// What a full transaction takes of a block against its payments alone, by the size of the committee.
pub fn measure(figures: &mut Figures) {
	for (threshold, keys) in [(3, 4), (10, 15)] {
		let committee = committee(threshold, keys);
		let input = spend_weight(&committee);
		let requests = (0..PAYOUTS).map(request).collect::<Vec<_>>();
		let bare =
			Weight::checked_sum(requests.iter().map(|request| request.script.output_weight()))
				.expect("a hundred outputs");
		let selection = select(&Terms {
			coins: vec![Coin {
				outpoint: OutPoint { txid: Txid([1; 32]), vout: 0 },
				value: Sats(1_000_000_000),
				script_pubkey: TaprootScript(XOnlyKey([2; 32])),
				input_weight: input,
				main: true,
			}],
			requests,
			rate: FeeRate(5_000),
			min_fee: FeeFloor::NONE,
			reserve: Sats::ZERO,
			outflow_left: Sats::MAX_MONEY,
			limits: Limits::default(),
		})
		.expect("the coin suffices");
		assert_eq!(selection.payouts.len() as u64, PAYOUTS, "everybody must be paid");
		let name = format!("{threshold}_of_{keys}");
		let against_bare = selection.weight.0 as f64 / bare.0 as f64;
		figures.add(&format!("withdrawal_vbytes_{name}"), against_bare, "ratio");
		figures.add(&format!("custody_input_vbytes_{name}"), input.0 as f64 / 4.0, "vbytes");
	}
}

/// A committee of keys that need not exist.
fn committee(threshold: u32, keys: u8) -> Multisig {
	let keys = (0..keys).map(|key| XOnlyKey([key; 32])).collect();
	Multisig::new(keys, threshold).expect("a committee")
}

/// The weight of the input that spends custody's own coin.
fn spend_weight(committee: &Multisig) -> Weight {
	let output = custody_output::<Native>(committee).expect("an output");
	let leaf = output.leaves.first().expect("the committee's leaf");
	input_weight(committee, leaf.script.len(), leaf.control_block.len())
}

/// A withdrawal to one of the two usual kinds of address.
fn request(id: u64) -> Request {
	let script = match id % 2 {
		0 => PayoutScript::P2wpkh([3; 20]),
		_ => PayoutScript::P2tr(XOnlyKey([4; 32])),
	};
	Request { id, script, amount: Sats(100_000), max_fee: Sats(10_000) }
}
