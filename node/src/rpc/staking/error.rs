// SPDX-License-Identifier: GPL-3.0-or-later WITH Classpath-exception-2.0

//! Why a call of the `staking` namespace has no result.

use crate::rpc::views::Reason;
use entangled_bitcoin::InclusionError;
use entangled_runtime::Hash;
use jsonrpsee::types::{ErrorObject, ErrorObjectOwned};
use pallet_btc_light_client::ClaimError;
use pallet_sequencer_staking::{TermsRefusal, MAX_COLLECTED};
use polkadot_sdk::sp_api::ApiError;
use serde_json::json;

/// Why a call has no result. Each has a code, and `data` with what to do.
#[derive(Debug, thiserror::Error)]
pub enum Error {
	/// The runtime could not be asked at this block.
	#[error("the chain's state at {at:?} cannot be read: {reason}")]
	State {
		/// The block of ours.
		at: Hash,
		/// What went wrong.
		reason: ApiError,
	},
	/// The chain follows no Bitcoin network.
	#[error("this chain follows no Bitcoin network, so nothing can be bonded")]
	NotFollowing,
	/// No bond can be registered on these terms.
	#[error("{}", message(.0))]
	Terms(TermsRefusal),
	/// The claim's block may not be relied on.
	#[error("the block of the claim is not final: {}", .0.message)]
	BlockNotFinal(Reason),
	/// The claim's proof is wrong.
	#[error("the proof does not show that the transaction is in the block")]
	WrongProof(InclusionError),
	/// No duty takes so many signatures.
	#[error("no duty takes so many signatures")]
	TooManySignatures,
	/// More bonds are named than rewards can be collected for at one time.
	#[error("{0} bonds are named, and {MAX_COLLECTED} can be at one time")]
	TooManyBonds(usize),
}

impl Error {
	/// The JSON-RPC error code.
	pub fn code(&self) -> i32 {
		match self {
			Self::State { .. } => 8201,
			Self::NotFollowing => 8202,
			Self::Terms(_) => 8203,
			Self::BlockNotFinal(_) => 8204,
			Self::WrongProof(_) => 8205,
			Self::TooManySignatures => 8206,
			Self::TooManyBonds(_) => 8207,
		}
	}
}

fn message(refusal: &TermsRefusal) -> &'static str {
	match refusal {
		TermsRefusal::UnknownSequencer => "there is no such sequencer",
		TermsRefusal::Banned => "the sequencer has cheated, and is banned",
		TermsRefusal::TooManyBonds => "the sequencer has as many bonds as it can have",
		TermsRefusal::UnknownCovenant => "there is no committee that could sign for the bond",
		TermsRefusal::TimelockOutOfRange => "the timelock is too short or too long",
		TermsRefusal::InvalidKey => "the staker's key is not on the curve, or is a member's",
		TermsRefusal::FeesTooLow => "the fees of the bond's transactions are too low to be relayed",
		TermsRefusal::UnsoundRules => "the rules of bonds contradict themselves",
	}
}

fn advice(refusal: &TermsRefusal) -> &'static str {
	match refusal {
		TermsRefusal::UnknownSequencer => {
			"take one of staking_sequencers; whoever wants to be one puts ENT at stake first"
		},
		TermsRefusal::Banned | TermsRefusal::TooManyBonds => "choose another sequencer",
		TermsRefusal::UnknownCovenant => {
			"wait: bonds can be registered when validators have registered Bitcoin keys"
		},
		TermsRefusal::TimelockOutOfRange => {
			"choose one from policy.minTimelock to policy.maxTimelock of staking_status"
		},
		TermsRefusal::InvalidKey => {
			"give the x-coordinate of a public key of yours, 64 hexadecimal digits (BIP 340)"
		},
		TermsRefusal::FeesTooLow | TermsRefusal::UnsoundRules => {
			"governance must set other rules; see rules of staking_status"
		},
	}
}

impl From<ClaimError> for Error {
	fn from(error: ClaimError) -> Self {
		match error {
			ClaimError::Block(reason) => Self::BlockNotFinal(reason.into()),
			ClaimError::Proof(reason) => Self::WrongProof(reason),
		}
	}
}

impl From<Error> for ErrorObjectOwned {
	fn from(error: Error) -> Self {
		let data = match &error {
			Error::State { .. } => json!({
				"advice": "leave out `at`, or name a recent block of this chain; older states are \
						   kept by nodes with --state-pruning archive",
			}),
			Error::NotFollowing => json!({
				"advice": "the chain specification's genesis must name a Bitcoin checkpoint",
			}),
			Error::Terms(reason) => json!({ "reason": reason, "advice": advice(reason) }),
			Error::BlockNotFinal(reason) => json!(reason),
			Error::WrongProof(reason) => json!({
				"reason": reason,
				"advice": "build the proof from the full block (getblock HASH 0): the transaction \
						   without witnesses, its index, and each sibling as a single SHA-256",
			}),
			Error::TooManySignatures => json!({
				"advice": "give one for `unbonding` or `extension`, and two for `slash`, in the order \
						   of staking_duties",
			}),
			Error::TooManyBonds(_) => json!({
				"advice": "ask several times, for other bonds each; what is earned without any bond \
						   is in each answer",
			}),
		};
		ErrorObject::owned(error.code(), error.to_string(), Some(data))
	}
}
