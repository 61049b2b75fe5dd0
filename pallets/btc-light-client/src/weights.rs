//! Weights of the calls.

use core::marker::PhantomData;
use polkadot_sdk::{
	frame_support::{traits::Get, weights::Weight},
	frame_system,
};

/// What the pallet's calls cost.
pub trait WeightInfo {
	/// `observe` with `n` headers.
	fn observe(n: u32) -> Weight;
	/// `submit_headers` with `n` headers that extend the chain.
	fn submit_headers(n: u32) -> Weight;
	/// The search of the whole chain for a parent, and the removal of the deepest branch.
	fn search() -> Weight;
	/// `resume`.
	fn resume() -> Weight;
	/// `restart`.
	fn restart() -> Weight;
	/// The hooks of a block.
	fn on_initialize() -> Weight;
	/// The verification of a transaction of `b` bytes with `s` siblings.
	fn verify(b: u32, s: u32) -> Weight;
}

/// Weights set by hand, above what `make bench` measures of the same calls.
pub struct SubstrateWeight<T>(PhantomData<T>);

impl<T: frame_system::Config> SubstrateWeight<T> {
	/// Pages that `n` headers touch: those they fill, and the one they begin in.
	fn pages(n: u32) -> u64 {
		u64::from(n / crate::PAGE_SIZE).saturating_add(2)
	}

	fn headers(n: u32) -> Weight {
		let db = T::DbWeight::get();
		let pages = Self::pages(n);
		Weight::from_parts(2_500_000, 0)
			.saturating_mul(u64::from(n))
			// Network, origin, tip, policy, what was confirmed, freeze and the clock; the last page, the
			// one before it, and the one where the period began.
			.saturating_add(db.reads(10))
			// Each page that is added prunes one. Then the tip, its time, and what is confirmed.
			.saturating_add(db.writes(pages.saturating_mul(2).saturating_add(3)))
	}
}

impl<T: frame_system::Config> WeightInfo for SubstrateWeight<T> {
	fn observe(n: u32) -> Weight {
		Weight::from_parts(60_000_000, 0)
			.saturating_add(Self::headers(n))
			// A branch of the author's cuts as deep as anybody's.
			.saturating_add(if n > 0 { Self::search() } else { Weight::zero() })
			.saturating_add(T::DbWeight::get().reads_writes(5, 2))
	}

	fn submit_headers(n: u32) -> Weight {
		Weight::from_parts(40_000_000, 0).saturating_add(Self::headers(n))
	}

	fn search() -> Weight {
		Weight::from_parts(15_000_000, 0)
			.saturating_mul(u64::from(crate::KEPT_PAGES))
			.saturating_add(T::DbWeight::get().reads(u64::from(crate::KEPT_PAGES)))
	}

	fn resume() -> Weight {
		Weight::from_parts(15_000_000, 0).saturating_add(T::DbWeight::get().reads_writes(1, 1))
	}

	fn restart() -> Weight {
		let pages = u64::from(crate::KEPT_PAGES);
		Weight::from_parts(100_000_000, 0)
			.saturating_add(T::DbWeight::get().reads_writes(pages, pages.saturating_add(6)))
	}

	fn on_initialize() -> Weight {
		Weight::from_parts(8_000_000, 0).saturating_add(T::DbWeight::get().reads_writes(5, 2))
	}

	fn verify(b: u32, s: u32) -> Weight {
		Weight::from_parts(60_000_000, 0)
			.saturating_add(Weight::from_parts(15_000, 0).saturating_mul(u64::from(b)))
			.saturating_add(Weight::from_parts(1_500_000, 0).saturating_mul(u64::from(s)))
			.saturating_add(T::DbWeight::get().reads(10))
	}
}
