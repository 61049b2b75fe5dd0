//! Bonds that are slashed.

use crate::{
	mock::*, Asked, BondState, BondedTotal, Duty, Error, Event, Leave, Outcome, PendingSlashes,
	SlashOrder, SlashOrders, BONDS_PER_BLOCK,
};
use entangled_bitcoin::{
	bond::{BondOutput, Slashable},
	OutPoint, Sats,
};
use polkadot_sdk::{
	frame_support::{assert_noop, assert_ok},
	sp_runtime::DispatchError,
};
use std::collections::BTreeSet;

type Why = Error<Test>;

/// Sequencer 2 has bonded, account 1 has bonded for it, and it has cheated in the session that runs, as
/// account 3 has shown. Its bond, and the delegated one.
fn cheated() -> (OutPoint, OutPoint) {
	enlist(2);
	let (own, delegated) = (bonded(2, 2, 1_000_000), bonded(1, 2, 2_000_000));
	cheat(2, Session::get(), Some(3));
	(own, delegated)
}

#[test]
fn all_that_is_bonded_for_whoever_cheats_is_to_be_slashed() {
	run(|| {
		let (own, delegated) = cheated();
		events();
		next_block();
		let mut said = events();
		for outpoint in [own, delegated] {
			for event in [
				Event::BondLeaves { outpoint, why: Leave::Slashed },
				Event::SlashOrdered { outpoint, offender: account(2) },
			] {
				let position = said.iter().position(|other| *other == event);
				said.remove(position.expect("it was said"));
			}
			let since = Bitcoin::clock();
			let reporter = (outpoint == own).then(|| account(3));
			let order = SlashOrder { reporter, since, complete: false, noted: false };
			assert_eq!(SlashOrders::<Test>::get(outpoint), Some(order));
			assert!(Asked::<Test>::contains_key(outpoint, Duty::Slash));
			assert!(matches!(state(outpoint), BondState::Leaving { .. }));
		}
		assert_eq!(said, []);
		assert_eq!(BondedTotal::<Test>::get(), Sats::ZERO);
		assert!(PendingSlashes::<Test>::get().is_empty());
	});
}

/// Without the stakers: they have signed long ago. In the same proportion.
#[test]
fn the_covenant_completes_it_and_the_proof_settles_it() {
	run(|| {
		let (own, delegated) = cheated();
		next_block();
		for (outpoint, value) in [(own, 1_000_000), (delegated, 2_000_000)] {
			let duty = Duty::Slash;
			sign_by(101, outpoint, duty).unwrap();
			sign_by(102, outpoint, duty).unwrap();
			assert!(!SlashOrders::<Test>::get(outpoint).unwrap().complete);
			events();
			sign_by(103, outpoint, duty).unwrap();
			let signed = Event::CovenantSigned { outpoint, duty, key: key(103) };
			assert_eq!(events(), [signed, Event::SlashCompleted { outpoint }]);
			assert!(SlashOrders::<Test>::get(outpoint).unwrap().complete);
			assert!(!Asked::<Test>::contains_key(outpoint, duty));
			let (reporter, at_treasury) = (ebtc(account(3)), treasury());
			let tx = slashing(outpoint, Slashable::Bond);
			let claim = confirm(&tx);
			events();
			assert_ok!(report(outpoint, claim.clone()));
			let txid = tx.compute_txid().into();
			let (proceeds, to_treasury) = (value / 10, value / 50);
			let to_reporter = if outpoint == own { value / 200 } else { 0 };
			assert_eq!(
				events(),
				[
					Event::SlashSettled {
						outpoint,
						txid,
						proceeds: Sats(proceeds),
						reporter: Sats(to_reporter),
						treasury: Sats(to_treasury),
					},
					Event::BondClosed { outpoint, outcome: Outcome::Slashed { txid } },
				]
			);
			assert_eq!(ebtc(account(3)), reporter + to_reporter);
			assert_eq!(treasury(), at_treasury + to_treasury);
			let coin = OutPoint { txid, vout: 0 };
			assert_eq!(Received::get().last(), Some(&(0, coin, Sats(proceeds))));
			assert!(!SlashOrders::<Test>::contains_key(outpoint));
			assert_noop!(report(outpoint, claim), Why::Ended);
		}
	});
}

/// A sequencer for whom others have bonded a hundred times as much cheats, and reports it from another account.
#[test]
fn nobody_gains_by_reporting_itself() {
	run(|| {
		enlist(2);
		let bonds = [bonded(2, 2, 1_000_000), bonded(1, 2, 100_000_000)];
		cheat(2, 1, Some(3));
		next_block();
		for outpoint in bonds {
			complete(outpoint, Duty::Slash);
			assert_ok!(report(outpoint, confirm(&slashing(outpoint, Slashable::Bond))));
		}
		// A tenth of its own is lost. Of the other tenth the treasury has its part, and the reserve the rest.
		assert_eq!(ebtc(account(3)), 5_000);
		assert_eq!(treasury(), 2_020_000);
	});
}

/// The staker unbonds, before it was ordered or after: the other transaction was signed as well.
#[test]
fn unbonding_is_no_way_to_escape() {
	for reported in [true, false] {
		run(|| {
			enlist(2);
			let outpoint = bonded(2, 2, 1_000_000);
			let unbonding = confirm(&transaction(outpoint, Duty::Unbonding));
			cheat(2, 1, None);
			next_block();
			if reported {
				assert_ok!(report(outpoint, unbonding));
				assert!(SlashOrders::<Test>::contains_key(outpoint));
			}
			complete(outpoint, Duty::Slash);
			assert!(try_mine(vec![slashing(outpoint, Slashable::Bond)]).is_err());
			let claim = confirm(&slashing(outpoint, Slashable::Unbonding));
			assert_ok!(report(outpoint, claim));
			// A tenth of what unbonding left.
			assert_eq!(Received::get().last().unwrap().2, Sats(99_876));
			assert!(matches!(outcome(outpoint), Outcome::Slashed { .. }));
		});
	}
}

/// Nothing is signed that was not ordered, and nothing twice.
#[test]
fn members_sign_both_transactions_once() {
	run(|| {
		enlist(2);
		let outpoint = bonded(2, 2, 1_000_000);
		let duty = Duty::Slash;
		assert_noop!(sign_by(101, outpoint, duty), Why::NotAsked);
		cheat(2, 1, None);
		next_block();
		let good = signatures(101, outpoint, duty);
		let [bond, unbonding] = good[..] else { panic!("there are two") };
		let sign = |signatures: Vec<_>| {
			Staking::sign(nobody(), outpoint, duty, key(101), signatures.try_into().unwrap())
		};
		assert_noop!(sign(vec![]), Why::WrongSignatureCount);
		assert_noop!(sign(vec![bond]), Why::WrongSignatureCount);
		assert_noop!(sign(vec![unbonding, bond]), Why::WrongSignature);
		assert_noop!(sign(vec![bond, bond]), Why::WrongSignature);
		assert_noop!(sign(vec![unbonding, unbonding]), Why::WrongSignature);
		assert_ok!(sign(vec![bond, unbonding]));
		assert_noop!(sign(vec![bond, unbonding]), Why::AlreadySigned);
		complete_rest(outpoint);
		assert_ok!(sign_by(104, outpoint, duty));
	});
}

fn complete_rest(outpoint: OutPoint) {
	for n in [102, 103] {
		sign_by(n, outpoint, Duty::Slash).unwrap();
	}
}

/// Who left before the offence does not answer for it, and who came after does not either.
#[test]
fn only_those_answer_who_had_elected_it() {
	run(|| {
		enlist(2);
		Session::set(3);
		let [before, just, at, after] = [1, 2, 3, 4].map(|n| bonded(n, 2, 1_000_000));
		Session::set(4);
		let unbond = |n, outpoint| Staking::unbond(signed(n), outpoint).unwrap();
		unbond(1, before);
		Session::set(5);
		unbond(2, just);
		Session::set(7);
		unbond(3, at);
		let late = bonded(5, 2, 1_000_000);
		// Whoever left in session 5 had a part in who makes blocks in session 6.
		cheat(2, 6, None);
		next_block();
		let ordered = |outpoint| SlashOrders::<Test>::contains_key(outpoint);
		assert!(!ordered(before) && !ordered(late));
		assert!(ordered(just) && ordered(at) && ordered(after));
		// It has nothing to count for.
		assert!(matches!(state(late), BondState::Leaving { left: 7, unbonded: None, .. }));
		assert_eq!(BondedTotal::<Test>::get(), Sats::ZERO);
		assert!(events().contains(&Event::BondLeaves { outpoint: late, why: Leave::Banned }));
		assert_ok!(report(late, confirm(&transaction(late, Duty::Unbonding))));
	});
}

/// Nor does what is not on Bitcoin, or what can be spent by now, or what has ended.
#[test]
fn what_never_counted_is_not_slashed_and_what_lies_there_still_is() {
	run(|| {
		enlist(2);
		let waiting = draft(1, 2, 1_000_000, 100);
		waiting.register().unwrap();
		let approved = approved(&draft(1, 2, 1_000_000, 100));
		let free = bonded(1, 2, 1_000_000);
		let claim = confirm(&transaction(free, Duty::Unbonding));
		let until = claim.block.height + 10;
		assert_ok!(report(free, claim));
		let held = bonded(1, 2, 1_000_000);
		bury(until - best().height);
		cheat(2, 1, None);
		next_block();
		let ordered = SlashOrders::<Test>::iter_keys().collect::<BTreeSet<_>>();
		assert_eq!(ordered, [held, free].into());
		assert!(matches!(state(waiting.outpoint()), BondState::Registered { .. }));
		assert!(matches!(state(approved), BondState::Approved { .. }));
		// Its owner could have it by now, and has not.
		assert_noop!(Staking::release(signed(1), free), Why::BeingSlashed);
	});
}

#[test]
fn who_is_to_be_slashed_is_not_released_before_its_turn_comes() {
	run(|| {
		enlist(2);
		let free = bonded(1, 2, 1_000_000);
		let claim = confirm(&transaction(free, Duty::Unbonding));
		assert_ok!(report(free, claim.clone()));
		bury(claim.block.height + 10 - best().height);
		cheat(2, 1, None);
		assert!(!SlashOrders::<Test>::contains_key(free));
		assert_noop!(Staking::release(signed(1), free), Why::BeingSlashed);
		next_block();
		assert!(SlashOrders::<Test>::contains_key(free));
	});
}

/// However many there are, a block has a limit, and a second offence orders nothing twice.
#[test]
fn many_bonds_are_gone_through_over_several_blocks() {
	run(|| {
		enlist(2);
		let count = BONDS_PER_BLOCK + 5;
		let drafts = (0..count).map(|_| draft(2, 2, 100_000, 100)).collect::<Vec<_>>();
		for draft in &drafts {
			approved(draft);
		}
		let block = mine(drafts.iter().map(|draft| draft.funding.clone()).collect());
		make_final(block);
		for (index, draft) in (1..).zip(&drafts) {
			let claim = claim_of(block, index);
			Staking::activate(nobody(), draft.outpoint(), claim).unwrap();
		}
		cheat(2, 1, Some(3));
		next_block();
		let ordered = || SlashOrders::<Test>::iter().count() as u32;
		assert_eq!(ordered(), BONDS_PER_BLOCK);
		cheat(2, 2, Some(4));
		next_block();
		next_block();
		assert_eq!(ordered(), count);
		assert!(PendingSlashes::<Test>::get().is_empty());
		let reporters = SlashOrders::<Test>::iter_values().map(|order| order.reporter);
		assert!(reporters.into_iter().all(|reporter| reporter == Some(account(3))));
	});
}

/// Two who cheat, one after another.
#[test]
fn offences_of_several() {
	run(|| {
		enlist(1);
		enlist(2);
		let (one, two) = (bonded(1, 1, 1_000_000), bonded(2, 2, 1_000_000));
		cheat(1, 1, None);
		cheat(2, 1, None);
		next_block();
		assert!(SlashOrders::<Test>::contains_key(one) && SlashOrders::<Test>::contains_key(two));
	});
}

/// An order does not run out: for as long as the coin lies there it can be slashed.
#[test]
fn an_order_stands_until_the_coin_is_gone() {
	run(|| {
		let (own, delegated) = cheated();
		next_block();
		bury(120);
		for outpoint in [own, delegated] {
			assert_noop!(Staking::release(signed(9), outpoint), Why::BeingSlashed);
		}
		complete(own, Duty::Slash);
		assert_ok!(report(own, confirm(&slashing(own, Slashable::Bond))));
		// The other staker was faster.
		assert_ok!(report(delegated, confirm(&withdrawal(delegated, BondOutput::Bond))));
		assert_eq!(outcome(delegated), Outcome::Released);
		assert_eq!(SlashOrders::<Test>::iter().count(), 0);
		assert_eq!(Received::get().len(), 1);
	});
}

/// Staker and covenant together can do as they like. What comes into the peg is booked.
#[test]
fn a_slash_that_nobody_ordered() {
	run(|| {
		enlist(2);
		let outpoint = bonded(1, 2, 1_000_000);
		let claim = confirm(&transaction(outpoint, Duty::Slash));
		assert_ok!(report(outpoint, claim));
		assert!(matches!(outcome(outpoint), Outcome::Slashed { .. }));
		assert_eq!(BondedTotal::<Test>::get(), Sats::ZERO);
		// Nobody is to be thanked.
		assert_eq!((treasury(), Received::get()[0].2), (20_000, Sats(100_000)));
		// Before it counted, too.
		let draft = draft(1, 2, 1_000_000, 100);
		let outpoint = approved(&draft);
		mine(vec![draft.funding.clone()]);
		let claim = confirm(&nth_transaction(outpoint, Duty::Slash, 0));
		assert_ok!(report(outpoint, claim));
		assert!(matches!(outcome(outpoint), Outcome::Slashed { .. }));
		assert_eq!(treasury(), 40_000);
	});
}

/// If the peg takes nothing in, nothing happens, and somebody may try again.
#[test]
fn what_the_peg_does_not_take_in_waits() {
	run(|| {
		let (own, _) = cheated();
		next_block();
		complete(own, Duty::Slash);
		let claim = confirm(&slashing(own, Slashable::Bond));
		Open::set(false);
		let refused = DispatchError::Other("the peg takes nothing in");
		assert_noop!(report(own, claim.clone()), refused);
		Open::set(true);
		assert_ok!(report(own, claim));
	});
}

/// It is known before, so that no block has a transaction that pays nothing and fails. What is no slash need not wait.
#[test]
fn nothing_is_settled_while_custody_is_full() {
	run(|| {
		let (own, delegated) = cheated();
		next_block();
		complete(own, Duty::Slash);
		let claim = confirm(&slashing(own, Slashable::Bond));
		Room::set(false);
		assert_noop!(report(own, claim.clone()), Why::CustodyFull);
		let plan = Staking::plan_spend(&own, &claim).map(drop);
		assert!(matches!(plan, Err(Why::CustodyFull)));
		let unbonding = confirm(&transaction(delegated, Duty::Unbonding));
		assert_ok!(report(delegated, unbonding));
		Room::set(true);
		assert_ok!(report(own, claim));
	});
}

/// All that governance lets be given away, to the last satoshi.
#[test]
fn credits_never_exceed_what_came_in() {
	run(|| {
		govern(|policy| {
			policy.reporter_share = 333_333;
			policy.treasury_share = 666_667;
		});
		enlist(2);
		let outpoint = bonded(2, 2, 1_000_007);
		cheat(2, 1, Some(3));
		next_block();
		complete(outpoint, Duty::Slash);
		assert_ok!(report(outpoint, confirm(&slashing(outpoint, Slashable::Bond))));
		let (proceeds, given) = (Received::get()[0].2 .0, treasury() + ebtc(account(3)));
		// The share is rounded up, its parts down.
		assert_eq!(proceeds, 100_001);
		assert!(given <= proceeds && given + 2 > proceeds, "{given}");
	});
}
