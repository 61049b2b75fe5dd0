//! That a transaction is in a block, as the chain wants it shown.

use super::Bitcoin;
use anyhow::{ensure, Context};
use bitcoin::{hashes::Hash, Block, Transaction};
use entangled_bitcoin::{BlockHash, BlockRef, InclusionProof, Native, Txid};
use pallet_btc_light_client::InclusionClaim;

/// A proof, and the transaction that it is about.
pub struct Proven {
	/// The proof.
	pub claim: InclusionClaim,
	/// The transaction.
	pub transaction: Transaction,
}

/// Makes the proof from the whole block.
pub async fn prove(bitcoin: &Bitcoin, txid: Txid, hash: BlockHash) -> anyhow::Result<Proven> {
	let block = bitcoin.block(hash).await?;
	let height = bitcoin.height(hash).await?;
	prove_in(&block, BlockRef { height, hash }, txid)
}

/// Makes the proof from a block.
pub fn prove_in(block: &Block, place: BlockRef, txid: Txid) -> anyhow::Result<Proven> {
	let wanted = bitcoin::Txid::from(txid);
	let index = block
		.txdata
		.iter()
		.position(|transaction| transaction.compute_txid() == wanted)
		.with_context(|| {
			format!("the block {} does not have the transaction {txid}", place.hash)
		})?;
	let proof = InclusionProof::build::<Native>(&block.txdata, u32::try_from(index)?)
		.context("the block has no such transaction")?;
	let included = proof.verify::<Native>(&block.header.merkle_root.to_byte_array());
	ensure!(
		included.is_ok_and(|included| included.txid == txid),
		"no proof can be made for the transaction {txid}: a transaction of 64 bytes cannot be told \
		 from an inner node of the tree"
	);
	let transaction = block.txdata.get(index).cloned().context("the block changed")?;
	Ok(Proven { claim: InclusionClaim { block: place, proof }, transaction })
}
