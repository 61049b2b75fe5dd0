// SPDX-License-Identifier: GPL-3.0-or-later WITH Classpath-exception-2.0

//! Whatever happens, and whenever the relayer is started anew, no deposit is lost.

use super::*;
use proptest::prelude::*;

/// Something that happens.
#[derive(Clone, Debug)]
enum Step {
	/// Bitcoin finds a block, with so many deposits to the fixed address.
	Mine(u8),
	/// Somebody has an address watched, and pays to it so many blocks before or after.
	Own(i8),
	/// The relayer looks.
	Look,
	/// So many blocks of ours pass.
	Pass(u8),
	/// What the pool says next.
	Answer(Submission),
	/// The chain shows what was brought, in its best block or in a final one as well.
	Show(bool),
	/// The Bitcoin node answers otherwise from now on.
	Fault(Option<&'static str>),
	/// Bitcoin replaces so many blocks, which takes their deposits into the one after.
	Reorganise(u8),
	/// The relayer is stopped at once, and started after so many Bitcoin blocks.
	Restart(u16),
}

fn step() -> impl Strategy<Value = Step> {
	let answer = prop_oneof![
		Just(Submission::Known),
		Just(Submission::Postponed("full".into())),
		Just(Submission::Refused("OverCap".into())),
	];
	let fault = prop_oneof![
		Just(None),
		Just(None),
		Just(Some("Block not available (not fully downloaded)")),
		Just(Some("Loading block index")),
	];
	prop_oneof![
		4 => (0_u8..3).prop_map(Step::Mine),
		2 => (-30_i8..30).prop_map(Step::Own),
		6 => Just(Step::Look),
		2 => (1_u8..20).prop_map(Step::Pass),
		3 => answer.prop_map(Step::Answer),
		2 => any::<bool>().prop_map(Step::Show),
		1 => fault.prop_map(Step::Fault),
		1 => (1_u8..5).prop_map(Step::Reorganise),
		2 => prop_oneof![Just(0), Just(1), 0_u16..50, 100_u16..700].prop_map(Step::Restart),
	]
}

/// A scene, and what was paid in it.
struct World {
	scene: Scene,
	salt: u32,
	/// All deposits.
	paid: Vec<Transaction>,
	/// Those that a reorganisation took out of the chain and the next block takes in.
	pool: Vec<Transaction>,
	/// What was brought and the chain does not show.
	brought: Vec<OutPoint>,
}

impl World {
	fn new() -> Self {
		Self { scene: scene(), salt: 0, paid: vec![], pool: vec![], brought: vec![] }
	}

	fn fixed(&mut self) -> Transaction {
		self.salt += 1;
		let deposit = self.scene.fixed_deposit(self.salt);
		self.paid.push(deposit.clone());
		deposit
	}

	fn mine(&mut self, deposits: Vec<Transaction>) {
		let deposits = [std::mem::take(&mut self.pool), deposits].concat();
		self.scene.mine(deposits);
	}

	fn look(&mut self) {
		block_on(self.scene.relayer.tick());
		for message in self.scene.ours.take_made() {
			let Message::Claim { claim, vout, .. } = message else { panic!("{message:?}") };
			let transaction = &claim.proof.transaction;
			let transaction: Transaction = bitcoin::consensus::deserialize(transaction).unwrap();
			self.brought.push(OutPoint { txid: transaction.compute_txid().into(), vout });
		}
	}

	fn show(&mut self, finally: bool) {
		let brought = std::mem::take(&mut self.brought);
		self.scene.ours.best.lock().claimed.extend(&brought);
		if finally {
			let claimed = self.scene.ours.best.lock().claimed.clone();
			self.scene.ours.finalised.lock().claimed = claimed;
		}
	}

	fn apply(&mut self, step: Step) {
		match step {
			Step::Mine(count) => {
				let deposits = (0..count).map(|_| self.fixed()).collect();
				self.mine(deposits);
			},
			Step::Own(blocks) => {
				self.salt += 1;
				// What can be taken back soon is forgotten, and rightly so.
				let terms = own_terms(self.salt as u8, 60_000 - self.salt as u16);
				let deposit = self.scene.own_deposit(self.salt, &terms);
				self.paid.push(deposit.clone());
				if blocks >= 0 {
					self.scene.watch(&terms);
				} else {
					self.mine(vec![deposit.clone()]);
				}
				let passing = blocks.unsigned_abs().into();
				self.scene.follow(self.scene.chain().extended(passing, self.salt));
				if blocks >= 0 {
					self.mine(vec![deposit]);
				} else {
					self.scene.watch(&terms);
				}
			},
			Step::Look => self.look(),
			Step::Pass(blocks) => self.scene.pass(blocks.into()),
			Step::Answer(answer) => self.scene.pool.answers.lock().push_back(answer),
			Step::Show(finally) => self.show(finally),
			Step::Fault(fault) => {
				let mut faults = self.scene.node.faults.lock();
				faults.clear();
				faults.extend(fault.map(|text| (BLOCK, Fault::Says(CallError::MISC_ERROR, text))));
			},
			Step::Reorganise(depth) => {
				let chain = self.scene.chain();
				let fork = chain.tip().height - u32::from(depth);
				for height in fork + 1..=chain.tip().height {
					let lost = chain.bodies(height).txdata.into_iter().skip(1);
					// The chain has forgotten the deposits with their blocks.
					self.pool.extend(lost);
				}
				for view in [&self.scene.ours.best, &self.scene.ours.finalised] {
					let mut view = view.lock();
					self.pool.iter().for_each(|lost| {
						view.claimed.remove(&outpoint(lost));
					});
				}
				// No proof is good any more.
				self.brought.clear();
				self.salt += 1;
				self.scene.follow(chain.cut(fork).extended(u32::from(depth) + 1, self.salt));
			},
			Step::Restart(blocks) => {
				self.scene.follow(self.scene.chain().extended(blocks.into(), 0));
				self.scene.restart();
			},
		}
	}

	/// Everything works again, for long enough.
	fn settle(&mut self) {
		self.scene.node.faults.lock().clear();
		self.scene.pool.answers.lock().clear();
		self.mine(vec![]);
		self.scene.bury();
		for _ in 0..12 {
			while block_on(self.scene.relayer.tick()) {}
			self.look();
			self.show(true);
			self.scene.pass(pause(u32::MAX));
		}
	}
}

proptest! {
	#![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

	#[test]
	fn no_deposit_is_lost(steps in prop::collection::vec(step(), 1..60)) {
		let mut world = World::new();
		for step in steps {
			world.apply(step);
		}
		world.settle();
		let claimed = &world.scene.ours.best.lock().claimed;
		for deposit in &world.paid {
			prop_assert!(claimed.contains(&outpoint(deposit)), "{} is lost", outpoint(deposit));
		}
		prop_assert_eq!(world.scene.waiting("deposit"), 0);
	}
}
