//! Who is elected, and by what, as the chain says.

use super::observer::ValidatorView;
use bitcoin::Amount;
use jsonrpsee::{core::client::ClientT, http_client::HttpClient, rpc_params};
use serde::Deserialize;

/// The validators of this session and the next, and all BTC that counts.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Election {
	/// BTC in bonds that count, in satoshi.
	pub bonded: u64,
	/// Those who stand for election, and all validators.
	pub sequencers: Vec<Sequencer>,
}

/// One who stands for election, or is a validator (`staking_sequencers`).
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
pub struct Sequencer {
	/// Its account's address.
	pub account: String,
	/// BTC that an election counts for it, in satoshi.
	pub weight: u64,
	/// Whether it is a validator in this session,
	pub validator: bool,
	/// and in the next.
	pub next: bool,
}

/// What matters here of staking at a glance (`staking_status`).
#[derive(Deserialize)]
struct Status {
	bonded: u64,
}

impl Election {
	/// Asks a node.
	pub async fn ask(client: &HttpClient) -> Option<Self> {
		let status: Status = client.request("staking_status", rpc_params![]).await.ok()?;
		let sequencers = client.request("staking_sequencers", rpc_params![]).await.ok()?;
		Some(Self { bonded: status.bonded, sequencers })
	}

	/// How an account takes part in it.
	pub fn of(&self, account: &str) -> Option<&Sequencer> {
		self.sequencers.iter().find(|sequencer| sequencer.account == account)
	}

	/// How many validators there are now.
	pub fn validators(&self) -> usize {
		self.sequencers.iter().filter(|sequencer| sequencer.validator).count()
	}

	/// What people want to be told of these since an earlier moment.
	pub fn news_since(&self, before: &Self, people: &[ValidatorView]) -> Vec<String> {
		let mut news = Vec::new();
		for person in people {
			let part = |election: &Self| {
				let part = election.of(person.account);
				part.map_or((false, false), |part| (part.validator, part.next))
			};
			let what = match (part(before), part(self)) {
				((false, _), (true, _)) => "makes blocks from now on",
				((true, _), (false, _)) => "makes no more blocks",
				((_, false), (_, true)) => "is elected for the next session",
				((_, true), (_, false)) => "is not elected for the next session",
				_ => continue,
			};
			news.push(format!("{} {what}", person.name));
		}
		if before.bonded != self.bonded {
			news.push(format!("{} are bonded", Amount::from_sat(self.bonded)));
		}
		news
	}
}

impl Sequencer {
	/// How it stands, in a word or two.
	pub fn standing(&self) -> &'static str {
		match (self.validator, self.next) {
			(true, true) => "yes",
			(true, false) => "leaves",
			(false, true) => "next",
			(false, false) => "no",
		}
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn every_change_of_the_set_is_told() {
		let eve = ValidatorView { name: "eve", account: "en1", ..Default::default() };
		let election = |validator, next| Election {
			bonded: 0,
			sequencers: vec![Sequencer { account: "en1".into(), weight: 0, validator, next }],
		};
		let stages = [
			(election(false, true), "eve is elected for the next session", "next"),
			(election(true, true), "eve makes blocks from now on", "yes"),
			(election(true, false), "eve is not elected for the next session", "leaves"),
			(election(false, false), "eve makes no more blocks", "no"),
		];
		let mut before = Election::default();
		for (now, news, standing) in stages {
			assert_eq!(now.news_since(&before, std::slice::from_ref(&eve)), [news]);
			assert!(now.news_since(&now, std::slice::from_ref(&eve)).is_empty());
			assert_eq!(now.sequencers[0].standing(), standing);
			before = now;
		}
	}

	#[test]
	fn what_is_bonded_is_told() {
		let bonded = Election { bonded: 150_000_000, ..Default::default() };
		assert_eq!(bonded.news_since(&Election::default(), &[]), ["1.50000000 BTC are bonded"]);
	}
}
