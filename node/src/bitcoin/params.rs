// SPDX-License-Identifier: GPL-3.0-or-later WITH Classpath-exception-2.0

//! The command line's options about Bitcoin.

use super::endpoint::{Credentials, Endpoint, UserPassword};
use polkadot_sdk::sc_cli::clap;
use std::{path::PathBuf, time::Duration};

/// Options about the Bitcoin node that this node follows.
///
/// The ids are spelt out because clap wants them unique among all options, of which `sc-cli` has
/// many.
#[derive(Clone, clap::Args)]
#[command(next_help_heading = "Bitcoin")]
pub struct BitcoinParams {
	/// JSON-RPC of the Bitcoin node to follow, for example http://127.0.0.1:8332.
	///
	/// Give the option again for further nodes: when one fails, the next takes over. A user and a
	/// password may stand in the URL, http://USER:PASSWORD@HOST:PORT; they are taken literally.
	///
	/// A validator needs it to report Bitcoin's headers and to attest to them. Without it, the
	/// validator authors blocks all the same. Every node with it brings the chain proofs of what it
	/// finds in Bitcoin's blocks (see --no-peg-relay), and sends to Bitcoin the transactions of the peg
	/// and those that slash bonds.
	#[arg(
		id = "bitcoin_rpc",
		long = "bitcoin-rpc",
		value_name = "URL",
		env = "ENTANGLED_BITCOIN_RPC",
		value_delimiter = ',',
		hide_env_values = true
	)]
	pub rpc: Vec<Endpoint>,

	/// Authenticate with the cookie file of Bitcoin Core, for example ~/.bitcoin/.cookie.
	///
	/// The file is read again whenever the Bitcoin node has been restarted.
	#[arg(
		id = "bitcoin_rpc_cookie",
		long = "bitcoin-rpc-cookie",
		value_name = "FILE",
		env = "ENTANGLED_BITCOIN_RPC_COOKIE",
		conflicts_with = "bitcoin_rpc_user"
	)]
	pub cookie: Option<PathBuf>,

	/// Authenticate as this user.
	#[arg(
		id = "bitcoin_rpc_user",
		long = "bitcoin-rpc-user",
		value_name = "USER",
		env = "ENTANGLED_BITCOIN_RPC_USER",
		requires = "bitcoin_rpc_password"
	)]
	pub user: Option<String>,

	/// The user's password. Prefer the variable: others on this machine can see command lines.
	#[arg(
		id = "bitcoin_rpc_password",
		long = "bitcoin-rpc-password",
		value_name = "PASSWORD",
		env = "ENTANGLED_BITCOIN_RPC_PASSWORD",
		hide_env_values = true,
		requires = "bitcoin_rpc_user"
	)]
	pub password: Option<String>,

	/// Milliseconds between two questions to the Bitcoin node.
	#[arg(
		id = "bitcoin_poll_interval_ms",
		long = "bitcoin-poll-interval-ms",
		value_name = "MS",
		env = "ENTANGLED_BITCOIN_POLL_INTERVAL_MS",
		default_value_t = 2_000,
		value_parser = clap::value_parser!(u64).range(100..=6_000)
	)]
	pub poll_interval_ms: u64,

	/// Pay from this key for bonds' transactions that were signed in advance with a low fee.
	///
	/// The file holds a secret key, 64 hexadecimal digits or wallet import format, and only the
	/// node's user may read it. The node logs the key's address at the start: send it several coins,
	/// each worth some transactions' fees, and no more. Each pays for one bond at a time.
	#[arg(
		id = "bitcoin_fee_key",
		long = "bitcoin-fee-key",
		value_name = "FILE",
		env = "ENTANGLED_BITCOIN_FEE_KEY",
		requires = "bitcoin_rpc"
	)]
	pub fee_key: Option<PathBuf>,

	/// Pay no more than this from the fee key, in satoshi per virtual byte.
	#[arg(
		id = "bitcoin_max_fee_rate",
		long = "bitcoin-max-fee-rate",
		value_name = "SAT_VB",
		env = "ENTANGLED_BITCOIN_MAX_FEE_RATE",
		default_value_t = 500,
		value_parser = clap::value_parser!(u64).range(1..=1_000)
	)]
	pub max_fee_rate: u64,
}

impl BitcoinParams {
	/// The Bitcoin nodes in the order in which they were given, each with its credentials: those in
	/// its URL, else the user and password, else the cookie.
	pub fn endpoints(&self) -> Vec<(Endpoint, Credentials)> {
		let common = match (&self.user, &self.password, &self.cookie) {
			(Some(user), Some(password), _) => Credentials::UserPassword(UserPassword {
				user: user.clone(),
				password: password.clone(),
			}),
			(_, _, Some(path)) => Credentials::Cookie(path.clone()),
			_ => Credentials::None,
		};
		self.rpc
			.iter()
			.map(|endpoint| {
				let credentials = match endpoint.embedded() {
					Some(embedded) => Credentials::UserPassword(embedded.clone()),
					None => common.clone(),
				};
				(endpoint.clone(), credentials)
			})
			.collect()
	}

	/// Time between two questions to the Bitcoin node.
	pub fn poll_interval(&self) -> Duration {
		Duration::from_millis(self.poll_interval_ms)
	}
}
