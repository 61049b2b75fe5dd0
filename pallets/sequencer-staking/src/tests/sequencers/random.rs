//! Everything at once, in any order.

use super::*;
use crate::{BondedTotal, HoldReason, Owed};
use polkadot_sdk::{
	frame_support::traits::fungible::{hold::Inspect as _, Inspect},
	sp_runtime::{DispatchError, Perbill},
};
use proptest::{prelude::*, sample::Index};

/// Something that somebody does, or that happens. What does not fit the moment is refused.
#[derive(Clone, Debug)]
enum Step {
	Stake(u8, u128),
	Unstake(u8, u128),
	Withdraw(u8),
	Commission(u8, u32),
	Stand(u8),
	Chill(u8),
	/// By owner, sequencer, value.
	Bond(u8, u8, u64),
	Leave(Index),
	Collect(u8),
	/// A session ends, by who made blocks; the next validators are elected.
	Session(u8),
	Signature(u8, bool),
	Punish(u8, u32, u32),
	Fees(u128, u64),
	Wait(u32),
	/// Who has keys: bit by bit.
	Keys(u8),
	/// Least stake, least own bond, validators.
	Policy(u128, u64, u32),
}

fn step() -> impl Strategy<Value = Step> {
	use Step::*;
	let who = || 1..=6u8;
	prop_oneof![
		6 => (who(), 0..3 * STAKE).prop_map(|(n, amount)| Stake(n, amount)),
		4 => (who(), 0..2 * STAKE).prop_map(|(n, amount)| Unstake(n, amount)),
		3 => who().prop_map(Withdraw),
		3 => (who(), 0..400_000u32).prop_map(|(n, ppm)| Commission(n, ppm)),
		6 => who().prop_map(Stand),
		2 => who().prop_map(Chill),
		8 => (1..=9u8, who(), 1_000..200_000u64).prop_map(|(o, s, v)| Bond(o, s, v)),
		3 => (any::<u8>(), who(), OWN_BOND..3 * OWN_BOND).prop_map(|(_, s, v)| Bond(s, s, v)),
		5 => any::<Index>().prop_map(Leave),
		5 => (1..=9u8).prop_map(Collect),
		8 => any::<u8>().prop_map(Session),
		2 => (who(), any::<bool>()).prop_map(|(n, gave)| Signature(n, gave)),
		1 => (who(), 0..9u32, 0..=1_000_000_000u32).prop_map(|(n, s, part)| Punish(n, s, part)),
		4 => (0..100_000u128, 0..10_000u64).prop_map(|(ent, ebtc)| Fees(ent, ebtc)),
		4 => (1..12u32).prop_map(Wait),
		1 => any::<u8>().prop_map(Keys),
		1 => (1..2 * STAKE, 0..2 * OWN_BOND, 2..=5u32).prop_map(|(s, b, n)| Policy(s, b, n)),
	]
}

#[derive(Default)]
struct World {
	validators: Vec<u8>,
	/// All ENT and eBTC that was given to the pot, or made for it.
	income: Earnings,
	paid: Earnings,
	slashed: u128,
}

impl World {
	fn take(&mut self, step: Step) {
		let result = match step {
			Step::Stake(n, amount) => Staking::stake(signed(n), amount),
			Step::Unstake(n, amount) => Staking::unstake(signed(n), amount),
			Step::Withdraw(n) => Staking::withdraw_stake(signed(n)),
			Step::Commission(n, ppm) => Staking::set_commission(signed(n), ppm),
			Step::Stand(n) => Staking::stand(signed(n)),
			Step::Chill(n) => Staking::chill(signed(n)),
			Step::Collect(n) => {
				let mut own = Bonds::<Test>::iter().filter(|(_, bond)| bond.owner == account(n));
				let names = own.by_ref().map(|(outpoint, _)| outpoint).take(50);
				collect(n, &names.collect::<Vec<_>>())
			},
			other => {
				self.happen(other);
				Ok(())
			},
		};
		if let Err(error) = result {
			assert_ne!(error, Why::BooksBroken.into());
			assert!(matches!(error, DispatchError::Module(_)), "{error:?}");
		}
	}

	fn happen(&mut self, step: Step) {
		match step {
			Step::Bond(owner, sequencer, value)
				if Sequencers::<Test>::get(account(sequencer))
					.is_some_and(|them| !them.is_banned()) =>
			{
				bond(owner, sequencer, value);
			},
			// There is nobody to bond for, or nothing would count for it.
			Step::Bond(..) => (),
			Step::Leave(which) => {
				let mut all = Bonds::<Test>::iter_keys().collect::<Vec<_>>();
				all.sort();
				if !all.is_empty() {
					leave(*which.get(&all));
				}
			},
			Step::Session(there) => {
				let there = |n: u8| u32::from(there >> (n % 8) & 1);
				end_session(self.validators.clone().into_iter().map(|n| (n, there(n))));
				let elected = elected();
				let policy = CurrentPolicy::<Test>::get();
				assert!(elected.len() <= policy.validators as usize);
				for n in &elected {
					assert!(WithKeys::get().contains(&account(*n)));
					assert!(!Staking::is_banned(&account(*n)));
				}
				self.validators = elected;
			},
			Step::Signature(n, gave) => Staking::note_signature(&account(n), gave),
			Step::Punish(n, session, part) => {
				Staking::punish(&account(n), session, Perbill::from_parts(part), None);
			},
			Step::Fees(ent, ebtc) => {
				pay_fees(ent, ebtc);
				self.income = self.income.saturating_add(Earnings { ent, ebtc: Sats(ebtc) });
			},
			Step::Wait(blocks) => pass(blocks / 4, blocks),
			Step::Keys(bits) => {
				WithKeys::set(accounts(
					(1..=9).filter(|n| bits >> (n % 8) & 1 == 1 || bits % 3 > 0),
				));
			},
			Step::Policy(stake, own, validators) => govern(|policy| {
				policy.min_stake = stake;
				policy.min_own_bond = Sats(own);
				policy.validators = validators;
			}),
			_ => (),
		}
	}

	/// What was said, and what must be true.
	fn check(&mut self) {
		for record in System::events() {
			match record.event {
				RuntimeEvent::Staking(Event::RewardsCollected { earnings, .. }) => {
					self.paid = self.paid.saturating_add(earnings);
				},
				RuntimeEvent::Staking(Event::StakeSlashed { amount, .. }) => {
					self.slashed += amount;
				},
				_ => (),
			}
		}
		System::reset_events();
		Staking::do_try_state().unwrap();
		let all = Sequencers::<Test>::iter_values().map(|them| them.total);
		assert_eq!(Sats::checked_sum(all), Some(BondedTotal::<Test>::get()));
		let there = Owed::<Test>::get().saturating_add(Staking::unshared());
		assert_eq!(there.saturating_add(self.paid), self.income, "what came in is there or paid");
		let treasury = Balances::balance(&<Test as crate::Config>::Treasury::get());
		assert_eq!(treasury, Balances::minimum_balance() + self.slashed);
		// What nobody has at stake is not on hold.
		for n in 1..=9 {
			if !Sequencers::<Test>::contains_key(account(n)) {
				let reason = HoldReason::Stake.into();
				assert_eq!(Balances::balance_on_hold(&reason, &account(n)), 0);
			}
		}
	}
}

proptest! {
	#![proptest_config(ProptestConfig::with_cases(64))]

	/// Whatever sequencers, delegators and validators do, the books are right after each step.
	#[test]
	fn the_books_are_right(steps in prop::collection::vec(step(), 50..300)) {
		start(|| {
			open_pot();
			let least = Balances::minimum_balance();
			Balances::mint_into(&<Test as crate::Config>::Treasury::get(), least).unwrap();
			let mut world = World::default();
			for step in steps {
				world.take(step);
				world.check();
			}
		});
	}
}
