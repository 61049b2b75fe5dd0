//! What there is beside the chain.

use super::{Spending, Step};
use crate::{
	mock::*, BondState, Bonds, Duty, Earnings, Error, Outcome, PendingSlashes, Policy, SlashOrders,
};
use bitcoin::Transaction;
use entangled_bitcoin::{
	bond::{BondOutput, Slashable},
	Native, OutPoint, Sats, Txid,
};
use pallet_btc_light_client::InclusionClaim;
use polkadot_sdk::{
	frame_support::{
		dispatch::PostDispatchInfo,
		traits::fungible::{Inspect, Mutate},
	},
	sp_runtime::{DispatchError, DispatchErrorWithPostInfo},
};
use proptest::sample::Index;
use std::collections::{BTreeMap, BTreeSet};

/// Numbers under which everything happens soon.
pub fn policy() -> Policy {
	Policy { min_bond: Sats(40_000), min_own_bond: Sats(60_000), ..crate::mock::policy() }
}

/// What people know, and what has been said so far.
#[derive(Default)]
pub struct World {
	/// What waits to be mined.
	pub pool: Vec<Transaction>,
	/// What funds bonds.
	pub fundings: BTreeMap<OutPoint, Transaction>,
	/// Everything that was ever sent.
	pub sent: Vec<Transaction>,
	/// Who makes blocks.
	pub validators: Vec<u8>,
	/// Bonds that answered for an offence when it came to light.
	pub guilty: BTreeSet<OutPoint>,
	/// What stakers sent to have their coins alone,
	pub withdrawals: Vec<Transaction>,
	/// and what they and the covenant made that nobody had asked for.
	pub collusions: BTreeSet<Txid>,
	/// What was given to those who earned it, and what they have collected.
	pub shared: Earnings,
	pub collected: Earnings,
	/// What slashes brought in.
	pub slashed: BTreeMap<Txid, Sats>,
	/// eBTC that was paid into the pot, and that was credited for slashes.
	pub fees: u64,
	pub credited: u64,
	pub stake_slashed: u128,
}

/// Refusals are fine, but for the one that never happens.
pub fn may_fail<T>(result: Result<T, impl Into<DispatchErrorWithPostInfo<PostDispatchInfo>>>) {
	if let Err(error) = result {
		let error = error.into().error;
		assert_ne!(error, Error::<Test>::BooksBroken.into());
		assert!(matches!(error, DispatchError::Module(_)), "{error:?}");
	}
}

impl World {
	/// Four sequencers have stake, and one of them has bonded.
	pub fn new() -> Self {
		(1..=4).for_each(enlist);
		bonded(1, 1, 100_000);
		for account in [Staking::pot(), account(TREASURY)] {
			Balances::mint_into(&account, Balances::minimum_balance()).unwrap();
		}
		Self::default()
	}

	pub fn take(&mut self, step: Step) {
		match step {
			Step::Register(owner, sequencer, value, timelock) => {
				if Serving::get().is_none() {
					return;
				}
				let draft = draft(owner, sequencer, value, timelock);
				may_fail(draft.register());
				self.fundings.insert(draft.outpoint(), draft.funding);
			},
			Step::Extend(which, timelock) => self.extend(which, timelock),
			Step::Sign(which, duty, members) => self.sign(which, duty, members),
			Step::Fund(which) => {
				let Some(outpoint) = self.pick(which) else { return };
				if matches!(state(outpoint), BondState::Approved { .. }) {
					let funding = self.fundings.get(&outpoint).cloned();
					funding.into_iter().for_each(|tx| self.send(tx));
				}
			},
			Step::Send(which, spending) => {
				let Some(outpoint) = self.pick(which) else { return };
				let Some(tx) = self.spend(outpoint, spending) else { return };
				match spending {
					Spending::Withdrawal(_) => self.withdrawals.push(tx.clone()),
					Spending::Collusion => {
						self.collusions.insert(tx.compute_txid().into());
					},
					_ => (),
				}
				self.send(tx);
			},
			Step::Activate(which) => {
				let Some(outpoint) = self.pick(which) else { return };
				let Some(claim) = self.funding_of(outpoint) else { return };
				may_fail(Staking::activate(nobody(), outpoint, claim));
			},
			Step::Report(which) => {
				let Some(outpoint) = self.pick(which) else { return };
				let claims = self.spends_of(outpoint);
				claims.into_iter().for_each(|claim| may_fail(report(outpoint, claim)));
			},
			Step::Drop(which) => {
				self.with(which, |bond| may_fail(Staking::drop_bond(signed(9), bond)))
			},
			Step::Unbond(which) => self.with(which, |outpoint| {
				let owner = RuntimeOrigin::signed(bond(outpoint).owner);
				may_fail(Staking::unbond(owner, outpoint));
			}),
			Step::Release(which) => {
				self.with(which, |bond| may_fail(Staking::release(signed(9), bond)))
			},
			other => self.happen(other),
		}
	}

	fn extend(&mut self, which: Index, timelock: u16) {
		let Some(outpoint) = self.pick(which) else { return };
		if Serving::get().is_none() || bond(outpoint).value < Sats(42_000) {
			return;
		}
		may_fail(extend(outpoint, timelock).map_err(DispatchErrorWithPostInfo::from));
	}

	fn sign(&mut self, which: Index, duty: Duty, members: u8) {
		let Some(outpoint) = self.pick(which) else { return };
		if duty == Duty::Extension && bond(outpoint).extends.is_none() {
			return;
		}
		let covenant = member_numbers(signers(outpoint, duty));
		for (bit, n) in covenant.into_iter().enumerate() {
			if members >> bit & 1 == 1 {
				may_fail(sign_by(n, outpoint, duty));
			}
		}
	}

	/// A transaction that somebody can make who has these signatures.
	fn spend(&self, outpoint: OutPoint, spending: Spending) -> Option<Transaction> {
		let state = state(outpoint);
		let approved = |duty| match (duty, state) {
			(_, BondState::Registered { .. } | BondState::Closed(_)) => false,
			(Duty::Slash, _) => SlashOrders::<Test>::get(outpoint).is_some_and(|o| o.complete),
			_ => true,
		};
		match spending {
			Spending::Unbonding if approved(Duty::Unbonding) => {
				Some(transaction(outpoint, Duty::Unbonding))
			},
			Spending::Extension if approved(Duty::Extension) => {
				bond(outpoint).extends.map(|_| transaction(outpoint, Duty::Extension))
			},
			Spending::Slashing if approved(Duty::Slash) => {
				let unbonded = matches!(state, BondState::Leaving { unbonded: Some(_), .. });
				let which = if unbonded { Slashable::Unbonding } else { Slashable::Bond };
				Some(slashing(outpoint, which))
			},
			Spending::Withdrawal(unbonded) => {
				let from = if unbonded { BondOutput::Unbonding } else { BondOutput::Bond };
				Some(withdrawal(outpoint, from))
			},
			Spending::Collusion if !matches!(state, BondState::Closed(_)) => {
				Some(collusion(outpoint, Duty::Unbonding, 0))
			},
			_ => None,
		}
	}

	pub fn send(&mut self, tx: Transaction) {
		if !self.sent.contains(&tx) {
			self.sent.push(tx.clone());
		}
		if !self.pool.contains(&tx) && find(tx.compute_txid()).is_none() {
			self.pool.push(tx);
		}
	}

	/// The proof that what makes a bond is mined.
	fn funding_of(&self, outpoint: OutPoint) -> Option<InclusionClaim> {
		let mut sent = self.sent.iter();
		let tx = sent.find(|tx| outpoint.txid == tx.compute_txid().into())?;
		claim_for(tx)
	}

	/// The proofs of what has spent a bond, or what unbonding made of it.
	pub fn spends_of(&self, outpoint: OutPoint) -> Vec<InclusionClaim> {
		self.sent.iter().filter(|tx| spends(tx, outpoint)).filter_map(claim_for).collect()
	}

	/// Whether the staker has the coin of a bond, because the time was over.
	pub fn is_withdrawn(&self, outpoint: OutPoint) -> bool {
		let mined = |tx: &&Transaction| find(tx.compute_txid()).is_some();
		self.withdrawals.iter().filter(mined).any(|tx| spends(tx, outpoint))
	}

	/// One of the bonds that there are, rather one that has not ended.
	pub fn pick(&self, which: Index) -> Option<OutPoint> {
		let mut all = Bonds::<Test>::iter().collect::<Vec<_>>();
		all.sort_by_key(|(outpoint, bond)| (bond.has_ended(), *outpoint));
		let open = all.iter().filter(|(_, bond)| !bond.has_ended()).count();
		let among = if which.index(20) == 0 || open == 0 { all.len() } else { open };
		(among > 0).then(|| all[which.index(among)].0)
	}

	fn with(&self, which: Index, call: impl FnOnce(OutPoint)) {
		if let Some(outpoint) = self.pick(which) {
			call(outpoint);
		}
	}

	/// A block with all that can be mined.
	pub fn mine(&mut self) {
		let block = mineable(&self.pool);
		self.pool.retain(|tx| !block.contains(tx));
		crate::mock::mine(block);
	}

	/// What was mined becomes final.
	pub fn bury(&mut self) {
		(0..FINALITY.confirmations).for_each(|_| self.mine());
		attest();
	}

	/// In the end Bitcoin and the chain go on, and everything that was begun ends.
	pub fn finish(&mut self) {
		self.bury();
		for _ in 0..12 {
			self.tidy();
			self.check();
			if Bonds::<Test>::iter_values().all(|bond| bond.has_ended()) {
				break;
			}
		}
		self.check_end();
	}

	/// Everybody does what there is to do.
	fn tidy(&mut self) {
		let open = Bonds::<Test>::iter().filter(|(_, bond)| !bond.has_ended());
		let open = open.map(|(outpoint, _)| outpoint).collect::<Vec<_>>();
		for outpoint in &open {
			if SlashOrders::<Test>::get(outpoint).is_some_and(|order| !order.complete) {
				for n in member_numbers(bond(*outpoint).covenant) {
					may_fail(sign_by(n, *outpoint, Duty::Slash));
				}
			}
			self.spend(*outpoint, Spending::Slashing).into_iter().for_each(|tx| self.send(tx));
		}
		(0..3).for_each(|_| self.bury());
		bury(policy().registration_blocks);
		attest();
		next_blocks(policy().registration_own_blocks);
		for outpoint in open {
			let claims = self.spends_of(outpoint);
			claims.into_iter().for_each(|claim| may_fail(report(outpoint, claim)));
			may_fail(Staking::drop_bond(signed(9), outpoint));
			may_fail(Staking::release(signed(9), outpoint));
		}
		assert!(PendingSlashes::<Test>::get().is_empty());
	}
}

/// Whether a transaction spends a bond, or what unbonding made of it.
fn spends(tx: &Transaction, outpoint: OutPoint) -> bool {
	let terms = terms_of(outpoint);
	let unbonding = Slashable::Unbonding.coin::<Native>(&terms, &bond(outpoint).coin(outpoint));
	let coins = [outpoint, unbonding.unwrap().outpoint].map(bitcoin::OutPoint::from);
	tx.input.iter().any(|input| coins.contains(&input.previous_output))
}

/// The coin's bond now: that which has taken it over, if one has.
pub fn heir(mut outpoint: OutPoint) -> OutPoint {
	while let BondState::Closed(Outcome::Extended { into }) = state(outpoint) {
		outpoint = into;
	}
	outpoint
}
