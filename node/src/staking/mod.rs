// SPDX-License-Identifier: GPL-3.0-or-later WITH Classpath-exception-2.0

//! The node's part in staking, as far as it is staking's alone. What tasks share is in
//! [`crate::tasks`], and who brings proofs in [`crate::relay`].
//!
//! | file | concept |
//! |---|---|
//! | [`signer`] | what the chain wants covenants to sign |
//! | [`verdict`] | whether it may be signed |
//! | [`watcher`] | sends complete transactions that slash bonds to Bitcoin |
//! | [`metrics`] | Prometheus |

pub mod metrics;
pub mod signer;
pub mod verdict;
pub mod watcher;

#[cfg(test)]
pub mod testing;

pub use metrics::Metrics;
pub use signer::StakingDesk;
pub use watcher::Watcher;

/// Target of the log lines about bonds.
pub const LOG_TARGET: &str = "staking";
