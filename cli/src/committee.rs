//! The committee's keys, from which addresses are derived, and the file that hands them on.

use crate::file;
use anyhow::Context;
use entangled_bitcoin::{
	script::custody_output, ChainId, Multisig, MultisigError, Native, Network, PayoutScript,
	XOnlyKey,
};
use pallet_peg::CommitteeId;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::path::Path;

/// What the field `format` of such a file says.
const FORMAT: &str = "entangled-committee";
/// The version of the format that this program writes and reads.
const VERSION: u32 = 1;

/// What a committee's scripts are made of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CommitteeKeys {
	/// Its number on the chain.
	pub id: CommitteeId,
	/// The members' keys, ascending.
	pub keys: Vec<XOnlyKey>,
	/// How many of them must sign.
	pub threshold: u32,
}

impl CommitteeKeys {
	/// The committee's part of its scripts.
	pub fn multisig(&self) -> Result<Multisig, MultisigError> {
		Multisig::new(self.keys.clone(), self.threshold)
	}

	/// The address of what the committee holds. It stands for the keys where people compare them.
	pub fn custody_address(&self, network: Network) -> anyhow::Result<String> {
		let multisig = self.multisig().map_err(|error| anyhow::anyhow!("{error}"))?;
		let output = custody_output::<Native>(&multisig).context("these keys make no output")?;
		Ok(PayoutScript::P2tr(output.key).to_address(network))
	}
}

/// A committee in a file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CommitteeFile {
	format: String,
	version: u32,
	/// The Bitcoin network that it holds coins on.
	pub network: Network,
	/// The Entangled chain, by the hash of its first block. Its addresses commit to it.
	pub genesis: ChainId,
	/// The keys.
	pub committee: CommitteeKeys,
}

/// Why a file is not a committee.
#[derive(Debug, thiserror::Error)]
pub enum CommitteeError {
	/// It is not JSON, or has not this format's name.
	#[error("this is not a file with a committee, as `entangled committee --save` writes it")]
	OtherFormat,
	/// Its version is another.
	#[error("the file has another version of its format than {VERSION}; take a newer release")]
	OtherVersion,
	/// A field is missing, unknown or wrong.
	#[error("the file is damaged: {0}")]
	Malformed(String),
}

impl CommitteeFile {
	/// A file for this committee.
	pub fn new(network: Network, genesis: ChainId, committee: CommitteeKeys) -> Self {
		Self { format: FORMAT.into(), version: VERSION, network, genesis, committee }
	}

	/// Reads the committee from a file's text.
	pub fn parse(text: &str) -> Result<Self, CommitteeError> {
		let value: Value = serde_json::from_str(text).map_err(|_| CommitteeError::OtherFormat)?;
		if value.get("format").and_then(Value::as_str) != Some(FORMAT) {
			return Err(CommitteeError::OtherFormat);
		}
		if value.get("version").and_then(Value::as_u64) != Some(VERSION.into()) {
			return Err(CommitteeError::OtherVersion);
		}
		let file: Self = serde_json::from_str(text)
			.map_err(|error| CommitteeError::Malformed(error.to_string()))?;
		file.committee.multisig().map_err(|error| CommitteeError::Malformed(error.to_string()))?;
		Ok(file)
	}

	/// Reads a file.
	pub fn load(path: &Path) -> anyhow::Result<Self> {
		Self::parse(&file::read(path)?).with_context(|| path.display().to_string())
	}

	/// The file's text.
	pub fn to_json(&self) -> String {
		// A struct of plain fields cannot fail to serialise.
		serde_json::to_string_pretty(self).unwrap_or_default() + "\n"
	}
}
