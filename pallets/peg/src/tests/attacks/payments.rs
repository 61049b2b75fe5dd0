//! On payments and those who sign them.

use crate::{mock::*, AttemptSignatures, Error, Event, HaltReason, InFlight, WithdrawalState};
use entangled_bitcoin::Sats;
use polkadot_sdk::frame_support::{assert_noop, assert_ok};

type Why = Error<Test>;

/// One deposit with a vault of zero blocked every sweep of its wallet (tBTC, fixed by an upgrade).
#[test]
fn one_bad_withdrawal_does_not_hold_up_a_batch() {
	run(|| {
		fund(1, 1_000_000);
		let bad = withdraw(1, 10_000, 100);
		let reserved = withdraw(1, 10_000, 2_000);
		assert_ok!(Peg::reserve(signed(1), reserved));
		let good = withdraw(1, 10_000, 2_000);
		await_batch();
		let paid = attempt(0).payouts.iter().map(|(id, _)| *id).collect::<Vec<_>>();
		assert_eq!(paid, [good]);
		settle();
		assert_eq!(state(bad), WithdrawalState::Pending);
	});
}

/// A maximal fee beyond i64::MAX broke the signers' database (sBTC 1944).
#[test]
fn amounts_at_the_edge_are_refused_by_name() {
	run(|| {
		fund(1, 1_000_000);
		let ask = |amount, max_fee| request(signed(1), wallet(1), Sats(amount), Sats(max_fee));
		for edge in [i64::MAX as u64, i64::MAX as u64 + 1, u64::MAX - 1, u64::MAX] {
			assert_noop!(ask(10_000, edge), Why::InsufficientBalance);
			assert_noop!(ask(edge, 2_000), Why::AboveMaximum);
			assert_noop!(ask(edge, edge), Why::AboveMaximum);
		}
		let id = withdraw(1, 10_000, 2_000);
		for edge in [i64::MAX as u64, u64::MAX] {
			assert_noop!(Peg::raise_fee(signed(1), id, Sats(edge)), Why::InsufficientBalance);
			assert_noop!(Peg::raise_fee(signed(1), edge, Sats(1)), Why::UnknownWithdrawal);
		}
		assert_noop!(sign_by_number(u32::MAX), Why::UnknownBatch);
	});
}

fn sign_by_number(n: u32) -> polkadot_sdk::frame_support::dispatch::DispatchResultWithPostInfo {
	Peg::sign(nobody(), n, n, key(1), AttemptSignatures::default())
}

/// A withdrawal whose fee was too low was locked for ever (sBTC 746).
#[test]
fn a_withdrawal_that_cannot_be_paid_comes_back() {
	run(|| {
		fund(1, 1_000_000);
		let before = balance(1);
		let id = withdraw(1, 100_000, 100);
		bury(12);
		next_blocks(40);
		assert_ok!(Peg::expire(signed(9), id));
		assert_eq!(balance(1), before);
	});
}

/// Mints were tried again when an event was missed (sBTC 778).
#[test]
fn doing_it_twice_does_it_once() {
	run(|| {
		let deposit = deposit(terms(1), 100_000);
		assert_ok!(deposit.bring());
		let once = balance(1);
		assert_noop!(deposit.bring(), Why::AlreadyClaimed);
		withdraw(1, 10_000, 2_000);
		await_batch();
		let claim = confirm(&complete());
		assert_noop!(sign_by(1, 0, 0), Why::AlreadySigned);
		assert_ok!(Peg::settle(nobody(), claim.clone()));
		assert_noop!(Peg::settle(nobody(), claim), Why::UnknownAttempt);
		assert!(balance(1) < once);
	});
}

/// One payment counted for two redemptions, and more was redeemed than recorded (Informal's THEFT).
#[test]
fn one_payment_serves_one_withdrawal() {
	run(|| {
		govern(|policy| policy.batch_wait = 1_000);
		fund(1, 1_000_000);
		let one = withdraw(1, 100_000, 2_000);
		let two = withdraw(1, 100_000, 2_000);
		let paid = output(wallet(1).to_script(), 100_000);
		let both = confirm(&pay(vec![paid.clone(), names(one, 2), names(two, 2)]));
		assert_noop!(Peg::front(nobody(), both.clone(), one), Why::NotThePayment);
		assert_noop!(Peg::front(nobody(), both, two), Why::NotThePayment);
		let twice = confirm(&pay(vec![paid.clone(), paid, names(one, 2)]));
		assert_ok!(Peg::front(nobody(), twice.clone(), one));
		assert_noop!(Peg::front(nobody(), twice.clone(), one), Why::NotPending);
		assert_noop!(Peg::front(nobody(), twice, two), Why::NotThePayment);
	});
}

/// Every chain begins to count withdrawals at nought, so two have the same number soon.
#[test]
fn a_payment_for_another_chains_withdrawal_is_not_one_for_ours() {
	run(|| {
		govern(|policy| policy.batch_wait = 1_000);
		fund(1, 1_000_000);
		let id = withdraw(1, 100_000, 2_000);
		let paid = output(wallet(1).to_script(), 100_000);
		let theirs = confirm(&pay(vec![paid.clone(), names_on(OTHER_CHAIN, id, 2)]));
		assert_noop!(Peg::front(nobody(), theirs, id), Why::NotThePayment);
		// Nor does one payment serve both.
		let both = confirm(&pay(vec![paid, names(id, 2), names_on(OTHER_CHAIN, id, 2)]));
		assert_noop!(Peg::front(nobody(), both, id), Why::NotThePayment);
		assert_ok!(Peg::front(nobody(), confirm(&front_payment(id, 2)), id));
	});
}

/// Ids can be foreseen: a payment for something else could be made out as one for a withdrawal that
/// does not exist yet (Sigma Prime on Clementine: predictable ids).
#[test]
fn a_payment_older_than_the_request_is_not_one_for_it() {
	run(|| {
		govern(|policy| policy.batch_wait = 1_000);
		fund(1, 1_000_000);
		let next = crate::NextWithdrawal::<Test>::get();
		let paid = output(wallet(1).to_script(), 100_000);
		let old = confirm(&pay(vec![paid, names(next, 2)]));
		let id = withdraw(1, 100_000, 2_000);
		assert_eq!(id, next);
		assert_noop!(Peg::front(nobody(), old, id), Why::NotThePayment);
		assert_ok!(Peg::front(nobody(), confirm(&front_payment(id, 2)), id));
	});
}

/// Custody's own payment names no withdrawal, so nobody fronted it.
#[test]
fn custodys_payment_is_not_a_fronted_one() {
	run(|| {
		fund(1, 1_000_000);
		let id = withdraw(1, 100_000, 2_000);
		await_batch();
		let claim = confirm(&complete());
		assert_noop!(Peg::front(nobody(), claim.clone(), id), Why::NotThePayment);
		assert_ok!(Peg::settle(nobody(), claim));
	});
}

/// A payment was late and the refund came too (Informal's TIMEOUT).
#[test]
fn what_may_be_paid_yet_is_not_returned() {
	run(|| {
		fund(1, 1_000_000);
		fund(2, 1_000_000);
		let id = withdraw(1, 100_000, 2_000);
		// In the very block in which it expires, a batch takes it.
		govern(|policy| policy.batch_wait = 12);
		next_blocks(60);
		bury(12);
		assert!(Bitcoin::clock().has_passed(withdrawal(id).expires));
		assert_eq!(state(id), WithdrawalState::InBatch);
		assert_noop!(Peg::expire(signed(9), id), Why::NotPending);
		settle();
		// And who has reserved a withdrawal is safe until the reservation lapses.
		let id = withdraw(1, 100_000, 2_000);
		bury(8);
		assert_ok!(Peg::reserve(signed(2), id));
		let claim = confirm(&front_payment(id, 2));
		next_blocks(60);
		bury(2);
		assert!(Bitcoin::clock().has_passed(withdrawal(id).expires));
		assert_noop!(Peg::expire(signed(9), id), Why::Reserved);
		assert_ok!(Peg::front(nobody(), claim, id));
	});
}

/// A deep reorganisation was to halt the chain, and the hook was not wired (Babylon 839).
#[test]
fn a_deep_reorganisation_halts_the_peg_by_the_light_client_itself() {
	run(|| {
		fund(1, 100_000);
		reorganise_empty(FINALITY.confirmations);
		assert!(matches!(Peg::status().halt, Some(HaltReason::Reorganised { .. })));
	});
}

/// A committee was replaced although some of its members had failed (sBTC 1285); and a member that is
/// away must not stop those who serve (sBTC 1593).
#[test]
fn a_member_that_is_away_holds_up_neither_hand_over_nor_payments() {
	run(|| {
		fund(1, 1_000_000);
		Candidates::set(members(2..=5));
		govern(|policy| policy.term = 14);
		bury(14 - best().height);
		let challenge = crate::CandidateCommittee::<Test>::get().unwrap().challenge;
		for n in 2..=4 {
			assert_ok!(Peg::prove_life(nobody(), 1, key(n), signature(n, &challenge)));
		}
		assert_eq!(serving(), 0);
		withdraw(1, 100_000, 2_000);
		await_batch();
		settle();
		bury(8);
		assert!(has_said(&Event::HandOverFailed { committee: 1, missing: vec![account(105)] }));
		assert_eq!(serving(), 0);
	});
}

/// More eBTC than BTC, and signers went on (asked for in sBTC 1725).
#[test]
fn with_more_ebtc_than_btc_nobody_signs() {
	run(|| {
		fund(1, 1_000_000);
		let lost = fund(2, 1_000_000);
		bury(1);
		withdraw(1, 100_000, 2_000);
		await_batch();
		// Of the batch in flight no coin is lost, but of the books there is.
		let others = attempt(0).coins.len();
		assert_eq!(others, 2);
		assert_ok!(Peg::abandon(RuntimeOrigin::root(), lost));
		assert!(matches!(Peg::status().halt, Some(HaltReason::InvariantBroken { .. })));
		bury(5);
		assert_eq!(InFlight::<Test>::get(), None);
		let refused = sign_by_number(0);
		assert_eq!(refused.unwrap_err().error, Why::Halted.into());
	});
}
