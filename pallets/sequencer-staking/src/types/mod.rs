//! What the pallet stores and shows.

mod bond;
mod ent;
mod policy;
mod sequencer;
mod slash;
mod views;

pub use bond::*;
pub use policy::*;
pub use sequencer::*;
pub use slash::*;
pub use views::*;

/// The most sequencers that stand for election. The ranking of all of them is one value of storage, which
/// every change of a weight reads and writes.
pub const MAX_SEQUENCERS: u32 = 500;

/// The most validators that can be elected.
pub const MAX_VALIDATORS: u32 = 100;

/// The most bonds that a sequencer has, its own and those delegated to it, those included that may
/// still be slashed. Bounds what one slash leads to.
pub const MAX_BONDS: u32 = 1_000;

/// How many of these places are kept for the sequencer's own bonds, and for bonds that extend others: what others
/// register for it, funded or not, must not keep it from being elected, or them from staying.
pub const KEPT_PLACES: u32 = 100;

/// The most bonds that one call collects rewards for.
pub const MAX_COLLECTED: u32 = 50;

/// The most bytes of a funding transaction, without witnesses.
pub const MAX_FUNDING: u32 = 4_096;

/// The most versions of the rules that are kept.
pub const MAX_VERSIONS: u32 = 32;

/// The most amounts of stake of one sequencer that wait to be unlocked.
pub const MAX_UNLOCKING: u32 = 16;

/// The most offences that wait until the bonds that answer for them have been gone through: more than there are
/// validators, so that all could cheat at once. If one has cheated in so many sessions, some of them are taken for one
/// offence.
pub const MAX_SLASHES: u32 = 128;

/// How many bonds expire, or are ordered to be slashed, in one block.
pub const BONDS_PER_BLOCK: u32 = 20;

/// How many heights of Bitcoin are looked at for expired bonds in one block. More than that have passed
/// only if the chain stood still.
pub const HEIGHTS_PER_BLOCK: u32 = 32;

/// The most bonds that expire at the same height of Bitcoin. One more expires some blocks earlier.
pub const MAX_EXPIRING: u32 = 200;

/// How many blocks earlier at the most. To keep others out, one would have to bond as many times
/// [`MAX_EXPIRING`] bonds.
pub const EXPIRY_SPREAD: u32 = 32;
