//! The pallet in a runtime of its own.

mod attestation;
mod finality;
mod headers;
mod observation;
mod real_chains;
mod reorganisation;
