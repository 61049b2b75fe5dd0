// SPDX-License-Identifier: GPL-3.0-or-later WITH Classpath-exception-2.0

//! What it means when the chain refuses a transaction of ours: the code of the refusal is the index of
//! the pallet's error.

use super::{Message, Submission};
use codec::Decode;
use entangled_runtime::Runtime;

impl Message {
	/// What it means when this is refused with a code.
	pub fn refusal(&self, code: u8) -> Submission {
		match self {
			Self::Claim { .. }
			| Self::Settle { .. }
			| Self::Front { .. }
			| Self::Sign { .. }
			| Self::ProveLife { .. } => by_the_peg(code),
			Self::Activate { .. } | Self::ReportSpend { .. } | Self::SignDuty { .. } => {
				by_staking(code)
			},
		}
	}
}

fn by_the_peg(code: u8) -> Submission {
	use pallet_peg::Error;
	let Ok(error) = Error::<Runtime>::decode(&mut &[code][..]) else { return unknown(code) };
	let name = format!("{error:?}");
	match error {
		Error::AlreadyClaimed | Error::AlreadySigned => Submission::Late,
		// Our block knew the batch, or saw Bitcoin's block final; the pool's does not yet, or
		// not any more.
		Error::UnknownBatch
		| Error::UnknownAttempt
		| Error::NoCandidate
		| Error::BlockNotFinal
		| Error::Halted
		| Error::Frozen
		| Error::Stale => Submission::Postponed(name),
		// No state of the chain makes these good.
		Error::WrongProof
		| Error::TransactionTooLong
		| Error::InvalidRefundKey
		| Error::NoSuchOutput
		| Error::NoDestination
		| Error::ReserveTakesFixedOnly
		| Error::UnknownAccount => Submission::RefusedForGood(name),
		_ => Submission::Refused(name),
	}
}

fn by_staking(code: u8) -> Submission {
	use pallet_sequencer_staking::Error;
	let Ok(error) = Error::<Runtime>::decode(&mut &[code][..]) else { return unknown(code) };
	let name = format!("{error:?}");
	match error {
		Error::AlreadySigned | Error::AlreadyActive | Error::Ended | Error::NothingNew => {
			Submission::Late
		},
		// The pool's block does not know the bond yet, or does not ask for this any more; or the
		// bond's coin is still the one's that it extends; or the peg must sweep first.
		Error::CustodyFull
		| Error::UnknownBond
		| Error::NotAsked
		| Error::NotActive
		| Error::BlockNotFinal
		| Error::Frozen
		| Error::Stale => Submission::Postponed(name),
		// No state of the chain makes these good.
		Error::WrongProof | Error::TransactionTooLong | Error::NotTheFunding | Error::NotASpend => {
			Submission::RefusedForGood(name)
		},
		// When a bond was registered is another matter on another fork.
		_ => Submission::Refused(name),
	}
}

fn unknown(code: u8) -> Submission {
	Submission::Refused(format!("code {code}"))
}
