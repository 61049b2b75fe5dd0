//! Former committees whose members are gone.
//!
//! Committee 0 has the members 1 to 4, and the one that serves has 2 to 5. Custody's coin is with the
//! latter, and a deposit is with the former. When 1 and 2 are away, 3 to 5 are enough for the one, and
//! too few for the other.

mod fees;
mod lost;
mod waiting;

use super::{handed_over, prove};
use crate::{
	mock::*, Committees, DepositTerms, Error, Event, HaltReason, InFlight, MainCoin, WithdrawalId,
	WithdrawalState,
};
use bitcoin::Transaction;
use entangled_bitcoin::{custody::Why, Destination, OutPoint, Sats};
use polkadot_sdk::frame_support::{assert_noop, assert_ok};

/// Those of the serving committee that are left.
const LEFT: [u8; 3] = [3, 4, 5];

/// The batch after that which moved custody's coin.
const BATCH: u32 = 2;

/// A claimed deposit of account 1 to a committee, whose refund opens after so many blocks.
fn deposit_to(committee: u32, amount: u64, delay: u16) -> OutPoint {
	let destination = Destination::Account([1; 32]);
	let terms = DepositTerms::Own { committee, destination, refund: refund(delay) };
	let deposit = deposit(terms, amount);
	assert_ok!(deposit.bring());
	deposit.outpoint()
}

/// What a batch is left with when the former members are away, before it is built.
fn left(test: impl FnOnce(OutPoint, OutPoint)) {
	handed_over(|| {
		bury(1);
		settle();
		let main = MainCoin::<Test>::get().unwrap().0;
		test(main, deposit_to(0, 100_000, 500));
	});
}

/// A batch in flight spends both coins, and pays a withdrawal.
fn in_flight(test: impl FnOnce(WithdrawalId, OutPoint, OutPoint)) {
	left(|main, old| {
		let id = withdraw(1, 50_000, 9_000);
		bury(1);
		assert_eq!(spent(0), [main, old]);
		assert_eq!(paid(0), [id]);
		events();
		test(id, main, old);
	});
}

/// The same, and the deposit has been left out since.
fn left_out(test: impl FnOnce(WithdrawalId, OutPoint, OutPoint)) {
	in_flight(|id, main, old| {
		sign(LEFT, 0);
		bury(4);
		assert_eq!((newest(), spent(1)), (1, vec![main]));
		test(id, main, old);
	});
}

fn sign(keys: impl IntoIterator<Item = u8>, index: u32) {
	let batch = InFlight::<Test>::get().unwrap().id;
	for n in keys {
		assert_ok!(sign_by(n, batch, index));
	}
}

fn spent(index: u32) -> Vec<OutPoint> {
	attempt(index).coins.iter().map(|(outpoint, _)| *outpoint).collect()
}

fn paid(index: u32) -> Vec<WithdrawalId> {
	attempt(index).payouts.iter().map(|(id, _)| *id).collect()
}

fn is_paid(id: WithdrawalId) -> bool {
	matches!(state(id), WithdrawalState::Paid { .. })
}

fn silent_until() -> Option<u32> {
	Peg::committees()[0].silent_until
}

/// The one that serves, with those of it that are left.
fn settle_by_those_left() -> Transaction {
	let tx = complete_by(LEFT);
	assert_ok!(Peg::settle(nobody(), confirm(&tx)));
	tx
}

#[test]
fn payments_go_on_without_those_who_have_left() {
	in_flight(|id, main, old| {
		sign(LEFT, 0);
		bury(3);
		assert_eq!(newest(), 0, "they may still come");
		bury(1);
		let built = attempt(1);
		let (batch, until) = (BATCH, best().height + 16);
		let said = events();
		assert_eq!(
			said[said.len() - 2..],
			[
				Event::AttemptBuilt { batch, attempt: 1, txid: built.txid, fee: built.fee },
				Event::CommitteeSilent { committee: 0, until },
			]
		);
		assert_eq!(silent_until(), Some(until));
		assert_eq!((spent(1), paid(1)), (vec![main], vec![id]));
		assert_eq!(InFlight::<Test>::get().unwrap().common, main);
		settle_by_those_left();
		assert!(is_paid(id));
		assert_eq!(received(&wallet(1).to_script()), 100_000 + 50_000);
		assert!(!Peg::deposit(old).unwrap().swept && is_unspent(old));
	});
}

/// Once is enough to learn that they are gone.
#[test]
fn later_batches_do_not_wait_for_them_before_a_while_has_passed() {
	left_out(|_, _, old| {
		settle_by_those_left();
		let until = silent_until().unwrap();
		// There is a coin of a former committee, and nothing leaves for it.
		bury(1);
		assert_eq!(InFlight::<Test>::get(), None);
		let id = withdraw(1, 20_000, 9_000);
		await_batch();
		assert_eq!((attempt(0).coins.len(), paid(0)), (1, vec![id]));
		settle_by_those_left();
		events();
		bury(until - 1 - best().height);
		assert_eq!((InFlight::<Test>::get(), silent_until()), (None, Some(until)));
		assert_eq!(events(), []);
		// Then it is tried again, with all their signatures this time.
		bury(1);
		assert_eq!(silent_until(), None);
		assert_eq!(spent(0)[1], old);
		let tx = complete_by([2, 3, 4]);
		assert!(has_said(&Event::CommitteeHeard { committee: 0 }));
		assert_ok!(Peg::settle(nobody(), confirm(&tx)));
		assert!(Peg::deposit(old).unwrap().swept);
		assert_eq!(Committees::<Test>::get(0).unwrap().silent_until, None);
	});
}

/// They come back late, and a miner takes what they have signed.
#[test]
fn an_attempt_that_was_given_up_hope_of_may_still_be_mined() {
	left_out(|id, _, old| {
		let late = withdraw(1, 20_000, 9_000);
		let second = complete_by(LEFT);
		bury(5);
		assert_eq!(paid(2), [id, late], "who has come since is in the next");
		let third = complete_by(LEFT);
		events();
		assert!(!attempt(0).complete && silent_until().is_some());
		sign([2], 0);
		assert!(has_said(&Event::CommitteeHeard { committee: 0 }));
		assert!(attempt(0).complete);
		assert_eq!(silent_until(), None);
		let first = transaction(0);
		let claim = confirm(&first);
		for tx in [second, third] {
			assert_eq!(try_mine(vec![tx]), Err("missing or spent"));
		}
		assert_ok!(Peg::settle(nobody(), claim));
		assert!(is_paid(id) && Peg::deposit(old).unwrap().swept);
		assert_eq!(state(late), WithdrawalState::Pending);
		assert!(has_said(&Event::WithdrawalReturned { id: late }));
		await_batch();
		assert_eq!((attempt(0).coins.len(), paid(0)), (1, vec![late]));
		settle_by_those_left();
		assert_eq!(received(&wallet(1).to_script()), 100_000 + 50_000 + 20_000);
		assert_eq!(Peg::status().supply.0, balance(1));
	});
}

/// Only what ends the want of signatures ends the silence.
#[test]
fn who_signs_what_others_have_completed_is_not_heard() {
	in_flight(|_, _, _| {
		let first = complete_by([2, 3, 4, 5]);
		bury(5);
		sign(LEFT, 1);
		bury(4);
		assert!(silent_until().is_some());
		sign([1], 0);
		assert_eq!(transaction(0).compute_txid(), first.compute_txid());
		assert!(silent_until().is_some(), "that one had enough");
		sign([1], 1);
		assert_eq!(silent_until(), None);
		assert_noop!(sign_by(1, BATCH, 2), Error::<Test>::NotAMember);
	});
}

/// There is no change yet. The coin that all attempts spend is one of those who serve.
#[test]
fn before_there_is_change_the_common_coin_is_the_serving_committees() {
	run(|| {
		let old = fund(1, 20_000);
		// Too much for what was kept to pay for the sweep.
		set_fee_rate(Some(20_000));
		Candidates::set(members(2..=5));
		govern(|policy| policy.term = 14);
		bury(14 - best().height);
		for n in 2..=5 {
			prove(n).unwrap();
		}
		bury(1);
		assert_eq!((serving(), InFlight::<Test>::get()), (1, None));
		let own = deposit_to(1, 200_000, 900);
		let id = withdraw(1, 50_000, 9_000);
		bury(1);
		assert_eq!(spent(0), [own, old]);
		assert_eq!(InFlight::<Test>::get().unwrap().common, own);
		sign(LEFT, 0);
		bury(4);
		assert_eq!(spent(1), [own]);
		settle_by_those_left();
		assert!(is_paid(id) && MainCoin::<Test>::get().is_some());
	});
}
