//! Withdrawals that somebody pays at once.

use crate::{mock::*, Error, Event, WithdrawalId, WithdrawalState};
use bitcoin::Transaction;
use entangled_bitcoin::{Native, Sats};
use polkadot_sdk::{
	frame_support::{assert_noop, assert_ok, dispatch::DispatchResultWithPostInfo},
	sp_runtime::DispatchError,
};

type Why = Error<Test>;

/// Account 1 has asked for 100,000, for a fee of 2,000 at the most. Accounts 2 and 3 have eBTC.
fn asked(test: impl FnOnce(WithdrawalId)) {
	run(|| {
		// Reservations and proofs take time, and no batch is to come in between.
		govern(|policy| policy.batch_wait = 1_000);
		for n in 1..=3 {
			fund(n, 1_000_000);
		}
		test(withdraw(1, 100_000, 2_000));
	});
}

/// The payment is mined, and proven when it is final.
fn prove(tx: &Transaction, id: WithdrawalId) -> DispatchResultWithPostInfo {
	Peg::front(nobody(), confirm(tx), id)
}

#[test]
fn whoever_pays_gets_the_amount_and_a_reward() {
	asked(|id| {
		let (owner, payer) = (balance(1), balance(2));
		let reward = Peg::quote_withdrawal(&wallet(1), Sats(100_000)).unwrap().alone;
		let tx = front_payment(id, 2);
		let claim = confirm(&tx);
		for origin in [RuntimeOrigin::root(), RuntimeOrigin::none()] {
			assert_noop!(Peg::front(origin, claim.clone(), id), DispatchError::BadOrigin);
		}
		events();
		// Somebody else brings the proof. It makes no difference.
		assert_ok!(Peg::front(signed(9), claim, id));
		let txid = entangled_bitcoin::txid::<Native>(&tx);
		let by = account(2);
		assert_eq!(events(), [Event::WithdrawalFronted { id, by: by.clone(), txid, reward }]);
		assert_eq!(state(id), WithdrawalState::Fronted { by, txid, fee: reward });
		assert_eq!(balance(2), payer + 100_000 + reward.0);
		assert_eq!(balance(1), owner + 2_000 - reward.0);
		assert_eq!((locked(), received(&wallet(1).to_script())), (0, 100_000));
	});
}

#[test]
fn the_reward_is_never_above_what_the_owner_pays() {
	asked(|_| {
		let id = withdraw(1, 50_000, 100);
		let before = balance(2);
		assert_ok!(prove(&front_payment(id, 2), id));
		assert_eq!(balance(2), before + 50_100);
	});
}

#[test]
fn a_reservation_costs_a_bond_that_comes_back_with_the_payment() {
	asked(|id| {
		let (owner, payer) = (balance(1), balance(2));
		let reward = Peg::quote_withdrawal(&wallet(1), Sats(100_000)).unwrap().alone;
		events();
		assert_ok!(Peg::reserve(signed(2), id));
		let (by, bond) = (account(2), Sats(1_000));
		assert_eq!(events(), [Event::WithdrawalReserved { id, by, bond, reward }]);
		assert_eq!((balance(2), locked()), (payer - 1_000, 103_000));
		// What is earned is agreed. Fees may rise since.
		set_fee_rate(Some(20_000));
		assert_ok!(prove(&front_payment(id, 2), id));
		assert_eq!(balance(2), payer + 100_000 + reward.0);
		assert_eq!((balance(1), locked()), (owner + 2_000 - reward.0, 0));
	});
}

#[test]
fn a_reservation_keeps_others_and_batches_away() {
	asked(|id| {
		assert_noop!(Peg::reserve(signed(9), id), Why::InsufficientBalance);
		assert_noop!(Peg::reserve(signed(2), id + 1), Why::UnknownWithdrawal);
		assert_noop!(Peg::release(signed(2), id), Why::NotReserved);
		assert_ok!(Peg::reserve(signed(2), id));
		assert_noop!(Peg::reserve(signed(3), id), Why::Reserved);
		assert_noop!(Peg::reserve(signed(2), id), Why::Reserved);
		assert_noop!(Peg::cancel(signed(1), id), Why::Reserved);
		assert_noop!(Peg::expire(signed(1), id), Why::Reserved);
		assert_noop!(Peg::release(signed(1), id), Why::ReservationActive);

		// Two others do not make a batch with the one that is reserved. Three do, and it stays out.
		let [one, two] = [withdraw(1, 10_000, 2_000), withdraw(1, 10_000, 2_000)];
		bury(1);
		assert_eq!(Peg::batch(), None);
		let others = [one, two, withdraw(1, 10_000, 2_000)];
		bury(1);
		assert_eq!(attempt(0).payouts.iter().map(|(id, _)| *id).collect::<Vec<_>>(), others);

		let other = confirm(&front_payment(id, 3));
		assert_noop!(Peg::front(nobody(), other.clone(), id), Why::ReservedByOther);
		// Until it is released, also after it has lapsed.
		bury(6);
		next_blocks(20);
		assert_noop!(Peg::front(nobody(), other, id), Why::ReservedByOther);
		// The owner may still raise the ceiling.
		assert_ok!(Peg::raise_fee(signed(1), id, Sats(3_000)));
	});
}

#[test]
fn who_does_not_pay_in_time_loses_the_bond_to_the_owner() {
	asked(|id| {
		assert_ok!(Peg::reserve(signed(2), id));
		let owner = balance(1);
		// Both clocks must have run.
		bury(6);
		assert_noop!(Peg::release(signed(9), id), Why::ReservationActive);
		next_blocks(20);
		events();
		assert_ok!(Peg::release(signed(9), id));
		let (by, bond) = (account(2), Sats(1_000));
		assert_eq!(events(), [Event::ReservationForfeited { id, by, bond }]);
		assert_eq!((balance(1), locked()), (owner + 1_000, 102_000));
		assert_eq!(state(id), WithdrawalState::Pending);
		// It is not held up a second time.
		assert!(withdrawal(id).lapsed);
		assert_noop!(Peg::reserve(signed(3), id), Why::ReservedBefore);
		assert_ok!(Peg::cancel(signed(1), id));
	});
}

/// A payment that was made is not lost because its proof is late, as long as nobody else has paid.
#[test]
fn a_late_proof_counts_while_the_withdrawal_waits() {
	asked(|id| {
		let payer = balance(2);
		assert_ok!(Peg::reserve(signed(2), id));
		let claim = confirm(&front_payment(id, 2));
		bury(6);
		next_blocks(20);
		assert_ok!(Peg::release(signed(1), id));
		assert_ok!(Peg::front(nobody(), claim, id));
		assert!(balance(2) > payer + 100_000 - 1_000, "the bond is lost, the payment is not");

		// The same where nobody has released it.
		let id = withdraw(1, 100_000, 2_000);
		assert_ok!(Peg::reserve(signed(2), id));
		let claim = confirm(&front_payment(id, 2));
		bury(6);
		next_blocks(20);
		let before = balance(2);
		assert_ok!(Peg::front(nobody(), claim, id));
		assert!(balance(2) > before + 101_000);
	});
}

/// The risk of who pays without a reservation, or too late.
#[test]
fn in_a_batch_or_after_the_end_it_is_too_late() {
	asked(|id| {
		let claim = confirm(&front_payment(id, 2));
		let others = [withdraw(1, 10_000, 2_000), withdraw(1, 10_000, 2_000)];
		bury(1);
		assert_noop!(Peg::front(nobody(), claim.clone(), id), Why::NotPending);
		settle();
		assert_noop!(Peg::front(nobody(), claim, id), Why::NotPending);
		assert!(others.iter().all(|id| state(*id).is_terminal()));
	});
}

#[test]
fn payments_that_are_not_this_one() {
	asked(|id| {
		let wallet = || wallet(1).to_script();
		for tx in [
			pay(vec![output(wallet(), 99_999), names(id, 2)]),
			pay(vec![output(wallet(), 100_001), names(id, 2)]),
			pay(vec![output(wallet(), 50_000), output(wallet(), 50_000), names(id, 2)]),
			pay(vec![output(crate::mock::wallet(2).to_script(), 100_000), names(id, 2)]),
			pay(vec![output(wallet(), 100_000)]),
			pay(vec![output(wallet(), 100_000), names(id + 1, 2)]),
			pay(vec![output(wallet(), 100_000), names(id, 2), names(id, 3)]),
			pay(vec![output(wallet(), 100_000), names(id, 2), names(id, 2)]),
		] {
			let claim = confirm(&tx);
			assert_noop!(Peg::front(nobody(), claim, id), Why::NotThePayment);
		}
	});
}

#[test]
fn proofs_that_show_nothing() {
	asked(|id| {
		let block = mine(vec![front_payment(id, 2)]);
		let claim = claim_of(block, 1);
		assert_noop!(Peg::front(nobody(), claim.clone(), id), Why::BlockNotFinal);
		make_final(block);
		let mut other = claim.clone();
		other.proof.siblings[0][0] ^= 1;
		assert_noop!(Peg::front(nobody(), other, id), Why::WrongProof);
		let mut long = claim.clone();
		long.proof.transaction.resize(100_001, 0);
		assert_noop!(Peg::front(nobody(), long, id), Why::TransactionTooLong);
		assert_noop!(Peg::front(nobody(), claim.clone(), id + 1), Why::UnknownWithdrawal);

		go_stale();
		assert_noop!(Peg::front(nobody(), claim.clone(), id), Why::Stale);
		assert_noop!(Peg::reserve(signed(2), id), Why::Stale);
		bury(1);
		assert_ok!(Peg::front(nobody(), claim.clone(), id));
		assert_noop!(Peg::front(nobody(), claim, id), Why::NotPending);
	});
}

/// Proofs are taken while the peg is halted, and nothing is released while they are not.
#[test]
fn a_halt_takes_nothing_from_who_has_paid() {
	asked(|id| {
		let other = withdraw(1, 50_000, 2_000);
		assert_ok!(Peg::reserve(signed(2), id));
		let claim = confirm(&front_payment(id, 2));
		assert_ok!(Peg::halt(RuntimeOrigin::root()));
		assert_noop!(Peg::reserve(signed(2), other), Why::Halted);
		bury(6);
		next_blocks(20);
		assert_ok!(Peg::front(nobody(), claim, id));
		assert_eq!(locked(), 52_000);

		assert_ok!(Peg::resume(RuntimeOrigin::root()));
		let id = withdraw(1, 50_000, 2_000);
		assert_ok!(Peg::reserve(signed(2), id));
		bury(6);
		next_blocks(20);
		go_stale();
		assert_noop!(Peg::release(signed(1), id), Why::Stale);
		bury(1);
		assert_ok!(Peg::release(signed(1), id));
	});
}

/// A halt keeps no proof out, so a payer that has not paid in time keeps the owner no longer.
#[test]
fn a_halt_does_not_lock_the_owner_in() {
	asked(|id| {
		assert_ok!(Peg::reserve(signed(2), id));
		assert_ok!(Peg::halt(RuntimeOrigin::root()));
		bury(6);
		next_blocks(20);
		assert_noop!(Peg::cancel(signed(1), id), Why::Reserved);
		let owner = balance(1);
		assert_ok!(Peg::release(signed(1), id));
		assert_ok!(Peg::cancel(signed(1), id));
		assert_eq!(balance(1), owner + 103_000);
	});
}

/// Own blocks do not count while no proof can be relied on, so a reservation does not lapse by them.
#[test]
fn while_bitcoin_is_silent_or_frozen_no_reservation_lapses() {
	asked(|_| {
		govern(|policy| {
			policy.expiry_own_blocks = 400;
			policy.reservation_own_blocks = 60;
		});
		let id = withdraw(1, 50_000, 2_000);
		assert_ok!(Peg::reserve(signed(2), id));
		let claim = confirm(&front_payment(id, 2));
		bury(6);
		go_stale();
		next_blocks(60);
		assert_noop!(Peg::release(signed(1), id), Why::Stale);
		bury(1);
		assert_noop!(Peg::release(signed(1), id), Why::ReservationActive);
		// It leaves the payment's block alone, and is too deep for the light client.
		reorganise_empty(FINALITY.confirmations);
		assert_noop!(Peg::front(nobody(), claim.clone(), id), Why::Frozen);
		next_blocks(60);
		assert_noop!(Peg::release(signed(1), id), Why::Frozen);
		assert_ok!(Bitcoin::resume(RuntimeOrigin::root()));
		attest();
		assert_noop!(Peg::release(signed(1), id), Why::ReservationActive);
		assert_ok!(Peg::front(nobody(), claim, id));
		assert_eq!(locked(), 102_000);
	});
}

/// Who has waited until the withdrawal expires can have it back then.
#[test]
fn a_reservation_does_not_reach_beyond_the_expiry() {
	asked(|id| {
		bury(5);
		next_blocks(10);
		// It would end after 11 blocks and 40 own blocks, of 12 and 40.
		assert_eq!(Bitcoin::clock().after(7, 20), withdrawal(id).expires);
		assert_ok!(Peg::reserve(signed(2), id));
		let other = withdraw(1, 50_000, 2_000);
		bury(6);
		next_blocks(8);
		assert_eq!(Bitcoin::clock().after(6, 20), withdrawal(other).expires);
		assert_noop!(Peg::reserve(signed(2), other), Why::ExpiresTooSoon);
	});
}

/// A reorganisation can move a payment down by a block or two, but no further.
#[test]
fn a_payment_may_seem_a_little_older_than_the_request() {
	asked(|_| {
		for (age, counts) in [(1, true), (2, false)] {
			let next = crate::NextWithdrawal::<Test>::get();
			let paid = output(wallet(1).to_script(), 50_000);
			let block = mine(vec![pay(vec![paid, names(next, 2)])]);
			bury(age);
			let id = withdraw(1, 50_000, 2_000);
			make_final(block);
			let proven = Peg::front(nobody(), claim_of(block, 1), id);
			assert_eq!(proven.is_ok(), counts, "{age} blocks before the request");
		}
	});
}
