// SPDX-License-Identifier: GPL-3.0-or-later WITH Classpath-exception-2.0

//! A chain with the largest covenant and as many candidates as there can be, and what is measured on it.

use super::{
	bonds::{fund, Draft, Wish},
	weights,
};
use crate::{
	chain::Chain,
	committee::Member,
	regtest::{confirm, Miner},
	weights::{database, ratio, safety},
	Figures,
};
use bitcoin::Transaction;
use entangled_bitcoin::Sats;
use entangled_runtime::{AccountId, BtcLightClient, RuntimeCall};
use pallet_btc_light_client::InclusionClaim;
use polkadot_sdk::{frame_support::weights::Weight, sp_keyring::Sr25519Keyring};

/// What each bond holds.
const VALUE: Sats = Sats(1_000_000);

/// The chain, and what is found on it.
pub struct Scene<'a> {
	pub chain: Chain<'a>,
	pub miner: Miner,
	/// The covenant.
	pub members: Vec<Member>,
	pub figures: &'a mut Figures,
	/// The least that anything is charged for the database against what it touches of it.
	pub database: f64,
}

/// Who makes all calls.
pub fn alice() -> AccountId {
	Sr25519Keyring::Alice.to_account_id()
}

/// A bond of Alice's.
pub fn wish(key: u32, sequencer: &AccountId, timelock: u16) -> Wish {
	Wish { owner: alice(), key, sequencer: sequencer.clone(), value: VALUE, timelock }
}

impl Scene<'_> {
	/// Measures calls of Alice's, and then has them in a block.
	pub fn run<T: Into<RuntimeCall>>(&mut self, name: &str, calls: impl IntoIterator<Item = T>) {
		let calls = calls.into_iter().map(Into::into).collect::<Vec<_>>();
		let safety = safety(&mut self.chain, &calls, weights::computation);
		self.add(name, safety);
		let database = database(&mut self.chain, &calls, weights::computation);
		self.database = self.database.min(database);
		self.chain.block(None, calls);
	}

	/// Measures what the next block's hooks do more than `without` that of which they are charged a weight.
	pub fn hook(&mut self, name: &str, weight: Weight, without: impl FnOnce()) {
		let with = self.chain.time_hooks();
		let without = self.chain.undone(|chain| {
			chain.natively(without);
			chain.time_hooks()
		});
		self.add(name, ratio(weight, with.saturating_sub(without)));
		self.chain.block(None, vec![]);
	}

	/// Adds a figure.
	pub fn add(&mut self, name: &str, safety: f64) {
		self.figures.add(&format!("staking_{name}_weight_vs_measured"), safety, "ratio");
	}

	/// Registers bonds with one transaction for each group, and has their ways out signed.
	pub fn approve(&mut self, groups: &[&[Wish]]) -> (Vec<Transaction>, Vec<Vec<Draft>>) {
		let funds = groups.iter().map(|wishes| fund(&mut self.chain, wishes, 1));
		let (fundings, drafts): (_, Vec<_>) = funds.unzip();
		for draft in drafts.iter().flatten() {
			draft.register(&mut self.chain);
			draft.approve(&mut self.chain, &self.members);
		}
		(fundings, drafts)
	}

	/// The proof that a transaction is in a final Bitcoin block.
	pub fn confirm(&mut self, transaction: Transaction) -> InclusionClaim {
		confirm(&mut self.chain, &mut self.miner, vec![transaction]).remove(0)
	}

	/// So many Bitcoin blocks are mined, and the hooks have seen them.
	pub fn mine(&mut self, blocks: u32) {
		self.miner.mine_empty(blocks as usize);
		self.chain.block(Some(self.miner.observation()), vec![]);
		self.chain.block(None, vec![]);
	}

	/// Height of Bitcoin's tip.
	pub fn height(&mut self) -> u32 {
		self.chain.natively(BtcLightClient::clock).bitcoin_height
	}
}
