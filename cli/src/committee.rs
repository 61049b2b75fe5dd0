//! The committee's keys, from which addresses are derived, and the file that hands them on.

use crate::document::{self, Document, DocumentError};
use anyhow::Context;
use entangled_bitcoin::{
	script::custody_output, ChainId, Multisig, MultisigError, Native, Network, PayoutScript,
	XOnlyKey,
};
use pallet_peg::CommitteeId;
use serde::{Deserialize, Serialize};
use std::path::Path;

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
	/// It is no such file, or is damaged.
	#[error(transparent)]
	Document(#[from] DocumentError),
	/// The keys are no committee.
	#[error("the file is damaged: {0}")]
	Keys(MultisigError),
}

impl Document for CommitteeFile {
	const FORMAT: &'static str = "entangled-committee";
	const VERSION: u32 = 1;
	const IS: &'static str = "a file with a committee, as `entangled committee --save`";
}

impl CommitteeFile {
	/// A file for this committee.
	pub fn new(network: Network, genesis: ChainId, committee: CommitteeKeys) -> Self {
		Self { format: Self::FORMAT.into(), version: Self::VERSION, network, genesis, committee }
	}

	/// Reads the committee from a file's text.
	pub fn parse(text: &str) -> Result<Self, CommitteeError> {
		let file: Self = document::parse(text)?;
		file.committee.multisig().map_err(CommitteeError::Keys)?;
		Ok(file)
	}

	/// Reads a file.
	pub fn load(path: &Path) -> anyhow::Result<Self> {
		document::load(path, Self::parse)
	}
}
