//! The program against nodes that the tests make up, honest and not.

mod address;
mod bitcoin_node;
mod bond;
mod claim;
mod command_line;
mod extrinsic;
mod kit;
mod refund;
mod sequencer;
mod terms;
