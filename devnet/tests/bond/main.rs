//! Bonds' transactions, judged by Bitcoin Core's engine: by its interpreter and by what its memory pool
//! lets in, and mined.

// The client's crate calls its blocking half deprecated in favour of an asynchronous one; tests are
// simpler with it.
#![allow(deprecated)]

#[path = "../custody/committee.rs"]
#[allow(dead_code)]
mod committee;
mod extension;
mod fees;
#[path = "../bitcoin_rpc/kit.rs"]
#[allow(dead_code)]
mod kit;
mod slashing;
mod stake;
mod unbonding;
mod withdrawal;
