//! Payments on Bitcoin that the chain is to rely on.

use crate::{
	bitcoin::{
		proof::{prove, Proven},
		Bitcoin, Place,
	},
	chain::{follow::POLL, light_client::Finality, Chain},
	progress::Progress,
};
use anyhow::bail;
use entangled_bitcoin::{BlockHash, Txid};
use std::time::Duration;

/// How often Bitcoin is asked whether it has mined a payment.
const BITCOIN_POLL: Duration = Duration::from_secs(2);

/// A payment, and where it is.
#[derive(Clone, Debug, clap::Args)]
pub struct Payment {
	/// The payment's id.
	#[arg(long, value_name = "TXID")]
	pub txid: Txid,

	#[command(flatten)]
	#[allow(missing_docs)]
	pub place: Whereabouts,
}

/// Where a payment is.
#[derive(Clone, Debug, clap::Args)]
pub struct Whereabouts {
	/// The block that has it [default: the Bitcoin node finds it, by its index of transactions
	/// (txindex=1), by the unspent outputs, or in the last blocks].
	#[arg(long, value_name = "HASH")]
	pub block: Option<BlockHash>,

	/// How many of the last blocks to search.
	#[arg(long, value_name = "BLOCKS", default_value_t = 1_008)]
	pub search: u32,
}

/// The proof of a payment, as soon as the chain relies on its block. When Bitcoin drops the block
/// meanwhile, the payment is searched for again.
pub async fn final_proof(
	chain: &Chain,
	bitcoin: &Bitcoin,
	payment: &Payment,
	wait: bool,
	progress: &Progress,
) -> anyhow::Result<Proven> {
	loop {
		let hash = match payment.place.block {
			Some(hash) => hash,
			None => find(bitcoin, payment, wait, progress).await?,
		};
		let proven = prove(bitcoin, payment.txid, hash).await?;
		progress.say(format!("{} is in the block {hash}", payment.txid));
		loop {
			let finality = chain.is_final(hash).await?;
			if finality.is_final {
				return Ok(proven);
			}
			let Finality { reason, message, .. } = finality;
			let message = message.unwrap_or_default();
			match reason.as_deref() {
				Some("frozen") => bail!("Frozen: {message}"),
				Some("stale") if !wait => bail!("Stale: {message}"),
				_ if !wait => bail!("BlockNotFinal: {message}"),
				_ => progress.say(format!("not final yet: {message}")),
			}
			tokio::time::sleep(POLL).await;
			if payment.place.block.is_none() && bitcoin.height(hash).await.is_err() {
				progress.say("Bitcoin has dropped that block; searching again");
				break;
			}
		}
	}
}

/// The block that has a payment.
async fn find(
	bitcoin: &Bitcoin,
	payment: &Payment,
	wait: bool,
	progress: &Progress,
) -> anyhow::Result<BlockHash> {
	let Payment { txid, place: Whereabouts { search, .. } } = payment;
	loop {
		match bitcoin.locate(*txid, *search).await? {
			Place::Block(hash) => return Ok(hash),
			Place::Mempool if wait => progress.say("the payment waits to be mined"),
			Place::Mempool => bail!("BlockNotFinal: {txid} has not been mined yet"),
			Place::Unknown => bail!(
				"the Bitcoin node does not find {txid}, neither by an index nor in its last {search} \
				 blocks; name its block with --block HASH, or search further back with --search"
			),
		}
		tokio::time::sleep(BITCOIN_POLL).await;
	}
}
