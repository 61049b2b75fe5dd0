//! What is asked of a Bitcoin node.
//!
//! | module | what |
//! |---|---|
//! | [`options`] | where the node is |
//! | [`http`] | the connection |
//! | [`proof`] | that a transaction is in a block |

pub mod http;
pub mod options;
pub mod proof;

use crate::rpc::{ask, Rpc, RpcError};
use anyhow::{bail, ensure, Context};
use bitcoin::{consensus, hex::FromHex, Amount, Block};
use entangled_bitcoin::{BlockHash, Network, OutPoint, Sats, Txid};
use serde::Deserialize;

/// Bitcoin Core's `RPC_INVALID_ADDRESS_OR_KEY`: there is no such transaction or block.
const NOT_FOUND: i64 = -5;
/// Its `RPC_VERIFY_ALREADY_IN_UTXO_SET`: a block has the transaction.
const ALREADY_MINED: i64 = -27;

/// A Bitcoin node.
pub struct Bitcoin {
	rpc: Box<dyn Rpc>,
}

/// Where a transaction is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
	/// In a block.
	Block(BlockHash),
	/// It waits to be mined.
	Mempool,
	/// The node does not know it, or cannot find it.
	Unknown,
}

/// An output that nobody has spent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Coin {
	/// What it holds.
	pub value: Sats,
	/// Its script.
	pub script: Vec<u8>,
	/// Blocks from the one that has it to the tip; 0 when it waits to be mined.
	pub confirmations: u32,
}

#[derive(Deserialize)]
struct ChainInfo {
	chain: String,
}

#[derive(Deserialize)]
struct HeaderInfo {
	height: u32,
	confirmations: i64,
}

#[derive(Deserialize)]
struct TransactionInfo {
	blockhash: Option<BlockHash>,
}

#[derive(Deserialize)]
struct BlockInfo {
	tx: Vec<Txid>,
	previousblockhash: Option<BlockHash>,
}

#[derive(Deserialize)]
struct ScriptInfo {
	hex: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct OutputInfo {
	confirmations: u32,
	value: f64,
	script_pub_key: ScriptInfo,
}

impl Bitcoin {
	/// Asks this node.
	pub fn new(rpc: impl Rpc + 'static) -> Self {
		Self { rpc: Box::new(rpc) }
	}

	/// Fails when the node is of another network.
	pub async fn expect_network(&self, network: Network) -> anyhow::Result<()> {
		let info: ChainInfo = ask(&*self.rpc, "getblockchaininfo", ()).await?;
		let expected = match network {
			Network::Mainnet => "main",
			Network::Testnet3 => "test",
			Network::Testnet4 => "testnet4",
			Network::Signet => "signet",
			Network::Regtest => "regtest",
		};
		ensure!(
			info.chain == expected,
			"the Bitcoin node {} is on the network {:?}, but this is about {expected:?}",
			self.rpc.url(),
			info.chain
		);
		Ok(())
	}

	/// The height of a block of the best chain.
	pub async fn height(&self, hash: BlockHash) -> anyhow::Result<u32> {
		let header: HeaderInfo = ask(&*self.rpc, "getblockheader", (hash, true)).await?;
		ensure!(
			header.confirmations > 0,
			"the block {hash} is not in Bitcoin's chain any more: a reorganisation has removed it"
		);
		Ok(header.height)
	}

	/// A whole block. What comes back is the block with this hash, whatever the node says.
	pub async fn block(&self, hash: BlockHash) -> anyhow::Result<Block> {
		let text: String = ask(&*self.rpc, "getblock", (hash, 0)).await?;
		let bytes = Vec::from_hex(&text).context("the Bitcoin node's block is not hexadecimal")?;
		let block: Block =
			consensus::deserialize(&bytes).context("what the Bitcoin node sent is not a block")?;
		ensure!(
			BlockHash::from(block.block_hash()) == hash && block.check_merkle_root(),
			"the Bitcoin node sent another block than {hash}"
		);
		Ok(block)
	}

	/// Finds a transaction: by the node's index of all transactions, if it has one; by its unspent
	/// outputs; and in the last `scan` blocks.
	pub async fn locate(&self, txid: Txid, scan: u32) -> anyhow::Result<Place> {
		match ask::<TransactionInfo>(&*self.rpc, "getrawtransaction", (txid, 1)).await {
			Ok(TransactionInfo { blockhash: Some(hash) }) => return Ok(Place::Block(hash)),
			Ok(TransactionInfo { blockhash: None }) => return Ok(Place::Mempool),
			Err(error) if error.code() == Some(NOT_FOUND) => (),
			Err(error) => return Err(error.into()),
		}
		match ask::<String>(&*self.rpc, "gettxoutproof", ([txid],)).await {
			// The proof begins with the block's header.
			Ok(proof) => {
				let bytes = Vec::from_hex(&proof).unwrap_or_default();
				let header = bytes.get(..80).and_then(|bytes| consensus::deserialize(bytes).ok());
				if let Some(header) = header {
					let header: bitcoin::block::Header = header;
					return Ok(Place::Block(header.block_hash().into()));
				}
			},
			Err(error) if error.code() == Some(NOT_FOUND) => (),
			Err(error) => return Err(error.into()),
		}
		let mut next: Option<BlockHash> = Some(ask(&*self.rpc, "getbestblockhash", ()).await?);
		for _ in 0..scan {
			let Some(hash) = next else { break };
			let block: BlockInfo = match ask(&*self.rpc, "getblock", (hash, 1)).await {
				Ok(block) => block,
				// A pruned node has no older blocks.
				Err(RpcError::Refused { .. }) => break,
				Err(error) => return Err(error.into()),
			};
			if block.tx.contains(&txid) {
				return Ok(Place::Block(hash));
			}
			next = block.previousblockhash;
		}
		Ok(Place::Unknown)
	}

	/// The output, while nobody has spent it.
	pub async fn coin(&self, outpoint: OutPoint) -> anyhow::Result<Option<Coin>> {
		let params = (outpoint.txid, outpoint.vout, true);
		let Some(output) = ask::<Option<OutputInfo>>(&*self.rpc, "gettxout", params).await? else {
			return Ok(None);
		};
		let value = Amount::from_btc(output.value).context("the Bitcoin node's amount")?;
		let script =
			Vec::from_hex(&output.script_pub_key.hex).context("the Bitcoin node's script")?;
		let confirmations = output.confirmations;
		Ok(Some(Coin { value: Sats(value.to_sat()), script, confirmations }))
	}

	/// Sends a transaction. That a block has it already is as good.
	pub async fn send(&self, raw: &str) -> anyhow::Result<()> {
		let sent: Result<Txid, _> = ask(&*self.rpc, "sendrawtransaction", (raw,)).await;
		match sent {
			Err(RpcError::Refused { code: ALREADY_MINED, .. }) => Ok(()),
			Err(RpcError::Refused { message, .. }) => {
				let advice = if message.contains("non-BIP68-final") {
					": the coin is not free yet; wait for Bitcoin's next blocks"
				} else if message.contains("missingorspent") {
					": a coin was spent already, or has not been mined"
				} else if message.contains("min relay fee") || message.contains("insufficient fee")
				{
					": it pays too little"
				} else {
					""
				};
				bail!("Bitcoin refused the transaction: {message}{advice}")
			},
			other => Ok(other.map(drop)?),
		}
	}
}
