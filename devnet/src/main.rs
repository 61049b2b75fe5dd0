//! `entangled-devnet`: a whole Entangled network on one machine.

mod command_line;
mod faucet;
mod view;

use clap::Parser;
use command_line::{Cli, Command};
use entangled_devnet::{
	network::{miner, screen::Screen, Network},
	story::{Ending, Story},
};
use ratatui::crossterm::event::{self, Event, KeyCode, KeyModifiers};
use std::{
	future::Future,
	io::IsTerminal,
	time::{Duration, Instant},
};
use tokio::signal::unix::{signal, SignalKind};
use view::{Lines, Live, View};

/// How often the view is refreshed.
const REFRESH: Duration = Duration::from_secs(1);

#[tokio::main]
async fn main() -> anyhow::Result<()> {
	let cli = Cli::parse();
	match &cli.command {
		Some(Command::Faucet(options)) => faucet::pay(options).await,
		None => run(&cli).await,
	}
}

/// Runs a network until it is told to stop.
async fn run(cli: &Cli) -> anyhow::Result<()> {
	let layout = cli.layout()?;
	let program = cli.program()?;
	if let Some(program) = &program {
		Story::check(program)?;
	}
	let mut stopped = Box::pin(signalled()?);

	println!("==> folder {}", layout.directory.display());
	let mut network = tokio::select! {
		started = Network::start(layout, cli.keep, |line| println!("==> {line}")) => started?,
		() = &mut stopped => return Ok(()),
	};
	let mut story = match program {
		Some(program) => Story::begin(&mut network, program)?,
		None => Story::none(),
	};
	print_endpoints(&network);
	let ending = story.ending();

	let mine_every = cli.mine_every;
	let network = if cli.once {
		let told = Box::pin(async move {
			tokio::select! {
				() = stopped => (),
				_ = ending => (),
			}
		});
		watch(network, &story, mine_every, told, Lines::default()).await?
	} else if cli.headless || !std::io::stdout().is_terminal() {
		watch(network, &story, mine_every, stopped, Lines::default()).await?
	} else {
		let terminal = ratatui::init();
		let view = Live { terminal, screen: Screen::default() };
		let stopped = Box::pin(async move {
			tokio::select! {
				() = stopped => (),
				() = asked_to_quit() => (),
			}
		});
		let watched = watch(network, &story, mine_every, stopped, view).await;
		ratatui::restore();
		watched?
	};
	let ended = story.end();
	println!("==> stopping");
	network.stop().await?;
	println!("==> stopped");
	match ended {
		Ending::Failed(why) => anyhow::bail!("the story failed: {why}"),
		Ending::Broken if cli.once => anyhow::bail!("the story was not told to its end"),
		_ => Ok(()),
	}
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

fn print_endpoints(network: &Network) {
	println!("==> the network is up");
	println!(
		"    Bitcoin     {}  (cookie {})",
		network.bitcoin.url,
		network.bitcoin.cookie_file.display()
	);
	for validator in &network.validators {
		println!("    {:<10}  {}", validator.seat.person.name, validator.seat.ws_url());
	}
	if let Some(first) = network.validators.first() {
		println!("    polkadot.js https://polkadot.js.org/apps/?rpc={}", first.seat.ws_url());
	}
	println!("    state       {}", network.layout.state_file().display());
}

/// Shows the network until it is told to stop.
async fn watch(
	mut network: Network,
	story: &Story,
	mine_every: u64,
	mut stopped: impl Future<Output = ()> + Unpin,
	mut view: impl View,
) -> anyhow::Result<Network> {
	let mut mined = Instant::now();
	let mut refresh = tokio::time::interval(REFRESH);
	loop {
		let stop = tokio::select! {
			_ = refresh.tick() => false,
			() = &mut stopped => true,
		};
		for line in network.revive()? {
			view.say(line);
		}
		let due = mine_every > 0 && mined.elapsed().as_secs() >= mine_every;
		if due && !story.is_running() {
			mined = Instant::now();
			if let Err(error) = miner::mine(&network.bitcoin, 1).await {
				view.say(format!("no Bitcoin block: {error}"));
			}
		}
		let snapshot = network.snapshot().await;
		view.show(snapshot, story.progress())?;
		if stop {
			return Ok(network);
		}
	}
}
