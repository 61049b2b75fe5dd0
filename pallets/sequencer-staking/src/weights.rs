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

	/// So many signatures are gone through and forgotten.
	fn forget(signatures: u64) -> Weight {
		Self::weight(5_000_000, 1, 1).saturating_mul(signatures)
	}

	/// A bond ends. It counts no more: its sequencer, the ranking, what its owner earned, the total, and those that
	/// expire with it. The sequencer's bonds, the covenant's, its own record, the order to slash it. What the
	/// covenant is asked for and has signed is forgotten, duty by duty.
	fn end() -> Weight {
		Self::weight(RANKING + 60_000_000, 8, 9).saturating_add(Self::forget(3 + 3 * KEYS))
	}
}

impl<T: frame_system::Config> WeightInfo for SubstrateWeight<T> {
	fn register(bytes: u32) -> Weight {
		// Bond, unbonding, refund and slashed outputs, for both slashing transactions; two signatures. An extension
		// derives the outputs of the old bond too. Policy, rules and clock, sequencer, covenant, which chain it is, an
		// older bond and its covenant, the deposit.
		let hashing = 20_000u64.saturating_mul(bytes.into());
		Self::weight(15 * CURVE + TRANSFER + 150_000_000 + hashing, 16, 8)
	}

	fn sign() -> Weight {
		// The outputs again, two signatures; then all are counted, and noted. The bond, its sequencer, what is asked for,
		// an older bond, both covenants, which chain it is, policy and clock.
		Self::weight(10 * CURVE + 100_000_000, 14 + 3 * KEYS, 5 + KEYS)
	}

	fn activate() -> Weight {
		// At worst all heights at which it may expire are looked at. The bond, clock, deposit, sequencer, ranking, total,
		// policy and session; an older bond and the order to slash it. That one ends, and what was signed to extend
		// it is forgotten.
		let heights = u64::from(crate::EXPIRY_SPREAD) + 1;
		Self::weight(6 * CURVE + TRANSFER + RANKING + 100_000_000, 24 + heights, 12)
			.saturating_add(Self::forget(1 + KEYS))
			.saturating_add(Self::end())
	}

	fn close() -> Weight {
		// The bond, clock, the order to slash it, an older bond and its signatures, the deposit. At worst each member is
		// noted not to have signed.
		Self::weight(TRANSFER + 60_000_000, 10 + 2 * KEYS, 4 + KEYS).saturating_add(Self::end())
	}

	fn unbond() -> Weight {
		// The bond, sequencer, policy, ranking, what its owner earned, the total, those that expire with it, session.
		Self::weight(60_000_000 + RANKING, 8, 6)
	}

	fn report_spend() -> Weight {
		// What the transaction is to the bond: its outputs. At worst it activates another bond. Or the slash is credited to
		// two accounts: order, policy and covenant; the peg's coin, what of it was known and waits to be swept, the
		// total, the height relied on; eBTC, and each account there and in the system.
		Self::weight(8 * CURVE + 3 * TRANSFER, 20, 12).saturating_add(Self::activate())
	}

	fn stake() -> Weight {
		// Policy and clock, the sequencer, the ranking, what is on hold.
		Self::weight(TRANSFER + RANKING + 40_000_000, 8, 6)
	}

	fn stand() -> Weight {
		// Policy and clock, the sequencer, its keys, the ranking; and whoever had the last place has none.
		Self::weight(RANKING + 80_000_000, 12, 4)
	}

	fn collect(bonds: u32) -> Weight {
		// What was earned before and is owed to all; both kinds of money, in the account that pays and in the one that is
		// paid. Of each bond its record and its sequencer.
		Self::weight(2 * TRANSFER + 60_000_000, 12, 9)
			.saturating_add(Self::weight(15_000_000, 2, 1).saturating_mul(bonds.into()))
	}

	fn govern() -> Weight {
		// New ENT is made. All who stand are ranked anew.
		Self::weight(TRANSFER + RANKING, 10, 6).saturating_add(
			Self::weight(10_000_000, 1, 0).saturating_mul(crate::MAX_SEQUENCERS.into()),
		)
	}

	fn step(heights: u32, bonds: u32) -> Weight {
		// Clock, height, offences, and who made the block, which is noted before.
		let all = Self::weight(10_000_000, 6, 3);
		let heights = Self::weight(5_000_000, 1, 1).saturating_mul(heights.into());
		// The bond, where it is found and whether it is to be slashed, what is asked for; sequencer, policy, ranking,
		// what its owner earned, the total, those that expire with it, session.
		let bonds = Self::weight(RANKING + 60_000_000, 10, 8).saturating_mul(bonds.into());
		all.saturating_add(heights).saturating_add(bonds)
	}

	fn end_session(validators: u32) -> Weight {
		// Policy, clock, new ENT, what there is to share and what is owed. Each has its blocks, its record, its share, and may
		// be jailed, and leaves the ranking then.
		Self::weight(TRANSFER + 60_000_000, 12, 5).saturating_add(
			Self::weight(RANKING + 60_000_000, 5, 4).saturating_mul(validators.into()),
		)
	}

	fn elect(candidates: u32) -> Weight {
		// Policy, clock, the ranking and founders. Keys are looked up; of founders, and of those who were validators
		// before, their records too.
		let founders =
			Self::weight(20_000_000, 3, 0).saturating_mul(2 * u64::from(crate::MAX_VALIDATORS));
		Self::weight(RANKING + 20_000_000, 5, 1)
			.saturating_add(Self::weight(15_000_000, 2, 0).saturating_mul(candidates.into()))
			.saturating_add(founders)
	}

	fn offence() -> Weight {
		// The sequencer, policy, clock, the ranking, founders, what is on hold, the treasury, and the queue.
		Self::weight(2 * TRANSFER + RANKING + 80_000_000, 12, 9)
	}
}
