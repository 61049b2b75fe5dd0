//! The three gates, and what shuts them all.

use crate::{mock::*, BitcoinChain, ClaimError, InclusionClaim, NotFinal};
use bitcoin::{consensus, hashes::Hash, Transaction};
use entangled_bitcoin::{
	BlockHash, BlockRef, Header, InclusionError, InclusionProof, Native, Network, Txid,
};

/// A block of three transactions with the next `above` blocks on it, and their claim.
fn claimed(above: usize) -> (Vec<Header>, InclusionClaim) {
	let transactions = (0..3)
		.map(|n| Transaction {
			version: bitcoin::transaction::Version::TWO,
			lock_time: bitcoin::absolute::LockTime::from_consensus(n),
			input: vec![Default::default()],
			output: vec![],
		})
		.collect::<Vec<_>>();
	let root =
		bitcoin::merkle_tree::calculate_root(transactions.iter().map(|tx| tx.compute_txid()));
	let mut header = child(&Network::Regtest.genesis(), 0);
	header.merkle_root = root.unwrap().to_byte_array();
	let header = mine(header);
	let block = BlockRef { height: 1, hash: header.hash::<Native>() };
	let proof = InclusionProof::build::<Native>(&transactions, 1).unwrap();
	([vec![header], branch(&header, above, 0)].concat(), InclusionClaim { block, proof })
}

#[test]
fn a_block_becomes_final_gate_by_gate() {
	run(|| {
		let (headers, claim) = claimed(3);
		let check = |expected: Result<(), NotFinal>| {
			assert_eq!(Bitcoin::ensure_final(&claim.block), expected);
			assert_eq!(Bitcoin::verify(&claim).map(|_| ()), expected.map_err(ClaimError::Block));
		};
		check(Err(NotFinal::UnknownBlock));
		observe(1, &headers[..1], None);
		check(Err(NotFinal::Unconfirmed { have: 1, need: 3 }));
		observe(1, &headers[1..3], None);
		check(Err(NotFinal::TooRecent { have: 1, need: 4 }));
		next_blocks(3);
		check(Err(NotFinal::Unattested { have: 0, need: 2 }));
		let two_above = Bitcoin::header_info(3).unwrap().block;
		let one_above = Bitcoin::header_info(2).unwrap().block;
		observe(1, &[], Some(two_above));
		check(Err(NotFinal::Unattested { have: 1, need: 2 }));
		observe(2, &[], Some(one_above));
		check(Err(NotFinal::Unattested { have: 1, need: 2 }));
		// A second time the same validator does not count, nor does one who is not active.
		observe(1, &[], Some(two_above));
		observe(9, &[], Some(two_above));
		check(Err(NotFinal::Unattested { have: 1, need: 2 }));
		observe(2, &headers[3..], Some(two_above));
		check(Ok(()));

		let included = Bitcoin::verify(&claim).unwrap();
		assert_eq!(included.txid, Txid::from(included.transaction.compute_txid()));
		assert_eq!(consensus::serialize(&included.transaction), claim.proof.transaction);
		let moved = InclusionClaim {
			proof: InclusionProof { index: 0, ..claim.proof.clone() },
			..claim.clone()
		};
		assert_eq!(Bitcoin::verify(&moved), Err(ClaimError::Proof(InclusionError::WrongRoot)));
		for other in [
			BlockRef { height: 2, ..claim.block },
			BlockRef { hash: BlockHash([7; 32]), ..claim.block },
			BlockRef { height: u32::MAX, ..claim.block },
		] {
			assert_eq!(Bitcoin::ensure_final(&other), Err(NotFinal::UnknownBlock));
		}
	});
}

#[test]
fn silence_shuts_the_gates_and_stops_the_clock() {
	run(|| {
		let (headers, claim) = claimed(3);
		observe(1, &headers, None);
		next_blocks(4);
		for validator in [1, 2] {
			observe(validator, &[], Some(tip()));
		}
		assert_eq!(Bitcoin::ensure_final(&claim.block), Ok(()));
		// 60 seconds after the last header, at a block a second.
		next_blocks(55);
		assert_eq!(Bitcoin::ensure_final(&claim.block), Err(NotFinal::Stale));
		assert!(Bitcoin::status().stale);
		let stopped = Bitcoin::clock();
		next_blocks(5);
		assert_eq!(Bitcoin::clock(), stopped);
		observe(1, &branch(&headers[3], 1, 0), None);
		assert_eq!(Bitcoin::ensure_final(&claim.block), Ok(()));
		next_block();
		assert!(Bitcoin::clock().active_blocks > stopped.active_blocks);
	});
}

#[test]
fn without_validators_nothing_is_final() {
	run(|| {
		let (headers, claim) = claimed(3);
		observe(1, &headers, Some(BlockRef { height: 4, hash: headers[3].hash::<Native>() }));
		next_blocks(4);
		Validators::set(vec![]);
		assert_eq!(
			Bitcoin::ensure_final(&claim.block),
			Err(NotFinal::Unattested { have: 0, need: 1 })
		);
		Validators::set(vec![1]);
		assert_eq!(Bitcoin::ensure_final(&claim.block), Ok(()));
	});
}
