//! Everything at once, in any order.

mod checks;
mod happenings;
mod world;

use crate::{mock::*, Duty};
use proptest::{prelude::*, sample::Index};
use world::World;

/// What a transaction is to do to a bond.
#[derive(Clone, Copy, Debug)]
enum Spending {
	Unbonding,
	/// With the signatures that are on record.
	Slashing,
	/// The one that makes this bond of another's coin.
	Extension,
	/// By the staker alone, when the timelock is over: of the bond, or of what unbonding made of it.
	Withdrawal(bool),
	/// By staker and covenant, outside the protocol.
	Collusion,
}

/// Something that somebody does, or that happens. What does not fit the moment is refused.
#[derive(Clone, Debug)]
enum Step {
	/// By owner, sequencer, value and timelock.
	Register(u8, u8, u64, u16),
	Extend(Index, u16),
	/// Members sign, bit by bit.
	Sign(Index, Duty, u8),
	/// A bond is paid for.
	Fund(Index),
	/// A transaction that spends a bond is sent.
	Send(Index, Spending),
	Activate(Index),
	/// Somebody brings the proof of what has spent a bond, if anything has.
	Report(Index),
	Drop(Index),
	Unbond(Index),
	Release(Index),
	Stake(u8, u128),
	Unstake(u8, u128),
	WithdrawStake(u8),
	Commission(u8, u32),
	Stand(u8),
	Chill(u8),
	/// By owner, of all its bonds and perhaps another's.
	Collect(u8, bool),
	/// Least bond, deposit, number of validators.
	Policy(u64, u128, u32),
	/// Unbonding time, slashed part, and in how many blocks.
	Rules(u16, u32, u32),
	/// A session ends, by who made blocks.
	Session(u8),
	Signature(u8, bool),
	/// By offender, how many sessions ago, reporter.
	Cheat(u8, u32, Option<u8>),
	Fees(u128, u64),
	/// Which committee serves.
	Serve(Option<u32>),
	Mine(u32),
	/// The last blocks leave, and what was in them is mined anew or waits.
	Reorganise(u32, bool),
	/// So many blocks that what was mined is final, and all validators have seen them.
	Bury,
	Wait(u32),
	/// Bitcoin is silent for too long.
	Silence,
}

fn step() -> impl Strategy<Value = Step> {
	use Step::*;
	let which = any::<Index>;
	let who = || 1..=6u8;
	let bonds = prop_oneof![
		9 => (who(), 1..=4u8, 50_000..900_000u64, 30..60u16)
			.prop_map(|(owner, sequencer, value, lock)| Register(owner, sequencer, value, lock)),
		5 => (which(), 30..60u16).prop_map(|(bond, lock)| Extend(bond, lock)),
		16 => (which(), duty(), bits()).prop_map(|(bond, duty, members)| Sign(bond, duty, members)),
		10 => which().prop_map(Fund),
		8 => (which(), spending()).prop_map(|(bond, spending)| Send(bond, spending)),
		14 => which().prop_map(Activate),
		8 => which().prop_map(Report),
		3 => which().prop_map(Drop),
		3 => which().prop_map(Unbond),
		4 => which().prop_map(Release),
	];
	let sequencers = prop_oneof![
		3 => (1..=4u8, 0..30_000u128).prop_map(|(n, amount)| Stake(n, amount)),
		1 => (1..=4u8, 0..20_000u128).prop_map(|(n, amount)| Unstake(n, amount)),
		1 => (1..=4u8).prop_map(WithdrawStake),
		1 => (1..=4u8, 0..200_000u32).prop_map(|(n, ppm)| Commission(n, ppm)),
		3 => (1..=4u8).prop_map(Stand),
		1 => (1..=4u8).prop_map(Chill),
		4 => (who(), any::<bool>()).prop_map(|(n, others)| Collect(n, others)),
		1 => (40_000..70_000u64, 0..2_000u128, 2..=5u32).prop_map(|(b, d, n)| Policy(b, d, n)),
		1 => (10..25u16, 50_000..=1_000_000u32, 1..4u32).prop_map(|(t, ppm, n)| Rules(t, ppm, n)),
		6 => any::<u8>().prop_map(Session),
		1 => (1..=4u8, any::<bool>()).prop_map(|(n, gave)| Signature(n, gave)),
		1 => (1..=4u8, 0..3u32, prop::option::of(who())).prop_map(|(n, ago, r)| Cheat(n, ago, r)),
		3 => (0..100_000u128, 0..10_000u64).prop_map(|(ent, ebtc)| Fees(ent, ebtc)),
	];
	let bitcoin = prop_oneof![
		8 => (1..4u32).prop_map(Mine),
		2 => (1..3u32, any::<bool>()).prop_map(|(depth, again)| Reorganise(depth, again)),
		9 => Just(Bury),
		3 => (1..20u32).prop_map(Wait),
		1 => prop::option::weighted(0.9, 0..2u32).prop_map(Serve),
		1 => Just(Silence),
	];
	prop_oneof![16 => bonds, 5 => sequencers, 5 => bitcoin]
}

/// Everybody, or some.
fn bits() -> impl Strategy<Value = u8> {
	prop_oneof![3 => Just(0xff), 1 => any::<u8>()]
}

fn duty() -> impl Strategy<Value = Duty> {
	prop_oneof![4 => Just(Duty::Unbonding), 2 => Just(Duty::Extension), 2 => Just(Duty::Slash)]
}

fn spending() -> impl Strategy<Value = Spending> {
	prop_oneof![
		4 => Just(Spending::Unbonding),
		5 => Just(Spending::Slashing),
		6 => Just(Spending::Extension),
		3 => any::<bool>().prop_map(Spending::Withdrawal),
		1 => Just(Spending::Collusion),
	]
}

proptest! {
	#![proptest_config(ProptestConfig::with_cases(48))]

	/// Whatever anybody does and whatever Bitcoin does that is no deep reorganisation, the books are right after
	/// each step, and whoever cheats cannot get away.
	#[test]
	fn the_books_are_right_and_nobody_gets_away(
		steps in prop::collection::vec(step(), 100..400),
	) {
		run_with(world::policy(), || {
			let mut world = World::new();
			for step in steps {
				world.take(step);
				world.check();
			}
			world.finish();
		});
	}
}
