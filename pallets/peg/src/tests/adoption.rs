//! Coins that custody's keys hold and the books did not know.

mod refused;

use crate::{
	mock::*, CoinOrigin, Departure, Error, Event, FormerCoins, HaltReason, LastSettled, MainCoin,
	UnsweptDeposits, WithdrawalState,
};
use bitcoin::{ScriptBuf, Transaction};
use entangled_bitcoin::{Destination, Native, OutPoint, Sats};
use pallet_btc_light_client::InclusionClaim;
use polkadot_sdk::{
	frame_support::{assert_noop, assert_ok},
	sp_runtime::DispatchResult,
};

type Why = Error<Test>;

/// Governance adopts an output of the first committee.
fn adopt(claim: &InclusionClaim, vout: u32, origin: CoinOrigin) -> DispatchResult {
	Peg::adopt(RuntimeOrigin::root(), claim.clone(), vout, 0, origin)
}

fn outpoint(claim: &InclusionClaim, vout: u32) -> OutPoint {
	OutPoint { txid: Peg::txid_of(claim), vout }
}

fn change_of(tx: &Transaction) -> OutPoint {
	OutPoint { txid: tx.compute_txid().into(), vout: 0 }
}

/// Custody's own address.
fn custody() -> ScriptBuf {
	Peg::committees()[0].custody.into()
}

/// Somebody pays to custody's own address. Gives the proof.
fn stray(amount: u64) -> InclusionClaim {
	confirm(&pay(vec![output(custody(), amount)]))
}

/// The fixed address's script.
fn fixed_origin() -> CoinOrigin {
	fixed().origin::<Native>(CHAIN)
}

fn unswept() -> Vec<OutPoint> {
	UnsweptDeposits::<Test>::get().iter().map(|unswept| unswept.outpoint).collect()
}

/// The whole way: two attempts were complete, the first was mined and settled, then Bitcoin went back
/// and mined the second.
#[test]
fn the_change_of_another_attempt_takes_the_place_of_the_settled_one() {
	run(|| {
		fund(1, 300_000);
		let id = withdraw(1, 100_000, 9_000);
		await_batch();
		let first = complete();
		set_fee_rate(Some(10_000));
		bury(5);
		let second = complete();
		set_fee_rate(None);
		let claim = confirm(&first);
		assert_ok!(Peg::settle(nobody(), claim.clone()));
		let depth = best().height - claim.block.height + 1;
		let mut blocks = vec![vec![]; depth as usize + 1];
		blocks[0] = vec![second.clone()];
		reorganise(depth, blocks);
		let fork_height = claim.block.height - 1;
		assert_eq!(Peg::status().halt, Some(HaltReason::Reorganised { fork_height }));
		let (lost, found) = (change_of(&first), change_of(&second));
		assert!(!is_unspent(lost) && is_unspent(found));
		assert_eq!(MainCoin::<Test>::get(), Some((lost, 0)));
		assert_eq!(received(&wallet(1).to_script()), 100_000);

		// Governance looks, and the books follow Bitcoin.
		assert_ok!(Bitcoin::resume(RuntimeOrigin::root()));
		let block = Bitcoin::header_info(claim.block.height).unwrap().block;
		make_final(block);
		let proof = claim_of(block, 1);
		assert_noop!(Peg::settle(nobody(), proof.clone()), Why::UnknownAttempt);
		assert!(Peg::transactions().iter().any(|tx| tx.settled));
		assert_ok!(Peg::abandon(RuntimeOrigin::root(), lost));
		assert_eq!((LastSettled::<Test>::get(), Peg::transactions()), (None, vec![]));
		events();
		assert_ok!(adopt(&proof, 0, CoinOrigin::Change));
		let value = Sats(second.output[0].value.to_sat());
		let (committee, origin) = (0, CoinOrigin::Change);
		assert_eq!(events(), [Event::CoinAdopted { outpoint: found, value, committee, origin }]);
		assert_eq!((MainCoin::<Test>::get(), unswept()), (Some((found, 0)), vec![]));
		let status = Peg::status();
		assert_eq!(status.custody, value);
		// The second paid more to the miner than the withdrawal did for the first.
		let missing = status.supply.0 - value.0;
		assert!(missing < 9_000, "{missing}");
		assert_noop!(Peg::resume(RuntimeOrigin::root()), Why::InvariantBroken);
		let gift = give_to_reserve(20_000);
		assert_ok!(Peg::resume(RuntimeOrigin::root()));
		assert!(matches!(state(id), WithdrawalState::Paid { .. }));

		// And all that it holds can be paid out.
		withdraw(1, 150_000, 2_000);
		await_batch();
		let tx = settle();
		let spent = tx.input.iter().map(|input| input.previous_output.into());
		assert_eq!(spent.collect::<Vec<OutPoint>>(), [found, gift]);
		let now = Peg::status();
		assert_eq!(now.custody.0, tx.output[0].value.to_sat());
		assert!(now.custody >= now.supply);
	});
}

/// A settled transaction is gone for good, because a coin that it spent beside others is gone: those
/// others are there again.
#[test]
fn what_a_lost_transaction_had_spent_comes_back() {
	run(|| {
		let coin = fund(1, 300_000);
		let lost = deposit(terms(2), 200_000);
		assert_ok!(lost.bring());
		let claim_of_coin = |height| claim_of(Bitcoin::header_info(height).unwrap().block, 1);
		let coins_claim = claim_of_coin(Peg::deposit(coin).unwrap().record.height);
		withdraw(1, 100_000, 2_000);
		await_batch();
		let tx = settle();
		let spent = FormerCoins::<Test>::get(coin);
		assert_eq!(spent, Some(Departure::Spent { by: tx.compute_txid().into() }));
		assert!(Peg::deposit(coin).unwrap().swept);
		let origin = terms(1).origin::<Native>(CHAIN);
		assert_noop!(adopt(&coins_claim, 0, origin.clone()), Why::AlreadyBooked);

		reorganise_empty(best().height - lost.claim.block.height + 1);
		assert_ok!(Bitcoin::resume(RuntimeOrigin::root()));
		attest();
		assert_eq!(try_mine(vec![tx.clone()]), Err("missing or spent"));
		assert!(is_unspent(coin) && !is_unspent(change_of(&tx)));
		// The books still say that a transaction spent it.
		assert_noop!(adopt(&coins_claim, 0, origin.clone()), Why::AlreadyBooked);
		assert_ok!(Peg::abandon(RuntimeOrigin::root(), change_of(&tx)));
		assert_ok!(adopt(&coins_claim, 0, origin));
		assert_eq!((unswept(), FormerCoins::<Test>::get(coin)), (vec![coin], None));
		assert_eq!(FormerCoins::<Test>::get(lost.outpoint()), spent);
		// It is the depositor's as before.
		let view = Peg::deposit(coin).unwrap();
		assert_eq!(view.record.destination, Destination::Account([1; 32]));
		assert!(!view.swept && view.refund_height.is_some());
		assert_eq!(Peg::status().custody, Sats(300_000));
	});
}

/// Governance struck it off, and it was mined again after all.
#[test]
fn a_coin_that_was_struck_off_may_return() {
	run(|| {
		fund(1, 300_000);
		let tx = pay(vec![output(script_of(&terms(2)), 200_000)]);
		let deposit = deposit_tx(tx.clone(), terms(2));
		let coin = deposit.outpoint();
		assert_ok!(deposit.bring());
		let depth = best().height - deposit.claim.block.height + 1;
		reorganise_empty(depth);
		assert_ok!(Bitcoin::resume(RuntimeOrigin::root()));
		assert_ok!(Peg::abandon(RuntimeOrigin::root(), coin));
		assert_eq!(FormerCoins::<Test>::get(coin), Some(Departure::Abandoned));
		assert_eq!(Peg::deposit(coin).map(|deposit| deposit.swept), Some(false));

		let claim = confirm(&tx);
		let again = Deposit { claim: claim.clone(), ..deposit };
		assert_noop!(again.bring(), Why::Halted);
		assert_ok!(adopt(&claim, 0, terms(2).origin::<Native>(CHAIN)));
		assert_ok!(Peg::resume(RuntimeOrigin::root()));
		assert_noop!(again.bring(), Why::AlreadyClaimed);
		let view = Peg::deposit(coin).unwrap();
		assert_eq!(view.record.destination, Destination::Account([2; 32]));
		assert_eq!(view.record.height, claim.block.height);
		assert_eq!(view.refund_height, Some(claim.block.height + 500));
		assert_noop!(adopt(&claim, 0, terms(2).origin::<Native>(CHAIN)), Why::AlreadyBooked);
		assert_eq!(Peg::status().custody, Sats(500_000));
	});
}

/// Two coins under custody's own script. The first becomes the main one.
#[test]
fn without_a_main_coin_a_change_becomes_it() {
	run(|| {
		let first = stray(100_000);
		assert_ok!(adopt(&first, 0, CoinOrigin::Change));
		let second = stray(50_000);
		assert_ok!(adopt(&second, 0, CoinOrigin::Change));
		assert_eq!(MainCoin::<Test>::get(), Some((outpoint(&first, 0), 0)));
		assert_eq!(unswept(), [outpoint(&second, 0)]);
		// Nobody can take it back, so there is no hurry.
		assert_eq!(UnsweptDeposits::<Test>::get()[0].refund_height, u32::MAX);
		assert_eq!((Peg::status().reserve, Peg::status().supply), (Sats(150_000), Sats::ZERO));
		assert_eq!(Peg::deposit(outpoint(&second, 0)), None);
	});
}

/// Who is paid shares the cost of custody's main coin, and of no other.
#[test]
fn the_reserve_pays_for_sweeping_a_second_change() {
	run(|| {
		fund(1, 300_000);
		withdraw(1, 50_000, 2_000);
		await_batch();
		settle();
		let adopted = stray(50_000);
		assert_ok!(adopt(&adopted, 0, CoinOrigin::Change));
		let quote = Peg::quote_withdrawal(&wallet(1), Sats(50_000)).unwrap();
		// But for rounding.
		let alone = quote.alone.0 + 2;
		withdraw(1, 50_000, alone);
		await_batch();
		assert_eq!(attempt(0).coins.len(), 2);
		let built = attempt(0);
		assert!(built.payouts[0].1 <= Sats(alone));
		assert_eq!(built.custody_fee, Sats(built.fee.0 - built.payouts[0].1 .0));
		assert!(built.custody_fee > Sats(200), "the input");
		let tx = settle();
		assert_eq!(MainCoin::<Test>::get(), Some((change_of(&tx), 0)));
		assert_eq!(Peg::status().unswept, 0);
		assert_noop!(adopt(&adopted, 0, CoinOrigin::Change), Why::AlreadyBooked);
	});
}

/// The change of the batch will be the main coin.
#[test]
fn while_a_batch_is_in_flight_nothing_becomes_the_main_coin() {
	run(|| {
		fund(1, 300_000);
		withdraw(1, 50_000, 2_000);
		await_batch();
		let stray = stray(50_000);
		assert_ok!(adopt(&stray, 0, CoinOrigin::Change));
		assert_eq!(MainCoin::<Test>::get(), None);
		let tx = settle();
		assert_eq!(MainCoin::<Test>::get(), Some((change_of(&tx), 0)));
		assert_eq!(unswept(), [outpoint(&stray, 0)]);
	});
}

#[test]
fn payments_that_name_nobody_go_to_the_reserve() {
	run(|| {
		fund(1, 300_000);
		let to_nowhere = Destination::Rollup { rollup: 99, recipient: [1; 32] };
		for names in [None, Some(to_nowhere)] {
			let mut outputs = vec![output(script_of(&fixed()), 60_000)];
			outputs.extend(names.map(|to| output(to.to_script(), 0)));
			let deposit = deposit_tx(pay(outputs), fixed());
			let why = if names.is_some() { Why::UnknownRollup } else { Why::NoDestination };
			assert_noop!(deposit.bring(), why);
			let before = Peg::status();
			assert_ok!(adopt(&deposit.claim, 0, fixed_origin()));
			let after = Peg::status();
			assert_eq!(after.supply, before.supply);
			assert_eq!(after.reserve, Sats(before.reserve.0 + 60_000));
			assert_eq!(after.unswept, before.unswept + 1);
			// Should the rollup be registered one day, it is too late.
			assert_noop!(deposit.bring(), Why::AlreadyClaimed);
			let record = Peg::deposit(deposit.outpoint()).unwrap().record;
			assert_eq!((record.destination, record.amount), (Destination::Reserve, Sats(60_000)));
			assert_eq!(record.fee, Sats::ZERO);
		}
		withdraw(1, 50_000, 2_000);
		await_batch();
		assert_eq!(settle().input.len(), 3);
	});
}

/// A coin of the committee before moves like all that it holds.
#[test]
fn a_former_committees_coin_moves_to_the_serving_one() {
	run(|| {
		let claim = stray(100_000);
		Candidates::set(members(2..=5));
		govern(|policy| policy.term = 14);
		bury(15 - best().height.min(14));
		let challenge = crate::CandidateCommittee::<Test>::get().unwrap().challenge;
		for n in 2..=5 {
			assert_ok!(Peg::prove_life(nobody(), 1, key(n), signature(n, &challenge)));
		}
		assert_ok!(adopt(&claim, 0, CoinOrigin::Change));
		assert_eq!(MainCoin::<Test>::get(), Some((outpoint(&claim, 0), 0)));
		bury(1);
		let tx = complete_by(2..=4);
		assert_ok!(Peg::settle(nobody(), confirm(&tx)));
		assert_eq!(MainCoin::<Test>::get(), Some((change_of(&tx), 1)));
	});
}
