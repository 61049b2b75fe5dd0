//! `entangled status`

use crate::{
	chain::{
		light_client::{LightClient, Tip},
		peg::{Attempt, Batch, Candidate, Committee, Status as Peg},
	},
	context::Context,
	report::sat_per_vb,
};
use serde::Serialize;
use std::fmt;

/// Shows the peg at a glance.
#[derive(Debug, clap::Args)]
pub struct Status {}

/// The peg at a glance.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Glance {
	bitcoin: Tip,
	light_client: LightClient,
	peg: Peg,
	committee: Option<Committee>,
	silent: Vec<Committee>,
	candidate: Option<Candidate>,
	batch: Option<Batch>,
}

impl Status {
	/// Does it.
	pub async fn run(self, context: &Context) -> anyhow::Result<Glance> {
		let chain = context.chain()?;
		let peg = chain.peg_status().await?;
		let committees = chain.committees().await?;
		Ok(Glance {
			bitcoin: chain.bitcoin_tip().await?,
			light_client: chain.light_client().await?,
			committee: committees.iter().find(|known| Some(known.id) == peg.committee).cloned(),
			silent: committees.into_iter().filter(|known| known.silent_until.is_some()).collect(),
			peg,
			candidate: chain.candidate().await?,
			batch: chain.batch().await?,
		})
	}
}

impl fmt::Display for Glance {
	fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
		let Self { bitcoin, light_client, peg, .. } = self;
		writeln!(f, "Bitcoin      block {} ({})", bitcoin.height, bitcoin.hash)?;
		if light_client.frozen {
			writeln!(
				f,
				"             FROZEN after a deep reorganisation, until governance resumes"
			)?;
		} else if light_client.stale {
			writeln!(f, "             no header has arrived for long; nothing is minted or paid")?;
		}
		match (&peg.halt, peg.halted) {
			(Some(reason), _) => writeln!(f, "Peg          HALTED: {reason}")?,
			(None, true) => writeln!(f, "Peg          HALTED")?,
			(None, false) => writeln!(f, "Peg          works")?,
		}
		writeln!(f, "eBTC         {} exist, {} more may be minted", peg.supply, peg.headroom)?;
		writeln!(
			f,
			"Custody      {}, of which {} are reserve; {} deposits unswept",
			peg.custody, peg.reserve, peg.unswept
		)?;
		writeln!(
			f,
			"Withdrawals  {} wait; {} may be paid within the window, at {} sat/vB",
			peg.pending,
			peg.outflow_left,
			sat_per_vb(peg.fee_rate)
		)?;
		match &self.committee {
			Some(committee) => {
				writeln!(
					f,
					"Committee    number {}, {} of {} members; {}",
					committee.id,
					committee.threshold,
					committee.members.len(),
					committee.custody
				)?;
				for member in &committee.members {
					writeln!(f, "             {}", member.account)?;
				}
			},
			None => writeln!(f, "Committee    none")?,
		}
		for Committee { id, silent_until, .. } in &self.silent {
			let until = silent_until.unwrap_or_default();
			writeln!(
				f,
				"             committee {id} does not sign; what it holds is left out until block {until}"
			)?;
		}
		if let Some(candidate) = &self.candidate {
			writeln!(
				f,
				"Hand-over    to committee {}; {} of {} members have yet to show that they can sign",
				candidate.id,
				candidate.missing.len(),
				candidate.members.len()
			)?;
			for member in &candidate.missing {
				writeln!(f, "             missing: {}", member.account)?;
			}
		}
		let Some(batch) = &self.batch else { return writeln!(f, "In flight    nothing") };
		writeln!(f, "In flight    batch {}", batch.id)?;
		batch.attempts.iter().try_for_each(|attempt| show_attempt(f, attempt))
	}
}

fn show_attempt(f: &mut fmt::Formatter, attempt: &Attempt) -> fmt::Result {
	let Attempt { index, txid, coins, payouts, fee, rate, built_at, complete, signers } = attempt;
	writeln!(f, "  attempt {index}  {txid}")?;
	writeln!(
		f,
		"             spends {} coins, pays {} withdrawals and {fee} to the miner ({} sat/vB); of block \
		 {built_at}",
		coins.len(),
		payouts.len(),
		sat_per_vb(*rate)
	)?;
	let state = if *complete { "complete" } else { "waits for signatures" };
	writeln!(f, "             {state}")?;
	for signer in signers {
		let mark = if signer.signed { "signed " } else { "missing" };
		writeln!(f, "             {mark} {} (committee {})", signer.account, signer.committee)?;
	}
	Ok(())
}
