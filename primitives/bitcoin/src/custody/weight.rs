//! What custody's transactions weigh, to the unit.

use crate::{
	script::{AnchorPayload, Multisig},
	TaprootScript, Weight,
};
use bitcoin::VarInt;

/// The heaviest transaction that nodes relay (`MAX_STANDARD_TX_WEIGHT`).
pub const MAX_STANDARD_TX_WEIGHT: Weight = Weight(400_000);

/// Bytes of a Schnorr signature with the default sighash type (BIP 341).
const SIGNATURE: u64 = 64;
/// Bytes of an input outside its witness: outpoint, length of the empty script, sequence.
const INPUT: u64 = 36 + 1 + 4;
/// Bytes of an output beside its script: amount, length of a script below 253 bytes.
const OUTPUT: u64 = 8 + 1;
/// Version and lock time.
const VERSION_AND_LOCK_TIME: u64 = 4 + 4;
/// Marker and flag of a transaction with witnesses (BIP 144); they count once.
const MARKER_AND_FLAG: u64 = 2;
/// Weight units in a byte outside the witnesses.
const SCALE: u64 = crate::weight::WITNESS_SCALE_FACTOR;

/// What spending a coin through a leaf with the committee's `multisig` weighs: exactly `threshold`
/// signatures and nothing for each other key, then the leaf's script and its control block.
///
/// Lengths beyond any script's saturate.
pub fn input_weight(
	multisig: &Multisig,
	leaf_script_len: usize,
	control_block_len: usize,
) -> Weight {
	let keys = to_u64(multisig.keys().len());
	let signatures = u64::from(multisig.threshold());
	let witness = [
		size_of_count(keys.saturating_add(2)),
		signatures.saturating_mul(with_length(SIGNATURE)),
		keys.saturating_sub(signatures).saturating_mul(with_length(0)),
		with_length(to_u64(leaf_script_len)),
		with_length(to_u64(control_block_len)),
	];
	Weight(witness.into_iter().fold(INPUT * SCALE, u64::saturating_add))
}

/// The weight of a transaction with so many inputs and payouts, which weigh so much together. The
/// change and the checkpoint come on top. `None` when it does not fit.
pub fn transaction_weight(
	inputs: usize,
	inputs_weight: Weight,
	payouts: usize,
	payouts_weight: Weight,
) -> Option<Weight> {
	let outputs = to_u64(payouts).checked_add(2)?;
	let fixed = [
		VERSION_AND_LOCK_TIME,
		size_of_count(to_u64(inputs)),
		size_of_count(outputs),
		// The change.
		OUTPUT + to_u64(TaprootScript::SIZE),
		// The checkpoint: `OP_RETURN`, the payload's length, the payload.
		OUTPUT + 1 + 1 + to_u64(AnchorPayload::SIZE),
	];
	let fixed = fixed.into_iter().sum::<u64>() * SCALE + MARKER_AND_FLAG;
	Weight::checked_sum([Weight(fixed), inputs_weight, payouts_weight])
}

/// Bytes of a count or a length (Bitcoin Core's `GetSizeOfCompactSize`).
fn size_of_count(count: u64) -> u64 {
	to_u64(VarInt::from(count).size())
}

/// Bytes of a string of bytes and its length.
fn with_length(length: u64) -> u64 {
	size_of_count(length).saturating_add(length)
}

/// A `usize` has at most 64 bits.
const fn to_u64(count: usize) -> u64 {
	count as u64
}
