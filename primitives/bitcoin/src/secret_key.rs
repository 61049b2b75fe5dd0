//! Secret keys in files; not for runtimes.

use bitcoin::{hex::FromHex, secp256k1::SecretKey, PrivateKey};
use std::fmt;

/// The file holds something else than one secret key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NoSecretKey;

impl fmt::Display for NoSecretKey {
	fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
		f.write_str(
			"this is not a file with a secret key: it holds 64 hexadecimal digits, or a key in wallet \
			 import format, in a line of its own",
		)
	}
}

impl std::error::Error for NoSecretKey {}

/// The key in a file's text: 64 hexadecimal digits or wallet import format, beside lines that are
/// empty or begin with `#`.
pub fn parse(text: &str) -> Result<SecretKey, NoSecretKey> {
	let mut lines =
		text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
	let (Some(line), None) = (lines.next(), lines.next()) else { return Err(NoSecretKey) };
	match <[u8; 32]>::from_hex(line.strip_prefix("0x").unwrap_or(line)) {
		Ok(bytes) => SecretKey::from_slice(&bytes).map_err(|_| NoSecretKey),
		Err(_) => PrivateKey::from_wif(line).map(|key| key.inner).map_err(|_| NoSecretKey),
	}
}
