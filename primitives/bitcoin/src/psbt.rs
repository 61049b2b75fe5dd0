//! Inputs that are spent by a leaf as partially signed transactions, for keys that another program
//! holds (BIP 174, BIP 371).

use crate::{taproot::Leaf, Native, Signature, SpentOutput, XOnlyKey};
use bitcoin::{
	hashes::Hash,
	psbt::{Psbt, PsbtSighashType},
	taproot::{ControlBlock, LeafVersion, TapLeafHash, TapNodeHash},
	Amount, ScriptBuf, TapSighashType, Transaction, TxOut, XOnlyPublicKey,
};
use std::fmt;

pub use bitcoin::bip32::KeySource;

/// What a key is asked to sign: a transaction whose only input is spent by a leaf.
#[derive(Clone, Copy, Debug)]
pub struct SigningRequest<'a> {
	/// The transaction without its witness.
	pub transaction: &'a Transaction,
	/// The coin that it spends.
	pub spent: &'a SpentOutput,
	/// The leaf.
	pub leaf: &'a Leaf,
	/// What is signed.
	pub sighash: &'a [u8; 32],
	/// Whose signature is asked for.
	pub key: &'a XOnlyKey,
}

/// Why there is no PSBT, or no signature in one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PsbtError {
	/// The request is none: the key is not on the curve, the control block is malformed, or the
	/// transaction has a witness or not exactly one input.
	Request,
	/// The bytes are not a PSBT.
	Malformed,
	/// The PSBT is of another transaction.
	OtherTransaction,
	/// The key has not signed.
	NotSigned,
	/// The signature is not one of the sighash by the key, for all inputs and outputs.
	WrongSignature,
}

impl fmt::Display for PsbtError {
	fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
		f.write_str(match self {
			Self::Request => "this cannot be signed by a PSBT",
			Self::Malformed => "this is not a PSBT",
			Self::OtherTransaction => "the PSBT is of another transaction",
			Self::NotSigned => "the PSBT is not signed by the key",
			Self::WrongSignature => "the PSBT's signature is not one of the transaction by the key",
		})
	}
}

impl std::error::Error for PsbtError {}

impl SigningRequest<'_> {
	/// The PSBT. With the key's origin, wallets find the key by it.
	pub fn to_psbt(&self, origin: Option<KeySource>) -> Result<Psbt, PsbtError> {
		let mut psbt =
			Psbt::from_unsigned_tx(self.transaction.clone()).map_err(|_| PsbtError::Request)?;
		let [input] = &mut psbt.inputs[..] else { return Err(PsbtError::Request) };
		let (key, hash) = self.signer()?;
		let control =
			ControlBlock::decode(&self.leaf.control_block).map_err(|_| PsbtError::Request)?;

		input.witness_utxo = Some(TxOut {
			value: Amount::from_sat(self.spent.value.0),
			script_pubkey: self.spent.script_pubkey.clone(),
		});
		input.sighash_type = Some(PsbtSighashType::from(TapSighashType::Default));
		input.tap_internal_key = Some(control.internal_key);
		let root = control
			.merkle_branch
			.iter()
			.fold(hash.into(), |node, sibling| TapNodeHash::from_node_hashes(node, *sibling));
		input.tap_merkle_root = Some(root);
		let script = ScriptBuf::from(self.leaf.script.clone());
		input.tap_scripts.insert(control, (script, LeafVersion::TapScript));
		input.tap_key_origins.insert(key, (vec![hash], origin.unwrap_or_default()));
		Ok(psbt)
	}

	/// The key's signature in a PSBT, checked. Whatever else the PSBT says is not believed.
	pub fn signature(&self, psbt: &[u8]) -> Result<Signature, PsbtError> {
		let psbt = Psbt::deserialize(psbt).map_err(|_| PsbtError::Malformed)?;
		if psbt.unsigned_tx != *self.transaction {
			return Err(PsbtError::OtherTransaction);
		}
		let [input] = &psbt.inputs[..] else { return Err(PsbtError::Request) };
		let given = input.tap_script_sigs.get(&self.signer()?).map(|signature| signature.to_vec());
		// Wallets that complete transactions move signatures into the witness. One of 65 bytes names
		// its sighash type.
		let witness = input.final_script_witness.iter().flat_map(|witness| witness.iter());
		let moved = witness.filter(|bytes| matches!(bytes.len(), 64 | 65)).map(<[u8]>::to_vec);
		let mut found = given.into_iter().chain(moved).peekable();
		found.peek().ok_or(PsbtError::NotSigned)?;
		found
			.filter_map(|bytes| bytes.try_into().ok().map(Signature))
			.find(|signature| self.key.verify::<Native>(self.sighash, signature))
			.ok_or(PsbtError::WrongSignature)
	}

	fn signer(&self) -> Result<(XOnlyPublicKey, TapLeafHash), PsbtError> {
		let key = XOnlyPublicKey::from_slice(&self.key.0).map_err(|_| PsbtError::Request)?;
		Ok((key, TapLeafHash::from_byte_array(self.leaf.hash)))
	}
}
