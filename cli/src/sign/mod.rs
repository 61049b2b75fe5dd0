//! Who signs on Bitcoin: a key in a file, or another program that holds the key.
//!
//! | module | what |
//! |---|---|
//! | [`key`] | keys in files |
//! | [`psbt`] | what is exchanged with other programs (BIP 174, BIP 371) |

pub mod key;
pub mod psbt;

use crate::file;
use anyhow::{bail, ensure, Context};
use bitcoin::consensus::encode::serialize_hex;
use entangled_bitcoin::{
	psbt::{PsbtError, SigningRequest},
	Native, Signature,
};
use key::SigningKey;
use serde::Serialize;
use std::{
	fmt,
	path::{Path, PathBuf},
};

/// How another program signs a transaction. Its options are of the group `signer`, as is the option
/// that names a key file.
#[derive(Clone, Debug, Default, clap::Args)]
pub struct External {
	/// Print what is to be signed (BIP 340), and all that belongs to it.
	#[arg(long, group = "signer")]
	pub sighash_only: bool,

	/// Complete the transaction with this signature of the sighash, 128 hexadecimal digits.
	#[arg(long, value_name = "HEX", group = "signer")]
	pub signature: Option<Signature>,

	/// Write a PSBT for another program to sign to this new file; - prints it.
	#[arg(long, value_name = "FILE", group = "signer")]
	pub psbt: Option<PathBuf>,

	/// Complete the transaction with the signature in this PSBT.
	#[arg(long, value_name = "FILE", group = "signer")]
	pub signed_psbt: Option<PathBuf>,

	/// For --psbt: where the key lies in its wallet, FINGERPRINT/PATH.
	#[arg(long, value_name = "ORIGIN", requires = "psbt", value_parser = psbt::key_origin)]
	pub key_origin: Option<psbt::KeySource>,
}

/// What comes of asking for a signature.
#[derive(Debug)]
pub enum Answer {
	/// The key's signature, checked.
	Signed(Signature),
	/// What another program needs to sign.
	Asked(Asked),
}

/// What another program needs to sign.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase", untagged)]
pub enum Asked {
	/// A PSBT, and the file that has it.
	Psbt {
		/// As text.
		psbt: String,
		/// Where it was written to.
		file: Option<PathBuf>,
	},
	/// All that is to be known.
	Sighash {
		/// What to sign.
		sighash: String,
		/// By which key.
		key: String,
		/// The transaction without its witness.
		unsigned: String,
		/// The script that is spent.
		leaf_script: String,
		/// Its hash.
		leaf_hash: String,
		/// What shows that the output commits to it.
		control_block: String,
	},
}

/// A signature is not the key's, or not of this transaction.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error(
	"the signature is not that of the terms' key for this transaction: all that the transaction is \
	 made from must be the same as when it was signed"
)]
pub struct WrongSignature;

impl External {
	/// Gets the signature from the key file or from another program, or says what is needed for it.
	pub fn ask(
		&self,
		key_file: Option<&Path>,
		request: &SigningRequest<'_>,
	) -> anyhow::Result<Answer> {
		let signature = if let Some(path) = key_file {
			SigningKey::load(path)?.sign(request.sighash, request.key)?
		} else if let Some(signature) = self.signature {
			ensure!(request.key.verify::<Native>(request.sighash, &signature), WrongSignature);
			signature
		} else if let Some(path) = &self.signed_psbt {
			signature(request, &psbt::load(path)?).with_context(|| path.display().to_string())?
		} else if let Some(path) = &self.psbt {
			let psbt = psbt::to_base64(&request.to_psbt(self.key_origin.clone())?);
			let file = (path.as_os_str() != "-").then(|| path.clone());
			if let Some(path) = &file {
				file::write_new(path, &psbt)?;
			}
			return Ok(Answer::Asked(Asked::Psbt { psbt, file }));
		} else if self.sighash_only {
			return Ok(Answer::Asked(sighash(request)));
		} else {
			bail!("say who signs: a key file, --psbt FILE or --sighash-only");
		};
		Ok(Answer::Signed(signature))
	}
}

/// The key's signature in a PSBT.
pub fn signature(request: &SigningRequest<'_>, psbt: &[u8]) -> anyhow::Result<Signature> {
	request.signature(psbt).map_err(|error| match error {
		PsbtError::OtherTransaction | PsbtError::WrongSignature => {
			anyhow::Error::new(WrongSignature).context(error.to_string())
		},
		error => error.into(),
	})
}

fn sighash(request: &SigningRequest<'_>) -> Asked {
	Asked::Sighash {
		sighash: hex::encode(request.sighash),
		key: request.key.to_string(),
		unsigned: serialize_hex(request.transaction),
		leaf_script: hex::encode(&request.leaf.script),
		leaf_hash: hex::encode(request.leaf.hash),
		control_block: hex::encode(&request.leaf.control_block),
	}
}

impl fmt::Display for Asked {
	fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
		match self {
			Self::Psbt { file: Some(file), .. } => {
				writeln!(f, "The PSBT is in {}; bring it back with --signed-psbt", file.display())
			},
			Self::Psbt { psbt, file: None } => writeln!(f, "{psbt}"),
			Self::Sighash { sighash, key, unsigned, leaf_script, leaf_hash, control_block } => {
				writeln!(f, "Sighash       {sighash}")?;
				writeln!(f, "Key           {key}")?;
				writeln!(f, "Leaf script   {leaf_script}")?;
				writeln!(f, "Leaf hash     {leaf_hash}")?;
				writeln!(f, "Control block {control_block}")?;
				writeln!(f, "Transaction   {unsigned}")?;
				writeln!(f, "Bring the signature back with the same options and --signature HEX")
			},
		}
	}
}
