//! On fees, and on transactions that take the place of others.

use crate::{mock::*, Signatures};
use bitcoin::Transaction;
use entangled_bitcoin::FeeRate;
use polkadot_sdk::frame_support::assert_ok;

/// A wallet's sweep was sent at 1 sat/vB with final sequences and could not be replaced (keep-core
/// 4171): the wallet was stuck for hours and deposits piled up.
#[test]
fn a_sweep_at_the_lowest_fee_is_replaced_until_it_confirms() {
	run(|| {
		govern(|policy| policy.sweep_size = 1);
		set_fee_rate(Some(1_000));
		give_to_reserve(50_000);
		bury(1);
		let stuck = complete();
		assert!(stuck.input.iter().all(|input| input.sequence.is_rbf()));
		set_fee_rate(Some(15_000));
		bury(5);
		assert_eq!(attempt(1).rate, FeeRate(15_000));
		assert_ok!(Peg::settle(nobody(), confirm(&complete())));
		assert_eq!(try_mine(vec![stuck]), Err("missing or spent"));
	});
}

fn coins(tx: &Transaction) -> Vec<bitcoin::OutPoint> {
	tx.input.iter().map(|input| input.previous_output).collect()
}

/// A payment that nodes had forgotten was made again from other coins, and both were mined (GOAT's
/// relayer, interBTC's vault).
#[test]
fn two_attempts_are_never_both_mined() {
	run(|| {
		fund(1, 1_000_000);
		let id = withdraw(1, 100_000, 9_000);
		await_batch();
		let mut attempts = vec![complete()];
		for _ in 1..5 {
			// A deposit that comes in between is for the next batch.
			fund(2, 100_000);
			bury(5);
			attempts.push(complete());
		}
		assert!(attempts.iter().all(|tx| coins(tx) == coins(&attempts[0])));
		let claim = confirm(&attempts[2]);
		for tx in attempts {
			assert_eq!(try_mine(vec![tx]), Err("missing or spent"));
		}
		assert_ok!(Peg::settle(nobody(), claim));
		bury(20);
		assert!(state(id).is_terminal());
		assert_eq!(received(&wallet(1).to_script()), 100_000);
	});
}

/// The multiplier was one, so nothing was ever replaced (vigilante 217); and the fee that was
/// computed was not the one that was paid.
#[test]
fn a_multiplier_of_one_still_raises_and_what_was_computed_is_paid() {
	run(|| {
		govern(|policy| policy.fees.bump_ppm = 0);
		fund(1, 1_000_000);
		withdraw(1, 100_000, 9_000);
		await_batch();
		let first = complete();
		bury(5);
		let second = complete();
		let fee = |tx: &Transaction| {
			1_000_000 - tx.output.iter().map(|output| output.value.to_sat()).sum::<u64>()
		};
		assert_eq!((fee(&first), fee(&second)), (attempt(0).fee.0, attempt(1).fee.0));
		assert!(fee(&second) >= fee(&first) + second.vsize() as u64);
	});
}

/// After a restart the attempts before were forgotten (vigilante 541).
#[test]
fn every_attempt_is_remembered_until_one_settles() {
	run(|| {
		fund(1, 1_000_000);
		withdraw(1, 100_000, 9_000);
		await_batch();
		let txs = (0..4).map(|_| {
			let tx = complete();
			bury(5);
			tx
		});
		let txs = txs.collect::<Vec<_>>();
		assert_eq!(Peg::transactions().len(), 4);
		assert!(txs.iter().enumerate().all(|(index, tx)| transaction(index as u32) == *tx));
		assert_ok!(Peg::settle(nobody(), confirm(&txs[1])));
		assert_eq!(Signatures::<Test>::iter().count(), 0);
	});
}
