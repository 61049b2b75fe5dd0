//! The output that a deposit pays to.

use super::Multisig;
use crate::{
	taproot::{TaprootOutput, Tree, NUMS},
	Crypto, XOnlyKey,
};
use alloc::vec::Vec;
use bitcoin::{
	opcodes::all::{OP_CHECKSIGVERIFY, OP_CSV, OP_DROP},
	script::Builder,
};
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use scale_info::TypeInfo;
use serde::{Deserialize, Serialize};

/// How the owner of an output gets it alone once some blocks have passed: the depositor what custody
/// never swept, a staker what is bonded.
#[derive(
	Clone,
	Copy,
	Debug,
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
pub struct Refund {
	/// The owner's key.
	pub key: XOnlyKey,
	/// How many blocks after the output's own the key may spend it (BIP 68); at least one.
	pub delay: u16,
}

impl Refund {
	/// `<key> CHECKSIGVERIFY <delay> CSV`. `None` when the delay is zero, for which the script could
	/// not succeed.
	pub(crate) fn script(&self) -> Option<Vec<u8>> {
		let script = Builder::new()
			.push_slice(self.key.0)
			.push_opcode(OP_CHECKSIGVERIFY)
			.push_int(self.delay.into())
			.push_opcode(OP_CSV);
		(self.delay > 0).then(|| script.into_bytes())
	}
}

/// The output for a deposit with this commitment: to its chain, and to its destination there. The
/// internal key is nobody's.
///
/// The first leaf, `<commitment> DROP <committee's script>`, is the committee's; the second, where
/// there is a refund, is the depositor's. `None` when the refund's delay is zero, and with negligible
/// probability otherwise.
pub fn deposit_output<C: Crypto>(
	committee: &Multisig,
	commitment: &[u8; 32],
	refund: Option<&Refund>,
) -> Option<TaprootOutput> {
	let script = Builder::new().push_slice(commitment).push_opcode(OP_DROP);
	let script = committee.append_to(script).into_bytes();
	let tree = match refund {
		None => Tree::One(script),
		Some(refund) => Tree::Two(script, refund.script()?),
	};
	tree.output::<C>(&NUMS)
}
