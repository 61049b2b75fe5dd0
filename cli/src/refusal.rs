//! Why the chain does not take a transaction, in the pallet's words.

use crate::{advice::advice, rpc::RpcError};
use codec::Decode;
use entangled_runtime::{Runtime, RuntimeError};
use polkadot_sdk::sp_runtime::DispatchError;
use serde_json::Value;

/// `sc-rpc`'s code for a transaction that is invalid.
const INVALID: i64 = 1010;
/// Its codes for one that the pool has, has just had, or has a better one of.
const KNOWN: [i64; 3] = [1012, 1013, 1014];
/// What the data of such an error begin with, where a pallet has refused.
const CUSTOM: &str = "Custom error: ";

/// The chain has refused a transaction.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the chain refused: {name}{}", advice.map(|advice| format!("; {advice}")).unwrap_or_default())]
pub struct Refused {
	/// The pallet's name of the error, or the runtime's: `Peg::BelowMinimum`.
	pub name: String,
	/// What to do.
	pub advice: Option<&'static str>,
}

impl From<RuntimeError> for Refused {
	fn from(error: RuntimeError) -> Self {
		// `Peg(BelowMinimum)`
		let name = format!("{error:?}").replacen('(', "::", 1).trim_end_matches(')').into();
		Self { name, advice: advice(&error) }
	}
}

impl From<DispatchError> for Refused {
	fn from(error: DispatchError) -> Self {
		match RuntimeError::from_dispatch_error(error) {
			Some(known) => known.into(),
			None => Self { name: format!("{error:?}"), advice: None },
		}
	}
}

/// Why a node does not take a transaction.
#[derive(Debug, thiserror::Error)]
pub enum Refusal {
	/// The pool has it already.
	#[error("the transaction is on its way already")]
	OnItsWay,
	/// A pallet refuses it.
	#[error(transparent)]
	Pallet(Refused),
	/// Something else.
	#[error(transparent)]
	Other(RpcError),
}

/// Reads the peg's error from a node's answer.
pub fn peg(error: RpcError) -> Refusal {
	explain::<pallet_peg::Error<Runtime>>(error, RuntimeError::Peg)
}

/// Reads staking's error from a node's answer.
pub fn staking(error: RpcError) -> Refusal {
	explain::<pallet_sequencer_staking::Error<Runtime>>(error, RuntimeError::SequencerStaking)
}

fn explain<E: Decode>(error: RpcError, pallet: fn(E) -> RuntimeError) -> Refusal {
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
	match number.map(|number| E::decode(&mut &[number][..])) {
		Some(Ok(name)) => Refusal::Pallet(pallet(name).into()),
		_ => Refusal::Other(error),
	}
}
