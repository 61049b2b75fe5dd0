// SPDX-License-Identifier: GPL-3.0-or-later WITH Classpath-exception-2.0

//! Why a call of the `peg` namespace has no result.

use crate::{
	relay::watchlist::{WatchError, MAX_WATCHED},
	rpc::views::Reason,
};
use entangled_bitcoin::{AddressError, InclusionError};
use entangled_runtime::Hash;
use jsonrpsee::types::{ErrorCode, ErrorObject, ErrorObjectOwned};
use pallet_btc_light_client::ClaimError;
use pallet_peg::QuoteError;
use polkadot_sdk::{sc_rpc_api::UnsafeRpcError, sp_api::ApiError};
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
	#[error("this chain follows no Bitcoin network, so it has no peg")]
	NotFollowing,
	/// There is no such address, or no quote.
	#[error("{}", quote_message(.0))]
	Quote(QuoteError),
	/// The text is no address that can be paid.
	#[error("{}", address_message(.0))]
	Address(AddressError),
	/// No committee serves.
	#[error("no committee holds custody's keys")]
	NoCommittee,
	/// The claim's block may not be relied on.
	#[error("the block of the claim is not final: {}", .0.message)]
	BlockNotFinal(Reason),
	/// The claim's proof is wrong.
	#[error("the proof does not show that the transaction is in the block")]
	WrongProof(InclusionError),
	/// The operator allows this only to whom it trusts.
	#[error(transparent)]
	Unsafe(#[from] UnsafeRpcError),
	/// The node looks for no deposits.
	#[error("this node does not watch deposits")]
	NotWatching,
	/// The node watches as many addresses as it can.
	#[error("this node watches {MAX_WATCHED} deposit addresses already")]
	WatchListFull,
	/// The node cannot keep what it is to watch.
	#[error("this node cannot keep what it is to watch: {0}")]
	WatchListUnwritable(WatchError),
}

impl Error {
	/// The JSON-RPC error code.
	pub fn code(&self) -> i32 {
		match self {
			Self::State { .. } => 8101,
			Self::NotFollowing => 8102,
			Self::Quote(_) => 8103,
			Self::Address(_) => 8104,
			Self::NoCommittee => 8105,
			Self::BlockNotFinal(_) => 8106,
			Self::WrongProof(_) => 8107,
			Self::NotWatching => 8108,
			Self::WatchListFull => 8109,
			Self::WatchListUnwritable(_) => 8110,
			// As for all such methods.
			Self::Unsafe(_) => ErrorCode::MethodNotFound.code(),
		}
	}
}

fn quote_message(error: &QuoteError) -> &'static str {
	match error {
		QuoteError::UnknownCommittee => "there is no such committee",
		QuoteError::CommitteeRetired => "deposits to this committee are no longer honoured",
		QuoteError::RefundDelayOutOfRange => "the refund opens too early or too late",
		QuoteError::InvalidRefundKey => "the refund key is not on the curve",
		QuoteError::UnknownRollup => "there is no such rollup",
		QuoteError::BelowMinimum => "the amount is below the least one",
		QuoteError::AboveMaximum => "the amount is above the greatest one",
		QuoteError::UnspendableScript => "nobody could spend an output to this address",
		QuoteError::ReserveTakesFixedOnly => "a deposit to the reserve goes to the fixed address",
		QuoteError::OverCap => "there would be more eBTC than is allowed",
	}
}

fn quote_advice(error: &QuoteError) -> &'static str {
	match error {
		QuoteError::UnknownCommittee | QuoteError::CommitteeRetired => {
			"leave out `committee`, or take one of peg_committees"
		},
		QuoteError::RefundDelayOutOfRange => {
			"choose a delay from policy.minRefundDelay to policy.maxRefundDelay of peg_status"
		},
		QuoteError::InvalidRefundKey => {
			"give the x-coordinate of a public key of yours, 64 hexadecimal digits (BIP 340)"
		},
		QuoteError::UnknownRollup => "check the rollup's number",
		QuoteError::BelowMinimum | QuoteError::AboveMaximum => {
			"see policy.minDeposit, policy.maxDeposit and policy.minWithdrawal of peg_status; a \
			 withdrawal must not be dust on Bitcoin either"
		},
		QuoteError::UnspendableScript => "check the address: its key is not on the curve",
		QuoteError::OverCap => {
			"see headroom of peg_status: it grows when eBTC leaves, and when validators bond more BTC"
		},
		QuoteError::ReserveTakesFixedOnly => {
			"pay to peg_fixedAddress, and name the reserve in an OP_RETURN beside it"
		},
	}
}

fn address_message(error: &AddressError) -> &'static str {
	match error {
		AddressError::Malformed => "this is not a Bitcoin address, or a character of it is wrong",
		AddressError::WrongNetwork => "this is an address of another Bitcoin network",
		AddressError::Unsupported => "addresses of this type cannot be paid",
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

impl From<WatchError> for Error {
	fn from(error: WatchError) -> Self {
		match error {
			WatchError::Full => Self::WatchListFull,
			error => Self::WatchListUnwritable(error),
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
			Error::Quote(reason) => json!({ "reason": reason, "advice": quote_advice(reason) }),
			Error::Address(reason) => json!({
				"reason": reason,
				"advice": "give an address of the network that bitcoin_network names, of type P2PKH, \
						   P2SH, P2WPKH, P2WSH or P2TR",
			}),
			Error::NoCommittee => json!({
				"advice": "wait: the peg begins when validators have registered Bitcoin keys",
			}),
			Error::BlockNotFinal(reason) => json!(reason),
			Error::WrongProof(reason) => json!({
				"reason": reason,
				"advice": "build the proof from the full block (getblock HASH 0): the transaction \
						   without witnesses, its index, and each sibling as a single SHA-256",
			}),
			Error::Unsafe(_) => json!({
				"advice": "ask a node of your own, at its own machine or with --rpc-methods unsafe; \
						   or claim the deposit with peg_claim once it is final",
			}),
			Error::NotWatching => json!({
				"advice": "ask a node that has --bitcoin-rpc and not --no-peg-relay, or claim the \
						   deposit with peg_claim once it is final",
			}),
			Error::WatchListFull => json!({
				"advice": "ask another node, or claim the deposit with peg_claim once it is final",
			}),
			Error::WatchListUnwritable(_) => json!({
				"advice": "the node's operator must check the disk; ask another node meanwhile",
			}),
		};
		ErrorObject::owned(error.code(), error.to_string(), Some(data))
	}
}
