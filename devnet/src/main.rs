//! `entangled-devnet`: a whole Entangled network on one machine.

use anyhow::Context;
use clap::Parser;
use entangled_devnet::network::{
	layout::Layout,
	miner,
	observer::Snapshot,
	screen::{news, Screen},
	Network,
};
use ratatui::crossterm::event::{self, Event, KeyCode, KeyModifiers};
use std::{
	future::Future,
	io::IsTerminal,
	path::PathBuf,
	time::{Duration, Instant},
};
use tokio::signal::unix::{signal, SignalKind};

/// How often the view is refreshed.
const REFRESH: Duration = Duration::from_secs(1);

/// Runs a Bitcoin regtest and three validators that follow it, until Ctrl-C.
#[derive(Parser)]
#[command(name = "entangled-devnet", version, after_help = EXAMPLES)]
struct Cli {
	/// The folder for chains, keys and logs [default: a folder in the user's cache].
	#[arg(long, value_name = "FOLDER")]
	directory: Option<PathBuf>,

	/// Go on with the chains of an earlier run instead of starting anew.
	#[arg(long)]
	keep: bool,

	/// Print lines instead of the live view.
	#[arg(long)]
	headless: bool,

	/// Stop as soon as the network is up.
	#[arg(long)]
	once: bool,

	/// Seconds between Bitcoin blocks; 0 mines none.
	#[arg(long, value_name = "SECONDS", default_value_t = 10)]
	mine_every: u64,

	/// The `entangled-node` program [default: the one beside this program].
	#[arg(long, value_name = "FILE")]
	node: Option<PathBuf>,

	/// The port of Bitcoin's RPC.
	#[arg(long, value_name = "PORT", default_value_t = 18443)]
	bitcoin_port: u16,

	/// The RPC port of the first validator; the others follow.
	#[arg(long, value_name = "PORT", default_value_t = 9944)]
	rpc_port: u16,

	/// The libp2p port of the first validator; the others follow.
	#[arg(long, value_name = "PORT", default_value_t = 30333)]
	p2p_port: u16,

	/// The Prometheus port of the first validator; the others follow.
	#[arg(long, value_name = "PORT", default_value_t = 9615)]
	prometheus_port: u16,

	/// Let one validator use another Bitcoin node, such as a `bitcoind -regtest` of yours.
	#[arg(long, value_name = "NAME=URL", value_parser = parse_other_bitcoin)]
	bitcoin_of: Vec<(String, String)>,
}

const EXAMPLES: &str = "\
Examples:
  entangled-devnet                       live view, a Bitcoin block every 10 seconds
  entangled-devnet --headless --once     check that everything starts, then stop
  entangled-devnet --mine-every 0        mine by hand:
    curl --user \"$(cat FOLDER/bitcoin/.cookie)\" http://127.0.0.1:18443 \\
      -d '{\"method\": \"generatetoaddress\", \"params\": [1, \"ADDRESS\"]}'
  entangled-devnet --bitcoin-of charlie=http://user:password@127.0.0.1:28443
";

fn parse_other_bitcoin(text: &str) -> Result<(String, String), String> {
	let (name, url) = text.split_once('=').ok_or("write it as NAME=URL")?;
	Ok((name.into(), url.into()))
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
	let cli = Cli::parse();
	let layout = layout(&cli)?;
	let mut stopped = Box::pin(signalled()?);

	println!("==> folder {}", layout.directory.display());
	let started = tokio::select! {
		started = Network::start(layout, cli.keep, |line| println!("==> {line}")) => started?,
		() = &mut stopped => return Ok(()),
	};
	print_endpoints(&started);
	let network = if cli.once {
		started
	} else if cli.headless || !std::io::stdout().is_terminal() {
		watch(started, cli.mine_every, stopped, Lines::default()).await?
	} else {
		let terminal = ratatui::init();
		let view = Live { terminal, screen: Screen::default() };
		let stopped = Box::pin(async move {
			tokio::select! {
				() = stopped => (),
				() = asked_to_quit() => (),
			}
		});
		let watched = watch(started, cli.mine_every, stopped, view).await;
		ratatui::restore();
		watched?
	};
	println!("==> stopping");
	network.stop().await?;
	println!("==> stopped");
	Ok(())
}

/// Ends when the process is told to.
fn signalled() -> anyhow::Result<impl Future<Output = ()>> {
	let mut interrupt = signal(SignalKind::interrupt())?;
	let mut terminate = signal(SignalKind::terminate())?;
	let mut hangup = signal(SignalKind::hangup())?;
	Ok(async move {
		tokio::select! {
			_ = interrupt.recv() => (),
			_ = terminate.recv() => (),
			_ = hangup.recv() => (),
		}
	})
}

/// Ends when Ctrl-C or `q` is typed. The live view takes the keyboard over, and with it the
/// terminal's own way to turn Ctrl-C into a signal.
async fn asked_to_quit() {
	let (sender, receiver) = tokio::sync::oneshot::channel();
	// A thread of its own: it waits for keys until the process ends.
	std::thread::spawn(move || {
		while let Ok(event) = event::read() {
			let Event::Key(key) = event else { continue };
			let interrupt =
				key.code == KeyCode::Char('c') && key.modifiers.contains(KeyModifiers::CONTROL);
			if interrupt || key.code == KeyCode::Char('q') {
				let _ = sender.send(());
				return;
			}
		}
	});
	// Without a keyboard there is nobody to ask.
	if receiver.await.is_err() {
		std::future::pending::<()>().await;
	}
}

fn layout(cli: &Cli) -> anyhow::Result<Layout> {
	let beside =
		|| Ok::<_, anyhow::Error>(std::env::current_exe()?.with_file_name("entangled-node"));
	Ok(Layout {
		directory: cli.directory.clone().map_or_else(default_directory, Ok)?,
		node_binary: cli.node.clone().map_or_else(beside, Ok)?,
		bitcoin_port: cli.bitcoin_port,
		rpc_port: cli.rpc_port,
		p2p_port: cli.p2p_port,
		prometheus_port: cli.prometheus_port,
		other_bitcoin: cli.bitcoin_of.clone(),
	})
}

fn default_directory() -> anyhow::Result<PathBuf> {
	let cache = std::env::var_os("XDG_CACHE_HOME").map(PathBuf::from);
	let home = || std::env::var_os("HOME").map(|home| PathBuf::from(home).join(".cache"));
	let cache = cache.or_else(home).context("neither XDG_CACHE_HOME nor HOME is set")?;
	Ok(cache.join("entangled").join("devnet"))
}

fn print_endpoints(network: &Network) {
	println!("==> the network is up");
	println!(
		"    Bitcoin     {}  (cookie {})",
		network.bitcoin.url,
		network.bitcoin.cookie_file.display()
	);
	for validator in &network.validators {
		println!("    {:<10}  {}", validator.seat.name, validator.seat.ws_url());
	}
	if let Some(first) = network.validators.first() {
		println!("    polkadot.js https://polkadot.js.org/apps/?rpc={}", first.seat.ws_url());
	}
	println!("    state       {}", network.layout.state_file().display());
}

/// Where news of the running network goes.
trait View {
	fn show(&mut self, snapshot: Snapshot) -> anyhow::Result<()>;
	fn say(&mut self, line: String);
}

/// The live view.
struct Live {
	terminal: ratatui::DefaultTerminal,
	screen: Screen,
}

impl View for Live {
	fn show(&mut self, snapshot: Snapshot) -> anyhow::Result<()> {
		Ok(self.screen.show(&mut self.terminal, snapshot)?)
	}

	fn say(&mut self, line: String) {
		self.screen.say(line);
	}
}

/// A line for each piece of news.
#[derive(Default)]
struct Lines {
	last: Snapshot,
}

impl View for Lines {
	fn show(&mut self, snapshot: Snapshot) -> anyhow::Result<()> {
		for line in news(&self.last, &snapshot) {
			self.say(line);
		}
		self.last = snapshot;
		Ok(())
	}

	fn say(&mut self, line: String) {
		println!("{line}");
	}
}

/// Shows the network until it is told to stop.
async fn watch(
	mut network: Network,
	mine_every: u64,
	mut stopped: impl Future<Output = ()> + Unpin,
	mut view: impl View,
) -> anyhow::Result<Network> {
	let mut mined = Instant::now();
	let mut refresh = tokio::time::interval(REFRESH);
	loop {
		tokio::select! {
			_ = refresh.tick() => (),
			() = &mut stopped => return Ok(network),
		}
		for line in network.revive()? {
			view.say(line);
		}
		if mine_every > 0 && mined.elapsed().as_secs() >= mine_every {
			mined = Instant::now();
			if let Err(error) = miner::mine(&network.bitcoin, 1).await {
				view.say(format!("no Bitcoin block: {error}"));
			}
		}
		let snapshot = network.snapshot().await;
		view.show(snapshot)?;
	}
}
