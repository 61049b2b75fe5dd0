// SPDX-License-Identifier: GPL-3.0-or-later WITH Classpath-exception-2.0

//! The node's side of the peg: what the chain cannot do by itself.
//!
//! The chain decides everything, and remembers everything. The tasks here carry its decisions out:
//! they sign what it has ordered, send to Bitcoin what is signed, and bring back the proof of what
//! Bitcoin has mined. Each may be stopped at any moment and started anew. It derives its work from
//! the chain's state, never from an event that could be missed, and what has been done already is
//! success.
//!
//! | file | concept |
//! |---|---|
//! | [`params`] | the command line's options |
//! | [`chain`] | what the tasks ask of our chain |
//! | [`submit`] | what they bring to it, through the transaction pool |
//! | [`keys`] | the committee keys of this node |
//! | [`signer`] | signs the transactions that the chain has built |
//! | [`verdict`] | whether a transaction may be signed |
//! | [`broadcaster`] | sends complete transactions to Bitcoin |
//! | [`relayer`] | brings proofs of what Bitcoin has mined |
//! | [`find`] | what a block holds that the chain can use |
//! | [`interests`] | what to look for |
//! | [`findings`] | what was found and the chain does not show yet |
//! | [`need`] | whether the chain still needs it |
//! | [`scan`] | which blocks have been looked through |
//! | [`turn`] | which of many relayers goes first |
//! | [`watchlist`] | deposit addresses that somebody asked us to watch |
//! | [`watchfile`] | the list on the disk |
//! | [`monitor`] | whether the peg stands still |
//! | [`metrics`] | Prometheus |
//!
//! Whatever a Bitcoin node answers is treated as hostile, as in [`crate::bitcoin`]. Nothing is
//! believed for being in a memory pool: only a transaction in a block that the chain knows, with a
//! proof, counts.

pub mod broadcaster;
pub mod chain;
pub mod find;
pub mod findings;
pub mod interests;
pub mod keys;
pub mod metrics;
pub mod monitor;
pub mod need;
pub mod params;
pub mod relayer;
pub mod scan;
pub mod signer;
pub mod submit;
pub mod turn;
pub mod verdict;
pub mod watchfile;
pub mod watchlist;

#[cfg(test)]
pub mod testing;

pub use broadcaster::Broadcaster;
pub use chain::RuntimeChain;
pub use keys::Keys;
pub use metrics::Metrics;
pub use monitor::Monitor;
pub use params::PegParams;
pub use relayer::Relayer;
pub use signer::Signer;
pub use submit::ClientPool;
pub use watchlist::WatchList;

use futures::{FutureExt, Stream, StreamExt};
use std::time::Duration;

/// Target of the log lines about the peg.
pub const LOG_TARGET: &str = "peg";

/// A task looks at the chain at least this often, should no block come.
const FALLBACK: Duration = Duration::from_secs(6);

/// Waits for the next block, or for [`FALLBACK`]. Blocks that came meanwhile are one.
async fn next_block(blocks: &mut (impl Stream<Item = ()> + Unpin)) {
	match tokio::time::timeout(FALLBACK, blocks.next()).await {
		Ok(Some(())) => while let Some(Some(())) = blocks.next().now_or_never() {},
		// The stream has ended, so the node is stopping.
		Ok(None) => tokio::time::sleep(FALLBACK).await,
		Err(_) => (),
	}
}
