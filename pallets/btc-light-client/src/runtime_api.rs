//! What nodes and users ask the runtime about Bitcoin.

use crate::{Attestation, ClaimError, HeaderInfo, InclusionClaim, NotFinal, Status, TipInfo};
use alloc::vec::Vec;
use codec::Codec;
use entangled_bitcoin::{BlockHash, BlockRef, Network, Txid};
use polkadot_sdk::sp_api;

sp_api::decl_runtime_apis! {
	/// Bitcoin as the chain knows it.
	pub trait BtcLightClientApi<ValidatorId> where ValidatorId: Codec {
		/// The network that is followed; `None` when the chain follows none.
		fn network() -> Option<Network>;

		/// The last block.
		fn tip() -> Option<TipInfo>;

		/// The header at this height.
		fn header(height: u32) -> Option<HeaderInfo>;

		/// The header with this hash.
		fn header_by_hash(hash: BlockHash) -> Option<HeaderInfo>;

		/// Blocks on top of the parent of the block with this hash; `None` when it is not in the
		/// chain.
		fn confirmations(hash: BlockHash) -> Option<u32>;

		/// Whether the block with this hash may be relied on.
		fn is_final(hash: BlockHash) -> Result<(), NotFinal>;

		/// Blocks of the chain, newest first and ever further apart, the oldest that is kept last.
		fn locator() -> Vec<BlockRef>;

		/// What the validators say of Bitcoin.
		fn attestation() -> Attestation<ValidatorId>;

		/// Whether the client works as it should.
		fn status() -> Status;

		/// Whether the transaction is in a block that may be relied on, and its id.
		fn verify_inclusion(claim: InclusionClaim) -> Result<Txid, ClaimError>;
	}
}
