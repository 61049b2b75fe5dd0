//! Requests for BTC, until they leave or are taken back.

use crate::{mock::*, Error, Event, NextWithdrawal, WithdrawalState, Withdrawals, MAX_PENDING};
use entangled_bitcoin::{FeeRate, PayoutScript, Sats, XOnlyKey};
use polkadot_sdk::frame_support::{assert_noop, assert_ok, dispatch::DispatchResult};

type Why = Error<Test>;

fn ask(script: PayoutScript, amount: u64, max_fee: u64) -> DispatchResult {
	request(signed(1), script, Sats(amount), Sats(max_fee))
}

/// Account 1 asks for as little as it can.
fn wait(_: u32) {
	withdraw(1, 1_000, 69);
}

#[test]
fn amount_and_fee_are_locked() {
	run(|| {
		fund(1, 1_000_000);
		let before = balance(1);
		events();
		let id = withdraw(1, 100_000, 2_000);
		let (amount, max_fee) = (Sats(100_000), Sats(2_000));
		let (owner, script) = (account(1), wallet(1));
		let asked = Event::WithdrawalRequested { id, owner, script, amount, max_fee };
		assert_eq!(events(), [asked]);
		assert_eq!((before - balance(1), locked()), (102_000, 102_000));
		assert_eq!(state(id), WithdrawalState::Pending);
		assert_eq!(withdrawal(id).expires, Bitcoin::clock().after(12, 40));
		assert_eq!(Peg::pending(), [id]);
		assert_eq!((id, withdraw(1, 100_000, 2_000)), (0, 1));
		assert_eq!(Peg::pending(), [0, 1]);
	});
}

#[test]
fn what_is_refused() {
	run(|| {
		let fine = wallet(1);
		assert_noop!(ask(fine, 100_000, 2_000), Why::InsufficientBalance);
		fund(1, 1_000_000);
		let all = balance(1);
		assert_noop!(ask(fine, all, 2_000), Why::InsufficientBalance);
		assert_noop!(ask(fine, all - 1_999, 2_000), Why::InsufficientBalance);
		assert_noop!(ask(fine, 293, 2_000), Why::Dust);
		assert_noop!(ask(PayoutScript::P2pkh([1; 20]), 545, 2_000), Why::Dust);
		assert_noop!(ask(fine, 999, 2_000), Why::BelowMinimum);
		assert_noop!(ask(fine, 20_000_001, 2_000), Why::AboveMaximum);
		let nobodys = PayoutScript::P2tr(XOnlyKey([0xff; 32]));
		assert_noop!(ask(nobodys, 100_000, 2_000), Why::UnspendableScript);
		let least = Peg::quote_withdrawal(&fine, Sats(100_000)).unwrap().shared;
		assert_noop!(ask(fine, 100_000, least.0 - 1), Why::FeeAboveCeiling);
		assert_ok!(ask(fine, 100_000, least.0));

		assert_ok!(Peg::halt(RuntimeOrigin::root()));
		assert_noop!(ask(fine, 100_000, 2_000), Why::Halted);
		assert_ok!(Peg::resume(RuntimeOrigin::root()));
		go_stale();
		assert_noop!(ask(fine, 100_000, 2_000), Why::Stale);
	});
}

#[test]
fn without_a_committee_there_is_nobody_to_ask() {
	run_with(policy(), 0, || {
		assert_eq!(Peg::status().committee, None);
		assert_noop!(ask(wallet(1), 100_000, 2_000), Why::NoCommittee);
	});
}

#[test]
fn every_type_of_script_is_quoted_and_accepted() {
	run(|| {
		fund(1, 1_000_000);
		let mut quotes = vec![];
		for script in [
			PayoutScript::P2wpkh([1; 20]),
			PayoutScript::P2sh([2; 20]),
			PayoutScript::P2pkh([3; 20]),
			PayoutScript::P2wsh([4; 32]),
			PayoutScript::P2tr(key(5)),
		] {
			let quote = Peg::quote_withdrawal(&script, Sats(50_000)).unwrap();
			assert!(quote.shared < quote.alone);
			assert_eq!((quote.rate, quote.min_amount), (FeeRate(2_000), Sats(1_000)));
			quotes.push(quote.alone);
			assert_ok!(ask(script, 50_000, quote.alone.0));
		}
		assert!(quotes.is_sorted(), "longer scripts cost more: {quotes:?}");
		bury(1);
		let paid = attempt(0).payouts;
		assert_eq!(paid.len(), 5);
		assert!(paid.iter().zip(quotes).all(|((_, fee), alone)| *fee < alone));
	});
}

/// What was quoted for a withdrawal alone is what it costs alone.
#[test]
fn a_quote_is_kept() {
	run(|| {
		fund(1, 1_000_000);
		withdraw(1, 50_000, 5_000);
		await_batch();
		settle();
		let alone = Peg::quote_withdrawal(&wallet(1), Sats(50_000)).unwrap().alone;
		withdraw(1, 50_000, alone.0);
		await_batch();
		assert_eq!(attempt(0).payouts[0].1, alone);
	});
}

#[test]
fn the_owner_may_take_it_back_while_it_waits() {
	run(|| {
		fund(1, 1_000_000);
		let before = balance(1);
		let id = withdraw(1, 100_000, 2_000);
		assert_noop!(Peg::cancel(signed(2), id), Why::NotOwner);
		assert_noop!(Peg::cancel(signed(1), id + 1), Why::UnknownWithdrawal);
		events();
		assert_ok!(Peg::cancel(signed(1), id));
		assert_eq!(events(), [Event::WithdrawalCancelled { id }]);
		assert_eq!((balance(1), locked()), (before, 0));
		assert_eq!(state(id), WithdrawalState::Cancelled);
		assert!(Peg::pending().is_empty());
		for again in [
			Peg::cancel(signed(1), id),
			Peg::expire(signed(1), id),
			Peg::raise_fee(signed(1), id, Sats(9_999)),
			Peg::reserve(signed(2), id),
			Peg::release(signed(2), id),
		] {
			assert_eq!(again, Err(Why::NotPending.into()));
		}
		bury(10);
		assert_eq!(Peg::batch(), None);
	});
}

#[test]
fn in_a_batch_it_cannot_be_taken_back() {
	run(|| {
		fund(1, 1_000_000);
		let id = withdraw(1, 100_000, 2_000);
		await_batch();
		assert_eq!(state(id), WithdrawalState::InBatch);
		bury(20);
		assert!(Bitcoin::clock().has_passed(withdrawal(id).expires));
		assert_noop!(Peg::cancel(signed(1), id), Why::NotPending);
		assert_noop!(Peg::expire(signed(1), id), Why::NotPending);
		assert_noop!(Peg::reserve(signed(2), id), Why::NotPending);
		// The ceiling may be raised, for the next attempt.
		assert_ok!(Peg::raise_fee(signed(1), id, Sats(3_000)));
	});
}

#[test]
fn the_ceiling_is_raised_by_locking_more() {
	run(|| {
		fund(1, 1_000_000);
		let id = withdraw(1, 100_000, 2_000);
		assert_noop!(Peg::raise_fee(signed(2), id, Sats(3_000)), Why::NotOwner);
		for no_more in [0, 1_999, 2_000] {
			assert_noop!(Peg::raise_fee(signed(1), id, Sats(no_more)), Why::FeeNotRaised);
		}
		for too_much in [balance(1) + 2_001, u64::MAX] {
			assert_noop!(Peg::raise_fee(signed(1), id, Sats(too_much)), Why::InsufficientBalance);
		}
		events();
		assert_ok!(Peg::raise_fee(signed(1), id, Sats(3_000)));
		assert_eq!(events(), [Event::FeeRaised { id, max_fee: Sats(3_000) }]);
		assert_eq!((locked(), withdrawal(id).max_fee), (103_000, Sats(3_000)));
	});
}

/// Both clocks must have run. Anybody may see to it that the owner has the eBTC again.
#[test]
fn what_waits_too_long_is_returned() {
	run(|| {
		fund(1, 1_000_000);
		let before = balance(1);
		// It can only be paid in company.
		let id = withdraw(1, 100_000, 100);
		let requested = best().height;
		bury(11);
		next_blocks(40);
		assert_noop!(Peg::expire(signed(9), id), Why::NotExpired);
		bury(1);
		assert_eq!(best().height, requested + 12);
		events();
		assert_ok!(Peg::expire(signed(9), id));
		assert_eq!(events(), [Event::WithdrawalExpired { id }]);
		assert_eq!((balance(1), state(id)), (before, WithdrawalState::Expired));

		let id = withdraw(1, 100_000, 100);
		bury(12);
		assert_noop!(Peg::expire(signed(9), id), Why::NotExpired);
		next_blocks(40);
		assert_ok!(Peg::expire(signed(9), id));
	});
}

/// Nobody could have paid it meanwhile, so that time does not count.
#[test]
fn while_bitcoin_is_silent_nothing_expires() {
	run(|| {
		fund(1, 1_000_000);
		let id = withdraw(1, 100_000, 100);
		go_stale();
		let stopped = Bitcoin::clock();
		next_blocks(100);
		assert_eq!(Bitcoin::clock(), stopped);
		assert_noop!(Peg::expire(signed(9), id), Why::NotExpired);
		assert_ok!(Peg::cancel(signed(1), id));
	});
}

#[test]
fn the_queue_is_bounded_and_outcomes_are_forgotten() {
	run(|| {
		for _ in 0..3 {
			fund(1, 10_000_000);
		}
		// Only what ended last is remembered: here as if that were one.
		let first = withdraw(1, 1_000, 2_000);
		assert_ok!(Peg::cancel(signed(1), first));
		crate::Closed::<Test>::put(crate::KEPT_OUTCOMES);
		let second = withdraw(1, 1_000, 2_000);
		assert_eq!(state(first), WithdrawalState::Cancelled);
		assert_ok!(Peg::cancel(signed(1), second));
		assert!(Peg::pending().is_empty());
		assert!(Withdrawals::<Test>::get(first).is_none());
		assert_noop!(Peg::cancel(signed(1), first), Why::UnknownWithdrawal);
		assert_eq!(state(second), WithdrawalState::Cancelled);

		for _ in 0..MAX_PENDING {
			withdraw(1, 1_000, 2_000);
		}
		assert_noop!(ask(wallet(1), 1_000, 2_000), Why::QueueFull);
		// Settlements go on, and make room.
		bury(1);
		let paid = attempt(0).payouts.len();
		assert_eq!(paid, 100);
		assert_noop!(ask(wallet(1), 1_000, 2_000), Why::QueueFull);
		let tx = complete();
		assert_eq!(tx.output.len(), 102);
		assert_ok!(Peg::settle(nobody(), confirm(&tx)));
		assert_eq!(Peg::pending().len(), 900);
		assert_eq!(NextWithdrawal::<Test>::get(), u64::from(MAX_PENDING) + 2);
		assert_ok!(ask(wallet(1), 1_000, 2_000));
	});
}

/// What nobody wants any more does not keep others out: neither where it is the oldest nor behind
/// others that may not go, and not under a reservation that has lapsed.
#[test]
fn where_the_queue_is_full_the_oldest_that_has_expired_makes_room() {
	run(|| {
		fund(1, 10_000_000);
		// The first three expire after all others.
		let late = crate::CurrentPolicy::<Test>::get().expiry_blocks;
		govern(|policy| policy.expiry_blocks = 100);
		(0..3).for_each(wait);
		govern(|policy| policy.expiry_blocks = late);
		(3..MAX_PENDING).for_each(wait);
		// No batch takes any of them.
		set_fee_rate(Some(3_000));
		assert_ok!(Peg::reserve(signed(1), 3));
		bury(5);
		assert_ok!(Peg::reserve(signed(1), 5));
		bury(7);
		assert_noop!(ask(wallet(1), 1_000, 200), Why::QueueFull);
		next_blocks(40);

		let expired = |at: usize| {
			events();
			let id = withdraw(1, 1_000, 200);
			assert_eq!((Peg::pending().last(), Peg::pending().len()), (Some(&id), 1_000));
			let (by, bond) = (account(1), Sats(10));
			let said = events();
			let released = Event::ReservationForfeited { id: at as u64, by, bond };
			assert!(said.contains(&Event::WithdrawalExpired { id: at as u64 }), "{at}: {said:?}");
			assert_eq!(said.contains(&released), [3, 5].contains(&at));
			assert_eq!(said.len(), if [3, 5].contains(&at) { 3 } else { 2 });
		};
		(3..8).for_each(expired);
		assert_eq!(Peg::pending()[..4], [0, 1, 2, 8]);
	});
}

/// Those that a batch has do not go, and neither do those whose reservation holds.
#[test]
fn what_may_still_be_paid_makes_no_room() {
	run(|| {
		fund(1, 10_000_000);
		for _ in 0..MAX_PENDING {
			withdraw(1, 1_000, 2_000);
		}
		bury(1);
		assert_eq!(state(99), WithdrawalState::InBatch);
		bury(7);
		assert_ok!(Peg::reserve(signed(1), 100));
		next_blocks(30);
		bury(4);
		assert!(Bitcoin::clock().has_passed(withdrawal(100).expires));
		assert_noop!(Peg::release(signed(1), 100), Why::ReservationActive);
		events();
		withdraw(1, 1_000, 2_000);
		assert_eq!(events()[0], Event::WithdrawalExpired { id: 101 });
	});
}

/// Only who may have others looked at pays for that.
#[test]
fn looks_are_charged_where_the_queue_is_full() {
	use crate::weights::WeightInfo;
	use polkadot_sdk::frame_support::dispatch::GetDispatchInfo;
	type Weights = <Test as crate::Config>::WeightInfo;
	run(|| {
		fund(1, 10_000_000);
		let call = || crate::Call::<Test>::withdraw {
			script: wallet(1),
			amount: Sats(1_000),
			max_fee: Sats(69),
		};
		let most = Weights::withdraw(MAX_PENDING);
		assert_eq!(call().get_dispatch_info().call_weight, most);
		let used = || {
			let done = Peg::withdraw(signed(1), wallet(1), Sats(1_000), Sats(69));
			done.unwrap_or_else(|refused| refused.post_info).actual_weight.unwrap()
		};
		assert_eq!(used(), Weights::withdraw(0));
		(1..MAX_PENDING).for_each(wait);
		assert_eq!(used(), most);
		let poor = Peg::withdraw(signed(2), wallet(1), Sats(1_000), Sats(69)).unwrap_err();
		assert_eq!(poor.post_info.actual_weight, Some(most));
	});
}
