//! Weights of the calls.

use core::marker::PhantomData;
use polkadot_sdk::{
	frame_support::{traits::Get, weights::Weight},
	frame_system,
};

/// What the pallet's calls cost. The verification of proofs comes on top.
pub trait WeightInfo {
	/// `claim`.
	fn claim() -> Weight;
	/// `settle` of an attempt with `n` payouts.
	fn settle(n: u32) -> Weight;
	/// `front`.
	fn front() -> Weight;
	/// `sign` with `n` signatures.
	fn sign(n: u32) -> Weight;
	/// `prove_life`, with the change of office.
	fn prove_life() -> Weight;
	/// `withdraw`.
	fn withdraw() -> Weight;
	/// `raise_fee`.
	fn raise_fee() -> Weight;
	/// `cancel` and `expire`.
	fn cancel() -> Weight;
	/// `reserve` and `release`.
	fn reserve() -> Weight;
	/// What governance calls.
	fn govern() -> Weight;
	/// The hook of a block with no news of Bitcoin.
	fn idle_step() -> Weight;
	/// The hook of a block with news of Bitcoin: a full batch is built.
	fn step() -> Weight;
}

/// A check of a BIP-340 signature, or a taproot output: one recovery by the host, and hashes.
const CURVE: u64 = 90_000_000;

/// Weights set by hand, above what `make bench` measures of the same calls.
pub struct SubstrateWeight<T>(PhantomData<T>);

impl<T: frame_system::Config> SubstrateWeight<T> {
	fn weight(picoseconds: u64, reads: u64, writes: u64) -> Weight {
		Weight::from_parts(picoseconds, 0)
			.saturating_add(T::DbWeight::get().reads_writes(reads, writes))
	}
}

impl<T: frame_system::Config> WeightInfo for SubstrateWeight<T> {
	fn claim() -> Weight {
		// The refund key, the deposit's output, custody's.
		Self::weight(3 * CURVE + 150_000_000, 16, 10)
	}

	fn settle(n: u32) -> Weight {
		let coins = u64::from(crate::MAX_INPUTS);
		let signatures = u64::from(crate::MAX_MEMBERS * crate::MAX_ATTEMPTS);
		Self::weight(2 * CURVE * coins + 200_000_000, 4 * coins + 40, 2 * coins + signatures)
			.saturating_add(Self::weight(90_000_000, 6, 7).saturating_mul(n.into()))
	}

	fn front() -> Weight {
		Self::weight(2 * CURVE + 250_000_000, 16, 10)
	}

	fn sign(n: u32) -> Weight {
		let members = u64::from(crate::MAX_MEMBERS);
		Self::weight(100_000_000, 8 + 2 * members, 3)
			.saturating_add(Self::weight(CURVE, 0, 0).saturating_mul(n.into()))
	}

	fn prove_life() -> Weight {
		Self::weight(CURVE + 80_000_000, 6, 5)
	}

	fn withdraw() -> Weight {
		Self::weight(2 * CURVE + 150_000_000, 12, 6)
	}

	fn raise_fee() -> Weight {
		Self::weight(100_000_000, 5, 4)
	}

	fn cancel() -> Weight {
		Self::weight(130_000_000, 8, 7)
	}

	fn reserve() -> Weight {
		Self::weight(2 * CURVE + 130_000_000, 10, 5)
	}

	fn govern() -> Weight {
		Self::weight(100_000_000, 30, 2 * u64::from(crate::MAX_PAYOUTS) + 20)
	}

	fn idle_step() -> Weight {
		Self::weight(5_000_000, 5, 0)
	}

	fn step() -> Weight {
		let coins = u64::from(crate::MAX_INPUTS);
		let pending = u64::from(crate::MAX_PENDING);
		let payouts = u64::from(crate::MAX_PAYOUTS);
		// Coins are looked at three times at the most, with fewer deposits each time.
		Self::weight(3 * CURVE * coins + 2_000_000 * pending, 6 * coins + pending + 60, payouts + 20)
	}
}
