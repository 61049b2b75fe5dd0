//! `entangled withdrawal raise-fee`, `cancel`, `expire`, `reserve` and `release`

use super::status::Shown;
use crate::{context::Context, extrinsic::execute, parse, signer::SignerOptions};
use entangled_bitcoin::Sats;
use entangled_runtime::{Runtime, RuntimeCall};
use pallet_peg::{Call, WithdrawalId};
use serde::Serialize;
use std::fmt;

/// A withdrawal, and who does something about it.
#[derive(Debug, clap::Args)]
pub struct Subject {
	/// The withdrawal's number.
	#[arg(value_name = "ID")]
	id: WithdrawalId,

	#[command(flatten)]
	signer: SignerOptions,
}

/// The withdrawal afterwards.
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
		let call = RuntimeCall::Peg(call);
		let included = execute(&chain, call, &self.signer, &context.progress).await?;
		let shown = Shown::new(chain.withdrawal(self.id).await?);
		Ok(Changed { shown, block: format!("{:?}", included.block) })
	}
}

impl fmt::Display for Changed {
	fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
		self.shown.fmt(f)
	}
}

/// Offers a higher fee. Also for a withdrawal in a batch, whose next attempt then may cost more.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Example:
  entangled withdrawal raise-fee 7 --max-fee 9000 --suri account.secret")]
pub struct RaiseFee {
	/// What you pay for the withdrawal at the most, in all.
	#[arg(long, value_name = "SATS", value_parser = parse::sats)]
	max_fee: Sats,

	#[command(flatten)]
	subject: Subject,
}

impl RaiseFee {
	/// Does it.
	pub async fn run(self, context: &Context) -> anyhow::Result<Changed> {
		let call = Call::raise_fee { id: self.subject.id, max_fee: self.max_fee };
		self.subject.call(context, call).await
	}
}

macro_rules! plain {
	($($(#[$doc:meta])* $name:ident $call:ident)*) => {$(
		$(#[$doc])*
		#[derive(Debug, clap::Args)]
		pub struct $name {
			#[command(flatten)]
			subject: Subject,
		}

		impl $name {
			/// Does it.
			pub async fn run(self, context: &Context) -> anyhow::Result<Changed> {
				self.subject.call(context, Call::$call { id: self.subject.id }).await
			}
		}
	)*};
}

plain! {
	/// Takes a withdrawal back that waits. Only its owner can; not while it is in a batch or
	/// reserved.
	Cancel cancel
	/// Has the eBTC of a withdrawal returned to its owner that has waited too long. Anybody can.
	Expire expire
	/// Reserves a withdrawal for a while, to pay it from bitcoin of your own. Locks a bond in eBTC,
	/// which goes to the withdrawal's owner if you do not pay.
	Reserve reserve
	/// Ends a reservation that has lapsed. Anybody can.
	Release release
}
