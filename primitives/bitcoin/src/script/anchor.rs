//! The checkpoint that custody's transactions carry: 73 bytes after an `OP_RETURN`.

use super::op_return;
use alloc::vec::Vec;
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use scale_info::TypeInfo;
use serde::{Deserialize, Serialize};

/// What an `OP_RETURN` with a checkpoint starts with.
const MAGIC: [u8; 4] = *b"entc";
const VERSION: u8 = 1;

/// A checkpoint of the network: what its state was at the end of an epoch, and what proves it.
#[derive(
	Clone,
	Copy,
	Debug,
	Default,
	PartialEq,
	Eq,
	Encode,
	Decode,
	DecodeWithMemTracking,
	MaxEncodedLen,
	TypeInfo,
	Serialize,
	Deserialize,
)]
#[serde(rename_all = "camelCase")]
pub struct AnchorPayload {
	/// The epoch that the checkpoint closes.
	pub epoch: u32,
	/// The root of the state.
	#[serde(with = "crate::hex")]
	pub state_root: [u8; 32],
	/// The hash of the proof.
	#[serde(with = "crate::hex")]
	pub proof_hash: [u8; 32],
}

impl AnchorPayload {
	/// Length of the payload in bytes.
	pub const SIZE: usize = 73;

	/// Magic, version, epoch in big-endian order, state root, proof hash.
	pub fn to_bytes(&self) -> [u8; Self::SIZE] {
		let mut bytes = [0; Self::SIZE];
		bytes[..4].copy_from_slice(&MAGIC);
		bytes[4] = VERSION;
		bytes[5..9].copy_from_slice(&self.epoch.to_be_bytes());
		bytes[9..41].copy_from_slice(&self.state_root);
		bytes[41..].copy_from_slice(&self.proof_hash);
		bytes
	}

	/// The checkpoint in a payload. `None` when the magic or the version is another, or the length.
	pub fn parse(bytes: &[u8]) -> Option<Self> {
		let (epoch, roots) =
			bytes.strip_prefix(&MAGIC)?.strip_prefix(&[VERSION])?.split_first_chunk()?;
		let (state_root, proof_hash) = roots.split_first_chunk()?;
		Some(Self {
			epoch: u32::from_be_bytes(*epoch),
			state_root: *state_root,
			proof_hash: proof_hash.try_into().ok()?,
		})
	}

	/// The script of the output that carries the checkpoint: `OP_RETURN <payload>`.
	pub fn to_script(&self) -> Vec<u8> {
		op_return::script(&self.to_bytes())
	}

	/// The checkpoint that a script carries. `None` when it is not exactly what
	/// [`Self::to_script`] writes.
	pub fn from_script(script: &[u8]) -> Option<Self> {
		Self::parse(op_return::data(script)?)
	}
}
