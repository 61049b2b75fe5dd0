//! HTTP Basic authentication by cookie or by user and password.

use std::{
	fs::OpenOptions,
	io::Write,
	path::{Path, PathBuf},
};

use base64::{engine::general_purpose::STANDARD, Engine};
use bitcoin::{
	hashes::{sha256, Hash},
	secp256k1::rand,
};

/// The user that stands in a cookie (`COOKIEAUTH_USER`).
const COOKIE_USER: &str = "__cookie__";

/// Who may call. The cookie file goes when this is dropped.
#[derive(Debug)]
pub struct Credentials {
	/// Digest of `user:password`.
	digest: sha256::Hash,
	cookie: Option<PathBuf>,
}

impl Credentials {
	/// A fixed user and password.
	pub fn user(user: String, password: String) -> Self {
		Self { digest: digest(&format!("{user}:{password}")), cookie: None }
	}

	/// A fresh secret, written to `path` for this user's processes only (`GenerateAuthCookie`).
	pub fn cookie(path: &Path) -> std::io::Result<Self> {
		let secret: [u8; 32] = rand::random();
		let line = format!("{COOKIE_USER}:{}", hex::encode(secret));
		// Readers see the old cookie or the new one, never half of one.
		let draft = path.with_extension("tmp");
		let mut options = OpenOptions::new();
		options.write(true).create(true).truncate(true);
		#[cfg(unix)]
		std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
		options.open(&draft)?.write_all(line.as_bytes())?;
		std::fs::rename(&draft, path)?;
		Ok(Self { digest: digest(&line), cookie: Some(path.to_owned()) })
	}

	/// Whether an `Authorization` header lets its sender in (`RPCAuthorized`). Digests are
	/// compared, so the time taken tells nothing about the secret.
	pub fn admit(&self, header: &str) -> bool {
		let pair = header
			.strip_prefix("Basic ")
			.and_then(|encoded| STANDARD.decode(encoded.trim()).ok())
			.and_then(|bytes| String::from_utf8(bytes).ok());
		pair.is_some_and(|pair| digest(&pair) == self.digest)
	}
}

impl Drop for Credentials {
	fn drop(&mut self) {
		if let Some(path) = &self.cookie {
			// It may be gone already, with its directory.
			let _ = std::fs::remove_file(path);
		}
	}
}

fn digest(pair: &str) -> sha256::Hash {
	sha256::Hash::hash(pair.as_bytes())
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn only_the_right_pair_is_admitted() {
		let credentials = Credentials::user("alice".into(), "pass:word".into());
		let header = |pair: &str| format!("Basic {}", STANDARD.encode(pair));
		assert!(credentials.admit(&header("alice:pass:word")));
		for wrong in
			[header("alice:pass"), header(""), "Basic ?".into(), "Bearer x".into(), String::new()]
		{
			assert!(!credentials.admit(&wrong), "{wrong}");
		}
	}

	#[test]
	fn the_cookie_is_private_and_goes_with_its_owner() {
		let dir = tempfile::tempdir().unwrap();
		let path = dir.path().join(".cookie");
		let credentials = Credentials::cookie(&path).unwrap();
		let line = std::fs::read_to_string(&path).unwrap();
		assert!(line.starts_with("__cookie__:") && line.len() == 11 + 64);
		assert!(credentials.admit(&format!("Basic {}", STANDARD.encode(&line))));
		#[cfg(unix)]
		assert_eq!(
			std::os::unix::fs::PermissionsExt::mode(&path.metadata().unwrap().permissions())
				& 0o777,
			0o600
		);
		drop(credentials);
		assert!(!path.exists());
	}
}
