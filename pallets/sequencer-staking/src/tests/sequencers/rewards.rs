//! Who earns what.

use super::*;
use crate::{LastInflation, Owed};
use entangled_bitcoin::U256;
use polkadot_sdk::{
	frame_support::{assert_noop, assert_ok, traits::fungible::Inspect},
	sp_runtime::{DispatchError::BadOrigin, Perbill},
};
use proptest::{prelude::*, sample::Index};
use std::collections::BTreeMap;

fn balances(who: &AccountId32) -> Earnings {
	let ebtc = Sats(Ebtc::balance(who) as u64);
	Earnings { ent: Balances::balance(who), ebtc }
}

#[test]
fn a_session_is_paid_by_blocks_and_then_by_btc() {
	start(|| {
		open_pot();
		Staking::stake(signed(1), STAKE).unwrap();
		Staking::set_commission(signed(1), 100_000).unwrap();
		let own = bond(1, 1, 60_000);
		let delegated = bond(5, 1, 20_000);
		candidate(2, OWN_BOND);
		pay_fees(4_000, 400);
		end_session([(1, 3), (2, 1)]);
		let earnings = Earnings { ent: 4_000, ebtc: Sats(400) };
		assert!(said(Event::RewardsShared { session: Session::get() - 1, earnings }));
		assert_eq!(Owed::<Test>::get(), earnings);
		// Of three quarters a tenth; the rest three to one.
		assert_eq!(earned(1), Earnings { ent: 300, ebtc: Sats(30) });
		let before = balances(&account(5));
		assert_ok!(collect(5, &[delegated]));
		let part = Earnings { ent: 675, ebtc: Sats(67) };
		assert!(said(Event::RewardsCollected { who: account(5), earnings: part }));
		assert_eq!(balances(&account(5)), before.saturating_add(part));
		assert_ok!(collect(1, &[own]));
		let part = Earnings { ent: 300 + 2_025, ebtc: Sats(30 + 202) };
		assert!(said(Event::RewardsCollected { who: account(1), earnings: part }));
		assert_eq!(Owed::<Test>::get(), Earnings { ent: 1_000, ebtc: Sats(101) });
	});
}

#[test]
fn what_may_be_collected_is_named_and_once() {
	start(|| {
		open_pot();
		let own = candidate(1, OWN_BOND);
		let other = candidate(2, OWN_BOND);
		let unknown = OutPoint { txid: Txid([9; 32]), vout: 1 };
		assert_noop!(collect(1, &[]), Why::NothingToCollect);
		pay_fees(1_000, 0);
		end_session([(1, 1), (2, 1)]);
		assert_noop!(collect(1, &[own, unknown]), Why::UnknownBond);
		assert_noop!(collect(1, &[own, other]), Why::NotOwner);
		assert_noop!(collect(1, &[]), Why::NothingToCollect);
		// To name it twice helps nothing.
		assert_ok!(collect(1, &[own, own]));
		assert!(said(Event::RewardsCollected { who: account(1), earnings: ent(500) }));
		assert_noop!(collect(1, &[own]), Why::NothingToCollect);
		for origin in [RuntimeOrigin::root(), RuntimeOrigin::none()] {
			assert_noop!(Staking::collect(origin, Default::default()), BadOrigin);
		}
	});
}

#[test]
fn what_a_bond_has_earned_is_its_owners_when_it_counts_no_more() {
	start(|| {
		open_pot();
		candidate(1, OWN_BOND);
		let delegated = bond(5, 1, OWN_BOND);
		pay_fees(1_000, 0);
		end_session([(1, 1)]);
		leave(delegated);
		assert_eq!(earned(5), ent(500));
		pay_fees(1_000, 0);
		end_session([(1, 1)]);
		// To name the bond does no harm.
		assert_ok!(collect(5, &[delegated]));
		assert!(said(Event::RewardsCollected { who: account(5), earnings: ent(500) }));
	});
}

#[test]
fn who_comes_later_earns_from_then_on() {
	start(|| {
		open_pot();
		let own = candidate(1, OWN_BOND);
		pay_fees(1_000, 0);
		end_session([(1, 1)]);
		let later = bond(5, 1, OWN_BOND);
		assert_noop!(collect(5, &[later]), Why::NothingToCollect);
		pay_fees(1_000, 0);
		end_session([(1, 1)]);
		assert_ok!(collect(5, &[later]));
		assert!(said(Event::RewardsCollected { who: account(5), earnings: ent(500) }));
		assert_ok!(collect(1, &[own]));
		assert!(said(Event::RewardsCollected { who: account(1), earnings: ent(1_500) }));
	});
}

#[test]
fn who_cheated_earns_nothing_and_those_who_did_not_get_it() {
	start(|| {
		open_pot();
		let own = candidate(1, OWN_BOND);
		candidate(2, OWN_BOND);
		pay_fees(1_000, 0);
		end_session([(1, 1), (2, 1)]);
		Staking::punish(&account(1), 1, Perbill::from_percent(1), None);
		pay_fees(1_000, 0);
		end_session([(1, 1), (2, 1)]);
		// What was earned before is.
		assert_ok!(collect(1, &[own]));
		assert!(said(Event::RewardsCollected { who: account(1), earnings: ent(500) }));
		assert_eq!(Owed::<Test>::get(), ent(1_500));
	});
}

#[test]
fn a_session_without_blocks_leaves_all_to_the_next() {
	start(|| {
		open_pot();
		candidate(1, OWN_BOND);
		pay_fees(1_000, 7);
		end_session([(1, 0)]);
		let all = Earnings { ent: 1_000, ebtc: Sats(7) };
		assert_eq!((Owed::<Test>::get(), Staking::unshared()), (Earnings::ZERO, all));
		end_session([(1, 1)]);
		assert_eq!((Owed::<Test>::get(), Staking::unshared()), (all, Earnings::ZERO));
	});
}

#[test]
fn what_an_account_cannot_hold_waits() {
	start(|| {
		open_pot();
		let least = <Balances as Inspect<_>>::minimum_balance();
		pay_fees(least, 50);
		// No ENT there, and less than an account needs; but eBTC needs none.
		Staking::credit(&account(200), Earnings { ent: least - 1, ebtc: Sats(50) });
		Owed::<Test>::put(Earnings { ent: least, ebtc: Sats(50) });
		assert_ok!(collect(200, &[]));
		assert_eq!(balances(&account(200)), Earnings { ent: 0, ebtc: Sats(50) });
		assert_eq!(earned(200), ent(least - 1));
		assert_noop!(collect(200, &[]), Why::NothingToCollect);
		Staking::credit(&account(200), ent(1));
		assert_ok!(collect(200, &[]));
		assert_eq!(balances(&account(200)), Earnings { ent: least, ebtc: Sats(50) });
		assert_eq!(earned(200), Earnings::ZERO);
	});
}

#[test]
fn ent_is_made_by_the_block() {
	start(|| {
		govern(|policy| (policy.inflation, policy.year) = (50_000, 1_000));
		let (issued, start) = (Balances::total_issuance(), System::block_number());
		next_blocks(37);
		candidate(1, OWN_BOND);
		end_session([(1, 1)]);
		let blocks = System::block_number() - start;
		assert_eq!(LastInflation::<Test>::get(), System::block_number());
		let new = issued * 50_000 * blocks as u128 / (1_000_000 * 1_000);
		assert!(new > 0);
		assert_eq!(Balances::total_issuance(), issued + new);
		// At once there is nothing more.
		end_session([(1, 1)]);
		assert_eq!(Balances::total_issuance(), issued + new);
	});
}

#[test]
fn new_numbers_make_ent_from_now_on() {
	start(|| {
		govern(|policy| (policy.inflation, policy.year) = (50_000, 1_000));
		let (issued, start) = (Balances::total_issuance(), System::block_number());
		next_blocks(10);
		govern(|policy| policy.inflation = 0);
		let blocks = System::block_number() - start;
		let new = issued * 50_000 * blocks as u128 / (1_000_000 * 1_000);
		assert_eq!(Balances::total_issuance(), issued + new);
		next_blocks(10);
		govern(|policy| policy.inflation = 1_000_000);
		assert_eq!(Balances::total_issuance(), issued + new);
	});
}

#[test]
fn what_is_too_little_for_the_pot_to_exist_is_made_later() {
	start(|| {
		assert_eq!(balances(&Staking::pot()), Earnings::ZERO);
		govern(|policy| (policy.inflation, policy.year) = (10, 100_000));
		let (issued, start) = (Balances::total_issuance(), System::block_number());
		next_blocks(10);
		end_session([]);
		assert_eq!((Balances::total_issuance(), LastInflation::<Test>::get()), (issued, start));
		next_blocks(50);
		end_session([]);
		let new = issued * 10 * 60 / (1_000_000 * 100_000);
		assert!(new > Balances::minimum_balance());
		assert_eq!(Balances::total_issuance(), issued + new);
	});
}

/// What happens to rewards.
#[derive(Clone, Debug)]
enum Step {
	Fees(u128, u64),
	/// A session, by the blocks of each validator.
	Session([u32; 4]),
	/// By owner, sequencer, value.
	Bond(u8, u8, u64),
	Leave(Index),
	/// An owner collects for its bonds, those that the bits name.
	Collect(u8, u8),
	Commission(u8, u32),
	Blocks(u32),
}

fn step() -> impl Strategy<Value = Step> {
	let ent = prop_oneof![0..50u128, 0..1u128 << 60];
	let blocks = prop_oneof![Just(0), 0..20u32];
	prop_oneof![
		3 => (ent, 0..200_000_000u64).prop_map(|(ent, ebtc)| Step::Fees(ent, ebtc)),
		5 => [blocks.clone(), blocks.clone(), blocks.clone(), blocks].prop_map(Step::Session),
		3 => (1..=6u8, 1..=3u8, 1_000..1u64 << 45).prop_map(|(o, s, v)| Step::Bond(o, s, v)),
		2 => any::<Index>().prop_map(Step::Leave),
		4 => (1..=6u8, any::<u8>()).prop_map(|(owner, bits)| Step::Collect(owner, bits)),
		1 => (1..=3u8, 0..=300_000u32).prop_map(|(n, ppm)| Step::Commission(n, ppm)),
		1 => (1..50u32).prop_map(Step::Blocks),
	]
}

/// What each owner should have earned, in units of 2⁻⁶⁴ of ENT and eBTC.
#[derive(Default)]
struct Books {
	/// Rounded down, and up.
	least: BTreeMap<u8, [U256; 2]>,
	most: BTreeMap<u8, [U256; 2]>,
	/// By how much at the most the chain's rounding can differ from that.
	slack: U256,
	bonds: Vec<(OutPoint, u8, u8, u64)>,
	/// How many bonds have been settled for good: of each less than a unit may be lost.
	ended: BTreeMap<u8, u32>,
	collected: BTreeMap<u8, Earnings>,
}

impl Books {
	fn earn(&mut self, owner: u8, down: [U256; 2], up: [U256; 2]) {
		for i in 0..2 {
			self.least.entry(owner).or_default()[i] += down[i];
			self.most.entry(owner).or_default()[i] += up[i];
		}
	}

	/// A session, shared as the documentation says it is.
	fn session(&mut self, pot: Earnings, blocks: [u32; 4]) {
		let all = blocks.iter().sum::<u32>();
		for (n, blocks) in (1..=4u8).zip(blocks) {
			if blocks == 0 {
				continue;
			}
			let bonds = self.bonds.iter().filter(|(_, _, sequencer, _)| *sequencer == n);
			let bonds = bonds.map(|(_, owner, _, value)| (*owner, *value)).collect::<Vec<_>>();
			let total = bonds.iter().map(|(_, value)| value).sum::<u64>();
			let commission = Sequencers::<Test>::get(account(n)).map_or(0, |them| them.commission);
			let whole = [pot.ent, pot.ebtc.0.into()]
				.map(|pot| U256::from(pot) * U256::from(blocks) / U256::from(all));
			let own = whole.map(|whole| match total {
				0 => whole,
				_ => whole * U256::from(commission) / U256::from(1_000_000),
			});
			self.earn(n, own.map(|own| own << 64), own.map(|own| own << 64));
			for (owner, value) in bonds {
				let part = [0, 1].map(|i| ((whole[i] - own[i]) * U256::from(value)) << 64);
				let down = part.map(|part| part / U256::from(total));
				self.earn(owner, down, down.map(|down| down + U256::from(1)));
			}
			self.slack += U256::from(Sats::MAX_MONEY.0);
		}
	}

	/// What each can collect together with what it has collected is what it should be.
	fn check(&self) {
		for owner in 1..=6 {
			let mut open = earned(owner);
			let mut bonds = 0u32;
			for (outpoint, ..) in self.bonds.iter().filter(|bond| bond.1 == owner) {
				let mut bond = Bonds::<Test>::get(outpoint).unwrap();
				let sequencer = sequencer(number(&bond.sequencer));
				open = open.saturating_add(bond.collected.settle(&sequencer.earned, bond.value));
				bonds += 1;
			}
			let had = self.collected.get(&owner).copied().unwrap_or_default();
			let has = had.saturating_add(open);
			let has = [has.ent, has.ebtc.0.into()].map(|has| U256::from(has) << 64);
			let lost = bonds + self.ended.get(&owner).copied().unwrap_or(0);
			let lost = self.slack + (U256::from(lost) << 64);
			let least = self.least.get(&owner).copied().unwrap_or_default();
			let most = self.most.get(&owner).copied().unwrap_or_default();
			for i in 0..2 {
				assert!(has[i] <= most[i] + self.slack, "{owner} has more than it earned");
				assert!(has[i] + lost >= least[i], "{owner} has less than it earned");
			}
		}
	}
}

proptest! {
	#![proptest_config(ProptestConfig::with_cases(96))]

	/// Over any sessions, bonds and collections each owner gets what is its part, less than a unit for each
	/// bond short; and what is owed, what was paid and what waits is what came in, to the unit.
	#[test]
	fn rewards_are_exact(steps in prop::collection::vec(step(), 10..150)) {
		start(|| {
			open_pot();
			govern(|policy| (policy.inflation, policy.commission_delay) = (10_000, 0));
			let kept = balances(&Staking::pot());
			(1..=3).for_each(|n| Staking::stake(signed(n), STAKE).unwrap());
			let mut books = Books::default();
			let mut fees = Earnings::ZERO;
			let mut made = 0;
			for step in steps {
				match step {
					Step::Fees(ent, ebtc) => {
						pay_fees(ent, ebtc);
						fees = fees.saturating_add(Earnings { ent, ebtc: Sats(ebtc) });
					},
					Step::Session(blocks) => {
						let issued = Balances::total_issuance();
						let since = System::block_number() - LastInflation::<Test>::get();
						let year = U256::from(1_000_000u64 * 1_000);
						let new = U256::from(issued) * U256::from(10_000 * since) / year;
						let pot = Staking::unshared().saturating_add(ent(new.as_u128()));
						made += new.as_u128();
						books.session(pot, blocks);
						// Whoever is not named is no validator, so nobody is jailed here.
						for (n, blocks) in (1..=4).zip(blocks) {
							(0..blocks).for_each(|_| author(n));
						}
						end_session([]);
						assert_eq!(Balances::total_issuance(), issued + new.as_u128());
					},
					Step::Bond(owner, sequencer, value) => {
						let outpoint = bond(owner, sequencer, value);
						books.bonds.push((outpoint, owner, sequencer, value));
					},
					Step::Leave(which) if !books.bonds.is_empty() => {
						let which = which.index(books.bonds.len());
						let (outpoint, owner, ..) = books.bonds.swap_remove(which);
						leave(outpoint);
						*books.ended.entry(owner).or_default() += 1;
					},
					Step::Leave(_) => (),
					Step::Collect(owner, bits) => {
						let own = books.bonds.iter().filter(|bond| bond.1 == owner).enumerate();
						let own = own.filter(|(i, _)| bits >> (i % 8) & 1 == 1).map(|(_, bond)| bond);
						let names = own.map(|(outpoint, ..)| *outpoint).take(50).collect::<Vec<_>>();
						let before = balances(&account(owner));
						if let Err(error) = collect(owner, &names) {
							assert_eq!(error, Why::NothingToCollect.into());
							continue;
						}
						let got = balances(&account(owner)).saturating_sub(before);
						let had = books.collected.entry(owner).or_default();
						*had = had.saturating_add(got);
					},
					Step::Commission(n, ppm) => drop(Staking::set_commission(signed(n), ppm)),
					Step::Blocks(blocks) => next_blocks(blocks),
				}
				Staking::do_try_state().unwrap();
				books.check();
				let paid = books.collected.values().copied();
				let paid = paid.fold(Earnings::ZERO, Earnings::saturating_add);
				let there = balances(&Staking::pot()).saturating_sub(kept);
				assert_eq!(there.saturating_add(paid), fees.saturating_add(ent(made)));
			}
		});
	}
}
