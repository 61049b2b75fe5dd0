//! `entangled-regtest`: a Bitcoin regtest node that speaks Bitcoin Core's JSON-RPC.

use std::{
	net::{IpAddr, Ipv4Addr},
	path::PathBuf,
};

use anyhow::Context;
use clap::{Parser, ValueEnum};
use entangled_devnet::bitcoin::{Config, Regtest};

/// A Bitcoin regtest node with Bitcoin Core's consensus engine and JSON-RPC
#[derive(Debug, Parser)]
#[command(name = "entangled-regtest", version)]
struct Options {
	/// Where blocks and the cookie live [default: a temporary directory]
	#[arg(long, value_name = "DIR")]
	datadir: Option<PathBuf>,
	/// Address that the RPC server binds
	#[arg(long, value_name = "IP", default_value_t = IpAddr::V4(Ipv4Addr::LOCALHOST))]
	rpcbind: IpAddr,
	/// Port that the RPC server binds; 0 takes a free one
	#[arg(long, value_name = "PORT", default_value_t = 18_443)]
	rpcport: u16,
	/// User of the RPC server [default: a cookie file]
	#[arg(long, value_name = "USER", requires = "rpcpassword")]
	rpcuser: Option<String>,
	/// Password of the RPC server
	#[arg(
		long,
		value_name = "PASSWORD",
		requires = "rpcuser",
		env = "ENTANGLED_REGTEST_RPCPASSWORD",
		hide_env_values = true
	)]
	rpcpassword: Option<String>,
	/// Peer-to-peer network
	#[arg(long, value_enum, default_value_t = PeerToPeer::None)]
	p2p: PeerToPeer,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum PeerToPeer {
	/// No peers: blocks and transactions come by RPC
	None,
}

fn main() -> anyhow::Result<()> {
	let options = Options::parse();
	let PeerToPeer::None = options.p2p;
	let by_cookie = options.rpcuser.is_none();
	let node = Regtest::start(Config {
		data_dir: options.datadir,
		rpc_address: options.rpcbind,
		rpc_port: options.rpcport,
		rpc_user: options.rpcuser.zip(options.rpcpassword),
	})?;
	println!("rpc     {}", node.url());
	if by_cookie {
		println!("cookie  {}", node.cookie_file().display());
	}

	let stopper = node.stopper();
	let signals = tokio::runtime::Builder::new_multi_thread()
		.worker_threads(1)
		.enable_all()
		.build()
		.context("signal handling")?;
	signals.spawn(async move {
		if wait_for_signal().await.is_ok() {
			stopper.trigger();
		}
	});
	let result = node.wait();
	signals.shutdown_background();
	result
}

#[cfg(unix)]
async fn wait_for_signal() -> std::io::Result<()> {
	use tokio::signal::unix::{signal, SignalKind};

	let mut interrupt = signal(SignalKind::interrupt())?;
	let mut terminate = signal(SignalKind::terminate())?;
	tokio::select! {
		_ = interrupt.recv() => {},
		_ = terminate.recv() => {},
	}
	Ok(())
}

#[cfg(not(unix))]
async fn wait_for_signal() -> std::io::Result<()> {
	tokio::signal::ctrl_c().await
}
