//! Bitcoin as the chain knows it.

use super::Chain;
use crate::rpc::RpcError;
use entangled_bitcoin::{BlockHash, Network};
use serde::{Deserialize, Serialize};

/// Whether a block of Bitcoin may be relied on, and if not, why.
#[derive(Clone, Debug, Deserialize)]
pub struct Finality {
	/// All gates are passed.
	#[serde(rename = "final")]
	pub is_final: bool,
	/// Which gate is not.
	#[serde(default)]
	pub reason: Option<String>,
	/// The same for people.
	#[serde(default)]
	pub message: Option<String>,
}

/// The last block.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct Tip {
	/// Its height.
	pub height: u32,
	/// Its hash.
	pub hash: BlockHash,
}

/// Whether the light client works as it should.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct LightClient {
	/// Nothing is final until governance resumes.
	pub frozen: bool,
	/// No header has arrived for too long.
	pub stale: bool,
}

impl Chain {
	/// The Bitcoin network that the chain follows.
	pub async fn network(&self) -> Result<Network, RpcError> {
		self.ask("bitcoin_network", ()).await
	}

	/// The last block of Bitcoin.
	pub async fn bitcoin_tip(&self) -> Result<Tip, RpcError> {
		self.ask("bitcoin_getTip", ()).await
	}

	/// Whether a block may be relied on.
	pub async fn is_final(&self, hash: BlockHash) -> Result<Finality, RpcError> {
		self.ask("bitcoin_isFinal", (hash,)).await
	}

	/// Whether the light client works as it should.
	pub async fn light_client(&self) -> Result<LightClient, RpcError> {
		self.ask("bitcoin_status", ()).await
	}
}
