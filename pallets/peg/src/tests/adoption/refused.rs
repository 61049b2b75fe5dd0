//! Outputs that are not adopted, and why.

use super::{adopt, change_of, custody, fixed_origin, outpoint, stray, unswept, Why};
use crate::{mock::*, CoinOrigin, Coins, MainCoin, MAX_UNSWEPT};
use entangled_bitcoin::{Destination, Native, Refund};
use pallet_btc_light_client::{InclusionClaim, MAX_TRANSACTION};
use polkadot_sdk::{
	frame_support::{assert_noop, assert_ok},
	sp_runtime::DispatchError,
};

#[test]
fn governance_alone_adopts_halted_or_not() {
	run(|| {
		let claim = stray(100_000);
		for origin in [signed(1), nobody(), RuntimeOrigin::none()] {
			let refused = Peg::adopt(origin, claim.clone(), 0, 0, CoinOrigin::Change);
			assert_eq!(refused, Err(DispatchError::BadOrigin));
		}
		assert_ok!(Peg::halt(RuntimeOrigin::root()));
		assert_ok!(adopt(&claim, 0, CoinOrigin::Change));
	});
}

/// The same proofs as a claim takes.
#[test]
fn proofs_that_show_nothing() {
	run(|| {
		let block = mine(vec![pay(vec![output(custody(), 100_000)])]);
		let claim = claim_of(block, 1);
		let refused = |claim: &InclusionClaim, vout, why: Why| {
			assert_noop!(adopt(claim, vout, CoinOrigin::Change), why);
		};
		refused(&claim, 0, Why::BlockNotFinal);
		make_final(block);
		refused(&claim, 1, Why::NoSuchOutput);
		refused(&claim, u32::MAX, Why::NoSuchOutput);
		let mut wrong = claim.clone();
		wrong.proof.siblings[0][0] ^= 1;
		refused(&wrong, 0, Why::WrongProof);
		let mut long = claim.clone();
		long.proof.transaction.resize(MAX_TRANSACTION as usize + 1, 0);
		refused(&long, 0, Why::TransactionTooLong);
		let young = mine_coinbase(vec![output(custody(), 100_000)]);
		make_final(young);
		refused(&claim_of(young, 0), 0, Why::ImmatureCoinbase);
		go_stale();
		refused(&claim, 0, Why::Stale);
		bury(1);
		reorganise_empty(FINALITY.confirmations);
		refused(&claim, 0, Why::Frozen);
	});
}

#[test]
fn scripts_that_are_not_the_committees() {
	run(|| {
		let claim = stray(100_000);
		let by = |committee| {
			Peg::adopt(RuntimeOrigin::root(), claim.clone(), 0, committee, CoinOrigin::Change)
		};
		assert_noop!(by(1), Why::UnknownCommittee);
		let own = terms(1).origin::<Native>(CHAIN);
		let CoinOrigin::Deposit { commitment, .. } = own else { panic!("it is a deposit") };
		let never = Some(Refund { key: key(50), delay: 0 });
		for origin in [own, fixed_origin(), CoinOrigin::Deposit { commitment, refund: never }] {
			assert_noop!(adopt(&claim, 0, origin), Why::WrongScript);
		}
		let other = confirm(&pay(vec![output(wallet(1).to_script(), 100_000)]));
		assert_noop!(adopt(&other, 0, CoinOrigin::Change), Why::WrongScript);
		assert_ok!(by(0));
	});
}

/// A coin that cannot move would hold up every batch.
#[test]
fn a_committee_that_cannot_sign_any_more() {
	run(|| {
		let claim = stray(100_000);
		// Two of four are left, and three must sign.
		Candidates::set(members(3..=6));
		// So many have left that the hand-over begins at once.
		bury(1);
		let challenge = crate::CandidateCommittee::<Test>::get().unwrap().challenge;
		for n in 3..=6 {
			assert_ok!(Peg::prove_life(nobody(), 1, key(n), signature(n, &challenge)));
		}
		assert_noop!(adopt(&claim, 0, CoinOrigin::Change), Why::CommitteeRetired);
		let theirs =
			confirm(&pay(vec![output(Peg::committees().last().unwrap().custody, 100_000)]));
		let ours = Peg::adopt(RuntimeOrigin::root(), theirs, 0, serving(), CoinOrigin::Change);
		assert_ok!(ours);
	});
}

#[test]
fn without_a_committee_nothing_is_held() {
	run_with(policy(), 0, || {
		let claim = confirm(&pay(vec![output(wallet(1).to_script(), 100_000)]));
		assert_noop!(adopt(&claim, 0, CoinOrigin::Change), Why::UnknownCommittee);
	});
}

/// No coin is booked twice, on whatever way it came.
#[test]
fn what_is_booked_already() {
	run(|| {
		let claimed = deposit(terms(1), 300_000);
		assert_ok!(claimed.bring());
		let origin = terms(1).origin::<Native>(CHAIN);
		assert_noop!(adopt(&claimed.claim, 0, origin.clone()), Why::AlreadyBooked);
		withdraw(1, 50_000, 2_000);
		await_batch();
		let claim = confirm(&complete());
		// It is mined, but not settled: its coins are on the books.
		assert_noop!(adopt(&claim, 0, CoinOrigin::Change), Why::SpendsBookedCoin);
		assert_ok!(Peg::settle(nobody(), claim.clone()));
		assert_noop!(adopt(&claim, 0, CoinOrigin::Change), Why::AlreadyBooked);
		assert_noop!(adopt(&claimed.claim, 0, origin.clone()), Why::AlreadyBooked);
		// Spent change is not booked again either.
		withdraw(1, 50_000, 2_000);
		await_batch();
		settle();
		assert_noop!(adopt(&claim, 0, CoinOrigin::Change), Why::AlreadyBooked);
		assert_noop!(adopt(&claimed.claim, 0, origin), Why::AlreadyBooked);
		assert_eq!(Coins::<Test>::iter().count(), 1);
	});
}

/// A mined attempt at a batch that was given up: the coins that it spent come off the books first.
#[test]
fn the_change_of_a_batch_that_was_given_up() {
	run(|| {
		let coins = [fund(1, 300_000), fund(2, 200_000)];
		withdraw(1, 50_000, 2_000);
		await_batch();
		let tx = complete();
		assert_ok!(Peg::abandon(RuntimeOrigin::root(), coins[1]));
		let claim = confirm(&tx);
		assert_noop!(adopt(&claim, 0, CoinOrigin::Change), Why::SpendsBookedCoin);
		assert_ok!(Peg::abandon(RuntimeOrigin::root(), coins[0]));
		assert_ok!(adopt(&claim, 0, CoinOrigin::Change));
		assert_eq!(MainCoin::<Test>::get(), Some((change_of(&tx), 0)));
	});
}

/// An adopted coin must be swept before its payer can take it back, like any other.
#[test]
fn a_refund_that_opens_soon() {
	run(|| {
		fund(1, 300_000);
		let to = terms_to(Destination::Rollup { rollup: 99, recipient: [1; 32] }, 60);
		let paid = || output(script_of(&to), 50_000);
		let deposit = deposit_tx(pay(vec![paid(), paid()]), to.clone());
		let origin = to.origin::<Native>(CHAIN);
		// The last height at which 20 blocks are left.
		bury(deposit.claim.block.height + 40 - best().height);
		assert_ok!(adopt(&deposit.claim, 0, origin.clone()));
		bury(1);
		assert_noop!(adopt(&deposit.claim, 1, origin), Why::InsufficientMargin);
		// It cannot wait.
		let first = outpoint(&deposit.claim, 0);
		assert_eq!(unswept()[0], first);
		assert_eq!(attempt(0).coins[0].0, first);
		settle();
	});
}

#[test]
fn coins_that_are_not_worth_sweeping_and_coins_for_which_there_is_no_room() {
	run(|| {
		let least = policy().min_deposit.0;
		let little = confirm(&pay(vec![output(script_of(&fixed()), least - 1)]));
		assert_noop!(adopt(&little, 0, fixed_origin()), Why::BelowMinimum);
		let [small, second] = [stray(least - 1), stray(least - 1)];
		// As the main coin it is spent by every batch, so it need not be worth a sweep.
		assert_ok!(adopt(&small, 0, CoinOrigin::Change));
		assert_noop!(adopt(&second, 0, CoinOrigin::Change), Why::BelowMinimum);

		govern(|policy| policy.sweep_size = MAX_UNSWEPT + 1);
		let paid = output(script_of(&fixed()), least);
		let many = confirm(&pay(vec![paid; MAX_UNSWEPT as usize + 1]));
		for vout in 0..MAX_UNSWEPT {
			assert_ok!(adopt(&many, vout, fixed_origin()));
		}
		assert_noop!(adopt(&many, MAX_UNSWEPT, fixed_origin()), Why::TooManyUnswept);
	});
}
