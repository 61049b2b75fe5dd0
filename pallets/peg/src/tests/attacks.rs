//! What has gone wrong elsewhere, or was found by those who looked for it. Each test says where.

use crate::{
	mock::*, AttemptSignatures, Error, Event, HaltReason, InFlight, MainCoin, Signatures,
	WithdrawalState,
};
use bitcoin::Transaction;
use entangled_bitcoin::{Destination, FeeRate, OutPoint, Sats};
use polkadot_sdk::frame_support::{assert_noop, assert_ok};

type Why = Error<Test>;

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

/// One deposit with a vault of zero blocked every sweep of its wallet (tBTC, fixed by an upgrade).
#[test]
fn one_bad_withdrawal_does_not_hold_up_a_batch() {
	run(|| {
		fund(1, 1_000_000);
		let bad = withdraw(1, 10_000, 100);
		let reserved = withdraw(1, 10_000, 2_000);
		assert_ok!(Peg::reserve(signed(1), reserved));
		let good = withdraw(1, 10_000, 2_000);
		bury(1);
		let paid = attempt(0).payouts.iter().map(|(id, _)| *id).collect::<Vec<_>>();
		assert_eq!(paid, [good]);
		settle();
		assert_eq!(state(bad), WithdrawalState::Pending);
	});
}

/// The same for a deposit whose destination refuses it.
#[test]
fn one_bad_deposit_does_not_hold_up_the_others_of_its_transaction() {
	run(|| {
		let bad = terms_to(Destination::Rollup { rollup: BROKEN_ROLLUP, recipient: [1; 32] }, 500);
		let paid = |terms| output(script_of(terms), 100_000);
		let first = deposit_tx(pay(vec![paid(&bad), paid(&terms(1))]), bad);
		assert!(first.bring().is_err());
		assert_ok!(Deposit { vout: 1, terms: terms(1), ..first }.bring());
	});
}

/// A maximal fee beyond i64::MAX broke the signers' database (sBTC 1944).
#[test]
fn amounts_at_the_edge_are_refused_by_name() {
	run(|| {
		fund(1, 1_000_000);
		let ask = |amount, max_fee| {
			Peg::withdraw(signed(1), wallet(1), Sats(amount), Sats(max_fee))
		};
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

fn sign_by_number(
	n: u32,
) -> polkadot_sdk::frame_support::dispatch::DispatchResultWithPostInfo {
	Peg::sign(nobody(), n, n, key(1), AttemptSignatures::default())
}

/// Signers took deposits from the mempool (sBTC 525).
#[test]
fn what_is_not_in_a_block_is_no_deposit() {
	run(|| {
		let tx = pay(vec![output(script_of(&terms(1)), 100_000)]);
		let proof = entangled_bitcoin::InclusionProof::build::<entangled_bitcoin::Native>(
			&[tx.clone()],
			0,
		);
		let other = mine(vec![]);
		make_final(other);
		let claim =
			pallet_btc_light_client::InclusionClaim { block: other, proof: proof.unwrap() };
		let deposit = Deposit { claim, vout: 0, terms: terms(1) };
		assert_noop!(deposit.bring(), Why::WrongProof);
	});
}

/// A mint that was signed could be replayed after a reorganisation (sBTC 488).
#[test]
fn a_claim_that_was_good_is_not_good_on_another_chain() {
	run(|| {
		let tx = pay(vec![output(script_of(&terms(1)), 100_000)]);
		let block = mine(vec![tx.clone()]);
		let old = Deposit { claim: claim_of(block, 1), vout: 0, terms: terms(1) };
		reorganise(1, vec![vec![], vec![tx]]);
		let block = best();
		make_final(block);
		assert_noop!(old.bring(), Why::BlockNotFinal);
		let new = Deposit { claim: claim_of(block, 1), ..old.clone() };
		assert_ok!(new.bring());
		assert_noop!(old.bring(), Why::AlreadyClaimed);
	});
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

/// Anybody could tell the deposits' database false scripts (sBTC 1116).
#[test]
fn nobody_claims_a_deposit_for_another_destination() {
	run(|| {
		let deposit = deposit(terms(1), 100_000);
		let stolen = Deposit { terms: terms(9), ..deposit.clone() };
		assert_noop!(stolen.bring(), Why::WrongScript);
		assert_ok!(deposit.bring());
	});
}

/// Deposits by others than the first output were not counted (interBTC), and two to the same address
/// as one.
#[test]
fn a_second_output_to_the_same_address_counts() {
	run(|| {
		let paid = || output(script_of(&terms(1)), 100_000);
		let change = output(wallet(9).to_script(), 5_000);
		let first = deposit_tx(pay(vec![paid(), change, paid()]), terms(1));
		assert_ok!(first.bring());
		let once = balance(1);
		assert_ok!(Deposit { vout: 2, ..first }.bring());
		assert_eq!(balance(1), 2 * once);
	});
}

/// Proofs with an index beyond the tree's width were accepted (Citrea 2671); so one transaction had
/// many, and the coinbase one that is not zero.
#[test]
fn an_index_beyond_the_tree_is_refused() {
	run(|| {
		let young = mine_coinbase(vec![output(script_of(&terms(1)), 100_000)]);
		make_final(young);
		let mut coinbase = Deposit { claim: claim_of(young, 0), vout: 0, terms: terms(1) };
		assert_noop!(coinbase.bring(), Why::ImmatureCoinbase);
		coinbase.claim.proof.index = 1;
		assert_noop!(coinbase.bring(), Why::WrongProof);
		let mut deposit = deposit(terms(1), 100_000);
		deposit.claim.proof.index += 2;
		assert_noop!(deposit.bring(), Why::WrongProof);
		deposit.claim.proof.index -= 2;
		assert_ok!(deposit.bring());
	});
}

/// An inner node of the tree passes for a transaction (interBTC 1112, BitVM 285).
#[test]
fn sixty_four_bytes_are_no_transaction() {
	run(|| {
		let mut deposit = deposit(terms(1), 100_000);
		deposit.claim.proof.transaction = vec![7; 64];
		deposit.claim.proof.siblings.pop();
		assert_noop!(deposit.bring(), Why::WrongProof);
	});
}

/// With the relayers away a chain could be made up (Informal's NO-BLOCK).
#[test]
fn a_chain_that_only_its_maker_has_seen_mints_nothing() {
	run(|| {
		let terms = terms(1);
		let block = mine(vec![pay(vec![output(script_of(&terms), 100_000)])]);
		// All of it is reported by one validator, and the others name none of its blocks.
		let claim = Deposit { claim: claim_of(block, 1), vout: 0, terms };
		bury(2);
		next_blocks(100);
		assert_noop!(claim.bring(), Why::BlockNotFinal);
		go_stale();
		assert_noop!(claim.bring(), Why::Stale);
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
		govern(|policy| policy.term = 1);
		bury(1);
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
		let others = InFlight::<Test>::get().unwrap().coins.len();
		assert_eq!(others, 2);
		assert_ok!(Peg::abandon(RuntimeOrigin::root(), lost));
		assert!(matches!(Peg::status().halt, Some(HaltReason::InvariantBroken { .. })));
		bury(5);
		assert_eq!(InFlight::<Test>::get(), None);
		let refused = sign_by_number(0);
		assert_eq!(refused.unwrap_err().error, Why::Halted.into());
	});
}

/// Custody's change is not a deposit of anybody's, whatever its terms are said to be.
#[test]
fn custodys_change_cannot_be_claimed() {
	run(|| {
		fund(1, 1_000_000);
		withdraw(1, 100_000, 2_000);
		await_batch();
		let claim = confirm(&complete());
		for terms in [terms(1), terms_to(Destination::Reserve, 500)] {
			let change = Deposit { claim: claim.clone(), vout: 0, terms };
			assert_noop!(change.bring(), Why::WrongScript);
		}
		assert_ok!(Peg::settle(nobody(), claim));
		assert_eq!(MainCoin::<Test>::get().map(|(coin, _): (OutPoint, u32)| coin.vout), Some(0));
	});
}
