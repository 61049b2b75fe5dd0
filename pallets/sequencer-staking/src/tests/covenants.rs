//! Committees change, and bonds under an old one live on.

use crate::{mock::*, BondState, CovenantBonds, Covenants, Duty, Outcome, SlashOrders};
use entangled_bitcoin::bond::Slashable;
use polkadot_sdk::frame_support::assert_ok;

#[test]
fn old_bonds_leave_and_are_slashed_by_those_who_signed_for_them() {
	run(|| {
		enlist(1);
		enlist(2);
		let (leaves, slashed) = (bonded(1, 1, 1_000_000), bonded(2, 2, 1_000_000));
		let waits = draft(1, 1, 1_000_000, 100);
		waits.register().unwrap();
		Serving::set(Some(1));
		// Nobody who serves has a say.
		assert!(sign_by(105, waits.outpoint(), Duty::Unbonding).is_err());
		complete(waits.outpoint(), Duty::Unbonding);
		let claim = confirm(&waits.funding);
		assert_ok!(Staking::activate(nobody(), waits.outpoint(), claim));
		cheat(2, 1, None);
		next_block();
		complete(slashed, Duty::Slash);
		assert_ok!(report(slashed, confirm(&slashing(slashed, Slashable::Bond))));
		// Into the custody of the committee that signed.
		assert_eq!(Received::get()[0].0, 0);
		assert_ok!(report(leaves, confirm(&transaction(leaves, Duty::Unbonding))));
		assert_eq!(bonded_under(0), 2);
		bury(10);
		assert_ok!(Staking::release(signed(9), leaves));
		assert_eq!((bonded_under(0), bonded_under(1)), (1, 0));
		let next = bonded(1, 1, 1_000_000);
		assert_eq!((bond(next).covenant, bonded_under(1)), (1, 1));
		// With the last bond the old committee may be forgotten, and no sooner.
		assert!(TestCovenants::get(0).is_some());
		assert_ok!(Staking::unbond(signed(1), waits.outpoint()));
		assert_ok!(report(
			waits.outpoint(),
			confirm(&transaction(waits.outpoint(), Duty::Unbonding))
		));
		bury(10);
		assert_ok!(Staking::release(signed(9), waits.outpoint()));
		assert!(TestCovenants::get(0).is_none());
	});
}

fn bonded_under(id: u32) -> u32 {
	CovenantBonds::<Test>::get(id)
}

/// An extension is how a bond comes under the committee that serves.
#[test]
fn an_extension_relieves_the_old_committee() {
	run(|| {
		enlist(1);
		let old = bonded(1, 1, 1_000_000);
		Serving::set(Some(1));
		let new = extend(old, 100).unwrap();
		complete(new, Duty::Unbonding);
		complete(new, Duty::Extension);
		assert_eq!((bonded_under(0), bonded_under(1)), (1, 1));
		let claim = confirm(&transaction(new, Duty::Extension));
		assert_ok!(report(old, claim));
		assert_eq!((bonded_under(0), bonded_under(1)), (0, 1));
		assert_eq!(outcome(old), Outcome::Extended { into: new });
		// From now on the new one slashes.
		cheat(1, 1, None);
		next_block();
		assert!(SlashOrders::<Test>::contains_key(new));
		assert!(sign_by(101, new, Duty::Slash).is_err());
		complete(new, Duty::Slash);
		assert!(matches!(state(new), BondState::Leaving { .. }));
		assert_ok!(report(new, confirm(&slashing(new, Slashable::Bond))));
		assert_eq!(Received::get()[0].0, 1);
	});
}
