//! The scripts that the peg writes and reads.
//!
//! | module | script |
//! |---|---|
//! | [`multisig`] | the committee's k-of-n script |
//! | [`custody`] | the output that holds what the network keeps |
//! | [`deposit`] | the output that a deposit pays to |
//! | [`refund`] | how a depositor takes an unclaimed deposit back, or a staker what was bonded |
//! | [`chain_id`] | which chain they are made for |
//! | [`destination`] | where a deposit goes |
//! | [`payout`] | what a withdrawal may pay to |
//! | [`front`] | which withdrawal somebody has paid in advance |
//! | [`anchor`] | the checkpoint that custody's transactions carry |
//!
//! Every reader accepts exactly the bytes that the writer makes.

pub mod anchor;
pub mod chain_id;
pub mod custody;
pub mod deposit;
pub mod destination;
pub mod front;
pub mod multisig;
mod op_return;
pub mod payout;
pub mod refund;

pub use anchor::AnchorPayload;
pub use chain_id::ChainId;
pub use custody::custody_output;
pub use deposit::{deposit_output, Refund};
pub use destination::{fixed_commitment, Destination};
pub use front::Fronted;
pub use multisig::{Multisig, MultisigError};
pub use payout::{AddressError, PayoutScript};
pub use refund::{RefundError, UnsignedRefund};
