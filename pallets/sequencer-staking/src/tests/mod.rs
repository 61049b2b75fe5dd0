//! The pallet in a runtime of its own.

mod registration;
mod sequencers;
