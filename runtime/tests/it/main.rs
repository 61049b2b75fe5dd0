//! The runtime as a whole, run natively: from genesis, through blocks and signed transactions.

mod bonds;
mod chain;
mod regtest;

mod consensus;
mod fees;
mod genesis;
mod metadata;
mod peg;
mod session_keys;
mod staking;
