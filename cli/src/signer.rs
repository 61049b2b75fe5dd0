//! The account that signs, and how it pays the fee of its transactions.

use crate::file;
use anyhow::{ensure, Context};
use entangled_runtime::AccountId;
use polkadot_sdk::sp_core::{sr25519, Pair};
use std::{io::IsTerminal, path::PathBuf};

/// The variable that may hold the account's secret.
const VARIABLE: &str = "ENTANGLED_SURI";

/// Which account signs, and how it pays.
#[derive(Clone, Debug, Default, clap::Args)]
#[command(next_help_heading = "Account")]
pub struct SignerOptions {
	#[command(flatten)]
	#[allow(missing_docs)]
	pub account: AccountOptions,

	/// What the fee is paid in [default: ENT if the account has enough of it, else eBTC; for
	/// a transfer eBTC].
	#[arg(long, value_enum, value_name = "ASSET")]
	pub fee_asset: Option<FeeAsset>,
}

/// Which account signs.
#[derive(Clone, Debug, Default, clap::Args)]
#[command(next_help_heading = "Account")]
pub struct AccountOptions {
	/// A file whose only line is the account's secret: a mnemonic phrase, a seed, or one of these
	/// with a derivation path.
	///
	/// Without this option the secret is taken from the variable ENTANGLED_SURI; without that, it is
	/// asked for. It is never taken from the command line, which others on this machine can see. Only
	/// what is no secret may stand here: a development account, as //Alice.
	#[arg(long, value_name = "FILE", conflicts_with = "dev")]
	pub suri: Option<PathBuf>,

	/// Sign as a development account, whose secret everybody knows: --dev Alice.
	#[arg(long, value_name = "NAME")]
	pub dev: Option<String>,
}

/// What a fee is paid in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum FeeAsset {
	/// The chain's own token.
	Ent,
	/// Bitcoin, as the chain holds it.
	Ebtc,
}

/// Why there is no account to sign with.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum SignerError {
	/// What should be a file's name looks like a secret.
	#[error(
		"--suri takes the name of a file that holds the secret, not the secret itself: others can see \
		 command lines. Put it into a file that only you can read, and change the account if it is of \
		 any value"
	)]
	SecretOnCommandLine,
	/// The text is no secret.
	#[error(
		"this is not an account's secret: it is a mnemonic phrase or a seed of 64 hexadecimal digits, \
		 perhaps with a derivation path"
	)]
	Malformed,
	/// Nothing says who signs, and there is nobody to ask.
	#[error("no account to sign with: give --suri FILE, or the secret in the variable {VARIABLE}")]
	Missing,
}

impl SignerOptions {
	/// The account's key pair.
	pub fn pair(&self) -> anyhow::Result<sr25519::Pair> {
		self.account.pair()
	}
}

impl AccountOptions {
	/// The account's key pair.
	pub fn pair(&self) -> anyhow::Result<sr25519::Pair> {
		if let Some(name) = &self.dev {
			return Ok(pair(&format!("//{name}"))?);
		}
		if let Some(path) = &self.suri {
			let text = path.to_string_lossy();
			if text.starts_with("//") && !path.exists() {
				return Ok(pair(&text)?);
			}
			let secret = text.trim().contains(' ') || text.starts_with("0x");
			ensure!(path.exists() || !secret, SignerError::SecretOnCommandLine);
			let text = file::read(path)?;
			return pair(&text).with_context(|| path.display().to_string());
		}
		if let Ok(text) = std::env::var(VARIABLE) {
			return pair(&text).with_context(|| format!("the variable {VARIABLE}"));
		}
		ensure!(std::io::stdin().is_terminal(), SignerError::Missing);
		let text = rpassword::prompt_password("The account's secret (not shown): ")?;
		Ok(pair(&text)?)
	}
}

/// The key pair of a secret.
pub fn pair(secret: &str) -> Result<sr25519::Pair, SignerError> {
	sr25519::Pair::from_string(secret.trim(), None).map_err(|_| SignerError::Malformed)
}

/// The account of a key pair.
pub fn account(pair: &sr25519::Pair) -> AccountId {
	pair.public().into()
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn development_accounts() {
		for options in [
			AccountOptions { dev: Some("Alice".into()), ..Default::default() },
			AccountOptions { suri: Some("//Alice".into()), ..Default::default() },
		] {
			let alice = account(&options.pair().unwrap());
			assert_eq!(
				hex::encode(alice),
				"d43593c715fdd31c61141abd04a99fd6822c8558854ccde39a5684e7a56da27d"
			);
		}
	}

	#[test]
	fn a_file_holds_the_secret() {
		let folder = tempfile::tempdir().unwrap();
		let path = folder.path().join("suri");
		std::fs::write(&path, "//Bob\n").unwrap();
		let options = AccountOptions { suri: Some(path.clone()), ..Default::default() };
		assert_eq!(account(&options.pair().unwrap()), account(&pair("//Bob").unwrap()));
		std::fs::write(&path, "not a secret").unwrap();
		let error = options.pair().map(drop).unwrap_err();
		assert_eq!(error.downcast_ref(), Some(&SignerError::Malformed));
	}

	#[test]
	fn a_secret_on_the_command_line_is_refused_and_not_repeated() {
		let seed = format!("0x{}", "12".repeat(32));
		for text in ["bottom drive obey lake curtain smoke", &seed] {
			let options = AccountOptions { suri: Some(text.into()), ..Default::default() };
			let error = options.pair().map(drop).unwrap_err();
			assert_eq!(error.downcast_ref(), Some(&SignerError::SecretOnCommandLine));
			assert!(!format!("{error:#}").contains(text));
		}
	}
}
