//! Bonds, from the address to the coin.

mod file;
mod fund;
mod funding;
pub mod kit;
mod leave;
mod offer;
mod presign;
mod shown;
