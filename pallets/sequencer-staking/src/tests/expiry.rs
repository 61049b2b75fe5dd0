//! Bonds whose time runs out.

use crate::{
	mock::*, BondState, BondedTotal, Duty, Error, Event, ExpiredTo, Expiries, Leave,
	BONDS_PER_BLOCK, HEIGHTS_PER_BLOCK,
};
use entangled_bitcoin::{OutPoint, Sats};
use polkadot_sdk::frame_support::{assert_noop, assert_ok};

type Why = Error<Test>;

/// So many bonds in one block of Bitcoin, of 100,000 satoshi and more each.
fn many(count: u32) -> Vec<OutPoint> {
	let drafts = (0..count).map(|n| draft(1, 1, 100_000 + u64::from(n), 100)).collect::<Vec<_>>();
	for draft in &drafts {
		approved(draft);
	}
	let block = mine(drafts.iter().map(|draft| draft.funding.clone()).collect());
	make_final(block);
	(1..)
		.zip(&drafts)
		.map(|(index, draft)| {
			let claim = claim_of(block, index);
			Staking::activate(nobody(), draft.outpoint(), claim).unwrap();
			draft.outpoint()
		})
		.collect()
}

#[test]
fn it_stops_counting_an_unbonding_time_before_its_timelock_ends() {
	run(|| {
		enlist(1);
		let outpoint = bonded(1, 1, 1_000_000);
		let BondState::Active { included, expires } = state(outpoint) else { panic!("it counts") };
		assert_eq!(expires, included + 100 - 10);
		bury(expires - 1 - best().height);
		assert_eq!(state(outpoint), BondState::Active { included, expires });
		events();
		bury(1);
		assert_eq!(events(), [Event::BondLeaves { outpoint, why: Leave::Expired }]);
		assert_eq!(state(outpoint), BondState::Leaving { included, left: 1, unbonded: None });
		assert_eq!(BondedTotal::<Test>::get(), Sats::ZERO);
		assert_eq!(Expiries::<Test>::iter().count(), 0);
		assert_noop!(Staking::release(signed(1), outpoint), Why::NotReleased);
		bury(10);
		assert_ok!(Staking::release(signed(1), outpoint));
	});
}

/// A block has a limit. What does not fit expires in the next ones.
#[test]
fn many_expire_over_several_blocks() {
	run(|| {
		enlist(1);
		let bonds = many(2 * BONDS_PER_BLOCK + 3);
		let BondState::Active { expires, .. } = state(bonds[0]) else { panic!("it counts") };
		bury(expires - 1 - best().height);
		// Reported in one block, found in the next.
		let counting =
			|| bonds.iter().filter(|b| matches!(state(**b), BondState::Active { .. })).count();
		assert_eq!(counting(), bonds.len());
		bury(1);
		assert_eq!(counting(), (BONDS_PER_BLOCK + 3) as usize);
		assert_eq!(ExpiredTo::<Test>::get(), expires);
		// One that is left may still go of itself.
		let left = bonds.iter().find(|b| matches!(state(**b), BondState::Active { .. })).unwrap();
		assert_ok!(Staking::unbond(signed(1), *left));
		next_block();
		assert_eq!(counting(), 2);
		next_block();
		assert_eq!(counting(), 0);
		assert_eq!(ExpiredTo::<Test>::get(), expires + 1);
		assert_eq!(BondedTotal::<Test>::get(), Sats::ZERO);
	});
}

/// When many blocks come at once, they are gone through little by little.
#[test]
fn many_heights_over_several_blocks() {
	run(|| {
		enlist(1);
		let outpoint = bonded(1, 1, 1_000_000);
		let from = ExpiredTo::<Test>::get();
		bury_at_once(100);
		assert_eq!(ExpiredTo::<Test>::get(), from + HEIGHTS_PER_BLOCK);
		assert!(matches!(state(outpoint), BondState::Active { .. }));
		// The coin may be the staker's by now, but nobody has looked yet.
		assert_noop!(Staking::release(signed(9), outpoint), Why::NotReleased);
		next_blocks(3);
		assert_eq!(ExpiredTo::<Test>::get(), best().height + 1);
		assert!(matches!(state(outpoint), BondState::Leaving { .. }));
		assert_ok!(Staking::release(signed(9), outpoint));
	});
}

/// Once it has stopped counting it stays so, even if Bitcoin's chain becomes shorter.
#[test]
fn a_reorganisation_does_not_bring_it_back() {
	run(|| {
		enlist(1);
		let outpoint = bonded(1, 1, 1_000_000);
		let BondState::Active { expires, .. } = state(outpoint) else { panic!("it counts") };
		bury(expires - best().height);
		assert!(matches!(state(outpoint), BondState::Leaving { .. }));
		reorganise_empty(2);
		next_blocks(3);
		assert!(matches!(state(outpoint), BondState::Leaving { .. }));
	});
}

/// Expiry and unbonding meet in one block, in either order.
#[test]
fn expiring_and_unbonding_at_once() {
	for asked_first in [true, false] {
		run(|| {
			enlist(1);
			let outpoint = bonded(1, 1, 1_000_000);
			let BondState::Active { expires, .. } = state(outpoint) else { panic!("it counts") };
			let unbonding = transaction(outpoint, Duty::Unbonding);
			bury(expires - 1 - FINALITY.confirmations - best().height);
			let block = mine(vec![unbonding]);
			make_final(block);
			bury(expires - 1 - best().height);
			if asked_first {
				assert_ok!(Staking::unbond(signed(1), outpoint));
			}
			bury(1);
			assert!(matches!(state(outpoint), BondState::Leaving { unbonded: None, .. }));
			assert_ok!(report(outpoint, claim_of(block, 1)));
			assert_noop!(Staking::unbond(signed(1), outpoint), Why::NotActive);
			assert_eq!(BondedTotal::<Test>::get(), Sats::ZERO);
		});
	}
}
