//! What the holders of the keys stand for their conduct with.

use crate::{mock::*, Coins, Error, Event, Policy, MAX_UNSWEPT};
use entangled_bitcoin::{OutPoint, Sats, Txid};
use polkadot_sdk::{
	frame_support::{assert_noop, assert_ok},
	sp_runtime::DispatchResult,
};

type Why = Error<Test>;

/// Something that committee 0 slashed is in a final block. Gives the coin.
fn slashed(amount: u64) -> OutPoint {
	let tx = pay(vec![output(script_from(&SLASHED, 0), amount)]);
	make_final(mine(vec![tx.clone()]));
	OutPoint { txid: tx.compute_txid().into(), vout: 0 }
}

fn receive(coin: OutPoint, amount: u64, credits: &[(u8, u64)]) -> DispatchResult {
	let credits = credits.iter().map(|(n, sats)| (account(*n), Sats(*sats)));
	let height = best().height;
	Peg::receive(0, SLASHED_COMMITMENT, coin, Sats(amount), height, &credits.collect::<Vec<_>>())
}

#[test]
fn what_was_slashed_comes_in_and_pays_those_who_are_credited() {
	run(|| {
		let coin = slashed(100_000);
		events();
		assert_ok!(receive(coin, 100_000, &[(1, 5_000), (2, 20_000), (3, 0)]));
		assert_eq!(
			events(),
			[Event::CoinReceived {
				outpoint: coin,
				value: Sats(100_000),
				committee: 0,
				credited: Sats(25_000),
			}]
		);
		let status = Peg::status();
		assert_eq!((status.custody, status.supply), (Sats(100_000), Sats(25_000)));
		assert_eq!((balance(1), balance(2), balance(3)), (5_000, 20_000, 0));
		assert_eq!(status.reserve, Sats(75_000));
		assert_eq!(Coins::<Test>::get(coin).map(|coin| coin.origin), Some(SLASHED));

		// It is swept as a deposit is, and those who are credited can withdraw it.
		withdraw(2, 15_000, 3_000);
		await_batch();
		settle();
		assert_eq!(Peg::status().unswept, 0);
		assert_eq!(received(&wallet(2).to_script()), 15_000);
	});
}

#[test]
fn nobody_is_credited_with_more_than_there_is() {
	run(|| {
		let coin = slashed(100_000);
		assert_noop!(receive(coin, 100_000, &[(1, 60_000), (2, 40_001)]), Why::AboveMaximum);
		assert_noop!(receive(coin, 100_000, &[(1, u64::MAX), (2, 1)]), Why::AboveMaximum);
		assert_noop!(
			Peg::receive(1, SLASHED_COMMITMENT, coin, Sats(100_000), 1, &[]),
			Why::UnknownCommittee
		);
		assert_ok!(receive(coin, 100_000, &[(1, 60_000), (2, 40_000)]));
	});
}

#[test]
fn what_governance_has_adopted_is_not_booked_twice() {
	run(|| {
		let tx = pay(vec![output(script_from(&SLASHED, 0), 100_000)]);
		let coin = OutPoint { txid: tx.compute_txid().into(), vout: 0 };
		let claim = confirm(&tx);
		assert_ok!(Peg::adopt(RuntimeOrigin::root(), claim, 0, 0, SLASHED));
		assert_ok!(receive(coin, 100_000, &[(1, 60_000)]));
		let status = Peg::status();
		assert_eq!((status.custody, status.supply), (Sats(100_000), Sats(60_000)));
		assert_noop!(receive(coin, 100_000, &[(1, 40_001)]), Why::InvariantBroken);
	});
}

/// A halt stops what costs custody something. This does not, and it may be the cure.
#[test]
fn it_comes_in_while_the_peg_is_halted_and_a_reorganisation_of_its_block_halts() {
	run(|| {
		assert_ok!(Peg::halt(RuntimeOrigin::root()));
		assert_ok!(receive(slashed(100_000), 100_000, &[(1, 5_000)]));
		assert_ok!(Peg::resume(RuntimeOrigin::root()));
		let height = best().height;
		reorganise(2, vec![vec![]; 3]);
		let fork_height = height - 2;
		assert_eq!(Peg::status().halt, Some(crate::HaltReason::Reorganised { fork_height }));
	});
}

/// However much is slashed, deposits have their places, and gifts theirs.
#[test]
fn it_waits_when_too_much_is_to_be_swept() {
	run(|| {
		govern(|policy| policy.sweep_size = MAX_UNSWEPT);
		let txid = |n: u32| Txid([&n.to_le_bytes()[..], &[0; 28]].concat().try_into().unwrap());
		let coin = |n| OutPoint { txid: txid(n), vout: 0 };
		let unclaimed = deposit(terms(1), 100_000);
		for n in 0..MAX_UNSWEPT / 2 {
			assert!(Peg::has_room());
			assert_ok!(receive(coin(n), 1_000, &[]));
		}
		assert!(!Peg::has_room());
		assert_noop!(receive(coin(MAX_UNSWEPT), 1_000, &[]), Why::TooManyUnswept);
		// What is on the books takes no place.
		let tx = pay(vec![output(script_from(&SLASHED, 0), 100_000)]);
		let adopted = OutPoint { txid: tx.compute_txid().into(), vout: 0 };
		assert_ok!(Peg::adopt(RuntimeOrigin::root(), confirm(&tx), 0, 0, SLASHED));
		assert_ok!(receive(adopted, 100_000, &[(2, 5_000)]));

		assert_ok!(unclaimed.bring());
		// With two more than half, three must go.
		for n in 0..3 {
			assert!(!Peg::has_room());
			assert_ok!(Peg::abandon(RuntimeOrigin::root(), coin(n)));
		}
		assert_ok!(receive(coin(MAX_UNSWEPT), 1_000, &[]));
	});
}

/// Where governance has said nothing else, custody holds no more than is bonded.
#[test]
fn by_default_nothing_is_minted_before_anything_is_bonded() {
	let Policy { bonded_cap_ppm, .. } = Policy::default();
	run_with(Policy { bonded_cap_ppm, ..policy() }, 4, || {
		let deposit = deposit(terms(1), 100_000);
		assert_noop!(deposit.bring(), Why::OverCap);
		assert_eq!(Peg::status().headroom, Sats::ZERO);
		// A gift makes no eBTC.
		give_to_reserve(100_000);
		Bonded::set(Sats(100_000));
		assert_ok!(deposit.bring());
		assert!(Peg::status().supply <= Sats(100_000));
	});
}

#[test]
fn no_more_is_minted_than_bonds_allow() {
	run(|| {
		let cap = |ppm| govern(|policy| policy.bonded_cap_ppm = ppm);
		cap(Some(500_000));
		assert_eq!(Peg::status().headroom, Sats::ZERO);
		let deposit = deposit(terms(1), 100_000);
		assert_noop!(deposit.bring(), Why::OverCap);
		let minted = Peg::quote_deposit(Sats(100_000)).map(|quote| quote.minted);
		assert_eq!(minted, Err(crate::QuoteError::OverCap));

		// Half of what is bonded, rounded down.
		Bonded::set(Sats(190_001));
		assert_eq!(Peg::status().headroom, Sats(95_000));
		assert_noop!(deposit.bring(), Why::OverCap);
		Bonded::set(Sats(220_000));
		assert_ok!(deposit.bring());
		let minted = balance(1);
		assert_eq!(Peg::status().headroom, Sats(110_000 - minted));

		// What exists stays when bonds leave. Governance's own cap holds beside it.
		Bonded::set(Sats::ZERO);
		assert_eq!((Peg::status().headroom, balance(1)), (Sats::ZERO, minted));
		cap(Some(u32::MAX));
		Bonded::set(Sats::MAX_MONEY);
		assert_eq!(Peg::status().headroom, Sats(policy().cap.0 - minted));
		cap(None);
		Bonded::set(Sats::ZERO);
		assert_eq!(Peg::status().headroom, Sats(policy().cap.0 - minted));
	});
}

#[test]
fn it_is_noted_at_settlement_who_has_signed() {
	run(|| {
		fund(1, 300_000);
		withdraw(1, 100_000, 2_000);
		await_batch();
		let tx = complete_by([1, 2, 4]);
		assert_eq!(Noted::get(), []);
		assert_ok!(Peg::settle(nobody(), confirm(&tx)));
		let noted = [(101, true), (102, true), (103, false), (104, true)];
		assert_eq!(Noted::take(), noted.map(|(n, gave)| (account(n), gave)));
	});
}

/// Whoever sits in two committees whose coins are spent owes signatures as a member of each.
#[test]
fn who_has_signed_for_one_committee_only_has_not_signed() {
	run(|| {
		fund(1, 300_000);
		withdraw(1, 100_000, 2_000);
		await_batch();
		settle();
		// Account 101 has a new key.
		let mut next = members([11, 2, 3, 4]);
		next[0].account = account(101);
		Candidates::set(next);
		let late = deposit(terms(2), 100_000);
		govern(|policy| policy.term = 14);
		bury(14u32.saturating_sub(best().height).max(1));
		let candidate = crate::CandidateCommittee::<Test>::get().unwrap();
		for n in [11, 2, 3, 4] {
			let proof = signature(n, &candidate.challenge);
			assert_ok!(Peg::prove_life(nobody(), candidate.id, key(n), proof));
		}
		bury(1);
		settle();
		Noted::take();
		// Now custody's own coin is the new committee's, and this one is the old one's.
		assert_ok!(late.bring());
		bury(1);
		let tx = complete_by([2, 3, 4, 11]);
		assert_ok!(Peg::settle(nobody(), confirm(&tx)));
		let noted = [(101, false), (102, true), (103, true), (104, true)];
		assert_eq!(Noted::take(), noted.map(|(n, gave)| (account(n), gave)));
	});
}
