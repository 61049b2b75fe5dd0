//! Blocks for the active tip: which transactions go in, the coinbase, and regtest's trivial proof
//! of work.

use bitcoin::{
	absolute::LockTime,
	block::{Header, Version},
	hashes::Hash,
	opcodes::OP_0,
	script::{Builder, PushBytesBuf},
	secp256k1::rand,
	transaction, Amount, Block, BlockHash, CompactTarget, OutPoint, ScriptBuf, Sequence,
	Transaction, TxIn, TxMerkleNode, TxOut, Txid, Witness,
};

use super::{
	chain::Chain,
	fee::{FeeRate, COIN},
	mempool::{
		linearize::{compare_rates, Chunk},
		Entry, Mempool,
	},
};

/// Weight of all transactions but the coinbase, which has 8,000 to itself
/// (`DEFAULT_BLOCK_RESERVED_WEIGHT`).
const MAX_TRANSACTIONS_WEIGHT: u64 = 4_000_000 - 8_000;
/// Signature operations of all transactions but the coinbase
/// (`DEFAULT_COINBASE_OUTPUT_MAX_ADDITIONAL_SIGOPS`).
const MAX_TRANSACTIONS_SIGOPS: usize = 80_000 - 400;
/// Fee rate below which nothing is mined, unless a miner asks for more (`DEFAULT_BLOCK_MIN_TX_FEE`).
pub const BLOCK_MIN_TX_FEE: FeeRate = FeeRate::from_sat_per_kvb(1);
/// The target of every regtest block.
const REGTEST_BITS: u32 = 0x207f_ffff;
/// Blocks between halvings on regtest (`nSubsidyHalvingInterval`).
const HALVING_INTERVAL: u32 = 150;
/// Blocks between difficulty adjustments on regtest (`DifficultyAdjustmentInterval`).
const ADJUSTMENT_INTERVAL: u32 = 144;
/// How far the first block of an adjustment interval may lie before the last one of the interval
/// before, in seconds (`MAX_TIMEWARP`).
const MAX_TIMEWARP: u32 = 600;
/// Head of the output that commits to the witnesses (BIP141): `OP_RETURN`, push of 36 bytes, tag.
const WITNESS_COMMITMENT_HEAD: [u8; 6] = [0x6a, 0x24, 0xaa, 0x21, 0xa9, 0xed];
/// The coinbase's witness, which the commitment covers. Nothing gives it a meaning yet.
const WITNESS_RESERVED_VALUE: [u8; 32] = [0; 32];

/// The waiting transactions for the next block with their fees in sum: whole chunks by falling fee
/// rate while they fit, and none that pays less than `least` (`addChunks`).
pub fn select(mempool: &Mempool, least: FeeRate) -> (Vec<Transaction>, u64) {
	let clusters = mempool.clusters().into_iter().enumerate();
	let mut chunks: Vec<(usize, Chunk)> = clusters
		.flat_map(|(i, cluster)| mempool.chunks(&cluster).into_iter().map(move |chunk| (i, chunk)))
		.collect();
	// Stable, so the chunks of one cluster keep their order.
	chunks.sort_by(|(_, a), (_, b)| compare_rates((b.fee, b.weight), (a.fee, a.weight)));

	let (mut weight, mut sigops, mut fees) = (0, 0, 0);
	let mut transactions = Vec::new();
	let mut closed = Vec::new();
	for (cluster, chunk) in chunks {
		let entries: Vec<&Entry> =
			chunk.txids.iter().filter_map(|txid: &Txid| mempool.get(txid)).collect();
		let chunk_weight: u64 = entries.iter().map(|entry| entry.weight).sum();
		let chunk_sigops: usize = entries.iter().map(|entry| entry.sigops).sum();
		let least = (least.to_sat_per_kvb(), 4_000);
		let pays = compare_rates((chunk.fee, chunk.weight), least).is_ge();
		let fits = weight + chunk_weight <= MAX_TRANSACTIONS_WEIGHT
			&& sigops + chunk_sigops <= MAX_TRANSACTIONS_SIGOPS;
		if closed.contains(&cluster) || !pays || !fits {
			// What comes later in the cluster may rest on this chunk.
			closed.push(cluster);
			continue;
		}
		weight += chunk_weight;
		sigops += chunk_sigops;
		fees += chunk.fee;
		transactions.extend(entries.iter().map(|entry| Transaction::clone(&entry.transaction)));
	}
	(transactions, fees)
}

/// A mined block on the active tip with `transactions` after the coinbase, which pays subsidy and
/// `fees` to `script`.
pub fn mine(
	chain: &Chain,
	script: ScriptBuf,
	transactions: Vec<Transaction>,
	fees: u64,
	now: u64,
) -> Block {
	let height = chain.height() + 1;
	let header = Header {
		version: Version::from_consensus(0x2000_0000),
		prev_blockhash: chain.tip(),
		merkle_root: TxMerkleNode::all_zeros(),
		time: block_time(chain, now),
		bits: CompactTarget::from_consensus(REGTEST_BITS),
		nonce: 0,
	};
	let mut txdata = vec![coinbase(height, script, fees)];
	txdata.extend(transactions);
	let mut block = Block { header, txdata };
	commit_to_witnesses(&mut block);
	grind(&mut block);
	block
}

/// Reward of the block at `height` in satoshis, without fees (`GetBlockSubsidy`).
pub fn subsidy(height: u32) -> u64 {
	(50 * COIN).checked_shr(height / HALVING_INTERVAL).unwrap_or(0)
}

/// Fills in the coinbase's witness where the block commits to witnesses and none is there, as
/// `submitblock` does (`UpdateUncommittedBlockStructures`).
pub fn fill_in_coinbase_witness(block: &mut Block) {
	let Some(coinbase) = block.txdata.first_mut() else {
		return;
	};
	let commits =
		|output: &TxOut| output.script_pubkey.as_bytes().starts_with(&WITNESS_COMMITMENT_HEAD);
	if coinbase.output.iter().any(commits) {
		if let Some(input) = coinbase.input.first_mut().filter(|input| input.witness.is_empty()) {
			input.witness = Witness::from_slice(&[WITNESS_RESERVED_VALUE]);
		}
	}
}

/// `max(median time past + 1, now)`, and within the timewarp limit (`GetMinimumTime`).
fn block_time(chain: &Chain, now: u64) -> u32 {
	let tip = chain.tip();
	let mut least = chain.tree().median_time_past(&tip).saturating_add(1);
	if (chain.height() + 1).is_multiple_of(ADJUSTMENT_INTERVAL) {
		let before = chain.tree().get(&tip).map_or(0, |entry| entry.header.time);
		least = least.max(before.saturating_sub(MAX_TIMEWARP));
	}
	least.max(u32::try_from(now).unwrap_or(u32::MAX))
}

fn coinbase(height: u32, script: ScriptBuf, fees: u64) -> Transaction {
	// Random, so that two blocks on the same tip in the same second differ.
	let extra_nonce: [u8; 8] = rand::random();
	let script_sig = Builder::new()
		.push_int(i64::from(height))
		.push_opcode(OP_0)
		.push_slice(PushBytesBuf::from(extra_nonce));
	let input = TxIn {
		previous_output: OutPoint::null(),
		script_sig: script_sig.into_script(),
		// Below the maximum, so that the lock time counts and no two coinbases are alike (BIP54).
		sequence: Sequence::ENABLE_LOCKTIME_NO_RBF,
		witness: Witness::from_slice(&[WITNESS_RESERVED_VALUE]),
	};
	Transaction {
		version: transaction::Version::TWO,
		lock_time: LockTime::from_height(height - 1).unwrap_or(LockTime::ZERO),
		input: vec![input],
		output: vec![TxOut {
			value: Amount::from_sat(subsidy(height) + fees),
			script_pubkey: script,
		}],
	}
}

fn commit_to_witnesses(block: &mut Block) {
	let Some(root) = block.witness_root() else {
		return;
	};
	let commitment = Block::compute_witness_commitment(&root, &WITNESS_RESERVED_VALUE);
	let script: Vec<u8> =
		WITNESS_COMMITMENT_HEAD.iter().copied().chain(commitment.to_byte_array()).collect();
	let output = TxOut { value: Amount::ZERO, script_pubkey: ScriptBuf::from_bytes(script) };
	if let Some(coinbase) = block.txdata.first_mut() {
		coinbase.output.push(output);
	}
}

/// Sets the merkle root and finds a nonce. Every second nonce meets regtest's target.
fn grind(block: &mut Block) {
	block.header.merkle_root = block.compute_merkle_root().unwrap_or_else(TxMerkleNode::all_zeros);
	let target = block.header.target();
	let mut hash: BlockHash = block.header.block_hash();
	while !target.is_met_by(hash) {
		block.header.nonce = block.header.nonce.wrapping_add(1);
		hash = block.header.block_hash();
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn subsidy_halves_every_150_blocks() {
		assert_eq!(subsidy(1), 50 * COIN);
		assert_eq!(subsidy(149), 50 * COIN);
		assert_eq!(subsidy(150), 25 * COIN);
		assert_eq!(subsidy(64 * 150), 0);
	}
}
