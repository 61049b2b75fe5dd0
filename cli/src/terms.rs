//! The terms of a deposit, in a file: all that it takes to claim it, or to take it back without any
//! node of the network, however many years later.

use crate::{committee::CommitteeKeys, file};
use entangled_bitcoin::{
	script::{deposit_output, fixed_commitment},
	taproot::TaprootOutput,
	ChainId, Destination, Native, Network, PayoutScript, Refund,
};
use pallet_peg::DepositTerms;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::path::Path;

/// What the field `format` of such a file says.
const FORMAT: &str = "entangled-deposit-terms";
/// The version of the format that this program writes and reads.
const VERSION: u32 = 1;

/// The terms of a deposit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Terms {
	format: String,
	version: u32,
	/// The network on which the deposit is paid.
	pub network: Network,
	/// The Entangled chain, by the hash of its first block. The address commits to it.
	pub genesis: ChainId,
	/// The committee that is paid.
	pub committee: CommitteeKeys,
	/// Where the deposit goes.
	pub destination: Destination,
	/// Who can take it back, and after how many blocks. `null`: it is paid to the fixed address,
	/// and nobody can.
	pub refund: Option<Refund>,
	/// The address, for people. It follows from the rest, and is checked.
	pub address: String,
}

/// Why a file is not the terms of a deposit.
#[derive(Debug, thiserror::Error)]
pub enum TermsError {
	/// It is not JSON, or has not this format's name.
	#[error("this is not a file with the terms of a deposit, as `entangled deposit address --save` writes it")]
	OtherFormat,
	/// Its version is another.
	#[error("the file has version {0} of its format, and this program knows version {VERSION}; take a newer release")]
	OtherVersion(u64),
	/// A field is missing, unknown or wrong.
	#[error("the file is damaged: {0}")]
	Malformed(String),
	/// The fields are right, but not written as this program writes them.
	#[error("the file is damaged: a part of it is not written as this program writes it")]
	NotCanonical,
	/// There is no address on these terms.
	#[error(
		"there is no address on these terms: the refund's delay must be from 1 to 65535 blocks"
	)]
	NoAddress,
	/// The address is not that of the terms.
	#[error(
		"the file is damaged: its address is {written}, but its terms give {derived}. Do not pay to \
		 either before you have found out why"
	)]
	OtherAddress {
		/// What the file says.
		written: String,
		/// What the terms give.
		derived: String,
	},
}

impl Terms {
	/// The terms of a deposit to this committee. With a refund the address is the depositor's own;
	/// without one it is the fixed address.
	pub fn new(
		network: Network,
		genesis: ChainId,
		committee: CommitteeKeys,
		destination: Destination,
		refund: Option<Refund>,
	) -> Result<Self, TermsError> {
		let mut terms = Self {
			format: FORMAT.into(),
			version: VERSION,
			network,
			genesis,
			committee,
			destination,
			refund,
			address: String::new(),
		};
		terms.address = terms.derive_address()?;
		Ok(terms)
	}

	/// Reads the terms from a file's text, and checks them.
	pub fn parse(text: &str) -> Result<Self, TermsError> {
		let value: Value = serde_json::from_str(text).map_err(|_| TermsError::OtherFormat)?;
		if value.get("format").and_then(Value::as_str) != Some(FORMAT) {
			return Err(TermsError::OtherFormat);
		}
		match value.get("version").and_then(Value::as_u64) {
			Some(version) if version == u64::from(VERSION) => (),
			Some(other) => return Err(TermsError::OtherVersion(other)),
			None => return Err(TermsError::Malformed("it has no version".into())),
		}
		// From the text, not from the value: of two fields with one name the value keeps the last.
		let terms: Self =
			serde_json::from_str(text).map_err(|error| TermsError::Malformed(error.to_string()))?;
		// Catches what is unknown deeper down, and hexadecimal digits in capitals.
		if serde_json::to_value(&terms).ok() != Some(value) {
			return Err(TermsError::NotCanonical);
		}
		let derived = terms.derive_address()?;
		if derived != terms.address {
			return Err(TermsError::OtherAddress { written: terms.address, derived });
		}
		Ok(terms)
	}

	/// Reads the terms from a file, and checks them.
	pub fn load(path: &Path) -> anyhow::Result<Self> {
		use anyhow::Context;
		Self::parse(&file::read(path)?).with_context(|| path.display().to_string())
	}

	/// The file's text.
	pub fn to_json(&self) -> String {
		// A struct of plain fields cannot fail to serialise.
		serde_json::to_string_pretty(self).unwrap_or_default() + "\n"
	}

	/// What the deposit script commits to.
	pub fn commitment(&self) -> [u8; 32] {
		match self.refund {
			Some(_) => self.destination.commitment::<Native>(self.genesis),
			None => fixed_commitment::<Native>(self.genesis),
		}
	}

	/// The output that the deposit pays to.
	pub fn output(&self) -> Result<TaprootOutput, TermsError> {
		let committee =
			self.committee.multisig().map_err(|error| TermsError::Malformed(error.to_string()))?;
		deposit_output::<Native>(&committee, &self.commitment(), self.refund.as_ref())
			.ok_or(TermsError::NoAddress)
	}

	/// The script of that output.
	pub fn script(&self) -> Result<[u8; 34], TermsError> {
		Ok(self.output()?.script_pubkey().to_bytes())
	}

	fn derive_address(&self) -> Result<String, TermsError> {
		Ok(PayoutScript::P2tr(self.output()?.key).to_address(self.network))
	}

	/// The terms as the chain takes them.
	pub fn for_chain(&self) -> DepositTerms {
		let committee = self.committee.id;
		match self.refund {
			Some(refund) => DepositTerms::Own { committee, destination: self.destination, refund },
			None => DepositTerms::Fixed { committee },
		}
	}
}
