//! What a bond is made from, in a file: all that it takes to register it, or to leave without any node
//! of the network, however many years later.

use crate::{
	chain::staking::{Bond, OfferedTerms},
	document::{self, Document, DocumentError},
	parse,
};
use entangled_bitcoin::{
	bond::{bond_output, BondTerms, FundedBond},
	Native, Network, PayoutScript, Signature, TaprootScript,
};
use entangled_runtime::AccountId;
use pallet_sequencer_staking::{CovenantId, Duty};
use serde::{Deserialize, Serialize};
use std::path::Path;

/// A bond in a file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct BondFile {
	format: String,
	version: u32,
	/// The network on which it is.
	pub network: Network,
	/// Whom it is for.
	#[serde(with = "parse::ss58_text")]
	pub sequencer: AccountId,
	/// The number of the committee that is its covenant.
	pub covenant: CovenantId,
	/// What its scripts and transactions are made from.
	pub terms: BondTerms,
	/// The address, for people. It follows from the terms, and is checked.
	pub address: String,
	/// What became of it by the time at which the file was written; `null` before it is registered.
	pub registered: Option<Registered>,
}

/// A bond that is registered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Registered {
	/// The coin.
	pub coin: FundedBond,
	/// The covenant's signatures of the unbonding transaction, in the order of its keys.
	pub way_out: Vec<Option<Signature>>,
}

/// Why a file is not a bond.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum BondFileError {
	/// It is no such file, or is damaged.
	#[error(transparent)]
	Document(#[from] DocumentError),
	/// No bond may be made on these terms.
	#[error("the file is damaged: {0}")]
	Terms(String),
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

impl Document for BondFile {
	const FORMAT: &'static str = "entangled-bond";
	const VERSION: u32 = 1;
	const IS: &'static str = "a file with a bond, as `entangled bond address --save`";
}

impl BondFile {
	/// Of terms that a node offers.
	pub fn offered(
		network: Network,
		sequencer: AccountId,
		told: &OfferedTerms,
	) -> Result<Self, BondFileError> {
		Self::new(network, sequencer, told.covenant, told.terms.clone(), None)
	}

	/// Of a bond on record.
	pub fn of(network: Network, bond: &Bond) -> Result<Self, BondFileError> {
		let way_out = bond.duty(Duty::Unbonding).map(|(_, spend)| spend.signatures.clone());
		let registered = Registered { coin: bond.coin(), way_out: way_out.unwrap_or_default() };
		let (sequencer, terms) = (bond.sequencer.clone(), bond.terms.clone());
		Self::new(network, sequencer, bond.covenant, terms, Some(registered))
	}

	fn new(
		network: Network,
		sequencer: AccountId,
		covenant: CovenantId,
		terms: BondTerms,
		registered: Option<Registered>,
	) -> Result<Self, BondFileError> {
		let mut file = Self {
			format: Self::FORMAT.into(),
			version: Self::VERSION,
			network,
			sequencer,
			covenant,
			terms,
			address: String::new(),
			registered,
		};
		file.address = file.derive_address()?;
		Ok(file)
	}

	/// Reads a file's text, and checks it.
	pub fn parse(text: &str) -> Result<Self, BondFileError> {
		let file: Self = document::parse(text)?;
		let derived = file.derive_address()?;
		if derived != file.address {
			return Err(BondFileError::OtherAddress { written: file.address, derived });
		}
		Ok(file)
	}

	/// Reads a file, and checks it.
	pub fn load(path: &Path) -> anyhow::Result<Self> {
		document::load(path, Self::parse)
	}

	/// Whose it is.
	pub fn owner(&self) -> AccountId {
		self.terms.owner.into()
	}

	/// The script that it pays to.
	pub fn script(&self) -> Result<TaprootScript, BondFileError> {
		self.terms.check::<Native>().map_err(|error| BondFileError::Terms(error.to_string()))?;
		bond_output::<Native>(&self.terms)
			.map(|output| output.script_pubkey())
			.ok_or_else(|| BondFileError::Terms("its timelock is zero".into()))
	}

	fn derive_address(&self) -> Result<String, BondFileError> {
		Ok(PayoutScript::P2tr(self.script()?.0).to_address(self.network))
	}
}
