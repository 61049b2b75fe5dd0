//! Coins of committees whose time is over: what they slash, and what governance adopts.
//!
//! Committee 0 has the members 1 to 4, and the one that serves has 2 to 5. Nobody may deposit with the former
//! any more, and it is honoured no more.

use super::{coins, handed_over};
use crate::{mock::*, Committees, Event, Honoured, InFlight, MainCoin, WithdrawalState};
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
	let tx = pay(vec![output(script_from(&SLASHED, 0), amount)]);
	make_final(mine(vec![tx.clone()]));
	let coin = OutPoint { txid: tx.compute_txid().into(), vout: 0 };
	let height = best().height;
	assert_ok!(Peg::receive(0, SLASHED_COMMITMENT, coin, Sats(amount), height, &[]));
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
