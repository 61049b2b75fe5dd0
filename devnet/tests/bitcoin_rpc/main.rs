//! The regtest node as a client of Bitcoin Core sees it.

// The client's crate calls its blocking half deprecated in favour of an asynchronous one; tests are
// simpler with it.
#![allow(deprecated)]

mod chain;
mod http;
mod kit;
mod mempool;
