//! `entangled sequencer stake`, `unstake`, `withdraw-stake`, `commission`, `stand` and `chill`

use super::status::Shown;
use crate::{
	context::Context,
	extrinsic::prepare,
	parse,
	signer::{account, SignerOptions},
};
use entangled_runtime::{Balance, Runtime, RuntimeCall};
use pallet_sequencer_staking::Call;
use serde::Serialize;
use std::fmt;

/// The sequencer afterwards.
#[derive(Debug, Serialize)]
pub struct Changed {
	#[serde(flatten)]
	shown: Shown,
	/// The block that has the change.
	block: String,
}

/// Sends a call as a sequencer.
async fn send(
	context: &Context,
	signer: &SignerOptions,
	call: Call<Runtime>,
) -> anyhow::Result<Changed> {
	let chain = context.chain()?;
	let pair = signer.pair()?;
	let who = account(&pair);
	let call = RuntimeCall::SequencerStaking(call);
	let prepared = prepare(&chain, call, &pair, signer.fee_asset).await?;
	let included = prepared.send(&chain, &context.progress).await?;
	// One that has taken all back is on record no more.
	let shown = match chain.sequencer(&who, Some(included.block)).await? {
		Some(view) => Shown::new(view),
		None => Shown::nobody(who),
	};
	Ok(Changed { shown, block: format!("{:?}", included.block) })
}

impl fmt::Display for Changed {
	fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
		self.shown.fmt(f)
	}
}

/// Puts ENT at stake. With the first, you become a sequencer; you stand for election later.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Example:
  entangled sequencer stake 10000 --suri account.secret")]
pub struct Stake {
	/// How much, in ENT, as 1000 or 0.5.
	#[arg(value_name = "ENT", value_parser = parse::ent)]
	amount: Balance,

	#[command(flatten)]
	signer: SignerOptions,
}

impl Stake {
	/// Does it.
	pub async fn run(self, context: &Context) -> anyhow::Result<Changed> {
		send(context, &self.signer, Call::stake { amount: self.amount }).await
	}
}

/// Asks ENT back. It stays on hold, and can be slashed, for a time; then withdraw-stake.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Example:
  entangled sequencer unstake 500 --suri account.secret")]
pub struct Unstake {
	/// How much, in ENT, as 1000 or 0.5.
	#[arg(value_name = "ENT", value_parser = parse::ent)]
	amount: Balance,

	#[command(flatten)]
	signer: SignerOptions,
}

impl Unstake {
	/// Does it.
	pub async fn run(self, context: &Context) -> anyhow::Result<Changed> {
		send(context, &self.signer, Call::unstake { amount: self.amount }).await
	}
}

/// Sets what you take of rewards before those who bonded for you. While somebody has, it can rise only
/// slowly.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Example:
  entangled sequencer commission 5 --suri account.secret")]
pub struct Commission {
	/// The part, in percent, as 5 or 2.5.
	#[arg(value_name = "PERCENT", value_parser = parse::percent)]
	percent: u32,

	#[command(flatten)]
	signer: SignerOptions,
}

impl Commission {
	/// Does it.
	pub async fn run(self, context: &Context) -> anyhow::Result<Changed> {
		send(context, &self.signer, Call::set_commission { commission: self.percent }).await
	}
}

macro_rules! plain {
	($($(#[$doc:meta])* $name:ident $call:ident)*) => {$(
		$(#[$doc])*
		#[derive(Debug, clap::Args)]
		pub struct $name {
			#[command(flatten)]
			signer: SignerOptions,
		}

		impl $name {
			/// Does it.
			pub async fn run(self, context: &Context) -> anyhow::Result<Changed> {
				send(context, &self.signer, Call::$call {}).await
			}
		}
	)*};
}

plain! {
	/// Takes the ENT whose time on hold is over.
	WithdrawStake withdraw_stake
	/// Stands for election: at first, after a rest, or after jail. Takes stake, an own bond, and keys.
	Stand stand
	/// Stands for election no more. The next session's election leaves you out.
	Chill chill
}
