//! What must be true, whatever was done.

use super::world::{heir, World};
use crate::{
	mock::*, Asked, Bond, BondState, BondedTotal, Bonds, BondsOf, CovenantBonds, Duty, Event,
	Expiries, HoldReason, Outcome, Owed, PendingSlashes, SlashOrders,
};
use bitcoin::Txid;
use entangled_bitcoin::{OutPoint, Sats, XOnlyKey};
use polkadot_sdk::{frame_support::traits::fungible::Inspect, sp_runtime::AccountId32};
use std::collections::BTreeSet;

impl World {
	/// Takes note of what was said.
	fn listen(&mut self) {
		for event in events() {
			match event {
				Event::RewardsShared { earnings, .. } => {
					self.shared = self.shared.saturating_add(earnings);
				},
				Event::RewardsCollected { earnings, .. } => {
					self.collected = self.collected.saturating_add(earnings);
				},
				Event::SlashSettled { txid, proceeds, reporter, treasury, .. } => {
					let again = self.slashed.insert(txid, proceeds);
					assert_eq!(again, None, "a slash is settled twice");
					assert!(reporter.0 + treasury.0 <= proceeds.0);
					self.credited += reporter.0 + treasury.0;
				},
				Event::StakeSlashed { amount, .. } => self.stake_slashed += amount,
				_ => (),
			}
		}
	}

	/// What must be true after every step.
	pub fn check(&mut self) {
		Staking::do_try_state().unwrap();
		self.listen();
		let there = Owed::<Test>::get().saturating_add(self.collected);
		assert_eq!(there, self.shared, "what was shared is owed or collected");
		let received = Received::get();
		let sum = |amounts: &mut dyn Iterator<Item = Sats>| Sats::checked_sum(amounts).unwrap();
		let slashed = sum(&mut self.slashed.values().copied());
		assert_eq!(sum(&mut received.iter().map(|(.., value)| *value)), slashed);
		let made = u128::from(self.fees + self.credited);
		assert_eq!(Ebtc::total_issuance(), made, "eBTC out of nothing");
		let treasury = Balances::balance(&account(TREASURY)) - Balances::minimum_balance();
		assert_eq!(treasury, self.stake_slashed);
		self.check_bitcoin();
		self.check_guilty();
	}

	/// What Bitcoin has agrees with the books.
	fn check_bitcoin(&self) {
		for (outpoint, bond) in Bonds::<Test>::iter() {
			let was_there = |bond: &Bond<AccountId32>| bond.slashable_until().is_some();
			if was_there(&bond) {
				assert!(find(Txid::from(outpoint.txid)).is_some(), "it counts, and is nowhere");
			}
			if let BondState::Closed(Outcome::Slashed { txid } | Outcome::Foreign { txid }) =
				bond.state
			{
				assert!(find(txid.into()).is_some(), "it ended by what was not mined");
			}
		}
		let all = self.slashed.keys().map(|txid| find(Txid::from(*txid)));
		assert!(all.into_iter().all(|place| place.is_some()), "a slash that was not mined");
	}

	/// Whoever answered for an offence is to be slashed, or was; or the staker had the coin because the time
	/// was over; or the covenant let it go.
	fn check_guilty(&self) {
		let pending = PendingSlashes::<Test>::get();
		for outpoint in &self.guilty {
			let now = heir(*outpoint);
			let bond = bond(now);
			let waits = pending.iter().any(|slash| slash.offender == bond.sequencer);
			let ordered = SlashOrders::<Test>::contains_key(now);
			let gone = match bond.state {
				BondState::Closed(Outcome::Slashed { .. }) => true,
				BondState::Closed(Outcome::Released) => self.is_withdrawn(now),
				BondState::Closed(Outcome::Foreign { txid }) => self.collusions.contains(&txid),
				_ => false,
			};
			assert!(waits || ordered || gone, "{now} gets away: {:?}", bond.state);
			if ordered {
				assert!(matches!(bond.state, BondState::Leaving { .. }));
			}
		}
	}

	/// Whether a signature is of the way out of a bond that was given up when it could be funded.
	fn is_kept(&self, (outpoint, duty, _): &(OutPoint, Duty, XOnlyKey)) -> bool {
		let dropped = BondState::Closed(Outcome::Dropped);
		(state(*outpoint), *duty) == (dropped, Duty::Unbonding)
			&& self.fundings.contains_key(outpoint)
	}

	/// What must be true when all has ended: nothing is left.
	pub fn check_end(&mut self) {
		let open = Bonds::<Test>::iter().filter(|(_, bond)| !bond.has_ended()).collect::<Vec<_>>();
		assert_eq!(open, [], "what does not end");
		assert_eq!(BondedTotal::<Test>::get(), Sats::ZERO);
		let left = (
			BondsOf::<Test>::iter().count(),
			CovenantBonds::<Test>::iter().count(),
			Expiries::<Test>::iter().count(),
			Asked::<Test>::iter().count(),
			crate::Signatures::<Test>::iter_keys().filter(|key| !self.is_kept(key)).count(),
			SlashOrders::<Test>::iter().count(),
		);
		assert_eq!(left, (0, 0, 0, 0, 0, 0));
		let coins = Received::get().into_iter().map(|(_, coin, _)| coin).collect::<BTreeSet<_>>();
		assert_eq!(coins.len(), self.slashed.len(), "a coin came in twice");
		for n in 1..=6 {
			assert_eq!(held(HoldReason::Registration, n), 0);
			let bonds = Bonds::<Test>::iter().filter(|(_, bond)| bond.owner == account(n)).take(50);
			let bonds = bonds.map(|(outpoint, _)| outpoint).collect::<Vec<_>>();
			let _ = Staking::collect(signed(n), bonds.try_into().unwrap());
		}
		self.check();
	}
}
