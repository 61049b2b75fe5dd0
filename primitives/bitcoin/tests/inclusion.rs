//! Inclusion proofs against a real block, and each attack on them.

mod common;

use bitcoin::{consensus, hashes::Hash, Block, Transaction};
use common::real_data;
use entangled_bitcoin::{
	inclusion::MAX_DEPTH, merkle, InclusionError, InclusionProof, Native, Sha256, Txid,
};
use proptest::prelude::*;

fn block() -> Option<Block> {
	Some(consensus::deserialize(&real_data("block-830000.bin")?).expect("a block"))
}

fn root(block: &Block) -> [u8; 32] {
	block.header.merkle_root.to_byte_array()
}

/// Transactions that differ in their locktime and are not 64 bytes long.
fn transactions(count: u32) -> Vec<Transaction> {
	(0..count)
		.map(|n| Transaction {
			version: bitcoin::transaction::Version::TWO,
			lock_time: bitcoin::absolute::LockTime::from_consensus(n),
			input: vec![Default::default()],
			output: vec![bitcoin::TxOut {
				value: bitcoin::Amount::from_sat(u64::from(n)),
				script_pubkey: vec![0x51; 20].into(),
			}],
		})
		.collect()
}

fn root_of(transactions: &[Transaction]) -> [u8; 32] {
	bitcoin::merkle_tree::calculate_root(transactions.iter().map(|tx| tx.compute_txid()))
		.unwrap()
		.to_byte_array()
}

#[test]
fn every_transaction_of_a_real_block() {
	let Some(block) = block() else { return };
	assert!(block.txdata.len() > 1_000);
	for (index, transaction) in block.txdata.iter().enumerate() {
		let proof = InclusionProof::build::<Native>(&block.txdata, index as u32).unwrap();
		let included = proof.verify::<Native>(&root(&block)).unwrap();
		assert_eq!(included.txid, Txid::from(transaction.compute_txid()));
		assert_eq!(included.transaction.output, transaction.output);
	}
	assert_eq!(InclusionProof::build::<Native>(&block.txdata, block.txdata.len() as u32), None);
}

#[test]
fn any_changed_byte_is_refused() {
	let Some(block) = block() else { return };
	let root = root(&block);
	let last = block.txdata.len() as u32 - 1;
	for index in [0, 1, last / 2, last] {
		let proof = InclusionProof::build::<Native>(&block.txdata, index).unwrap();
		for at in 0..proof.transaction.len() {
			let mut changed = proof.clone();
			changed.transaction[at] ^= 1;
			assert_eq!(changed.verify::<Native>(&root), Err(InclusionError::WrongRoot));
		}
		for level in 0..proof.siblings.len() {
			for at in 0..32 {
				let mut changed = proof.clone();
				changed.siblings[level][at] ^= 1;
				assert_eq!(changed.verify::<Native>(&root), Err(InclusionError::WrongRoot));
			}
		}
		for at in 0..root.len() {
			let mut other = root;
			other[at] ^= 1;
			assert_eq!(proof.verify::<Native>(&other), Err(InclusionError::WrongRoot));
		}
		for other in (0..1 << proof.siblings.len()).filter(|other| *other != index) {
			let changed = InclusionProof { index: other, ..proof.clone() };
			assert!(changed.verify::<Native>(&root).is_err(), "{index} passes as {other}");
		}
	}
}

/// The attack on Citrea (2671) and, as read, on Babylon and GOAT.
#[test]
fn index_lengthening() {
	let Some(block) = block() else { return };
	let proof = InclusionProof::build::<Native>(&block.txdata, 5).unwrap();
	for bit in proof.siblings.len()..32 {
		let changed = InclusionProof { index: 5 | 1 << bit, ..proof.clone() };
		assert_eq!(changed.verify::<Native>(&root(&block)), Err(InclusionError::IndexOutOfRange));
	}
}

#[test]
fn too_many_siblings() {
	let proof = InclusionProof {
		transaction: vec![0; 10],
		index: 0,
		siblings: vec![[0; 32]; MAX_DEPTH + 1],
	};
	assert_eq!(proof.verify::<Native>(&[0; 32]), Err(InclusionError::TooDeep));
}

/// CVE-2012-2459: in a block of three the third transaction also stands at index 3.
#[test]
fn duplicated_sibling() {
	let transactions = transactions(3);
	let root = root_of(&transactions);
	let proof = InclusionProof::build::<Native>(&transactions, 2).unwrap();
	assert!(proof.verify::<Native>(&root).is_ok());
	let copy = InclusionProof { index: 3, ..proof };
	assert_eq!(copy.verify::<Native>(&root), Err(InclusionError::DuplicatedSibling));
}

/// The 64 bytes of an inner node, presented as a transaction one level up.
#[test]
fn inner_node_posing_as_a_transaction() {
	let Some(block) = block() else { return };
	let proof = InclusionProof::build::<Native>(&block.txdata, 0).unwrap();
	let txid = Native::sha256d(&proof.transaction);
	let node = [txid, merkle::node::<Native>(&proof.siblings[0])].concat();
	let posing =
		InclusionProof { transaction: node, index: 0, siblings: proof.siblings[1..].to_vec() };
	assert_eq!(posing.verify::<Native>(&root(&block)), Err(InclusionError::AmbiguousSize));
}

/// A transaction hung below a real one of 64 bytes, the second half of which is its id.
#[test]
fn transaction_below_a_64_byte_transaction() {
	let fake = transactions(1).remove(0);
	let real = [vec![7; 32], fake.compute_txid().to_byte_array().to_vec()].concat();
	let root = Native::sha256d(&real);
	// Were siblings given as hashes, this would pass. As a mid-state one needs what hashes to 777…
	let sibling = [7; 32];
	let node = merkle::parent::<Native>(&sibling, &fake.compute_txid().to_byte_array());
	assert_eq!(merkle::node::<Native>(&node), root, "the attack is real");
	let proof = InclusionProof {
		transaction: consensus::serialize(&fake),
		index: 1,
		siblings: vec![sibling],
	};
	assert_eq!(proof.verify::<Native>(&root), Err(InclusionError::WrongRoot));
}

#[test]
fn witnesses_and_trailing_bytes() {
	let Some(block) = block() else { return };
	let with_witness = block
		.txdata
		.iter()
		.find(|tx| {
			tx.compute_wtxid().to_byte_array() != tx.compute_txid().to_byte_array()
				&& !tx.is_coinbase()
		})
		.unwrap();
	let bytes = consensus::serialize(with_witness);
	let root = Native::sha256d(&bytes);
	let alone = |transaction| InclusionProof { transaction, index: 0, siblings: vec![] };
	assert_eq!(alone(bytes.clone()).verify::<Native>(&root), Err(InclusionError::WitnessIncluded));
	for malformed in [&bytes[..bytes.len() - 1], &[&bytes[..], &[0]].concat(), &[]] {
		let root = Native::sha256d(malformed);
		assert_eq!(
			alone(malformed.to_vec()).verify::<Native>(&root),
			Err(InclusionError::MalformedTransaction)
		);
	}
}

proptest! {
	#[test]
	fn proofs_of_blocks_of_every_size(count in 1u32..70) {
		let transactions = transactions(count);
		let root = root_of(&transactions);
		for index in 0..count {
			let proof = InclusionProof::build::<Native>(&transactions, index).unwrap();
			prop_assert!(proof.verify::<Native>(&root).is_ok());
			for other in (0..1 << proof.siblings.len()).filter(|other| *other != index) {
				let moved = InclusionProof { index: other, ..proof.clone() };
				prop_assert!(moved.verify::<Native>(&root).is_err(), "one index for each");
			}
		}
	}

	#[test]
	fn nothing_panics(
		transaction in prop::collection::vec(any::<u8>(), 0..200),
		index: u32,
		siblings in prop::collection::vec(any::<[u8; 32]>(), 0..20),
		root: [u8; 32],
	) {
		let proof = InclusionProof { transaction: transaction.clone(), index, siblings };
		prop_assert!(proof.verify::<Native>(&root).is_err());
		// The parser behind the root.
		let root = Native::sha256d(&transaction);
		let _ = InclusionProof { transaction, index: 0, siblings: vec![] }.verify::<Native>(&root);
	}
}
