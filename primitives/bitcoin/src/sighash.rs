//! What a signature that spends a taproot output signs (BIP 341 and 342).

use crate::{bip340::tagged_hash, Sats, Sha256};
use alloc::{vec, vec::Vec};
use bitcoin::{consensus, ScriptBuf, Transaction};

/// Which message this is; so far there is one.
const EPOCH: u8 = 0;
/// The signature commits to all inputs and all outputs.
const SIGHASH_DEFAULT: u8 = 0;
/// The key of the output signs, and there is no annex.
const KEY_PATH: u8 = 0;
/// A script of BIP 342 (extension 1), and no annex.
const SCRIPT_PATH: u8 = 1 << 1;
/// Keys are those of BIP 340.
const KEY_VERSION: u8 = 0;
/// The position of the last `OP_CODESEPARATOR`, when there was none.
const NO_CODE_SEPARATOR: u32 = u32::MAX;

/// A coin that a transaction spends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SpentOutput {
	/// Its amount.
	pub value: Sats,
	/// Its script pubkey.
	pub script_pubkey: ScriptBuf,
}

/// The hashes that all inputs of a transaction sign, so that each is computed once.
#[derive(Clone, Debug)]
pub struct Sighashes {
	/// Version, locktime, and the hashes of prevouts, amounts, script pubkeys, sequences, outputs.
	common: Vec<u8>,
	/// How many inputs there are.
	inputs: usize,
}

impl Sighashes {
	/// Of a transaction that spends these coins, one per input and in the inputs' order. `None`
	/// when they are not as many.
	pub fn new<H: Sha256>(transaction: &Transaction, spent: &[SpentOutput]) -> Option<Self> {
		if transaction.input.len() != spent.len() {
			return None;
		}
		let (mut prevouts, mut sequences, mut amounts, mut scripts, mut outputs) =
			(vec![], vec![], vec![], vec![], vec![]);
		for input in &transaction.input {
			prevouts.extend(consensus::serialize(&input.previous_output));
			sequences.extend(input.sequence.0.to_le_bytes());
		}
		for coin in spent {
			amounts.extend(coin.value.0.to_le_bytes());
			scripts.extend(consensus::serialize(&coin.script_pubkey));
		}
		for output in &transaction.output {
			outputs.extend(consensus::serialize(output));
		}

		let mut common = consensus::serialize(&transaction.version);
		common.extend(consensus::serialize(&transaction.lock_time));
		for part in [prevouts, amounts, scripts, sequences, outputs] {
			common.extend(H::sha256(&part));
		}
		Some(Self { common, inputs: spent.len() })
	}

	/// What a signature in a script signs: the input at `index` is spent by the leaf with this
	/// hash, the signature has 64 bytes (`SIGHASH_DEFAULT`), there is no annex, and no
	/// `OP_CODESEPARATOR` in the script. `None` when there is no such input.
	pub fn script_path<H: Sha256>(&self, index: usize, leaf_hash: &[u8; 32]) -> Option<[u8; 32]> {
		let extension = [leaf_hash, &[KEY_VERSION][..], &NO_CODE_SEPARATOR.to_le_bytes()].concat();
		self.message::<H>(index, SCRIPT_PATH, &extension)
	}

	/// What a signature by the output's own key signs: the input at `index`, by a signature of 64
	/// bytes, without annex. `None` when there is no such input.
	pub fn key_path<H: Sha256>(&self, index: usize) -> Option<[u8; 32]> {
		self.message::<H>(index, KEY_PATH, &[])
	}

	fn message<H: Sha256>(
		&self,
		index: usize,
		spend_type: u8,
		extension: &[u8],
	) -> Option<[u8; 32]> {
		if index >= self.inputs {
			return None;
		}
		let index = u32::try_from(index).ok()?.to_le_bytes();
		let common = &self.common;
		let parts = [&[EPOCH, SIGHASH_DEFAULT], &common[..], &[spend_type], &index, extension];
		Some(tagged_hash::<H>(b"TapSighash", &parts))
	}
}
