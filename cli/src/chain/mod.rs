//! What is asked of an Entangled node.
//!
//! | module | what |
//! |---|---|
//! | [`http`] | the connection |
//! | [`peg`] | the peg |
//! | [`views`] | what it answers |
//! | [`staking`] | bonds and sequencers |
//! | [`light_client`] | Bitcoin as the chain knows it |
//! | [`balances`] | what accounts hold |
//! | [`follow`] | what became of a transaction that was sent |
//! | [`bring`] | transactions that take no account |

pub mod balances;
pub mod bring;
pub mod follow;
pub mod http;
pub mod light_client;
pub mod peg;
pub mod staking;
pub mod views;

use crate::rpc::{ask, Rpc, RpcError};
use anyhow::{ensure, Context};
use codec::{Decode, Encode};
use entangled_bitcoin::{ChainId, Network};
use entangled_runtime::{Header, UncheckedExtrinsic, VERSION};
use polkadot_sdk::sp_core::H256;
use serde::{de::DeserializeOwned, Deserialize, Serialize};

/// An Entangled node.
pub struct Chain {
	rpc: Box<dyn Rpc>,
}

/// The node runs another release of the runtime than this program knows.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error(
	"the chain runs {spec_name} {spec_version}, and this program makes transactions for {} {}; take \
	 the program of the chain's release. Nothing was sent",
	VERSION.spec_name,
	VERSION.spec_version
)]
pub struct OtherRelease {
	/// Which chain it is.
	pub spec_name: String,
	/// The version of its runtime.
	pub spec_version: u32,
}

/// The terms are of another chain than the node, or of another network of Bitcoin. What was paid on
/// them counts on their own chain only.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error(
	"OtherChain: these terms are of the chain {wanted}, and the node {node} is on {found} or follows \
	 another network of Bitcoin; name one of that chain with --rpc URL"
)]
pub struct OtherChain {
	/// The terms' chain.
	pub wanted: ChainId,
	/// The node.
	pub node: String,
	/// The node's chain.
	pub found: ChainId,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RuntimeVersion {
	spec_name: String,
	spec_version: u32,
	transaction_version: u32,
}

#[derive(Deserialize)]
struct SignedBlock {
	block: Block,
}

#[derive(Deserialize)]
struct Block {
	extrinsics: Vec<String>,
}

impl Chain {
	/// Asks the node at this address.
	pub fn connect(url: &str) -> anyhow::Result<Self> {
		let node = http::EntangledHttp::new(url)
			.with_context(|| format!("{url:?} is not the address of a node"))?;
		Ok(Self::new(node))
	}

	/// Asks this node.
	pub fn new(rpc: impl Rpc + 'static) -> Self {
		Self { rpc: Box::new(rpc) }
	}

	/// Where the node is.
	pub fn url(&self) -> &str {
		self.rpc.url()
	}

	/// Calls a method; `params` is a tuple.
	pub async fn ask<T: DeserializeOwned>(
		&self,
		method: &str,
		params: impl Serialize + Send,
	) -> Result<T, RpcError> {
		ask(&*self.rpc, method, params).await
	}

	/// The hash of the block at a height of the best chain.
	pub async fn block_hash(&self, number: u32) -> anyhow::Result<Option<H256>> {
		Ok(self.ask("chain_getBlockHash", (number,)).await?)
	}

	/// The hash of the first block: which chain it is.
	pub async fn genesis(&self) -> anyhow::Result<ChainId> {
		let first = self.block_hash(0).await?.context("the node has no first block")?;
		Ok(ChainId(first.into()))
	}

	/// The header of the best block.
	pub async fn best(&self) -> anyhow::Result<Header> {
		Ok(self.ask("chain_getHeader", ()).await?)
	}

	/// The newest finalised block.
	pub async fn finalised(&self) -> anyhow::Result<(u32, H256)> {
		let hash: H256 = self.ask("chain_getFinalizedHead", ()).await?;
		let header: Header = self.ask("chain_getHeader", (hash,)).await?;
		Ok((header.number, hash))
	}

	/// The transactions of a block, as the node writes them.
	async fn extrinsics(&self, at: H256) -> anyhow::Result<Vec<String>> {
		let block: SignedBlock = self.ask("chain_getBlock", (at,)).await?;
		Ok(block.block.extrinsics)
	}

	/// What the state holds under a key; `at` a block, or the best one.
	async fn storage<T: Decode>(&self, key: &[u8], at: Option<H256>) -> anyhow::Result<Option<T>> {
		let key = prefixed_hex(key);
		let value: Option<String> = self.ask("state_getStorage", (key, at)).await?;
		let Some(value) = value else { return Ok(None) };
		let bytes = hex::decode(value.trim_start_matches("0x"))
			.context("the node's answer is not hexadecimal")?;
		let value = T::decode(&mut &bytes[..])
			.context("the chain's state is not as this release of the program knows it")?;
		Ok(Some(value))
	}

	/// Fails unless the chain runs the runtime that this program makes transactions for.
	pub async fn expect_our_release(&self) -> anyhow::Result<()> {
		let version: RuntimeVersion = self.ask("state_getRuntimeVersion", ()).await?;
		let same = version.spec_name == VERSION.spec_name
			&& version.spec_version == VERSION.spec_version
			&& version.transaction_version == VERSION.transaction_version;
		let RuntimeVersion { spec_name, spec_version, .. } = version;
		ensure!(same, OtherRelease { spec_name, spec_version });
		Ok(())
	}

	/// Fails unless this is the chain, on the network of Bitcoin, that something is meant for.
	pub async fn expect(&self, network: Network, wanted: ChainId) -> anyhow::Result<()> {
		let (follows, found) = (self.network().await?, self.genesis().await?);
		let node = self.url().into();
		ensure!(found == wanted && follows == network, OtherChain { wanted, node, found });
		Ok(())
	}

	/// Sends a transaction, and gives its hash.
	pub async fn submit(&self, extrinsic: &UncheckedExtrinsic) -> Result<H256, RpcError> {
		self.submit_hex(&prefixed_hex(&extrinsic.encode())).await
	}

	/// Sends a transaction that a node has made.
	pub async fn submit_hex(&self, extrinsic: &str) -> Result<H256, RpcError> {
		self.ask("author_submitExtrinsic", (extrinsic,)).await
	}
}

/// Bytes as Substrate's JSON-RPC writes them.
pub fn prefixed_hex(bytes: &[u8]) -> String {
	format!("0x{}", hex::encode(bytes))
}
