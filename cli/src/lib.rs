//! `entangled`: the command line for people who move bitcoin in and out of the network, and for those who
//! bond it.
//!
//! It speaks JSON-RPC to whichever node is named, believes it as little as it can, and takes a
//! deposit or a bond back without any.
//!
//! | module | what |
//! |---|---|
//! | [`cli`] | the command line |
//! | [`deposit`] | from Bitcoin into the network |
//! | [`withdrawal`] | from the network to Bitcoin |
//! | [`bond`] | bonds: to make them, and to leave |
//! | [`sequencer`] | token stake, keys, election |
//! | [`transfer`], [`account`], [`committee_command`], [`status`] | the other commands |
//! | [`document`] | files of the program's own |
//! | [`terms`] | the file with which a deposit can be claimed or taken back |
//! | [`committee`] | the file with the committee's keys |
//! | [`agreement`] | whom to believe about that committee |
//! | [`sign`] | who signs on Bitcoin: a key in a file, or another program |
//! | [`takeback`] | coins that their owner takes when a delay is over |
//! | [`chain`] | what is asked of an Entangled node |
//! | [`bitcoin`] | what is asked of a Bitcoin node |
//! | [`payment`] | payments on Bitcoin that the chain is to rely on |
//! | [`extrinsic`], [`signer`], [`refusal`], [`advice`] | transactions of accounts |

#![warn(missing_docs)]

pub mod account;
pub mod advice;
pub mod agreement;
pub mod bitcoin;
pub mod bond;
pub mod chain;
pub mod cli;
pub mod committee;
pub mod committee_command;
pub mod context;
pub mod deposit;
pub mod document;
pub mod extrinsic;
pub mod file;
pub mod parse;
pub mod payment;
pub mod progress;
pub mod qr;
pub mod refusal;
pub mod report;
pub mod rpc;
pub mod sequencer;
pub mod sign;
pub mod signer;
pub mod status;
pub mod takeback;
pub mod terms;
pub mod transfer;
pub mod withdrawal;
