// SPDX-License-Identifier: GPL-3.0-or-later WITH Classpath-exception-2.0

use super::*;
use crate::{
	bitcoin::testing::FakeChain,
	peg::{
		submit::RESUBMIT_AFTER,
		testing::{block_on, committee, keys, with_batch, FakeOurs, FakePool, FakeView, CHAIN},
	},
};
use pallet_btc_light_client::Clock;

const MEMBERS: [&str; 4] = ["//Alice", "//Bob", "//Charlie", "//Dave"];

/// A signer with one key, what it asks and what it sends to.
struct Scene {
	signer: Signer<FakeOurs, FakePool>,
	ours: FakeOurs,
	pool: FakePool,
	metrics: Metrics,
	key: XOnlyKey,
}

fn scene_of(view: FakeView, name: &str) -> Scene {
	let (ours, pool) = (FakeOurs::new(view), FakePool::default());
	let metrics = Metrics::new(None).unwrap();
	let keys = keys(&[name]);
	let key = keys.all().unwrap()[0];
	let signer = Signer::new(ours.clone(), pool.clone(), keys, metrics.clone());
	Scene { signer, ours, pool, metrics, key }
}

fn batch() -> FakeView {
	with_batch(FakeView::new(&keys(&MEMBERS), FakeChain::new(9)))
}

impl Scene {
	/// What the signer sends in one look.
	fn tick(&mut self) -> Vec<Message> {
		block_on(self.signer.tick());
		self.ours.take_made()
	}

	fn pass(&self, blocks: u32) {
		self.ours.change(|view| view.number += blocks);
	}

	fn verdicts(&self, label: &str) -> u64 {
		self.metrics.verdicts.with_label_values(&[label]).get()
	}
}

#[test]
fn signs_what_the_chain_orders() {
	let view = batch();
	let sighashes = view.batch.as_ref().unwrap().attempts[0].sighashes.clone();
	for name in MEMBERS {
		let mut scene = scene_of(view.clone(), name);
		let sent = scene.tick();
		let [Message::Sign { batch: 2, attempt: 0, key, signatures }] = &sent[..] else {
			panic!("{sent:?}")
		};
		assert_eq!(*key, scene.key);
		assert_eq!(signatures.len(), 2);
		for (sighash, signature) in sighashes.iter().zip(signatures) {
			assert!(key.verify::<Native>(sighash, signature));
		}
		assert_eq!(scene.verdicts("sign"), 1);
	}
}

#[test]
fn who_is_in_no_committee_signs_nothing() {
	assert_eq!(scene_of(batch(), "//Eve").tick(), []);
}

#[test]
fn the_same_is_not_sent_again_and_again() {
	let mut scene = scene_of(batch(), "//Bob");
	let first = scene.tick();
	for _ in 1..RESUBMIT_AFTER {
		scene.pass(1);
		assert_eq!(scene.tick(), []);
	}
	// The chain still does not show it.
	scene.pass(1);
	assert_eq!(scene.tick(), first);
	// Now it does.
	scene.ours.change(|view| view.tasks.clear());
	scene.pass(RESUBMIT_AFTER);
	assert_eq!(scene.tick(), []);
	assert!(scene.signer.sent.is_empty(), "nothing is remembered for longer than needed");
}

#[test]
fn a_restart_sends_the_same() {
	let first = scene_of(batch(), "//Bob").tick();
	assert_eq!(scene_of(batch(), "//Bob").tick(), first);
}

#[test]
fn only_what_is_final_is_signed() {
	let mut scene = scene_of(batch(), "//Bob");
	{
		let mut finalised = scene.ours.finalised.lock();
		(finalised.batch, finalised.tasks) = (None, HashMap::new());
	}
	assert_eq!(scene.tick(), []);
	*scene.ours.finalised.lock() = scene.ours.best.lock().clone();
	assert_eq!(scene.tick().len(), 1);
}

#[test]
fn nothing_is_signed_while_the_chain_cannot_be_asked() {
	let mut scene = scene_of(batch(), "//Bob");
	*scene.ours.syncing.lock() = true;
	assert_eq!(scene.tick(), []);
	*scene.ours.syncing.lock() = false;
	scene.ours.change(|view| view.unreadable = true);
	assert_eq!(scene.tick(), []);
	scene.ours.change(|view| view.unreadable = false);
	assert_eq!(scene.tick().len(), 1);
}

#[test]
fn what_is_wrong_is_not_signed_and_said_once() {
	let mut scene = scene_of(batch(), "//Bob");
	scene.ours.change(|view| view.custody.clear());
	for _ in 0..3 {
		assert_eq!(scene.tick(), []);
		scene.pass(20);
	}
	assert_eq!(scene.verdicts("foreign_coin"), 1);
	scene.ours.change(|view| view.custody = view.batch.as_ref().unwrap().attempts[0].coins.clone());
	assert_eq!(scene.tick().len(), 1);
	assert_eq!(scene.verdicts("sign"), 1);
}

#[test]
fn a_task_without_its_batch_is_passed_over() {
	let mut scene = scene_of(batch(), "//Bob");
	scene.ours.change(|view| view.batch.as_mut().unwrap().id = 3);
	assert_eq!(scene.tick(), []);
	scene.ours.change(|view| view.batch = None);
	assert_eq!(scene.tick(), []);
}

#[test]
fn a_replacement_is_signed_beside_the_attempt_that_it_replaces() {
	let mut scene = scene_of(batch(), "//Bob");
	assert_eq!(scene.tick().len(), 1);
	scene.ours.change(|view| {
		let batch = view.batch.as_mut().unwrap();
		let mut second = batch.attempts[0].clone();
		second.index = 1;
		batch.attempts.push(second);
		let tasks = view.tasks.values_mut();
		tasks.for_each(|tasks| {
			tasks.push(SigningTask::Attempt { batch: 2, attempt: 1, inputs: vec![0, 1] })
		});
	});
	scene.pass(1);
	let sent = scene.tick();
	assert!(matches!(&sent[..], [Message::Sign { attempt: 1, .. }]), "{sent:?}");
}

#[test]
fn what_the_pool_says_decides_when_to_try_again() {
	for (answer, again) in [
		(Submission::Accepted, false),
		(Submission::Known, false),
		(Submission::Late, false),
		(Submission::Refused("WrongSignature".into()), false),
		(Submission::Postponed("full".into()), true),
	] {
		let label = answer.label();
		let mut scene = scene_of(batch(), "//Bob");
		scene.pool.answers.lock().push_back(answer);
		assert_eq!(scene.tick().len(), 1);
		assert_eq!(scene.metrics.signatures.with_label_values(&[label]).get(), 1);
		scene.pass(1);
		assert_eq!(!scene.tick().is_empty(), again, "{label}");
	}
}

/// The best block is behind the final one, or on another fork: it does not know the batch.
#[test]
fn what_the_best_block_does_not_know_yet_is_not_done() {
	let mut scene = scene_of(batch(), "//Bob");
	for _ in 0..9 {
		scene.pool.answers.lock().push_back(Submission::Postponed("UnknownBatch".into()));
		assert_eq!(scene.tick().len(), 1);
		assert!(scene.signer.sent.is_empty());
		scene.pass(1);
	}
	assert_eq!(scene.tick().len(), 1);
	scene.pass(1);
	assert_eq!(scene.tick(), [], "now it was taken");
}

#[test]
fn what_is_refused_is_sent_ever_more_rarely() {
	let mut scene = scene_of(batch(), "//Bob");
	for refusals in 1..9 {
		scene.pool.answers.lock().push_back(Submission::Refused("WrongSignature".into()));
		assert_eq!(scene.tick().len(), 1, "{refusals}");
		scene.pass(pause(refusals) - 1);
		assert_eq!(scene.tick(), [], "{refusals}");
		scene.pass(1);
	}
	assert_eq!(scene.tick().len(), 1);
}

#[test]
fn a_keystore_that_cannot_be_read_is_tried_again() {
	use entangled_runtime::btcs::KEY_TYPE;
	use polkadot_sdk::{sc_keystore::LocalKeystore, sp_keystore::Keystore};

	let directory = tempfile::tempdir().unwrap();
	let [path, aside] = ["keystore", "aside"].map(|name| directory.path().join(name));
	let keystore = std::sync::Arc::new(LocalKeystore::open(&path, None).unwrap());
	keystore.ecdsa_generate_new(KEY_TYPE, None).unwrap();
	let members = Keys::new(keystore);
	let mut scene = scene_of(with_batch(FakeView::new(&members, FakeChain::new(9))), "//Bob");
	scene.signer.keys = members;
	let key = std::fs::read_dir(&path).unwrap().next().unwrap().unwrap().path();

	std::fs::rename(&path, &aside).unwrap();
	assert_eq!(scene.tick(), []);
	assert!(scene.signer.blind);
	std::fs::rename(&aside, &path).unwrap();
	// The name of a key, and nothing in it.
	let secret = std::fs::read(&key).unwrap();
	std::fs::write(&key, "").unwrap();
	assert_eq!(scene.tick(), []);
	assert!(!scene.signer.blind && scene.signer.unable.len() == 1 && scene.signer.sent.is_empty());
	std::fs::write(&key, secret).unwrap();
	assert_eq!(scene.tick().len(), 1);
	assert!(scene.signer.unable.is_empty());
}

/// A view with a hand-over, and the challenge that belongs to it.
fn hand_over() -> (FakeView, [u8; 32]) {
	let mut view = FakeView::new(&keys(&MEMBERS), FakeChain::new(9));
	let next = committee(1, &keys(&["//Bob", "//Eve", "//Ferdie"]));
	let candidate = CandidateView {
		id: 1,
		members: next.members.clone(),
		missing: next.members.clone(),
		deadline: Clock { bitcoin_height: 99, active_blocks: 999 },
	};
	let challenge = tagged_hash::<Native>(
		b"Entangled/ProofOfLife",
		&[&CHAIN.0, &1_u32.to_le_bytes(), &next.custody.to_bytes()],
	);
	let task = SigningTask::ProofOfLife { committee: 1, challenge };
	view.tasks = next.members.iter().map(|member| (member.key, vec![task.clone()])).collect();
	view.candidate = Some(candidate);
	(view, challenge)
}

#[test]
fn proves_that_it_can_sign() {
	let (view, challenge) = hand_over();
	let mut scene = scene_of(view, "//Eve");
	let sent = scene.tick();
	let [Message::ProveLife { committee: 1, key, signature }] = &sent[..] else {
		panic!("{sent:?}")
	};
	assert!(key.verify::<Native>(&challenge, signature));
	scene.pass(1);
	assert_eq!(scene.tick(), []);
	scene.pass(RESUBMIT_AFTER);
	assert_eq!(scene.tick(), sent);
}

#[test]
fn a_challenge_that_may_be_anything_is_not_signed() {
	let sighash = batch().batch.unwrap().attempts[0].sighashes[0];
	let changes: [fn(&mut FakeView, [u8; 32]); 3] = [
		|view, sighash| {
			let task = SigningTask::ProofOfLife { committee: 1, challenge: sighash };
			view.tasks.values_mut().for_each(|tasks| *tasks = vec![task.clone()]);
		},
		|view, _| view.candidate = None,
		|view, _| {
			view.candidate.as_mut().unwrap().members.pop();
		},
	];
	for change in changes {
		let (mut view, _) = hand_over();
		change(&mut view, sighash);
		let mut scene = scene_of(view, "//Eve");
		assert_eq!(scene.tick(), []);
		assert_eq!(scene.tick(), []);
		assert_eq!(scene.verdicts("wrong_challenge"), 1);
	}
}
