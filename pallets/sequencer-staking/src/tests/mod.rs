//! The pallet in a runtime of its own.

mod activation;
mod authorize;
mod covenants;
mod dropping;
mod expiry;
mod extension;
mod presigned;
mod random;
mod registration;
mod same_block;
mod sequencers;
mod session_change;
mod signing;
mod silence;
mod slashing;
mod spending;
mod striking;
mod unbonding;
mod views;
