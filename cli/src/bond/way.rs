//! Who signs for the staker's key.

use crate::sign::{Answer, External};
use entangled_bitcoin::psbt::SigningRequest;
use std::path::PathBuf;

/// Who signs for the staker's key.
#[derive(Debug, clap::Args)]
#[group(id = "signer", required = true, multiple = false)]
pub struct Way {
	/// Sign with the key in this file: 64 hexadecimal digits, or wallet import format.
	// Named, because a group does not take in the options of a struct that has others flattened into it.
	#[arg(long, value_name = "FILE", group = "signer")]
	pub staker_key: Option<PathBuf>,

	#[command(flatten)]
	#[allow(missing_docs)]
	pub external: External,
}

impl Way {
	/// Gets the signature, or says what is needed for it.
	pub fn ask(&self, request: &SigningRequest<'_>) -> anyhow::Result<Answer> {
		self.external.ask(self.staker_key.as_deref(), request)
	}
}
