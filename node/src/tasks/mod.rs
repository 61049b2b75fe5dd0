// SPDX-License-Identifier: GPL-3.0-or-later WITH Classpath-exception-2.0

//! What the node's tasks share: what the chain cannot do by itself.
//!
//! The chain decides everything, and remembers everything. The tasks carry its decisions out: they
//! sign what it has ordered, send to Bitcoin what is signed, and bring back the proof of what
//! Bitcoin has mined. Each may be stopped at any moment and started anew. It derives its work from
//! the chain's state, never from an event that could be missed, and what has been done already is
//! success.
//!
//! | file | concept |
//! |---|---|
//! | [`chain`] | what the tasks ask of our chain |
//! | [`submit`] | what they bring to it, through the transaction pool |
//! | [`keys`] | the keys of this node on Bitcoin |
//! | [`signer`] | signs what is wanted of them |
//! | [`registrar`] | makes metrics |
//!
//! Whatever a Bitcoin node answers is treated as hostile, as in [`crate::bitcoin`]. Nothing is
//! believed for being in a memory pool: only a transaction in a block that the chain knows, with a
//! proof, counts.

pub mod chain;
pub mod keys;
pub mod registrar;
pub mod signer;
pub mod submit;

#[cfg(test)]
pub mod testing;

pub use chain::RuntimeChain;
pub use keys::Keys;
pub use signer::Signer;
pub use submit::ClientPool;

use futures::{FutureExt, Stream, StreamExt};
use std::time::Duration;

/// A task looks at the chain at least this often, should no block come.
const FALLBACK: Duration = Duration::from_secs(6);

/// Waits for the next block, or for [`FALLBACK`]. Blocks that came meanwhile are one.
pub async fn next_block(blocks: &mut (impl Stream<Item = ()> + Unpin)) {
	match tokio::time::timeout(FALLBACK, blocks.next()).await {
		Ok(Some(())) => while let Some(Some(())) = blocks.next().now_or_never() {},
		// The stream has ended, so the node is stopping.
		Ok(None) => tokio::time::sleep(FALLBACK).await,
		Err(_) => (),
	}
}
