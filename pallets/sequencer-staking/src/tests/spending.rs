//! Bonds that are spent otherwise.

use crate::{mock::*, BondedTotal, Duty, Error, Event, HoldReason, Outcome, SlashOrders};
use bitcoin::ScriptBuf;
use entangled_bitcoin::{
	bond::{BondOutput, Slashable},
	Native, Sats, Sighashes,
};
use pallet_btc_light_client::MAX_TRANSACTION;
use polkadot_sdk::{
	frame_support::{assert_noop, assert_ok, dispatch::Pays},
	sp_runtime::DispatchError,
};

type Why = Error<Test>;

#[test]
fn a_bond_that_is_spent_outside_the_protocol_counts_no_more() {
	run(|| {
		enlist(1);
		let outpoint = bonded(1, 1, 1_000_000);
		let tx = collusion(outpoint, Duty::Unbonding, 0);
		let claim = confirm(&tx);
		events();
		let post = report(outpoint, claim.clone()).unwrap();
		assert_eq!(post.pays_fee, Pays::No);
		let outcome = Outcome::Foreign { txid: tx.compute_txid().into() };
		assert_eq!(events(), [Event::BondClosed { outpoint, outcome }]);
		assert_eq!(BondedTotal::<Test>::get(), Sats::ZERO);
		assert_noop!(report(outpoint, claim), Why::Ended);
	});
}

/// An order to slash what is gone ends.
#[test]
fn also_when_it_was_to_be_slashed() {
	run(|| {
		enlist(1);
		let outpoint = bonded(1, 1, 1_000_000);
		cheat(1, 1, None);
		next_block();
		let claim = confirm(&collusion(outpoint, Duty::Unbonding, 0));
		assert_ok!(report(outpoint, claim));
		assert!(matches!(outcome(outpoint), Outcome::Foreign { .. }));
		assert_eq!(SlashOrders::<Test>::iter().count(), 0);
		assert_noop!(sign_by(101, outpoint, Duty::Slash), Why::Ended);
	});
}

/// What unbonding made of it is watched as well, whether the unbonding was reported or not.
#[test]
fn what_unbonding_made_of_it_is_spent() {
	for reported in [true, false] {
		run(|| {
			enlist(1);
			let outpoint = bonded(1, 1, 1_000_000);
			let unbonding = confirm(&transaction(outpoint, Duty::Unbonding));
			if reported {
				assert_ok!(report(outpoint, unbonding));
			}
			let claim = confirm(&collusion(outpoint, Duty::Slash, 1));
			assert_ok!(report(outpoint, claim));
			assert!(matches!(outcome(outpoint), Outcome::Foreign { .. }));

			let outpoint = bonded(1, 1, 1_000_000);
			let unbonding = confirm(&transaction(outpoint, Duty::Unbonding));
			if reported {
				assert_ok!(report(outpoint, unbonding));
			}
			bury(10);
			let claim = confirm(&withdrawal(outpoint, BondOutput::Unbonding));
			assert_ok!(report(outpoint, claim));
			assert_eq!(outcome(outpoint), Outcome::Released);
			assert_eq!(BondedTotal::<Test>::get(), Sats::ZERO);
		});
	}
}

/// A coin that is spent before its bond counts must not come to count afterwards.
#[test]
fn a_bond_that_is_spent_before_it_counts() {
	run(|| {
		enlist(1);
		for (n, foreign) in [(0, false), (1, true)] {
			let draft = draft(1, 1, 1_000_000 + n, 100);
			let outpoint = approved(&draft);
			let funding = confirm(&draft.funding);
			let tx = if foreign {
				collusion(outpoint, Duty::Unbonding, 0)
			} else {
				transaction(outpoint, Duty::Unbonding)
			};
			assert_ok!(report(outpoint, confirm(&tx)));
			let expected = if foreign {
				Outcome::Foreign { txid: tx.compute_txid().into() }
			} else {
				Outcome::Released
			};
			assert_eq!(outcome(outpoint), expected);
			assert_eq!(held(HoldReason::Registration, 1), 0);
			assert_noop!(Staking::activate(nobody(), outpoint, funding), Why::Ended);
		}
	});
}

/// If it came to count all the same, anybody can put that right.
#[test]
fn a_bond_that_counts_though_it_is_spent() {
	run(|| {
		enlist(1);
		let draft = draft(1, 1, 1_000_000, 100);
		let outpoint = approved(&draft);
		let funding = confirm(&draft.funding);
		let unbonding = confirm(&transaction(outpoint, Duty::Unbonding));
		assert_ok!(Staking::activate(nobody(), outpoint, funding));
		assert_eq!(BondedTotal::<Test>::get(), Sats(1_000_000));
		assert_ok!(report(outpoint, unbonding));
		assert_eq!(BondedTotal::<Test>::get(), Sats::ZERO);
	});
}

#[test]
fn what_is_no_spend_of_it() {
	run(|| {
		enlist(1);
		let (one, two) = (bonded(1, 1, 1_000_000), bonded(1, 1, 2_000_000));
		let other = confirm(&transaction(two, Duty::Unbonding));
		assert_noop!(report(one, other.clone()), Why::NotASpend);
		assert_noop!(report(nothing(), other.clone()), Why::UnknownBond);
		let mut long = other.clone();
		long.proof.transaction.resize(MAX_TRANSACTION as usize + 1, 0);
		assert_noop!(report(one, long), Why::TransactionTooLong);
		// Not mined at all.
		let mut forged = other.clone();
		forged.proof.transaction =
			entangled_bitcoin::transaction::without_witnesses(&transaction(one, Duty::Unbonding));
		assert_noop!(report(one, forged), Why::WrongProof);
		let early = claim_of(mine(vec![transaction(one, Duty::Unbonding)]), 1);
		assert_noop!(report(one, early), Why::BlockNotFinal);
		for origin in [RuntimeOrigin::root(), RuntimeOrigin::none()] {
			let call = Staking::report_spend(origin, two, other.clone());
			assert_noop!(call, DispatchError::BadOrigin);
		}
		assert_ok!(Staking::report_spend(signed(9), two, other));
	});
}

#[test]
fn while_bitcoin_cannot_be_relied_on() {
	run(|| {
		enlist(1);
		let outpoint = bonded(1, 1, 1_000_000);
		let claim = confirm(&transaction(outpoint, Duty::Unbonding));
		go_stale();
		assert_noop!(report(outpoint, claim.clone()), Why::Stale);
		bury(5);
		reorganise_empty(4);
		assert_noop!(report(outpoint, claim), Why::Frozen);
	});
}

/// One transaction that spends two bonds says something of each.
#[test]
fn two_bonds_spent_at_once() {
	run(|| {
		enlist(1);
		let (one, two) = (bonded(1, 1, 1_000_000), bonded(1, 1, 2_000_000));
		let (first, second) =
			(spends(one, Duty::Unbonding).remove(0), spends(two, Duty::Unbonding).remove(0));
		let mut tx = first.transaction.clone();
		tx.input.push(second.transaction.input[0].clone());
		tx.output = vec![output(ScriptBuf::from(vec![0x51]), 2_900_000)];
		let spent = [first.spent.clone(), second.spent.clone()];
		let hashes = Sighashes::new::<Native>(&tx, &spent).unwrap();
		for (index, mut spend) in [first, second].into_iter().enumerate() {
			spend.sighash = hashes.script_path::<Native>(index, &spend.leaf.hash).unwrap();
			let staker = signature(1, &spend.sighash);
			let signed = witness(spend, &staker, 0, &member_numbers(0));
			tx.input[index].witness = signed.input[0].witness.clone();
		}
		let claim = confirm(&tx);
		assert_ok!(report(two, claim.clone()));
		assert_ok!(report(one, claim));
		let outcomes = [one, two].map(outcome);
		assert!(outcomes.iter().all(|outcome| matches!(outcome, Outcome::Foreign { .. })));
		assert_eq!(BondedTotal::<Test>::get(), Sats::ZERO);
	});
}

/// The slash of the one coin is no slash of the other.
#[test]
fn the_coin_decides_which_slash_it_is() {
	run(|| {
		enlist(1);
		let outpoint = bonded(1, 1, 1_000_000);
		cheat(1, 1, None);
		next_block();
		complete(outpoint, Duty::Slash);
		let unbonding = transaction(outpoint, Duty::Unbonding);
		let slashing = slashing(outpoint, Slashable::Unbonding);
		// Both in one block.
		let block = mine(vec![unbonding, slashing]);
		make_final(block);
		assert_ok!(report(outpoint, claim_of(block, 2)));
		assert!(matches!(outcome(outpoint), Outcome::Slashed { .. }));
		assert_noop!(report(outpoint, claim_of(block, 1)), Why::Ended);
	});
}
