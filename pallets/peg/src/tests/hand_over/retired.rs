//! Coins of committees whose time is over: what they slash, and what governance adopts.
//!
//! Committee 0 has the members 1 to 4, and the one that serves has 2 to 5. Nobody may deposit with the former
//! any more, and it is honoured no more.

use super::{coins, handed_over};
use crate::{
	mock::*, Committee, CommitteeId, Committees, Event, Honoured, InFlight, MainCoin, Signatures,
	WithdrawalState, MAX_COMMITTEES,
};
use entangled_bitcoin::{OutPoint, Sats};
use polkadot_sdk::frame_support::assert_ok;

/// Those of the serving committee that are left when 1 and 2 are away: too few for the former.
const LEFT: [u8; 3] = [3, 4, 5];

/// The former committee is retired, and custody's coin is with the one that serves.
fn retired(test: impl FnOnce(OutPoint)) {
	handed_over(|| {
		bury(1);
		settle();
		bury(81);
		assert!(has_said(&Event::CommitteeRetired { committee: 0 }));
		assert_eq!(shown(), [1]);
		test(MainCoin::<Test>::get().unwrap().0);
	});
}

fn shown() -> Vec<u32> {
	Peg::committees().into_iter().map(|committee| committee.id).collect()
}

/// What it has slashed is in a final block, and comes in.
fn slashed(amount: u64) -> OutPoint {
	slashed_by(0, amount)
}

fn slashed_by(committee: CommitteeId, amount: u64) -> OutPoint {
	let tx = pay(vec![output(script_from(&SLASHED, committee), amount)]);
	make_final(mine(vec![tx.clone()]));
	let coin = OutPoint { txid: tx.compute_txid().into(), vout: 0 };
	let height = best().height;
	assert_ok!(Peg::receive(committee, SLASHED_COMMITMENT, coin, Sats(amount), height, &[]));
	coin
}

/// Everybody who has to sign for a coin is shown to the nodes, so that they can judge what they sign.
#[test]
fn what_a_retired_committee_slashes_is_swept() {
	retired(|main| {
		let coin = slashed(100_000);
		assert_eq!(shown(), [0, 1]);
		assert_eq!(Honoured::<Test>::get().into_inner(), [1], "nobody deposits with it");
		bury(1);
		assert_eq!(coins(), [(main, 1), (coin, 0)]);
		let tx = complete_by([1, 2, 3, 5]);
		assert_ok!(Peg::settle(nobody(), confirm(&tx)));
		assert_eq!((Peg::status().unswept, shown()), (0, vec![1]));
	});
}

#[test]
fn what_governance_adopts_of_a_retired_committee_is_swept() {
	retired(|main| {
		let tx = pay(vec![output(script_from(&SLASHED, 0), 100_000)]);
		let coin = OutPoint { txid: tx.compute_txid().into(), vout: 0 };
		assert_ok!(Peg::adopt(RuntimeOrigin::root(), confirm(&tx), 0, 0, SLASHED));
		assert_eq!(shown(), [0, 1]);
		bury(1);
		assert_eq!(coins(), [(main, 1), (coin, 0)]);
		let tx = complete_by([1, 2, 3, 5]);
		assert_ok!(Peg::settle(nobody(), confirm(&tx)));
		assert_eq!((Peg::status().unswept, shown()), (0, vec![1]));
	});
}

/// Its members are gone. One batch waits for them, and no other before a while has passed.
#[test]
fn nothing_waits_for_a_retired_committee_that_is_silent() {
	retired(|main| {
		let coin = slashed(100_000);
		let first = withdraw(1, 20_000, 9_000);
		bury(1);
		assert_eq!(coins(), [(main, 1), (coin, 0)]);
		let batch = InFlight::<Test>::get().unwrap().id;
		for n in LEFT {
			assert_ok!(sign_by(n, batch, 0));
		}
		bury(4);
		assert_eq!(attempt(1).coins.into_inner(), [(main, 1)]);
		let until = Peg::committees()[0].silent_until.unwrap();
		let tx = complete_by(LEFT);
		assert_ok!(Peg::settle(nobody(), confirm(&tx)));
		assert!(matches!(state(first), WithdrawalState::Paid { .. }));

		bury(1);
		assert_eq!(InFlight::<Test>::get(), None);
		withdraw(1, 20_000, 9_000);
		await_batch();
		assert!(best().height < until);
		assert_eq!(coins().len(), 1);
		let tx = complete_by(LEFT);
		assert_ok!(Peg::settle(nobody(), confirm(&tx)));

		// Then it is asked again, and may be there.
		bury(until.saturating_sub(best().height).max(1));
		assert_eq!(coins()[1], (coin, 0));
		complete_by([1, 3, 4, 5]);
		assert!(has_said(&Event::CommitteeHeard { committee: 0 }));
		assert_eq!(Committees::<Test>::get(0).unwrap().silent_until, None);
	});
}

/// What many have slashed is swept by and by, and all signatures are forgotten with their batch.
#[test]
fn one_transaction_spends_the_coins_of_few_committees() {
	run(|| {
		let first = fund(1, 300_000);
		let many = MAX_COMMITTEES + 1;
		// Of one member each.
		for id in 1..=many {
			let committee = Committee::form(members([id as u8 + 60]), 0).unwrap();
			Committees::<Test>::insert(id, committee);
		}
		govern(|policy| policy.sweep_size = 100);
		assert_ok!(Peg::halt(RuntimeOrigin::root()));
		for id in 1..=many {
			slashed_by(id, 100_000);
		}
		let again = slashed_by(many, 100_000);
		assert_ok!(Peg::resume(RuntimeOrigin::root()));

		bury(1);
		let spent = attempt(0);
		assert_eq!(spent.coins[0], (first, 0));
		let committees = Peg::committees_of(&spent);
		assert_eq!(committees.len(), MAX_COMMITTEES as usize);
		let all = (1..=many as u8).map(|id| id + 60);
		let here = |n: &u8| committees.contains(&(u32::from(*n) - 60));
		let (now, later): (Vec<_>, Vec<_>) = all.partition(here);
		let tx = complete_by(now.into_iter().chain(1..=3));
		assert_ok!(Peg::settle(nobody(), confirm(&tx)));
		assert_eq!(Signatures::<Test>::iter().count(), 0);

		// Of one of those who had to wait there may be two coins.
		bury(1);
		assert_eq!(Peg::committees_of(&attempt(0)).len(), 1 + later.len());
		let tx = complete_by(later.into_iter().chain(1..=3));
		assert_ok!(Peg::settle(nobody(), confirm(&tx)));
		assert_eq!(Peg::status().unswept, 0);
		assert!(!is_unspent(again));
	});
}
