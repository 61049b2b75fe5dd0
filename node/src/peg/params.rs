// SPDX-License-Identifier: GPL-3.0-or-later WITH Classpath-exception-2.0

//! The command line's options about the peg.

use polkadot_sdk::sc_cli::clap;

/// Options about the peg.
#[derive(Clone, clap::Args)]
#[command(next_help_heading = "Peg")]
pub struct PegParams {
	/// Do not look for deposits, payments and bonds in Bitcoin's blocks.
	///
	/// With --bitcoin-rpc, a node reads every Bitcoin block, and brings the chain the proofs of
	/// deposits, of the peg's own transactions, of payments by others and of bonds that are made or
	/// spent. That costs no fee. Enough that some nodes do it. The transactions of the peg and those
	/// that slash bonds are sent to Bitcoin all the same.
	#[arg(id = "no_peg_relay", long = "no-peg-relay", env = "ENTANGLED_NO_PEG_RELAY")]
	pub no_relay: bool,
}
