//! `entangled`: the command line for people who move bitcoin in and out of the network.
//!
//! It speaks JSON-RPC to whichever node is named, believes it as little as it can, and takes a
//! deposit back without any.
//!
//! | module | what |
//! |---|---|
//! | [`cli`] | the command line |
//! | [`deposit`] | from Bitcoin into the network |
//! | [`withdrawal`] | from the network to Bitcoin |
//! | [`transfer`], [`account`], [`committee_command`], [`status`] | the other commands |
//! | [`terms`] | the file with which a deposit can be claimed or taken back |
//! | [`committee`] | the file with the committee's keys |
//! | [`refund_key`] | the key by which a deposit is taken back |
//! | [`chain`] | what is asked of an Entangled node |
//! | [`bitcoin`] | what is asked of a Bitcoin node |
//! | [`extrinsic`], [`signer`], [`refusal`] | transactions of accounts |

#![warn(missing_docs)]

pub mod account;
pub mod bitcoin;
pub mod chain;
pub mod cli;
pub mod committee;
pub mod committee_command;
pub mod context;
pub mod deposit;
pub mod extrinsic;
pub mod file;
pub mod parse;
pub mod progress;
pub mod qr;
pub mod refund_key;
pub mod refusal;
pub mod report;
pub mod rpc;
pub mod signer;
pub mod status;
pub mod terms;
pub mod transfer;
pub mod withdrawal;
