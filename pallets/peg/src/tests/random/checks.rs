//! What must be true, whatever was done.

use super::world::{policy, World};
use crate::{mock::*, Coins, Event, InFlight, WithdrawalState, Withdrawals};
use entangled_bitcoin::OutPoint;
use std::collections::BTreeMap;

impl World {
	/// Takes note of what was said.
	fn listen(&mut self) {
		let mut paid = 0;
		for event in events() {
			match event {
				Event::DepositClaimed { outpoint, amount, minted, peg_fee, .. } => {
					let again = self.claimed.insert(outpoint, amount.0);
					assert_eq!(again, None, "a deposit is claimed twice");
					assert!(!self.foreign.contains(&outpoint.txid), "another chain's is claimed");
					assert!(self.booked.insert(outpoint), "booked twice");
					self.minted += minted.0 + peg_fee.0;
					self.peg_fees += peg_fee.0;
				},
				Event::WithdrawalPaid { id, fee, .. } => {
					let amount = withdrawal(id).amount.0;
					assert_eq!(self.paid.insert(id, amount), None, "paid twice");
					self.burned += amount + fee.0;
					paid += amount;
				},
				Event::WithdrawalFronted { id, .. } => {
					assert!(self.fronted.insert(id), "fronted twice");
				},
				Event::CoinAdopted { outpoint, value, .. } => {
					assert!(self.booked.insert(outpoint), "booked twice");
					self.adopted += value.0;
				},
				Event::CoinReceived { outpoint, value, credited, .. } => {
					// Governance may have adopted it before.
					if self.booked.insert(outpoint) {
						self.adopted += value.0;
					}
					self.minted += credited.0;
					self.credited += credited.0;
				},
				Event::CoinAbandoned { outpoint, value } => {
					assert!(self.booked.remove(&outpoint), "not booked");
					self.abandoned += value.0;
				},
				Event::AttemptBuilt { batch, attempt, .. } => {
					let complete = (0..attempt).filter(|n| crate::mock::attempt(*n).complete);
					self.before.insert((batch, attempt), complete.map(transaction).collect());
				},
				Event::CommitteeSilent { committee, until } => {
					assert!(until > best().height);
					let batch = InFlight::<Test>::get().unwrap();
					let common = Coins::<Test>::get(batch.common).unwrap().committee;
					assert_ne!(committee, common, "without it there is no attempt at all");
					self.silent.insert(committee);
				},
				Event::CommitteeHeard { committee } => {
					assert!(self.silent.remove(&committee), "nobody missed it");
				},
				Event::BatchSettled { batch, txid, fee, .. } => {
					let change = OutPoint { txid, vout: 0 };
					assert!(self.booked.insert(change), "batch {batch} is settled twice");
					self.fees += fee.0;
					self.outflow.push((best().height, paid));
				},
				_ => (),
			}
		}
		assert!(self.paid.keys().all(|id| !self.fronted.contains(id)), "paid and fronted");
	}

	/// Nodes that have another attempt, as they may, take this one in its place.
	pub fn check_replacement(&self, batch: u32, index: u32) {
		let tx = transaction(index);
		for old in &self.before[&(batch, index)] {
			let answer = replaces(&tx, old);
			let mined = answer == Err("missing or spent");
			assert!(mined || answer.is_ok(), "attempt {index}: {answer:?}");
		}
	}

	/// What must be true after every step.
	pub fn check(&mut self) {
		Peg::do_try_state().unwrap();
		self.listen();
		let status = Peg::status();
		let sum = |sats: &BTreeMap<_, u64>| sats.values().sum::<u64>();
		let taken = sum(&self.claimed) + self.adopted;
		let out = self.paid.values().sum::<u64>() + self.fees + self.abandoned;
		assert_eq!(taken, status.custody.0 + out, "BTC in is BTC there and BTC out");
		assert_eq!(self.minted, status.supply.0 + self.burned, "eBTC made is there or burned");
		assert_eq!(balance(STAKERS), self.peg_fees, "nobody else has it, and nothing is lost");
		let held = (1..=4).map(balance).sum::<u64>() + balance(200 + ROLLUP as u8) + self.peg_fees;
		assert_eq!(held + locked(), status.supply.0);
		// No cap stands in the way of those who are credited with what was slashed.
		let most = policy().cap.0 + self.credited;
		assert!(status.custody >= status.supply && status.supply.0 <= most);

		let window = policy().outflow_window;
		let now = best().height;
		let recent = self.outflow.iter().filter(|(height, _)| height + window > now);
		let left = recent.map(|(_, paid)| paid).sum::<u64>();
		assert!(left <= policy().outflow_limit.0, "{left} within a window");
		self.check_bitcoin();
	}

	/// What Bitcoin has agrees with the books.
	fn check_bitcoin(&self) {
		let attempts = InFlight::<Test>::get().map_or(0, |batch| batch.attempts);
		let mined = (0..attempts).any(|index| find(attempt(index).txid.into()).is_some());
		if !mined {
			let unspent = unspent();
			assert!(
				Coins::<Test>::iter_keys().all(|coin| unspent.contains(&coin)),
				"a coin is gone"
			);
		}
		let mut times = BTreeMap::new();
		for amount in custodys_payments() {
			*times.entry(amount).or_insert(0u32) += 1;
		}
		for (id, withdrawal) in Withdrawals::<Test>::iter() {
			let times = times.get(&withdrawal.amount.0).copied().unwrap_or(0);
			let fits = match withdrawal.state {
				WithdrawalState::Paid { .. } => times == 1,
				WithdrawalState::InBatch => times <= 1,
				_ => times == 0,
			};
			assert!(fits, "withdrawal {id}: {:?}, paid {times} times", withdrawal.state);
		}
	}
}
