//! Bitcoin's rules as Entangled uses them.
//!
//! Pure, `no_std`, and ignorant of any blockchain framework: the runtime, the node and the tests
//! call the same functions. Rules never touch storage. They read through a small trait and return
//! a value (a [`chain::Plan`], a [`Txid`]) that the caller applies.
//!
//! | module | concept | source |
//! |---|---|---|
//! | [`hash`] | block hashes, transaction ids and the SHA-256 they are made of | Bitcoin Core `uint256`, `Hash` |
//! | [`header`] | the 80-byte block header | `CBlockHeader` |
//! | [`target`] | compact targets, work | `arith_uint256::SetCompact`, `GetBlockProof` |
//! | [`network`] | the constants of each network | `chainparams.cpp` |
//! | [`difficulty`] | the bits that a header must carry | `GetNextWorkRequired` |
//! | [`chain`] | header validation and choice of the chain of most work | `ContextualCheckBlockHeader` |
//! | [`checkpoint`] | where a client starts | |
//! | [`merkle`] | Merkle roots and branches | `merkle.cpp` |
//! | [`inclusion`] | proof that a transaction is in a block | |
//! | [`fee`] | fee rates | `CFeeRate` |

#![cfg_attr(not(feature = "std"), no_std)]
#![warn(missing_docs)]

extern crate alloc;

pub mod chain;
pub mod checkpoint;
pub mod difficulty;
pub mod fee;
pub mod hash;
pub mod header;
pub mod inclusion;
pub mod merkle;
pub mod network;
pub mod target;

pub use chain::{apply, HeaderError, HeaderStore, Plan, Record, Tip};
pub use checkpoint::{Checkpoint, CheckpointError};
pub use fee::FeeRate;
pub use hash::{BlockHash, BlockRef, Native, Sha256, Txid};
pub use header::Header;
pub use inclusion::{InclusionError, InclusionProof};
pub use network::{Network, Rules};
pub use primitive_types::U256;
pub use target::CompactTarget;
