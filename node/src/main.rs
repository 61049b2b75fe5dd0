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
//! | [`tasks`] | what the tasks share that carry out what the chain decides |
//! | [`relay`] | bringing the chain proofs of what Bitcoin has mined |
//! | [`peg`] | signing and sending for the peg |
//! | [`staking`] | signing and sending for bonds |

#![warn(missing_docs)]

mod bitcoin;
mod chain_spec;
mod cli;
mod command;
mod peg;
mod relay;
mod rpc;
mod service;
mod staking;
mod tasks;

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
