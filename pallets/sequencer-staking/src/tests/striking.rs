//! Bonds that Bitcoin has no more.

use crate::{
	mock::*, BondedTotal, Error, Event, Outcome, PendingSlashes, Ranking, Sequencers, SlashOrders,
};
use entangled_bitcoin::Sats;
use polkadot_sdk::{
	frame_support::{assert_noop, assert_ok},
	sp_runtime::DispatchError,
};

type Why = Error<Test>;

#[test]
fn governance_closes_what_a_deep_reorganisation_has_undone() {
	run(|| {
		stand(1);
		let outpoint = bonded(1, 1, 1_000_000);
		assert!(is_unspent(outpoint));
		reorganise_empty(FINALITY.confirmations + 1);
		assert!(!is_unspent(outpoint));
		// It counts, for nobody can prove that it is not there.
		assert_ok!(Bitcoin::resume(RuntimeOrigin::root()));
		assert_eq!(BondedTotal::<Test>::get(), Sats(1_000_000));
		for origin in [signed(1), RuntimeOrigin::none(), nobody()] {
			assert_noop!(Staking::strike(origin, outpoint), DispatchError::BadOrigin);
		}
		events();
		assert_ok!(Staking::strike(RuntimeOrigin::root(), outpoint));
		let outcome = Outcome::Struck;
		assert_eq!(events(), [Event::BondClosed { outpoint, outcome }]);
		assert_eq!(BondedTotal::<Test>::get(), Sats::ZERO);
		assert_eq!(Ranking::<Test>::get().first(), Some(&(Sats::ZERO, account(1))));
		assert_eq!(Sequencers::<Test>::get(account(1)).unwrap().bonds, 0);
		assert_noop!(Staking::strike(RuntimeOrigin::root(), outpoint), Why::Ended);
	});
}

/// Also when it was to be slashed: there is nothing to slash.
#[test]
fn an_order_ends_with_it() {
	run(|| {
		enlist(1);
		let outpoint = bonded(1, 1, 1_000_000);
		cheat(1, 1, None);
		next_block();
		assert!(SlashOrders::<Test>::contains_key(outpoint));
		assert_ok!(Staking::strike(RuntimeOrigin::root(), outpoint));
		assert!(!SlashOrders::<Test>::contains_key(outpoint));
		assert!(PendingSlashes::<Test>::get().is_empty());
	});
}

/// What was never on Bitcoin is given up as everything else is.
#[test]
fn what_never_counted_is_not_struck() {
	run(|| {
		enlist(1);
		let root = RuntimeOrigin::root;
		let waiting = draft(1, 1, 1_000_000, 100);
		waiting.register().unwrap();
		assert_noop!(Staking::strike(root(), waiting.outpoint()), Why::NotActive);
		let approved = approved(&draft(1, 1, 2_000_000, 100));
		assert_noop!(Staking::strike(root(), approved), Why::NotActive);
		assert_noop!(Staking::strike(root(), nothing()), Why::UnknownBond);
	});
}
