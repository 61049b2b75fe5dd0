//! Coins that Bitcoin has no more, of which not every attempt spends each.

use super::*;

/// What was left out is lost. The attempts that spend it can never be mined; the other can.
#[test]
fn only_attempts_that_spend_a_lost_coin_are_given_up() {
	left_out(|id, main, old| {
		let (batch, late) = (BATCH, withdraw(1, 20_000, 9_000));
		sign([1], 0);
		complete_by(LEFT);
		bury(5);
		assert_eq!(paid(2), [id, late]);
		give_to_reserve(100_000);
		events();
		assert_ok!(Peg::abandon(RuntimeOrigin::root(), old));
		let value = Sats(100_000);
		assert_eq!(
			events(),
			[
				Event::AttemptGivenUp { batch, attempt: 0 },
				Event::CoinAbandoned { outpoint: old, value }
			]
		);
		assert_noop!(sign_by_nobody(0), Error::<Test>::UnknownAttempt);
		assert_eq!(Peg::batch().unwrap().attempts.len(), 2);
		assert_eq!(state(id), WithdrawalState::InBatch);
		assert_eq!(Peg::transactions().iter().filter(|tx| !tx.settled).count(), 1);
		// It goes on as if the first had never been.
		complete_by(LEFT);
		bury(5);
		assert_eq!((newest(), spent(3)), (3, vec![main]));
		settle_by_those_left();
		assert!(is_paid(id) && is_paid(late));
	});
}

/// The newest is among them, and whom it alone would have paid waits again.
#[test]
fn an_older_attempt_goes_on_when_the_newest_is_given_up() {
	left(|main, old| {
		bury(1);
		sign(LEFT, 0);
		let lost = deposit_to(1, 100_000, 60);
		let id = withdraw(1, 20_000, 9_000);
		await_replacement();
		assert_eq!((spent(0), spent(1)), (vec![main, old], vec![main, lost]));
		let gift = give_to_reserve(100_000);
		events();
		assert_ok!(Peg::abandon(RuntimeOrigin::root(), lost));
		assert_eq!(
			events()[..2],
			[Event::WithdrawalReturned { id }, Event::AttemptGivenUp { batch: BATCH, attempt: 1 }]
		);
		assert_eq!(state(id), WithdrawalState::Pending);
		bury(1);
		assert_eq!((spent(2), paid(2)), (vec![main, gift], vec![id]));
		// Without the coin that all spend none can be mined.
		events();
		assert_ok!(Peg::abandon(RuntimeOrigin::root(), main));
		assert!(has_said(&Event::BatchDissolved { batch: BATCH }));
		assert_eq!((InFlight::<Test>::get(), state(id)), (None, WithdrawalState::Pending));
	});
}

/// Waits until a second attempt is there.
fn await_replacement() {
	for _ in 0..10 {
		if newest() > 0 {
			return;
		}
		bury(1);
	}
	panic!("there is none");
}

fn sign_by_nobody(index: u32) -> polkadot_sdk::frame_support::dispatch::DispatchResultWithPostInfo {
	Peg::sign(nobody(), BATCH, index, key(2), Default::default())
}
