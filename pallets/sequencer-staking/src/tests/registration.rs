//! Bonds that are registered.

use crate::{
	mock::*, Asked, Bond, BondState, Bonds, BondsOf, Collected, CovenantBonds, Duty, Error, Event,
	HoldReason, RulesVersion, Sequencers, KEPT_PLACES, MAX_BONDS,
};
use bitcoin::consensus;
use entangled_bitcoin::{bond::BondRules, Sats, XOnlyKey};
use polkadot_sdk::{
	frame_support::{assert_noop, assert_ok},
	sp_runtime::DispatchError,
};

type Why = Error<Test>;

#[test]
fn a_bond_is_written_down_and_the_covenant_is_asked() {
	run(|| {
		enlist(2);
		let draft = draft(1, 2, 1_000_000, 100);
		events();
		assert_ok!(draft.register());
		let (outpoint, value) = (draft.outpoint(), Sats(1_000_000));
		let (owner, sequencer) = (account(1), account(2));
		let registered = Event::BondRegistered {
			outpoint,
			owner: owner.clone(),
			sequencer: sequencer.clone(),
			value,
		};
		assert_eq!(events(), [registered]);
		let now = Bitcoin::clock();
		let expected = Bond {
			owner,
			sequencer: sequencer.clone(),
			staker: key(1),
			covenant: 0,
			timelock: 100,
			rules: rules(),
			value,
			presigned: draft.registration().presigned,
			extends: None,
			deposit: policy().registration_deposit,
			registered: now,
			counts_from: 0,
			collected: Collected::default(),
			state: BondState::Registered {
				deadline: now.after(policy().registration_blocks, policy().registration_own_blocks),
			},
		};
		assert_eq!(bond(outpoint), expected);
		assert_eq!(held(HoldReason::Registration, 1), policy().registration_deposit);
		assert!(BondsOf::<Test>::contains_key(&sequencer, outpoint));
		assert!(Asked::<Test>::contains_key(outpoint, Duty::Unbonding));
		assert_eq!(CovenantBonds::<Test>::get(0), 1);
		let sequencer = Sequencers::<Test>::get(sequencer).unwrap();
		assert_eq!((sequencer.bonds, sequencer.total), (1, Sats::ZERO));
	});
}

/// From the first signature to the last satoshi, as it should be.
#[test]
fn the_life_of_a_bond() {
	run(|| {
		enlist(1);
		let draft = draft(1, 1, 1_000_000, 100);
		events();
		assert_ok!(draft.register());
		let outpoint = draft.outpoint();
		complete(outpoint, Duty::Unbonding);
		assert_eq!(events().last(), Some(&Event::BondApproved { outpoint }));
		let funding = confirm(&draft.funding);
		let included = funding.block.height;
		assert_ok!(Staking::activate(nobody(), outpoint, funding));
		let expires = included + 100 - 10;
		let activated = Event::BondActivated { outpoint, value: Sats(1_000_000), expires };
		assert_eq!(events().last(), Some(&activated));
		assert_eq!(state(outpoint), BondState::Active { included, expires });
		assert_eq!(held(HoldReason::Registration, 1), 0);
		assert_eq!(Sequencers::<Test>::get(account(1)).unwrap().own, Sats(1_000_000));

		assert_ok!(Staking::unbond(signed(1), outpoint));
		let claim = confirm(&transaction(outpoint, Duty::Unbonding));
		let until = claim.block.height + 10;
		assert_ok!(report(outpoint, claim));
		assert_eq!(events().last(), Some(&Event::BondUnbonded { outpoint, until }));
		assert_noop!(Staking::release(signed(9), outpoint), Why::NotReleased);
		bury(until - best().height);
		assert_ok!(Staking::release(signed(9), outpoint));
		assert!(bond(outpoint).has_ended());
		assert_eq!(Sequencers::<Test>::get(account(1)).unwrap().bonds, 0);
		assert!(!CovenantBonds::<Test>::contains_key(0));
	});
}

#[test]
fn nobody_bonds_for_whom_there_is_not() {
	run(|| {
		let draft = draft(1, 2, 1_000_000, 100);
		assert_noop!(draft.register(), Why::UnknownSequencer);
		enlist(2);
		cheat(2, 1, None);
		assert_noop!(draft.register(), Why::Banned);
		// Nor one who has as many bonds as can be.
		enlist(3);
		let draft = Draft { sequencer: 3, ..draft };
		let set =
			|bonds| Sequencers::<Test>::mutate(account(3), |s| s.as_mut().unwrap().bonds = bonds);
		set(MAX_BONDS - KEPT_PLACES);
		assert_noop!(draft.register(), Why::TooManyBonds);
		set(0);
		assert_ok!(draft.register());
		for origin in [RuntimeOrigin::root(), RuntimeOrigin::none(), nobody()] {
			let call = Staking::register(origin, draft.registration());
			assert_noop!(call, DispatchError::BadOrigin);
		}
	});
}

/// Who registers bonds and funds none of them keeps neither a sequencer from bonding nor others from staying.
#[test]
fn strangers_do_not_take_all_places() {
	run(|| {
		enlist(2);
		let old = bonded(1, 2, 1_000_000);
		for n in 1..u64::from(MAX_BONDS - KEPT_PLACES) {
			assert_ok!(draft(3, 2, 100_000 + n, 100).register());
		}
		assert_noop!(draft(3, 2, 100_000, 100).register(), Why::TooManyBonds);
		assert_noop!(draft(1, 2, 100_000, 100).register(), Why::TooManyBonds);
		assert_ok!(draft(2, 2, 1_000_000, 100).register());
		assert_ok!(extend(old, 100));
		// Those places have an end too.
		let bonds = |change: fn(u32) -> u32| {
			Sequencers::<Test>::mutate(account(2), |them| {
				let them = them.as_mut().unwrap();
				them.bonds = change(them.bonds);
			});
		};
		bonds(|bonds| bonds + KEPT_PLACES - 2);
		assert_noop!(draft(2, 2, 2_000_000, 100).register(), Why::TooManyBonds);
		assert!(extend(old, 110).is_err_and(|why| why == Why::TooManyBonds.into()));
		bonds(|bonds| bonds + 2 - KEPT_PLACES);
	});
}

#[test]
fn the_covenant_is_the_committee_that_serves() {
	run(|| {
		enlist(1);
		let draft = draft(1, 1, 1_000_000, 100);
		let with = |covenant| Draft { covenant, ..draft.clone() }.register();
		assert_noop!(with(1), Why::UnknownCovenant);
		assert_noop!(with(9), Why::UnknownCovenant);
		Serving::set(None);
		assert_noop!(with(0), Why::UnknownCovenant);
		Serving::set(Some(1));
		assert_noop!(with(0), Why::UnknownCovenant);
		// Not by name only: the output is another's.
		assert_noop!(with(1), Why::WrongScript);
	});
}

#[test]
fn the_timelock_is_neither_too_short_nor_too_long() {
	run(|| {
		enlist(1);
		for timelock in [0, 1, policy().min_timelock - 1, policy().max_timelock + 1, u16::MAX] {
			let mut draft = draft(1, 1, 1_000_000, 100);
			draft.terms.timelock = timelock;
			let mut registration = draft.registration();
			registration.timelock = timelock;
			let call = Staking::register(signed(1), registration);
			assert_noop!(call, Why::TimelockOutOfRange);
		}
		assert_ok!(draft(1, 1, 1_000_000, policy().min_timelock).register());
		assert_ok!(draft(1, 1, 1_000_000, policy().max_timelock).register());
	});
}

#[test]
fn a_key_is_the_accounts_own_and_not_the_covenants() {
	run(|| {
		enlist(1);
		let good = draft(1, 1, 1_000_000, 100);
		// Somebody else brings what account 1 has signed.
		let call = Staking::register(signed(2), good.registration());
		assert_noop!(call, Why::WrongBondSlashSignature);
		// What account 1 has signed for another chain.
		let mut foreign = good.clone();
		foreign.terms.chain = entangled_bitcoin::ChainId([0xc2; 32]);
		assert_noop!(foreign.register(), Why::WrongBondSlashSignature);
		// Account 2 signs for the key of account 1.
		let mut registration = good.registration();
		registration.presigned = presign(2, &good.terms, &good.coin());
		assert_noop!(Staking::register(signed(1), registration), Why::WrongBondSlashSignature);
		// One key of the covenant would count twice.
		let member = draft(101, 1, 1_000_000, 100);
		assert_noop!(member.register(), Why::InvalidKey);
		// Nobody can ever sign for a key that is not on the curve.
		let mut nowhere = draft(1, 1, 1_000_000, 100);
		nowhere.terms.staker = XOnlyKey([0xff; 32]);
		let script =
			entangled_bitcoin::bond::bond_output::<entangled_bitcoin::Native>(&nowhere.terms);
		nowhere.funding.output[0].script_pubkey = script.unwrap().script_pubkey().into();
		let mut registration = nowhere.registration();
		registration.staker = nowhere.terms.staker;
		assert_noop!(Staking::register(signed(1), registration), Why::InvalidKey);
	});
}

#[test]
fn the_funding_is_a_transaction_that_funds_this_bond_once() {
	run(|| {
		enlist(1);
		let good = draft(1, 1, 1_000_000, 100);
		let bytes = |funding: Vec<u8>| {
			let mut registration = good.registration();
			registration.funding = funding.try_into().unwrap();
			Staking::register(signed(1), registration)
		};
		let plain = good.registration().funding.into_inner();
		assert_noop!(bytes(vec![]), Why::NotATransaction);
		assert_noop!(bytes(plain[1..].to_vec()), Why::NotATransaction);
		assert_noop!(bytes([&plain[..], &[0]].concat()), Why::NotATransaction);
		let mut with_witness = good.funding.clone();
		with_witness.input[0].witness.push([1]);
		let serialized = consensus::serialize(&with_witness);
		assert_noop!(bytes(serialized), Why::NotATransaction);

		let with = |change: &dyn Fn(&mut Draft)| {
			let mut draft = good.clone();
			change(&mut draft);
			let mut registration = draft.registration();
			registration.timelock = 100;
			Staking::register(signed(1), registration)
		};
		let coinbase = with(&|draft| {
			draft.funding.input[0].previous_output = bitcoin::OutPoint::null();
		});
		assert_noop!(coinbase, Why::Coinbase);
		let mut registration = good.registration();
		for vout in [1, u32::MAX] {
			registration.vout = vout;
			let call = Staking::register(signed(1), registration.clone());
			assert_noop!(call, Why::NoSuchOutput);
		}
		let twice = with(&|draft| {
			let output = draft.funding.output[0].clone();
			draft.funding.output.push(output);
		});
		assert_noop!(twice, Why::SeveralOutputs);
		let other = with(&|draft| {
			let change = output(draft.funding.output[0].script_pubkey.to_p2wsh(), 5_000_000);
			draft.funding.output.insert(0, change);
		});
		assert_noop!(other, Why::WrongScript);
		// The same in its place is fine.
		let second = with(&|draft| {
			let change = output(draft.funding.output[0].script_pubkey.to_p2wsh(), 5_000_000);
			draft.funding.output.insert(0, change);
			draft.vout = 1;
		});
		assert_ok!(second);
	});
}

/// The output commits to all the terms.
#[test]
fn the_output_is_that_of_the_terms() {
	run(|| {
		enlist(1);
		let good = draft(1, 1, 1_000_000, 100);
		let mut registration = good.registration();
		registration.timelock = 101;
		assert_noop!(Staking::register(signed(1), registration), Why::WrongScript);
		let other = draft(2, 1, 1_000_000, 100);
		let call = Draft { funding: other.funding, ..good.clone() };
		assert_noop!(call.register(), Why::WrongScript);
		assert_ok!(good.register());
	});
}

#[test]
fn a_bond_holds_neither_too_little_nor_more_than_there_is() {
	run(|| {
		enlist(1);
		let of = |value| draft(1, 1, value, 100).register();
		let least = policy().min_bond.0;
		assert_noop!(of(least - 1), Why::BelowMinimum);
		assert_noop!(of(0), Why::BelowMinimum);
		assert_noop!(of(Sats::MAX_MONEY.0 + 1), Why::AboveMaximum);
		assert_noop!(of(u64::MAX), Why::AboveMaximum);
		assert_ok!(of(least));
		assert_ok!(of(Sats::MAX_MONEY.0));
	});
}

#[test]
fn no_output_is_registered_twice() {
	run(|| {
		enlist(1);
		enlist(2);
		let draft = draft(1, 1, 1_000_000, 100);
		assert_ok!(draft.register());
		assert_noop!(draft.register(), Why::AlreadyRegistered);
		let elsewhere = Draft { sequencer: 2, ..draft.clone() };
		assert_noop!(elsewhere.register(), Why::AlreadyRegistered);
		// Not even after it was given up: another unbonding transaction could be signed for it.
		bury(policy().registration_blocks);
		next_blocks(policy().registration_own_blocks);
		assert_ok!(Staking::drop_bond(signed(9), draft.outpoint()));
		assert_noop!(draft.register(), Why::AlreadyRegistered);
	});
}

#[test]
fn a_deposit_is_on_hold() {
	run(|| {
		enlist(1);
		// Key 50 is of an account with nothing.
		assert_noop!(draft(50, 1, 1_000_000, 100).register(), Why::InsufficientBalance);
		assert_ok!(draft(1, 1, 1_000_000, 100).register());
		// What was deposited comes back as it was, whatever governance does.
		govern(|policy| policy.registration_deposit *= 3);
		assert_ok!(draft(1, 1, 1_000_000, 100).register());
		assert_eq!(held(HoldReason::Registration, 1), 4 * policy().registration_deposit);
	});
}

/// Parameters are versioned by the height of Bitcoin, and a bond keeps those it was registered under.
#[test]
fn rules_hold_from_a_height_on_and_for_the_life_of_a_bond() {
	run(|| {
		enlist(1);
		let before = draft(1, 1, 1_000_000, 100);
		assert_ok!(before.register());
		let rules = BondRules { unbonding_time: 20, slash_ppm: 500_000, ..rules() };
		let from = best().height + 2;
		let version = RulesVersion { from, rules };
		assert_ok!(Staking::set_rules(RuntimeOrigin::root(), version));
		assert_ok!(draft(1, 1, 1_000_000, 100).register());
		bury(1);
		let late = draft(1, 1, 1_000_000, 100);
		bury(1);
		// Signed for transactions by rules that hold no more.
		assert_noop!(late.register(), Why::WrongBondSlashSignature);
		let after = draft(1, 1, 1_000_000, 100);
		assert_ok!(after.register());
		assert_eq!(bond(before.outpoint()).rules.unbonding_time, 10);
		assert_eq!(bond(after.outpoint()).rules, rules);
		let count =
			|time| Bonds::<Test>::iter_values().filter(|b| b.rules.unbonding_time == time).count();
		assert_eq!((count(10), count(20)), (2, 1));
	});
}

/// Fees that this covenant's transactions could not be relayed for.
#[test]
fn what_the_rules_pay_must_suffice_for_the_covenant() {
	run(|| {
		enlist(1);
		let low = |unbonding, slashing| {
			let rules = BondRules {
				unbonding_fee: Sats(unbonding),
				slashing_fee: Sats(slashing),
				..rules()
			};
			let version = RulesVersion { from: best().height + 1, rules };
			assert_ok!(Staking::set_rules(RuntimeOrigin::root(), version));
			bury(1);
			draft(1, 1, 1_000_000, 100)
		};
		let draft = low(100, 1_000);
		assert_noop!(draft.register(), Why::FeesTooLow);
		let draft = low(1_000, 100);
		assert_noop!(draft.register(), Why::FeesTooLow);
		assert_ok!(low(1_000, 1_000).register());
	});
}
