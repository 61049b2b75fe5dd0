//! Whether a transaction funds a bond.

use super::{bond_output, BondTerms, FundedBond, TermsError};
use crate::{
	transaction::{read_without_witnesses, txid, Unreadable},
	Crypto, OutPoint, Sats,
};
use codec::{Decode, DecodeWithMemTracking, Encode};
use core::fmt;
use scale_info::TypeInfo;
use serde::{Deserialize, Serialize};

/// Why a transaction does not fund a bond.
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
pub enum FundingError {
	/// No bond may be made on these terms.
	Terms(TermsError),
	/// The bytes are not one transaction in full and nothing after it.
	Malformed,
	/// It comes with its witnesses.
	HasWitness,
	/// It is a coinbase, which nothing may spend for a hundred blocks.
	Coinbase,
	/// It has no output of this index.
	NoSuchOutput,
	/// The output does not pay to the bond's script.
	NoBondOutput,
	/// Another output pays to the bond's script too.
	SeveralBondOutputs,
	/// The output holds too little.
	TooLittle {
		/// The least that it must hold.
		least: Sats,
	},
	/// The output holds more than will ever exist.
	TooMuch,
}

impl fmt::Display for FundingError {
	fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
		f.write_str(match self {
			Self::Terms(error) => return error.fmt(f),
			Self::Malformed => "this is not a transaction",
			Self::HasWitness => "the transaction must be without its witnesses",
			Self::Coinbase => "newly mined coins must be moved before they are bonded",
			Self::NoSuchOutput => "the transaction has no such output",
			Self::NoBondOutput => "the output does not pay to the bond's address",
			Self::SeveralBondOutputs => "only one output may pay to the bond's address",
			Self::TooLittle { least } => return write!(f, "a bond must hold at least {least}"),
			Self::TooMuch => "the output holds more than will ever exist",
		})
	}
}

impl From<Unreadable> for FundingError {
	fn from(unreadable: Unreadable) -> Self {
		match unreadable {
			Unreadable::Malformed => Self::Malformed,
			Unreadable::HasWitness => Self::HasWitness,
		}
	}
}

/// Whether a transaction, given without its witnesses, funds a bond on these terms by its output
/// `vout`; if so, the coin. The bond must hold `min`, and in any case
/// [`BondRules::min_value`](super::BondRules::min_value).
///
/// The coin is named by the id of these bytes. Scripts of inputs that are outside of witnesses must
/// therefore stand in them already; coins of segregated witness have none.
pub fn check_funding<C: Crypto>(
	raw: &[u8],
	vout: u32,
	terms: &BondTerms,
	min: Sats,
) -> Result<FundedBond, FundingError> {
	terms.check::<C>().map_err(FundingError::Terms)?;
	let transaction = read_without_witnesses(raw)?;
	if transaction.input.iter().any(|input| input.previous_output.is_null()) {
		return Err(FundingError::Coinbase);
	}
	let script = bond_output::<C>(terms).map(|output| output.script_pubkey().to_bytes());
	let script = script.ok_or(FundingError::Terms(TermsError::NoSuchKey))?;
	let pays = |output: &&bitcoin::TxOut| output.script_pubkey.as_bytes() == script;
	let output = usize::try_from(vout)
		.ok()
		.and_then(|vout| transaction.output.get(vout))
		.ok_or(FundingError::NoSuchOutput)?;
	if !pays(&output) {
		return Err(FundingError::NoBondOutput);
	}
	if transaction.output.iter().filter(pays).count() > 1 {
		return Err(FundingError::SeveralBondOutputs);
	}
	let value = Sats(output.value.to_sat());
	if value > Sats::MAX_MONEY {
		return Err(FundingError::TooMuch);
	}
	let least = terms.rules.min_value().unwrap_or(Sats::MAX_MONEY).max(min);
	if value < least {
		return Err(FundingError::TooLittle { least });
	}
	Ok(FundedBond { outpoint: OutPoint { txid: txid::<C>(&transaction), vout }, value })
}
