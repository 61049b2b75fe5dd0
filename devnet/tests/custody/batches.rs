//! Batches: as heavy as planned, and spendable by nobody but enough of the committee.

use bitcoin::{ScriptBuf, Transaction};
use entangled_bitcoin::{
	custody::{FeeFloor, Request, ANCHOR_VOUT, CHANGE_VOUT, FIRST_PAYOUT_VOUT},
	AnchorPayload, FeeRate, PayoutScript, Sats,
};

use crate::{
	committee::Committee,
	vault::{requests, Draft, Vault, CHANGE, DEPOSIT},
};

const RATE: FeeRate = FeeRate(3_000);
const FAILED_SCRIPT: &str = "mempool-script-verify-flag-failed";

/// Both the memory pool and a block refuse the transaction because a script fails.
fn assert_unspendable(vault: &Vault, transaction: &Transaction) {
	let (pool, block) = vault.refused(transaction);
	assert!(pool.starts_with(FAILED_SCRIPT), "{pool}");
	assert!(block.starts_with("TestBlockValidity failed: "), "{block}");
	assert!(block.contains("script"), "{block}");
}

/// The pool takes the transaction, with the fee and the weight that its plan has, and a block too.
fn assert_as_planned(vault: &Vault, draft: &Draft, transaction: &Transaction) {
	let plan = &draft.selection;
	assert_eq!(transaction.weight().to_wu(), plan.weight.0);
	let verdict = vault.verdict(transaction);
	assert_eq!(verdict["allowed"], true, "{verdict}");
	assert_eq!(verdict["vsize"], plan.weight.vbytes());
	assert_eq!(verdict["fees"]["base"].as_f64().unwrap(), plan.fee.0 as f64 / 1e8);
	let coins: u64 = vault.coins.iter().map(|coin| coin.value.0).sum();
	let outputs: u64 = transaction.output.iter().map(|output| output.value.to_sat()).sum();
	assert_eq!(coins - outputs, plan.fee.0);
	vault.net.send(transaction);
	vault.mine(transaction);
}

#[test]
fn committees_of_every_size_spend_change_and_deposits() {
	for (n, threshold) in [(2, 2), (3, 2), (4, 3), (7, 5), (10, 7), (15, 10)] {
		let vault = Vault::open(Committee::new(n, 1), 3);
		assert_eq!(vault.committee.threshold(), threshold);
		let requests = requests(&vault.committee);
		let draft = vault.draft(&requests, RATE, FeeFloor::NONE);
		let signed = draft.signed();
		assert_as_planned(&vault, &draft, &signed);

		let change = &signed.output[CHANGE_VOUT as usize];
		assert_eq!(change.value.to_sat(), draft.selection.change.0);
		assert_eq!(change.script_pubkey, ScriptBuf::from(vault.outputs[0].script_pubkey()));
		let anchor = &signed.output[ANCHOR_VOUT as usize];
		assert!(anchor.script_pubkey.is_op_return() && anchor.value.to_sat() == 0);
		let payload = AnchorPayload::from_script(anchor.script_pubkey.as_bytes()).unwrap();
		assert_eq!(payload.epoch, 3);
		let payouts = &signed.output[FIRST_PAYOUT_VOUT as usize..];
		assert_eq!(payouts.len(), requests.len());
		for (output, request) in payouts.iter().zip(&requests) {
			assert_eq!(output.value.to_sat(), request.amount.0);
			assert_eq!(output.script_pubkey.as_bytes(), request.script.to_script());
		}
	}
}

#[test]
fn any_quorum_spends_and_all_weigh_the_same() {
	let vault = Vault::open(Committee::new(4, 1), 1);
	let draft = vault.draft(&requests(&vault.committee), RATE, FeeFloor::NONE);
	for members in [&[0, 1, 2][..], &[0, 1, 3], &[0, 2, 3], &[1, 2, 3], &[0, 1, 2, 3]] {
		let signed = draft.signed_by(members);
		assert_eq!(signed.weight().to_wu(), draft.selection.weight.0);
		assert_eq!(vault.verdict(&signed)["allowed"], true, "{members:?}");
	}
	assert_as_planned(&vault, &draft, &draft.signed());
}

#[test]
fn the_largest_batch_is_relayed() {
	let committee = Committee::new(15, 1);
	let scripts: Vec<PayoutScript> =
		requests(&committee).into_iter().map(|request| request.script).collect();
	let requests: Vec<Request> = (0..100)
		.map(|id| Request {
			id,
			script: scripts[id as usize % scripts.len()],
			amount: Sats(100_000 + id),
			max_fee: Sats(1_000_000),
		})
		.collect();
	// With the change and the fixed address these are 25 inputs.
	let vault = Vault::open(committee, 23);
	let draft = vault.draft(&requests, RATE, FeeFloor::NONE);
	assert_as_planned(&vault, &draft, &draft.signed());
	assert_eq!(vault.coins.iter().map(|coin| coin.value.0).sum::<u64>(), CHANGE + 24 * DEPOSIT);
}

#[test]
fn one_signature_too_few_is_refused_in_any_input() {
	for n in [2, 3, 4, 15] {
		let vault = Vault::open(Committee::new(n, 1), 1);
		let draft = vault.draft(&requests(&vault.committee), RATE, FeeFloor::NONE);
		let committee = &vault.committee;
		let quorum = committee.quorum();
		for weak in 0..vault.coins.len() {
			let transaction = draft.with_stacks(|input| {
				let signatures = committee.sign(&quorum, draft.sighash(input));
				let mut stack = committee.multisig.witness(&signatures).unwrap();
				if input == weak {
					stack.iter_mut().find(|element| !element.is_empty()).unwrap().clear();
				}
				stack
			});
			assert_unspendable(&vault, &transaction);
		}
		assert_as_planned(&vault, &draft, &draft.signed());
	}
}

#[test]
fn one_signature_too_many_is_refused() {
	let vault = Vault::open(Committee::new(4, 1), 1);
	let draft = vault.draft(&requests(&vault.committee), RATE, FeeFloor::NONE);
	let everybody = draft.with_stacks(|input| {
		let signatures = vault.committee.sign(&[0, 1, 2, 3], draft.sighash(input));
		signatures.into_iter().rev().map(|signature| signature.unwrap().0.to_vec()).collect()
	});
	assert_unspendable(&vault, &everybody);
}

#[test]
fn signatures_of_others_are_refused() {
	let vault = Vault::open(Committee::new(4, 1), 1);
	let draft = vault.draft(&requests(&vault.committee), RATE, FeeFloor::NONE);
	let quorum = vault.committee.quorum();
	let others = Committee::new(4, 2);
	let by_others = draft.with_stacks(|input| {
		let signatures = others.sign(&quorum, draft.sighash(input));
		others.multisig.witness(&signatures).unwrap()
	});
	assert_unspendable(&vault, &by_others);
	let by_one_other = draft.with_stacks(|input| {
		let mut signatures = vault.committee.sign(&quorum, draft.sighash(input));
		signatures[quorum[0]] = Some(others.members[0].sign(draft.sighash(input)));
		vault.committee.multisig.witness(&signatures).unwrap()
	});
	assert_unspendable(&vault, &by_one_other);
}

#[test]
fn a_signature_fits_one_input_of_one_transaction() {
	let vault = Vault::open(Committee::new(3, 1), 1);
	let requests = requests(&vault.committee);
	let draft = vault.draft(&requests, RATE, FeeFloor::NONE);
	let other = vault.draft(&requests, FeeRate(4_000), FeeFloor::NONE);
	let quorum = vault.committee.quorum();
	let stack = |sighash| {
		vault.committee.multisig.witness(&vault.committee.sign(&quorum, sighash)).unwrap()
	};
	assert_unspendable(&vault, &draft.with_stacks(|input| stack(other.sighash(input))));
	let inputs = vault.coins.len();
	let shifted = draft.with_stacks(|input| stack(draft.sighash((input + 1) % inputs)));
	assert_unspendable(&vault, &shifted);
	let mut changed = draft.signed();
	changed.output[FIRST_PAYOUT_VOUT as usize].value -= bitcoin::Amount::ONE_SAT;
	assert_unspendable(&vault, &changed);
}
