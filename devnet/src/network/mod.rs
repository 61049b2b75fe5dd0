//! The network: Bitcoin, the validators, and what watches over them.
//!
//! | module | what |
//! |---|---|
//! | [`layout`] | who takes part; ports, folders and the command line of each node |
//! | [`validator`] | a validator's process: start, restart, stop |
//! | [`bitcoin_rpc`] | Bitcoin's JSON-RPC as a client sees it |
//! | [`miner`] | a Bitcoin block now and then |
//! | [`observer`] | what every part says of itself, once a second |
//! | [`election`] | who is elected, and by what |
//! | [`screen`] | the live view of it |
//! | [`state`] | the file that says where everything is |
//! | [`wallet`] | keys and payments on Bitcoin, the faucet's among them |

pub mod bitcoin_rpc;
pub mod election;
pub mod layout;
pub mod miner;
pub mod observer;
pub mod screen;
pub mod state;
pub mod validator;
pub mod wallet;

use crate::bitcoin::{Config, Handle, Regtest};
use anyhow::ensure;
use bitcoin_rpc::BitcoinRpc;
use layout::{Layout, Seat};
use observer::{Observer, Snapshot};
use state::{BitcoinState, State, ValidatorState};
use std::{
	fs::File,
	time::{Duration, Instant},
};
use validator::Validator;
use wallet::Wallet;

/// How long the validators may take to start, to finalise and to follow Bitcoin.
const START_LIMIT: Duration = Duration::from_secs(240);

/// A running network.
pub struct Network {
	/// Where everything is.
	pub layout: Layout,
	/// Bitcoin's RPC.
	pub bitcoin: BitcoinRpc,
	/// The nodes of validators, and of those who have joined.
	pub validators: Vec<Validator>,
	/// Where they find each other, by the indices of their places.
	addresses: Vec<(u16, String)>,
	regtest: Option<Handle>,
	observer: Observer,
	_lock: File,
}

impl Network {
	/// Starts Bitcoin and the validators, and says what it does as it does it. Returns when every
	/// validator finalises blocks and has Bitcoin's tip.
	///
	/// The chains start anew, or go on with those of an earlier run (`keep`).
	pub async fn start(layout: Layout, keep: bool, say: impl Fn(&str)) -> anyhow::Result<Self> {
		let lock = layout.prepare()?;
		if !keep {
			layout.clear()?;
		}
		say("starting Bitcoin (regtest, judged by Bitcoin Core's own engine)");
		let config = Config {
			data_dir: Some(layout.bitcoin_dir()),
			rpc_port: layout.bitcoin_port,
			..Default::default()
		};
		let regtest = tokio::task::spawn_blocking(|| Regtest::start(config)).await??;
		let bitcoin = BitcoinRpc::connect(&regtest.url(), regtest.cookie_file())?;
		miner::mature_faucet(&bitcoin).await?;

		let mut network = Self {
			observer: Observer::default(),
			validators: Vec::new(),
			addresses: Vec::new(),
			regtest: Some(regtest),
			bitcoin,
			layout,
			_lock: lock,
		};
		let seats = network.layout.seats();
		let seats = seats.into_iter().filter(|seat| network.layout.is_taken(seat));
		let seats = seats.collect::<Vec<_>>();
		for seat in &seats {
			network.register(seat)?;
		}
		for seat in seats {
			say(&format!("starting {}: {}", seat.person.name, seat.ws_url()));
			network.launch(seat)?;
		}
		network.write_state()?;
		say("waiting until the validators finalise and follow Bitcoin");
		network.wait_until_alive(&say).await?;
		Ok(network)
	}

	/// Starts the node of somebody who is no founder, unless it runs. It has no keys of a validator; to make
	/// them, and to bond, is its owner's business. Returns its place.
	pub fn join(&mut self, name: &str) -> anyhow::Result<Seat> {
		let seat = self.layout.seat(name)?;
		let runs = self.validators.iter().any(|validator| validator.seat.person == seat.person);
		if !runs {
			self.register(&seat)?;
			self.launch(seat.clone())?;
			self.write_state()?;
		}
		Ok(seat)
	}

	/// Tells those who are launched from now on where the node of this place is to be found.
	fn register(&mut self, seat: &Seat) -> anyhow::Result<()> {
		let peer = validator::peer_id(seat, &self.layout.node_binary)?;
		self.addresses.push((seat.index, seat.multiaddress(&peer)));
		Ok(())
	}

	/// Starts the node of this place.
	fn launch(&mut self, seat: Seat) -> anyhow::Result<()> {
		let others = self.addresses.iter().filter(|(index, _)| *index != seat.index);
		let others = others.map(|(_, address)| address.clone()).collect::<Vec<_>>();
		let arguments = self.layout.node_arguments(&seat, &others);
		self.observer.watch(&seat);
		let program = self.layout.node_binary.clone();
		self.validators.push(Validator::start(seat, program, arguments)?);
		Ok(())
	}

	/// What every part says of itself.
	pub async fn snapshot(&mut self) -> Snapshot {
		self.observer.look(&self.bitcoin).await
	}

	/// Restarts validators that have ended, and says which.
	pub fn revive(&mut self) -> anyhow::Result<Vec<String>> {
		let mut revived = Vec::new();
		for validator in &mut self.validators {
			if let Some(status) = validator.ended()? {
				validator.restart()?;
				revived.push(format!(
					"{} ended ({status}) and was restarted",
					validator.seat.person.name
				));
			}
		}
		if !revived.is_empty() {
			self.write_state()?;
		}
		Ok(revived)
	}

	/// Stops everything in order: validators first, so that none loses its Bitcoin.
	pub async fn stop(mut self) -> anyhow::Result<()> {
		for validator in &mut self.validators {
			validator.ask_to_stop();
		}
		for validator in &mut self.validators {
			validator.wait_stopped().await?;
		}
		if let Some(regtest) = self.regtest.take() {
			tokio::task::spawn_blocking(|| regtest.shutdown()).await??;
		}
		let _ = std::fs::remove_file(self.layout.state_file());
		Ok(())
	}

	async fn wait_until_alive(&mut self, say: &impl Fn(&str)) -> anyhow::Result<()> {
		let deadline = Instant::now() + START_LIMIT;
		let mut said = String::new();
		loop {
			self.ensure_running()?;
			let snapshot = self.snapshot().await;
			let progress = snapshot.progress();
			if progress != said {
				say(&progress);
				said = progress;
			}
			if snapshot.is_alive() {
				return Ok(());
			}
			ensure!(Instant::now() < deadline, "{}", self.complaint("the network did not come up"));
			tokio::time::sleep(Duration::from_millis(500)).await;
		}
	}

	fn ensure_running(&mut self) -> anyhow::Result<()> {
		for validator in &mut self.validators {
			if let Some(status) = validator.ended()? {
				anyhow::bail!(
					"validator {} ended at once ({status}); see {}",
					validator.seat.person.name,
					validator.seat.log.display()
				);
			}
		}
		Ok(())
	}

	fn complaint(&self, what: &str) -> String {
		format!("{what}; the logs are in {}", self.layout.directory.display())
	}

	/// Writes where everything is, for scripts and tests.
	fn write_state(&self) -> anyhow::Result<()> {
		let validator = |validator: &Validator| ValidatorState {
			name: validator.seat.person.name.into(),
			account: validator.seat.person.account.into(),
			pid: validator.pid(),
			ws: validator.seat.ws_url(),
			http: validator.seat.http_url(),
			prometheus: validator.seat.prometheus_url(),
			log: validator.seat.log.clone(),
		};
		let state = State {
			bitcoin: BitcoinState {
				url: self.bitcoin.url.clone(),
				cookie_file: self.bitcoin.cookie_file.clone(),
			},
			faucet_address: Wallet::faucet()?.address().to_string(),
			validators: self.validators.iter().map(validator).collect(),
		};
		state.write(&self.layout.state_file())
	}
}
