//! What the transactions weigh that staker and covenant sign, to the unit.

use crate::{custody::input_weight, taproot::NUMS, Multisig, PayoutScript, Weight};

/// `<staker> CHECKSIGVERIFY` before the covenant's script.
const STAKER_CHECK: usize = 34;
/// A control block with one sibling.
const CONTROL_BLOCK: usize = 65;
/// The staker's signature and its length.
const STAKER_SIGNATURE: Weight = Weight(65);
/// Version, lock time, one byte each for the counts of inputs and outputs; marker and flag.
const FRAME: Weight = Weight((4 + 4 + 1 + 1) * 4 + 2);
/// The anchor: amount, length, script.
const ANCHOR: Weight = Weight((8 + 1 + 4) * 4);

/// What a signed transaction that unbonds or extends weighs.
pub fn unbonding_weight(covenant: &Multisig) -> Weight {
	transaction_weight(covenant, 1)
}

/// What a signed transaction that slashes weighs, when something is left to the staker.
pub fn slashing_weight(covenant: &Multisig) -> Weight {
	transaction_weight(covenant, 2)
}

/// With so many P2TR outputs. A covenant's script is short, so that nothing saturates.
fn transaction_weight(covenant: &Multisig, outputs: u64) -> Weight {
	let script = covenant.script().len().saturating_add(STAKER_CHECK);
	let input = input_weight(covenant, script, CONTROL_BLOCK);
	let output = PayoutScript::P2tr(NUMS).output_weight();
	let parts = [FRAME.0, input.0, STAKER_SIGNATURE.0, output.0.saturating_mul(outputs), ANCHOR.0];
	Weight(parts.into_iter().fold(0, u64::saturating_add))
}
