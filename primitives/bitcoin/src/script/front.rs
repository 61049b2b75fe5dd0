//! Which withdrawal a transaction pays that is not custody's own, and who is to have the eBTC for it.
//!
//! Anyone may pay a withdrawal from coins of their own and take what was locked for it. The
//! transaction names the chain and the withdrawal, so that one payment cannot stand for two, and the
//! account, so that nobody can take what another has earned.

use super::{op_return, ChainId};
use alloc::vec::Vec;
use bitcoin::TxOut;

/// What an `OP_RETURN` that names a withdrawal starts with.
const MAGIC: [u8; 4] = *b"entf";
const VERSION: u8 = 1;

/// What a fronted payment names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fronted {
	/// The chain that the withdrawal is of.
	pub chain: ChainId,
	/// The withdrawal.
	pub id: u64,
	/// The account that is to have the eBTC.
	pub account: [u8; 32],
}

impl Fronted {
	/// Magic, version, the chain, the id in little-endian order, the account: 77 bytes.
	pub fn to_bytes(&self) -> Vec<u8> {
		[&MAGIC[..], &[VERSION], &self.chain.0, &self.id.to_le_bytes(), &self.account].concat()
	}

	/// What is written so. `None` when it is not exactly what [`Self::to_bytes`] writes.
	pub fn parse(bytes: &[u8]) -> Option<Self> {
		let (chain, rest) =
			bytes.strip_prefix(&MAGIC)?.strip_prefix(&[VERSION])?.split_first_chunk()?;
		let (id, account) = rest.split_first_chunk()?;
		Some(Self {
			chain: ChainId(*chain),
			id: u64::from_le_bytes(*id),
			account: account.try_into().ok()?,
		})
	}

	/// The script of the output that says so.
	pub fn to_script(&self) -> Vec<u8> {
		op_return::script(&self.to_bytes())
	}

	/// What a script says. `None` when it is not exactly what [`Self::to_script`] writes.
	pub fn from_script(script: &[u8]) -> Option<Self> {
		Self::parse(op_return::data(script)?)
	}

	/// What the outputs of a transaction say. `None` when none or several say something, be it of
	/// different chains.
	pub fn from_outputs(outputs: &[TxOut]) -> Option<Self> {
		op_return::only(outputs, Self::from_script)
	}
}
