//! The gates that a Bitcoin block passes before it may be relied on.

use crate::{
	chain::Stored, BitcoinChain, ClaimError, Clock, Config, CurrentPolicy, Freeze, HeaderInfo,
	Host, InclusionClaim, Network, NotFinal, Pallet, TipInfo, WeightInfo,
};
use alloc::vec::Vec;
use entangled_bitcoin::{
	inclusion::Included, BlockHash, BlockRef, FeeRate, Header, HeaderStore,
	Network as BitcoinNetwork,
};
use polkadot_sdk::{
	frame_support::weights::Weight, frame_system, sp_runtime::traits::SaturatedConversion,
};

/// How many of the newest blocks a locator names one by one (Bitcoin Core's `LocatorEntries`).
const LOCATOR_DENSE: usize = 10;

impl<T: Config> Pallet<T> {
	/// Checks the gates and gives the block's header.
	fn final_header(block: &BlockRef) -> Result<Header, NotFinal> {
		let chain = Stored::<T>::open().ok_or(NotFinal::UnknownBlock)?;
		let stored = chain
			.stored(block.height)
			.filter(|_| chain.contains(block))
			.ok_or(NotFinal::UnknownBlock)?;
		<Self as BitcoinChain>::ensure_operational()?;
		let policy = CurrentPolicy::<T>::get();

		let have = confirmations(&chain, block.height);
		if have < policy.confirmations {
			return Err(NotFinal::Unconfirmed { have, need: policy.confirmations });
		}

		let now: u32 = frame_system::Pallet::<T>::block_number().saturated_into();
		let have = now.saturating_sub(stored.stored_at);
		if have < policy.own_blocks {
			return Err(NotFinal::TooRecent { have, need: policy.own_blocks });
		}

		let named = block.height.saturating_add(policy.confirmations.saturating_sub(1));
		let (have, need) = Self::attested_by(named);
		if have < need {
			return Err(NotFinal::Unattested { have, need });
		}
		Ok(stored.record.header)
	}

	/// The tip.
	pub fn tip_info() -> Option<TipInfo> {
		let chain = Stored::<T>::open()?;
		let tip = chain.tip();
		let BlockRef { height, hash } = tip.block;
		let time = chain.record(height)?.header.time;
		Some(TipInfo { height, hash, work: tip.work, time })
	}

	/// The header at `height`.
	pub fn header_info(height: u32) -> Option<HeaderInfo> {
		let chain = Stored::<T>::open()?;
		let stored = chain.stored(height)?;
		Some(HeaderInfo {
			block: BlockRef { height, hash: chain.hash(height)? },
			header: stored.record.header,
			confirmations: confirmations(&chain, height),
			stored_at: stored.stored_at,
		})
	}

	/// The block with this hash. Searches all headers; not for calls.
	pub fn find(hash: &BlockHash) -> Option<BlockRef> {
		let height = Stored::<T>::open()?.height_of(hash)?;
		Some(BlockRef { height, hash: *hash })
	}

	/// Some blocks of the chain, newest first and ever further apart, the oldest that is kept last:
	/// who knows one of them knows from where on to send headers (Bitcoin Core's `CBlockLocator`).
	pub fn locator() -> Vec<BlockRef> {
		let Some(chain) = Stored::<T>::open() else { return Vec::new() };
		let Some(oldest) = chain.oldest() else { return Vec::new() };
		let mut blocks = Vec::new();
		let mut step = 1u32;
		let mut next = Some(chain.tip().block.height);
		while let Some(height) = next {
			let Some(hash) = chain.hash(height) else { break };
			blocks.push(BlockRef { height, hash });
			if blocks.len() >= LOCATOR_DENSE {
				step = step.saturating_mul(2);
			}
			let below = height > oldest;
			next = below.then(|| height.saturating_sub(step).max(oldest));
		}
		blocks
	}
}

fn confirmations(chain: &impl HeaderStore, height: u32) -> u32 {
	chain.tip().block.height.saturating_sub(height).saturating_add(1)
}

impl<T: Config> BitcoinChain for Pallet<T> {
	fn network() -> Option<BitcoinNetwork> {
		Network::<T>::get()
	}

	fn ensure_final(block: &BlockRef) -> Result<(), NotFinal> {
		Self::final_header(block).map(|_| ())
	}

	fn verify(claim: &InclusionClaim) -> Result<Included, ClaimError> {
		let header = Self::final_header(&claim.block).map_err(ClaimError::Block)?;
		claim.proof.verify::<Host>(&header.merkle_root).map_err(ClaimError::Proof)
	}

	fn verify_weight(claim: &InclusionClaim) -> Weight {
		T::WeightInfo::verify(
			claim.proof.transaction.len().saturated_into(),
			claim.proof.siblings.len().saturated_into(),
		)
	}

	fn ensure_operational() -> Result<(), NotFinal> {
		if Freeze::<T>::exists() {
			return Err(NotFinal::Frozen);
		}
		if Self::is_stale() {
			return Err(NotFinal::Stale);
		}
		Ok(())
	}

	fn clock() -> Clock {
		Self::clock()
	}

	fn fee_rate() -> Option<FeeRate> {
		Self::attestation().fee_rate
	}
}
