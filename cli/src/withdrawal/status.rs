//! `entangled withdrawal status`

use crate::{
	chain::{
		follow::POLL,
		peg::{Withdrawal, WithdrawalState},
		Chain,
	},
	context::Context,
	progress::Progress,
};
use pallet_peg::WithdrawalId;
use serde::Serialize;
use std::fmt;

/// Shows how far a withdrawal is.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Example:
  entangled withdrawal status 7 --follow")]
pub struct Status {
	/// The withdrawal's number.
	#[arg(value_name = "ID")]
	id: WithdrawalId,

	/// Wait until it has ended.
	#[arg(long)]
	follow: bool,
}

/// A withdrawal, as it is shown.
#[derive(Debug, Serialize)]
pub struct Shown(Withdrawal);

impl Status {
	/// Does it.
	pub async fn run(self, context: &Context) -> anyhow::Result<Shown> {
		let chain = context.chain()?;
		let withdrawal = match self.follow {
			true => follow(&chain, self.id, &context.progress).await?,
			false => chain.withdrawal(self.id).await?,
		};
		Ok(Shown::new(withdrawal))
	}
}

/// Waits until a withdrawal has ended, and says what happens to it meanwhile.
pub async fn follow(
	chain: &Chain,
	id: WithdrawalId,
	progress: &Progress,
) -> anyhow::Result<Withdrawal> {
	loop {
		let withdrawal = chain.withdrawal(id).await?;
		match withdrawal.state {
			WithdrawalState::Pending => {
				progress.say(format!("withdrawal {id} waits for a batch"));
			},
			WithdrawalState::Reserved => {
				progress.say(format!("somebody is about to pay withdrawal {id}"));
			},
			WithdrawalState::InBatch => progress.say(in_batch(chain, id).await?),
			_ => return Ok(withdrawal),
		}
		tokio::time::sleep(POLL).await;
	}
}

/// Where a withdrawal stands that is in the batch in flight.
async fn in_batch(chain: &Chain, id: WithdrawalId) -> anyhow::Result<String> {
	let attempt = chain.batch().await?.and_then(|batch| {
		batch
			.attempts
			.into_iter()
			.rev()
			.find(|attempt| attempt.payouts.iter().any(|payout| payout.id == id))
	});
	Ok(match attempt {
		Some(attempt) if attempt.complete => {
			format!("withdrawal {id} is paid by {}, which Bitcoin is to confirm", attempt.txid)
		},
		Some(attempt) => format!(
			"withdrawal {id} is in {}, signed by {} of {} members",
			attempt.txid,
			attempt.signers.iter().filter(|signer| signer.signed).count(),
			attempt.signers.len()
		),
		None => format!("withdrawal {id} is in a batch"),
	})
}

impl Shown {
	/// Shows a withdrawal.
	pub fn new(withdrawal: Withdrawal) -> Self {
		Self(withdrawal)
	}
}

impl fmt::Display for Shown {
	fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
		let Withdrawal { id, owner, address, amount, max_fee, .. } = &self.0;
		writeln!(f, "Withdrawal   {id}, asked for by {owner}")?;
		writeln!(f, "Pays         {amount} to {address}")?;
		let (txid, fee) = (self.0.txid, self.0.fee.unwrap_or_default());
		let txid = txid.map(|txid| txid.to_string()).unwrap_or_default();
		let by = self.0.by.as_deref().unwrap_or("somebody");
		let back = max_fee.saturating_sub(fee);
		match self.0.state {
			WithdrawalState::Pending => writeln!(f, "State        waits for a batch")?,
			WithdrawalState::Reserved => writeln!(
				f,
				"State        {by} is about to pay it for {}",
				self.0.reward.unwrap_or_default()
			)?,
			WithdrawalState::InBatch => writeln!(f, "State        in the batch in flight")?,
			WithdrawalState::Paid => writeln!(f, "State        paid by {txid}")?,
			WithdrawalState::Fronted => writeln!(f, "State        paid by {by}, in {txid}")?,
			WithdrawalState::Cancelled => return writeln!(f, "State        taken back"),
			WithdrawalState::Expired => {
				return writeln!(f, "State        expired; the owner has the eBTC again");
			},
		}
		match self.0.state {
			WithdrawalState::Paid | WithdrawalState::Fronted => {
				writeln!(f, "Fee          {fee} of at most {max_fee}; {back} came back")
			},
			_ => {
				let height = self.0.expires.bitcoin_height;
				writeln!(f, "Fee          at most {max_fee}")?;
				writeln!(f, "Expires      after Bitcoin's block {height}, unless it is under way")
			},
		}
	}
}
