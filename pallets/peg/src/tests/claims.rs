//! Deposits that are claimed.

use crate::{
	mock::*, Coins, DepositQuote, DepositTerms, DepositView, Error, Event, QuoteError,
	UnsweptDeposits,
};
use entangled_bitcoin::{Destination, Sats};
use polkadot_sdk::{
	frame_support::{assert_noop, assert_ok, dispatch::Pays},
	sp_runtime::DispatchError,
};

#[test]
fn the_amount_is_minted_less_what_sweeping_costs() {
	run(|| {
		let deposit = deposit(terms(1), 1_000_000);
		let quote = Peg::quote_deposit(Sats(1_000_000)).unwrap();
		assert_eq!(quote.amount, Sats(quote.minted.0 + quote.fee.0));
		events();
		assert_eq!(deposit.bring().unwrap().pays_fee, Pays::No);

		let outpoint = deposit.outpoint();
		let (amount, minted) = (Sats(1_000_000), quote.minted);
		let destination = Destination::Account([1; 32]);
		let peg_fee = Sats::ZERO;
		let claimed = Event::DepositClaimed { outpoint, amount, minted, destination, peg_fee };
		assert_eq!(events(), [claimed]);
		assert_eq!(balance(1), minted.0);
		let status = Peg::status();
		assert_eq!((status.supply, status.custody), (minted, amount));
		assert_eq!((status.reserve, status.unswept), (quote.fee, 1));
		let DepositView { record, swept, refund_height } = Peg::deposit(outpoint).unwrap();
		assert_eq!((record.amount, record.fee), (amount, quote.fee));
		assert_eq!((record.height, record.destination), (deposit.claim.block.height, destination));
		assert_eq!((swept, refund_height), (false, Some(record.height + 500)));
	});
}

/// A part of the deposit, rounded down, on top of what is kept. It is eBTC like what the depositor gets.
#[test]
fn those_who_stand_for_custody_have_a_part_of_it() {
	run(|| {
		govern(|policy| policy.fee_ppm = 500);
		let paid = deposit(terms(1), 1_001_999);
		let quote = Peg::quote_deposit(Sats(1_001_999)).unwrap();
		assert_eq!(quote.peg_fee, Sats(500));
		assert_eq!(quote.amount, Sats(quote.minted.0 + quote.fee.0 + quote.peg_fee.0));
		events();
		assert_ok!(paid.bring());
		let (outpoint, destination) = (paid.outpoint(), Destination::Account([1; 32]));
		let DepositQuote { amount, peg_fee, minted, fee } = quote;
		let claimed = Event::DepositClaimed { outpoint, amount, minted, destination, peg_fee };
		assert_eq!(events(), [claimed]);
		assert_eq!((balance(1), balance(STAKERS)), (minted.0, 500));
		let record = Peg::deposit(outpoint).unwrap().record;
		assert_eq!((record.fee, record.peg_fee), (fee, peg_fee));
		let status = Peg::status();
		assert_eq!((status.supply, status.reserve), (Sats(minted.0 + 500), fee));

		// What a rollup gets is minted too.
		let destination = Destination::Rollup { rollup: ROLLUP, recipient: [5; 32] };
		assert_ok!(deposit(terms_to(destination, 100), 100_000).bring());
		assert_eq!(balance(STAKERS), 550);
		// Of a gift nothing is minted.
		give_to_reserve(1_000_000);
		assert_eq!(balance(STAKERS), 550);
	});
}

/// The cap holds for all that is minted, and what is left for the depositor is something.
#[test]
fn their_part_is_minted_within_the_cap_and_leaves_something() {
	run(|| {
		let kept = Peg::quote_deposit(Sats(100_000)).unwrap().fee.0;
		let with = |fee_ppm, cap| {
			govern(|policy| (policy.fee_ppm, policy.cap) = (fee_ppm, Sats(cap)));
			Peg::quote_deposit(Sats(100_000)).map(|quote| quote.minted.0)
		};
		assert_eq!(with(10_000, 100_000 - kept), Ok(99_000 - kept));
		assert_eq!(with(10_000, 99_999 - kept), Err(QuoteError::OverCap));
		let least = |amount| {
			govern(|policy| (policy.fee_ppm, policy.min_deposit) = (10_000, Sats(1_000)));
			Peg::quote_deposit(Sats(amount)).map(|quote| quote.minted.0)
		};
		let few = kept + kept / 100;
		assert_eq!(least(few), Err(QuoteError::BelowMinimum));
		assert!(least(few + 2).is_ok_and(|minted| (1..=2).contains(&minted)));
	});
}

/// What is kept pays for a transaction that sweeps the coin alone, even where fees have risen by
/// half for the part that is the coin's.
#[test]
fn what_is_kept_is_enough_to_sweep_the_coin_alone() {
	run(|| {
		govern(|policy| policy.sweep_size = 1);
		fund(1, 1_000_000);
		bury(1);
		settle();
		let coin = fund(1, 1_000_000);
		bury(1);
		let sweep = attempt(0);
		assert_eq!(sweep.payouts.len(), 0);
		assert!(sweep.fee.0 < kept(coin), "{:?}", sweep.fee);
	});
}

#[test]
fn whoever_has_the_proof_may_bring_it() {
	run(|| {
		let mine = deposit(terms(1), 100_000);
		let call = |origin| Peg::claim(origin, mine.claim.clone(), mine.vout, mine.terms.clone());
		for origin in [RuntimeOrigin::root(), RuntimeOrigin::none()] {
			assert_noop!(call(origin), DispatchError::BadOrigin);
		}
		// Account 9 brings it; account 1 gets it.
		assert_ok!(call(signed(9)));
		assert_eq!((balance(9), balance(1) > 0), (0, true));
	});
}

#[test]
fn the_fixed_address_serves_those_who_name_the_destination_beside_it() {
	run(|| {
		let destination = Destination::Account([3; 32]);
		let tx =
			pay(vec![output(destination.to_script(), 0), output(script_of(&fixed()), 300_000)]);
		let deposit = Deposit { vout: 1, ..deposit_tx(tx, fixed()) };
		assert_ok!(deposit.bring());
		assert!(balance(3) > 295_000);
		// It is not swept in a hurry: nobody can take it back.
		assert_eq!(UnsweptDeposits::<Test>::get()[0].refund_height, u32::MAX);
		assert_eq!(Peg::deposit(deposit.outpoint()).unwrap().refund_height, None);
	});
}

#[test]
fn every_output_of_a_transaction_is_a_deposit_of_its_own() {
	run(|| {
		let (one, two) = (terms(1), terms(2));
		let tx = pay(vec![
			output(script_of(&one), 100_000),
			output(script_of(&two), 200_000),
			output(script_of(&one), 400_000),
		]);
		let first = deposit_tx(tx, one.clone());
		let second = Deposit { vout: 1, terms: two, ..first.clone() };
		let third = Deposit { vout: 2, ..first.clone() };
		for deposit in [&third, &first, &second] {
			assert_ok!(deposit.bring());
			assert_noop!(deposit.bring(), Error::<Test>::AlreadyClaimed);
		}
		assert_eq!(Peg::status().custody, Sats(700_000));
		assert!(balance(1) > 495_000 && balance(2) > 195_000);
		assert_eq!(Coins::<Test>::iter().count(), 3);
	});
}

#[test]
fn a_rollup_gets_it_into_its_escrow_and_is_told() {
	run(|| {
		let destination = Destination::Rollup { rollup: ROLLUP, recipient: [5; 32] };
		let deposit = deposit(terms_to(destination, 100), 100_000);
		assert_ok!(deposit.bring());
		let minted = Sats(balance(200 + ROLLUP as u8));
		assert_eq!(Delivered::get(), [([5; 32], minted, deposit.outpoint())]);
		assert_eq!(Peg::status().supply, minted);
	});
}

#[test]
fn a_rollup_that_takes_nothing_gets_nothing_and_the_deposit_can_still_be_taken_back() {
	run(|| {
		let destination = Destination::Rollup { rollup: 99, recipient: [5; 32] };
		let unknown = deposit(terms_to(destination, 100), 100_000);
		assert_noop!(unknown.bring(), Error::<Test>::UnknownRollup);
		assert_eq!(Coins::<Test>::iter().count(), 0);
	});
}

/// Neither the greatest deposit nor the cap stands in the way.
#[test]
fn what_goes_to_the_reserve_mints_nothing() {
	run(|| {
		fund(1, 1_000_000);
		let before = Peg::status();
		govern(|policy| (policy.cap, policy.fee_ppm) = (Sats(1), 10_000));
		events();
		let amount = policy().max_deposit.0 + 1;
		let outpoint = give_to_reserve(amount);
		let (destination, minted, peg_fee) = (Destination::Reserve, Sats::ZERO, Sats::ZERO);
		let amount = Sats(amount);
		let claimed = Event::DepositClaimed { outpoint, amount, minted, destination, peg_fee };
		assert_eq!(events(), [claimed]);
		let after = Peg::status();
		assert_eq!(after.supply, before.supply);
		assert_eq!(after.reserve, Sats(before.reserve.0 + amount.0));
		assert_eq!(kept(outpoint), 0);
	});
}

#[test]
fn addresses_that_would_not_be_honoured_are_not_given_out() {
	run(|| {
		let destination = Destination::Account([1; 32]);
		let address = |terms| Peg::deposit_address(&terms);
		let good = address(terms(1)).unwrap();
		assert_eq!(bitcoin::ScriptBuf::from(good.script), script_of(&terms(1)));
		assert_eq!((good.destination, good.refund_delay), (Some(destination), Some(500)));
		assert_eq!(address(fixed()).unwrap().destination, None);
		let range = (policy().min_refund_delay, policy().max_refund_delay);
		for delay in [0, range.0 - 1, range.1 + 1] {
			let refused = address(terms_to(destination, delay));
			assert_eq!(refused, Err(QuoteError::RefundDelayOutOfRange));
		}
		let unknown = DepositTerms::Fixed { committee: 9 };
		assert_eq!(address(unknown), Err(QuoteError::UnknownCommittee));
		let rollup = Destination::Rollup { rollup: 99, recipient: [0; 32] };
		assert_eq!(address(terms_to(rollup, 100)), Err(QuoteError::UnknownRollup));
		let gift = terms_to(Destination::Reserve, 100);
		assert_eq!(address(gift), Err(QuoteError::ReserveTakesFixedOnly));
	});
}

/// An address of another chain would be one that nobody can claim on.
#[test]
fn no_address_is_given_out_before_the_chain_has_a_name() {
	run(|| {
		let (terms, committees) = (terms(1), Peg::committees());
		assert_eq!(committees[0].fixed.to_bytes()[..], *script_of(&fixed()).as_bytes());
		// In the first block's own state the system has a hash that is none.
		System::set_block_number(0);
		for terms in [&terms, &fixed()] {
			assert_eq!(Peg::deposit_address(terms), Err(QuoteError::UnknownCommittee));
		}
		assert_eq!(Peg::quote_deposit(Sats(100_000)), Err(QuoteError::UnknownCommittee));
		assert_eq!(Peg::committees(), vec![]);
		System::set_block_number(1);
		assert_eq!(Peg::committees(), committees);
	});
}

#[test]
fn no_two_chains_destinations_or_refunds_share_an_address() {
	run(|| {
		let mut scripts = [CHAIN, OTHER_CHAIN].map(|chain| script_on(chain, &fixed())).to_vec();
		for destination in [
			Destination::Account([1; 32]),
			Destination::Account([2; 32]),
			Destination::Rollup { rollup: 1, recipient: [1; 32] },
			Destination::Rollup { rollup: 2, recipient: [1; 32] },
			Destination::Reserve,
		] {
			for chain in [CHAIN, OTHER_CHAIN] {
				scripts.extend([100, 101].map(|n| script_on(chain, &terms_to(destination, n))));
			}
		}
		let all = scripts.len();
		scripts.sort();
		scripts.dedup();
		assert_eq!(scripts.len(), all);
	});
}
