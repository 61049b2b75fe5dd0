//! The pieces of a whole Entangled network on one machine.
//!
//! [`bitcoin`] is its Bitcoin: a regtest chain judged by Bitcoin Core's own consensus engine and
//! served through Bitcoin Core's JSON-RPC. [`network`] runs it together with the validators, and
//! [`story`] shows what the whole can do.

pub mod bitcoin;
pub mod network;
pub mod story;
