// SPDX-License-Identifier: GPL-3.0-or-later WITH Classpath-exception-2.0

//! Paying for transactions that were signed in advance.
//!
//! Their own fee is low and cannot be changed any more, but they have an anchor, which anybody may
//! spend: a child that spends it, and a coin of the operator's fee key, pays for both. When fees rise,
//! another child takes its place. What has been paid is read from the memory pool each time, so a
//! restart forgets nothing that matters.
//!
//! | file | concept |
//! |---|---|
//! | [`key`] | the operator's key that pays |
//! | [`purse`] | its coins |
//! | [`pool`] | what waits already |
//! | [`child`] | which coins a child pays with, and how much |

pub mod child;
pub mod key;
pub mod pool;
pub mod purse;

pub use key::FeeKey;

use super::{
	answers,
	package::{submit_package, PackageError, Place},
	rpc::{BitcoinRpc, CallError},
	Nodes,
};
use bitcoin::Transaction;
use child::{Child, Price};
use entangled_bitcoin::{
	bond::{anchor_script, ChildError},
	custody::{decide, reprice, Decision, FeeFloor, Paid, Policy, Progress},
	FeeRate, Network, OutPoint, Sats, Txid, Weight,
};
use pool::{Rival, Waiting};
use purse::Purse;
use std::{collections::HashMap, sync::Arc};

/// How often a package is made in one go: the memory pool's minimum may rise meanwhile.
const TRIES: u32 = 2;

/// What came of looking at a transaction. None of these is a fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bumped {
	/// It is in a block.
	Mined,
	/// It pays enough as it is, with the child that waits or without any, and nothing waits that spends
	/// the same. A transaction that pays enough alone is the caller's to send.
	Enough {
		/// What it pays, with its child.
		rate: FeeRate,
	},
	/// It pays less than what is asked for now, but we have sent a child only just now.
	TooEarly {
		/// The height of the Bitcoin chain from which on to look again.
		until: u32,
	},
	/// It was sent, with a child that pays for it.
	Sent {
		/// The child.
		child: Txid,
		/// The child's fee.
		fee: Sats,
		/// What both pay together.
		rate: FeeRate,
	},
}

/// Why a transaction does not pay what it should.
#[derive(Debug, thiserror::Error)]
pub enum BumpError {
	/// The Bitcoin node does not say what is needed.
	#[error(transparent)]
	Call(#[from] CallError),
	/// There is no child. Where the coins hold too little, the operator must send some to the fee
	/// key's address.
	#[error("no child can be made: {0}")]
	Child(ChildError),
	/// More would have to be paid than the operator allows.
	#[error(
		"{} sat/kvB would have to be paid, and --bitcoin-max-fee-rate allows {}", wanted.0, ceiling.0
	)]
	AboveCeiling {
		/// What would have to be paid.
		wanted: FeeRate,
		/// What is allowed.
		ceiling: FeeRate,
	},
	/// The child that waits pays so much that replacing it would cost more than the operator allows.
	#[error("replacing the child that waits would cost more than --bitcoin-max-fee-rate allows")]
	FloorAboveCeiling,
	/// The two could not be sent.
	#[error(transparent)]
	Package(#[from] PackageError),
	/// The fee key has made a wrong signature.
	#[error(transparent)]
	Faulty(#[from] key::Faulty),
}

impl From<ChildError> for BumpError {
	fn from(error: ChildError) -> Self {
		Self::Child(error)
	}
}

/// Pays for transactions from the fee key.
pub struct Bumper {
	nodes: Arc<Nodes>,
	key: FeeKey,
	purse: Purse,
	policy: Policy,
	/// Height of the chain when a child of ours was sent last, by the anchor that it spends. Of the
	/// children of others that is not asked: who pays a little more with every block would keep us
	/// waiting for ever. Lost with a restart, which then waits for nothing.
	sent: HashMap<OutPoint, u32>,
}

impl Bumper {
	/// Pays no more than `ceiling`. `scanner` are the same nodes as `nodes`, but wait for an answer as
	/// long as [`purse::SCAN_TIMEOUT`].
	pub fn new(nodes: Arc<Nodes>, scanner: Arc<Nodes>, key: FeeKey, ceiling: FeeRate) -> Self {
		// A child of ours is replaced as soon as a block was found without it.
		let policy = Policy { min_age: 1, max_attempts: u32::MAX, ceiling, ..Policy::default() };
		let purse = Purse::new(key.script(), scanner);
		Self { nodes, key, purse, policy, sent: HashMap::new() }
	}

	/// Sees to it that `parent` and its child pay what is wanted, [what transactions pay
	/// now](answers::fee_rate), and where the parent was just refused for its fee, what the memory pool asks
	/// for.
	///
	/// The parent must be complete with its witnesses, and pays `parent_fee` by itself. Call it again
	/// with each Bitcoin block until the parent is in one.
	pub async fn bump(
		&mut self,
		parent: &Transaction,
		parent_fee: Sats,
		wanted: Option<FeeRate>,
		refused: bool,
	) -> Result<Bumped, BumpError> {
		let nodes = self.nodes.clone();
		let rpc: &dyn BitcoinRpc = &*nodes;
		let anchor = anchor(parent).ok_or(ChildError::NoAnchor)?;
		if pool::is_spendable(rpc, anchor).await? {
			return Ok(Bumped::Mined);
		}
		let waiting = pool::waiting(rpc, anchor).await?;
		let pays = match &waiting {
			Some(waiting) => waiting.rate,
			None => pool::rate(parent_fee, Weight::from(parent.weight()).vbytes()),
		};
		// Where a child waits, so does its parent.
		let rival = match &waiting {
			Some(_) => None,
			None => pool::rival(rpc, parent).await?,
		};
		let asked = match refused {
			true => {
				let minimum = answers::pool_minimum(rpc).await?;
				Some(minimum.now.max(minimum.relay))
			},
			false => None,
		};
		let wanted = wanted.max(asked).filter(|wanted| *wanted > pays);
		if wanted.is_none() && rival.is_none() {
			return Ok(Bumped::Enough { rate: pays });
		}
		let wanted = wanted.unwrap_or(pays);
		let height = answers::chain_info(rpc).await?.best.height;
		let price = match (rival, &waiting) {
			(Some(rival), _) => self.outbidding(rival, pays, wanted)?,
			(None, Some(waiting)) => match self.replacing(anchor, waiting, height, wanted)? {
				Ok(price) => price,
				Err(until) => return Ok(Bumped::TooEarly { until }),
			},
			(None, None) => self.first(wanted),
		};
		let replaced = waiting.map(|waiting| waiting.txid);
		let bumped = self.pay(rpc, parent, parent_fee, replaced, price).await?;
		if matches!(bumped, Bumped::Sent { .. }) {
			// Those below have waited long enough.
			self.sent.retain(|_, at| *at >= height);
			self.sent.insert(anchor, height);
		}
		Ok(bumped)
	}

	/// Looks for the key's coins, unless that has been done. Whether it was done now. It takes minutes, which
	/// are better spent before a fee is to be paid.
	pub async fn look_for_coins(&mut self) -> Result<bool, CallError> {
		match self.purse.is_known() {
			true => Ok(false),
			false => self.purse.scan().await,
		}
	}

	/// How many coins in blocks the key has, as far as is known, and what they hold.
	pub fn funds(&self) -> (usize, Sats) {
		self.purse.funds()
	}

	/// Where the operator sends coins.
	pub fn address(&self, network: Network) -> String {
		self.key.address(network)
	}

	/// Sends the child of `parent` that waits, if one does, to the Bitcoin node's peers again.
	pub async fn remind(&self, parent: &Transaction) -> Result<(), CallError> {
		let rpc: &dyn BitcoinRpc = &*self.nodes;
		match anchor(parent) {
			Some(anchor) => pool::send_spender_again(rpc, anchor).await,
			None => Ok(()),
		}
	}

	/// What a first child pays. The ceiling, where more is asked for, is better than nothing: without
	/// a child, nodes may not take the parent at all.
	fn first(&self, wanted: FeeRate) -> Price {
		let ceiling = self.policy.ceiling;
		Price { rate: wanted.min(ceiling), floor: FeeFloor::NONE, ceiling }
	}

	/// What a first child pays where a rival of its parent waits, which pays `pays` by itself: more than
	/// the rival and all that rests on it, at a better rate than any of that, and than the parent alone
	/// (`PackageRBFChecks`).
	fn outbidding(&self, rival: Rival, pays: FeeRate, wanted: FeeRate) -> Result<Price, BumpError> {
		let Policy { ceiling, incremental, .. } = self.policy;
		let rate = rival.rate.max(pays).0;
		// A hundredth more: sizes are rounded up, so that what waits pays a little more than it seems to.
		let least = FeeRate(rate.saturating_add(rate / 100).saturating_add(1));
		if least > ceiling {
			return Err(BumpError::AboveCeiling { wanted: least, ceiling });
		}
		let rate = wanted.min(ceiling).max(least);
		Ok(Price { rate, floor: FeeFloor { paid: rival.fee, relay: incremental }, ceiling })
	}

	/// What a child pays that replaces the one that waits, or from which height on to ask again.
	fn replacing(
		&self,
		anchor: OutPoint,
		waiting: &Waiting,
		height: u32,
		wanted: FeeRate,
	) -> Result<Result<Price, u32>, BumpError> {
		let ceiling = self.policy.ceiling;
		// How many children there have been is not known, and does not matter: all spend the same
		// anchor.
		let paid = [Paid { fee: waiting.fee, weight: waiting.weight }];
		let progress = Progress { attempts: 1, complete: &paid };
		let decision = match self.sent.get(&anchor) {
			Some(sent) => decide(&self.policy, &progress, *sent, height, Some(wanted)),
			None => reprice(&self.policy, &progress, Some(wanted)),
		};
		match decision {
			Decision::Wait { until } => Ok(Err(until)),
			Decision::Replace { rate, min_fee } => Ok(Ok(Price { rate, floor: min_fee, ceiling })),
			Decision::BlockedByCeiling { wanted } => {
				Err(BumpError::AboveCeiling { wanted, ceiling })
			},
			Decision::Terminal(_) => Err(BumpError::FloorAboveCeiling),
		}
	}

	/// Makes a child and sends it with its parent.
	async fn pay(
		&mut self,
		rpc: &dyn BitcoinRpc,
		parent: &Transaction,
		parent_fee: Sats,
		replaced: Option<Txid>,
		mut price: Price,
	) -> Result<Bumped, BumpError> {
		let mut tries = 0;
		loop {
			tries += 1;
			let child = self.child(rpc, parent, parent_fee, replaced, price).await?;
			match submit_package(rpc, parent, &child.transaction).await {
				Ok(Place::Pool) => return Ok(self.sent(child)),
				Ok(Place::Chain) => return Ok(Bumped::Mined),
				Err(PackageError::BelowMinimum { needed }) if needed > price.ceiling => {
					let ceiling = price.ceiling;
					return Err(BumpError::AboveCeiling { wanted: needed, ceiling });
				},
				Err(PackageError::BelowMinimum { needed }) if tries < TRIES => {
					price.rate = price.rate.max(needed);
				},
				Err(error) => return Err(error.into()),
			}
		}
	}

	/// A child at this price. Looks for new coins where those that are known do not suffice.
	async fn child(
		&mut self,
		rpc: &dyn BitcoinRpc,
		parent: &Transaction,
		parent_fee: Sats,
		replaced: Option<Txid>,
		price: Price,
	) -> Result<Child, BumpError> {
		loop {
			let coins = self.purse.spendable(rpc, replaced).await?;
			match child::make(&self.key, parent, parent_fee, &coins, price) {
				// Not again before some time has passed, so this ends.
				Err(BumpError::Child(ChildError::TooLittle { .. } | ChildError::TooManyCoins))
					if self.purse.scan().await? => {},
				child => return child,
			}
		}
	}

	fn sent(&mut self, Child { transaction, fee, rate }: Child) -> Bumped {
		let child = Txid::from(transaction.compute_txid());
		for (vout, output) in (0..).zip(&transaction.output) {
			self.purse.expect(OutPoint { txid: child, vout }, Sats(output.value.to_sat()));
		}
		Bumped::Sent { child, fee, rate }
	}
}

/// A transaction's anchor.
fn anchor(transaction: &Transaction) -> Option<OutPoint> {
	let script = anchor_script();
	let (vout, _) =
		(0..).zip(&transaction.output).find(|(_, output)| output.script_pubkey == script)?;
	Some(OutPoint { txid: transaction.compute_txid().into(), vout })
}

#[cfg(test)]
pub mod testing;
#[cfg(test)]
mod tests;
