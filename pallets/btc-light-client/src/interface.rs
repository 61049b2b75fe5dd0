//! What other pallets know of this one.

use crate::{ClaimError, Clock, InclusionClaim, NotFinal};
use entangled_bitcoin::{inclusion::Included, BlockRef, FeeRate, Network};
use polkadot_sdk::frame_support::weights::Weight;

/// Bitcoin, as other pallets see it.
pub trait BitcoinChain {
	/// The network; `None` when the chain specification names no checkpoint.
	fn network() -> Option<Network>;

	/// Whether the block may be relied on.
	fn ensure_final(block: &BlockRef) -> Result<(), NotFinal>;

	/// Whether the transaction is in a block that may be relied on, and what it says.
	///
	/// True of the chain at this moment. Who acts on it later must ask again.
	fn verify(claim: &InclusionClaim) -> Result<Included, ClaimError>;

	/// What [`Self::verify`] costs.
	fn verify_weight(claim: &InclusionClaim) -> Weight;

	/// Whether the client vouches for any block at all. If not, it is frozen or stale.
	fn ensure_operational() -> Result<(), NotFinal>;

	/// The clocks that deadlines run in.
	fn clock() -> Clock;

	/// The median of the validators' estimates of the fee rate.
	fn fee_rate() -> Option<FeeRate>;
}

/// Told of every reorganisation, in the block in which it happens.
pub trait OnReorganisation {
	/// All blocks above `fork_height` have left the chain.
	fn on_reorganisation(fork_height: u32);
}

#[impl_trait_for_tuples::impl_for_tuples(8)]
impl OnReorganisation for Tuple {
	fn on_reorganisation(fork_height: u32) {
		for_tuples!( #( Tuple::on_reorganisation(fork_height); )* );
	}
}
