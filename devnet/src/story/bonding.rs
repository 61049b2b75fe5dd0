//! First chapter: those who make blocks put ENT at stake and bond BTC, and so does somebody who wants to.

use super::{
	cast::{pay_to, sats, txid_of, Cast},
	entangled::{
		staking::{BondState, Record, Standing},
		until, Entangled,
	},
	progress::Teller,
	staker::Staker,
};
use crate::network::miner;
use anyhow::{ensure, Context};
use bitcoin::{consensus::encode::serialize_hex, Address, Network};
use futures::future::try_join_all;

/// Its steps.
pub const TITLES: [&str; 3] = [
	"the validators put ENT at stake, and so does Eve, whose node is new",
	"they register BTC bonds, and the peg's committee signs the ways out",
	"they fund the bonds on Bitcoin and stand for election",
];

/// What each has at stake, in the smallest unit: 2,000 ENT.
const STAKE: u128 = 2_000 * ENT;
/// One ENT, in the smallest unit.
const ENT: u128 = 1_000_000_000_000;
/// What each gets on Bitcoin beside its bond, for fees, in satoshi.
const FOR_FEES: u64 = 100_000;

/// Somebody's bond.
pub struct Bonded<'a> {
	/// Whose.
	pub staker: &'a Staker,
	/// Its output.
	pub outpoint: String,
	/// What was on record of its owner before.
	before: Record,
}

/// Plays the chapter. Returns everybody's bonds.
pub async fn play<'a>(cast: &'a Cast, teller: &Teller) -> anyhow::Result<Vec<Bonded<'a>>> {
	let all = &cast.stakers;
	teller.go_on();
	let funds = all.iter().map(|staker| (&staker.wallet, staker.bond + FOR_FEES));
	let txid = cast.fund(&funds.collect::<Vec<_>>()).await?;
	teller.note(format!("the faucet pays all of them: Bitcoin transaction {txid}"));
	try_join_all(all.iter().map(|staker| cast.stake(staker, teller))).await?;

	teller.go_on();
	let bonded = cast.entangled.staking().await?.bonded;
	let registered = all.iter().map(|staker| cast.register(staker, teller));
	let bonds = try_join_all(registered).await?;

	teller.go_on();
	try_join_all(bonds.iter().map(|bond| cast.fund_bond(bond))).await?;
	let first = bonds.first().context("nobody bonds")?;
	miner::mine(&cast.bitcoin, 1).await?;
	let stand = try_join_all(all.iter().map(|staker| cast.stand(staker)));
	tokio::try_join!(cast.finalise(txid_of(&first.outpoint), teller), stand)?;
	try_join_all(bonds.iter().map(|bond| cast.check_bond(bond))).await?;
	let sum = bonded + all.iter().map(|staker| staker.bond).sum::<u64>();
	let now = cast.entangled.staking().await?.bonded;
	ensure!(now == sum, "{} are bonded, not {}", sats(now), sats(sum));
	teller.note(format!("{} are bonded now", sats(now)));
	Ok(bonds)
}

impl Cast {
	/// Puts at stake what is missing.
	async fn stake(&self, staker: &Staker, teller: &Teller) -> anyhow::Result<()> {
		let person = staker.person;
		let before = self.program.account(person.secret).await?;
		ensure!(before.address == person.account, "{} is {}", person.name, before.address);
		if !person.founder {
			self.make_keys(staker, teller).await?;
		}
		let held = self.entangled.record(person.account).await?.stake_in_units()?;
		let missing = STAKE.saturating_sub(held);
		if missing > 0 {
			let had = self.ent_of(staker).await?;
			self.program.stake(person.secret, &ent(missing)).await?;
			let spent = had.checked_sub(self.ent_of(staker).await?);
			// Besides there is a fee, far less than one ENT.
			let fair = |spent: &u128| (missing..missing + ENT).contains(spent);
			ensure!(spent.is_some_and(|spent| fair(&spent)), "{} paid {spent:?}", person.name);
		}
		let held = self.entangled.record(person.account).await?.stake_in_units()?;
		ensure!(held >= STAKE, "{} has {} ENT at stake", person.name, ent(held));
		teller.note(format!("{}: {} ENT at stake", person.name, ent(held)));
		Ok(())
	}

	/// What somebody can spend, in the smallest unit of ENT.
	async fn ent_of(&self, staker: &Staker) -> anyhow::Result<u128> {
		let ent = self.program.account(staker.person.secret).await?.ent;
		ent.parse().with_context(|| format!("{ent} is no amount of ENT"))
	}

	/// A node that is new finds the network, and makes the keys of a validator.
	async fn make_keys(&self, staker: &Staker, teller: &Teller) -> anyhow::Result<()> {
		let node = Entangled::connect(&staker.rpc)?;
		until("the new node has caught up", || async {
			Ok(node.has_caught_up_with(&self.entangled).await?.then_some(()))
		})
		.await?;
		self.program.at(&staker.rpc).session_keys(staker.person.secret).await?;
		teller.note(format!("{}: session keys of a new node, {}", staker.person.name, staker.rpc));
		Ok(())
	}

	/// Registers a bond, and waits until the covenant has signed its way out.
	async fn register<'a>(
		&self,
		staker: &'a Staker,
		teller: &Teller,
	) -> anyhow::Result<Bonded<'a>> {
		let person = staker.person;
		let timelock = self.entangled.staking().await?.policy.max_timelock;
		let before = self.entangled.record(person.account).await?;
		let program = &self.program;
		let address =
			program.bond_address(person.secret, person.account, timelock, &staker.files).await?;
		let address = address.address;
		let to = address.parse::<Address<_>>()?.require_network(Network::Regtest)?;
		// Signed, but not sent: nothing is locked before its way out is signed.
		let output = pay_to(&to, staker.bond);
		let funding = staker.wallet.prepare(&self.bitcoin, vec![output]).await?;
		staker.keep_funding(&serialize_hex(&funding))?;
		let registered = self.program.register_bond(person.secret, &staker.files).await?;
		let outpoint = format!("{}:0", funding.compute_txid());
		ensure!(registered.outpoint == outpoint, "{} was registered", registered.outpoint);
		ensure!(registered.value == staker.bond, "it is to hold {}", sats(registered.value));

		let bond = until("the way out of the bond is signed", || async {
			let bond = self.entangled.bond(&outpoint).await?;
			Ok((bond.state != BondState::Registered {}).then_some(bond))
		})
		.await?;
		ensure!(bond.state == BondState::Approved {}, "the bond is {:?}", bond.state);
		ensure!(bond.address == address, "the chain gives {} to the bond", bond.address);
		let (way_out, threshold) = bond.way_out()?;
		let (all, signed) = (way_out.signatures.len(), way_out.signatures.iter().flatten().count());
		ensure!(signed >= threshold, "{signed} of {all} have signed, fewer than {threshold}");
		teller.note(format!(
			"{}: {} to {address}, way out signed by {signed} of {all}",
			person.name,
			sats(staker.bond)
		));
		Ok(Bonded { staker, outpoint, before })
	}

	/// Sends the funding transaction.
	async fn fund_bond(&self, bond: &Bonded<'_>) -> anyhow::Result<()> {
		let sent = self.program.fund_bond(&bond.staker.files).await?;
		ensure!(sent.txid == txid_of(&bond.outpoint), "{} was sent", sent.txid);
		Ok(())
	}

	/// Stands for election, unless it does already.
	async fn stand(&self, staker: &Staker) -> anyhow::Result<()> {
		let stands = || async {
			let record = self.entangled.record(staker.person.account).await?;
			anyhow::Ok(record.status == Standing::Candidate)
		};
		if !stands().await? {
			self.program.stand(staker.person.secret).await?;
		}
		ensure!(stands().await?, "{} does not stand for election", staker.person.name);
		Ok(())
	}

	/// The bond counts, for what it is and no more, as soon as a node has brought the proof.
	async fn check_bond(&self, bond: &Bonded<'_>) -> anyhow::Result<()> {
		let Bonded { staker, outpoint, before } = bond;
		let on_chain = until("the bond counts", || async {
			let bond = self.entangled.bond(outpoint).await?;
			Ok((bond.state == BondState::Active {}).then_some(bond))
		})
		.await?;
		let on_bitcoin = self.coin(outpoint).await?;
		let expected = (staker.bond, on_chain.address);
		ensure!(on_bitcoin == expected, "{outpoint} is {on_bitcoin:?}, not {expected:?}");
		ensure!(on_chain.value == staker.bond, "{outpoint} counts {}", sats(on_chain.value));
		let now = self.entangled.record(staker.person.account).await?;
		let expected = (before.own + staker.bond, before.total + staker.bond);
		let has = (now.own, now.total);
		ensure!(has == expected, "{} has {has:?} bonded, not {expected:?}", staker.person.name);
		Ok(())
	}
}

/// An amount of ENT, for people and for the program.
fn ent(units: u128) -> String {
	let text = format!("{}.{:012}", units / ENT, units % ENT);
	text.trim_end_matches('0').trim_end_matches('.').into()
}

impl Record {
	/// ENT at stake, in the smallest unit; none where nothing is on record.
	fn stake_in_units(&self) -> anyhow::Result<u128> {
		match self.stake.as_str() {
			"" => Ok(0),
			digits => digits.parse().with_context(|| format!("{digits} is no amount of ENT")),
		}
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn ent_is_written_with_as_many_digits_as_it_takes() {
		let amounts =
			[(STAKE, "2000"), (STAKE + ENT / 2, "2000.5"), (1, "0.000000000001"), (0, "0")];
		for (units, text) in amounts {
			assert_eq!(ent(units), text);
		}
	}
}
