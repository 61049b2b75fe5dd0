//! `entangled sequencer list`

use super::status::Shown;
use crate::{context::Context, report};
use entangled_bitcoin::Sats;
use entangled_runtime::{AccountId, Balance};
use pallet_sequencer_staking::StakingStatus;
use serde::Serialize;
use std::fmt;

/// Shows those who stand for election and the other validators, and what is asked of them.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Example:
  entangled sequencer list")]
pub struct List {}

/// All of them.
#[derive(Debug, Serialize)]
pub struct Sequencers {
	sequencers: Vec<Shown>,
	/// The numbers that governance sets, and what is bonded in all.
	staking: StakingStatus<AccountId>,
}

impl List {
	/// Does it.
	pub async fn run(self, context: &Context) -> anyhow::Result<Sequencers> {
		let chain = context.chain()?;
		Ok(Sequencers {
			sequencers: chain.sequencers().await?.into_iter().map(Shown::new).collect(),
			staking: chain.staking_status().await?,
		})
	}
}

impl fmt::Display for Sequencers {
	fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
		for sequencer in &self.sequencers {
			writeln!(f, "{}", sequencer.line())?;
		}
		let StakingStatus { policy, rules, bonded, .. } = &self.staking;
		writeln!(f, "\nBonded       {bonded} in all")?;
		let (stake, own): (Balance, Sats) = (policy.min_stake, policy.min_own_bond);
		writeln!(
			f,
			"Candidates   have {} at stake and {own} bonded by themselves",
			report::ent(stake)
		)?;
		writeln!(
			f,
			"Commission   {} at most; rises by {} at most, after {} own blocks",
			report::percent(policy.max_commission),
			report::percent(policy.max_commission_rise),
			policy.commission_delay
		)?;
		writeln!(
			f,
			"Bonds        hold {} at least, for {} to {} blocks",
			policy.min_bond, policy.min_timelock, policy.max_timelock
		)?;
		if let Some(version) = rules {
			let rules = &version.rules;
			writeln!(
				f,
				"             are free {} blocks after unbonding; {} is slashed",
				rules.unbonding_time,
				report::percent(rules.slash_ppm)
			)?;
		}
		Ok(())
	}
}
