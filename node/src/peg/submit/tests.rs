// SPDX-License-Identifier: GPL-3.0-or-later WITH Classpath-exception-2.0

use super::*;
use codec::Encode;
use pallet_peg::Error;
use polkadot_sdk::sp_runtime::transaction_validity::UnknownTransaction;

#[test]
fn what_is_there_already_is_no_failure() {
	for (error, submission) in [
		(PoolError::AlreadyImported(Box::new(())), Submission::Known),
		(PoolError::TooLowPriority { old: 2, new: 1 }, Submission::Known),
		(PoolError::InvalidTransaction(InvalidTransaction::Stale), Submission::Late),
	] {
		assert_eq!(Submission::of(error), submission);
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
		assert!(matches!(Submission::of(error), Submission::Postponed(_)));
	}
}

fn of(error: &Error<Runtime>) -> Submission {
	let code = error.encode()[0];
	Submission::of(PoolError::InvalidTransaction(InvalidTransaction::Custom(code)))
}

#[test]
fn refusals_have_the_names_of_the_pallets_errors() {
	let late = [Error::AlreadyClaimed, Error::AlreadySigned];
	let postponed = [
		Error::UnknownBatch,
		Error::UnknownAttempt,
		Error::NoCandidate,
		Error::BlockNotFinal,
		Error::Halted,
		Error::Frozen,
		Error::Stale,
	];
	let for_good = [
		Error::WrongProof,
		Error::TransactionTooLong,
		Error::InvalidRefundKey,
		Error::NoSuchOutput,
		Error::NoDestination,
		Error::ReserveTakesFixedOnly,
		Error::UnknownAccount,
	];
	let codes =
		|errors: &[Error<Runtime>]| errors.iter().map(|e| e.encode()[0]).collect::<Vec<_>>();
	let named = [codes(&late), codes(&postponed), codes(&for_good)].concat();
	for error in &late {
		assert_eq!(of(error), Submission::Late);
	}
	for error in &postponed {
		assert_eq!(of(error), Submission::Postponed(format!("{error:?}")));
	}
	for error in &for_good {
		assert_eq!(of(error), Submission::RefusedForGood(format!("{error:?}")));
	}
	// All others may be good at another block.
	let mut others = 0;
	for code in 0..=u8::MAX {
		let Ok(error) = Error::<Runtime>::decode(&mut &[code][..]) else { continue };
		if !named.contains(&code) {
			assert_eq!(of(&error), Submission::Refused(format!("{error:?}")));
			others += 1;
		}
	}
	assert!(others > 20);
	assert_eq!(of(&Error::BelowMinimum), Submission::Refused("BelowMinimum".into()));
	let unknown = PoolError::InvalidTransaction(InvalidTransaction::Custom(255));
	assert_eq!(Submission::of(unknown), Submission::Refused("code 255".into()));
}

#[test]
fn refusals_make_the_pause_longer_up_to_a_limit() {
	let pauses = (0..8).map(pause).collect::<Vec<_>>();
	assert_eq!(pauses, [4, 8, 16, 32, 64, 128, 128, 128]);
	assert_eq!(pause(u32::MAX), 128);
}
