//! Bonds: their outputs, the transactions that spend them, and who may sign what.

mod check;
mod child;
mod classify;
mod docs;
mod funding;
mod kit;
mod outputs;
mod psbt;
mod signatures;
mod slashing;
mod terms;
mod transactions;
