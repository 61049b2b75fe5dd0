//! What happens around bonds: to sequencers, to the chain, to Bitcoin.

use super::{
	world::{may_fail, World},
	Step,
};
use crate::{mock::*, Bonds, CurrentPolicy, RulesVersion};
use entangled_bitcoin::{bond::BondRules, Sats};
use polkadot_sdk::{
	frame_support::traits::fungible::Mutate, pallet_authorship::EventHandler,
	sp_runtime::AccountId32,
};

impl World {
	pub fn happen(&mut self, step: Step) {
		match step {
			Step::Stake(n, amount) => may_fail(Staking::stake(signed(n), amount)),
			Step::Unstake(n, amount) => may_fail(Staking::unstake(signed(n), amount)),
			Step::WithdrawStake(n) => may_fail(Staking::withdraw_stake(signed(n))),
			Step::Commission(n, ppm) => may_fail(Staking::set_commission(signed(n), ppm)),
			Step::Stand(n) => may_fail(Staking::stand(signed(n))),
			Step::Chill(n) => may_fail(Staking::chill(signed(n))),
			Step::Collect(n, others) => {
				let own = |owner: &AccountId32| *owner == account(n) || others;
				let bonds = Bonds::<Test>::iter().filter(|(_, bond)| own(&bond.owner)).take(50);
				let bonds = bonds.map(|(outpoint, _)| outpoint).collect::<Vec<_>>();
				may_fail(Staking::collect(signed(n), bonds.try_into().unwrap()));
			},
			Step::Policy(least, deposit, validators) => {
				let mut policy = CurrentPolicy::<Test>::get();
				policy.min_bond = Sats(least);
				policy.registration_deposit = deposit;
				policy.validators = validators;
				may_fail(Staking::set_policy(RuntimeOrigin::root(), policy));
			},
			Step::Rules(unbonding_time, slash_ppm, ahead) => {
				let rules = BondRules { unbonding_time, slash_ppm, ..rules() };
				let version = RulesVersion { from: best().height + ahead, rules };
				may_fail(Staking::set_rules(RuntimeOrigin::root(), version));
			},
			Step::Session(there) => self.end_session(there),
			Step::Signature(n, gave) => Staking::note_signature(&account(n), gave),
			Step::Cheat(n, ago, reporter) => self.cheat(n, ago, reporter),
			Step::Fees(ent, ebtc) => {
				let pot = Staking::pot();
				Balances::mint_into(&pot, ent).unwrap();
				if ebtc > 0 {
					Ebtc::mint_into(&pot, ebtc.into()).unwrap();
					self.fees += ebtc;
				}
			},
			Step::Serve(id) => Serving::set(id),
			Step::Mine(blocks) => (0..blocks).for_each(|_| self.mine()),
			Step::Reorganise(depth, again) => {
				let depth = depth.min(best().height - 1);
				let removed = removed_by(depth);
				let mut blocks = vec![vec![]; depth as usize + 1];
				if again {
					blocks[0] = removed;
				} else {
					self.pool.splice(0..0, removed);
				}
				reorganise(depth, blocks);
			},
			Step::Bury => self.bury(),
			Step::Wait(blocks) => next_blocks(blocks),
			Step::Silence => go_stale(),
			_ => unreachable!("it is about bonds"),
		}
	}

	fn end_session(&mut self, there: u8) {
		let mut validators = vec![];
		for n in &self.validators {
			validators.push(account(*n));
			for _ in 0..(there >> (n % 8) & 1) {
				<Staking as EventHandler<_, _>>::note_author(account(*n));
			}
		}
		let session = Session::get();
		Staking::end_session(session, &validators);
		Session::set(session + 1);
		let elected = Staking::elect(session + 2, validators);
		self.validators = elected.iter().map(|who| AsRef::<[u8]>::as_ref(who)[0]).collect();
	}

	/// Whatever answers for it now must not get away.
	fn cheat(&mut self, n: u8, ago: u32, reporter: Option<u8>) {
		let session = Session::get().saturating_sub(ago);
		let tip = best().height;
		for (outpoint, bond) in Bonds::<Test>::iter() {
			let answers = bond.sequencer == account(n) && bond.answers_for(session, session);
			if answers && bond.slashable_until().is_some_and(|until| tip + 10 < until) {
				self.guilty.insert(outpoint);
			}
		}
		crate::mock::cheat(n, session, reporter);
	}
}
