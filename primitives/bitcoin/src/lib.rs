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
//! | [`amount`] | amounts in satoshi | `CAmount` |
//! | [`weight`] | the weight of transactions and of their parts | BIP 141 |
//! | [`outpoint`] | names of coins | `COutPoint` |
//! | [`transaction`] | ids and bytes of transactions | `CTransaction` |
//! | [`secp256k1`] | the curve, as far as a host of the runtime computes on it | |
//! | [`bip340`] | Schnorr signatures and their keys | BIP 340 |
//! | [`taproot`] | outputs that are spent by scripts | BIP 341 |
//! | [`sighash`] | what signatures in those scripts sign | BIP 341, BIP 342 |
//! | [`script`] | the scripts of the peg: custody, deposits, payouts, data | |
//! | [`custody`] | custody's transactions: what goes in, who pays, when to replace | BIP 125 |
//! | [`bond`] | bonds: their outputs, and the transactions that unbond, slash and extend them | |
//! | `psbt` | what another program is to sign; not for runtimes | BIP 174, BIP 371 |

#![cfg_attr(not(feature = "std"), no_std)]
#![warn(missing_docs)]

extern crate alloc;

pub mod amount;
pub mod bip340;
pub mod bond;
pub mod chain;
pub mod checkpoint;
pub mod custody;
pub mod difficulty;
pub mod fee;
pub mod hash;
pub mod header;
mod hex;
pub mod inclusion;
pub mod merkle;
pub mod network;
pub mod outpoint;
// For programs only: a runtime has no use for it.
#[cfg(feature = "std")]
pub mod psbt;
pub mod script;
pub mod secp256k1;
pub mod sighash;
pub mod taproot;
pub mod target;
pub mod transaction;
pub mod weight;

pub use amount::Sats;
pub use bip340::{Parity, Signature, XOnlyKey};
pub use chain::{apply, HeaderError, HeaderStore, Plan, Record, Tip};
pub use checkpoint::{Checkpoint, CheckpointError};
pub use custody::{Blocked, Coin, Payout, Selection, Skip};
pub use fee::FeeRate;
pub use hash::{BlockHash, BlockRef, Native, Sha256, Txid};
pub use header::Header;
pub use inclusion::{InclusionError, InclusionProof};
pub use network::{Network, Rules};
pub use outpoint::OutPoint;
pub use primitive_types::U256;
pub use script::{
	AddressError, AnchorPayload, ChainId, Destination, Multisig, MultisigError, PayoutScript,
	Refund,
};
pub use secp256k1::{Crypto, Secp256k1};
pub use sighash::{Sighashes, SpentOutput};
pub use taproot::{TaprootOutput, TaprootScript};
pub use target::CompactTarget;
pub use transaction::txid;
pub use weight::Weight;
