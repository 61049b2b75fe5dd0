//! Blocks that leave Bitcoin's chain, through the light client as it is.

use crate::{
	mock::*, Coins, Error, Event, HaltReason, InFlight, MainCoin, ReliedHeight, WithdrawalState,
};
use entangled_bitcoin::{Checkpoint, Network, Sats};
use polkadot_sdk::frame_support::{assert_noop, assert_ok, dispatch::DispatchResult};

type Why = Error<Test>;

fn ask() -> DispatchResult {
	request(signed(1), wallet(1), Sats(10_000), Sats(2_000))
}

/// Governance of the light client and of the peg have looked.
fn look_and_resume() {
	assert_ok!(Bitcoin::resume(RuntimeOrigin::root()));
	assert_ok!(Peg::resume(RuntimeOrigin::root()));
}

#[test]
fn a_shallow_one_changes_nothing() {
	run(|| {
		let coin = fund(1, 100_000);
		assert_eq!(ReliedHeight::<Test>::get(), best().height - 2);
		reorganise_empty(2);
		assert_eq!(Peg::status().halt, None);
		assert!(is_unspent(coin));
		assert_ok!(ask());
	});
}

#[test]
fn one_that_removes_what_was_relied_on_halts() {
	run(|| {
		let claimed = deposit(terms(1), 100_000);
		assert_ok!(claimed.bring());
		let other = deposit(terms(1), 100_000);
		let height = claimed.claim.block.height;
		events();
		reorganise_empty(best().height - height + 1);
		let reason = HaltReason::Reorganised { fork_height: height - 1 };
		assert_eq!(Peg::status().halt, Some(reason));
		let fork_height = height - 1;
		assert_eq!(events(), [Event::Reorganised { fork_height }, Event::Halted { reason }]);
		assert_eq!(ReliedHeight::<Test>::get(), height - 1);
		assert!(!is_unspent(claimed.outpoint()));

		assert_noop!(ask(), Why::Halted);
		assert_noop!(other.bring(), Why::Halted);
		// The light client has stopped as well; each is resumed by itself.
		assert_ok!(Peg::resume(RuntimeOrigin::root()));
		assert_noop!(ask(), Why::Frozen);
		assert_noop!(other.bring(), Why::Frozen);
		assert_ok!(Bitcoin::resume(RuntimeOrigin::root()));
		assert_ok!(ask());
		assert_noop!(other.bring(), Why::BlockNotFinal);
	});
}

/// The first reason is the one to look into, but nothing goes unsaid.
#[test]
fn one_that_comes_while_the_peg_is_halted_is_told_as_well() {
	run(|| {
		let coin = fund(1, 100_000);
		assert_ok!(Peg::halt(RuntimeOrigin::root()));
		let fork_height = Peg::deposit(coin).unwrap().record.height - 1;
		events();
		reorganise_empty(best().height - fork_height);
		assert_eq!(events(), [Event::Reorganised { fork_height }]);
		assert_eq!(Peg::status().halt, Some(HaltReason::Governance));
		assert_eq!(ReliedHeight::<Test>::get(), fork_height);
	});
}

/// The light client freezes all the same, and waits for its own governance.
#[test]
fn one_that_removes_nothing_relied_on_does_not_halt() {
	run(|| {
		fund(1, 100_000);
		bury(10);
		reorganise_empty(5);
		assert_eq!(Peg::status().halt, None);
		assert_noop!(ask(), Why::Frozen);
		assert_ok!(Bitcoin::resume(RuntimeOrigin::root()));
		assert_ok!(ask());
	});
}

#[test]
fn a_deposit_that_is_mined_again_is_not_minted_again() {
	run(|| {
		let tx = pay(vec![output(script_of(&terms(1)), 100_000)]);
		let first = deposit_tx(tx.clone(), terms(1));
		assert_ok!(first.bring());
		let depth = best().height - first.claim.block.height + 1;
		let mut blocks = vec![vec![]; depth as usize + 1];
		blocks[1] = vec![tx];
		reorganise(depth, blocks);
		look_and_resume();
		let again = best().height - depth + 1;
		let block = Bitcoin::header_info(again).unwrap().block;
		make_final(block);
		let second = Deposit { claim: claim_of(block, 1), ..first.clone() };
		assert_ne!(second.claim, first.claim);
		assert_noop!(second.bring(), Why::AlreadyClaimed);
		assert_noop!(first.bring(), Why::AlreadyClaimed);
		assert!(is_unspent(first.outpoint()), "custody has its coin");
		withdraw(1, 50_000, 2_000);
		await_batch();
		settle();
	});
}

/// What the last settlement rests on is kept, so that it can be sent again.
#[test]
fn a_settled_transaction_that_was_lost_is_mined_again() {
	run(|| {
		fund(1, 300_000);
		withdraw(1, 100_000, 2_000);
		await_batch();
		let tx = settle();
		let depth = policy_depth();
		reorganise_empty(depth);
		assert!(Peg::status().halt.is_some());
		assert!(!is_unspent(MainCoin::<Test>::get().unwrap().0));
		let [kept] = &Peg::transactions()[..] else { panic!("it is kept") };
		let again = bitcoin::consensus::deserialize(&kept.bytes).unwrap();
		assert_eq!(tx, again);
		mine(vec![again]);
		assert!(is_unspent(MainCoin::<Test>::get().unwrap().0));
		look_and_resume();
		withdraw(1, 50_000, 2_000);
		await_batch();
		settle();
	});
}

/// As deep as blocks are confirmed.
fn policy_depth() -> u32 {
	FINALITY.confirmations
}

/// The depositor had eBTC, and has spent the coin otherwise: somebody must cover the loss.
#[test]
fn a_coin_that_never_comes_back_is_struck_off_and_covered() {
	run(|| {
		fund(1, 300_000);
		let lost = fund(2, 200_000);
		reorganise_empty(policy_depth());
		assert!(!is_unspent(lost));
		assert_ok!(Bitcoin::resume(RuntimeOrigin::root()));
		let supply = Peg::status().supply;
		events();
		assert_ok!(Peg::abandon(RuntimeOrigin::root(), lost));
		let value = Sats(200_000);
		assert_eq!(events(), [Event::CoinAbandoned { outpoint: lost, value }]);
		let status = Peg::status();
		assert_eq!((status.supply, status.custody), (supply, Sats(300_000)));
		assert_eq!((status.reserve, status.unswept), (Sats::ZERO, 1));
		// The reason is the first one.
		let is_first = matches!(status.halt, Some(HaltReason::Reorganised { .. }));
		assert!(is_first, "{:?}", status.halt);
		assert_noop!(Peg::resume(RuntimeOrigin::root()), Why::InvariantBroken);

		let missing = supply.0 - 300_000;
		let mine = deposit(terms(3), missing);
		assert_noop!(mine.bring(), Why::Halted);
		// Nothing is minted for what covers a loss, so it comes in while the peg is halted.
		give_to_reserve(missing - 1);
		assert_noop!(Peg::resume(RuntimeOrigin::root()), Why::InvariantBroken);
		give_to_reserve(20_000);
		assert_ok!(Peg::resume(RuntimeOrigin::root()));
		assert_eq!(events().last(), Some(&Event::Resumed));
		assert_eq!(Peg::status().reserve, Sats(19_999));
		assert_ok!(mine.bring());
		// All is paid out that there is.
		withdraw(1, balance(1) - 3_000, 3_000);
		withdraw(2, balance(2) - 3_000, 3_000);
		await_batch();
		settle();
		assert_ok!(Peg::do_try_state());
	});
}

#[test]
fn a_batch_that_spends_a_lost_coin_is_given_up() {
	run(|| {
		fund(1, 300_000);
		let id = withdraw(1, 100_000, 2_000);
		let lost = fund(2, 200_000);
		await_batch();
		let coins = attempt(0).coins;
		assert!(coins.iter().any(|(coin, _)| *coin == lost));
		complete();
		let depth = best().height - Peg::deposit(lost).unwrap().record.height + 1;
		reorganise_empty(depth);
		let tx = transaction(0);
		assert_eq!(try_mine(vec![tx]), Err("missing or spent"));
		assert_ok!(Bitcoin::resume(RuntimeOrigin::root()));
		events();
		assert_ok!(Peg::abandon(RuntimeOrigin::root(), lost));
		let value = Sats(200_000);
		assert_eq!(
			events(),
			[
				Event::WithdrawalReturned { id },
				Event::BatchDissolved { batch: 0 },
				Event::CoinAbandoned { outpoint: lost, value },
			]
		);
		assert_eq!(state(id), WithdrawalState::Pending);
		assert_eq!(Peg::transactions(), []);
		give_to_reserve(200_000);
		assert_ok!(Peg::resume(RuntimeOrigin::root()));
		bury(1);
		assert_eq!((InFlight::<Test>::get().unwrap().id, attempt(0).coins.len()), (1, 2));
		settle();
		assert_eq!(received(&wallet(1).to_script()), 100_000);
	});
}

/// An attempt that was mined, and left, and another that is mined in its place.
#[test]
fn whichever_attempt_is_mined_in_the_end_settles() {
	run(|| {
		fund(1, 300_000);
		let id = withdraw(1, 100_000, 9_000);
		await_batch();
		let first = complete();
		bury(5);
		let second = complete();
		mine(vec![first]);
		reorganise(1, vec![vec![second.clone()], vec![]]);
		assert_eq!(Peg::status().halt, None);
		let block = Bitcoin::header_info(best().height - 1).unwrap().block;
		make_final(block);
		assert_ok!(Peg::settle(nobody(), claim_of(block, 1)));
		assert!(matches!(state(id), WithdrawalState::Paid { .. }));
		let change = MainCoin::<Test>::get().unwrap().0;
		assert_eq!(change.txid, second.compute_txid().into());
		assert!(is_unspent(change));
		assert_eq!(Coins::<Test>::iter().count(), 1);
	});
}

#[test]
fn a_light_client_that_starts_anew_halts_the_peg() {
	run(|| {
		fund(1, 300_000);
		let checkpoint = Checkpoint::genesis(Network::Regtest);
		assert_ok!(Bitcoin::restart(RuntimeOrigin::root(), checkpoint));
		let reason = HaltReason::Reorganised { fork_height: 0 };
		assert_eq!(Peg::status().halt, Some(reason));
		assert_noop!(ask(), Why::Halted);
	});
}
