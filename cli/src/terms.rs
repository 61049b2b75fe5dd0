//! The terms of a deposit, in a file: all that it takes to claim it, or to take it back without any
//! node of the network, however many years later.

use crate::{
	committee::CommitteeKeys,
	document::{self, Document, DocumentError},
};
use entangled_bitcoin::{
	script::{deposit_output, fixed_commitment},
	taproot::TaprootOutput,
	ChainId, Destination, MultisigError, Native, Network, PayoutScript, Refund,
};
use pallet_peg::DepositTerms;
use serde::{Deserialize, Serialize};
use std::path::Path;

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
	/// It is no such file, or is damaged.
	#[error(transparent)]
	Document(#[from] DocumentError),
	/// The committee is none.
	#[error("the file is damaged: {0}")]
	Committee(MultisigError),
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

impl Document for Terms {
	const FORMAT: &'static str = "entangled-deposit-terms";
	const VERSION: u32 = 1;
	const IS: &'static str =
		"a file with the terms of a deposit, as `entangled deposit address --save`";
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
			format: Self::FORMAT.into(),
			version: Self::VERSION,
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
		let terms: Self = document::parse(text)?;
		let derived = terms.derive_address()?;
		if derived != terms.address {
			return Err(TermsError::OtherAddress { written: terms.address, derived });
		}
		Ok(terms)
	}

	/// Reads the terms from a file, and checks them.
	pub fn load(path: &Path) -> anyhow::Result<Self> {
		document::load(path, Self::parse)
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
		let committee = self.committee.multisig().map_err(TermsError::Committee)?;
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
