// SPDX-License-Identifier: GPL-3.0-or-later WITH Classpath-exception-2.0

use super::*;
use codec::{Decode, Encode};
use entangled_bitcoin::{inclusion::InclusionProof, Txid};
use entangled_runtime::Runtime;
use polkadot_sdk::sp_runtime::transaction_validity::UnknownTransaction;
use std::collections::HashMap;

fn claim() -> Arc<InclusionClaim> {
	let proof = InclusionProof { transaction: vec![], index: 0, siblings: vec![] };
	Arc::new(InclusionClaim { block: Default::default(), proof })
}

fn settle() -> Message {
	Message::Settle { claim: claim() }
}

#[test]
fn what_is_there_already_is_no_failure() {
	for (error, submission) in [
		(PoolError::AlreadyImported(Box::new(())), Submission::Known),
		(PoolError::TooLowPriority { old: 2, new: 1 }, Submission::Known),
		(PoolError::InvalidTransaction(InvalidTransaction::Stale), Submission::Late),
	] {
		assert_eq!(Submission::of(&settle(), error), submission);
	}
}

#[test]
fn what_the_pool_cannot_take_now_is_tried_again() {
	for error in [
		PoolError::ImmediatelyDropped,
		PoolError::InvalidBlockId("x".into()),
		// Whatever it was banned for. At the next block it is another transaction.
		PoolError::TemporarilyBanned,
		PoolError::UnknownTransaction(UnknownTransaction::CannotLookup),
	] {
		assert!(matches!(Submission::of(&settle(), error), Submission::Postponed(_)));
	}
}

/// The names of all errors that a message may be refused with, and what each means.
fn refusals<E: Encode + Decode + std::fmt::Debug>(
	message: &Message,
) -> HashMap<String, Submission> {
	(0..=u8::MAX)
		.filter_map(|code| {
			let error = E::decode(&mut &[code][..]).ok()?;
			assert_eq!(error.encode()[0], code);
			let refusal = PoolError::InvalidTransaction(InvalidTransaction::Custom(code));
			Some((format!("{error:?}"), Submission::of(message, refusal)))
		})
		.collect()
}

/// Those named are what they are said to be, and all others may be good at another block.
fn check(mut refusals: HashMap<String, Submission>, late: &[&str], later: &[&str], never: &[&str]) {
	for name in late {
		assert_eq!(refusals.remove(*name), Some(Submission::Late), "{name}");
	}
	for name in later {
		let postponed = Submission::Postponed(name.to_string());
		assert_eq!(refusals.remove(*name), Some(postponed), "{name}");
	}
	for name in never {
		let refused = Submission::RefusedForGood(name.to_string());
		assert_eq!(refusals.remove(*name), Some(refused), "{name}");
	}
	assert!(refusals.len() > 20);
	for (name, meaning) in refusals {
		assert_eq!(meaning, Submission::Refused(name));
	}
}

#[test]
fn refusals_have_the_names_of_the_pallets_errors() {
	let later = [
		"UnknownBatch",
		"UnknownAttempt",
		"NoCandidate",
		"BlockNotFinal",
		"Halted",
		"Frozen",
		"Stale",
	];
	let never = [
		"WrongProof",
		"TransactionTooLong",
		"InvalidRefundKey",
		"NoSuchOutput",
		"NoDestination",
		"ReserveTakesFixedOnly",
		"UnknownAccount",
	];
	let peg = refusals::<pallet_peg::Error<Runtime>>(&settle());
	check(peg, &["AlreadyClaimed", "AlreadySigned"], &later, &never);

	let late = ["AlreadySigned", "AlreadyActive", "Ended", "NothingNew"];
	let later =
		["CustodyFull", "UnknownBond", "NotAsked", "NotActive", "BlockNotFinal", "Frozen", "Stale"];
	let never = ["WrongProof", "TransactionTooLong", "NotTheFunding", "NotASpend"];
	let outpoint = OutPoint { txid: Txid([1; 32]), vout: 0 };
	for message in [
		Message::Activate { outpoint, claim: claim() },
		Message::ReportSpend { outpoint, claim: claim() },
		Message::SignDuty {
			outpoint,
			duty: Duty::Slash,
			key: XOnlyKey([1; 32]),
			signatures: vec![],
		},
	] {
		let staking = refusals::<pallet_sequencer_staking::Error<Runtime>>(&message);
		check(staking, &late, &later, &never);
		assert_eq!(message.refusal(255), Submission::Refused("code 255".into()));
	}
	assert_eq!(settle().refusal(255), Submission::Refused("code 255".into()));
}

#[test]
fn refusals_make_the_pause_longer_up_to_a_limit() {
	let pauses = (0..8).map(pause).collect::<Vec<_>>();
	assert_eq!(pauses, [4, 8, 16, 32, 64, 128, 128, 128]);
	assert_eq!(pause(u32::MAX), 128);
}

#[test]
fn codes_of_another_runtime_end_nothing() {
	assert!(is_ours(VERSION.spec_version));
	assert!(!is_ours(VERSION.spec_version + 1));
	let reason = String::from("WrongProof");
	let refused = Submission::RefusedForGood(reason.clone()).of_another_runtime();
	assert_eq!(refused, Submission::Refused(reason));
	for other in [Submission::Accepted, Submission::Late, Submission::Postponed("x".into())] {
		assert_eq!(other.clone().of_another_runtime(), other);
	}
}
