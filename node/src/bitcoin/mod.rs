// SPDX-License-Identifier: GPL-3.0-or-later WITH Classpath-exception-2.0

//! The node's side of following Bitcoin.
//!
//! A background task, the [`follower`], reads the operator's Bitcoin node and keeps a
//! [`view::BitcoinView`] of it. When this node authors a block, [`inherent`] compares that view
//! with what the chain already knows and puts the difference into the block. Authoring never
//! waits for Bitcoin: without a fresh view the block simply carries no Bitcoin data.
//!
//! | file | concept |
//! |---|---|
//! | [`params`] | the command line's options |
//! | [`endpoint`] | where a Bitcoin node is and how to authenticate |
//! | [`rpc`] | one JSON-RPC call to one Bitcoin node |
//! | [`nodes`] | several Bitcoin nodes as if they were one that does not fail |
//! | [`answers`] | the few calls that we need, their answers checked |
//! | [`package`] | sending a parent and a child together |
//! | [`bump`] | paying for transactions that were signed in advance |
//! | [`standing`] | how a transaction of the chain's stands with Bitcoin |
//! | [`view`] | what the Bitcoin node said last |
//! | [`follower`] | the task that keeps the view |
//! | [`light_client`] | what the chain knows of Bitcoin |
//! | [`selection`] | which headers a block should carry, and which tip it names |
//! | [`inherent`] | the inherent data of our own blocks |
//! | [`metrics`] | Prometheus |
//!
//! Whatever a Bitcoin node answers is treated as hostile. Shape, linkage and hashes are checked
//! here; proof of work, difficulty and times are the runtime's to judge, which drops what it does
//! not accept. So a faulty Bitcoin node costs its operator the attestation and nobody anything
//! else.

pub mod answers;
pub mod bump;
pub mod endpoint;
pub mod follower;
pub mod inherent;
pub mod light_client;
pub mod metrics;
pub mod nodes;
pub mod package;
pub mod params;
pub mod rpc;
pub mod selection;
pub mod standing;
pub mod view;

#[cfg(test)]
pub mod testing;

pub use follower::Follower;
pub use inherent::{BitcoinInherent, Observer};
pub use light_client::RuntimeLightClient;
pub use metrics::Metrics;
pub use nodes::Nodes;
pub use params::BitcoinParams;
pub use view::SharedView;

/// Target of the log lines about Bitcoin.
pub const LOG_TARGET: &str = "bitcoin";
