// SPDX-License-Identifier: GPL-3.0-or-later WITH Classpath-exception-2.0

use super::*;
use crate::{
	bitcoin::testing::FakeChain,
	staking::testing::{
		extension, outpoint, registered, sign, slashes, task, to_be_slashed, unbonding,
	},
	tasks::testing::{committee, keys, FakeView, CHAIN},
};
use entangled_bitcoin::bond::extension_transaction as extending;
use pallet_sequencer_staking::Outcome;

const MEMBERS: [&str; 4] = ["//Alice", "//Bob", "//Charlie", "//Dave"];

/// What is to be judged, and can be made wrong.
#[derive(Clone)]
struct Scene {
	task: DutyTask,
	key: XOnlyKey,
	bond: Option<BondView<AccountId>>,
	extended: Option<BondView<AccountId>>,
	committees: Vec<CommitteeView<AccountId>>,
}

impl Scene {
	fn judge(&self) -> Verdict {
		judge(&Case {
			chain: CHAIN,
			task: &self.task,
			key: self.key,
			bond: self.bond.as_ref(),
			extended: self.extended.as_ref(),
			committees: &self.committees,
		})
	}

	/// What comes of it when something is changed.
	fn with(&self, change: impl FnOnce(&mut Self)) -> Verdict {
		let mut scene = self.clone();
		change(&mut scene);
		scene.judge()
	}

	fn bond(&mut self) -> &mut BondView<AccountId> {
		self.bond.as_mut().unwrap()
	}
}

fn view() -> FakeView {
	FakeView::new(&keys(&MEMBERS), FakeChain::new(9))
}

fn scene(bond: BondView<AccountId>, task: DutyTask) -> Scene {
	let key = keys(&["//Bob"]).all().unwrap()[0];
	let committees = view().committees;
	Scene { task, key, bond: Some(bond), extended: None, committees }
}

fn way_out() -> Scene {
	let bond = registered(&view(), outpoint(1));
	let task = task(&bond, Duty::Unbonding, &[unbonding(&bond)]);
	scene(bond, task)
}

fn slash() -> Scene {
	let bond = to_be_slashed(registered(&view(), outpoint(1)));
	let task = task(&bond, Duty::Slash, &slashes(&bond));
	scene(bond, task)
}

fn extended() -> Scene {
	let mut old = registered(&view(), outpoint(1));
	old.bond.state = BondState::Active { included: 10, expires: 4_000 };
	let new = extension(&old, &keys(&MEMBERS[..3]));
	let spend = extending::<Native>(&old.terms, &old.bond.coin(old.outpoint), &new.terms).unwrap();
	let mut scene = scene(new.clone(), task(&new, Duty::Extension, &[spend]));
	scene.extended = Some(old);
	scene
}

#[test]
fn what_the_record_gives_is_signed() {
	for scene in [way_out(), slash(), extended()] {
		assert_eq!(scene.judge(), Verdict::Sign(scene.task.sighashes.clone()));
		// Also when the committee's time is over, so that only the bond names its keys.
		let over = scene.with(|scene| scene.committees.clear());
		assert_eq!(over, Verdict::Sign(scene.task.sighashes.clone()));
	}
	assert_eq!(slash().task.sighashes.len(), 2);
}

#[test]
fn nothing_is_signed_for_a_bond_that_is_not_on_record() {
	for scene in [way_out(), slash(), extended()] {
		assert_eq!(scene.with(|scene| scene.bond = None), Verdict::UnknownBond);
		let other = scene.with(|scene| scene.task.outpoint = outpoint(9));
		assert_eq!(other, Verdict::UnknownBond);
	}
	let scene = extended();
	assert_eq!(scene.with(|scene| scene.extended = None), Verdict::UnknownBond);
	let other = scene.with(|scene| scene.bond().bond.extends = Some(outpoint(9)));
	assert_eq!(other, Verdict::UnknownBond);
}

#[test]
fn terms_and_keys_are_those_of_the_record() {
	for scene in [way_out(), slash(), extended()] {
		let changes: [fn(&mut BondView<AccountId>); 4] = [
			|bond| bond.terms.timelock += 1,
			|bond| bond.terms.staker = XOnlyKey([9; 32]),
			|bond| bond.terms.rules.slashing_fee = Sats(1_999),
			|bond| bond.bond.timelock += 1,
		];
		for change in changes {
			assert_eq!(scene.with(|scene| change(scene.bond())), Verdict::WrongTerms);
		}
		let others = scene.with(|scene| {
			scene.committees[0] = committee(0, &keys(&["//Alice", "//Bob", "//Eve", "//Dave"]));
		});
		assert_eq!(others, Verdict::WrongCovenant(0));
		let fewer = scene.with(|scene| scene.committees[0].threshold -= 1);
		assert_eq!(fewer, Verdict::WrongCovenant(0));
		let stranger = keys(&["//Eve"]).all().unwrap()[0];
		assert_eq!(scene.with(|scene| scene.key = stranger), Verdict::NotOurs);
	}
	let old = extended().with(|scene| scene.extended.as_mut().unwrap().terms.timelock += 1);
	assert_eq!(old, Verdict::WrongTerms);
}

#[test]
fn only_what_the_state_asks_for_is_signed() {
	let closed = BondState::Closed(Outcome::Released);
	let leaving = |unbonded| BondState::Leaving { included: 10, left: 3, unbonded };
	let active = BondState::Active { included: 10, expires: 4_000 };
	for state in [closed, leaving(Some(20))] {
		let verdict = way_out().with(|scene| scene.bond().bond.state = state);
		assert_eq!(verdict, Verdict::NotWanted, "{state:?}");
	}
	for state in [active, leaving(None)] {
		let verdict = way_out().with(|scene| scene.bond().bond.state = state);
		assert!(matches!(verdict, Verdict::Sign(_)), "who signs late may");
	}
	assert_eq!(slash().with(|scene| scene.bond().order = None), Verdict::NotWanted);
	for state in [active, closed] {
		let verdict = slash().with(|scene| scene.bond().bond.state = state);
		assert_eq!(verdict, Verdict::NotWanted);
	}
	let unbonded = slash().with(|scene| scene.bond().bond.state = leaving(Some(20)));
	assert!(matches!(unbonded, Verdict::Sign(_)), "it is slashed in the other coin");
	for state in [active, closed, leaving(None)] {
		let verdict = extended().with(|scene| scene.bond().bond.state = state);
		assert_eq!(verdict, Verdict::NotWanted);
	}
	let owner = extended().with(|scene| {
		scene.bond().bond.owner = AccountId::new([9; 32]);
		scene.bond().terms.owner = [9; 32];
	});
	let to = extended().with(|scene| scene.bond().bond.sequencer = AccountId::new([9; 32]));
	assert_eq!([owner, to], [Verdict::NotWanted, Verdict::NotWanted]);
}

/// A bond that cannot be slashed must not have a way out, for then it could be funded.
#[test]
fn no_way_out_is_signed_of_what_could_not_be_slashed() {
	for scene in [way_out(), extended()] {
		for wrong in [Signature([0; 64]), sign(&[1; 32])] {
			let bond = scene.with(|scene| scene.bond().bond.presigned.bond = wrong);
			assert_eq!(bond, Verdict::Unslashable(Slashable::Bond));
			let unbonding = scene.with(|scene| scene.bond().bond.presigned.unbonding = wrong);
			assert_eq!(unbonding, Verdict::Unslashable(Slashable::Unbonding));
		}
		let swapped = scene.with(|scene| {
			let presigned = &mut scene.bond().bond.presigned;
			std::mem::swap(&mut presigned.bond, &mut presigned.unbonding);
		});
		assert_eq!(swapped, Verdict::Unslashable(Slashable::Bond));
	}
}

#[test]
fn a_coin_moves_only_to_a_bond_with_a_way_out() {
	let scene = extended();
	let signatures = |scene: &mut Scene, change: &dyn Fn(&mut Vec<Option<Signature>>)| {
		let duty = scene.bond().duties.iter_mut().find(|duty| duty.duty == Duty::Unbonding);
		change(&mut duty.unwrap().spends[0].signatures);
	};
	let verdict = |change: &dyn Fn(&mut Vec<Option<Signature>>)| {
		scene.with(|scene| signatures(scene, change))
	};
	assert_eq!(verdict(&|given| *given = vec![None; 4]), Verdict::NoWayOut);
	assert_eq!(verdict(&|given| given.clear()), Verdict::NoWayOut);
	let first = |given: &mut Vec<Option<Signature>>| given.iter().position(Option::is_some);
	let one_less = verdict(&|given| {
		let place = first(given).unwrap();
		given[place] = None;
	});
	assert_eq!(one_less, Verdict::NoWayOut);
	let one_wrong = verdict(&|given| {
		let place = first(given).unwrap();
		given[place] = Some(sign(&[1; 32]));
	});
	assert_eq!(one_wrong, Verdict::NoWayOut);
	assert_eq!(scene.with(|scene| scene.bond().duties.clear()), Verdict::NoWayOut);
}

#[test]
fn the_transaction_makes_the_very_bond() {
	let scene = extended();
	let value = scene.with(|scene| {
		let old = scene.extended.as_mut().unwrap();
		old.bond.value = Sats(old.bond.value.0 + 1);
	});
	assert_eq!(value, Verdict::WrongExtension);
}

#[test]
fn other_hashes_are_not_signed() {
	for scene in [way_out(), slash(), extended()] {
		let changed = scene.with(|scene| scene.task.sighashes[0][31] ^= 1);
		assert_eq!(changed, Verdict::WrongSighash);
		let more = scene.with(|scene| scene.task.sighashes.push([1; 32]));
		assert_eq!(more, Verdict::WrongSighash);
		let none = scene.with(|scene| scene.task.sighashes.clear());
		assert_eq!(none, Verdict::WrongSighash);
	}
	assert_eq!(slash().with(|scene| scene.task.sighashes.reverse()), Verdict::WrongSighash);
	// The way out is not what slashes, and the other way round.
	let other = slash().with(|scene| scene.task.duty = Duty::Unbonding);
	assert_eq!(other, Verdict::WrongSighash);
}

#[test]
fn a_bond_worth_too_little_has_no_transactions() {
	for scene in [way_out(), slash()] {
		let verdict = scene.with(|scene| scene.bond().bond.value = Sats(1_000));
		assert_eq!(verdict, Verdict::Impossible);
	}
}

#[test]
fn every_verdict_has_a_label() {
	let labels = [
		Verdict::Sign(vec![]),
		Verdict::UnknownBond,
		Verdict::WrongTerms,
		Verdict::WrongCovenant(0),
		Verdict::NotOurs,
		Verdict::NotWanted,
		Verdict::Unslashable(Slashable::Bond),
		Verdict::NoWayOut,
		Verdict::WrongExtension,
		Verdict::Impossible,
		Verdict::WrongSighash,
	]
	.map(|verdict| verdict.label());
	let distinct = labels.iter().collect::<std::collections::BTreeSet<_>>();
	assert_eq!(distinct.len(), labels.len());
}
