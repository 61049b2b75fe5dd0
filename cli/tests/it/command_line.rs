//! The command line.

use clap::{error::ErrorKind, CommandFactory, Parser};
use entangled_cli::cli::Cli;

const KEY: &str = "79be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798";
const TXID: &str = "4a5e1e4baab89f3a32518a88c31bc87f618f76673e2cc77ab2127b7afdeda33b";
const ACCOUNT: &str = "0xd43593c715fdd31c61141abd04a99fd6822c8558854ccde39a5684e7a56da27d";

fn parse(line: &str) -> Result<Cli, clap::Error> {
	let line = line.replace("KEY", KEY).replace("TXID", TXID).replace("ACCOUNT", ACCOUNT);
	Cli::try_parse_from(["entangled"].into_iter().chain(line.split_whitespace()))
}

#[test]
fn the_command_line_is_consistent() {
	Cli::command().debug_assert();
}

#[test]
fn what_the_help_shows_is_accepted() {
	for line in [
		"deposit address --to ACCOUNT --amount 1000000 --new-refund-key key --save terms.json",
		"deposit address --to rollup:7:ACCOUNT --refund-key KEY --refund-delay 4032 --qr",
		"deposit address --to ACCOUNT --refund-key KEY --offline --committee c --refund-delay 9",
		"deposit address --to ACCOUNT --refund-key KEY --also-rpc http://b --also-rpc http://c",
		"deposit address --to ACCOUNT --refund-key KEY --watch --json",
		"deposit fixed --to ACCOUNT --save terms.json",
		"deposit fixed --to reserve",
		"deposit fixed --to ACCOUNT --offline --committee committee.json",
		"deposit watch --terms terms.json",
		"deposit claim --terms terms.json --txid TXID --bitcoin-rpc http://127.0.0.1:8332",
		"deposit claim --terms t --txid TXID --vout 1 --block TXID --no-wait --json",
		"deposit status TXID:0 --terms terms.json",
		"deposit refund --terms t --outpoint TXID:0 --to bc1q --fee-rate 2.5 --key k --broadcast",
		"deposit refund --terms t --outpoint TXID:0 --amount 9 --to a --fee-rate 1 --sighash-only",
		"deposit refund --terms t --outpoint TXID:0 --to a --fee-rate 1 --psbt - \
		 --key-origin 1a2b3c4d/86'/0'/0'/0/5",
		"deposit refund --terms t --outpoint TXID:0 --to a --fee-rate 1 --signed-psbt f --broadcast",
		"withdraw --address bc1q --amount 250000 --quote",
		"withdraw --address bc1q --amount 250000 --max-fee 5000 --dev Alice --fee-asset ebtc --yes",
		"withdraw --address bc1q --amount 250000 --suri account.secret --follow --json",
		"withdraw --to bc1q --amount 250000 --suri //Bob --no-wait",
		"withdrawal status 7 --follow",
		"withdrawal raise-fee 7 --max-fee 9000 --dev Alice",
		"withdrawal cancel 7 --suri account.secret",
		"withdrawal expire 7",
		"withdrawal reserve 7 --dev Bob --fee-asset ent",
		"withdrawal release 7 --dev Bob",
		"withdrawal front 7 --account ACCOUNT",
		"withdrawal front 7 --account ACCOUNT --txid TXID --block TXID",
		"transfer --to ACCOUNT --amount 50000 --dev Alice",
		"bond address --sequencer ACCOUNT --new-staker-key staker.key --save bond.json --dev Alice",
		"bond address --sequencer ACCOUNT --staker KEY --timelock 52560 --owner ACCOUNT --save b",
		"bond address --sequencer ACCOUNT --staker-key k --save b --committee c --also-rpc http://b",
		"bond register --bond b --funding f.psbt --staker-key k --suri account.secret",
		"bond register --bond b --funding f --export to-sign --key-origin 1a2b3c4d/86'/0'/0'/0/5",
		"bond register --bond b --funding f --signed signed --suri account.secret --yes --json",
		"bond status TXID:0",
		"bond status TXID:0 --until approved --save way-out.json",
		"bond list --sequencer ACCOUNT",
		"bond fund --bond b --signed f --save way-out.json --bitcoin-rpc http://127.0.0.1:8332",
		"bond fund TXID:0 --staker-key k",
		"bond fund TXID:0 --psbt -",
		"bond activate TXID:0 --bitcoin-rpc http://127.0.0.1:8332",
		"bond activate TXID:0 --block TXID --search 9 --no-wait",
		"bond unbond TXID:0 --staker-key k --dev Alice",
		"bond unbond TXID:0 --psbt unbond.psbt --key-origin 1a2b3c4d/86'/0'/0'/0/5",
		"bond unbond TXID:0 --signed-psbt s --suri f --no-broadcast",
		"bond unbond TXID:0 --bond way-out.json --staker-key k --only-transaction",
		"bond extend TXID:0 --timelock 52560 --staker-key k --save new.json --suri f",
		"bond extend TXID:0 --timelock 52560 --export to-sign",
		"bond withdraw TXID:0 --to bc1q --fee-rate 5 --staker-key k --broadcast",
		"bond withdraw TXID:0 --to bc1q --fee-rate 5 --psbt - --bond bond.json",
		"bond withdraw TXID:0 --to bc1q --fee-rate 5 --signed-psbt s --broadcast",
		"bond drop TXID:0 --dev Bob",
		"bond release TXID:0 --dev Bob --json",
		"bond collect --suri account.secret",
		"bond collect TXID:0 TXID:1 --dev Alice",
		"bond collect --sequencer ACCOUNT --sequencer ACCOUNT --dev Alice",
		"sequencer list",
		"sequencer status ACCOUNT",
		"sequencer status --dev Alice --json",
		"sequencer stake 10000 --suri account.secret",
		"sequencer unstake 0.5 --dev Alice",
		"sequencer withdraw-stake --dev Alice",
		"sequencer commission 2.5 --dev Alice",
		"sequencer keys --rpc http://127.0.0.1:9944 --dev Alice",
		"sequencer stand --dev Alice",
		"sequencer chill --dev Alice --fee-asset ebtc",
		"account //Bob",
		"account ACCOUNT --json --rpc http://127.0.0.1:9945",
		"committee --number 0 --save committee.json",
		"status --json",
	] {
		if let Err(error) = parse(line) {
			panic!("{line}\n{error}");
		}
	}
}

#[test]
fn what_makes_no_sense_is_refused() {
	use ErrorKind::*;
	for (line, kind) in [
		// No key, or two.
		("deposit address --to ACCOUNT", MissingRequiredArgument),
		("deposit address --to ACCOUNT --refund-key KEY --new-refund-key f", ArgumentConflict),
		// Without a node nobody knows the committee or the shortest delay.
		(
			"deposit address --to ACCOUNT --refund-key KEY --offline --refund-delay 9",
			MissingRequiredArgument,
		),
		(
			"deposit address --to ACCOUNT --refund-key KEY --offline --committee c",
			MissingRequiredArgument,
		),
		("deposit fixed --to ACCOUNT --offline", MissingRequiredArgument),
		("deposit address --to nobody --refund-key KEY", ValueValidation),
		("deposit address --to reserve --refund-key KEY", ValueValidation),
		("deposit address --to ACCOUNT --refund-key 02KEY", ValueValidation),
		("deposit address --to ACCOUNT --refund-key KEY --refund-delay 0", ValueValidation),
		("deposit address --to ACCOUNT --refund-key KEY --refund-delay 65536", ValueValidation),
		("deposit address --to ACCOUNT --refund-key KEY --amount 0.001", ValueValidation),
		("deposit claim --terms t --txid TXID:0", ValueValidation),
		("deposit status TXID", ValueValidation),
		// Nobody signs, or two do.
		("deposit refund --terms t --outpoint TXID:0 --to a --fee-rate 1", MissingRequiredArgument),
		(
			"deposit refund --terms t --outpoint TXID:0 --to a --fee-rate 1 --key k --sighash-only",
			ArgumentConflict,
		),
		// What is not signed cannot be sent.
		(
			"deposit refund --terms t --outpoint TXID:0 --to a --fee-rate 1 --psbt - --broadcast",
			ArgumentConflict,
		),
		("withdraw --address a --amount 1 --suri f --dev Alice", ArgumentConflict),
		("withdrawal raise-fee 7", MissingRequiredArgument),
		("withdrawal front 7 --account ACCOUNT --block TXID", MissingRequiredArgument),
		("withdrawal status -1", UnknownArgument),
		// No key, two, or one that nobody has.
		("bond address --sequencer ACCOUNT --save b", MissingRequiredArgument),
		("bond address --sequencer ACCOUNT --save b --staker KEY --staker-key k", ArgumentConflict),
		("bond address --sequencer ACCOUNT --save b --staker 02KEY", ValueValidation),
		// Without the file there is no way back.
		("bond address --sequencer ACCOUNT --staker KEY", MissingRequiredArgument),
		("bond register --bond b --funding f", MissingRequiredArgument),
		("bond register --bond b --funding f --staker-key k --export d", ArgumentConflict),
		(
			"bond register --bond b --funding f --staker-key k --key-origin 1a2b3c4d/0",
			ArgumentConflict,
		),
		// Either the transaction that was registered, or the other bond's coin.
		("bond fund", MissingRequiredArgument),
		("bond fund --bond b", MissingRequiredArgument),
		("bond fund --bond b --staker-key k", MissingRequiredArgument),
		("bond fund TXID:0", MissingRequiredArgument),
		("bond fund TXID:0 --bond b --signed s", ArgumentConflict),
		("bond fund TXID:0 --signed s", MissingRequiredArgument),
		("bond unbond TXID:0", MissingRequiredArgument),
		("bond unbond TXID:0 --staker-key k --psbt -", ArgumentConflict),
		("bond withdraw TXID:0 --to a --fee-rate 1 --psbt - --broadcast", ArgumentConflict),
		("bond status TXID:0 --until unbonded", InvalidValue),
		("bond collect TXID:0 --sequencer ACCOUNT", ArgumentConflict),
		("sequencer stake 1,000", ValueValidation),
		("sequencer commission 101", ValueValidation),
	] {
		let error = parse(line).map(drop).expect_err(line);
		assert_eq!(error.kind(), kind, "{line}\n{error}");
	}
}

#[test]
fn every_command_has_help() {
	fn visit(command: &mut clap::Command, path: &str) {
		let path = format!("{path} {}", command.get_name());
		let help = command.render_long_help().to_string();
		assert!(command.get_about().is_some(), "{path} says what it does");
		assert!(help.len() > 100, "{path}");
		for sub in command.get_subcommands_mut() {
			if sub.get_name() != "help" {
				visit(sub, &path);
			}
		}
	}
	let mut command = Cli::command();
	command.build();
	visit(&mut command, "");
}
