//! Where the Bitcoin node is, and how to authenticate to it.

use super::{http::BitcoinHttp, Bitcoin};
use anyhow::{bail, Context};
use corepc_client::Auth;
use std::path::PathBuf;

/// A Bitcoin node of one's own. Only the commands that need one ask for it.
#[derive(Clone, Debug, Default, clap::Args)]
#[command(next_help_heading = "Bitcoin node")]
pub struct BitcoinOptions {
	/// JSON-RPC of a Bitcoin node, for example http://127.0.0.1:8332.
	///
	/// A user and a password may stand in the URL, http://USER:PASSWORD@HOST:PORT; they are taken
	/// literally.
	#[arg(
		long = "bitcoin-rpc",
		value_name = "URL",
		env = "ENTANGLED_BITCOIN_RPC",
		hide_env_values = true,
		global = true
	)]
	pub url: Option<String>,

	/// Authenticate with the cookie file of Bitcoin Core, for example ~/.bitcoin/.cookie.
	#[arg(
		long = "bitcoin-rpc-cookie",
		value_name = "FILE",
		env = "ENTANGLED_BITCOIN_RPC_COOKIE",
		conflicts_with = "user",
		global = true
	)]
	pub cookie: Option<PathBuf>,

	/// Authenticate as this user.
	#[arg(
		long = "bitcoin-rpc-user",
		value_name = "USER",
		env = "ENTANGLED_BITCOIN_RPC_USER",
		global = true
	)]
	pub user: Option<String>,

	/// The user's password. Prefer the variable: others on this machine can see command lines.
	#[arg(
		long = "bitcoin-rpc-password",
		value_name = "PASSWORD",
		env = "ENTANGLED_BITCOIN_RPC_PASSWORD",
		hide_env_values = true,
		global = true
	)]
	pub password: Option<String>,
}

/// Why the options name no Bitcoin node.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum EndpointError {
	/// None is given.
	#[error(
		"this needs a Bitcoin node: give --bitcoin-rpc URL (http://127.0.0.1:8332 for one on this \
		 machine), with --bitcoin-rpc-cookie FILE or --bitcoin-rpc-user"
	)]
	Missing,
	/// TLS is asked for.
	#[error(
		"Bitcoin Core does not speak https; use http:// to the local end of a tunnel (ssh -L \
		 8332:127.0.0.1:8332 HOST)"
	)]
	Https,
	/// It does not look like a URL.
	#[error(
		"the Bitcoin node's URL must be http://HOST:PORT; Bitcoin Core listens on 8332 (mainnet), \
		 18332 (testnet3), 48332 (testnet4), 38332 (signet) or 18443 (regtest)"
	)]
	Malformed,
	/// Something stands before the `@`, but it is not a user and a password.
	#[error("what stands before the @ of the Bitcoin node's URL must be USER:PASSWORD")]
	NoPassword,
	/// A user without a password.
	#[error("--bitcoin-rpc-user needs a password, best in ENTANGLED_BITCOIN_RPC_PASSWORD")]
	UserOnly,
}

/// A URL without user and password, and these.
pub(super) type Split = (String, Option<(String, String)>);

/// Takes user and password out of a URL.
pub(super) fn split(url: &str) -> Result<Split, EndpointError> {
	if url.starts_with("https://") {
		return Err(EndpointError::Https);
	}
	let rest = url.strip_prefix("http://").ok_or(EndpointError::Malformed)?;
	let end = rest.find('/').unwrap_or(rest.len());
	let (authority, path) = rest.split_at(end);
	let (login, address) = match authority.rsplit_once('@') {
		Some((login, address)) => (Some(login), address),
		None => (None, authority),
	};
	let port = address.rsplit_once(':').filter(|(host, _)| !host.is_empty());
	if !port.is_some_and(|(_, port)| port.parse::<u16>().is_ok_and(|port| port > 0))
		|| url.chars().any(|c| c.is_whitespace() || c.is_control())
	{
		return Err(EndpointError::Malformed);
	}
	let login = match login.map(|login| login.split_once(':')) {
		Some(None) => return Err(EndpointError::NoPassword),
		Some(Some((user, password))) => Some((user.into(), password.into())),
		None => None,
	};
	Ok((format!("http://{address}{path}"), login))
}

impl BitcoinOptions {
	/// Whether a Bitcoin node is given.
	pub fn is_given(&self) -> bool {
		self.url.is_some()
	}

	/// The node. Connects with the first call.
	pub fn connect(&self) -> anyhow::Result<Bitcoin> {
		let (url, login) = split(self.url.as_deref().ok_or(EndpointError::Missing)?)?;
		let auth = match (login, &self.user, &self.password, &self.cookie) {
			(Some((user, password)), ..) => Auth::UserPass(user, password),
			(None, Some(user), Some(password), _) => Auth::UserPass(user.clone(), password.clone()),
			(None, Some(_), None, _) => bail!(EndpointError::UserOnly),
			(None, None, _, Some(path)) => {
				let text = std::fs::read_to_string(path).with_context(|| {
					format!(
						"cannot read the cookie {}; is bitcoind running, and may this user read the \
						 file?",
						path.display()
					)
				})?;
				let (user, password) = text
					.lines()
					.next()
					.and_then(|line| line.trim_end().split_once(':'))
					.with_context(|| format!("{} is not a cookie", path.display()))?;
				Auth::UserPass(user.into(), password.into())
			},
			(None, None, _, None) => Auth::None,
		};
		Ok(Bitcoin::new(BitcoinHttp::new(url, auth)?))
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn urls_with_and_without_a_login() {
		assert_eq!(split("http://127.0.0.1:8332"), Ok(("http://127.0.0.1:8332".into(), None)));
		let (url, login) = split("http://alice:p@ss:w0rd@[::1]:18443/wallet/x").unwrap();
		assert_eq!(url, "http://[::1]:18443/wallet/x");
		assert_eq!(login, Some(("alice".into(), "p@ss:w0rd".into())));
	}

	#[test]
	fn every_mistake_has_its_own_error() {
		for (url, error) in [
			("https://127.0.0.1:8332", EndpointError::Https),
			("127.0.0.1:8332", EndpointError::Malformed),
			("http://", EndpointError::Malformed),
			("http://:8332", EndpointError::Malformed),
			("http://127.0.0.1", EndpointError::Malformed),
			("http://127.0.0.1:0", EndpointError::Malformed),
			("http://127.0.0.1:8332 ", EndpointError::Malformed),
			("http://alice@127.0.0.1:8332", EndpointError::NoPassword),
		] {
			assert_eq!(split(url), Err(error), "{url}");
		}
		let connect = |options: BitcoinOptions| {
			options.connect().map(drop).unwrap_err().downcast::<EndpointError>().unwrap()
		};
		assert_eq!(connect(BitcoinOptions::default()), EndpointError::Missing);
		let user_only = BitcoinOptions {
			url: Some("http://127.0.0.1:8332".into()),
			user: Some("alice".into()),
			..Default::default()
		};
		assert_eq!(connect(user_only), EndpointError::UserOnly);
	}
}
