//! Last chapter: the set is elected by bonds, and whoever has joined it leaves again.

use super::{
	bonding::Bonded,
	cast::{sats, Cast},
	entangled::{
		staking::{BondState, Sequencer, Standing},
		until, until_within,
	},
	progress::Teller,
	staker::Staker,
};
use crate::network::{miner, wallet::amount};
use anyhow::{ensure, Context};
use std::time::Duration;

/// Its steps.
pub const TITLES: [&str; 5] = [
	"the validators are elected by their bonds, Eve among them",
	"Eve makes blocks",
	"Eve stands no more, and unbonds",
	"the unbonding time passes, and Eve withdraws her coin",
	"the others go on without Eve",
];

/// How long an election takes at the most: who is elected when a session begins makes blocks in the one
/// after it.
const SESSIONS: Duration = Duration::from_secs(300);

/// Plays the chapter: the owner of this bond leaves.
pub async fn play(cast: &Cast, bond: &Bonded<'_>, teller: &Teller) -> anyhow::Result<()> {
	teller.go_on();
	cast.elect(teller).await?;

	teller.go_on();
	let tip = cast.entangled.tip().await?;
	until("she has made a block", || async {
		let account = bond.staker.person.account;
		Ok(cast.entangled.has_named(account, tip.height).await?.then_some(()))
	})
	.await?;
	teller.note(format!("one of them says that Bitcoin is at {}", tip.height));

	teller.go_on();
	let unbonded = cast.unbond(bond, teller).await?;

	teller.go_on();
	let withdrawal = cast.take_out(bond, unbonded, teller).await?;

	teller.go_on();
	cast.finalise(&withdrawal, teller).await?;
	cast.go_on_without(bond, teller).await
}

impl Cast {
	/// Waits until those who have bonded are the validators.
	async fn elect(&self, teller: &Teller) -> anyhow::Result<()> {
		let elected = until_within(SESSIONS, "all who have bonded are validators", || async {
			let sequencers = self.entangled.sequencers().await?;
			let validators = sequencers.into_iter().filter(|sequencer| sequencer.validator);
			let validators = validators.collect::<Vec<_>>();
			let is = |staker: &Staker| {
				validators.iter().any(|validator| validator.account == staker.person.account)
			};
			Ok(self.stakers.iter().all(is).then_some(validators))
		})
		.await?;
		check_order(&elected)?;
		let of = |account: &str| self.stakers.iter().find(|s| s.person.account == account);
		for validator in &elected {
			let name = of(&validator.account).map_or(&*validator.account, |s| s.person.name);
			teller.note(format!("{name}: {}", sats(validator.weight)));
		}
		Ok(())
	}

	/// Stands for election no more, and sends the unbonding transaction. Returns what that leaves of the coin.
	async fn unbond(&self, bond: &Bonded<'_>, teller: &Teller) -> anyhow::Result<u64> {
		let Bonded { staker, outpoint, .. } = bond;
		let person = staker.person;
		let record = self.entangled.record(person.account).await?;
		let bonded = self.entangled.staking().await?.bonded;
		self.program.chill(person.secret).await?;
		let txid = self.program.unbond(person.secret, outpoint, &staker.files).await?.txid;
		let left = self.entangled.record(person.account).await?;
		ensure!(left.status == Standing::Chilled, "{} still stands", person.name);
		let expected = record.own.checked_sub(staker.bond);
		ensure!(Some(left.own) == expected, "{} still counts", sats(left.own));
		let now = self.entangled.staking().await?.bonded;
		let expected = bonded.checked_sub(staker.bond);
		ensure!(Some(now) == expected, "{} are bonded after it", sats(now));

		let on_chain = self.entangled.bond(outpoint).await?;
		ensure!(on_chain.state == BondState::Leaving {}, "the bond is {:?}", on_chain.state);
		let (way_out, _) = on_chain.way_out()?;
		ensure!(way_out.txid == txid, "{txid} is not the way out that the covenant has signed");
		let fee = on_chain.terms.rules.unbonding_fee;
		let outputs = self.outputs(&txid).await?;
		let (main, sum) = (outputs.first().copied(), outputs.iter().sum::<u64>());
		ensure!(sum + fee == staker.bond, "{txid} pays {}", sats(sum));
		teller.note(format!("{} are bonded now", sats(now)));
		teller.note(format!("Bitcoin transaction {txid}, {} for the miner", sats(fee)));
		main.context("the unbonding transaction has no output")
	}

	/// What the outputs of a Bitcoin transaction hold.
	async fn outputs(&self, txid: &str) -> anyhow::Result<Vec<u64>> {
		let transaction = self.transaction(txid).await?;
		let outputs = transaction["vout"].as_array().context("a transaction has outputs")?;
		outputs.iter().map(|output| Ok(amount(&output["value"])?.to_sat())).collect()
	}

	/// Has the unbonding time pass, and withdraws what was unbonded to an address of the owner's. Returns the
	/// transaction's id.
	async fn take_out(
		&self,
		bond: &Bonded<'_>,
		unbonded: u64,
		teller: &Teller,
	) -> anyhow::Result<String> {
		let Bonded { staker, outpoint, .. } = bond;
		let to = staker.wallet.taproot_address().to_string();
		let before = self.received(&to).await?;
		miner::mine(&self.bitcoin, 1).await?;
		let files = &staker.files;
		let early = self.program.withdraw_bond(outpoint, &to, files, false).await?;
		ensure!(early.opens_in > 0, "the coin can be had at once");
		teller.note(format!("{} blocks must come first", early.opens_in));
		miner::mine(&self.bitcoin, early.opens_in).await?;
		let withdrawn = self.program.withdraw_bond(outpoint, &to, files, true).await?;
		miner::mine(&self.bitcoin, 1).await?;
		let paid = self.received_since(&to, before).await?;
		let coin = withdrawn.amount;
		ensure!(coin == unbonded, "{} were taken out, not {}", sats(coin), sats(unbonded));
		let expected = coin.checked_sub(withdrawn.fee);
		ensure!(Some(paid) == expected, "{to} got {}, not {expected:?}", sats(paid));
		teller.note(format!("{} to {to}", sats(paid)));
		teller.note(format!("Bitcoin transaction {}", withdrawn.txid));
		Ok(withdrawn.txid)
	}

	/// Waits until somebody is elected no more and its bond is closed, and looks who is there still.
	async fn go_on_without(&self, bond: &Bonded<'_>, teller: &Teller) -> anyhow::Result<()> {
		let closed = until("the bond is closed", || async {
			let state = self.entangled.bond(&bond.outpoint).await?.state;
			Ok(matches!(state, BondState::Closed(_)).then_some(state))
		})
		.await?;
		let released = BondState::Closed("released".into());
		ensure!(closed == released, "the bond is {closed:?}");
		let next = until_within(SESSIONS, "the others are elected without her", || async {
			let sequencers = self.entangled.sequencers().await?;
			let next = sequencers.into_iter().filter(|sequencer| sequencer.next);
			let next = next.collect::<Vec<_>>();
			let is = |sequencer: &Sequencer| sequencer.account == bond.staker.person.account;
			Ok((!next.iter().any(is)).then_some(next))
		})
		.await?;
		check_order(&next)?;
		let others = self.stakers.len().saturating_sub(1);
		ensure!(next.len() == others, "{} are elected, not {others}", next.len());
		let weight = next.iter().map(|sequencer| sequencer.weight).sum();
		teller.note(format!("{others} validators with {} are elected", sats(weight)));
		Ok(())
	}
}

/// Everybody here is elected by BTC, and whoever has more comes first.
fn check_order(elected: &[Sequencer]) -> anyhow::Result<()> {
	for sequencer in elected {
		let Sequencer { account, weight, record, rank, .. } = sequencer;
		ensure!(*weight > 0 && rank.is_some(), "{account} is elected without a bond");
		let total = record.as_ref().map(|record| record.total);
		ensure!(total == Some(*weight), "{} count for {account}, not {total:?}", sats(*weight));
	}
	let ordered = elected.is_sorted_by(|a, b| a.rank < b.rank && a.weight >= b.weight);
	ensure!(ordered, "who has more BTC must come first: {elected:?}");
	Ok(())
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::story::entangled::staking::Record;

	fn sequencer(rank: u32, weight: u64) -> Sequencer {
		Sequencer {
			account: format!("en{rank}"),
			record: Some(Record { total: weight, ..Default::default() }),
			rank: Some(rank),
			weight,
			validator: true,
			next: true,
		}
	}

	#[test]
	fn an_election_by_bonds_is_in_order() {
		assert!(check_order(&[sequencer(0, 9), sequencer(1, 9), sequencer(4, 2)]).is_ok());
		assert!(check_order(&[sequencer(0, 2), sequencer(1, 9)]).is_err());
		assert!(check_order(&[sequencer(1, 9), sequencer(0, 9)]).is_err());
	}

	#[test]
	fn nobody_is_elected_for_nothing() {
		assert!(check_order(&[sequencer(0, 0)]).is_err());
		assert!(check_order(&[Sequencer { rank: None, ..sequencer(0, 1) }]).is_err());
		assert!(check_order(&[Sequencer { record: None, ..sequencer(0, 1) }]).is_err());
	}
}
