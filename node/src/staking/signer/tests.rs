// SPDX-License-Identifier: GPL-3.0-or-later WITH Classpath-exception-2.0

use super::*;
use crate::{
	bitcoin::testing::FakeChain,
	staking::testing::{outpoint, registered, slashes, task, to_be_slashed, unbonding},
	tasks::{
		submit::RESUBMIT_AFTER,
		testing::{block_on, keys, FakeOurs, FakePool, FakeView, CHAIN},
		Signer,
	},
};
use entangled_bitcoin::Native;

const MEMBERS: [&str; 4] = ["//Alice", "//Bob", "//Charlie", "//Dave"];

/// A signer with one key, and what it asks.
struct Scene {
	signer: Signer<FakeOurs, FakePool, StakingDesk>,
	ours: FakeOurs,
	metrics: Metrics,
}

/// Bond 1 waits for its way out, bond 2 is to be slashed.
fn scene(name: &str) -> Scene {
	let mut view = FakeView::new(&keys(&MEMBERS), FakeChain::new(9));
	let waits = registered(&view, outpoint(1));
	let cheats = to_be_slashed(registered(&view, outpoint(2)));
	let tasks = vec![
		task(&cheats, Duty::Slash, &slashes(&cheats)),
		task(&waits, Duty::Unbonding, &[unbonding(&waits)]),
	];
	let members = view.committees[0].members.iter();
	view.duties = members.map(|member| (member.key, tasks.clone())).collect();
	view.bonds = [waits, cheats].map(|bond| (bond.outpoint, bond)).into();
	let ours = FakeOurs::new(view);
	let metrics = Metrics::new(None).unwrap();
	let desk = StakingDesk::new(CHAIN, metrics.clone());
	let signer = Signer::new(ours.clone(), FakePool::default(), keys(&[name]), desk);
	Scene { signer, ours, metrics }
}

impl Scene {
	/// What the signer sends in one look.
	fn tick(&mut self) -> Vec<Message> {
		block_on(self.signer.tick());
		self.ours.take_made()
	}

	fn verdicts(&self, label: &str) -> u64 {
		self.metrics.verdicts.with_label_values(&[label]).get()
	}
}

#[test]
fn signs_what_covenants_are_asked_for() {
	for name in MEMBERS {
		let mut scene = scene(name);
		let sent = scene.tick();
		let [Message::SignDuty { outpoint: cheats, duty: Duty::Slash, key, signatures: both }, Message::SignDuty { outpoint: waits, duty: Duty::Unbonding, signatures: one, .. }] =
			&sent[..]
		else {
			panic!("{sent:?}")
		};
		assert_eq!((*waits, *cheats), (outpoint(1), outpoint(2)));
		let view = scene.ours.best.lock().clone();
		let slashes = slashes(&view.bonds[cheats]);
		for (spend, signature) in slashes.iter().zip(both) {
			assert!(spend.is_signed_by::<Native>(key, signature));
		}
		assert!(unbonding(&view.bonds[waits]).is_signed_by::<Native>(key, &one[0]));
		assert_eq!((both.len(), one.len(), scene.verdicts("sign")), (2, 1, 2));
		assert_eq!(scene.metrics.signatures.with_label_values(&["accepted"]).get(), 2);
	}
	assert_eq!(scene("//Eve").tick(), []);
}

#[test]
fn what_is_still_to_be_signed_is_counted() {
	let mut scene = scene("//Bob");
	let count = |scene: &Scene| {
		LABELS.map(|(_, label)| scene.metrics.duties.with_label_values(&[label]).get())
	};
	scene.tick();
	assert_eq!(count(&scene), [1, 0, 1]);
	// The chain has one of them.
	scene.ours.change(|view| {
		for tasks in view.duties.values_mut() {
			tasks.retain(|task| task.duty == Duty::Slash);
		}
	});
	scene.tick();
	assert_eq!(count(&scene), [1, 0, 0]);
}

#[test]
fn the_same_is_sent_again_only_after_a_while() {
	let mut scene = scene("//Bob");
	let first = scene.tick();
	scene.ours.change(|view| view.number += RESUBMIT_AFTER - 1);
	assert_eq!(scene.tick(), []);
	scene.ours.change(|view| view.number += 1);
	assert_eq!(scene.tick(), first);
}

/// An order that is not final yet may be given up with its fork, and the signatures would remain.
#[test]
fn no_order_is_carried_out_before_it_is_final() {
	let mut scene = scene("//Bob");
	scene.ours.finalised.lock().duties.clear();
	assert_eq!(scene.tick(), []);
}

#[test]
fn what_is_wrong_is_not_signed_and_said_once() {
	let mut scene = scene("//Bob");
	scene.ours.change(|view| view.bonds.get_mut(&outpoint(2)).unwrap().order = None);
	for _ in 0..3 {
		let sent = scene.tick();
		assert!(sent
			.iter()
			.all(|sent| matches!(sent, Message::SignDuty { duty: Duty::Unbonding, .. })));
		scene.ours.change(|view| view.number += RESUBMIT_AFTER);
	}
	assert_eq!(scene.verdicts("not_wanted"), 1);
	scene.ours.change(|view| view.bonds.clear());
	assert_eq!(scene.tick(), []);
	assert_eq!(scene.verdicts("unknown_bond"), 2);
}

#[test]
fn work_is_named_for_people() {
	let named = [Duty::Unbonding, Duty::Extension, Duty::Slash]
		.map(|duty| Work { outpoint: outpoint(1), duty }.to_string());
	for name in &named {
		assert!(name.contains(&outpoint(1).to_string()));
	}
	assert!(named[0] != named[1] && named[1] != named[2]);
}
