//! Transactions that do not confirm, and those that pay more in their place.

use crate::{mock::*, Error, Event, InFlight, WithdrawalId, WithdrawalState};
use bitcoin::Transaction;
use entangled_bitcoin::{custody::Why, FeeRate, Sats};
use polkadot_sdk::frame_support::{assert_noop, assert_ok};

/// Two withdrawals are in a complete attempt: the first pays 350 at the most, the second a lot.
fn sent(test: impl FnOnce([WithdrawalId; 2], Transaction)) {
	run(|| {
		fund(1, 300_000);
		fund(2, 200_000);
		give_to_reserve(20_000);
		let ids = [withdraw(1, 100_000, 350), withdraw(2, 50_000, 9_000)];
		await_batch();
		let first = complete();
		events();
		test(ids, first);
	});
}

fn paid(index: u32) -> Vec<WithdrawalId> {
	attempt(index).payouts.iter().map(|(id, _)| *id).collect()
}

/// What the miner of a transaction gets, by what Bitcoin says of it.
fn fee(tx: &Transaction) -> u64 {
	520_000 - tx.output.iter().map(|output| output.value.to_sat()).sum::<u64>()
}

fn coins(tx: &Transaction) -> Vec<bitcoin::OutPoint> {
	tx.input.iter().map(|input| input.previous_output).collect()
}

/// BIP 125: it pays all that the last one paid, and for its own relay, and a better rate.
#[test]
fn a_replacement_pays_more_for_the_same_coins() {
	sent(|ids, mut last| {
		for index in 1..5 {
			bury(4);
			assert_eq!(newest(), index - 1, "it may still confirm by itself");
			bury(1);
			let built = attempt(index);
			let (txid, fee_of) = (built.txid, built.fee);
			let said = Event::AttemptBuilt { batch: 0, attempt: index, txid, fee: fee_of };
			assert!(has_said(&said));
			assert_eq!(built.built_at, best().height);
			let next = complete();
			assert_eq!(coins(&next), coins(&last));
			assert_eq!(fee(&next), fee_of.0);
			let (old, new) = (attempt(index - 1), attempt(index));
			assert!(fee(&next) >= fee(&last) + next.vsize() as u64, "rule 3 and 4");
			assert!(fee(&next) * last.vsize() as u64 >= fee(&last) * next.vsize() as u64 * 5 / 4);
			assert!(new.rate.0 >= old.rate.0 + 1_000 && new.rate.0 >= old.rate.0 * 5 / 4);
			// What is promised to whoever is still in is paid to the satoshi.
			for (output, id) in next.output[2..].iter().zip(paid(index)) {
				assert_eq!(output.value.to_sat(), withdrawal(id).amount.0);
			}
			assert_eq!(next.weight().to_wu(), new.weight.0);
			last = next;
		}
		assert_eq!(paid(0), ids);
	});
}

#[test]
fn what_those_who_serve_have_not_signed_is_not_replaced() {
	run(|| {
		fund(1, 300_000);
		withdraw(1, 100_000, 5_000);
		await_batch();
		assert_ok!(sign_by(1, 0, 0));
		bury(20);
		assert_eq!(newest(), 0);
		// Its time begins when Bitcoin can see it.
		complete_by([2, 3]);
		assert_eq!(attempt(0).built_at, best().height);
		bury(4);
		assert_eq!(newest(), 0);
		bury(1);
		assert_eq!(newest(), 1);
	});
}

#[test]
fn an_estimate_above_the_floor_is_followed() {
	sent(|_, _| {
		set_fee_rate(Some(12_000));
		bury(5);
		assert_eq!(attempt(1).rate, FeeRate(12_000));
		// Estimates fall; floors do not.
		complete();
		set_fee_rate(Some(1_000));
		bury(5);
		assert!(attempt(2).rate >= FeeRate(15_000));
	});
}

#[test]
fn an_estimate_above_the_ceiling_is_waited_out() {
	sent(|_, _| {
		set_fee_rate(Some(30_000));
		bury(5);
		assert_eq!(newest(), 0);
		assert!(has_said(&Event::ReplacementBlocked { wanted: FeeRate(30_000) }));
		set_fee_rate(Some(20_000));
		bury(1);
		assert_eq!((newest(), attempt(1).rate), (1, FeeRate(20_000)));
	});
}

#[test]
fn floors_above_the_ceiling_end_it_until_governance_raises_it() {
	sent(|_, first| {
		govern(|policy| policy.fees.ceiling = FeeRate(2_999));
		bury(5);
		assert_eq!(newest(), 0);
		assert!(has_said(&Event::NoMoreReplacements { why: Why::Floors }));
		govern(|policy| policy.fees.ceiling = FeeRate(4_000));
		bury(1);
		assert_eq!(newest(), 1);
		// What was made stays valid.
		assert_ok!(Peg::settle(nobody(), confirm(&first)));
	});
}

#[test]
fn attempts_end_until_governance_allows_more() {
	sent(|_, _| {
		govern(|policy| policy.fees.max_attempts = 2);
		bury(5);
		complete();
		bury(10);
		assert_eq!(newest(), 1);
		assert!(has_said(&Event::NoMoreReplacements { why: Why::Attempts }));
		govern(|policy| policy.fees.max_attempts = 3);
		bury(1);
		assert_eq!(newest(), 2);
	});
}

/// Whoever waits by then leaves with it, if it is this one that is mined.
#[test]
fn a_replacement_takes_along_who_waits_by_then() {
	sent(|[poor, rich], first| {
		let late = withdraw(1, 10_000, 9_000);
		let never = withdraw(1, 10_000, 69);
		bury(5);
		assert_eq!((newest(), paid(1)), (1, vec![poor, rich, late]));
		assert_eq!(
			(state(late), state(never)),
			(WithdrawalState::InBatch, WithdrawalState::Pending)
		);
		assert_noop!(Peg::cancel(signed(1), late), Error::<Test>::NotPending);
		complete();
		let claim = confirm(&first);
		events();
		assert_ok!(Peg::settle(nobody(), claim));
		let returned = events().into_iter().filter_map(|event| match event {
			Event::WithdrawalReturned { id } => Some(id),
			_ => None,
		});
		assert_eq!(returned.collect::<Vec<_>>(), [late]);
		assert_eq!(state(late), WithdrawalState::Pending);
		bury(1);
		assert_eq!(paid(0), [late]);
		settle();
		assert_eq!(received(&wallet(1).to_script()), 110_000);
	});
}

/// Attempts follow one another until the first withdrawal cannot pay any more.
fn dropped() -> u32 {
	for index in 1..5 {
		bury(5);
		if paid(index).len() == 1 {
			return index;
		}
		complete();
	}
	panic!("the first withdrawal stays in");
}

#[test]
fn who_cannot_pay_for_the_replacement_is_left_out() {
	sent(|[poor, rich], _| {
		let last = dropped();
		assert_eq!(paid(last), [rich]);
		assert_eq!(
			attempt(last).payouts[0].1 .0,
			attempt(last).fee.0 - attempt(last).custody_fee.0
		);
		// It may yet be paid, by an earlier attempt, so it cannot be taken back.
		assert_eq!(state(poor), WithdrawalState::InBatch);
		assert_noop!(Peg::cancel(signed(1), poor), Error::<Test>::NotPending);
		events();
		settle();
		assert_eq!(state(poor), WithdrawalState::Pending);
		assert!(has_said(&Event::WithdrawalReturned { id: poor }));
		assert_ok!(Peg::cancel(signed(1), poor));
		assert!(matches!(state(rich), WithdrawalState::Paid { .. }));
		assert_eq!(received(&wallet(1).to_script()), 0);
	});
}

#[test]
fn who_raises_the_ceiling_stays_in() {
	sent(|[poor, rich], _| {
		assert_ok!(Peg::raise_fee(signed(1), poor, Sats(9_000)));
		for index in 1..5 {
			bury(5);
			assert_eq!(paid(index), [poor, rich]);
			complete();
		}
	});
}

#[test]
fn who_was_left_out_can_come_back_by_raising() {
	sent(|[poor, rich], _| {
		let last = dropped();
		complete();
		assert_ok!(Peg::raise_fee(signed(1), poor, Sats(9_000)));
		bury(5);
		assert_eq!((newest(), paid(last + 1)), (last + 1, vec![poor, rich]));
	});
}

/// Miners are free to take it, and so it counts.
#[test]
fn the_first_attempt_settles_after_it_was_replaced() {
	sent(|[poor, rich], first| {
		let shares = attempt(0).payouts.iter().map(|(_, fee)| fee.0).collect::<Vec<_>>();
		let (one, two) = (balance(1), balance(2));
		dropped();
		let last = complete();
		let claim = confirm(&first);
		assert_eq!(try_mine(vec![last]), Err("missing or spent"));
		assert_ok!(Peg::settle(nobody(), claim));
		for id in [poor, rich] {
			assert!(matches!(state(id), WithdrawalState::Paid { .. }));
		}
		// At the price of the first.
		assert_eq!(balance(1) - one, 350 - shares[0]);
		assert_eq!(balance(2) - two, 9_000 - shares[1]);
		assert_eq!(Peg::status().custody.0, first.output[0].value.to_sat());
		assert_eq!(InFlight::<Test>::get(), None);
	});
}
