//! Things that happen to one sequencer in one block, in every order.

use super::*;
use polkadot_sdk::{
	frame_support::{assert_noop, assert_ok},
	sp_runtime::Perbill,
};

/// What can happen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Act {
	/// The delegator leaves.
	Leave,
	/// A second delegator comes.
	Come,
	/// The sequencer's own bond leaves.
	LeaveOwn,
	/// The sequencer cheats.
	Cheat,
	/// It chills.
	Chill,
	/// A session ends, and is paid.
	EndSession,
}

/// All orders of these.
fn orders(acts: &[Act]) -> Vec<Vec<Act>> {
	if acts.is_empty() {
		return vec![vec![]];
	}
	let mut all = vec![];
	for (i, act) in acts.iter().enumerate() {
		let mut rest = acts.to_vec();
		rest.remove(i);
		all.extend(orders(&rest).into_iter().map(|order| [vec![*act], order].concat()));
	}
	all
}

/// In a system that this one has learnt from, a delegator who left in the block in which its provider fell out went
/// on earning.
#[test]
fn rewards_are_not_kept_when_the_provider_is_dropped_in_the_same_block() {
	for fall in [Act::Cheat, Act::Chill, Act::LeaveOwn] {
		for order in orders(&[Act::Leave, fall]) {
			start(|| {
				open_pot();
				let own = candidate(1, OWN_BOND);
				let delegated = bond(5, 1, OWN_BOND);
				pay_fees(1_000, 0);
				end_session([(1, 1)]);
				for act in &order {
					match act {
						Act::Leave => leave(delegated),
						Act::LeaveOwn => leave(own),
						Act::Chill => Staking::chill(signed(1)).unwrap(),
						_ => Staking::punish(&account(1), 1, Perbill::one(), None),
					}
					Staking::do_try_state().unwrap();
				}
				// It makes blocks for the rest of its session, and more comes in.
				pay_fees(1_000, 0);
				end_session([(1, 1)]);
				assert_ok!(collect(5, &[delegated]));
				let earnings = ent(500);
				assert!(said(Event::RewardsCollected { who: account(5), earnings }), "{order:?}");
				assert_noop!(collect(5, &[delegated]), Why::NothingToCollect);
			});
		}
	}
}

#[test]
fn whatever_comes_together_adds_up_in_every_order() {
	use Act::*;
	let all = [Leave, Come, LeaveOwn, Cheat, Chill, EndSession];
	for order in orders(&all) {
		start(|| {
			open_pot();
			let own = candidate(1, OWN_BOND);
			candidate(2, OWN_BOND);
			let delegated = bond(5, 1, OWN_BOND);
			pay_fees(1_200, 12);
			for act in &order {
				match act {
					Leave => leave(delegated),
					Come => drop(bond(6, 1, OWN_BOND)),
					LeaveOwn => leave(own),
					Cheat => Staking::punish(&account(1), 1, Perbill::from_percent(50), None),
					// Who was banned does not stand any more.
					Chill => drop(Staking::chill(signed(1))),
					EndSession => end_session([(1, 1), (2, 1)]),
				}
				Staking::do_try_state().unwrap();
			}
			assert_eq!((sequencer(1).own, sequencer(1).total), (Sats::ZERO, Sats(OWN_BOND)));
			assert_eq!(crate::BondedTotal::<Test>::get(), Sats(2 * OWN_BOND));
			assert!(sequencer(1).is_banned());
			assert_eq!(ranking(), [(OWN_BOND, 2)]);
			assert_eq!(Staking::unshared(), Earnings::ZERO, "{order:?}");
		});
	}
}
