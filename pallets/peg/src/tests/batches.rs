//! When payments leave, and what is in them.

use crate::{mock::*, Event, InFlight, MainCoin, WithdrawalId, WithdrawalState};
use bitcoin::{absolute::LockTime, transaction::Version, Sequence};
use entangled_bitcoin::{
	custody::{Blocked, Skip},
	OutPoint, Sats,
};
use polkadot_sdk::frame_support::assert_ok;

fn paid(index: u32) -> Vec<WithdrawalId> {
	attempt(index).payouts.iter().map(|(id, _)| *id).collect()
}

fn skipped() -> Vec<(WithdrawalId, Skip)> {
	let events = events().into_iter().filter_map(|event| match event {
		Event::WithdrawalSkipped { id, why } => Some((id, why)),
		_ => None,
	});
	events.collect()
}

#[test]
fn a_batch_leaves_when_enough_wait() {
	run(|| {
		fund(1, 1_000_000);
		let mut ids = vec![withdraw(1, 10_000, 2_000), withdraw(1, 10_000, 2_000)];
		bury(1);
		assert_eq!(InFlight::<Test>::get(), None);
		ids.push(withdraw(1, 10_000, 2_000));
		next_blocks(5);
		assert_eq!(InFlight::<Test>::get(), None, "the peg acts when Bitcoin does");
		events();
		bury(1);
		assert_eq!(paid(0), ids);
		let built = attempt(0);
		let (txid, fee) = (built.txid, built.fee);
		assert_eq!(events(), [Event::AttemptBuilt { batch: 0, attempt: 0, txid, fee }]);
		assert!(ids.iter().all(|id| state(*id) == WithdrawalState::InBatch));
	});
}

#[test]
fn a_batch_leaves_when_one_has_waited() {
	run(|| {
		fund(1, 1_000_000);
		let first = withdraw(1, 10_000, 2_000);
		bury(2);
		let second = withdraw(1, 10_000, 2_000);
		bury(1);
		assert_eq!(InFlight::<Test>::get(), None);
		bury(1);
		assert_eq!(paid(0), [first, second]);
		// Whoever comes now waits for the next.
		let third = withdraw(1, 10_000, 2_000);
		bury(10);
		assert_eq!((paid(0), newest()), (vec![first, second], 0));
		settle();
		bury(1);
		assert_eq!((paid(0), InFlight::<Test>::get().unwrap().id), (vec![third], 1));
	});
}

/// All that a member of the committee, or anybody else, can check of a transaction.
#[test]
fn the_transaction_is_what_the_books_say() {
	run(|| {
		let coins = [fund(1, 300_000), fund(2, 200_000)];
		let ids =
			[withdraw(1, 100_000, 2_000), withdraw(2, 70_000, 2_000), withdraw(1, 5_000, 900)];
		bury(1);
		let (batch, attempt) = (Peg::batch().unwrap(), attempt(0));
		let tx = complete();

		assert_eq!((tx.version, tx.lock_time), (Version::TWO, LockTime::ZERO));
		assert_eq!(tx.compute_txid(), attempt.txid.into());
		let inputs = tx.input.iter().map(|input| input.previous_output.into());
		assert_eq!(inputs.collect::<Vec<OutPoint>>(), coins);
		assert!(tx.input.iter().all(|input| input.sequence == Sequence(0xffff_fffd)));

		let change: bitcoin::ScriptBuf = batch.change_script.into();
		assert_eq!(tx.output[0], output(change, attempt.change.0));
		assert_eq!(tx.output[1], output(Newest::get().to_script(), 0));
		assert_eq!(Newest::get().to_bytes().len(), 73);
		for (output_of, id) in tx.output[2..].iter().zip(ids) {
			let withdrawal = withdrawal(id);
			let amount = withdrawal.amount.0;
			assert_eq!(*output_of, output(withdrawal.script.to_script(), amount));
		}

		let out = tx.output.iter().map(|output| output.value.to_sat()).sum::<u64>();
		assert_eq!(500_000 - out, attempt.fee.0);
		assert_eq!(tx.weight().to_wu(), attempt.weight.0, "to the unit");
		assert_eq!(attempt.fee.0, tx.vsize() as u64 * 2, "at 2 sat/vB");
		let shares = attempt.payouts.iter().map(|(_, fee)| fee.0).sum::<u64>();
		assert!(shares + attempt.custody_fee.0 >= attempt.fee.0);
		assert!(shares + attempt.custody_fee.0 <= attempt.fee.0 + 3, "but for rounding");
		let fees = attempt.payouts.iter().map(|(_, fee)| fee.0).collect::<Vec<_>>();
		assert!(fees.iter().all(|fee| *fee == fees[0]), "the same script, the same share");
		assert!(attempt.custody_fee.0 <= kept(coins[0]) + kept(coins[1]));
	});
}

#[test]
fn change_is_spent_first_and_deposits_come_along() {
	run(|| {
		fund(1, 300_000);
		withdraw(1, 100_000, 2_000);
		await_batch();
		let first = settle();
		let change = OutPoint { txid: first.compute_txid().into(), vout: 0 };
		assert_eq!(MainCoin::<Test>::get(), Some((change, 0)));
		let deposit = fund(2, 200_000);
		withdraw(2, 70_000, 2_000);
		await_batch();
		let second = settle();
		let inputs = second.input.iter().map(|input| input.previous_output.into());
		assert_eq!(inputs.collect::<Vec<OutPoint>>(), [change, deposit]);
		assert!(!is_unspent(change) && !is_unspent(deposit));
		assert_eq!(Peg::status().custody.0, second.output[0].value.to_sat());
	});
}

#[test]
fn who_cannot_pay_its_share_does_not_hold_up_others() {
	run(|| {
		fund(1, 1_000_000);
		let poor = withdraw(1, 10_000, 100);
		bury(5);
		assert_eq!(InFlight::<Test>::get(), None, "nobody is left to pay for a transaction");
		let rich = withdraw(1, 10_000, 2_000);
		events();
		bury(1);
		assert_eq!(paid(0), [rich]);
		let share = attempt(0).payouts[0].1;
		assert_eq!(skipped(), [(poor, Skip::FeeAboveCeiling { share })]);
		assert_eq!(state(poor), WithdrawalState::Pending);
		settle();
		// It can raise its ceiling, and goes.
		assert_ok!(Peg::raise_fee(signed(1), poor, Sats(2_000)));
		bury(1);
		assert_eq!(paid(0), [poor]);
	});
}

#[test]
fn a_hundred_at_a_time() {
	run(|| {
		fund(1, 5_000_000);
		let ids = (0..101).map(|_| withdraw(1, 10_000, 2_000)).collect::<Vec<_>>();
		events();
		bury(1);
		assert_eq!(paid(0), ids[..100]);
		assert_eq!(skipped(), [(ids[100], Skip::BatchFull)]);
		let built = attempt(0);
		let tx = settle();
		assert_eq!((tx.output.len(), tx.weight().to_wu()), (102, built.weight.0));
	});
}

/// Twenty-five coins, those first that must be swept first. The rest follows.
#[test]
fn more_coins_than_inputs() {
	run(|| {
		govern(|policy| policy.sweep_size = 40);
		let paid_in = output(script_of(&terms(1)), 20_000);
		let first = deposit_tx(pay(vec![paid_in; 30]), terms(1));
		let nth = |vout| Deposit { vout, ..first.clone() };
		for vout in 0..30 {
			nth(vout).bring().unwrap();
		}
		let large = withdraw(1, 520_000, 5_000);
		let small = withdraw(1, 10_000, 5_000);
		events();
		await_batch();
		assert_eq!(attempt(0).coins.len(), 25);
		assert_eq!(paid(0), [small]);
		assert_eq!(skipped(), [(large, Skip::InsufficientCustody)]);
		settle();
		bury(1);
		assert_eq!(attempt(0).coins.len(), 6);
		assert_eq!(paid(0), [large]);
		settle();
		assert_eq!(Peg::status().unswept, 0);
	});
}

/// Everything that there is can leave, but for what custody keeps as its least coin.
#[test]
fn everybody_can_leave() {
	run(|| {
		fund(1, 300_000);
		fund(2, 200_000);
		for n in [1, 2] {
			let max_fee = Peg::quote_withdrawal(&wallet(n), Sats(50_000)).unwrap().alone.0;
			withdraw(n, balance(n) - max_fee, max_fee);
		}
		await_batch();
		settle();
		for n in [1, 2] {
			let left = balance(n);
			assert!(left < 700, "{left}");
		}
		let status = Peg::status();
		assert_eq!(status.supply.0, balance(1) + balance(2));
		assert!(status.custody >= status.supply);
	});
}

/// The peg says why there is no transaction.
#[test]
fn blocked_for_want_of_reserve() {
	run(|| {
		govern(|policy| policy.sweep_size = 3);
		fund(1, 20_000);
		fund(1, 20_000);
		let cheap = deposit(terms(1), 20_000);
		assert_ok!(cheap.bring());
		set_fee_rate(Some(20_000));
		events();
		bury(1);
		let have = Peg::status().reserve;
		let blocked = events().into_iter().find_map(|event| match event {
			Event::BatchBlocked { why: Blocked::ReserveTooSmall { need, have } } => {
				Some((need, have))
			},
			_ => None,
		});
		let (need, had) = blocked.expect("custody cannot pay");
		assert!(need > have && had == have);
		assert_eq!(InFlight::<Test>::get(), None);
		set_fee_rate(Some(2_000));
		bury(1);
		assert_eq!(attempt(0).coins.len(), 3);
	});
}

/// However many there are who cannot pay even in a full batch.
#[test]
fn a_crowd_that_cannot_pay_keeps_nobody_out() {
	run(|| {
		fund(1, 5_000_000);
		for _ in 0..250 {
			withdraw(1, 1_000, 69);
		}
		set_fee_rate(Some(3_000));
		let rich = withdraw(1, 10_000, 5_000);
		events();
		bury(1);
		assert_eq!(InFlight::<Test>::get(), None, "they do not make it due either");
		await_batch();
		assert_eq!(paid(0), [rich]);
		assert_eq!(skipped(), [], "nobody looked at them");
	});
}

/// Only who could leave has waited.
#[test]
fn an_oldest_that_cannot_leave_makes_no_batch_due() {
	run(|| {
		fund(1, 5_000_000);
		let poor = withdraw(1, 1_000, 69);
		set_fee_rate(Some(3_000));
		let reserved = withdraw(1, 1_000, 2_000);
		assert_ok!(Peg::reserve(signed(1), reserved));
		bury(policy().batch_wait);
		let rich = withdraw(1, 10_000, 2_000);
		for _ in 1..policy().batch_wait {
			bury(1);
			assert_eq!(InFlight::<Test>::get(), None);
		}
		bury(1);
		assert_eq!(paid(0), [rich]);
		assert_eq!(state(poor), WithdrawalState::Pending);
	});
}

/// Nobody waits for more than one transaction can pay.
#[test]
fn a_full_batch_is_always_due() {
	run(|| {
		fund(1, 5_000_000);
		govern(|policy| (policy.batch_size, policy.batch_wait) = (u32::MAX, 1_000));
		let ids = (0..99).map(|_| withdraw(1, 10_000, 2_000)).collect::<Vec<_>>();
		bury(1);
		assert_eq!(InFlight::<Test>::get(), None);
		let last = withdraw(1, 10_000, 2_000);
		bury(1);
		assert_eq!(paid(0), [&ids[..], &[last]].concat());
	});
}
