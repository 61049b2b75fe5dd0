//! Whether a transaction is the one that it should be.

use super::{
	extension_transaction, slashing_transaction, unbonding_transaction, BondTerms, CovenantSpend,
	FundedBond, Slashable,
};
use crate::{
	transaction::{read_without_witnesses, Unreadable},
	Crypto,
};
use bitcoin::Transaction;
use codec::{Decode, DecodeWithMemTracking, Encode};
use core::fmt;
use scale_info::TypeInfo;
use serde::{Deserialize, Serialize};

/// In what a transaction differs from the one that it should be, first things first.
#[derive(
	Clone,
	Copy,
	Debug,
	PartialEq,
	Eq,
	Encode,
	Decode,
	DecodeWithMemTracking,
	TypeInfo,
	Serialize,
	Deserialize,
)]
#[serde(rename_all = "camelCase")]
pub enum Deviation {
	/// The terms and the bond's value give no such transaction at all.
	Impossible,
	/// The bytes are not one transaction in full and nothing after it.
	Malformed,
	/// It comes with a witness. It is to be signed, and its signatures are sent beside it.
	HasWitness,
	/// Its version is not [`VERSION`](super::VERSION).
	WrongVersion,
	/// It has a lock time.
	WrongLockTime,
	/// It has not exactly one input.
	InputCount,
	/// It does not spend the coin that it should.
	WrongInput,
	/// The input has a script outside the witness.
	ScriptSigNotEmpty,
	/// The input's sequence is not `0xfffffffd`.
	WrongSequence,
	/// It has not as many outputs as it should.
	OutputCount,
	/// An output pays to another script.
	WrongOutputScript {
		/// Which one.
		index: u32,
	},
	/// An output holds another amount.
	WrongOutputValue {
		/// Which one.
		index: u32,
	},
}

impl fmt::Display for Deviation {
	fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
		f.write_str(match self {
			Self::Impossible => "there is no such transaction: the bond holds too little for it",
			Self::Malformed => "this is not a transaction",
			Self::HasWitness => "the transaction must be without its witness",
			Self::WrongVersion => "the transaction's version must be 3",
			Self::WrongLockTime => "the transaction's lock time must be 0",
			Self::InputCount => "the transaction must have one input",
			Self::WrongInput => "the transaction spends another coin",
			Self::ScriptSigNotEmpty => "the script of the input must be empty",
			Self::WrongSequence => "the sequence of the input must be fffffffd",
			Self::OutputCount => "the transaction has too few outputs, or too many",
			Self::WrongOutputScript { index } => {
				return write!(f, "output {index} pays to another script than it should")
			},
			Self::WrongOutputValue { index } => {
				return write!(f, "output {index} holds another amount than it should")
			},
		})
	}
}

impl From<Unreadable> for Deviation {
	fn from(unreadable: Unreadable) -> Self {
		match unreadable {
			Unreadable::Malformed => Self::Malformed,
			Unreadable::HasWitness => Self::HasWitness,
		}
	}
}

/// Whether the bytes are the bond's unbonding transaction without its witness. If so, what is to be
/// signed.
pub fn check_unbonding<C: Crypto>(
	raw: &[u8],
	terms: &BondTerms,
	bond: &FundedBond,
) -> Result<CovenantSpend, Deviation> {
	compare(raw, unbonding_transaction::<C>(terms, bond))
}

/// The same for a slashing transaction.
pub fn check_slashing<C: Crypto>(
	raw: &[u8],
	which: Slashable,
	terms: &BondTerms,
	bond: &FundedBond,
) -> Result<CovenantSpend, Deviation> {
	compare(raw, slashing_transaction::<C>(which, terms, bond))
}

/// The same for the transaction that turns the bond into one on new terms.
pub fn check_extension<C: Crypto>(
	raw: &[u8],
	terms: &BondTerms,
	bond: &FundedBond,
	new: &BondTerms,
) -> Result<CovenantSpend, Deviation> {
	compare(raw, extension_transaction::<C>(terms, bond, new))
}

fn compare(raw: &[u8], expected: Option<CovenantSpend>) -> Result<CovenantSpend, Deviation> {
	let expected = expected.ok_or(Deviation::Impossible)?;
	same(&read_without_witnesses(raw)?, &expected.transaction)?;
	Ok(expected)
}

/// What `actual` differs in. Both are without witnesses; the expected one has one input.
fn same(actual: &Transaction, expected: &Transaction) -> Result<(), Deviation> {
	let must = |holds: bool, deviation| if holds { Ok(()) } else { Err(deviation) };
	must(actual.version == expected.version, Deviation::WrongVersion)?;
	must(actual.lock_time == expected.lock_time, Deviation::WrongLockTime)?;
	must(actual.input.len() == expected.input.len(), Deviation::InputCount)?;
	for (actual, expected) in actual.input.iter().zip(&expected.input) {
		must(actual.previous_output == expected.previous_output, Deviation::WrongInput)?;
		must(actual.script_sig == expected.script_sig, Deviation::ScriptSigNotEmpty)?;
		must(actual.sequence == expected.sequence, Deviation::WrongSequence)?;
	}
	must(actual.output.len() == expected.output.len(), Deviation::OutputCount)?;
	for (index, (actual, expected)) in (0..).zip(actual.output.iter().zip(&expected.output)) {
		let script = Deviation::WrongOutputScript { index };
		must(actual.script_pubkey == expected.script_pubkey, script)?;
		must(actual.value == expected.value, Deviation::WrongOutputValue { index })?;
	}
	Ok(())
}
