//! What people do.

use super::*;
use crate::{Bond, BondState, Bonds, CovenantId, Duty, Ent, HoldReason, Outcome, Registration};
use bitcoin::{ScriptBuf, Transaction};
use entangled_bitcoin::{
	bond::{bond_output, BondTerms, FundedBond},
	transaction::without_witnesses,
	Native, OutPoint,
};
use pallet_btc_light_client::{our_chain, InclusionClaim};
use polkadot_sdk::{
	frame_support::{
		dispatch::DispatchResultWithPostInfo,
		traits::fungible::{hold::Inspect as _, Inspect},
	},
	frame_system::RawOrigin,
	sp_runtime::{DispatchError, DispatchResult},
};

/// The number of the treasury's account.
pub const TREASURY: u8 = 250;

pub fn account(n: u8) -> AccountId32 {
	AccountId32::new([n; 32])
}

pub fn signed(n: u8) -> RuntimeOrigin {
	RuntimeOrigin::signed(account(n))
}

/// A transaction without an account whose call was authorised.
pub fn nobody() -> RuntimeOrigin {
	RawOrigin::Authorized.into()
}

/// eBTC of an account.
pub fn ebtc(who: AccountId32) -> u64 {
	Ebtc::balance(&who) as u64
}

/// ENT of account `n` that is on hold.
pub fn held(reason: HoldReason, n: u8) -> Ent {
	Balances::balance_on_hold(&reason.into(), &account(n))
}

/// Account `n` has stake, so that others can bond for it.
pub fn enlist(n: u8) {
	Staking::stake(signed(n), policy().min_stake).unwrap();
}

/// Account `n` stands for election.
pub fn stand(n: u8) {
	enlist(n);
	Staking::stand(signed(n)).unwrap();
}

/// A bond that somebody wants to make. Account `n` has key `n`.
#[derive(Clone, Debug)]
pub struct Draft {
	pub owner: u8,
	pub sequencer: u8,
	pub terms: BondTerms,
	pub covenant: CovenantId,
	pub funding: Transaction,
	pub vout: u32,
}

/// Account `owner` wants to bond this for a sequencer.
pub fn draft(owner: u8, sequencer: u8, value: u64, timelock: u16) -> Draft {
	let covenant = Serving::get().unwrap();
	let rules = Staking::rules_now().unwrap();
	let terms = BondTerms {
		chain: our_chain::<Test>().unwrap(),
		owner: account(owner).into(),
		staker: key(owner),
		covenant: committee(covenant),
		timelock,
		rules,
	};
	let script = bond_output::<Native>(&terms).unwrap().script_pubkey();
	let funding = pay(vec![output(ScriptBuf::from(script), value)]);
	Draft { owner, sequencer, terms, covenant, funding, vout: 0 }
}

impl Draft {
	pub fn outpoint(&self) -> OutPoint {
		OutPoint { txid: self.funding.compute_txid().into(), vout: self.vout }
	}

	pub fn coin(&self) -> FundedBond {
		let value = Sats(self.funding.output[self.vout as usize].value.to_sat());
		FundedBond { outpoint: self.outpoint(), value }
	}

	/// What the staker gives the network.
	pub fn registration(&self) -> Registration<AccountId32> {
		Registration {
			sequencer: account(self.sequencer),
			staker: key(self.owner),
			timelock: self.terms.timelock,
			covenant: self.covenant,
			funding: without_witnesses(&self.funding).try_into().unwrap(),
			vout: self.vout,
			presigned: presign(self.owner, &self.terms, &self.coin()),
		}
	}

	pub fn register(&self) -> DispatchResult {
		Staking::register(signed(self.owner), self.registration())
	}
}

pub fn bond(outpoint: OutPoint) -> Bond<AccountId32> {
	Bonds::<Test>::get(outpoint).unwrap()
}

pub fn state(outpoint: OutPoint) -> BondState {
	bond(outpoint).state
}

pub fn outcome(outpoint: OutPoint) -> Outcome {
	match state(outpoint) {
		BondState::Closed(outcome) => outcome,
		other => panic!("it has not ended: {other:?}"),
	}
}

/// The holder of key `n` signs.
pub fn sign_by(n: u8, outpoint: OutPoint, duty: Duty) -> DispatchResultWithPostInfo {
	Staking::sign(nobody(), outpoint, duty, key(n), signatures(n, outpoint, duty))
}

/// As many members as it takes sign.
pub fn complete(outpoint: OutPoint, duty: Duty) {
	let id = signers(outpoint, duty);
	let threshold = committee(id).threshold() as usize;
	for n in member_numbers(id).into_iter().take(threshold) {
		sign_by(n, outpoint, duty).unwrap();
	}
}

/// Bitcoin mines this, and it becomes final. Gives the proof.
pub fn confirm(tx: &Transaction) -> InclusionClaim {
	let block = mine(vec![tx.clone()]);
	make_final(block);
	claim_of(block, 1)
}

/// Registers and approves a bond.
pub fn approved(draft: &Draft) -> OutPoint {
	draft.register().unwrap();
	complete(draft.outpoint(), Duty::Unbonding);
	draft.outpoint()
}

/// A bond that counts.
pub fn activated(draft: &Draft) -> OutPoint {
	let outpoint = approved(draft);
	let claim = confirm(&draft.funding);
	Staking::activate(nobody(), outpoint, claim).unwrap();
	outpoint
}

/// Account `owner` has bonded for a sequencer, with a timelock of a hundred blocks.
pub fn bonded(owner: u8, sequencer: u8, value: u64) -> OutPoint {
	activated(&draft(owner, sequencer, value, 100))
}

/// Somebody reports what has spent a bond.
pub fn report(outpoint: OutPoint, claim: InclusionClaim) -> DispatchResultWithPostInfo {
	Staking::report_spend(nobody(), outpoint, claim)
}

/// The owner registers an extension.
pub fn extend(outpoint: OutPoint, timelock: u16) -> Result<OutPoint, DispatchError> {
	let (new, presigned) = extension(outpoint, timelock);
	let owner = RuntimeOrigin::signed(bond(outpoint).owner);
	let covenant = Serving::get().unwrap();
	Staking::extend(owner, outpoint, timelock, covenant, presigned)?;
	Ok(new)
}

/// Governance changes numbers.
pub fn govern(change: impl FnOnce(&mut Policy)) {
	let mut policy = crate::CurrentPolicy::<Test>::get();
	change(&mut policy);
	Staking::set_policy(RuntimeOrigin::root(), policy).unwrap();
}

/// A sequencer cheats in a session, and somebody reports it.
pub fn cheat(n: u8, session: u32, reporter: Option<u8>) {
	let half = polkadot_sdk::sp_runtime::Perbill::from_percent(50);
	Staking::punish(&account(n), session, half, reporter.map(account).as_ref());
}

/// An output that was never registered.
pub fn nothing() -> OutPoint {
	OutPoint { txid: entangled_bitcoin::Txid([1; 32]), vout: 0 }
}
