//! How each pallet is set up.

pub mod assets_and_fees;
pub mod bitcoin;
pub mod consensus;
pub mod governance;
pub mod peg;
pub mod staking;
pub mod system;
