//! Unspent outputs and the transaction index of the active chain.

use std::collections::HashMap;

use bitcoin::{Block, BlockHash, OutPoint, Transaction, TxOut, Txid};

/// Confirmations that a coinbase output needs before it can be spent (`COINBASE_MATURITY`).
pub const COINBASE_MATURITY: u32 = 100;

/// Longest script that can ever be spent (`MAX_SCRIPT_SIZE`).
const MAX_SCRIPT_SIZE: usize = 10_000;

/// An unspent output of the active chain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Coin {
	/// Amount and script.
	pub output: TxOut,
	/// Height of its block.
	pub height: u32,
	/// Whether a coinbase transaction made it.
	pub coinbase: bool,
}

/// The blocks do not fit the coins: a spent output is missing, or another block than the tip is
/// taken back. The engine has validated every block, so this is a fault of this node.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("coin view is out of step with the chain at block {0}")]
pub struct OutOfStep(pub BlockHash);

/// A connected block's undo data: the coins that each transaction has spent, in order of its
/// inputs. The coinbase spends none.
type Undo = Vec<Vec<Coin>>;

/// The coin view (`CCoinsView`) and transaction index (`-txindex`), moved block by block.
#[derive(Debug, Default)]
pub struct Coins {
	unspent: HashMap<OutPoint, Coin>,
	index: HashMap<Txid, BlockHash>,
	/// By height.
	undo: Vec<(BlockHash, Undo)>,
}

impl Coins {
	/// The unspent output at `outpoint`.
	pub fn get(&self, outpoint: &OutPoint) -> Option<&Coin> {
		self.unspent.get(outpoint)
	}

	/// All unspent outputs.
	pub fn iter(&self) -> impl Iterator<Item = (&OutPoint, &Coin)> {
		self.unspent.iter()
	}

	/// How many outputs are unspent.
	pub fn len(&self) -> usize {
		self.unspent.len()
	}

	/// Whether no output is unspent.
	pub fn is_empty(&self) -> bool {
		self.unspent.is_empty()
	}

	/// The active block that holds a transaction.
	pub fn block_of(&self, txid: &Txid) -> Option<BlockHash> {
		self.index.get(txid).copied()
	}

	/// Whether an output of the transaction is unspent.
	pub fn has_output_of(&self, transaction: &Transaction) -> bool {
		let txid = transaction.compute_txid();
		(0..transaction.output.len())
			.any(|vout| self.unspent.contains_key(&OutPoint::new(txid, vout as u32)))
	}

	/// The coins that the transaction at `position` of the active block at `height` has spent.
	pub fn spent_by(&self, height: u32, position: usize) -> Option<&[Coin]> {
		self.undo.get(height as usize)?.1.get(position).map(Vec::as_slice)
	}

	/// Spends and creates what the block at the new `height` does.
	pub fn connect(&mut self, height: u32, block: &Block) -> Result<(), OutOfStep> {
		let hash = block.block_hash();
		if height as usize != self.undo.len() {
			return Err(OutOfStep(hash));
		}
		let mut undo = Undo::with_capacity(block.txdata.len());
		// The genesis block's coinbase is no coin and not indexed, as in Bitcoin Core.
		if height > 0 {
			for transaction in &block.txdata {
				undo.push(self.spend(transaction).ok_or(OutOfStep(hash))?);
				self.create(transaction, height);
				self.index.insert(transaction.compute_txid(), hash);
			}
		}
		self.undo.push((hash, undo));
		Ok(())
	}

	/// Takes back the tip.
	pub fn disconnect(&mut self, block: &Block) -> Result<(), OutOfStep> {
		let hash = block.block_hash();
		let Some((_, undo)) = self.undo.pop_if(|(tip, _)| *tip == hash) else {
			return Err(OutOfStep(hash));
		};
		for (transaction, spent) in block.txdata.iter().zip(undo).rev() {
			let txid = transaction.compute_txid();
			self.index.remove(&txid);
			for vout in 0..transaction.output.len() {
				self.unspent.remove(&OutPoint::new(txid, vout as u32));
			}
			let inputs = transaction.input.iter().map(|input| input.previous_output);
			self.unspent.extend(inputs.zip(spent));
		}
		Ok(())
	}

	fn spend(&mut self, transaction: &Transaction) -> Option<Vec<Coin>> {
		if transaction.is_coinbase() {
			return Some(Vec::new());
		}
		transaction.input.iter().map(|input| self.unspent.remove(&input.previous_output)).collect()
	}

	fn create(&mut self, transaction: &Transaction, height: u32) {
		let txid = transaction.compute_txid();
		let coinbase = transaction.is_coinbase();
		for (vout, output) in transaction.output.iter().enumerate() {
			if !is_unspendable(output) {
				let coin = Coin { output: output.clone(), height, coinbase };
				self.unspent.insert(OutPoint::new(txid, vout as u32), coin);
			}
		}
	}
}

/// Whether no input can ever spend the output (`CScript::IsUnspendable`).
pub fn is_unspendable(output: &TxOut) -> bool {
	output.script_pubkey.is_op_return() || output.script_pubkey.len() > MAX_SCRIPT_SIZE
}
