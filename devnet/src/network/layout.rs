//! Who takes part; ports, folders and the command line of each node.

use anyhow::{ensure, Context};
use std::{
	fs::{self, File},
	io::ErrorKind,
	path::PathBuf,
};

/// Whom the network knows, by their well-known development accounts: the founders first, who make
/// blocks from the first one on and run with the keys of their names, then those who may join.
const PEOPLE: [Person; 5] = [
	person("alice", "//Alice", "enwzKCEAvSt9MN51pJvUApeQA8eVvZcfe6ztDBB4hUuBCKvPN", true),
	person("bob", "//Bob", "envR9v9znKA9TD4XJszWE5JVC2oV375GJcAjt7ow2QvFxYrHK", true),
	person("charlie", "//Charlie", "envTozL8peA35qfvyQn6Z4xwUrwAR6P9A2x1DepE8hKSUrEUn", true),
	person("dave", "//Dave", "entHY4WfnrB5m8kmzfFWXNLrv16ouRSk5TzABWG6sbNxFsaPu", true),
	person(EVE, "//Eve", "enxQ6mpavaYrxrNdZQUVFVTFbzXKaDZ8if2zJDM4XQi3ctUCN", false),
];

/// Who is no founder, and may join.
pub const EVE: &str = "eve";

/// The file in the network's folder that says where everything is while it runs.
pub const STATE_FILE: &str = "network.json";

/// Somebody with a well-known development account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Person {
	/// The name.
	pub name: &'static str,
	/// The account's secret, which everybody knows.
	pub secret: &'static str,
	/// The account's address.
	pub account: &'static str,
	/// Whether the first block names it as a validator.
	pub founder: bool,
}

const fn person(
	name: &'static str,
	secret: &'static str,
	account: &'static str,
	founder: bool,
) -> Person {
	Person { name, secret, account, founder }
}

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
	/// Who runs a node from the start without being a founder, by name.
	pub joining: Vec<String>,
}

/// The place of a validator, or of somebody who may become one.
#[derive(Clone, Debug)]
pub struct Seat {
	/// Whose it is.
	pub person: Person,
	/// Its index among all places.
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
		for name in self.other_bitcoin.iter().map(|(name, _)| name).chain(&self.joining) {
			ensure!(PEOPLE.iter().any(|person| person.name == name), "nobody is called {name}");
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

	/// Everybody's places.
	pub fn seats(&self) -> Vec<Seat> {
		(0u16..)
			.zip(PEOPLE)
			.map(|(index, person)| Seat {
				person,
				index,
				rpc_port: self.rpc_port + index,
				p2p_port: self.p2p_port + index,
				prometheus_port: self.prometheus_port + index,
				base_path: self.directory.join(person.name),
				log: self.directory.join(format!("{}.log", person.name)),
			})
			.collect()
	}

	/// The place of somebody.
	pub fn seat(&self, name: &str) -> anyhow::Result<Seat> {
		let mut seats = self.seats().into_iter();
		seats
			.find(|seat| seat.person.name == name)
			.with_context(|| format!("nobody is called {name}"))
	}

	/// Whether a node runs in this place from the start: a founder's, that of somebody who is to join,
	/// or of one who has joined in an earlier run that is gone on with.
	pub fn is_taken(&self, seat: &Seat) -> bool {
		let joins = self.joining.iter().any(|name| name == seat.person.name);
		seat.person.founder || joins || seat.base_path.exists()
	}

	/// The command line of the validator, which looks for the others at these addresses.
	pub fn node_arguments(&self, seat: &Seat, others: &[String]) -> Vec<String> {
		let mut arguments = vec![
			"--chain=devnet".into(),
			"--validator".into(),
			// A founder's keys come with its name; who joins makes its own.
			match seat.person.founder {
				true => format!("--{}", seat.person.name),
				false => format!("--name={}", seat.person.name),
			},
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
		let other = self.other_bitcoin.iter().find(|(name, _)| name == seat.person.name);
		let bitcoin = other.map_or_else(
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

#[cfg(test)]
mod tests {
	use super::*;
	use std::path::Path;

	fn layout(directory: &Path) -> Layout {
		Layout {
			directory: directory.into(),
			node_binary: "entangled-node".into(),
			bitcoin_port: 18_443,
			rpc_port: 9_944,
			p2p_port: 30_333,
			prometheus_port: 9_615,
			other_bitcoin: vec![(EVE.into(), "http://127.0.0.1:1".into())],
			joining: Vec::new(),
		}
	}

	#[test]
	fn founders_start_and_others_join() {
		let folder = tempfile::tempdir().unwrap();
		let mut layout = layout(folder.path());
		let taken = |layout: &Layout| {
			let seats = layout.seats().into_iter().filter(|seat| layout.is_taken(seat));
			seats.map(|seat| seat.person.name).collect::<Vec<_>>()
		};
		let founders = ["alice", "bob", "charlie", "dave"];
		let all = [&founders[..], &[EVE]].concat();
		assert_eq!(taken(&layout), founders);
		layout.joining.push(EVE.into());
		assert_eq!(taken(&layout), all);
		layout.joining.clear();
		// Who has joined in an earlier run may be a validator, so its node is missed.
		let eve = layout.seat(EVE).unwrap();
		fs::create_dir(&eve.base_path).unwrap();
		assert_eq!(taken(&layout), all);
		layout.clear().unwrap();
		assert_eq!(taken(&layout), founders);
	}

	#[test]
	fn who_joins_has_no_keys_of_a_validator() {
		let layout = layout(Path::new("network"));
		let arguments = |name| layout.node_arguments(&layout.seat(name).unwrap(), &[]);
		assert!(arguments("bob").contains(&"--bob".into()));
		let eve = arguments(EVE);
		assert!(eve.contains(&"--name=eve".into()) && !eve.contains(&"--eve".into()), "{eve:?}");
		assert!(eve.contains(&"--rpc-port=9948".into()), "{eve:?}");
		assert!(eve.contains(&"--bitcoin-rpc=http://127.0.0.1:1".into()), "{eve:?}");
		assert!(layout.seat("mallory").is_err());
	}
}
