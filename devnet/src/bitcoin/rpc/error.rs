//! JSON-RPC errors with Bitcoin Core's codes (`rpc/protocol.h`).

use serde_json::{json, Value};

use crate::bitcoin::{descriptor::DescriptorError, node::NodeError};

/// Bitcoin Core's error codes, as far as this node gives them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(i32)]
pub enum Code {
	/// `RPC_INVALID_REQUEST`; HTTP 400.
	InvalidRequest = -32600,
	/// `RPC_METHOD_NOT_FOUND`; HTTP 404.
	MethodNotFound = -32601,
	/// `RPC_INTERNAL_ERROR`.
	Internal = -32603,
	/// `RPC_PARSE_ERROR`.
	Parse = -32700,
	/// `RPC_MISC_ERROR`.
	Misc = -1,
	/// `RPC_TYPE_ERROR`.
	Type = -3,
	/// `RPC_INVALID_ADDRESS_OR_KEY`: also a block or transaction that is not found.
	InvalidAddressOrKey = -5,
	/// `RPC_INVALID_PARAMETER`.
	InvalidParameter = -8,
	/// `RPC_DESERIALIZATION_ERROR`.
	Deserialization = -22,
	/// `RPC_VERIFY_ERROR`, also called `RPC_TRANSACTION_ERROR`.
	Verify = -25,
	/// `RPC_VERIFY_REJECTED`, also called `RPC_TRANSACTION_REJECTED`.
	Rejected = -26,
	/// `RPC_VERIFY_ALREADY_IN_UTXO_SET`.
	AlreadyInUtxoSet = -27,
	/// `RPC_IN_WARMUP`: also while the node is stopping.
	InWarmup = -28,
}

/// An error answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message} (code {})", *code as i32)]
pub struct RpcError {
	/// Its code.
	pub code: Code,
	/// Its message.
	pub message: String,
}

impl RpcError {
	/// An error answer.
	pub fn new(code: Code, message: impl Into<String>) -> Self {
		Self { code, message: message.into() }
	}

	/// As JSON.
	pub fn to_json(&self) -> Value {
		json!({ "code": self.code as i32, "message": self.message })
	}
}

impl From<NodeError> for RpcError {
	fn from(error: NodeError) -> Self {
		Self::new(Code::Internal, error.to_string())
	}
}

impl From<DescriptorError> for RpcError {
	fn from(error: DescriptorError) -> Self {
		Self::new(Code::InvalidAddressOrKey, error.to_string())
	}
}

/// What a method answers.
pub type RpcResult = Result<Value, RpcError>;
