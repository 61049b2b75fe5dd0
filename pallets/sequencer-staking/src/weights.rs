//! Weights of the calls.

use core::marker::PhantomData;
use polkadot_sdk::{
	frame_support::{traits::Get, weights::Weight},
	frame_system,
};

/// What the pallet's calls cost. The verification of proofs comes on top.
pub trait WeightInfo {
	/// `register` and `extend`, with so many bytes of funding transaction.
	fn register(bytes: u32) -> Weight;
	/// `sign`, with the completion.
	fn sign() -> Weight;
	/// `activate`.
	fn activate() -> Weight;
	/// `drop_bond` and `release`.
	fn close() -> Weight;
	/// `unbond`.
	fn unbond() -> Weight;
	/// `report_spend`.
	fn report_spend() -> Weight;
	/// `stake`, `unstake`, `withdraw_stake` and `set_commission`.
	fn stake() -> Weight;
	/// `stand` and `chill`.
	fn stand() -> Weight;
	/// `collect` for so many bonds.
	fn collect(bonds: u32) -> Weight;
	/// What governance calls.
	fn govern() -> Weight;
	/// The hook, when so many heights are looked at, and so many bonds expire or are gone through for an
	/// offence.
	fn step(heights: u32, bonds: u32) -> Weight;
	/// The end of a session with so many validators.
	fn end_session(validators: u32) -> Weight;
	/// An election among so many candidates.
	fn elect(candidates: u32) -> Weight;
	/// What a validator's offence costs at once.
	fn offence() -> Weight;
}

/// A check of a BIP-340 signature, or a taproot output: one recovery by the host, and hashes.
const CURVE: u64 = 110_000_000;

/// A hold of ENT or a transfer, with its events.
const TRANSFER: u64 = 120_000_000;

/// To read the whole ranking, put somebody in another place and write it.
const RANKING: u64 = 150_000_000;

/// The keys of the largest covenant.
const KEYS: u64 = 20;

/// Weights set by hand, above what `make bench` measures of the same calls.
pub struct SubstrateWeight<T>(PhantomData<T>);

impl<T: frame_system::Config> SubstrateWeight<T> {
	fn weight(picoseconds: u64, reads: u64, writes: u64) -> Weight {
		Weight::from_parts(picoseconds, 0)
			.saturating_add(T::DbWeight::get().reads_writes(reads, writes))
	}

	/// A bond ends: what the covenant signed for it is forgotten, duty by duty.
	fn end() -> Weight {
		let signatures = Self::weight(5_000_000, 0, 1).saturating_mul(3 * KEYS);
		Self::weight(RANKING + 60_000_000, 8, 10).saturating_add(signatures)
	}
}

impl<T: frame_system::Config> WeightInfo for SubstrateWeight<T> {
	fn register(bytes: u32) -> Weight {
		// Bond, unbonding, refund and custody outputs, for both slashing transactions; three signatures. An extension
		// derives the outputs of the old bond too.
		let hashing = 20_000u64.saturating_mul(bytes.into());
		Self::weight(15 * CURVE + TRANSFER + 150_000_000 + hashing, 16, 8)
	}

	fn sign() -> Weight {
		// The outputs again, two signatures; then all are counted, and noted.
		Self::weight(10 * CURVE + 100_000_000, 14 + 3 * KEYS, 5 + KEYS)
	}

	fn activate() -> Weight {
		// It looks for a height to expire at. The bond whose coin it takes over, if any, ends with it.
		let heights = u64::from(crate::EXPIRY_SPREAD) + 1;
		Self::weight(6 * CURVE + TRANSFER + RANKING + 100_000_000, 24 + heights, 12)
			.saturating_add(Self::end())
	}

	fn close() -> Weight {
		// At worst each member is noted not to have signed.
		Self::weight(TRANSFER + 60_000_000, 10 + 2 * KEYS, 4 + KEYS).saturating_add(Self::end())
	}

	fn unbond() -> Weight {
		Self::weight(60_000_000 + RANKING, 8, 8)
	}

	fn report_spend() -> Weight {
		// At worst it activates another bond, or the slash is credited to two accounts.
		Self::weight(8 * CURVE + 3 * TRANSFER, 20, 12).saturating_add(Self::activate())
	}

	fn stake() -> Weight {
		Self::weight(TRANSFER + RANKING + 40_000_000, 8, 6)
	}

	fn stand() -> Weight {
		// Keys are looked up, and whoever had the last place has none.
		Self::weight(RANKING + 80_000_000, 12, 4)
	}

	fn collect(bonds: u32) -> Weight {
		Self::weight(2 * TRANSFER + 60_000_000, 10, 8)
			.saturating_add(Self::weight(15_000_000, 2, 1).saturating_mul(bonds.into()))
	}

	fn govern() -> Weight {
		// All who stand are ranked anew.
		Self::weight(TRANSFER + RANKING, 10, 6).saturating_add(
			Self::weight(10_000_000, 1, 0).saturating_mul(crate::MAX_SEQUENCERS.into()),
		)
	}

	fn step(heights: u32, bonds: u32) -> Weight {
		let heights = Self::weight(5_000_000, 1, 1).saturating_mul(heights.into());
		let bonds = Self::weight(RANKING + 60_000_000, 8, 8).saturating_mul(bonds.into());
		Self::weight(10_000_000, 6, 2).saturating_add(heights).saturating_add(bonds)
	}

	fn end_session(validators: u32) -> Weight {
		// Each has its share, and may be jailed.
		Self::weight(TRANSFER + 60_000_000, 12, 5).saturating_add(
			Self::weight(RANKING + 60_000_000, 5, 4).saturating_mul(validators.into()),
		)
	}

	fn elect(candidates: u32) -> Weight {
		// Keys are looked up; of founders, and of those who were validators before, their records too.
		let founders =
			Self::weight(20_000_000, 3, 0).saturating_mul(2 * u64::from(crate::MAX_VALIDATORS));
		Self::weight(RANKING + 20_000_000, 4, 1)
			.saturating_add(Self::weight(15_000_000, 2, 0).saturating_mul(candidates.into()))
			.saturating_add(founders)
	}

	fn offence() -> Weight {
		Self::weight(2 * TRANSFER + RANKING + 80_000_000, 10, 9)
	}
}
