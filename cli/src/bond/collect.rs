//! `entangled bond collect`

use super::{list::bonds, status::State};
use crate::{
	chain::{follow::Included, Chain},
	context::Context,
	extrinsic::prepare,
	parse, report,
	signer::{account, SignerOptions},
};
use anyhow::ensure;
use entangled_bitcoin::{OutPoint, Sats};
use entangled_runtime::{AccountId, Balance, Runtime, RuntimeCall, RuntimeEvent};
use pallet_sequencer_staking::{Call, Earnings, Event, MAX_COLLECTED};
use polkadot_sdk::frame_support::BoundedVec;
use serde::Serialize;
use std::fmt;

const EXAMPLES: &str = "\
Examples:
  What you have earned as a sequencer: by commission, and by bonds for yourself:
    entangled bond collect --suri account.secret

  What your bonds for others have earned:
    entangled bond collect --sequencer enABC… --sequencer enDEF… --suri account.secret";

/// Collects what an account has earned.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Collect {
	/// Your bonds that it is collected for [default: all that you have for the sequencers].
	#[arg(value_name = "OUTPOINT", conflicts_with = "sequencer")]
	bonds: Vec<OutPoint>,

	/// Collect for your bonds for this sequencer. May be repeated [default: yourself].
	#[arg(long, value_name = "ACCOUNT", value_parser = parse::account)]
	sequencer: Vec<AccountId>,

	#[command(flatten)]
	signer: SignerOptions,
}

/// What was collected.
#[derive(Debug, Serialize)]
pub struct Collected {
	/// In units of 10⁻¹² ENT, as text.
	#[serde(serialize_with = "report::as_text")]
	ent: Balance,
	ebtc: Sats,
	/// The bonds for which it was.
	bonds: Vec<OutPoint>,
}

impl Collect {
	/// Does it.
	pub async fn run(self, context: &Context) -> anyhow::Result<Collected> {
		let chain = context.chain()?;
		let pair = self.signer.pair()?;
		let who = account(&pair);
		let bonds = match self.bonds.is_empty() {
			false => self.bonds,
			true => own_bonds(&chain, &who, self.sequencer).await?,
		};
		let page = usize::try_from(MAX_COLLECTED)?;
		let mut collected = Earnings::ZERO;
		// What is earned without a bond is collected with the first, so there is one.
		for page in bonds.chunks(page).chain(bonds.is_empty().then_some(&[][..])) {
			if chain.pending_rewards(&who, page).await? == Earnings::ZERO {
				continue;
			}
			let bonds = BoundedVec::truncate_from(page.to_vec());
			let call = RuntimeCall::SequencerStaking(Call::collect { bonds });
			let prepared = prepare(&chain, call, &pair, self.signer.fee_asset).await?;
			let included = prepared.send(&chain, &context.progress).await?;
			collected = collected.saturating_add(paid(&included));
		}
		ensure!(
			collected != Earnings::ZERO,
			"NothingToCollect: there is nothing to collect for {} by now",
			parse::ss58(&who)
		);
		Ok(Collected { ent: collected.ent, ebtc: collected.ebtc, bonds })
	}
}

/// The account's bonds for these sequencers that have earned something or may, or for itself.
async fn own_bonds(
	chain: &Chain,
	who: &AccountId,
	sequencers: Vec<AccountId>,
) -> anyhow::Result<Vec<OutPoint>> {
	let sequencers = if sequencers.is_empty() { vec![who.clone()] } else { sequencers };
	let mut own = Vec::new();
	for sequencer in &sequencers {
		let all = bonds(chain, sequencer).await?.into_iter();
		let counts = all.filter(|bond| bond.owner == *who && bond.state == State::Active);
		own.extend(counts.map(|bond| bond.outpoint));
	}
	Ok(own)
}

/// What a transaction has paid out.
fn paid(included: &Included) -> Earnings {
	let paid = included.events.iter().find_map(|event| match event {
		RuntimeEvent::SequencerStaking(Event::<Runtime>::RewardsCollected { earnings, .. }) => {
			Some(*earnings)
		},
		_ => None,
	});
	paid.unwrap_or_default()
}

impl fmt::Display for Collected {
	fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
		writeln!(f, "Collected {} and {} as eBTC", report::ent(self.ent), self.ebtc)
	}
}
