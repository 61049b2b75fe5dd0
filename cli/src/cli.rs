//! The command line.

use crate::{
	account::Account,
	bond::BondCommand,
	committee_command::Committee,
	context::{Context, GlobalOptions},
	deposit::DepositCommand,
	report::Report,
	sequencer::SequencerCommand,
	status::Status,
	transfer::Transfer,
	withdrawal::{request::Withdraw, WithdrawalCommand},
};

const EXAMPLES: &str = "\
Examples:
  A deposit: make an address, pay to it, and have it claimed.
    entangled deposit address --to enABC… --amount 1000000 \\
        --new-refund-key refund.key --save terms.json
    entangled deposit claim --terms terms.json --txid TXID --bitcoin-rpc http://127.0.0.1:8332 \\
        --bitcoin-rpc-cookie ~/.bitcoin/.cookie

  A withdrawal:
    entangled withdraw --address bc1q… --amount 250000 --suri account.secret

  Nobody claimed the deposit, and its delay has passed: take it back, without this network.
    entangled deposit refund --terms terms.json --outpoint TXID:0 --to bc1q… --fee-rate 5 \\
        --key refund.key --broadcast --bitcoin-rpc http://127.0.0.1:8332

  A bond for a sequencer: docs/staking.md walks you through it.
    entangled bond address --sequencer enABC… --new-staker-key staker.key --save bond.json
    entangled bond register --bond bond.json --funding funding.psbt --staker-key staker.key
    entangled bond fund --bond bond.json --signed funding-signed.psbt

Every command has a --help with examples, and prints JSON with --json. What it says while it waits
goes to the standard error output.";

/// Moves bitcoin into Entangled, within it, and out again; bonds it, and runs sequencers.
#[derive(Debug, clap::Parser)]
#[command(name = "entangled", version, after_help = EXAMPLES, propagate_version = true)]
pub struct Cli {
	#[command(flatten)]
	options: GlobalOptions,

	#[command(subcommand)]
	command: Command,
}

/// What to do.
#[derive(Debug, clap::Subcommand)]
// There is one of these in a process; its size does not matter.
#[allow(clippy::large_enum_variant)]
enum Command {
	/// From Bitcoin into the network.
	#[command(subcommand)]
	Deposit(DepositCommand),
	/// From the network to a Bitcoin address.
	Withdraw(Withdraw),
	/// What can be done about a withdrawal.
	#[command(subcommand)]
	Withdrawal(WithdrawalCommand),
	/// BTC that stays yours, and stands for the good conduct of a sequencer.
	#[command(subcommand)]
	Bond(BondCommand),
	/// Who makes blocks: token stake, keys, election.
	#[command(subcommand)]
	Sequencer(SequencerCommand),
	/// Send eBTC to another account.
	Transfer(Transfer),
	/// Show what an account holds.
	Account(Account),
	/// Show the keys that custody's coins lie under.
	Committee(Committee),
	/// Show the peg at a glance: what it holds, who signs, what is in flight.
	Status(Status),
}

impl Cli {
	/// Whether the result is for programs.
	pub fn json(&self) -> bool {
		self.options.json
	}

	/// Does what is asked for.
	pub async fn run(self) -> anyhow::Result<Box<dyn Report>> {
		let context = Context::new(self.options);
		Ok(match self.command {
			Command::Deposit(command) => command.run(&context).await?,
			Command::Withdraw(args) => Box::new(args.run(&context).await?),
			Command::Withdrawal(command) => command.run(&context).await?,
			Command::Bond(command) => command.run(&context).await?,
			Command::Sequencer(command) => command.run(&context).await?,
			Command::Transfer(args) => Box::new(args.run(&context).await?),
			Command::Account(args) => Box::new(args.run(&context).await?),
			Command::Committee(args) => Box::new(args.run(&context).await?),
			Command::Status(args) => Box::new(args.run(&context).await?),
		})
	}
}
