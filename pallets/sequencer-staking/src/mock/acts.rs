//! What people do.

use super::*;
use crate::{
	Bond, BondState, Bonds, CovenantId, Duty, DutySignatures, Ent, HoldReason, Outcome, Presigned,
	Registration,
};
use bitcoin::{
	secp256k1::{Keypair, Message, Secp256k1},
	ScriptBuf, Transaction,
};
use entangled_bitcoin::{
	bond::{
		bond_output, extension_transaction, possession_message, slashing_transaction,
		unbonding_transaction, withdrawal_transaction, BondOutput, BondTerms, CovenantSpend,
		FundedBond, Slashable,
	},
	transaction::without_witnesses,
	FeeRate, Native, OutPoint, PayoutScript, Signature, XOnlyKey,
};
use pallet_btc_light_client::InclusionClaim;
use polkadot_sdk::{
	frame_support::{
		dispatch::DispatchResultWithPostInfo,
		traits::fungible::{hold::Inspect as _, Inspect},
	},
	frame_system::RawOrigin,
	sp_runtime::DispatchResult,
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

fn keypair(n: u8) -> Keypair {
	Keypair::from_seckey_slice(&Secp256k1::new(), &[n; 32]).unwrap()
}

/// The public key of the holder of key `n`; nobody is number 0.
pub fn key(n: u8) -> XOnlyKey {
	XOnlyKey(keypair(n).x_only_public_key().0.serialize())
}

/// The signature of the holder of key `n`.
pub fn signature(n: u8, message: &[u8; 32]) -> Signature {
	let message = Message::from_digest(*message);
	Signature(Secp256k1::new().sign_schnorr_no_aux_rand(&message, &keypair(n)).serialize())
}

/// The number of the key.
pub fn holder(key_of: &XOnlyKey) -> u8 {
	(1..=110).find(|n| key(*n) == *key_of).unwrap()
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
	let terms = BondTerms { staker: key(owner), covenant: committee(covenant), timelock, rules };
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
		let genesis = System::block_hash(0).0;
		let staker = key(self.owner);
		let possession =
			possession_message::<Native>(&genesis, account(self.owner).as_ref(), &staker);
		Registration {
			sequencer: account(self.sequencer),
			staker,
			timelock: self.terms.timelock,
			covenant: self.covenant,
			funding: without_witnesses(&self.funding).try_into().unwrap(),
			vout: self.vout,
			possession: signature(self.owner, &possession),
			presigned: presign(self.owner, &self.terms, &self.coin()),
		}
	}

	pub fn register(&self) -> DispatchResult {
		Staking::register(signed(self.owner), self.registration())
	}
}

/// What the holder of key `n` signs in advance.
pub fn presign(n: u8, terms: &BondTerms, coin: &FundedBond) -> Presigned {
	let sign = |which| {
		slashing_transaction::<Native>(which, terms, coin)
			.map_or(Signature([7; 64]), |spend| signature(n, &spend.sighash))
	};
	Presigned { bond: sign(Slashable::Bond), unbonding: sign(Slashable::Unbonding) }
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

/// What the bond's scripts are made from, whether the chain remembers the covenant or not.
pub fn terms_of(outpoint: OutPoint) -> BondTerms {
	let bond = bond(outpoint);
	let covenant = committee(bond.covenant);
	bond.terms(covenant)
}

/// The transactions of a duty.
pub fn spends(outpoint: OutPoint, duty: Duty) -> Vec<CovenantSpend> {
	let (bond, terms) = (bond(outpoint), terms_of(outpoint));
	let coin = bond.coin(outpoint);
	match duty {
		Duty::Unbonding => vec![unbonding_transaction::<Native>(&terms, &coin).unwrap()],
		Duty::Extension => {
			let old = bond.extends.unwrap();
			let coin = super::acts::bond(old).coin(old);
			vec![extension_transaction::<Native>(&terms_of(old), &coin, &terms).unwrap()]
		},
		Duty::Slash => [Slashable::Bond, Slashable::Unbonding]
			.map(|which| slashing_transaction::<Native>(which, &terms, &coin).unwrap())
			.to_vec(),
	}
}

/// What the holder of key `n` signs for a duty.
pub fn signatures(n: u8, outpoint: OutPoint, duty: Duty) -> DutySignatures {
	let signatures = spends(outpoint, duty).iter().map(|s| signature(n, &s.sighash)).collect();
	Vec::try_into(signatures).unwrap()
}

/// The holder of key `n` signs.
pub fn sign_by(n: u8, outpoint: OutPoint, duty: Duty) -> DispatchResultWithPostInfo {
	Staking::sign(nobody(), outpoint, duty, key(n), signatures(n, outpoint, duty))
}

/// Whose keys a duty takes.
pub fn signers(outpoint: OutPoint, duty: Duty) -> CovenantId {
	let this = bond(outpoint);
	match duty {
		Duty::Extension => bond(this.extends.unwrap()).covenant,
		_ => this.covenant,
	}
}

/// As many members as it takes sign.
pub fn complete(outpoint: OutPoint, duty: Duty) {
	let id = signers(outpoint, duty);
	let threshold = committee(id).threshold() as usize;
	for n in member_numbers(id).into_iter().take(threshold) {
		sign_by(n, outpoint, duty).unwrap();
	}
}

/// A transaction that was signed in advance, with signatures of the staker and of `members`.
pub fn witness(
	spend: CovenantSpend,
	staker: &Signature,
	covenant: CovenantId,
	members: &[u8],
) -> Transaction {
	let committee = committee(covenant);
	let sign = |key: &XOnlyKey| {
		let n = holder(key);
		members.contains(&n).then(|| signature(n, &spend.sighash))
	};
	let signatures = committee.keys().iter().map(sign).collect::<Vec<_>>();
	spend.complete(&committee, staker, &signatures).expect("enough have signed")
}

/// The first transaction of a duty, signed by the staker and the whole covenant, as they can whether the
/// chain asked for it or not.
pub fn transaction(outpoint: OutPoint, duty: Duty) -> Transaction {
	nth_transaction(outpoint, duty, 0)
}

/// The same for another one.
pub fn nth_transaction(outpoint: OutPoint, duty: Duty, n: usize) -> Transaction {
	let spend = spends(outpoint, duty).remove(n);
	let id = signers(outpoint, duty);
	let staker = signature(holder(&bond(outpoint).staker), &spend.sighash);
	witness(spend, &staker, id, &member_numbers(id))
}

/// The transaction that slashes a bond, by the signatures that are on record.
pub fn slashing(outpoint: OutPoint, which: Slashable) -> Transaction {
	let bond = bond(outpoint);
	let (n, staker) = match which {
		Slashable::Bond => (0, bond.presigned.bond),
		Slashable::Unbonding => (1, bond.presigned.unbonding),
	};
	let spend = spends(outpoint, Duty::Slash).remove(n);
	let covenant = committee(bond.covenant);
	let signatures = covenant.keys().iter().map(|key| {
		let all = crate::Signatures::<Test>::get((outpoint, Duty::Slash, key))?;
		Some(all[n])
	});
	let signatures = signatures.collect::<Vec<_>>();
	spend.complete(&covenant, &staker, &signatures).expect("enough have signed")
}

/// The staker takes the coin alone, when its delay is over.
pub fn withdrawal(outpoint: OutPoint, from: BondOutput) -> Transaction {
	let (bond, terms) = (bond(outpoint), terms_of(outpoint));
	let mut coin = bond.coin(outpoint);
	if from == BondOutput::Unbonding {
		coin = Slashable::Unbonding.coin::<Native>(&terms, &coin).unwrap();
	}
	let to = PayoutScript::P2wpkh([9; 20]);
	let refund = withdrawal_transaction::<Native>(
		from,
		&terms,
		coin.outpoint,
		coin.value,
		to,
		FeeRate(1_000),
	)
	.unwrap();
	let staker = signature(holder(&bond.staker), &refund.sighash);
	refund.complete(&staker)
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

/// What account `n` registers in order to extend a bond: the new bond, and the call.
pub fn extension(outpoint: OutPoint, timelock: u16) -> (OutPoint, Presigned) {
	let old = bond(outpoint);
	let covenant = committee(Serving::get().unwrap());
	let rules = Staking::rules_now().unwrap();
	let new = BondTerms { staker: old.staker, covenant, timelock, rules };
	let spend =
		extension_transaction::<Native>(&terms_of(outpoint), &old.coin(outpoint), &new).unwrap();
	let coin = FundedBond {
		outpoint: OutPoint { txid: spend.txid::<Native>(), vout: 0 },
		value: Sats(spend.transaction.output[0].value.to_sat()),
	};
	(coin.outpoint, presign(holder(&old.staker), &new, &coin))
}

/// The owner registers an extension.
pub fn extend(
	outpoint: OutPoint,
	timelock: u16,
) -> Result<OutPoint, polkadot_sdk::sp_runtime::DispatchError> {
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
