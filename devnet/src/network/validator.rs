//! A validator's process.

use super::layout::Seat;
use anyhow::{ensure, Context};
use nix::{
	sys::{
		prctl::set_pdeathsig,
		signal::{kill, Signal},
	},
	unistd::Pid,
};
use std::{
	fs::OpenOptions,
	io::Write,
	os::unix::process::CommandExt,
	path::{Path, PathBuf},
	process::{Child, Command, ExitStatus, Stdio},
	time::{Duration, Instant},
};

/// How long a validator may take to close its database.
const STOP_LIMIT: Duration = Duration::from_secs(20);

/// A validator and how to run it.
pub struct Validator {
	/// Its place.
	pub seat: Seat,
	binary: PathBuf,
	arguments: Vec<String>,
	process: Child,
}

impl Validator {
	/// Starts the program; its output goes to the seat's log.
	pub fn start(seat: Seat, binary: PathBuf, arguments: Vec<String>) -> anyhow::Result<Self> {
		let process = spawn(&seat, &binary, &arguments)?;
		Ok(Self { seat, binary, arguments, process })
	}

	/// Starts the program again, as it was.
	pub fn restart(&mut self) -> anyhow::Result<()> {
		self.process = spawn(&self.seat, &self.binary, &self.arguments)?;
		Ok(())
	}

	/// The process's id.
	pub fn pid(&self) -> u32 {
		self.process.id()
	}

	/// How the process ended, if it has.
	pub fn ended(&mut self) -> anyhow::Result<Option<ExitStatus>> {
		self.process.try_wait().with_context(|| format!("cannot watch {}", self.seat.person.name))
	}

	/// Sends SIGTERM, upon which a node closes its database and ends.
	pub fn ask_to_stop(&mut self) {
		if let Ok(pid) = i32::try_from(self.pid()) {
			// Fails only where the process has ended by itself.
			let _ = kill(Pid::from_raw(pid), Signal::SIGTERM);
		}
	}

	/// Waits for the end, and enforces it where it does not come.
	pub async fn wait_stopped(&mut self) -> anyhow::Result<()> {
		let deadline = Instant::now() + STOP_LIMIT;
		while self.ended()?.is_none() {
			if Instant::now() > deadline {
				self.process
					.kill()
					.with_context(|| format!("cannot end {}", self.seat.person.name))?;
			}
			tokio::time::sleep(Duration::from_millis(50)).await;
		}
		Ok(())
	}
}

impl Drop for Validator {
	fn drop(&mut self) {
		// Reached with a live process only when something failed: leave nothing running behind.
		let _ = self.process.kill();
		let _ = self.process.wait();
	}
}

/// The network identity of the validator that will run in a seat, as its program derives it.
pub fn peer_id(seat: &Seat, binary: &Path) -> anyhow::Result<String> {
	let cannot = || format!("cannot ask {} for {}'s identity", binary.display(), seat.person.name);
	let mut inspect = Command::new(binary)
		.args(["key", "inspect-node-key"])
		.stdin(Stdio::piped())
		.stdout(Stdio::piped())
		.stderr(Stdio::null())
		.spawn()
		.with_context(cannot)?;
	if let Some(mut input) = inspect.stdin.take() {
		input.write_all(seat.node_key().as_bytes()).with_context(cannot)?;
	}
	let output = inspect.wait_with_output().with_context(cannot)?;
	ensure!(output.status.success(), "{}", cannot());
	Ok(String::from_utf8(output.stdout).with_context(cannot)?.trim().into())
}

fn spawn(seat: &Seat, binary: &PathBuf, arguments: &[String]) -> anyhow::Result<Child> {
	let log = OpenOptions::new()
		.create(true)
		.append(true)
		.open(&seat.log)
		.with_context(|| format!("cannot write {}", seat.log.display()))?;
	let errors = log.try_clone().context("cannot share the log")?;
	let mut command = Command::new(binary);
	command.args(arguments).stdin(Stdio::null()).stdout(log).stderr(errors);
	// Ctrl-C in the terminal is for us; we stop the validators in order.
	command.process_group(0);
	// SAFETY: between fork and exec only a system call may be made, and this is one.
	unsafe {
		// However we end, no validator stays behind.
		command.pre_exec(|| set_pdeathsig(Signal::SIGTERM).map_err(Into::into));
	}
	command.spawn().with_context(|| format!("cannot run {}", binary.display()))
}
