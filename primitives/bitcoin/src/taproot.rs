//! Outputs that are spent by one of a few scripts (BIP 341).

use crate::{bip340::tagged_hash, Crypto, Parity, Sats, Sha256, XOnlyKey};
use alloc::{vec, vec::Vec};
use bitcoin::{consensus, ScriptBuf, VarInt};
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use scale_info::TypeInfo;
use serde::{Deserialize, Serialize};

/// A point whose discrete logarithm nobody knows (BIP 341's `H`): as the internal key it leaves
/// only the scripts to spend an output by.
pub const NUMS: XOnlyKey = XOnlyKey([
	0x50, 0x92, 0x9b, 0x74, 0xc1, 0xa0, 0x49, 0x54, 0xb7, 0x8b, 0x4b, 0x60, 0x35, 0xe9, 0x7a, 0x5e,
	0x07, 0x8a, 0x5a, 0x0f, 0x28, 0xec, 0x96, 0xd5, 0x47, 0xbf, 0xee, 0x9a, 0xce, 0x80, 0x3a, 0xc0,
]);

/// The version of leaves whose scripts BIP 342 defines (`TAPROOT_LEAF_TAPSCRIPT`).
const LEAF_VERSION: u8 = 0xc0;

/// The script pubkey that pays to an output key: `OP_1 <key>`.
#[derive(
	Clone,
	Copy,
	Debug,
	PartialEq,
	Eq,
	PartialOrd,
	Ord,
	Hash,
	Encode,
	Decode,
	DecodeWithMemTracking,
	MaxEncodedLen,
	TypeInfo,
	Serialize,
	Deserialize,
)]
#[serde(transparent)]
pub struct TaprootScript(pub XOnlyKey);

impl TaprootScript {
	/// Length of the script in bytes.
	pub const SIZE: usize = 34;
	/// The least amount that nodes relay an output with this script for (`GetDustThreshold` with
	/// `DUST_RELAY_TX_FEE`).
	pub const DUST_THRESHOLD: Sats = Sats(330);

	/// The script's bytes.
	pub fn to_bytes(self) -> [u8; Self::SIZE] {
		let mut bytes = [0; Self::SIZE];
		bytes[0] = 0x51; // OP_1
		bytes[1] = 0x20; // OP_PUSHBYTES_32
		bytes[2..].copy_from_slice(&self.0 .0);
		bytes
	}

	/// The output key that a script pays to. `None` when the script is of another type.
	pub fn parse(script: &[u8]) -> Option<Self> {
		match script {
			[0x51, 0x20, key @ ..] => key.try_into().ok().map(|key| Self(XOnlyKey(key))),
			_ => None,
		}
	}
}

impl From<TaprootScript> for ScriptBuf {
	fn from(script: TaprootScript) -> Self {
		script.to_bytes().to_vec().into()
	}
}

/// The scripts that may spend an output.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Tree {
	/// One script.
	One(Vec<u8>),
	/// Either of two scripts.
	Two(Vec<u8>, Vec<u8>),
}

/// A taproot output and how each of its scripts spends it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TaprootOutput {
	/// The output key.
	pub key: XOnlyKey,
	/// The parity of the output key's point.
	pub parity: Parity,
	/// The leaves, in the order of the [`Tree`].
	pub leaves: Vec<Leaf>,
}

/// One script of an output.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Leaf {
	/// The script.
	pub script: Vec<u8>,
	/// Its leaf hash, which signatures commit to.
	pub hash: [u8; 32],
	/// What shows that the output commits to the script: the last element of the witness.
	pub control_block: Vec<u8>,
}

impl Tree {
	/// The output under an internal key. `None` when that key is not on the curve (and with
	/// negligible probability otherwise).
	pub fn output<C: Crypto>(&self, internal: &XOnlyKey) -> Option<TaprootOutput> {
		// Each script with its hash and the sibling that leads from it to the root.
		let (root, leaves) = match self {
			Tree::One(script) => {
				let hash = leaf_hash::<C>(script);
				(hash, vec![(script, hash, None)])
			},
			Tree::Two(left, right) => {
				let (l, r) = (leaf_hash::<C>(left), leaf_hash::<C>(right));
				let leaves = vec![(left, l, Some(r)), (right, r, Some(l))];
				(branch_hash::<C>(&l, &r), leaves)
			},
		};
		let (key, parity) = output_key::<C>(internal, Some(&root))?;
		let leaves = leaves
			.into_iter()
			.map(|(script, hash, sibling)| Leaf {
				script: script.clone(),
				hash,
				control_block: control_block(internal, parity, sibling.as_ref()),
			})
			.collect();
		Some(TaprootOutput { key, parity, leaves })
	}
}

impl TaprootOutput {
	/// The script pubkey.
	pub fn script_pubkey(&self) -> TaprootScript {
		TaprootScript(self.key)
	}
}

/// The output key for an internal key and the root of its scripts, if it has any, with the parity
/// of its point. `None` when the internal key is not on the curve.
pub fn output_key<C: Crypto>(
	internal: &XOnlyKey,
	root: Option<&[u8; 32]>,
) -> Option<(XOnlyKey, Parity)> {
	let root = root.map_or(&[][..], |root| root);
	internal.add_tweak::<C>(&tagged_hash::<C>(b"TapTweak", &[&internal.0, root]))
}

/// The hash of a leaf of the version that BIP 342 defines.
pub fn leaf_hash<H: Sha256>(script: &[u8]) -> [u8; 32] {
	let length = consensus::serialize(&VarInt::from(script.len()));
	tagged_hash::<H>(b"TapLeaf", &[&[LEAF_VERSION], &length, script])
}

/// The hash of a branch. The order of its two children does not matter.
pub fn branch_hash<H: Sha256>(a: &[u8; 32], b: &[u8; 32]) -> [u8; 32] {
	let (low, high) = if a <= b { (a, b) } else { (b, a) };
	tagged_hash::<H>(b"TapBranch", &[low, high])
}

/// The control block of a leaf with at most one sibling above it.
fn control_block(internal: &XOnlyKey, parity: Parity, sibling: Option<&[u8; 32]>) -> Vec<u8> {
	let parity = match parity {
		Parity::Even => 0,
		Parity::Odd => 1,
	};
	let mut block = vec![LEAF_VERSION | parity];
	block.extend_from_slice(&internal.0);
	block.extend(sibling.into_iter().flatten());
	block
}
