//! The end of a batch.

use crate::{
	mock::*, Anchored, Attempts, Coins, Error, Event, InFlight, LastSettled, Signatures,
	WithdrawalState,
};
use bitcoin::consensus::serialize;
use entangled_bitcoin::{AnchorPayload, Destination, OutPoint, Sats};
use polkadot_sdk::{
	frame_support::{assert_noop, assert_ok, dispatch::Pays},
	sp_runtime::DispatchError,
};

type Why = Error<Test>;

#[test]
fn what_was_paid_is_burned_and_the_rest_returned() {
	run(|| {
		fund(1, 300_000);
		fund(2, 200_000);
		let ids = [withdraw(1, 100_000, 2_000), withdraw(2, 70_000, 3_000)];
		await_batch();
		let (before, built) = (Peg::status(), attempt(0));
		let (one, two) = (balance(1), balance(2));
		let tx = complete();
		let claim = confirm(&tx);
		events();
		assert_eq!(Peg::settle(nobody(), claim).unwrap().pays_fee, Pays::No);

		let txid = built.txid;
		let fees = built.payouts.iter().map(|(_, fee)| *fee).collect::<Vec<_>>();
		assert_eq!(
			events(),
			[
				Event::WithdrawalPaid { id: ids[0], txid, fee: fees[0] },
				Event::WithdrawalPaid { id: ids[1], txid, fee: fees[1] },
				Event::BatchSettled {
					batch: 0,
					attempt: 0,
					txid,
					fee: built.fee,
					anchor: Newest::get()
				},
			]
		);
		assert_eq!(state(ids[0]), WithdrawalState::Paid { txid, fee: fees[0] });
		assert_eq!(balance(1), one + 2_000 - fees[0].0);
		assert_eq!(balance(2), two + 3_000 - fees[1].0);
		assert_eq!(locked(), 0);

		let after = Peg::status();
		assert_eq!(before.supply.0 - after.supply.0, 170_000 + fees[0].0 + fees[1].0);
		assert_eq!(before.custody.0 - after.custody.0, 170_000 + built.fee.0);
		assert_eq!((after.pending, after.unswept), (0, 0));
		let change = OutPoint { txid, vout: 0 };
		assert_eq!(Coins::<Test>::iter_keys().collect::<Vec<_>>(), [change]);
		assert_eq!(after.outflow_left.0, policy().outflow_limit.0 - 170_000);
		assert_eq!(received(&wallet(1).to_script()), 100_000);
		// Nothing of the batch is kept but the transaction, for the case that Bitcoin loses it.
		assert_eq!(InFlight::<Test>::get(), None);
		assert_eq!((Attempts::<Test>::iter().count(), Signatures::<Test>::iter().count()), (0, 0));
		let [kept] = &Peg::transactions()[..] else { panic!("there is one") };
		assert_eq!((kept.settled, &kept.bytes), (true, &serialize(&tx)));
	});
}

#[test]
fn proofs_that_settle_nothing() {
	run(|| {
		fund(1, 300_000);
		withdraw(1, 100_000, 2_000);
		let other = confirm(&pay(vec![output(wallet(1).to_script(), 100_000)]));
		assert_noop!(Peg::settle(nobody(), other.clone()), Why::UnknownAttempt);
		await_batch();
		assert_noop!(Peg::settle(nobody(), other), Why::UnknownAttempt);
		let block = mine(vec![complete()]);
		let claim = claim_of(block, 1);
		assert_noop!(Peg::settle(nobody(), claim.clone()), Why::BlockNotFinal);
		make_final(block);
		let mut wrong = claim.clone();
		wrong.proof.index = 0;
		assert_noop!(Peg::settle(nobody(), wrong), Why::WrongProof);
		let mut long = claim.clone();
		long.proof.transaction.resize(100_001, 0);
		assert_noop!(Peg::settle(nobody(), long), Why::TransactionTooLong);
		for origin in [RuntimeOrigin::root(), RuntimeOrigin::none()] {
			assert_noop!(Peg::settle(origin, claim.clone()), DispatchError::BadOrigin);
		}
		go_stale();
		assert_noop!(Peg::settle(nobody(), claim.clone()), Why::Stale);
		bury(1);
		assert_ok!(Peg::settle(signed(9), claim.clone()));
		// Again, it is nothing to settle.
		assert_noop!(Peg::settle(nobody(), claim), Why::UnknownAttempt);
	});
}

/// Mined is mined.
#[test]
fn a_halt_does_not_stand_in_the_way() {
	run(|| {
		fund(1, 300_000);
		withdraw(1, 100_000, 2_000);
		await_batch();
		let claim = confirm(&complete());
		assert_ok!(Peg::halt(RuntimeOrigin::root()));
		assert_ok!(Peg::settle(nobody(), claim));
		// And then nothing else leaves.
		assert_ok!(Peg::resume(RuntimeOrigin::root()));
		let ids = [1; 3].map(|n| withdraw(n, 10_000, 2_000));
		assert_ok!(Peg::halt(RuntimeOrigin::root()));
		bury(5);
		assert_eq!(InFlight::<Test>::get(), None);
		// Those who wait may leave the queue.
		assert_ok!(Peg::cancel(signed(1), ids[0]));
		next_blocks(40);
		bury(12);
		assert_ok!(Peg::expire(signed(1), ids[1]));
		assert_ok!(Peg::resume(RuntimeOrigin::root()));
		bury(1);
		assert_eq!(attempt(0).payouts[0].0, ids[2]);
	});
}

/// Members may exchange signatures among themselves, and send what the chain has not seen complete.
#[test]
fn an_attempt_that_is_not_complete_here_settles_too() {
	run(|| {
		fund(1, 300_000);
		let id = withdraw(1, 100_000, 2_000);
		await_batch();
		let tx = {
			// Completed where nobody sees it.
			let before = polkadot_sdk::frame_support::storage::with_transaction(|| {
				use polkadot_sdk::sp_runtime::{DispatchError, TransactionOutcome};
				let tx: Result<_, DispatchError> = Ok(complete());
				TransactionOutcome::Rollback(tx)
			});
			before.unwrap()
		};
		assert!(!attempt(0).complete);
		assert_ok!(Peg::settle(nobody(), confirm(&tx)));
		assert!(matches!(state(id), WithdrawalState::Paid { .. }));
		assert_eq!(LastSettled::<Test>::get(), None);
		assert_eq!(Peg::transactions(), []);
	});
}

#[test]
fn each_batch_writes_the_newest_checkpoint_into_bitcoin() {
	run(|| {
		fund(1, 300_000);
		assert_eq!(Peg::status().anchored, None);
		withdraw(1, 10_000, 9_000);
		await_batch();
		let first = Newest::get();
		assert_eq!(attempt(0).anchor, first);
		let old = complete();
		let second = AnchorPayload { epoch: 2, state_root: [3; 32], proof_hash: [4; 32] };
		Newest::set(second);
		bury(5);
		assert_eq!(attempt(1).anchor, second, "a replacement has the checkpoint of its time");
		let script = &old.output[1].script_pubkey;
		assert_eq!(AnchorPayload::from_script(script.as_bytes()), Some(first));
		assert_ok!(Peg::settle(nobody(), confirm(&old)));
		assert_eq!(Anchored::<Test>::get(), Some(first), "what was mined is what counts");
		withdraw(1, 10_000, 9_000);
		await_batch();
		settle();
		assert_eq!(Peg::status().anchored, Some(second));
		Newest::set(first);
	});
}

/// Custody pays to an address of its own, as it would to any.
#[test]
fn a_withdrawal_to_a_deposit_address_comes_back_in() {
	run(|| {
		fund(1, 300_000);
		let back = terms_to(Destination::Account([2; 32]), 500);
		let script = entangled_bitcoin::PayoutScript::parse(script_of(&back).as_bytes()).unwrap();
		assert_ok!(request(signed(1), script, Sats(100_000), Sats(2_000)));
		await_batch();
		let claim = confirm(&complete());
		let deposit = Deposit { claim: claim.clone(), vout: 2, terms: back };
		assert_ok!(deposit.bring());
		assert_ok!(Peg::settle(nobody(), claim));
		assert!(balance(2) > 98_000);
		let status = Peg::status();
		assert_eq!((status.unswept, status.supply.0), (1, balance(1) + balance(2)));
	});
}
