//! Ports, folders and the command line of each validator.

use anyhow::{ensure, Context};
use std::{
	fs::{self, File},
	io::ErrorKind,
	path::PathBuf,
};

/// The validators, by the well-known development keys that they run with.
const NAMES: [&str; 4] = ["alice", "bob", "charlie", "dave"];

/// The file in the network's folder that says where everything is while it runs.
pub const STATE_FILE: &str = "network.json";

/// Where everything is.
#[derive(Clone, Debug)]
pub struct Layout {
	/// The folder of the network: chains, keys, logs.
	pub directory: PathBuf,
	/// The `entangled-node` program.
	pub node_binary: PathBuf,
	/// The port of Bitcoin's RPC.
	pub bitcoin_port: u16,
	/// The RPC port of the first validator; the others follow.
	pub rpc_port: u16,
	/// The libp2p port of the first validator.
	pub p2p_port: u16,
	/// The Prometheus port of the first validator.
	pub prometheus_port: u16,
	/// Validators that use another Bitcoin node than ours: name and URL.
	pub other_bitcoin: Vec<(String, String)>,
}

/// One validator's place.
#[derive(Clone, Debug)]
pub struct Seat {
	/// Its name.
	pub name: &'static str,
	/// Its index among the validators.
	pub index: u16,
	/// Its RPC port, HTTP and WebSocket.
	pub rpc_port: u16,
	/// Its libp2p port.
	pub p2p_port: u16,
	/// Its Prometheus port.
	pub prometheus_port: u16,
	/// Its chain, keys and network identity.
	pub base_path: PathBuf,
	/// What it logs.
	pub log: PathBuf,
}

impl Seat {
	/// The endpoint for polkadot.js.
	pub fn ws_url(&self) -> String {
		format!("ws://127.0.0.1:{}", self.rpc_port)
	}

	/// The endpoint for scripts.
	pub fn http_url(&self) -> String {
		format!("http://127.0.0.1:{}", self.rpc_port)
	}

	/// Where the others find it by this network identity.
	pub fn multiaddress(&self, peer: &str) -> String {
		format!("/ip4/127.0.0.1/tcp/{}/p2p/{peer}", self.p2p_port)
	}

	/// The key of its network identity, which stays the same over restarts, and secures nothing.
	pub fn node_key(&self) -> String {
		format!("{:064x}", self.index + 1)
	}

	/// The endpoint for Prometheus.
	pub fn prometheus_url(&self) -> String {
		format!("http://127.0.0.1:{}/metrics", self.prometheus_port)
	}
}

impl Layout {
	/// Makes the folder, checks that nothing is missing, and takes the folder for this process:
	/// until the answer is dropped, no other network runs in it.
	pub fn prepare(&self) -> anyhow::Result<File> {
		ensure!(
			self.node_binary.is_file(),
			"there is no node at {}; build it with `make build`",
			self.node_binary.display()
		);
		for (name, _) in &self.other_bitcoin {
			ensure!(NAMES.contains(&name.as_str()), "no validator is called {name}");
		}
		fs::create_dir_all(&self.directory)
			.with_context(|| format!("cannot make {}", self.directory.display()))?;
		let path = self.directory.join("lock");
		let lock =
			File::create(&path).with_context(|| format!("cannot make {}", path.display()))?;
		lock.try_lock().with_context(|| {
			format!(
				"a network runs in {}; stop it, or name another --directory",
				self.directory.display()
			)
		})?;
		Ok(lock)
	}

	/// Forgets what an earlier run left, so that both chains start anew. Touches nothing else that
	/// the folder may hold.
	pub fn clear(&self) -> anyhow::Result<()> {
		let seats = self.seats();
		let folders = seats.iter().map(|seat| seat.base_path.clone()).chain([self.bitcoin_dir()]);
		let files = seats.iter().map(|seat| seat.log.clone()).chain([self.state_file()]);
		let folders = folders.map(|path| (fs::remove_dir_all(&path), path));
		let removed = folders.chain(files.map(|path| (fs::remove_file(&path), path)));
		for (result, path) in removed {
			match result {
				Err(error) if error.kind() != ErrorKind::NotFound => {
					return Err(error).with_context(|| format!("cannot clear {}", path.display()));
				},
				_ => (),
			}
		}
		Ok(())
	}

	/// Bitcoin's folder.
	pub fn bitcoin_dir(&self) -> PathBuf {
		self.directory.join("bitcoin")
	}

	/// The file that says where everything is while the network runs.
	pub fn state_file(&self) -> PathBuf {
		self.directory.join(STATE_FILE)
	}

	/// The validators' places.
	pub fn seats(&self) -> Vec<Seat> {
		(0u16..)
			.zip(NAMES)
			.map(|(index, name)| Seat {
				name,
				index,
				rpc_port: self.rpc_port + index,
				p2p_port: self.p2p_port + index,
				prometheus_port: self.prometheus_port + index,
				base_path: self.directory.join(name),
				log: self.directory.join(format!("{name}.log")),
			})
			.collect()
	}

	/// The command line of the validator, which looks for the others at these addresses.
	pub fn node_arguments(&self, seat: &Seat, others: &[String]) -> Vec<String> {
		let mut arguments = vec![
			"--chain=devnet".into(),
			"--validator".into(),
			format!("--{}", seat.name),
			format!("--base-path={}", seat.base_path.display()),
			format!("--listen-addr=/ip4/127.0.0.1/tcp/{}", seat.p2p_port),
			format!("--rpc-port={}", seat.rpc_port),
			format!("--prometheus-port={}", seat.prometheus_port),
			format!("--node-key={}", seat.node_key()),
			"--rpc-cors=all".into(),
			"--rpc-methods=unsafe".into(),
			"--no-telemetry".into(),
			"--no-mdns".into(),
			"--allow-private-ip".into(),
			"--bitcoin-poll-interval-ms=500".into(),
		];
		let bitcoin = self.other_bitcoin.iter().find(|(name, _)| name == seat.name).map_or_else(
			|| format!("http://127.0.0.1:{}", self.bitcoin_port),
			|(_, url)| url.clone(),
		);
		arguments.push(format!("--bitcoin-rpc={bitcoin}"));
		let cookie = self.bitcoin_dir().join(".cookie");
		arguments.push(format!("--bitcoin-rpc-cookie={}", cookie.display()));
		arguments.extend(others.iter().map(|address| format!("--bootnodes={address}")));
		arguments
	}
}
