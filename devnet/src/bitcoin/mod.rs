//! A Bitcoin regtest node in one process.
//!
//! Consensus is Bitcoin Core's own: every block goes through the engine's `ProcessNewBlock`, every
//! transaction's scripts through the engine's interpreter. What the engine does not hold (the
//! memory pool, the coin view for queries, the miner, the RPC server) is written here after Bitcoin
//! Core's rules, with its field names, error codes and messages, so that a real `bitcoind -regtest`
//! can take this node's place for any client.
//!
//! | module | what |
//! |---|---|
//! | [`chain`] | blocks: the engine, the archive, the tree of all branches, the active chain |
//! | [`coins`] | unspent outputs and the transaction index of the active chain |
//! | [`mempool`] | which loose transactions are accepted, replaced and evicted |
//! | [`miner`] | block templates and regtest proof of work |
//! | [`node`] | the four together, kept in step |
//! | [`rpc`] | the JSON-RPC server |
//!
//! ```no_run
//! use entangled_devnet::bitcoin::{Config, Regtest};
//!
//! let node = Regtest::start(Config::default())?;
//! println!("{} with {}", node.url(), node.cookie_file().display());
//! node.shutdown()?;
//! # anyhow::Ok(())
//! ```

pub mod chain;
pub mod clock;
pub mod coins;
pub mod descriptor;
pub mod fee;
pub mod mempool;
pub mod miner;
pub mod node;
pub mod rpc;
pub mod script;

use std::{
	net::{IpAddr, Ipv4Addr, SocketAddr, TcpListener},
	path::{Path, PathBuf},
	sync::Arc,
	thread::JoinHandle,
};

use anyhow::Context;
use tempfile::TempDir;

use self::{
	node::Node,
	rpc::{auth::Credentials, server, shutdown::Shutdown, Rpc},
};

/// How to run a [`Regtest`] node.
#[derive(Debug, Clone)]
pub struct Config {
	/// Where blocks and the cookie live. `None`: a fresh temporary directory, removed at the end.
	pub data_dir: Option<PathBuf>,
	/// The address that the RPC server binds.
	pub rpc_address: IpAddr,
	/// The port that the RPC server binds; 0 takes a free one.
	pub rpc_port: u16,
	/// User and password of the RPC server. `None`: a cookie file in the data directory, as Bitcoin
	/// Core makes it.
	pub rpc_user: Option<(String, String)>,
}

impl Default for Config {
	fn default() -> Self {
		Self {
			data_dir: None,
			rpc_address: IpAddr::V4(Ipv4Addr::LOCALHOST),
			rpc_port: 0,
			rpc_user: None,
		}
	}
}

/// The regtest node.
pub struct Regtest;

impl Regtest {
	/// Opens the chain in the data directory and serves it. Returns when the server listens.
	pub fn start(config: Config) -> anyhow::Result<Handle> {
		let (data_dir, temporary) = match config.data_dir {
			Some(dir) => {
				std::fs::create_dir_all(&dir)
					.with_context(|| format!("data directory {}", dir.display()))?;
				(dir, None)
			},
			None => {
				let dir = TempDir::with_prefix("entangled-regtest-")
					.context("temporary data directory")?;
				(dir.path().to_owned(), Some(dir))
			},
		};
		let node = Node::open(&data_dir).context("chain state")?;
		let listener = TcpListener::bind((config.rpc_address, config.rpc_port))
			.with_context(|| format!("RPC port {}:{}", config.rpc_address, config.rpc_port))?;
		let address = listener.local_addr().context("RPC address")?;
		let cookie_file = data_dir.join(".cookie");
		let credentials = match config.rpc_user {
			Some((user, password)) => Credentials::user(user, password),
			None => Credentials::cookie(&cookie_file).context("cookie file")?,
		};
		let shutdown = Shutdown::default();
		let rpc = Arc::new(Rpc::new(node, shutdown.clone()));
		let server = std::thread::Builder::new()
			.name("regtest-rpc".into())
			.spawn(move || server::serve(listener, rpc, credentials))
			.context("RPC thread")?;
		Ok(Handle { address, cookie_file, shutdown, server: Some(server), _temporary: temporary })
	}
}

/// A running [`Regtest`] node. Dropping it stops the node.
pub struct Handle {
	address: SocketAddr,
	cookie_file: PathBuf,
	shutdown: Shutdown,
	server: Option<JoinHandle<anyhow::Result<()>>>,
	_temporary: Option<TempDir>,
}

impl Handle {
	/// The endpoint, as `http://127.0.0.1:18443`.
	pub fn url(&self) -> String {
		format!("http://{}", self.address)
	}

	/// The bound socket.
	pub fn address(&self) -> SocketAddr {
		self.address
	}

	/// Where the cookie lies while the node runs with cookie authentication.
	pub fn cookie_file(&self) -> &Path {
		&self.cookie_file
	}

	/// A switch that ends the node from elsewhere, such as a signal handler.
	pub fn stopper(&self) -> Shutdown {
		self.shutdown.clone()
	}

	/// Waits until the node has ended, by the RPC `stop` or by [`Handle::stopper`].
	pub fn wait(mut self) -> anyhow::Result<()> {
		self.join()
	}

	/// Ends the node: answers the requests in hand, then closes the chain.
	pub fn shutdown(mut self) -> anyhow::Result<()> {
		self.shutdown.trigger();
		self.join()
	}

	fn join(&mut self) -> anyhow::Result<()> {
		match self.server.take() {
			Some(server) => {
				server.join().map_err(|_| anyhow::anyhow!("the RPC server panicked"))?
			},
			None => Ok(()),
		}
	}
}

impl Drop for Handle {
	fn drop(&mut self) {
		self.shutdown.trigger();
		// An error at the end has nobody left to hear it.
		let _ = self.join();
	}
}
