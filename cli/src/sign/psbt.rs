//! Partially signed transactions in files, as other programs read and write them (BIP 174).

use anyhow::Context;
use base64::{engine::general_purpose::STANDARD, Engine};
use bitcoin::{
	bip32::{DerivationPath, Fingerprint},
	psbt::Psbt,
};
use std::path::Path;

pub use bitcoin::bip32::KeySource;

/// What a PSBT begins with.
const MAGIC: &[u8] = b"psbt\xff";

/// Where a key lies in its wallet: `FINGERPRINT/PATH`, as `1a2b3c4d/86'/0'/0'/0/5`. Brackets around
/// it are allowed.
pub fn key_origin(text: &str) -> Result<KeySource, String> {
	const WRONG: &str = "write it as FINGERPRINT/PATH, as 1a2b3c4d/86'/0'/0'/0/5";
	let text = text.trim_start_matches('[').trim_end_matches(']');
	let (fingerprint, path) = text.split_once('/').ok_or(WRONG)?;
	let fingerprint: Fingerprint = fingerprint.parse().map_err(|_| WRONG)?;
	let path: DerivationPath = path.parse().map_err(|_| WRONG)?;
	Ok((fingerprint, path))
}

/// A PSBT's text.
pub fn to_base64(psbt: &Psbt) -> String {
	STANDARD.encode(psbt.serialize())
}

/// The bytes of a PSBT, which a file has as they are or in base64. `None` when it is neither.
pub fn bytes(file: &[u8]) -> Option<Vec<u8>> {
	let bytes = match file.starts_with(MAGIC) {
		true => file.to_vec(),
		false => STANDARD.decode(file.trim_ascii()).ok()?,
	};
	bytes.starts_with(MAGIC).then_some(bytes)
}

/// Reads a file with a PSBT.
pub fn load(path: &Path) -> anyhow::Result<Vec<u8>> {
	let file = std::fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
	bytes(&file).with_context(|| format!("{} is not a PSBT", path.display()))
}
