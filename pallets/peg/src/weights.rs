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
	/// `withdraw`, with `n` withdrawals looked at for one that makes room.
	fn withdraw(n: u32) -> Weight;
	/// `raise_fee`.
	fn raise_fee() -> Weight;
	/// `cancel` and `expire`.
	fn cancel() -> Weight;
	/// `reserve` and `release`.
	fn reserve() -> Weight;
	/// `adopt`.
	fn adopt() -> Weight;
	/// What else governance calls.
	fn govern() -> Weight;
	/// The hook of a block with no news of Bitcoin.
	fn idle_step() -> Weight;
	/// The hook of a block with news of Bitcoin: a full batch is built, or another attempt at it.
	fn step() -> Weight;
}

/// A check of a BIP-340 signature, or a taproot output: one recovery by the host, and hashes.
const CURVE: u64 = 110_000_000;

/// A transfer of eBTC, with its events.
const TRANSFER: u64 = 120_000_000;

/// What a look at a withdrawal takes while a batch is chosen.
const LOOK: u64 = 400_000;

/// Validators that are looked at for the next committee: as many as a session has.
const VALIDATORS: u64 = 100;

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
		// The refund key, the deposit's output, custody's. Two accounts are paid.
		Self::weight(3 * CURVE + 2 * TRANSFER + 100_000_000, 19, 12)
	}

	fn settle(n: u32) -> Weight {
		let coins = u64::from(crate::MAX_INPUTS);
		let members = u64::from(crate::MAX_MEMBERS * crate::MAX_COMMITTEES);
		let signatures = members.saturating_mul(crate::MAX_ATTEMPTS.into());
		let coins = Self::weight(2 * CURVE * coins + 200_000_000, 5 * coins + 40, 3 * coins);
		// The signatures for all attempts are forgotten. Whom other attempts would have paid waits
		// again.
		let signatures = Self::weight(5_000_000, 0, 1).saturating_mul(signatures);
		// Who has signed all of them is noted.
		let noted =
			Self::weight(20_000_000, 2 + u64::from(crate::MAX_ATTEMPTS), 1).saturating_mul(members);
		let unpaid = Self::weight(40_000_000, 1, 1).saturating_mul(crate::MAX_PENDING.into());
		// Of each payment something is burnt and the rest returned.
		let paid = Self::weight(2 * TRANSFER + 40_000_000, 6, 7).saturating_mul(n.into());
		[signatures, noted, unpaid, paid].into_iter().fold(coins, Weight::saturating_add)
	}

	fn front() -> Weight {
		// To who paid, its bond, and the rest to the owner.
		Self::weight(2 * CURVE + 3 * TRANSFER + 100_000_000, 17, 10)
	}

	fn sign(n: u32) -> Weight {
		let members = u64::from(crate::MAX_MEMBERS * crate::MAX_COMMITTEES);
		// Of each committee that it belongs to, it may be the one that ends the silence.
		let committees = u64::from(crate::MAX_COMMITTEES);
		Self::weight(100_000_000, 24 + members, 3 + committees)
			.saturating_add(Self::weight(CURVE, 0, 0).saturating_mul(n.into()))
	}

	fn prove_life() -> Weight {
		Self::weight(CURVE + 150_000_000, 6, 5)
	}

	fn withdraw(n: u32) -> Weight {
		let looks = Self::weight(LOOK, 1, 0).saturating_mul(n.into());
		// One of them may be released and expire.
		let room =
			if n > 0 { Self::reserve().saturating_add(Self::cancel()) } else { Weight::zero() };
		Self::weight(2 * CURVE + TRANSFER + 80_000_000, 12, 6)
			.saturating_add(looks)
			.saturating_add(room)
	}

	fn raise_fee() -> Weight {
		Self::weight(TRANSFER + 50_000_000, 5, 4)
	}

	fn cancel() -> Weight {
		Self::weight(TRANSFER + 60_000_000, 8, 7)
	}

	fn reserve() -> Weight {
		Self::weight(2 * CURVE + TRANSFER + 60_000_000, 10, 5)
	}

	fn adopt() -> Weight {
		// The coin's output. Each input of a transaction of the greatest length is looked up among
		// the coins on the books.
		Self::weight(CURVE + 1_200_000_000, 20, 8)
	}

	fn govern() -> Weight {
		// The most is to give up a batch.
		Self::weight(100_000_000, 30, 20).saturating_add(Self::settle(crate::MAX_PAYOUTS))
	}

	fn idle_step() -> Weight {
		Self::weight(5_000_000, 5, 0)
	}

	fn step() -> Weight {
		let coins = u64::from(crate::MAX_INPUTS);
		let pending = u64::from(crate::MAX_PENDING);
		let payouts = u64::from(crate::MAX_PAYOUTS);
		// Coins are chosen twice, then again with half of the deposits each time, and in the end with
		// one. At worst each of these looks at twice as many withdrawals as a batch has, once for each
		// that it strikes out.
		let looks = u64::from(crate::MAX_INPUTS.ilog2()) + 4;
		let choosing = LOOK * looks * payouts * 2 * payouts;
		let computing =
			4 * CURVE * coins + 4_000_000 * pending + 15_000_000 * VALIDATORS + choosing;
		// The attempts so far are looked at, who has signed the newest, and who is silent of those that hold
		// coins.
		let committees = u64::from(crate::MAX_COMMITTEES);
		let members = u64::from(crate::MAX_MEMBERS);
		let signed = committees + members * committees;
		let attempts = u64::from(crate::MAX_ATTEMPTS);
		let holders = u64::from(crate::MAX_UNSWEPT);
		let reads =
			6 * coins + pending + 2 * attempts + signed + holders + members + 3 * VALIDATORS + 60;
		// It is noted who was missing at a hand-over.
		Self::weight(computing, reads, payouts + committees + members + 20)
	}
}
