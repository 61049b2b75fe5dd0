// SPDX-License-Identifier: GPL-3.0-or-later WITH Classpath-exception-2.0

//! The node's part in the peg, as far as it is the peg's alone. What tasks share is in
//! [`crate::tasks`], and who brings proofs in [`crate::relay`].
//!
//! | file | concept |
//! |---|---|
//! | [`params`] | the command line's options |
//! | [`signer`] | what the chain wants signed |
//! | [`verdict`] | whether a transaction may be signed |
//! | [`broadcaster`] | sends complete transactions to Bitcoin |
//! | [`monitor`] | whether the peg stands still |
//! | [`metrics`] | Prometheus |

pub mod broadcaster;
pub mod metrics;
pub mod monitor;
pub mod params;
pub mod signer;
pub mod verdict;

pub use broadcaster::Broadcaster;
pub use metrics::Metrics;
pub use monitor::Monitor;
pub use params::PegParams;
pub use signer::PegDesk;

/// Target of the log lines about the peg.
pub const LOG_TARGET: &str = "peg";
