//! The regtest node as a client of Bitcoin Core sees it.

// `&[x.clone()]` reads better in a test than `std::slice::from_ref(&x)`.
#![allow(clippy::cloned_ref_to_slice_refs)]
// The client's crate calls its blocking half deprecated in favour of an asynchronous one; tests are
// simpler with it.
#![allow(deprecated)]

mod chain;
mod http;
mod kit;
mod mempool;
mod package;
