// SPDX-License-Identifier: GPL-3.0-or-later WITH Classpath-exception-2.0

//! Proofs that a transaction is in a Bitcoin block.

use crate::{
	best,
	chain::Runtime,
	regtest::{grow, mine, raw, regtest, transaction, TRANSACTIONS},
	Figures,
};
use bitcoin::{hashes::Hash, merkle_tree::calculate_root, Transaction};
use codec::{Decode, Encode};
use entangled_bitcoin::{BlockRef, InclusionProof, Native, Sha256, Txid};
use pallet_btc_light_client::{ClaimError, InclusionClaim, Observation};
use std::hint::black_box;

/// An inclusion proof in a block of 4,000 transactions.
pub fn measure(figures: &mut Figures) {
	let transactions = (0..TRANSACTIONS).map(transaction).collect::<Vec<_>>();
	let proof = InclusionProof::build::<Native>(&transactions, 2_345).expect("it is in the block");
	let size = proof.encoded_size() - proof.transaction.encoded_size();
	figures.add("inclusion_proof_bytes", size as f64, "bytes");

	// The double hashes of the transaction and of each level, natively: the least there is to do.
	let least = best(|| {
		black_box(Native::sha256d(black_box(&proof.transaction)));
		for sibling in &proof.siblings {
			black_box(Native::sha256d(black_box(&[*sibling, *sibling].concat())));
		}
	});
	let root = calculate_root(transactions.iter().map(Transaction::compute_txid))
		.expect("there are transactions")
		.to_byte_array();
	let txid = Txid::from(transactions[2_345].compute_txid());
	let native = best(|| {
		black_box(proof.verify::<Native>(black_box(&root))).expect("the proof is valid");
	});
	figures.add("inclusion_proof_vs_sha256d", native.as_secs_f64() / least.as_secs_f64(), "ratio");

	let mut header = regtest(1).remove(0);
	header.merkle_root = root;
	let header = mine(header);
	let claim =
		InclusionClaim { block: BlockRef { height: 1, hash: header.hash::<Native>() }, proof };
	let above = grow(header, 10);
	let tip = BlockRef { height: 11, hash: above[9].hash::<Native>() };
	let headers = raw(&[&[header][..], &above].concat());
	let runtime = Runtime::development();
	let mut chain = runtime.chain();
	chain.block(Some(Observation { headers, tip: Some(tip), fee_rate: None }), vec![]);
	for _ in 0..10 {
		chain.block(None, vec![]);
	}
	let answer = chain.call("BtcLightClientApi_verify_inclusion", &claim.encode());
	let answer = Result::<Txid, ClaimError>::decode(&mut &answer[..]).expect("it decodes");
	assert_eq!(answer, Ok(txid), "the claim must hold");
	let calling = best(|| drop(black_box(chain.call("Core_version", &[]))));
	let claim = claim.encode();
	let verifying =
		best(|| drop(black_box(chain.call("BtcLightClientApi_verify_inclusion", &claim))))
			.saturating_sub(calling);
	figures.add(
		"inclusion_claim_wasm_vs_native",
		verifying.as_secs_f64() / native.as_secs_f64(),
		"ratio",
	);
}
