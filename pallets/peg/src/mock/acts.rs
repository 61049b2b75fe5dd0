//! What people do.

use super::*;
use crate::{
	AttemptSignatures, Attempts, CoinOrigin, CommitteeId, Committees, DepositTerms, Deposits,
	InFlight, NextWithdrawal, Withdrawal, WithdrawalId, WithdrawalState,
};
use bitcoin::{
	secp256k1::{Keypair, Message, Secp256k1},
	ScriptBuf, Transaction, TxOut,
};
use entangled_bitcoin::{
	script::Fronted, ChainId, Destination, Native, PayoutScript, Refund, Signature, XOnlyKey,
};
use pallet_btc_light_client::InclusionClaim;
use polkadot_sdk::{
	frame_support::dispatch::{DispatchResult, DispatchResultWithPostInfo},
	frame_system::RawOrigin,
};

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
pub fn balance(n: u8) -> u64 {
	Assets::balance(0, account(n)) as u64
}

/// eBTC that is locked.
pub fn locked() -> u64 {
	Assets::balance(0, Peg::vault()) as u64
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

/// Validators with their keys; account 100 + n has key n.
pub fn members(keys: impl IntoIterator<Item = u8>) -> Vec<Member<AccountId32>> {
	keys.into_iter().map(|n| Member { key: key(n), account: account(100 + n) }).collect()
}

/// The committee that serves.
pub fn serving() -> CommitteeId {
	Peg::status().committee.unwrap()
}

/// A payment to the peg, in a final block.
#[derive(Clone, Debug)]
pub struct Deposit {
	pub claim: InclusionClaim,
	pub vout: u32,
	pub terms: DepositTerms,
}

impl Deposit {
	pub fn outpoint(&self) -> OutPoint {
		OutPoint { txid: self.claim.txid(), vout: self.vout }
	}

	/// Claims it, without an account.
	pub fn bring(&self) -> DispatchResultWithPostInfo {
		Peg::claim(nobody(), self.claim.clone(), self.vout, self.terms.clone())
	}
}

/// The way back of every depositor: key 50, after so many blocks.
pub fn refund(delay: u16) -> Refund {
	Refund { key: key(50), delay }
}

/// An address of the serving committee for account `n`.
pub fn terms(n: u8) -> DepositTerms {
	terms_to(Destination::Account([n; 32]), 500)
}

pub fn terms_to(destination: Destination, delay: u16) -> DepositTerms {
	DepositTerms::Own { committee: serving(), destination, refund: refund(delay) }
}

/// The fixed address of the serving committee.
pub fn fixed() -> DepositTerms {
	DepositTerms::Fixed { committee: serving() }
}

/// The script of an address on these terms, whether the peg would honour it or not.
pub fn script_of(terms: &DepositTerms) -> ScriptBuf {
	script_on(CHAIN, terms)
}

/// The same of another chain that has the same committee.
pub fn script_on(chain: ChainId, terms: &DepositTerms) -> ScriptBuf {
	script_from(&terms.origin::<Native>(chain), terms.committee())
}

/// What the coins of a committee with this origin pay to.
pub fn script_from(origin: &CoinOrigin, committee: CommitteeId) -> ScriptBuf {
	let multisig = Committees::<Test>::get(committee).unwrap().multisig().unwrap();
	origin.output::<Native>(&multisig).unwrap().script_pubkey().into()
}

/// What the output of what was slashed commits to,
pub const SLASHED_COMMITMENT: [u8; 32] = [0x51; 32];
/// and what makes it a coin of a committee's.
pub const SLASHED: CoinOrigin =
	CoinOrigin::Deposit { commitment: SLASHED_COMMITMENT, refund: None };

/// Pays to an address on these terms, waits, and does not claim.
pub fn deposit(terms: DepositTerms, amount: u64) -> Deposit {
	deposit_tx(pay(vec![output(script_of(&terms), amount)]), terms)
}

/// The same, by the first output of this transaction.
pub fn deposit_tx(tx: Transaction, terms: DepositTerms) -> Deposit {
	let block = mine(vec![tx]);
	make_final(block);
	Deposit { claim: claim_of(block, 1), vout: 0, terms }
}

/// Deposits for account `n`, and claims. Gives the coin.
pub fn fund(n: u8, amount: u64) -> OutPoint {
	let deposit = deposit(terms(n), amount);
	deposit.bring().unwrap();
	deposit.outpoint()
}

/// Pays to the fixed address and names the destination beside it, waits, and does not claim.
pub fn fixed_deposit(destination: Destination, amount: u64) -> Deposit {
	let name = output(destination.to_script(), 0);
	deposit_tx(pay(vec![output(script_of(&fixed()), amount), name]), fixed())
}

/// Covers a loss, or pays for fees.
pub fn give_to_reserve(amount: u64) -> OutPoint {
	let gift = fixed_deposit(Destination::Reserve, amount);
	gift.bring().unwrap();
	gift.outpoint()
}

/// Where account `n` has its withdrawals paid to.
pub fn wallet(n: u8) -> PayoutScript {
	PayoutScript::P2wpkh([n; 20])
}

/// Somebody asks for BTC. What the call weighs is no part of the answer.
pub fn request(
	origin: RuntimeOrigin,
	script: PayoutScript,
	amount: Sats,
	max_fee: Sats,
) -> DispatchResult {
	Peg::withdraw(origin, script, amount, max_fee).map(drop).map_err(|refused| refused.error)
}

/// Account `n` asks for BTC.
pub fn withdraw(n: u8, amount: u64, max_fee: u64) -> WithdrawalId {
	let id = NextWithdrawal::<Test>::get();
	request(signed(n), wallet(n), Sats(amount), Sats(max_fee)).unwrap();
	id
}

pub fn withdrawal(id: WithdrawalId) -> Withdrawal<AccountId32> {
	crate::Withdrawals::<Test>::get(id).unwrap()
}

pub fn state(id: WithdrawalId) -> WithdrawalState<AccountId32> {
	withdrawal(id).state
}

/// The number of the newest attempt at the batch in flight.
pub fn newest() -> u32 {
	InFlight::<Test>::get().unwrap().attempts - 1
}

pub fn attempt(index: u32) -> crate::Attempt {
	Attempts::<Test>::get(index).unwrap()
}

/// What the holder of key `n` owes to an attempt.
pub fn signatures(n: u8, index: u32) -> AttemptSignatures {
	let attempt = attempt(index);
	let inputs = Peg::inputs_of(&attempt, &key(n));
	let signatures = inputs.iter().map(|input| signature(n, &attempt.sighashes[*input as usize]));
	signatures.collect::<Vec<_>>().try_into().unwrap()
}

/// The holder of key `n` signs an attempt.
pub fn sign_by(n: u8, batch: u32, index: u32) -> DispatchResultWithPostInfo {
	Peg::sign(nobody(), batch, index, key(n), signatures(n, index))
}

/// These sign the newest attempt, which must be complete then. Gives the transaction.
pub fn complete_by(keys: impl IntoIterator<Item = u8>) -> Transaction {
	let (batch, index) = (InFlight::<Test>::get().unwrap().id, newest());
	for n in keys {
		sign_by(n, batch, index).unwrap();
	}
	transaction(index)
}

/// Members 1 to 3 complete the newest attempt.
pub fn complete() -> Transaction {
	complete_by(1..=3)
}

/// An attempt, with its signatures.
pub fn transaction(index: u32) -> Transaction {
	let txid = attempt(index).txid;
	let all = Peg::transactions();
	let found = all.into_iter().find(|tx| tx.txid == txid).expect("the attempt is complete");
	bitcoin::consensus::deserialize(&found.bytes).unwrap()
}

/// Bitcoin mines this, and it becomes final. Gives the proof.
pub fn confirm(tx: &Transaction) -> InclusionClaim {
	let block = mine(vec![tx.clone()]);
	make_final(block);
	claim_of(block, 1)
}

/// The batch in flight is signed, mined and settled.
pub fn settle() -> Transaction {
	let tx = complete();
	Peg::settle(nobody(), confirm(&tx)).unwrap();
	tx
}

/// Waits until the withdrawals that wait leave in a batch.
pub fn await_batch() {
	for _ in 0..=policy().batch_wait {
		if InFlight::<Test>::get().is_some() {
			return;
		}
		bury(1);
	}
	assert!(InFlight::<Test>::get().is_some(), "a batch is in flight");
}

/// A payment of withdrawal `id` by account `n`, who has coins outside.
pub fn front_payment(id: WithdrawalId, n: u8) -> Transaction {
	let Withdrawal { script, amount, .. } = withdrawal(id);
	pay(vec![output(script.to_script(), amount.0), names(id, n)])
}

/// The output that says which withdrawal is paid, and by whom.
pub fn names(id: WithdrawalId, n: u8) -> TxOut {
	names_on(CHAIN, id, n)
}

/// The same of a withdrawal of another chain.
pub fn names_on(chain: ChainId, id: WithdrawalId, n: u8) -> TxOut {
	output(Fronted { chain, id, account: [n; 32] }.to_script(), 0)
}

/// What was kept of the deposit by this coin.
pub fn kept(coin: OutPoint) -> u64 {
	Deposits::<Test>::get(coin).unwrap().fee.0
}

/// Governance changes numbers.
pub fn govern(change: impl FnOnce(&mut Policy)) {
	let mut policy = crate::CurrentPolicy::<Test>::get();
	change(&mut policy);
	Peg::set_policy(RuntimeOrigin::root(), policy).unwrap();
}
