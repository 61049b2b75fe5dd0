// SPDX-License-Identifier: GPL-3.0-or-later WITH Classpath-exception-2.0

use super::*;
use crate::{
	bitcoin::testing::FakeChain,
	tasks::testing::{committee, keys, with_batch, FakeView},
};
use entangled_bitcoin::{PayoutScript, TaprootScript, Txid};
use pallet_btc_light_client::Clock;
use pallet_peg::Reservation;

/// A case that is as it must be, to be made false.
#[derive(Clone)]
struct Scene {
	view: FakeView,
	attempt: u32,
	inputs: Vec<u32>,
	key: XOnlyKey,
}

fn scene() -> Scene {
	let view =
		with_batch(FakeView::new(&keys(&["//Alice", "//Bob", "//Charlie"]), FakeChain::new(9)));
	let key = view.committees[0].members[1].key;
	Scene { view, attempt: 0, inputs: vec![0, 1], key }
}

impl Scene {
	fn judged(&self) -> Verdict {
		judge(&Case {
			batch: self.batch(),
			attempt: self.attempt,
			inputs: &self.inputs,
			key: self.key,
			committees: &self.view.committees,
			custody: &self.view.custody,
			withdrawals: &self.view.withdrawals,
		})
	}

	fn batch(&self) -> &BatchView<AccountId> {
		self.view.batch.as_ref().unwrap()
	}

	fn batch_mut(&mut self) -> &mut BatchView<AccountId> {
		self.view.batch.as_mut().unwrap()
	}

	fn attempt_mut(&mut self) -> &mut AttemptView<AccountId> {
		&mut self.batch_mut().attempts[0]
	}
}

/// The verdict on a scene after one change.
fn after(change: impl FnOnce(&mut Scene)) -> Verdict {
	let mut scene = scene();
	change(&mut scene);
	scene.judged()
}

#[test]
fn what_the_chain_orders_is_signed() {
	let scene = scene();
	let hashes = scene.batch().attempts[0].sighashes.clone();
	assert_eq!(hashes.len(), 2);
	assert_eq!(scene.judged(), Verdict::Sign(hashes.clone()));
	// Some of the inputs, as when only one of the coins is of our committee.
	assert_eq!(after(|scene| scene.inputs = vec![1]), Verdict::Sign(vec![hashes[1]]));
	assert_eq!(after(|scene| scene.inputs = vec![]), Verdict::Sign(vec![]));
	// The order of the views does not matter.
	assert_eq!(after(|scene| scene.view.custody.reverse()), Verdict::Sign(hashes));
}

/// As one whose time is over has that has slashed something: the chain shows it for as long.
#[test]
fn a_coin_of_another_committee_is_signed_for_where_that_is_known() {
	let mut scene = scene();
	let mut old = scene.view.committees[0].clone();
	old.id = 7;
	(old.retired_at, old.honoured_until) = (Some(1), Some(2));
	scene.view.custody[1].coin.committee = 7;
	scene.attempt_mut().coins[1].coin.committee = 7;
	assert_eq!(scene.judged(), Verdict::UnknownCommittee(7));
	scene.view.committees.insert(0, old);
	assert_eq!(scene.judged(), Verdict::Sign(scene.batch().attempts[0].sighashes.clone()));
}

#[test]
fn an_unknown_attempt() {
	assert_eq!(after(|scene| scene.attempt = 1), Verdict::UnknownAttempt);
	assert_eq!(after(|scene| scene.batch_mut().attempts.clear()), Verdict::UnknownAttempt);
}

#[test]
fn an_unknown_committee() {
	let none = after(|scene| scene.view.committees.clear());
	assert_eq!(none, Verdict::UnknownCommittee(0));
	let change = after(|scene| scene.batch_mut().change_to = 5);
	assert_eq!(change, Verdict::UnknownCommittee(5));
}

#[test]
fn a_committee_with_another_script() {
	let custody = TaprootScript(XOnlyKey([7; 32]));
	let verdict = after(|scene| scene.view.committees[0].custody = custody);
	assert_eq!(verdict, Verdict::WrongCommittee(0));
	// Another threshold makes other scripts, and so do other keys.
	let verdict = after(|scene| scene.view.committees[0].threshold = 1);
	assert_eq!(verdict, Verdict::WrongCommittee(0));
	let verdict = after(|scene| {
		scene.view.committees[0].members.pop();
	});
	assert_eq!(verdict, Verdict::WrongCommittee(0));
	let verdict = after(|scene| scene.view.committees[0].members.reverse());
	assert_eq!(verdict, Verdict::WrongCommittee(0));
}

#[test]
fn a_coin_that_custody_does_not_hold() {
	let first = scene().batch().attempts[0].coins[0].outpoint;
	let foreign = Verdict::ForeignCoin(first);
	assert_eq!(
		after(|scene| {
			scene.view.custody.remove(0);
		}),
		foreign
	);
	assert_eq!(after(|scene| scene.view.custody[0].coin.value.0 += 1), foreign);
	assert_eq!(after(|scene| scene.view.custody[0].coin.committee = 1), foreign);
	assert_eq!(after(|scene| scene.attempt_mut().coins[0].coin.value.0 -= 1), foreign);
	let other = OutPoint { txid: Txid([99; 32]), vout: 0 };
	let verdict = after(|scene| scene.attempt_mut().coins[0].outpoint = other);
	assert_eq!(verdict, Verdict::ForeignCoin(other));
}

#[test]
fn a_coin_that_is_spent_twice() {
	let first = scene().batch().attempts[0].coins[0].outpoint;
	let verdict = after(|scene| {
		let coin = scene.batch().attempts[0].coins[0].clone();
		scene.attempt_mut().coins.push(coin);
	});
	assert_eq!(verdict, Verdict::RepeatedCoin(first));
}

#[test]
fn an_attempt_that_could_be_mined_beside_another() {
	let alone = |index| Verdict::WithoutCommonCoin(index);
	assert_eq!(after(|scene| scene.batch_mut().common.vout += 1), alone(0));
	let first_is_missing = after(|scene| {
		scene.attempt_mut().coins.remove(0);
	});
	assert_eq!(first_is_missing, alone(0));
	// It may spend fewer coins than another, or more.
	let second = |change: fn(&mut AttemptView<AccountId>)| {
		after(|scene| {
			let mut second = scene.batch().attempts[0].clone();
			second.index = 1;
			change(&mut second);
			scene.batch_mut().attempts.push(second);
		})
	};
	assert!(matches!(second(|second| second.coins.truncate(1)), Verdict::Sign(_)));
	// Nor is one signed while another is there that spends other coins.
	assert_eq!(second(|second| second.coins.reverse()), second(|_| ()), "in any order");
	assert_eq!(second(|second| second.coins = second.coins.split_off(1)), alone(1));
	assert_eq!(second(|second| second.coins.clear()), alone(1));
}

#[test]
fn a_coin_with_another_script() {
	let second = scene().batch().attempts[0].coins[1].outpoint;
	let verdict = after(|scene| scene.attempt_mut().coins[1].script.0 .0[0] ^= 1);
	assert_eq!(verdict, Verdict::WrongCoinScript(second));
	// The chain's record of the origin gives another script than it shows.
	let verdict = after(|scene| {
		scene.attempt_mut().coins[1].coin.origin = CoinOrigin::Change;
		scene.view.custody[1].coin.origin = CoinOrigin::Change;
	});
	assert_eq!(verdict, Verdict::WrongCoinScript(second));
}

#[test]
fn change_to_somebody_else() {
	let verdict = after(|scene| scene.batch_mut().change_script.0 .0[0] ^= 1);
	assert_eq!(verdict, Verdict::WrongChange);
	// To another committee than the one named.
	let verdict = after(|scene| {
		scene.view.committees.push(committee(1, &keys(&["//Dave"])));
		scene.batch_mut().change_to = 1;
	});
	assert_eq!(verdict, Verdict::WrongChange);
}

#[test]
fn payouts_out_of_order() {
	let verdict = after(|scene| scene.attempt_mut().payouts.reverse());
	assert_eq!(verdict, Verdict::UnorderedPayouts(3));
	let verdict = after(|scene| {
		let payout = scene.attempt_mut().payouts[0].clone();
		scene.attempt_mut().payouts.insert(0, payout);
	});
	assert_eq!(verdict, Verdict::UnorderedPayouts(3));
}

#[test]
fn a_payout_that_is_not_the_withdrawal() {
	let wrong = Verdict::WrongPayout(7);
	let of = |change: fn(&mut Withdrawal<AccountId>)| {
		after(|scene| change(scene.view.withdrawals.get_mut(&7).unwrap()))
	};
	assert_eq!(of(|asked| asked.amount.0 -= 1), wrong);
	assert_eq!(of(|asked| asked.script = PayoutScript::P2wpkh([8; 20])), wrong);
	assert_eq!(of(|asked| asked.state = WithdrawalState::Pending), wrong);
	assert_eq!(of(|asked| asked.state = WithdrawalState::Cancelled), wrong);
	assert_eq!(
		of(|asked| {
			let (txid, fee) = (Txid([1; 32]), Sats(5));
			asked.state = WithdrawalState::Paid { txid, fee }
		}),
		wrong,
		"paid twice"
	);
	assert_eq!(
		of(|asked| {
			let until = Clock { bitcoin_height: 9, active_blocks: 9 };
			let by = AccountId::new([1; 32]);
			let reservation = Reservation { by, bond: Sats(1), reward: Sats(1), until };
			asked.state = WithdrawalState::Reserved(reservation)
		}),
		wrong,
	);
	assert_eq!(
		after(|scene| {
			scene.view.withdrawals.remove(&7);
		}),
		wrong
	);
}

#[test]
fn a_fee_that_the_owner_does_not_allow() {
	let verdict = after(|scene| {
		let share = scene.batch().attempts[0].payouts[0].fee;
		scene.view.withdrawals.get_mut(&3).unwrap().max_fee = Sats(share.0 - 1);
	});
	assert_eq!(verdict, Verdict::FeeAboveCeiling(3));
}

#[test]
fn sums_that_do_not_add_up() {
	assert_eq!(after(|scene| scene.attempt_mut().change.0 += 1), Verdict::Unbalanced);
	assert_eq!(after(|scene| scene.attempt_mut().fee.0 -= 1), Verdict::Unbalanced);
	assert_eq!(
		after(|scene| {
			scene.attempt_mut().payouts.pop();
		}),
		Verdict::Unbalanced
	);
	assert_eq!(after(|scene| scene.attempt_mut().fee = Sats(u64::MAX)), Verdict::Unbalanced);
	let verdict = after(|scene| {
		scene.attempt_mut().coins.iter_mut().for_each(|coin| coin.coin.value = Sats(u64::MAX));
		scene.view.custody = scene.batch().attempts[0].coins.clone();
	});
	assert_eq!(verdict, Verdict::Unbalanced);
}

#[test]
fn a_fee_that_nobody_needs() {
	let verdict = after(|scene| {
		let attempt = scene.attempt_mut();
		let gift = attempt.change.0 - 330;
		attempt.change.0 -= gift;
		attempt.fee.0 += gift;
	});
	let Verdict::ExcessiveFee { fee, most } = verdict else { panic!("{verdict:?}") };
	assert!(fee > most);
	let weight = scene().batch().attempts[0].weight;
	assert_eq!(Some(most), FeeRate::MAX.fee_for(weight), "by the weight with all signatures");
}

#[test]
fn another_transaction() {
	let verdict = after(|scene| scene.attempt_mut().anchor.epoch += 1);
	assert_eq!(verdict, Verdict::WrongTransaction);
	let verdict = after(|scene| scene.attempt_mut().txid = Txid([1; 32]));
	assert_eq!(verdict, Verdict::WrongTransaction);
	// The coins in another order are another transaction.
	let verdict = after(|scene| scene.attempt_mut().coins.reverse());
	assert_eq!(verdict, Verdict::WrongTransaction);
	// As much for the miner as is taken from the change.
	let verdict = after(|scene| {
		scene.attempt_mut().change.0 -= 1;
		scene.attempt_mut().fee.0 += 1;
	});
	assert_eq!(verdict, Verdict::WrongTransaction);
}

#[test]
fn another_hash() {
	let verdict = after(|scene| scene.attempt_mut().sighashes[1][0] ^= 1);
	assert_eq!(verdict, Verdict::WrongSighash(1));
	let verdict = after(|scene| scene.attempt_mut().sighashes.clear());
	assert_eq!(verdict, Verdict::WrongSighash(0));
}

#[test]
fn inputs_that_are_not_ours() {
	assert_eq!(after(|scene| scene.key = XOnlyKey([9; 32])), Verdict::NotOurs(0));
	assert_eq!(after(|scene| scene.inputs = vec![0, 2]), Verdict::NotOurs(2));
	assert_eq!(after(|scene| scene.inputs = vec![0, 0]), Verdict::NotOurs(0));
	assert_eq!(after(|scene| scene.inputs = vec![1, 0]), Verdict::NotOurs(0));
	assert_eq!(after(|scene| scene.inputs = vec![u32::MAX]), Verdict::NotOurs(u32::MAX));
}

#[test]
fn every_verdict_has_a_label_of_its_own() {
	let outpoint = OutPoint { txid: Txid([1; 32]), vout: 0 };
	let verdicts = [
		Verdict::Sign(vec![]),
		Verdict::UnknownAttempt,
		Verdict::UnknownCommittee(0),
		Verdict::WrongCommittee(0),
		Verdict::ForeignCoin(outpoint),
		Verdict::RepeatedCoin(outpoint),
		Verdict::WithoutCommonCoin(0),
		Verdict::WrongCoinScript(outpoint),
		Verdict::WrongChange,
		Verdict::UnorderedPayouts(0),
		Verdict::WrongPayout(0),
		Verdict::FeeAboveCeiling(0),
		Verdict::Unbalanced,
		Verdict::ExcessiveFee { fee: Sats(2), most: Sats(1) },
		Verdict::WrongTransaction,
		Verdict::WrongSighash(0),
		Verdict::NotOurs(0),
	];
	let labels = verdicts.iter().map(Verdict::label).collect::<BTreeSet<_>>();
	assert_eq!(labels.len(), verdicts.len());
}
