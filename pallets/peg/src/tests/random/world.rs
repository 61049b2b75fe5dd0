//! What there is beside the chain.

use super::Step;
use crate::{
	mock::*, CandidateCommittee, CoinOrigin, Coins, CommitteeId, DepositTerms, Error, HaltReason,
	Honoured, InFlight, Policy, WithdrawalId,
};
use bitcoin::Transaction;
use entangled_bitcoin::{Destination, Native, OutPoint, Sats, Txid};
use pallet_btc_light_client::BitcoinChain;
use polkadot_sdk::{
	frame_support::{dispatch::PostDispatchInfo, storage::with_storage_layer},
	sp_runtime::{DispatchError, DispatchErrorWithPostInfo, DispatchResult},
};
use proptest::sample::Index;
use std::collections::{BTreeMap, BTreeSet};

/// Numbers under which everything happens soon, and limits bind.
pub fn policy() -> Policy {
	Policy {
		sweep_margin: 390,
		outflow_limit: Sats(300_000),
		cap: Sats(3_000_000),
		fee_ppm: 3_000,
		term: 25,
		..crate::mock::policy()
	}
}

/// What people know, and what has been said so far.
#[derive(Default)]
pub struct World {
	pool: Vec<Transaction>,
	deposits: Vec<(Transaction, DepositTerms)>,
	fronts: Vec<(Transaction, WithdrawalId)>,
	/// Payments that name nobody, to this committee by this script.
	strays: Vec<(Transaction, CommitteeId, CoinOrigin)>,
	/// Every attempt that was ever complete.
	attempts: Vec<Transaction>,
	/// Deposits that were paid to another chain's addresses.
	pub foreign: BTreeSet<Txid>,
	/// Those who sign nothing, bit by bit.
	away: u8,
	/// For each attempt at a batch, the complete ones that nodes may have had when it was built.
	pub before: BTreeMap<(u32, u32), Vec<Transaction>>,
	/// Those that were left out, and still are.
	pub silent: BTreeSet<CommitteeId>,
	pub claimed: BTreeMap<OutPoint, u64>,
	/// What is on the books or was spent from them.
	pub booked: BTreeSet<OutPoint>,
	pub adopted: u64,
	/// What was slashed, of which each coin comes in once.
	slashed: BTreeSet<OutPoint>,
	/// What those got who were credited with parts of it.
	pub credited: u64,
	pub abandoned: u64,
	pub minted: u64,
	/// The part of it that those have who stand for custody.
	pub peg_fees: u64,
	pub burned: u64,
	pub paid: BTreeMap<WithdrawalId, u64>,
	pub fronted: BTreeSet<WithdrawalId>,
	pub fees: u64,
	/// What was settled, and at which height.
	pub outflow: Vec<(u32, u64)>,
}

/// Refusals are fine, but for the one that never happens.
fn may_fail<T>(result: Result<T, impl Into<DispatchErrorWithPostInfo<PostDispatchInfo>>>) {
	if let Err(error) = result {
		let error = error.into().error;
		assert_ne!(error, Error::<Test>::BooksBroken.into());
		assert!(matches!(error, DispatchError::Module(_)), "{error:?}");
	}
}

impl World {
	/// Four accounts have eBTC.
	pub fn new() -> Self {
		for n in 1..=4 {
			fund(n, 200_000);
		}
		Self::default()
	}

	/// The same, with validators 2 to 5 in the place of 1 to 4, and custody's coin with them.
	pub fn handed_over() -> Self {
		let mut world = Self::new();
		Candidates::set(members(2..=5));
		bury(policy().term - best().height);
		world.take(Step::Live(0xff));
		assert_eq!(serving(), 1);
		bury(1);
		Peg::settle(nobody(), confirm(&complete())).unwrap();
		world.check();
		world
	}

	pub fn take(&mut self, step: Step) {
		match step {
			Step::Deposit(n, amount, kind) => self.deposit(n, amount, kind),
			Step::Claim(which) => self.claim(which),
			Step::Withdraw(n, thousands, max_fee) => {
				// No two withdrawals have the same amount.
				let amount = thousands * 1_000 + crate::NextWithdrawal::<Test>::get();
				may_fail(request(signed(n), wallet(n), Sats(amount), Sats(max_fee)));
			},
			Step::Raise(which, max_fee) => {
				let Some(id) = self.pick(which) else { return };
				may_fail(Peg::raise_fee(self.owner(id), id, Sats(max_fee)));
			},
			Step::Cancel(which) => {
				let Some(id) = self.pick(which) else { return };
				may_fail(Peg::cancel(self.owner(id), id));
			},
			Step::Expire(which) => self.with(which, |id| Peg::expire(signed(9), id)),
			Step::Release(which) => self.with(which, |id| Peg::release(signed(9), id)),
			Step::Reserve(n, which) => self.with(which, |id| Peg::reserve(signed(n), id)),
			Step::Pay(n, which) => {
				let Some(id) = self.pick(which) else { return };
				let tx = front_payment(id, n);
				self.fronts.push((tx.clone(), id));
				self.pool.push(tx);
			},
			Step::Front(which) => {
				let Some((tx, id)) = choose(&self.fronts, which) else { return };
				let Some(claim) = claim_for(tx) else { return };
				may_fail(Peg::front(nobody(), claim, *id));
			},
			Step::Sign(which, members) => {
				let Some(batch) = InFlight::<Test>::get() else { return };
				self.sign(which.index(batch.attempts as usize) as u32, members);
			},
			Step::Send(which) => {
				let tx = choose(&self.attempts, which).cloned();
				self.pool.splice(0..0, tx);
			},
			Step::Settle(which) => {
				let Some(claim) = choose(&self.attempts, which).and_then(claim_for) else { return };
				may_fail(Peg::settle(nobody(), claim));
			},
			Step::Mine(blocks) => (0..blocks).for_each(|_| self.mine()),
			Step::Reorganise(depth, again) => {
				let depth = depth.min(best().height - 1);
				let removed = removed_by(depth);
				let mut blocks = vec![vec![]; depth as usize + 1];
				if again {
					blocks[0] = removed;
				} else {
					self.pool.extend(removed);
				}
				reorganise(depth, blocks);
			},
			Step::Bury => {
				(0..FINALITY.confirmations).for_each(|_| self.mine());
				attest();
			},
			Step::Attest => attest(),
			Step::Wait(blocks) => next_blocks(blocks),
			Step::Silence => go_stale(),
			Step::Fees(rate) => set_fee_rate(rate),
			Step::Elect(bits) => Candidates::set(members(bits_of(bits))),
			Step::Leave(bits) => self.away = bits,
			Step::Live(bits) => {
				let Some(candidate) = CandidateCommittee::<Test>::get() else { return };
				for n in bits_of(bits) {
					let proof = signature(n, &candidate.challenge);
					may_fail(Peg::prove_life(nobody(), candidate.id, key(n), proof));
				}
			},
			Step::Halt => may_fail(Peg::halt(RuntimeOrigin::root())),
			Step::Resume => may_fail(Peg::resume(RuntimeOrigin::root())),
			Step::Stray(amount, kind) => self.stray(amount, kind),
			Step::Adopt(which) => self.adopt(which),
			Step::Restore(which) => restore(which),
			Step::Slash(which, n) => self.slash(which, n),
		}
	}

	fn deposit(&mut self, n: u8, amount: u64, kind: u8) {
		let delay = if kind == 0 { 400 } else { 1_000 };
		let account = Destination::Account([n; 32]);
		let chain = if kind == 7 { OTHER_CHAIN } else { CHAIN };
		let former = DepositTerms::Own {
			committee: *Honoured::<Test>::get().iter().rev().nth(1).unwrap_or(&serving()),
			destination: account,
			refund: refund(delay),
		};
		let (terms, destination) = match kind {
			3 => (fixed(), Some(Destination::Reserve)),
			4 => {
				let to = Destination::Rollup { rollup: ROLLUP, recipient: [n; 32] };
				(terms_to(to, delay), None)
			},
			5 => (fixed(), Some(account)),
			6 => (former, None),
			_ => (terms_to(account, delay), None),
		};
		let mut outputs = vec![output(script_on(chain, &terms), amount)];
		outputs.extend(destination.map(|to| output(to.to_script(), 0)));
		let tx = pay(outputs);
		if chain != CHAIN {
			self.foreign.insert(tx.compute_txid().into());
		}
		self.deposits.push((tx.clone(), terms));
		self.pool.push(tx);
	}

	fn stray(&mut self, amount: u64, kind: u8) {
		let unknown = Destination::Rollup { rollup: 99, recipient: [1; 32] };
		let (origin, to) = match kind {
			0 => (CoinOrigin::Change, Peg::committees().last().unwrap().custody.into()),
			3 => (SLASHED, script_from(&SLASHED, serving())),
			_ => (fixed().origin::<Native>(CHAIN), script_of(&fixed())),
		};
		let mut outputs = vec![output(to, amount)];
		outputs.extend((kind == 2).then(|| output(unknown.to_script(), 0)));
		let tx = pay(outputs);
		self.strays.push((tx.clone(), serving(), origin));
		self.pool.push(tx);
	}

	/// Staking has seen the proof that a payment to a script of the committee's is what was slashed.
	fn slash(&mut self, which: Index, n: u8) {
		let slashed = |(_, _, origin): &&(_, _, CoinOrigin)| *origin == SLASHED;
		let all = self.strays.iter().filter(slashed).cloned().collect::<Vec<_>>();
		let Some((tx, committee, _)) = choose(&all, which) else { return };
		let Some(claim) = claim_for(tx).filter(|claim| Bitcoin::verify(claim).is_ok()) else {
			return;
		};
		let outpoint = OutPoint { txid: tx.compute_txid().into(), vout: 0 };
		let value = tx.output[0].value.to_sat();
		if self.slashed.contains(&outpoint) {
			return;
		}
		let credits = [(account(n), Sats(value / 4))];
		let height = claim.block.height;
		let received = with_storage_layer(|| {
			Peg::receive(*committee, SLASHED_COMMITMENT, outpoint, Sats(value), height, &credits)
		});
		if received.is_ok() {
			self.slashed.insert(outpoint);
		}
		may_fail(received);
	}

	/// A stray payment, or a deposit, or the change of an attempt.
	fn adopt(&mut self, which: Index) {
		let mut all = self.strays.clone();
		all.extend(
			self.deposits
				.iter()
				.map(|(tx, terms)| (tx.clone(), terms.committee(), terms.origin::<Native>(CHAIN))),
		);
		for committee in Peg::committees() {
			let change = bitcoin::ScriptBuf::from(committee.custody);
			let its = self.attempts.iter().filter(|tx| tx.output[0].script_pubkey == change);
			all.extend(its.map(|tx| (tx.clone(), committee.id, CoinOrigin::Change)));
		}
		let Some((tx, committee, origin)) = choose(&all, which) else { return };
		let Some(claim) = claim_for(tx) else { return };
		may_fail(Peg::adopt(RuntimeOrigin::root(), claim, 0, *committee, origin.clone()));
	}

	fn claim(&mut self, which: Index) {
		// Now and then one that was claimed already.
		let fresh = self.deposits.iter().filter(|(tx, _)| !self.is_claimed(tx)).collect::<Vec<_>>();
		let all = self.deposits.iter().collect::<Vec<_>>();
		let among = if which.index(10) == 0 { all } else { fresh };
		let Some((tx, terms)) = choose(&among, which) else { return };
		let Some(claim) = claim_for(tx) else { return };
		may_fail(Deposit { claim, vout: 0, terms: terms.clone() }.bring());
	}

	fn is_claimed(&self, tx: &Transaction) -> bool {
		let outpoint = OutPoint { txid: tx.compute_txid().into(), vout: 0 };
		self.claimed.contains_key(&outpoint)
	}

	fn sign(&mut self, index: u32, members: u8) {
		let batch = InFlight::<Test>::get().unwrap().id;
		for n in bits_of(members & !self.away) {
			may_fail(sign_by(n, batch, index));
		}
		if attempt(index).complete {
			let tx = transaction(index);
			self.check_replacement(batch, index);
			if !self.attempts.iter().any(|known| known.compute_txid() == tx.compute_txid()) {
				self.attempts.push(tx);
			}
		}
	}

	/// One of the withdrawals that there have been.
	fn pick(&self, which: Index) -> Option<WithdrawalId> {
		let ids = crate::NextWithdrawal::<Test>::get();
		(ids > 0).then(|| which.index(ids as usize) as u64)
	}

	fn owner(&self, id: WithdrawalId) -> RuntimeOrigin {
		RuntimeOrigin::signed(withdrawal(id).owner)
	}

	fn with(&self, which: Index, call: impl FnOnce(WithdrawalId) -> DispatchResult) {
		if let Some(id) = self.pick(which) {
			may_fail(call(id));
		}
	}

	/// A block with all that can be mined.
	fn mine(&mut self) {
		let block = mineable(&self.pool);
		self.pool.retain(|tx| !block.contains(tx));
		crate::mock::mine(block);
	}

	/// In the end Bitcoin and the chain go on, and everything that was begun ends.
	pub fn finish(&mut self) {
		if Peg::status().halt.is_some() {
			Peg::resume(RuntimeOrigin::root()).unwrap();
		}
		self.away = 0;
		self.mine();
		self.check();
		let begun = InFlight::<Test>::get().map(|batch| batch.id);
		if begun.is_some() {
			let index = newest();
			self.sign(index, 0xff);
			self.pool.insert(0, transaction(index));
			(0..FINALITY.confirmations).for_each(|_| self.mine());
			attest();
			self.check();
			// That one, or one that was mined before.
			let claim = self.attempts.iter().rev().find_map(|tx| {
				let now = InFlight::<Test>::get()?;
				let ours = (0..now.attempts).any(|n| attempt(n).txid == tx.compute_txid().into());
				claim_for(tx).filter(|_| ours)
			});
			Peg::settle(nobody(), claim.expect("one of them was mined")).unwrap();
			assert_eq!(InFlight::<Test>::get(), None);
		}
		self.check();
	}
}

/// Where the coin cannot be adopted again, it is not struck off.
fn restore(which: Index) {
	let coins = Coins::<Test>::iter().collect::<Vec<_>>();
	let Some((outpoint, coin)) = choose(&coins, which).cloned() else { return };
	let attempts = InFlight::<Test>::get().map_or(0, |batch| batch.attempts);
	let spends = |n| attempt(n).coins.iter().any(|(spent, _)| *spent == outpoint);
	if (0..attempts).any(spends) {
		return;
	}
	let Some((block, index)) = find(outpoint.txid.into()) else { return };
	let (claim, vout) = (claim_of(block, index), outpoint.vout);
	may_fail(with_storage_layer(|| {
		Peg::abandon(RuntimeOrigin::root(), outpoint)?;
		Peg::adopt(RuntimeOrigin::root(), claim, vout, coin.committee, coin.origin)?;
		if matches!(Peg::status().halt, Some(HaltReason::InvariantBroken { .. })) {
			Peg::resume(RuntimeOrigin::root())?;
		}
		Ok::<_, DispatchError>(())
	}));
}

fn choose<T>(among: &[T], which: Index) -> Option<&T> {
	(!among.is_empty()).then(|| which.get(among))
}

/// The keys whose bits are set.
fn bits_of(bits: u8) -> impl Iterator<Item = u8> {
	(0..6).filter(move |n| bits >> n & 1 == 1).map(|n| n + 1)
}
