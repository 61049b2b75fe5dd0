//! The pallet in a runtime of its own.

mod adoption;
mod attacks;
mod authorize;
mod batches;
mod claims;
mod committees;
mod first_batch;
mod fronting;
mod governance;
mod hand_over;
mod limits;
mod random;
mod refusals;
mod reorganisation;
mod replacement;
mod settlement;
mod signing;
mod sweeping;
mod withdrawals;
