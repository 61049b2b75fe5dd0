//! `entangled sequencer status`

use crate::{
	context::Context,
	parse, report,
	signer::{account, AccountOptions},
};
use anyhow::Context as _;
use entangled_bitcoin::Sats;
use entangled_runtime::{AccountId, Balance};
use pallet_btc_light_client::Clock;
use pallet_sequencer_staking::{Earnings, SequencerStatus, SequencerView};
use serde::Serialize;
use std::fmt;

/// Shows a sequencer.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  entangled sequencer status enABC…
  entangled sequencer status --suri account.secret")]
pub struct Status {
	/// Whom [default: the account that signs].
	#[arg(value_name = "ACCOUNT", value_parser = parse::account)]
	who: Option<AccountId>,

	#[command(flatten)]
	account: AccountOptions,
}

/// A sequencer, as it is shown.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Shown {
	#[serde(with = "parse::ss58_text")]
	account: AccountId,
	status: Standing,
	/// When it is free, of one in jail.
	until: Option<Clock>,
	/// ENT at stake, in its smallest unit, as text.
	#[serde(serialize_with = "report::as_text")]
	stake: Balance,
	/// ENT that is to be unlocked, and when.
	unlocking: Vec<Unlocking>,
	/// BTC bonded by itself.
	own: Sats,
	/// BTC bonded for it, its own included.
	total: Sats,
	/// The BTC that an election counts for it.
	weight: Sats,
	/// Its place among those who stand for election, from 0.
	rank: Option<u32>,
	/// Bonds on record for it that have not ended.
	bonds: u32,
	/// What it takes of rewards before the others, in parts per million.
	commission: u32,
	/// Whether it fills the set of validators while there are too few others.
	founder: bool,
	/// Whether it is a validator in this session,
	validator: bool,
	/// and in the next.
	next: bool,
	/// What it may collect without naming a bond.
	earned: Earnings,
}

/// Whether a sequencer stands for election.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Standing {
	/// It has neither stake nor bonds.
	None,
	/// It stands for election.
	Candidate,
	/// It does not want to.
	Chilled,
	/// It was absent, and may come back.
	Jailed,
	/// It has cheated, and never will.
	Banned,
}

/// ENT that is to be unlocked.
#[derive(Debug, Serialize)]
pub struct Unlocking {
	#[serde(serialize_with = "report::as_text")]
	amount: Balance,
	until: Clock,
}

impl Status {
	/// Does it.
	pub async fn run(self, context: &Context) -> anyhow::Result<Shown> {
		let who = match self.who {
			Some(who) => who,
			None => account(&self.account.pair()?),
		};
		let view = context.chain()?.sequencer(&who, None).await?;
		view.map(Shown::new).with_context(|| {
			format!(
				"UnknownSequencer: {} has nothing at stake; it becomes a sequencer with entangled sequencer \
				 stake",
				parse::ss58(&who)
			)
		})
	}
}

impl Shown {
	/// One with neither stake nor bonds.
	pub fn nobody(account: AccountId) -> Self {
		Self::new(SequencerView {
			account,
			record: None,
			rank: None,
			weight: Sats::ZERO,
			founder: false,
			validator: false,
			next: false,
			earned: Earnings::ZERO,
		})
	}

	/// Shows a sequencer.
	pub fn new(view: SequencerView<AccountId>) -> Self {
		let SequencerView { account, record, rank, weight, founder, validator, next, earned } =
			view;
		let record = record.as_ref();
		let status = record.map(|record| record.status);
		let unlocking = record.map(|record| record.unlocking.to_vec()).unwrap_or_default();
		Self {
			account,
			status: match status {
				None => Standing::None,
				Some(SequencerStatus::Candidate) => Standing::Candidate,
				Some(SequencerStatus::Chilled) => Standing::Chilled,
				Some(SequencerStatus::Jailed { .. }) => Standing::Jailed,
				Some(SequencerStatus::Banned { .. }) => Standing::Banned,
			},
			until: match status {
				Some(SequencerStatus::Jailed { until }) => Some(until),
				_ => None,
			},
			stake: record.map_or(0, |record| record.stake),
			unlocking: unlocking
				.into_iter()
				.map(|(amount, until)| Unlocking { amount, until })
				.collect(),
			own: record.map_or(Sats::ZERO, |record| record.own),
			total: record.map_or(Sats::ZERO, |record| record.total),
			weight,
			rank,
			bonds: record.map_or(0, |record| record.bonds),
			commission: record.map_or(0, |record| record.commission),
			founder,
			validator,
			next,
			earned,
		}
	}

	/// In one line.
	pub fn line(&self) -> String {
		let mark = match (self.validator, self.next) {
			(true, true) => "validator",
			(true, false) => "validator, not in the next session",
			(false, true) => "validator from the next session on",
			(false, false) => "",
		};
		format!(
			"{}\n  {:?}; {} bonded, {} its own; {}; commission {} {mark}",
			parse::ss58(&self.account),
			self.status,
			self.total,
			self.own,
			report::ent(self.stake),
			report::percent(self.commission)
		)
	}
}

/// A deadline for people.
fn when(until: &Clock) -> String {
	format!("after Bitcoin's block {}", until.bitcoin_height)
}

impl fmt::Display for Shown {
	fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
		writeln!(f, "Sequencer    {}", parse::ss58(&self.account))?;
		match (self.status, &self.until) {
			(Standing::None, _) => writeln!(f, "Status       has neither stake nor bonds")?,
			(Standing::Candidate, _) => writeln!(
				f,
				"Status       stands for election{}",
				if self.weight == Sats::ZERO { ", and lacks stake or an own bond" } else { "" }
			)?,
			(Standing::Chilled, _) => writeln!(f, "Status       does not stand for election")?,
			(Standing::Jailed, until) => writeln!(
				f,
				"Status       in jail; may stand again {}",
				until.as_ref().map(when).unwrap_or_default()
			)?,
			(Standing::Banned, _) => writeln!(f, "Status       BANNED: it has cheated")?,
		}
		writeln!(
			f,
			"Validator    {}, in the next session {}",
			yes(self.validator),
			yes(self.next)
		)?;
		if let Some(rank) = self.rank {
			writeln!(f, "Rank         {}", rank.saturating_add(1))?;
		}
		writeln!(f, "Stake        {}", report::ent(self.stake))?;
		for Unlocking { amount, until } in &self.unlocking {
			writeln!(f, "Unlocking    {} {}", report::ent(*amount), when(until))?;
		}
		writeln!(
			f,
			"Bonded       {}, {} of it its own, in {} bonds",
			self.total, self.own, self.bonds
		)?;
		writeln!(f, "Commission   {}", report::percent(self.commission))?;
		let Earnings { ent, ebtc } = self.earned;
		writeln!(
			f,
			"To collect   {} and {ebtc} as eBTC, beside what its bonds have earned",
			report::ent(ent)
		)
	}
}

fn yes(holds: bool) -> &'static str {
	match holds {
		true => "yes",
		false => "no",
	}
}
