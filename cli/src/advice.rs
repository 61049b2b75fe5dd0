//! What to do when the chain refuses.

use entangled_runtime::{Runtime, RuntimeError};
use pallet_sequencer_staking::Error;

/// What to do, where the error's name does not say it.
pub fn advice(error: &RuntimeError) -> Option<&'static str> {
	match error {
		RuntimeError::SequencerStaking(error) => staking(error),
		_ => None,
	}
}

fn staking(error: &Error<Runtime>) -> Option<&'static str> {
	Some(match error {
		Error::UnknownSequencer => {
			"whoever wants to be a sequencer stakes first: entangled sequencer stake"
		},
		Error::UnknownBond => "look whether the output is the one that was registered",
		Error::UnknownCovenant => {
			"another committee serves by now: make a new address with entangled bond address"
		},
		Error::TimelockOutOfRange => "see the limits with entangled sequencer list",
		Error::InvalidKey => "take another key, one for each bond",
		Error::WrongScript => {
			"the rules have changed since: make a new address with entangled bond address"
		},
		Error::SeveralOutputs => "pay to the bond's address once",
		Error::AlreadyRegistered => "look with entangled bond status how far it is",
		Error::WrongBondSlashSignature | Error::WrongUnbondingSlashSignature => {
			"the rules have changed since: make a new address, and sign anew"
		},
		Error::TooManyBonds | Error::Banned => "choose another sequencer, with a new address",
		Error::NotApproved => "wait until the covenant has signed the way out",
		Error::NotDropped => "wait for the deadline that entangled bond status shows",
		Error::NotOwner => "sign as the account whose bond it is",
		Error::NotReleased => "entangled bond status shows from when on the coin is free",
		Error::FundedTooEarly | Error::FundedTooLate => {
			"such a bond never counts: leave with entangled bond unbond --only-transaction"
		},
		Error::CustodyFull => "try again when the peg has swept what waits",
		Error::BlockNotFinal => "wait for more of Bitcoin's blocks",
		Error::Frozen | Error::Stale => "nothing that needs Bitcoin works until it goes on",
		Error::InsufficientBalance => "see with entangled account what the account has",
		Error::BelowMinimumStake => {
			"entangled sequencer list shows the least; to take all of it back, chill first"
		},
		Error::TooManyUnlocking | Error::NothingUnlocked => {
			"entangled sequencer status shows what is unlocked when"
		},
		Error::CommissionTooHigh | Error::CommissionRisesTooFast | Error::CommissionTooSoon => {
			"entangled sequencer list shows the limits"
		},
		Error::StillJailed => "entangled sequencer status shows until when",
		Error::NoSessionKeys => "register them first: entangled sequencer keys",
		_ => return None,
	})
}
