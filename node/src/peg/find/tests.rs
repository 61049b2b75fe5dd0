// SPDX-License-Identifier: GPL-3.0-or-later WITH Classpath-exception-2.0

use super::*;
use crate::{
	bitcoin::testing::{payment, FakeChain},
	peg::testing::{committee, keys, output_of, own_terms, withdrawal, CHAIN},
};
use bitcoin::{Amount, ScriptBuf, TxOut};
use entangled_bitcoin::Header;
use pallet_peg::{CommitteeView, WithdrawalState};
use std::{collections::BTreeMap, convert::Infallible};

/// What is looked for in these tests: one committee's fixed address, one address of a depositor's
/// own, and one attempt.
struct Scene {
	committee: CommitteeView<AccountId>,
	interests: Interests,
	withdrawals: BTreeMap<WithdrawalId, Withdrawal<AccountId>>,
}

const OWN: u8 = 9;

fn scene() -> Scene {
	let committee = committee(0, &keys(&["//Alice", "//Bob", "//Charlie"]));
	let own = own_terms(OWN, 2_016);
	let addresses = [own.clone(), DepositTerms::Fixed { committee: 0 }]
		.map(|terms| (output_of(&terms, &committee).script_pubkey(), terms));
	assert_eq!(addresses[1].0, committee.fixed);
	let interests = Interests {
		chain: CHAIN,
		addresses: addresses.into(),
		least: Sats(10_000),
		attempts: HashSet::new(),
	};
	Scene { committee, interests, withdrawals: BTreeMap::new() }
}

impl Scene {
	/// What is found when these transactions are mined. Every claim's proof is checked.
	fn found(&self, transactions: Vec<Transaction>) -> Vec<Finding> {
		let chain = FakeChain::new(5).mined(transactions);
		let at = chain.tip();
		let found = find(&chain.bodies(at.height), at, &self.interests, |id| {
			Ok::<_, Infallible>(self.withdrawals.get(&id).cloned())
		})
		.unwrap();
		let Header { merkle_root, .. } = chain.headers(at.height)[0];
		for Finding { subject, block, message, .. } in &found {
			assert_eq!(*block, at);
			let (Message::Claim { claim, .. }
			| Message::Settle { claim }
			| Message::Front { claim, .. }) = message
			else {
				panic!("{message:?}")
			};
			let included = claim.proof.verify::<Native>(&merkle_root).unwrap();
			let (Subject::Deposit(OutPoint { txid, .. })
			| Subject::Settlement(txid)
			| Subject::Front(_, txid)) = subject;
			assert_eq!(included.txid, *txid);
			assert_eq!(claim.block, at);
		}
		found
	}

	fn to_own(&self, amount: u64) -> TxOut {
		let script = output_of(&own_terms(OWN, 2_016), &self.committee).script_pubkey();
		output(amount, script.into())
	}

	fn to_fixed(&self, amount: u64) -> TxOut {
		output(amount, self.committee.fixed.into())
	}
}

fn output(amount: u64, script_pubkey: ScriptBuf) -> TxOut {
	TxOut { value: Amount::from_sat(amount), script_pubkey }
}

fn destination(account: u8) -> TxOut {
	output(0, Destination::Account([account; 32]).to_script().into())
}

fn fronted(id: WithdrawalId) -> TxOut {
	fronted_on(CHAIN, id)
}

fn fronted_on(chain: ChainId, id: WithdrawalId) -> TxOut {
	output(0, Fronted { chain, id, account: [4; 32] }.to_script().into())
}

fn subjects(found: &[Finding]) -> Vec<Subject> {
	found.iter().map(|finding| finding.subject).collect()
}

fn id_of(transaction: &Transaction) -> Txid {
	transaction.compute_txid().into()
}

#[test]
fn nothing_in_a_block_of_strangers() {
	let scene = scene();
	assert_eq!(scene.found(vec![]), []);
	let stranger = payment(1, vec![output(50_000, ScriptBuf::from(vec![0x51])), destination(1)]);
	assert_eq!(scene.found(vec![stranger]), []);
}

#[test]
fn deposits_to_a_watched_address() {
	let scene = scene();
	let change = output(7, ScriptBuf::from(vec![0x51]));
	let deposit = payment(1, vec![change.clone(), scene.to_own(10_000)]);
	let txid = id_of(&deposit);
	let found = scene.found(vec![payment(2, vec![change.clone()]), deposit]);
	assert_eq!(subjects(&found), [Subject::Deposit(OutPoint { txid, vout: 1 })]);
	let Message::Claim { vout: 1, terms, claim } = &found[0].message else { panic!("{found:?}") };
	assert_eq!(*terms, own_terms(OWN, 2_016));
	assert_eq!(claim.proof.index, 2);

	// Two payments in one transaction are two deposits, with one proof.
	let twice = payment(3, vec![scene.to_own(20_000), scene.to_own(30_000)]);
	let txid = id_of(&twice);
	let found = scene.found(vec![twice]);
	let both = [0, 1].map(|vout| Subject::Deposit(OutPoint { txid, vout }));
	assert_eq!(subjects(&found), both);

	// Dust is not a deposit.
	assert_eq!(scene.found(vec![payment(4, vec![scene.to_own(9_999)])]), []);
}

#[test]
fn deposits_to_the_fixed_address_need_a_destination() {
	let scene = scene();
	let good = payment(1, vec![scene.to_fixed(50_000), destination(1)]);
	let txid = id_of(&good);
	let found = scene.found(vec![good]);
	assert_eq!(subjects(&found), [Subject::Deposit(OutPoint { txid, vout: 0 })]);
	assert!(matches!(
		found[0].message,
		Message::Claim { terms: DepositTerms::Fixed { committee: 0 }, .. }
	));
	assert!(found[0].mints);
	let reserve = output(0, Destination::Reserve.to_script().into());
	let gift = scene.found(vec![payment(1, vec![scene.to_fixed(50_000), reserve])]);
	assert!(!gift[0].mints, "it comes in while the peg has halted");
	for outputs in [
		vec![scene.to_fixed(50_000)],
		vec![scene.to_fixed(50_000), destination(1), destination(2)],
		vec![scene.to_fixed(50_000), output(0, ScriptBuf::from(vec![0x6a, 1, 7]))],
	] {
		assert_eq!(scene.found(vec![payment(1, outputs)]), []);
	}
}

#[test]
fn an_attempt_at_the_batch() {
	let mut scene = scene();
	// It pays no address of ours and is known by its id alone, whatever its witness.
	let attempt = payment(1, vec![output(1, ScriptBuf::new())]);
	let txid = id_of(&attempt);
	assert_eq!(scene.found(vec![attempt.clone()]), []);
	scene.interests.attempts.insert(txid);
	assert_eq!(subjects(&scene.found(vec![attempt.clone()])), [Subject::Settlement(txid)]);
	let mut other_witness = attempt;
	other_witness.input[0].witness.push([1]);
	assert_eq!(subjects(&scene.found(vec![other_witness])), [Subject::Settlement(txid)]);
}

#[test]
fn a_withdrawal_that_another_has_paid() {
	let mut scene = scene();
	let mut asked = withdrawal(3, 500_000);
	asked.state = WithdrawalState::Pending;
	scene.withdrawals.insert(7, asked.clone());
	let paid = output(500_000, asked.script.to_script().into());
	let good = payment(1, vec![fronted(7), paid.clone()]);
	let txid = id_of(&good);
	let found = scene.found(vec![good.clone()]);
	assert_eq!(subjects(&found), [Subject::Front(7, txid)]);
	assert!(matches!(found[0].message, Message::Front { id: 7, .. }));

	let less = output(499_999, paid.script_pubkey.clone());
	let elsewhere = output(500_000, ScriptBuf::from(vec![0x51]));
	for outputs in [
		vec![fronted(7), less],
		vec![fronted(7), elsewhere],
		vec![fronted(8), paid.clone()],
		vec![fronted(7), fronted(8), paid.clone()],
		vec![fronted_on(ChainId([0; 32]), 7), paid.clone()],
		vec![fronted(7), fronted_on(ChainId([0; 32]), 7), paid.clone()],
		vec![paid.clone()],
	] {
		assert_eq!(scene.found(vec![payment(1, outputs)]), []);
	}
	// While it is in a batch it may still come out of it again; when it has ended it may not.
	for (state, count) in [
		(WithdrawalState::InBatch, 1),
		(WithdrawalState::Cancelled, 0),
		(WithdrawalState::Paid { txid, fee: Sats(1) }, 0),
	] {
		scene.withdrawals.get_mut(&7).unwrap().state = state;
		assert_eq!(scene.found(vec![good.clone()]).len(), count);
	}
}

#[test]
fn what_the_chain_cannot_read_is_left_out() {
	let scene = scene();
	let mut huge = payment(1, vec![scene.to_own(50_000)]);
	huge.input[0].script_sig = ScriptBuf::from(vec![0; 100_001]);
	assert_eq!(scene.found(vec![huge]), []);
}

#[test]
fn one_transaction_may_be_several_things() {
	let mut scene = scene();
	let mut asked = withdrawal(3, 500_000);
	asked.state = WithdrawalState::Pending;
	let paid = output(500_000, asked.script.to_script().into());
	scene.withdrawals.insert(7, asked);
	let all = payment(1, vec![scene.to_own(50_000), scene.to_fixed(60_000), fronted(7), paid]);
	let txid = id_of(&all);
	scene.interests.attempts.insert(txid);
	// To the fixed address no destination is named.
	assert_eq!(
		subjects(&scene.found(vec![all])),
		[
			Subject::Deposit(OutPoint { txid, vout: 0 }),
			Subject::Settlement(txid),
			Subject::Front(7, txid),
		]
	);
}

#[test]
fn no_two_subjects_have_the_same_bytes() {
	let txid = Txid([1; 32]);
	let subjects = [
		Subject::Deposit(OutPoint { txid, vout: 0 }),
		Subject::Deposit(OutPoint { txid, vout: 1 }),
		Subject::Settlement(txid),
		Subject::Front(0, txid),
		Subject::Front(1, txid),
	];
	let bytes = subjects.iter().copied().map(Subject::to_bytes).collect::<HashSet<_>>();
	assert_eq!(bytes.len(), subjects.len());
	let kinds = [subjects[0], subjects[2], subjects[3]].map(|subject| subject.kind());
	assert_eq!(kinds, Subject::KINDS);
}
