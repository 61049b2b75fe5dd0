//! Bitcoin, as the chain knows it.

use super::Entangled;
use jsonrpsee::rpc_params;
use serde::Deserialize;

/// Whether a Bitcoin block may be relied on (`bitcoin_isFinal`).
#[derive(Clone, Debug, Deserialize)]
struct Finality {
	#[serde(rename = "final")]
	is_final: bool,
}

/// Its rules (`bitcoin_status`).
#[derive(Clone, Debug, Deserialize)]
struct Following {
	policy: Policy,
}

#[derive(Clone, Debug, Deserialize)]
struct Policy {
	confirmations: u32,
}

/// The block of most work (`bitcoin_getTip`).
#[derive(Clone, Debug, Deserialize)]
pub struct Tip {
	/// Its height.
	pub height: u32,
	/// Its hash.
	pub hash: String,
}

/// What the validators say of Bitcoin (`bitcoin_attestation`).
#[derive(Clone, Debug, Deserialize)]
struct Attestation {
	named: Vec<Named>,
}

/// The highest block that a validator has named in the blocks that it made.
#[derive(Clone, Debug, Deserialize)]
struct Named {
	validator: String,
	height: Option<u32>,
}

impl Entangled {
	/// Whether a Bitcoin block may be relied on.
	pub async fn is_final(&self, block: &str) -> anyhow::Result<bool> {
		let finality: Finality = self.ask("bitcoin_isFinal", rpc_params![block]).await?;
		Ok(finality.is_final)
	}

	/// How many confirmations a Bitcoin block needs.
	pub async fn confirmations(&self) -> anyhow::Result<u32> {
		let following: Following = self.ask("bitcoin_status", rpc_params![]).await?;
		Ok(following.policy.confirmations)
	}

	/// Bitcoin's tip, as the chain knows it.
	pub async fn tip(&self) -> anyhow::Result<Tip> {
		self.ask("bitcoin_getTip", rpc_params![]).await
	}

	/// Whether a validator has made a block since Bitcoin has had this height: each block names what its
	/// author's own Bitcoin node has.
	pub async fn has_named(&self, account: &str, height: u32) -> anyhow::Result<bool> {
		let attestation: Attestation = self.ask("bitcoin_attestation", rpc_params![]).await?;
		let named = attestation.named.iter().find(|named| named.validator == account);
		Ok(named.is_some_and(|named| named.height >= Some(height)))
	}
}
