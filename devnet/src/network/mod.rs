//! The network: Bitcoin, the validators, and what watches over them.
//!
//! | module | what |
//! |---|---|
//! | [`layout`] | ports, folders and the command line of each validator |
//! | [`validator`] | a validator's process: start, restart, stop |
//! | [`bitcoin_rpc`] | Bitcoin's JSON-RPC as a client sees it |
//! | [`miner`] | a Bitcoin block now and then |
//! | [`observer`] | what every part says of itself, once a second |
//! | [`screen`] | the live view of it |
//! | [`state`] | the file that says where everything is |
//! | [`wallet`] | keys and payments on Bitcoin, the faucet's among them |

pub mod bitcoin_rpc;
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
use layout::Layout;
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
	/// The validators, in the order of the layout.
	pub validators: Vec<Validator>,
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
			observer: Observer::new(&layout),
			validators: Vec::new(),
			regtest: Some(regtest),
			bitcoin,
			layout,
			_lock: lock,
		};
		let program = network.layout.node_binary.clone();
		let seats = network.layout.seats();
		let mut addresses = Vec::new();
		for seat in &seats {
			addresses.push(seat.multiaddress(&validator::peer_id(seat, &program)?));
		}
		for seat in seats {
			say(&format!("starting validator {}: {}", seat.name, seat.ws_url()));
			let others = (0u16..).zip(&addresses).filter(|(index, _)| *index != seat.index);
			let others: Vec<_> = others.map(|(_, address)| address.clone()).collect();
			let arguments = network.layout.node_arguments(&seat, &others);
			network.validators.push(Validator::start(seat, program.clone(), arguments)?);
		}
		network.write_state()?;
		say("waiting until the validators finalise and follow Bitcoin");
		network.wait_until_alive(&say).await?;
		Ok(network)
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
				revived.push(format!("{} ended ({status}) and was restarted", validator.seat.name));
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
					validator.seat.name,
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
			name: validator.seat.name.into(),
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
