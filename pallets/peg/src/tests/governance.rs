//! What governance decides, and what it cannot.

use crate::{mock::*, Coins, CurrentPolicy, Error, Event, HaltReason, MainCoin, Policy};
use entangled_bitcoin::{FeeRate, OutPoint, Sats, Txid};
use polkadot_sdk::{
	frame_support::{assert_noop, assert_ok},
	sp_runtime::DispatchError::BadOrigin,
};

type Why = Error<Test>;

fn root() -> RuntimeOrigin {
	RuntimeOrigin::root()
}

#[test]
fn nobody_else_may() {
	run(|| {
		let coin = fund(1, 100_000);
		for origin in [signed(1), nobody(), RuntimeOrigin::none()] {
			assert_noop!(Peg::halt(origin.clone()), BadOrigin);
			assert_noop!(Peg::resume(origin.clone()), BadOrigin);
			assert_noop!(Peg::set_policy(origin.clone(), policy()), BadOrigin);
			assert_noop!(Peg::abandon(origin, coin), BadOrigin);
		}
		// And what takes an account takes one.
		for origin in [root(), nobody(), RuntimeOrigin::none()] {
			let o = || origin.clone();
			assert_noop!(request(o(), wallet(1), Sats(10_000), Sats(2_000)), BadOrigin);
			assert_noop!(Peg::raise_fee(o(), 0, Sats(2_000)), BadOrigin);
			assert_noop!(Peg::cancel(o(), 0), BadOrigin);
			assert_noop!(Peg::expire(o(), 0), BadOrigin);
			assert_noop!(Peg::reserve(o(), 0), BadOrigin);
			assert_noop!(Peg::release(o(), 0), BadOrigin);
		}
	});
}

#[test]
fn it_halts_and_resumes() {
	run(|| {
		assert_noop!(Peg::resume(root()), Why::NotHalted);
		events();
		assert_ok!(Peg::halt(root()));
		let reason = HaltReason::Governance;
		assert_eq!(events(), [Event::Halted { reason }]);
		assert_eq!(Peg::status().halt, Some(reason));
		assert_noop!(Peg::halt(root()), Why::Halted);
		assert_ok!(Peg::resume(root()));
		assert_eq!(events(), [Event::Resumed]);
		assert_noop!(Peg::resume(root()), Why::NotHalted);
	});
}

#[test]
fn numbers_that_go_together_are_taken() {
	run(|| {
		let policy = Policy::default();
		assert!(policy.is_sound());
		events();
		assert_ok!(Peg::set_policy(root(), policy.clone()));
		assert_eq!(events(), [Event::PolicyChanged { policy: policy.clone() }]);
		assert_eq!(CurrentPolicy::<Test>::get(), policy);
	});
}

#[test]
fn numbers_that_do_not_go_together_are_refused() {
	run(|| {
		let changes: [&dyn Fn(&mut Policy); 30] = [
			&|policy| policy.min_deposit = Sats(999),
			&|policy| policy.max_deposit = Sats(policy.min_deposit.0 - 1),
			&|policy| policy.max_deposit = Sats(Sats::MAX_MONEY.0 + 1),
			&|policy| policy.cap = Sats(u64::MAX),
			&|policy| policy.fee_ppm = 10_001,
			&|policy| policy.min_refund_delay = policy.max_refund_delay + 1,
			// A deposit must be claimable for a while, and swept while it is claimed.
			&|policy| policy.claim_margin = policy.min_refund_delay.into(),
			&|policy| policy.sweep_margin = policy.claim_margin - 1,
			&|policy| policy.claim_margin = 0,
			&|policy| policy.committee_grace = u32::from(policy.min_refund_delay) - 1,
			&|policy| policy.batch_size = 0,
			&|policy| policy.sweep_size = 0,
			&|policy| policy.expiry_blocks = 0,
			&|policy| policy.reservation_blocks = 0,
			&|policy| policy.reservation_bond_ppm = 1_000_001,
			&|policy| policy.outflow_window = 23,
			&|policy| policy.default_fee_rate = FeeRate(999),
			&|policy| policy.default_fee_rate = FeeRate(1_000_001),
			&|policy| policy.fees.ceiling = FeeRate(0),
			&|policy| policy.fees.ceiling = FeeRate(u64::MAX),
			&|policy| policy.fees.min_age = 0,
			&|policy| policy.fees.max_attempts = 0,
			&|policy| policy.fees.max_attempts = 17,
			&|policy| policy.signing_blocks = 0,
			&|policy| policy.silent_blocks = 0,
			// Who was silent is tried again before a refund can open.
			&|policy| policy.silent_blocks = policy.claim_margin - policy.signing_blocks + 1,
			&|policy| policy.signing_blocks = u32::MAX,
			&|policy| policy.term = 0,
			// There must be room for the next committee.
			&|policy| policy.term = policy.committee_grace / 6,
			&|policy| policy.hand_over_blocks = 0,
		];
		for (index, change) in changes.into_iter().enumerate() {
			let mut policy = policy();
			change(&mut policy);
			assert!(!policy.is_sound(), "{index}");
			assert_noop!(Peg::set_policy(root(), policy), Why::UnsoundPolicy);
		}
	});
}

#[test]
#[should_panic(expected = "the numbers of the peg do not go together")]
fn a_chain_does_not_start_with_unsound_numbers() {
	run_with(Policy { batch_size: 0, ..policy() }, 4, || ());
}

#[test]
fn a_coin_is_struck_off_and_the_peg_halts_for_want_of_it() {
	run(|| {
		let coin = fund(1, 100_000);
		fund(2, 100_000);
		let stranger = OutPoint { txid: Txid([1; 32]), vout: 0 };
		assert_noop!(Peg::abandon(root(), stranger), Why::UnknownCoin);
		events();
		assert_ok!(Peg::abandon(root(), coin));
		let (supply, custody) = (Peg::status().supply, Sats(100_000));
		let reason = HaltReason::InvariantBroken { supply, custody };
		let value = Sats(100_000);
		assert_eq!(
			events(),
			[Event::CoinAbandoned { outpoint: coin, value }, Event::Halted { reason }]
		);
		assert_noop!(Peg::abandon(root(), coin), Why::UnknownCoin);
		assert_noop!(Peg::resume(root()), Why::InvariantBroken);
		assert_eq!(Coins::<Test>::iter().count(), 1);
		// It stays claimed: should it come back, it is not minted for a second time.
		assert!(Peg::deposit(coin).is_some());
	});
}

#[test]
fn the_change_can_be_struck_off_too() {
	run(|| {
		fund(1, 100_000);
		withdraw(1, 50_000, 2_000);
		await_batch();
		settle();
		let change = MainCoin::<Test>::get().unwrap().0;
		assert_ok!(Peg::abandon(root(), change));
		assert_eq!((MainCoin::<Test>::get(), Peg::status().custody), (None, Sats::ZERO));
		assert!(matches!(Peg::status().halt, Some(HaltReason::InvariantBroken { .. })));
		// Covered, the peg works on without a coin of its own.
		give_to_reserve(60_000);
		assert_ok!(Peg::resume(root()));
		withdraw(1, 20_000, 2_000);
		await_batch();
		settle();
		assert!(MainCoin::<Test>::get().is_some());
	});
}
