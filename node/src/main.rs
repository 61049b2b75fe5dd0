// SPDX-License-Identifier: GPL-3.0-or-later WITH Classpath-exception-2.0

//! The Entangled node.
//!
//! | module | concept |
//! |---|---|
//! | [`cli`] | the command line |
//! | [`command`] | what each command does |
//! | [`chain_spec`] | the networks that the node knows by name |
//! | [`service`] | the parts of a running node and how they are put together |
//! | [`rpc`] | what users and applications may ask |
//! | [`bitcoin`] | following Bitcoin |
//! | [`peg`] | carrying out what the peg decides: signing, sending, proving |

#![warn(missing_docs)]

mod bitcoin;
mod chain_spec;
mod cli;
mod command;
mod peg;
mod rpc;
mod service;

use std::process::ExitCode;

fn main() -> ExitCode {
	match command::run() {
		Ok(()) => ExitCode::SUCCESS,
		Err(error) => {
			eprintln!("Error: {error}");
			ExitCode::FAILURE
		},
	}
}
