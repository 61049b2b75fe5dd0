//! What people and nodes ask.

mod bonds;

use crate::{
	mock::*, Authored, Elected, Policy, Ranking, Rules, RulesVersion, Sequencer, SequencerStatus,
	Sequencers, StakingStatus, TermsRefusal, MAX_BONDS,
};
use codec::{Decode, Encode};
use entangled_bitcoin::{
	bond::{bond_output, BondRules},
	Native, Sats, XOnlyKey,
};
use polkadot_sdk::{frame_support::assert_ok, sp_runtime::AccountId32};
use std::collections::BTreeSet;

fn elected(now: &[u8], next: &[u8]) -> Elected<AccountId32> {
	let set = |numbers: &[u8]| numbers.iter().map(|n| account(*n)).collect::<BTreeSet<_>>();
	Elected { now: set(now), next: set(next) }
}

#[test]
fn the_status_names_what_holds_now() {
	run(|| {
		let first = RulesVersion { from: 0, rules: rules() };
		let status = Staking::status();
		assert_eq!((status.rules, status.covenant), (Some(first), Some(0)));
		assert_eq!((status.bonded, status.standing), (Sats::ZERO, 0));
		assert_eq!(status.founders, [account(100), account(101)]);
		let from = best().height + 2;
		let later = RulesVersion { from, rules: BondRules { slash_ppm: 200_000, ..rules() } };
		assert_ok!(Staking::set_rules(RuntimeOrigin::root(), later));
		bury(1);
		assert_eq!(Staking::status().rules, Some(first));
		bury(1);
		assert_eq!(Staking::status().rules, Some(later));
		stand(1);
		bonded(1, 1, 200_000);
		Serving::set(None);
		let status = Staking::status();
		assert_eq!((status.bonded, status.standing, status.covenant), (Sats(200_000), 1, None));
		let again = StakingStatus::decode(&mut &status.encode()[..]);
		assert_eq!(again, Ok(status));
	});
}

#[test]
fn those_who_stand_come_first_in_order_and_then_other_validators() {
	run(|| {
		for n in [1, 2, 3] {
			stand(n);
		}
		enlist(4);
		bonded(2, 2, 300_000);
		bonded(3, 3, 200_000);
		// Without a bond of its own a candidate has no weight, whatever others bond for it.
		bonded(5, 1, 900_000);
		let elected = elected(&[100, 101, 2], &[2, 3]);
		let views = Staking::sequencers(&elected);
		let seen = views.iter().map(|view| {
			let n = view.account.clone();
			(n, view.rank, view.weight.0, view.validator, view.next, view.founder)
		});
		let wanted = [
			(2, Some(0), 300_000, true, true, false),
			(3, Some(1), 200_000, false, true, false),
			(1, Some(2), 0, false, false, false),
			(100, None, 0, true, false, true),
			(101, None, 0, true, false, true),
		];
		let wanted = wanted.map(|(n, rank, sats, now, next, founder)| {
			(account(n), rank, sats, now, next, founder)
		});
		assert_eq!(seen.collect::<Vec<_>>(), wanted);
		assert!(views[3].record.is_none() && views[2].record.is_some());
		for view in views {
			assert_eq!(Staking::sequencer(view.account.clone(), &elected), Some(view));
		}
		// One that does not stand, and nobody at all.
		let rest = Staking::sequencer(account(4), &elected).unwrap();
		let status = rest.record.map(|record| record.status);
		assert_eq!((rest.rank, status), (None, Some(SequencerStatus::Chilled)));
		assert_eq!(Staking::sequencer(account(9), &elected), None);
		assert_eq!(Ranking::<Test>::decode_len(), Some(3));
	});
}

#[test]
fn a_quote_is_what_the_registration_takes() {
	run(|| {
		enlist(1);
		let quote = Staking::bond_terms(&account(5), &account(1), key(5), 100).unwrap();
		let draft = draft(5, 1, quote.least.0, 100);
		assert_eq!((quote.terms.clone(), quote.covenant), (draft.terms.clone(), draft.covenant));
		let output = bond_output::<Native>(&quote.terms).unwrap();
		assert_eq!(quote.script, output.script_pubkey());
		assert_eq!((quote.least, quote.deposit), (policy().min_bond, 1_000));
		assert_ok!(draft.register());
		govern(|policy| policy.min_bond = rules().min_value().unwrap());
		let quote = Staking::bond_terms(&account(5), &account(1), key(5), 100).unwrap();
		assert_eq!(Some(quote.least), rules().min_value());
	});
}

#[test]
fn there_is_no_quote_for_what_would_be_refused() {
	run(|| {
		enlist(1);
		let quote = |n: u8, key: XOnlyKey, timelock| {
			Staking::bond_terms(&account(5), &account(n), key, timelock).map(drop)
		};
		let refused = |n, timelock, why| assert_eq!(quote(n, key(5), timelock), Err(why));
		assert_ok!(quote(1, key(5), 30));
		refused(2, 30, TermsRefusal::UnknownSequencer);
		refused(1, 29, TermsRefusal::TimelockOutOfRange);
		refused(1, 201, TermsRefusal::TimelockOutOfRange);
		let nobodys = XOnlyKey([0; 32]);
		assert_eq!(quote(1, nobodys, 30), Err(TermsRefusal::InvalidKey));
		assert_eq!(quote(1, key(101), 30), Err(TermsRefusal::InvalidKey), "a member's");
		let change = |change: fn(&mut Sequencer)| {
			Sequencers::<Test>::mutate(account(1), |sequencer| change(sequencer.as_mut().unwrap()));
		};
		change(|sequencer| sequencer.bonds = MAX_BONDS);
		refused(1, 30, TermsRefusal::TooManyBonds);
		change(|sequencer| sequencer.bonds = 0);
		Serving::set(None);
		refused(1, 30, TermsRefusal::UnknownCovenant);
		Serving::set(Some(0));
		let cheap = BondRules { unbonding_fee: Sats(1), ..rules() };
		let versions = vec![RulesVersion { from: 0, rules: cheap }];
		Rules::<Test>::put(polkadot_sdk::frame_support::BoundedVec::truncate_from(versions));
		refused(1, 30, TermsRefusal::FeesTooLow);
		Rules::<Test>::kill();
		refused(1, 30, TermsRefusal::UnsoundRules);
		cheat(1, 1, None);
		refused(1, 30, TermsRefusal::Banned);
	});
}

#[test]
fn what_waits_to_be_collected_is_what_is_collected() {
	run(|| {
		stand(1);
		let own = bonded(1, 1, 200_000);
		let delegated = bonded(5, 1, 123_457);
		next_blocks(100);
		Authored::<Test>::insert(account(1), 3);
		Authored::<Test>::insert(account(100), 4);
		assert!(Staking::status().unshared.ent == 0, "ENT is made when the session ends");
		Staking::end_session(1, &[account(1), account(100)]);
		let owed = Staking::status().owed;
		assert!(owed.ent > 0);
		let mut sum = 0;
		for (n, bonds) in [(1, vec![own]), (5, vec![delegated]), (100, vec![])] {
			let pending = Staking::pending_rewards(&account(n), &bonds);
			// What is not one's own counts for nothing.
			let all = [own, delegated, bonds_of_nobody(), own, delegated];
			let all = Staking::pending_rewards(&account(n), &all);
			assert_eq!(pending, all);
			let before = Balances::free_balance(account(n));
			let bonds = bonds.try_into().unwrap();
			assert_ok!(Staking::collect(signed(n), bonds));
			assert_eq!(Balances::free_balance(account(n)), before + pending.ent);
			sum += pending.ent;
		}
		assert!(sum <= owed.ent && sum + 4 > owed.ent, "{sum} of {}", owed.ent);
	});
}

fn bonds_of_nobody() -> entangled_bitcoin::OutPoint {
	entangled_bitcoin::OutPoint { txid: entangled_bitcoin::Txid([7; 32]), vout: 0 }
}

/// Amounts of ENT are text, whatever their size, and numbers are read as well.
#[test]
fn amounts_are_exact_in_json() {
	run(|| {
		let mut policy = Policy { min_stake: u128::MAX, ..policy() };
		let written = serde_json::to_value(&policy).unwrap();
		assert_eq!(written["minStake"], u128::MAX.to_string());
		assert_eq!(written["registrationDeposit"], "1000");
		assert_eq!(serde_json::from_value::<Policy>(written.clone()).unwrap(), policy);
		let mut number = written.clone();
		number["minStake"] = 7.into();
		policy.min_stake = 7;
		assert_eq!(serde_json::from_value::<Policy>(number).unwrap(), policy);
		for wrong in [serde_json::json!("-1"), serde_json::json!("1.5"), serde_json::json!(-1)] {
			let mut value = written.clone();
			value["minStake"] = wrong;
			assert!(serde_json::from_value::<Policy>(value).is_err());
		}

		enlist(1);
		assert_ok!(Staking::unstake(signed(1), 4_000));
		let sequencer = Sequencers::<Test>::get(account(1)).unwrap();
		let written = serde_json::to_value(&sequencer).unwrap();
		assert_eq!(
			(&written["stake"], &written["unlocking"][0][0]),
			(&"6000".into(), &"4000".into())
		);
		assert_eq!(serde_json::from_value::<Sequencer>(written.clone()).unwrap(), sequencer);
		let mut long = written;
		let one = long["unlocking"][0].clone();
		long["unlocking"] = vec![one; crate::MAX_UNLOCKING as usize + 1].into();
		assert!(serde_json::from_value::<Sequencer>(long).is_err());
	});
}
