//! Bonds, and who is elected.

use super::Entangled;
use anyhow::Context;
use jsonrpsee::rpc_params;
use serde::Deserialize;

/// Staking at a glance (`staking_status`).
#[derive(Clone, Debug, Deserialize)]
pub struct Staking {
	/// All BTC in bonds that count.
	pub bonded: u64,
	/// The numbers that governance sets.
	pub policy: Policy,
}

/// Those numbers of staking that the story needs.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Policy {
	/// The longest timelock of a bond.
	pub max_timelock: u16,
}

/// A sequencer or a founder (`staking_sequencer`).
#[derive(Clone, Debug, Deserialize)]
pub struct Sequencer {
	/// Its account.
	pub account: String,
	/// What is on record of it; nothing of a founder that has neither stake nor bonds.
	pub record: Option<Record>,
	/// Its place among those who stand for election.
	pub rank: Option<u32>,
	/// The BTC that an election counts for it.
	pub weight: u64,
	/// Whether it is a validator in this session,
	pub validator: bool,
	/// and in the next.
	pub next: bool,
}

/// What is on record of a sequencer.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
pub struct Record {
	/// ENT at stake, in its smallest unit, in decimal digits.
	pub stake: String,
	/// BTC bonded by itself, of bonds that count.
	pub own: u64,
	/// BTC bonded for it.
	pub total: u64,
	/// Whether it stands for election.
	pub status: Standing,
}

/// Whether a sequencer stands for election.
#[derive(Clone, Copy, Debug, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Standing {
	/// It does.
	Candidate,
	/// It does not want to.
	#[default]
	Chilled,
	/// It was absent.
	Jailed {},
	/// It has cheated.
	Banned {},
}

/// A bond (`staking_bond`).
#[derive(Clone, Debug, Deserialize)]
pub struct Bond {
	/// Its address.
	pub address: String,
	/// How far it is.
	pub state: BondState,
	/// What it holds.
	pub value: u64,
	/// What it is made from.
	pub terms: Terms,
	/// What its covenant signs.
	pub duties: Vec<Duty>,
}

/// How far a bond is.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum BondState {
	/// The covenant is to sign the way out.
	Registered {},
	/// It may be funded.
	Approved {},
	/// It counts.
	Active {},
	/// It counts no more, and can still be slashed.
	Leaving {},
	/// It has ended, in this way.
	Closed(serde_json::Value),
}

/// What a bond is made from.
#[derive(Clone, Debug, Deserialize)]
pub struct Terms {
	/// The rules that it keeps.
	pub rules: Rules,
}

/// Rules of a bond.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Rules {
	/// What the miner gets of the unbonding transaction.
	pub unbonding_fee: u64,
}

/// Something that a covenant signs for a bond.
#[derive(Clone, Debug, Deserialize)]
pub struct Duty {
	/// What: `unbonding` is the way out.
	pub duty: String,
	/// How many must sign.
	pub threshold: usize,
	/// The transactions.
	pub spends: Vec<Spend>,
}

/// A transaction that a covenant signs.
#[derive(Clone, Debug, Deserialize)]
pub struct Spend {
	/// Its id.
	pub txid: String,
	/// The signatures, in the order of the members' keys.
	pub signatures: Vec<Option<String>>,
}

impl Bond {
	/// The one transaction by which the staker leaves, and how many signatures it takes.
	pub fn way_out(&self) -> anyhow::Result<(&Spend, usize)> {
		let duty = self.duties.iter().find(|duty| duty.duty == "unbonding");
		duty.and_then(|duty| Some((duty.spends.first()?, duty.threshold)))
			.context("the chain shows no way out of the bond")
	}
}

impl Entangled {
	/// Staking at a glance.
	pub async fn staking(&self) -> anyhow::Result<Staking> {
		self.ask("staking_status", rpc_params![]).await
	}

	/// Those who stand for election, in order, and all other validators.
	pub async fn sequencers(&self) -> anyhow::Result<Vec<Sequencer>> {
		self.ask("staking_sequencers", rpc_params![]).await
	}

	/// What is on record of an account: nothing, if it never staked.
	pub async fn record(&self, account: &str) -> anyhow::Result<Record> {
		let sequencer: Option<Sequencer> =
			self.ask("staking_sequencer", rpc_params![account]).await?;
		Ok(sequencer.and_then(|sequencer| sequencer.record).unwrap_or_default())
	}

	/// A bond, as of the last final block.
	pub async fn bond(&self, outpoint: &str) -> anyhow::Result<Bond> {
		let at = self.final_block().await?;
		let bond: Option<_> = self.ask("staking_bond", rpc_params![outpoint, at]).await?;
		bond.with_context(|| format!("the chain knows no bond {outpoint}"))
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use serde_json::json;

	fn read<T: serde::de::DeserializeOwned>(value: serde_json::Value) -> T {
		serde_json::from_value(value).unwrap()
	}

	#[test]
	fn states_are_read_as_the_chain_writes_them() {
		let clock = json!({ "bitcoin_height": 1, "active_blocks": 2 });
		let states = [
			(json!({ "registered": { "deadline": clock } }), BondState::Registered {}),
			(json!({ "approved": { "deadline": clock } }), BondState::Approved {}),
			(json!({ "active": { "included": 10, "expires": 30 } }), BondState::Active {}),
			(
				json!({ "leaving": { "included": 10, "left": 3, "unbonded": null } }),
				BondState::Leaving {},
			),
			(json!({ "closed": "released" }), BondState::Closed(json!("released"))),
		];
		for (written, state) in states {
			assert_eq!(read::<BondState>(written), state);
		}
		assert_eq!(read::<Standing>(json!("candidate")), Standing::Candidate);
		assert_eq!(read::<Standing>(json!({ "jailed": { "until": clock } })), Standing::Jailed {});
		assert_eq!(read::<Standing>(json!({ "banned": { "cost": 5 } })), Standing::Banned {});
	}
}
