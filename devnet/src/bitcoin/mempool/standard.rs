//! Which transactions are relayed: Bitcoin Core's policy on form (`policy/policy.cpp`).
//!
//! Checked: version, weight, size, input scripts' length and pushes, output kinds, `OP_RETURN`
//! size, dust, kinds and signature operations of the spent scripts, witness sizes, no annex, no
//! witness on an anchor. Not checked, because the engine offers the interpreter's consensus flags
//! only: low S, minimal pushes and the flags that discourage upgradable opcodes, leaf versions and
//! keys.

use bitcoin::{taproot::TAPROOT_LEAF_MASK, Script, ScriptBuf, Transaction, TxOut};

use super::rejection::{Reason, Rejection};
use crate::bitcoin::script::{is_pay_to_anchor, ScriptKind};

/// `MAX_STANDARD_TX_WEIGHT`.
pub const MAX_STANDARD_TX_WEIGHT: u64 = 400_000;
/// Bytes of all `OP_RETURN` scripts of a transaction (`MAX_OP_RETURN_RELAY`).
pub const MAX_OP_RETURN_RELAY: usize = 100_000;
/// `MAX_STANDARD_TX_SIGOPS_COST`.
pub const MAX_STANDARD_TX_SIGOPS_COST: usize = 16_000;
/// Smallest transaction without its witness (`MIN_STANDARD_TX_NONWITNESS_SIZE`).
const MIN_STANDARD_TX_NONWITNESS_SIZE: usize = 65;
/// `MAX_STANDARD_SCRIPTSIG_SIZE`.
const MAX_STANDARD_SCRIPTSIG_SIZE: usize = 1_650;
/// `MAX_P2SH_SIGOPS`.
const MAX_P2SH_SIGOPS: usize = 15;
/// `MAX_TX_LEGACY_SIGOPS`.
const MAX_TX_LEGACY_SIGOPS: usize = 2_500;
/// `MAX_STANDARD_P2WSH_SCRIPT_SIZE`.
const MAX_STANDARD_P2WSH_SCRIPT_SIZE: usize = 3_600;
/// `MAX_STANDARD_P2WSH_STACK_ITEMS`.
const MAX_STANDARD_P2WSH_STACK_ITEMS: usize = 100;
/// `MAX_STANDARD_P2WSH_STACK_ITEM_SIZE` and `MAX_STANDARD_TAPSCRIPT_STACK_ITEM_SIZE`.
const MAX_STANDARD_STACK_ITEM_SIZE: usize = 80;
/// Dust outputs that a transaction without fee may have (`MAX_DUST_OUTPUTS_PER_TX`).
const MAX_DUST_OUTPUTS_PER_TX: usize = 1;
/// First byte of an annex (BIP341).
const ANNEX_TAG: u8 = 0x50;
/// Leaf version of tapscript (BIP342).
const TAPSCRIPT_LEAF: u8 = 0xc0;

/// Checks what the transaction alone shows (`IsStandardTx`).
pub fn check_form(transaction: &Transaction) -> Result<(), Rejection> {
	if !(1..=3).contains(&transaction.version.0) {
		return Err(Reason::Version.into());
	}
	if transaction.weight().to_wu() > MAX_STANDARD_TX_WEIGHT {
		return Err(Reason::TooHeavy.into());
	}
	for input in &transaction.input {
		if input.script_sig.len() > MAX_STANDARD_SCRIPTSIG_SIZE {
			return Err(Reason::InputScriptSize.into());
		}
		if !input.script_sig.is_push_only() {
			return Err(Reason::InputScriptNotPushOnly.into());
		}
	}
	let mut data_left = MAX_OP_RETURN_RELAY;
	for output in &transaction.output {
		let kind = ScriptKind::of(&output.script_pubkey);
		if !kind.is_standard() {
			return Err(Reason::OutputScript.into());
		}
		if kind == ScriptKind::NullData {
			data_left =
				data_left.checked_sub(output.script_pubkey.len()).ok_or(Reason::DataCarrier)?;
		}
	}
	if dust(transaction).count() > MAX_DUST_OUTPUTS_PER_TX {
		return Err(Reason::Dust.into());
	}
	if transaction.base_size() < MIN_STANDARD_TX_NONWITNESS_SIZE {
		return Err(Reason::TooSmall.into());
	}
	Ok(())
}

/// The outputs that are worth less than spending them costs at 3 sat/vB (`GetDust`).
pub fn dust(transaction: &Transaction) -> impl Iterator<Item = u32> + '_ {
	let is_dust = |output: &TxOut| output.value < output.script_pubkey.minimal_non_dust();
	(0..).zip(&transaction.output).filter(move |(_, output)| is_dust(output)).map(|(vout, _)| vout)
}

/// Checks the scripts that are spent (`ValidateInputsStandardness`).
pub fn check_inputs(transaction: &Transaction, spent: &[TxOut]) -> Result<(), Rejection> {
	let refuse = |detail: String| Err(Reason::NonstandardInputs.because(detail));
	let mut sigops = 0;
	for (index, (input, output)) in transaction.input.iter().zip(spent).enumerate() {
		let kind = ScriptKind::of(&output.script_pubkey);
		let redeem_script =
			if kind == ScriptKind::ScriptHash { redeem_script(&input.script_sig) } else { None };
		sigops += input.script_sig.count_sigops();
		sigops += redeem_script.as_deref().unwrap_or(&output.script_pubkey).count_sigops();
		match kind {
			ScriptKind::Nonstandard => return refuse(format!("input {index} script unknown")),
			ScriptKind::WitnessUnknown => {
				return refuse(format!("input {index} witness program is undefined"))
			},
			ScriptKind::ScriptHash => match redeem_script.map(|script| script.count_sigops()) {
				None => return refuse(format!("input {index} P2SH redeemscript missing")),
				Some(count) if count > MAX_P2SH_SIGOPS => {
					return refuse(format!(
						"p2sh redeemscript sigops exceed limit (input {index}: {count} > {MAX_P2SH_SIGOPS})"
					))
				},
				Some(_) => {},
			},
			_ => {},
		}
	}
	if sigops > MAX_TX_LEGACY_SIGOPS {
		return refuse("non-witness sigops exceed bip54 limit".to_owned());
	}
	Ok(())
}

/// Checks the witnesses' sizes (`IsWitnessStandard`).
pub fn check_witnesses(transaction: &Transaction, spent: &[TxOut]) -> Result<(), Rejection> {
	let standard = transaction.input.iter().zip(spent).all(|(input, output)| {
		if input.witness.is_empty() {
			return true;
		}
		let items: Vec<&[u8]> = input.witness.iter().collect();
		let script = &output.script_pubkey;
		if script.is_p2sh() {
			redeem_script(&input.script_sig)
				.is_some_and(|script| is_standard_witness(&items, &script, true))
		} else {
			is_standard_witness(&items, script, false)
		}
	});
	if standard {
		Ok(())
	} else {
		Err(Reason::NonstandardWitness.into())
	}
}

fn is_standard_witness(items: &[&[u8]], program: &Script, nested: bool) -> bool {
	if is_pay_to_anchor(program) || !program.is_witness_program() {
		return false;
	}
	if program.is_p2wsh() {
		return items.split_last().is_some_and(|(script, stack)| {
			script.len() <= MAX_STANDARD_P2WSH_SCRIPT_SIZE
				&& stack.len() <= MAX_STANDARD_P2WSH_STACK_ITEMS
				&& stack.iter().all(|item| item.len() <= MAX_STANDARD_STACK_ITEM_SIZE)
		});
	}
	if program.is_p2tr() && !nested {
		return is_standard_taproot_witness(items);
	}
	true
}

fn is_standard_taproot_witness(items: &[&[u8]]) -> bool {
	match items {
		[] => false,
		[_signature] => true,
		[.., annex] if annex.first() == Some(&ANNEX_TAG) => false,
		[stack @ .., _script, control] => match control.first() {
			None => false,
			Some(version) if version & TAPROOT_LEAF_MASK == TAPSCRIPT_LEAF => {
				stack.iter().all(|item| item.len() <= MAX_STANDARD_STACK_ITEM_SIZE)
			},
			Some(_) => true,
		},
	}
}

/// The last push of an input's script, which is the redeem script of P2SH.
fn redeem_script(script_sig: &Script) -> Option<ScriptBuf> {
	let last = script_sig.instructions().last()?.ok()?;
	last.push_bytes().map(|push| ScriptBuf::from_bytes(push.as_bytes().to_vec()))
}
