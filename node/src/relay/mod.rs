// SPDX-License-Identifier: GPL-3.0-or-later WITH Classpath-exception-2.0

//! Brings our chain the proofs of what Bitcoin has mined: for the peg and for bonds alike, so that
//! every block is read once.
//!
//! | file | concept |
//! |---|---|
//! | [`relayer`] | the task |
//! | [`find`] | what a block holds that the chain can use |
//! | [`interests`] | what to look for |
//! | [`bonds`] | which bonds to look for |
//! | [`findings`] | what was found and the chain does not show yet |
//! | [`need`] | whether the chain still needs it |
//! | [`scan`] | which blocks have been looked through |
//! | [`turn`] | which of many relayers goes first |
//! | [`watchlist`] | deposit addresses that somebody asked us to watch |
//! | [`watchfile`] | the list on the disk |

pub mod bonds;
pub mod find;
pub mod findings;
pub mod interests;
pub mod need;
pub mod relayer;
pub mod scan;
pub mod turn;
pub mod watchfile;
pub mod watchlist;

pub use relayer::Relayer;
pub use watchlist::WatchList;

/// Target of the log lines about what is found and brought.
pub const LOG_TARGET: &str = "relay";
