//! What no block may hold: Bitcoin Core's consensus rules on form and amounts (`consensus/tx_check.cpp`,
//! `consensus/tx_verify.cpp`).

use std::collections::HashSet;

use bitcoin::Transaction;

use super::rejection::{Reason, Rejection};
use crate::bitcoin::{
	coins::{Coin, COINBASE_MATURITY},
	fee::{format_money, COIN},
};

/// All satoshis there will ever be (`MAX_MONEY`).
const MAX_MONEY: u64 = 21_000_000 * COIN;
/// Heaviest transaction that a block can hold.
const MAX_BLOCK_WEIGHT: usize = 4_000_000;

/// The rules on a transaction by itself (`CheckTransaction`). The engine judges; what it refuses is
/// named here.
pub fn check_transaction(transaction: &Transaction) -> Result<(), Rejection> {
	let fault = named_fault(transaction);
	if let Some(reason) = fault {
		return Err(reason.into());
	}
	let raw = bitcoin::consensus::encode::serialize(transaction);
	let sound = bitcoinkernel::Transaction::new(&raw).is_ok_and(|raw| is_sound(&raw));
	if sound {
		Ok(())
	} else {
		Err(Reason::Malformed.into())
	}
}

fn is_sound(transaction: &bitcoinkernel::Transaction) -> bool {
	use bitcoinkernel::prelude::TransactionExt;
	matches!(transaction.check(), bitcoinkernel::TxCheckResult::Valid)
}

fn named_fault(transaction: &Transaction) -> Option<Reason> {
	if transaction.input.is_empty() {
		return Some(Reason::NoInputs);
	}
	if transaction.output.is_empty() {
		return Some(Reason::NoOutputs);
	}
	if transaction.base_size() * 4 > MAX_BLOCK_WEIGHT {
		return Some(Reason::Oversize);
	}
	let mut total = 0;
	for output in &transaction.output {
		let value = output.value.to_sat();
		if value > i64::MAX as u64 {
			return Some(Reason::NegativeOutput);
		}
		if value > MAX_MONEY {
			return Some(Reason::OutputTooLarge);
		}
		total += value;
		if total > MAX_MONEY {
			return Some(Reason::OutputsTooLarge);
		}
	}
	let mut seen = HashSet::new();
	if !transaction.input.iter().all(|input| seen.insert(input.previous_output)) {
		return Some(Reason::DuplicateInputs);
	}
	if transaction.is_coinbase() {
		return Some(Reason::Coinbase);
	}
	transaction
		.input
		.iter()
		.any(|input| input.previous_output.is_null())
		.then_some(Reason::NullInput)
}

/// The rules on amounts and coinbase maturity (`CheckTxInputs`). Returns the fee.
pub fn check_amounts(
	transaction: &Transaction,
	coins: &[Coin],
	height: u32,
) -> Result<u64, Rejection> {
	let mut inputs = 0u64;
	for coin in coins {
		let depth = height.saturating_sub(coin.height);
		if coin.coinbase && depth < COINBASE_MATURITY {
			return Err(Reason::PrematureCoinbaseSpend
				.because(format!("tried to spend coinbase at depth {depth}")));
		}
		inputs = inputs.saturating_add(coin.output.value.to_sat());
		if inputs > MAX_MONEY {
			return Err(Reason::InputsOutOfRange.into());
		}
	}
	let outputs: u64 = transaction.output.iter().map(|output| output.value.to_sat()).sum();
	inputs.checked_sub(outputs).ok_or_else(|| {
		let (inputs, outputs) = (format_money(inputs), format_money(outputs));
		Reason::InputsBelowOutputs.because(format!("value in ({inputs}) < value out ({outputs})"))
	})
}
