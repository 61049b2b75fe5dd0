//! `entangled bond activate`

use super::status::Shown;
use crate::{
	chain::bring::Errand,
	context::Context,
	payment::{final_proof, Payment, Whereabouts},
	refusal,
};
use anyhow::bail;
use entangled_bitcoin::OutPoint;
use pallet_sequencer_staking::BondState;

const EXAMPLES: &str = "\
Example:
  entangled bond activate 4a5e1e…:0 --bitcoin-rpc http://127.0.0.1:8332

Nodes that relay do this too, so it is often done already.";

/// Brings the proof that a bond is on Bitcoin, so that it counts. It costs nothing, and takes no account.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Activate {
	/// The bond's output, TXID:N.
	#[arg(value_name = "OUTPOINT")]
	outpoint: OutPoint,

	#[command(flatten)]
	place: Whereabouts,

	/// Fail if the block is not final yet, instead of waiting.
	#[arg(long)]
	no_wait: bool,
}

impl Activate {
	/// Does it.
	pub async fn run(self, context: &Context) -> anyhow::Result<Shown> {
		let Self { outpoint, place, no_wait } = self;
		let (chain, progress) = (context.chain()?, &context.progress);
		let bond = chain.known_bond(outpoint, None).await?;
		match bond.state {
			BondState::Registered { .. } if bond.extends.is_none() => bail!(
				"NotApproved: the covenant has not signed the way out of {outpoint} yet; see entangled bond \
				 status {outpoint}"
			),
			BondState::Registered { .. } | BondState::Approved { .. } => (),
			// Somebody has been faster.
			_ => return Ok(Shown::new(bond)),
		}
		let bitcoin = context.bitcoin()?;
		bitcoin.expect_network(chain.network().await?).await?;
		let payment = Payment { txid: outpoint.txid, place };
		let proven = final_proof(&chain, &bitcoin, &payment, !no_wait, progress).await?;
		let errand = Errand { what: "the proof", explain: refusal::staking };
		let counts = async |at| {
			let bond = chain.bond(outpoint, at).await?;
			Ok(bond.filter(|bond| {
				!matches!(bond.state, BondState::Registered { .. } | BondState::Approved { .. })
			}))
		};
		let build = async || chain.activate_extrinsic(outpoint, &proven.claim).await;
		chain.bring(errand, counts, build, progress).await.map(Shown::new)
	}
}
