//! `entangled deposit claim`

use crate::{
	bitcoin::{
		proof::{prove, Proven},
		Bitcoin, Place,
	},
	chain::{follow::POLL, light_client::Finality, peg::Deposit, Chain},
	context::Context,
	parse,
	progress::Progress,
	refusal::{explain, Refusal},
	terms::Terms,
};
use anyhow::{bail, ensure};
use entangled_bitcoin::{BlockHash, ChainId, Destination, OutPoint, Sats, Txid};
use serde::Serialize;
use std::{fmt, path::PathBuf, time::Duration};

/// How often a claim that is not in a block yet is sent again: a node may have dropped it.
const RESEND_AFTER: u32 = 30;

/// How often Bitcoin is asked whether it has mined a payment.
const BITCOIN_POLL: Duration = Duration::from_secs(2);

const EXAMPLES: &str = "\
Examples:
  entangled deposit claim --terms terms.json --txid 4a5e1e… \\
      --bitcoin-rpc http://127.0.0.1:8332 --bitcoin-rpc-cookie ~/.bitcoin/.cookie

  Where the Bitcoin node keeps no index of transactions, and the payment is old:
    entangled deposit claim --terms terms.json --txid 4a5e1e… --block 000000…";

/// Brings the proof that a deposit was paid. It costs nothing, and takes no account.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Claim {
	/// The terms of the deposit, as `entangled deposit address --save` has written them.
	#[arg(long, value_name = "FILE")]
	terms: PathBuf,

	#[command(flatten)]
	payment: Payment,

	/// Which output of the payment [default: all that pay to the address].
	#[arg(long, value_name = "N")]
	vout: Option<u32>,

	/// Fail if the payment's block is not final yet, instead of waiting.
	#[arg(long)]
	no_wait: bool,
}

/// Where a payment is.
#[derive(Clone, Debug, clap::Args)]
pub struct Payment {
	/// The payment's id.
	#[arg(long, value_name = "TXID")]
	pub txid: Txid,

	/// The block that has it [default: the Bitcoin node finds it, by its index of transactions
	/// (txindex=1), by the unspent outputs, or in the last blocks].
	#[arg(long, value_name = "HASH")]
	pub block: Option<BlockHash>,

	/// How many of the last blocks to search.
	#[arg(long, value_name = "BLOCKS", default_value_t = 1_008)]
	pub search: u32,
}

/// What was claimed.
#[derive(Debug, Serialize)]
pub struct Claimed {
	deposits: Vec<Minted>,
}

/// One deposit.
#[derive(Debug, Serialize)]
struct Minted {
	#[serde(flatten)]
	deposit: Deposit,
	minted: Sats,
	/// As people write it.
	to: String,
}

impl Claim {
	/// Does it.
	pub async fn run(self, context: &Context) -> anyhow::Result<Claimed> {
		let terms = Terms::load(&self.terms)?;
		let (chain, bitcoin) = (context.chain()?, context.bitcoin()?);
		let wait = !self.no_wait;
		claim(&chain, &bitcoin, &terms, &self.payment, self.vout, wait, &context.progress).await
	}
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

/// Fails unless the terms are of the node's chain.
pub async fn expect_chain(chain: &Chain, terms: &Terms) -> anyhow::Result<()> {
	let (network, found) = (chain.network().await?, chain.genesis().await?);
	ensure!(
		found == terms.genesis && network == terms.network,
		OtherChain { wanted: terms.genesis, node: chain.url().into(), found }
	);
	Ok(())
}

/// Claims a payment, and waits until what it brings is final.
pub async fn claim(
	chain: &Chain,
	bitcoin: &Bitcoin,
	terms: &Terms,
	payment: &Payment,
	vout: Option<u32>,
	wait: bool,
	progress: &Progress,
) -> anyhow::Result<Claimed> {
	expect_chain(chain, terms).await?;
	bitcoin.expect_network(terms.network).await?;
	let proven = final_proof(chain, bitcoin, payment, wait, progress).await?;

	let script = terms.script()?;
	let paying = (0u32..)
		.zip(&proven.transaction.output)
		.filter(|(index, output)| {
			vout.is_none_or(|vout| vout == *index) && output.script_pubkey.as_bytes() == script
		})
		.map(|(index, _)| index)
		.collect::<Vec<_>>();
	ensure!(
		!paying.is_empty(),
		"WrongScript: {} does not pay to {}; are these the right terms and the right payment?",
		match vout {
			Some(vout) => format!("output {vout} of {}", payment.txid),
			None => format!("no output of {}", payment.txid),
		},
		terms.address
	);

	if terms.refund.is_none() {
		// The payment itself says where it goes.
		match Destination::from_outputs(&proven.transaction.output) {
			Some(named) if named == terms.destination => (),
			Some(named) => progress.say(format!(
				"the payment goes to {}, not where the terms say",
				parse::show_destination(&named)
			)),
			None => bail!(
				"NoDestination: {} has not exactly one OP_RETURN output that names a destination",
				payment.txid
			),
		}
	}

	let mut deposits = Vec::new();
	let mut claimed_before = None;
	for vout in paying {
		let outpoint = OutPoint { txid: payment.txid, vout };
		if chain.deposit(outpoint, None).await?.is_some() {
			claimed_before = Some(outpoint);
			continue;
		}
		let deposit = bring(chain, terms, &proven, outpoint, progress).await?;
		let minted = deposit.minted();
		deposits.push(Minted {
			minted,
			to: parse::show_destination_json(&deposit.destination),
			deposit,
		});
	}
	if let (true, Some(outpoint)) = (deposits.is_empty(), claimed_before) {
		bail!(
			"AlreadyClaimed: {outpoint} has been claimed; see `entangled deposit status {outpoint}`"
		);
	}
	Ok(Claimed { deposits })
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
		let hash = match payment.block {
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
			if payment.block.is_none() && bitcoin.height(hash).await.is_err() {
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
	let Payment { txid, search, .. } = payment;
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

/// Sends the claim of one output until the chain has it for good, whoever's claim it took.
async fn bring(
	chain: &Chain,
	terms: &Terms,
	proven: &Proven,
	outpoint: OutPoint,
	progress: &Progress,
) -> anyhow::Result<Deposit> {
	let terms = terms.for_chain();
	let mut sent_ago = RESEND_AFTER;
	loop {
		let (_, finalised) = chain.finalised().await?;
		if let Some(deposit) = chain.deposit(outpoint, Some(finalised)).await? {
			return Ok(deposit);
		}
		if chain.deposit(outpoint, None).await?.is_some() {
			progress.say(format!("{outpoint} is claimed; waiting until that is final"));
		} else if sent_ago >= RESEND_AFTER {
			sent_ago = 0;
			let extrinsic = chain.claim_extrinsic(&proven.claim, outpoint.vout, &terms).await?;
			match chain.submit_hex(&extrinsic).await.map_err(explain) {
				Ok(_) | Err(Refusal::OnItsWay) => {
					progress.say(format!("the claim of {outpoint} is sent; waiting for a block"));
				},
				// Somebody else's claim may have come first.
				Err(_) if chain.deposit(outpoint, None).await?.is_some() => (),
				Err(error) => return Err(error.into()),
			}
		}
		sent_ago = sent_ago.saturating_add(1);
		tokio::time::sleep(POLL).await;
	}
}

impl fmt::Display for Claimed {
	fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
		for Minted { deposit, minted, to } in &self.deposits {
			writeln!(
				f,
				"{}: {minted} of {} minted for {to}; {} kept to pay for sweeping it, {} for those who stand \
				 for custody",
				deposit.outpoint, deposit.amount, deposit.fee, deposit.peg_fee
			)?;
		}
		Ok(())
	}
}
