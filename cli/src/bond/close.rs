//! `entangled bond drop` and `entangled bond release`

use super::status::Shown;
use crate::{context::Context, extrinsic::execute, signer::SignerOptions};
use entangled_bitcoin::OutPoint;
use entangled_runtime::{Runtime, RuntimeCall};
use pallet_sequencer_staking::Call;
use serde::Serialize;
use std::fmt;

/// A bond, and who does something about it.
#[derive(Debug, clap::Args)]
pub struct Subject {
	/// The bond's output, TXID:N.
	#[arg(value_name = "OUTPOINT")]
	outpoint: OutPoint,

	#[command(flatten)]
	signer: SignerOptions,
}

/// The bond afterwards.
#[derive(Debug, Serialize)]
pub struct Changed {
	#[serde(flatten)]
	shown: Shown,
	/// The block that has the change.
	block: String,
}

impl Subject {
	async fn call(&self, context: &Context, call: Call<Runtime>) -> anyhow::Result<Changed> {
		let chain = context.chain()?;
		let call = RuntimeCall::SequencerStaking(call);
		let included = execute(&chain, call, &self.signer, &context.progress).await?;
		let bond = chain.known_bond(self.outpoint, Some(included.block)).await?;
		Ok(Changed { shown: Shown::new(bond), block: format!("{:?}", included.block) })
	}
}

impl fmt::Display for Changed {
	fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
		self.shown.fmt(f)
	}
}

/// Gives up a bond that was not approved in time, and what was on hold for it comes back; or one that was not funded in
/// time, and it is lost. Anybody can.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Example:
  entangled bond drop 4a5e1e…:0 --suri account.secret")]
pub struct Drop {
	#[command(flatten)]
	subject: Subject,
}

impl Drop {
	/// Does it.
	pub async fn run(self, context: &Context) -> anyhow::Result<Changed> {
		let call = Call::drop_bond { outpoint: self.subject.outpoint };
		self.subject.call(context, call).await
	}
}

/// Closes a bond whose coin is free, so that it is no more among its sequencer's. Anybody can.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Example:
  entangled bond release 4a5e1e…:0 --suri account.secret")]
pub struct Release {
	#[command(flatten)]
	subject: Subject,
}

impl Release {
	/// Does it.
	pub async fn run(self, context: &Context) -> anyhow::Result<Changed> {
		let call = Call::release { outpoint: self.subject.outpoint };
		self.subject.call(context, call).await
	}
}
