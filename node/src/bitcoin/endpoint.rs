// SPDX-License-Identifier: GPL-3.0-or-later WITH Classpath-exception-2.0

//! Where a Bitcoin node is, and how to authenticate to it.

use std::{
	fmt,
	path::{Path, PathBuf},
	str::FromStr,
};

/// User and password of a Bitcoin node's JSON-RPC.
#[derive(Clone, PartialEq, Eq)]
pub struct UserPassword {
	/// `rpcuser`, or the first part of `rpcauth`.
	pub user: String,
	/// `rpcpassword`.
	pub password: String,
}

// The password must not reach a log.
impl fmt::Debug for UserPassword {
	fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
		write!(f, "{}:***", self.user)
	}
}

/// How to authenticate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Credentials {
	/// The endpoint asks for none.
	None,
	/// A fixed user and password.
	UserPassword(UserPassword),
	/// The cookie file that Bitcoin Core writes at each start.
	Cookie(PathBuf),
}

/// The address of a Bitcoin node's JSON-RPC.
///
/// Its text is a URL, in which a user and a password may stand. They are taken literally, without
/// percent-decoding. `Display` and `Debug` leave them out.
#[derive(Clone, PartialEq, Eq)]
pub struct Endpoint {
	url: String,
	embedded: Option<UserPassword>,
}

/// Why a text is not an [`Endpoint`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EndpointError {
	/// TLS is asked for.
	#[error(
		"https is not supported; Bitcoin Core does not speak it either. Use http:// to a node on \
		 this machine, or to the local end of a tunnel (ssh -L 8332:127.0.0.1:8332 HOST)"
	)]
	Https,
	/// The text does not begin with `http://`.
	#[error("the URL must begin with http://, for example http://127.0.0.1:8332")]
	Scheme,
	/// No host stands in the URL.
	#[error("the URL names no host; write it as http://127.0.0.1:8332")]
	NoHost,
	/// No port stands in the URL.
	#[error(
		"the URL names no port; Bitcoin Core listens on 8332 (mainnet), 18332 (testnet3), 48332 \
		 (testnet4), 38332 (signet) or 18443 (regtest)"
	)]
	NoPort,
	/// Something stands before the `@`, but it is not a user and a password.
	#[error("what stands before the @ must be USER:PASSWORD; or use --bitcoin-rpc-user")]
	NoPassword,
	/// Spaces or control characters stand in the URL.
	#[error("the URL has a space or a control character in it")]
	Characters,
}

impl FromStr for Endpoint {
	type Err = EndpointError;

	fn from_str(text: &str) -> Result<Self, Self::Err> {
		if text.chars().any(|c| c.is_whitespace() || c.is_control()) {
			return Err(EndpointError::Characters);
		}
		if text.starts_with("https://") {
			return Err(EndpointError::Https);
		}
		let rest = text.strip_prefix("http://").ok_or(EndpointError::Scheme)?;
		let (authority, path) = match rest.find('/') {
			Some(at) => rest.split_at(at),
			None => (rest, ""),
		};
		let (user_password, address) = match authority.rsplit_once('@') {
			Some((user_password, address)) => (Some(user_password), address),
			None => (None, authority),
		};
		let embedded = user_password
			.map(|text| text.split_once(':').ok_or(EndpointError::NoPassword))
			.transpose()?
			.map(|(user, password)| UserPassword { user: user.into(), password: password.into() });
		if address.is_empty() {
			return Err(EndpointError::NoHost);
		}
		let (host, port) = address.rsplit_once(':').ok_or(EndpointError::NoPort)?;
		if host.is_empty() {
			return Err(EndpointError::NoHost);
		}
		if !port.parse::<u16>().is_ok_and(|port| port > 0) {
			return Err(EndpointError::NoPort);
		}
		Ok(Self { url: format!("http://{address}{path}"), embedded })
	}
}

impl Endpoint {
	/// The URL without user and password.
	pub fn url(&self) -> &str {
		&self.url
	}

	/// The user and password that stood in the URL.
	pub fn embedded(&self) -> Option<&UserPassword> {
		self.embedded.as_ref()
	}
}

impl fmt::Display for Endpoint {
	fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
		f.write_str(&self.url)
	}
}

impl fmt::Debug for Endpoint {
	fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
		fmt::Display::fmt(self, f)
	}
}

/// Why a cookie file gives no user and password.
#[derive(Debug, thiserror::Error)]
pub enum CookieError {
	/// The file cannot be read.
	#[error(
		"the cookie file {} cannot be read ({reason}); is bitcoind running, and may this user read \
		 the file (bitcoind -rpccookieperms=group)?",
		path.display()
	)]
	Unreadable {
		/// The file.
		path: PathBuf,
		/// What the operating system says.
		reason: std::io::Error,
	},
	/// The file's text is not a cookie.
	#[error(
		"{} is not a cookie file of Bitcoin Core; it lies in the data directory, for example \
		 ~/.bitcoin/.cookie or ~/.bitcoin/regtest/.cookie",
		path.display()
	)]
	Malformed {
		/// The file.
		path: PathBuf,
	},
}

/// Reads a cookie file. Bitcoin Core writes a new one at each start.
pub fn read_cookie(path: &Path) -> Result<UserPassword, CookieError> {
	let text = std::fs::read_to_string(path)
		.map_err(|reason| CookieError::Unreadable { path: path.into(), reason })?;
	parse_cookie(&text).ok_or_else(|| CookieError::Malformed { path: path.into() })
}

/// The user and password in a cookie file's text, `__cookie__:<hexadecimal digits>`.
pub fn parse_cookie(text: &str) -> Option<UserPassword> {
	let (user, password) = text.lines().next()?.trim_end().split_once(':')?;
	if user.is_empty() || password.is_empty() {
		return None;
	}
	Some(UserPassword { user: user.into(), password: password.into() })
}

#[cfg(test)]
mod tests {
	use super::*;

	fn parse(text: &str) -> Result<Endpoint, EndpointError> {
		text.parse()
	}

	#[test]
	fn url_without_credentials() {
		let endpoint = parse("http://127.0.0.1:8332").unwrap();
		assert_eq!(endpoint.url(), "http://127.0.0.1:8332");
		assert_eq!(endpoint.embedded(), None);
	}

	#[test]
	fn credentials_are_taken_out_of_the_url_and_never_shown() {
		let endpoint = parse("http://alice:p@ss:w0rd@[::1]:18443/wallet/x").unwrap();
		assert_eq!(endpoint.url(), "http://[::1]:18443/wallet/x");
		let embedded = endpoint.embedded().unwrap();
		assert_eq!((embedded.user.as_str(), embedded.password.as_str()), ("alice", "p@ss:w0rd"));
		for shown in [format!("{endpoint}"), format!("{endpoint:?}"), format!("{embedded:?}")] {
			assert!(!shown.contains("w0rd"), "{shown}");
		}
	}

	#[test]
	fn every_mistake_has_its_own_error() {
		for (text, error) in [
			("https://127.0.0.1:8332", EndpointError::Https),
			("127.0.0.1:8332", EndpointError::Scheme),
			("ftp://127.0.0.1:8332", EndpointError::Scheme),
			("", EndpointError::Scheme),
			("http://", EndpointError::NoHost),
			("http://:8332", EndpointError::NoHost),
			("http://u:p@", EndpointError::NoHost),
			("http://127.0.0.1", EndpointError::NoPort),
			("http://[::1]", EndpointError::NoPort),
			("http://127.0.0.1:0", EndpointError::NoPort),
			("http://127.0.0.1:65536", EndpointError::NoPort),
			("http://127.0.0.1:8332x", EndpointError::NoPort),
			("http://alice@127.0.0.1:8332", EndpointError::NoPassword),
			("http://127.0.0.1:8332 ", EndpointError::Characters),
			("http://127.0.0.1:8332/\r\nX: y", EndpointError::Characters),
		] {
			assert_eq!(parse(text), Err(error), "{text}");
		}
	}

	#[test]
	fn cookie() {
		let cookie = parse_cookie("__cookie__:0a1b\n").unwrap();
		assert_eq!((cookie.user.as_str(), cookie.password.as_str()), ("__cookie__", "0a1b"));
		for text in ["", "\n", "no colon", ":password", "user:", "user:\n"] {
			assert_eq!(parse_cookie(text), None, "{text:?}");
		}
	}

	#[test]
	fn cookie_errors_name_the_file() {
		let directory = tempfile::tempdir().unwrap();
		let path = directory.path().join(".cookie");
		let error = read_cookie(&path).unwrap_err();
		assert!(matches!(error, CookieError::Unreadable { .. }));
		assert!(error.to_string().contains(".cookie"));
		std::fs::write(&path, [0xff, 0xfe]).unwrap();
		assert!(matches!(read_cookie(&path), Err(CookieError::Unreadable { .. })));
		std::fs::write(&path, "nothing").unwrap();
		assert!(matches!(read_cookie(&path), Err(CookieError::Malformed { .. })));
		std::fs::write(&path, "__cookie__:ff").unwrap();
		assert_eq!(read_cookie(&path).unwrap().password, "ff");
	}
}
