//! Deposits that are not minted for, and why.

use crate::{mock::*, DepositTerms, Error, MAX_TRANSACTION, MAX_UNSWEPT};
use entangled_bitcoin::{BlockHash, BlockRef, Destination, Refund, Sats, XOnlyKey};
use polkadot_sdk::frame_support::{assert_noop, assert_ok};

type Why = Error<Test>;

#[track_caller]
fn refused(deposit: &Deposit, why: Why) {
	assert_noop!(deposit.bring(), why);
}

#[test]
fn a_block_that_is_not_final() {
	run(|| {
		let terms = terms(1);
		let block = mine(vec![pay(vec![output(script_of(&terms), 100_000)])]);
		let deposit = Deposit { claim: claim_of(block, 1), vout: 0, terms };
		// Too few confirmations.
		refused(&deposit, Why::BlockNotFinal);
		bury(1);
		refused(&deposit, Why::BlockNotFinal);
		// Enough, and old enough. But only half of the validators have named a block above it.
		bury(1);
		next_blocks(FINALITY.own_blocks);
		refused(&deposit, Why::BlockNotFinal);
		make_final(block);
		// Not in the chain at all.
		for block in [
			BlockRef { height: block.height + 1, ..block },
			BlockRef { hash: BlockHash([7; 32]), ..block },
			BlockRef { height: u32::MAX, ..block },
		] {
			let mut other = deposit.clone();
			other.claim.block = block;
			refused(&other, Why::BlockNotFinal);
		}
		assert_ok!(deposit.bring());
	});
}

#[test]
fn a_proof_that_shows_nothing() {
	run(|| {
		let deposit = deposit(terms(1), 100_000);
		let tamper = |change: &dyn Fn(&mut entangled_bitcoin::InclusionProof)| {
			let mut deposit = deposit.clone();
			change(&mut deposit.claim.proof);
			deposit
		};
		refused(&tamper(&|proof| proof.index = 0), Why::WrongProof);
		refused(&tamper(&|proof| proof.siblings.clear()), Why::WrongProof);
		refused(&tamper(&|proof| proof.siblings[0][0] ^= 1), Why::WrongProof);
		refused(&tamper(&|proof| proof.transaction[60] ^= 1), Why::WrongProof);
		refused(&tamper(&|proof| proof.transaction.push(0)), Why::WrongProof);
		refused(&tamper(&|proof| proof.transaction.clear()), Why::WrongProof);
		let longest = MAX_TRANSACTION as usize;
		refused(&tamper(&|proof| proof.transaction.resize(longest, 0)), Why::WrongProof);
		refused(
			&tamper(&|proof| proof.transaction.resize(longest + 1, 0)),
			Why::TransactionTooLong,
		);
		assert_ok!(deposit.bring());
	});
}

#[test]
fn a_script_that_is_not_that_of_the_terms() {
	run(|| {
		let deposit = deposit(terms(1), 100_000);
		let with = |terms| Deposit { terms, ..deposit.clone() };
		let own =
			|destination, refund| with(DepositTerms::Own { committee: 0, destination, refund });
		let one = Destination::Account([1; 32]);
		refused(&own(Destination::Account([2; 32]), refund(500)), Why::WrongScript);
		refused(&own(Destination::Reserve, refund(500)), Why::ReserveTakesFixedOnly);
		refused(&own(one, refund(501)), Why::WrongScript);
		refused(&own(one, Refund { key: key(51), delay: 500 }), Why::WrongScript);
		refused(&Deposit { vout: 1, ..deposit.clone() }, Why::NoSuchOutput);
		refused(&Deposit { vout: u32::MAX, ..deposit.clone() }, Why::NoSuchOutput);
		refused(&own(one, refund(59)), Why::RefundDelayOutOfRange);
		refused(&own(one, refund(1_001)), Why::RefundDelayOutOfRange);
		for x in [[0xff; 32], core::array::from_fn(|i| if i == 31 { 5 } else { 0 })] {
			// Above the field's prime; and 5 is no x-coordinate.
			let refund = Refund { key: XOnlyKey(x), delay: 500 };
			refused(&own(one, refund), Why::InvalidRefundKey);
		}
		let elsewhere = DepositTerms::Own { committee: 1, destination: one, refund: refund(500) };
		refused(&with(elsewhere), Why::UnknownCommittee);
		refused(&with(DepositTerms::Fixed { committee: 1 }), Why::UnknownCommittee);
		refused(&with(fixed()), Why::WrongScript);
		assert_ok!(deposit.bring());
	});
}

#[test]
fn a_fixed_address_without_one_destination() {
	run(|| {
		let name = |n| output(Destination::Account([n; 32]).to_script(), 0);
		let paid = || output(script_of(&fixed()), 100_000);
		let none = deposit_tx(pay(vec![paid()]), fixed());
		refused(&none, Why::NoDestination);
		let two = deposit_tx(pay(vec![paid(), name(1), name(2)]), fixed());
		refused(&two, Why::NoDestination);
		let longer = output([name(1).script_pubkey.as_bytes(), &[0]].concat(), 0);
		refused(&deposit_tx(pay(vec![paid(), longer]), fixed()), Why::NoDestination);
		// A destination beside an address of one's own counts for nothing.
		let elsewhere = pay(vec![output(script_of(&terms(1)), 100_000), name(2)]);
		let elsewhere = deposit_tx(elsewhere, fixed());
		refused(&elsewhere, Why::WrongScript);
		assert_ok!(Deposit { terms: terms(1), ..elsewhere }.bring());
		assert!(balance(1) > 0 && balance(2) == 0);
	});
}

/// A coin of a coinbase cannot be spent before it is a hundred blocks old.
#[test]
fn a_young_coinbase() {
	run(|| {
		let terms = terms(1);
		let block = mine_coinbase(vec![output(script_of(&terms), 100_000)]);
		make_final(block);
		let deposit = Deposit { claim: claim_of(block, 0), vout: 0, terms };
		refused(&deposit, Why::ImmatureCoinbase);
		bury(block.height + 98 - best().height);
		refused(&deposit, Why::ImmatureCoinbase);
		bury(1);
		assert_eq!(best().height + 1, block.height + 100, "the next block may spend it");
		assert_ok!(deposit.bring());
	});
}

/// No mint may outlive its coin.
#[test]
fn a_refund_that_opens_soon() {
	run(|| {
		let terms = terms_to(Destination::Account([1; 32]), 60);
		let paid = || output(script_of(&terms), 100_000);
		let first = deposit_tx(pay(vec![paid(), paid()]), terms.clone());
		let second = Deposit { vout: 1, ..first.clone() };
		// The last height at which 20 blocks are left.
		bury(first.claim.block.height + 40 - best().height);
		assert_ok!(first.bring());
		bury(1);
		refused(&second, Why::InsufficientMargin);
	});
}

#[test]
fn amounts_that_are_too_small_or_too_large() {
	run(|| {
		let (least, most) = (policy().min_deposit.0, policy().max_deposit.0);
		refused(&deposit(terms(1), least - 1), Why::BelowMinimum);
		assert_ok!(deposit(terms(1), least).bring());
		refused(&deposit(terms(1), most + 1), Why::AboveMaximum);
		refused(&deposit(terms(1), u64::MAX), Why::AboveMaximum);
		assert_ok!(deposit(terms(1), most).bring());
		// Who cannot take it back is not sent away with too much.
		let account = Destination::Account([1; 32]);
		assert_ok!(fixed_deposit(account, most + 1).bring());
		for destination in [account, Destination::Reserve] {
			refused(&fixed_deposit(destination, least - 1), Why::BelowMinimum);
		}
	});
}

/// Where fees are so high that nothing is left of it.
#[test]
fn an_amount_that_its_sweep_would_use_up() {
	run(|| {
		govern(|policy| {
			policy.min_deposit = Sats(1_000);
			policy.default_fee_rate = policy.fees.ceiling;
		});
		let deposit = deposit(terms(1), 5_000);
		refused(&deposit, Why::BelowMinimum);
		govern(|policy| policy.default_fee_rate = entangled_bitcoin::FeeRate(2_000));
		assert_ok!(deposit.bring());
	});
}

#[test]
fn more_than_the_cap() {
	run(|| {
		let deposit = deposit(terms(1), 1_000_000);
		let minted = Peg::quote_deposit(Sats(1_000_000)).unwrap().minted;
		govern(|policy| policy.cap = Sats(minted.0 - 1));
		refused(&deposit, Why::OverCap);
		govern(|policy| policy.cap = minted);
		assert_eq!(Peg::status().headroom, minted);
		assert_ok!(deposit.bring());
		assert_eq!(Peg::status().headroom, Sats::ZERO);
	});
}

/// And then neither settlements nor withdrawals stand still.
#[test]
fn too_many_that_wait_to_be_swept() {
	run(|| {
		fund(1, 1_000_000);
		withdraw(1, 100_000, 5_000);
		await_batch();
		let tx = complete();

		govern(|policy| policy.sweep_size = MAX_UNSWEPT + 1);
		let paid = output(script_of(&terms(2)), 20_000);
		let first = deposit_tx(pay(vec![paid; MAX_UNSWEPT as usize + 1]), terms(2));
		let nth = |vout| Deposit { vout, ..first.clone() };
		// One is there already, in the batch in flight; and some places are kept for gifts.
		let most = MAX_UNSWEPT - 16;
		for vout in 1..most {
			nth(vout).bring().unwrap();
		}
		refused(&nth(most), Why::TooManyUnswept);

		let id = withdraw(2, 100_000, 5_000);
		assert_ok!(Peg::settle(nobody(), confirm(&tx)));
		assert_ok!(nth(most).bring());
		refused(&nth(0), Why::TooManyUnswept);
		await_batch();
		assert_eq!(attempt(0).payouts[0].0, id);
		settle();
		assert_eq!(Peg::status().unswept, most - 24);
		assert_ok!(nth(0).bring());
	});
}

#[test]
fn while_the_peg_stands_still() {
	run(|| {
		let deposit = deposit(terms(1), 100_000);
		assert_ok!(Peg::halt(RuntimeOrigin::root()));
		refused(&deposit, Why::Halted);
		assert_ok!(Peg::resume(RuntimeOrigin::root()));
		go_stale();
		refused(&deposit, Why::Stale);
		bury(1);
		assert_ok!(deposit.bring());
	});
}

/// Only a gift may let the peg go on, so there is always room for a few.
#[test]
fn places_among_the_unswept_are_kept_for_gifts() {
	run(|| {
		govern(|policy| policy.sweep_size = MAX_UNSWEPT + 1);
		let paid = output(script_of(&terms(2)), 20_000);
		let first = deposit_tx(pay(vec![paid; MAX_UNSWEPT as usize]), terms(2));
		for vout in 0..MAX_UNSWEPT - 16 {
			Deposit { vout, ..first.clone() }.bring().unwrap();
		}
		refused(&fixed_deposit(Destination::Account([1; 32]), 20_000), Why::TooManyUnswept);
		assert_ok!(Peg::halt(RuntimeOrigin::root()));
		let mut paid = vec![output(script_of(&fixed()), 20_000); 17];
		paid.push(output(Destination::Reserve.to_script(), 0));
		let gifts = deposit_tx(pay(paid), fixed());
		for vout in 0..16 {
			Deposit { vout, ..gifts.clone() }.bring().unwrap();
		}
		refused(&Deposit { vout: 16, ..gifts }, Why::TooManyUnswept);
	});
}
