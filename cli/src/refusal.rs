//! Why the chain does not take a transaction, in the pallet's words.

use crate::rpc::RpcError;
use codec::Decode;
use entangled_runtime::Runtime;
use serde_json::Value;

/// `sc-rpc`'s code for a transaction that is invalid.
const INVALID: i64 = 1010;
/// Its codes for one that the pool has, has just had, or has a better one of.
const KNOWN: [i64; 3] = [1012, 1013, 1014];
/// What the data of such an error begin with, where a pallet has refused.
const CUSTOM: &str = "Custom error: ";

/// Why a node does not take a transaction.
#[derive(Debug, thiserror::Error)]
pub enum Refusal {
	/// The pool has it already.
	#[error("the transaction is on its way already")]
	OnItsWay,
	/// The peg refuses it.
	#[error("the chain refused: Peg::{0}")]
	Peg(String),
	/// Something else.
	#[error(transparent)]
	Other(RpcError),
}

/// Reads the peg's error from a node's answer.
pub fn explain(error: RpcError) -> Refusal {
	let RpcError::Refused { code, data, .. } = &error else { return Refusal::Other(error) };
	if KNOWN.contains(code) {
		return Refusal::OnItsWay;
	}
	let number = data
		.as_ref()
		.filter(|_| *code == INVALID)
		.and_then(Value::as_str)
		.and_then(|text| text.strip_prefix(CUSTOM))
		.and_then(|number| number.parse::<u8>().ok());
	match number.map(|number| pallet_peg::Error::<Runtime>::decode(&mut &[number][..])) {
		Some(Ok(name)) => Refusal::Peg(format!("{name:?}")),
		_ => Refusal::Other(error),
	}
}
