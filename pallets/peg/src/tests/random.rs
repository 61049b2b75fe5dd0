//! Everything at once, in any order.

mod checks;
mod world;

use crate::mock::*;
use proptest::{prelude::*, sample::Index};
use world::World;

/// Something that somebody does, or that happens. What does not fit the moment is refused.
#[derive(Clone, Debug)]
enum Step {
	/// A deposit is paid: by account, amount, and kind of address.
	Deposit(u8, u64, u8),
	/// Somebody brings the proof of a deposit.
	Claim(Index),
	Withdraw(u8, u64, u64),
	Raise(Index, u64),
	Cancel(Index),
	Expire(Index),
	Reserve(u8, Index),
	Release(Index),
	/// An account pays a withdrawal from coins of its own.
	Pay(u8, Index),
	/// Somebody brings the proof of that.
	Front(Index),
	/// Members sign an attempt: bit by bit.
	Sign(Index, u8),
	/// A miner sees a complete attempt.
	Send(Index),
	/// Somebody brings the proof of an attempt.
	Settle(Index),
	Mine(u32),
	/// The last blocks leave, and what was in them is mined anew or waits.
	Reorganise(u32, bool),
	/// So many blocks that what was mined is final, and all validators have seen them.
	Bury,
	Attest,
	Wait(u32),
	/// Bitcoin is silent for too long.
	Silence,
	Fees(Option<u64>),
	/// Others should hold the keys.
	Elect(u8),
	/// These have left, and whoever had left is back: bit by bit.
	Leave(u8),
	/// Members of the candidate show that they can sign: bit by bit.
	Live(u8),
	Halt,
	Resume,
	/// A payment to custody that names nobody: amount, and kind of address.
	Stray(u64, u8),
	/// Governance adopts what was paid to custody in one way or another.
	Adopt(Index),
	/// Governance strikes off a coin that Bitcoin has, and adopts it again.
	Restore(Index),
	/// A payment to custody turns out to be what was slashed of a bond, and an account is credited with a
	/// part of it.
	Slash(Index, u8),
}

fn step() -> impl Strategy<Value = Step> {
	use Step::*;
	let which = any::<Index>;
	prop_oneof![
		8 => (1..=4u8, 20_000..300_000u64, 0..8u8).prop_map(|(n, sats, kind)| Deposit(n, sats, kind)),
		14 => which().prop_map(Claim),
		12 => (1..=4u8, 1..120u64, 80..6_000u64).prop_map(|(n, k, fee)| Withdraw(n, k, fee)),
		3 => (which(), 0..9_000u64).prop_map(|(id, fee)| Raise(id, fee)),
		2 => which().prop_map(Cancel),
		2 => which().prop_map(Expire),
		4 => (1..=4u8, which()).prop_map(|(n, id)| Reserve(n, id)),
		2 => which().prop_map(Release),
		4 => (1..=4u8, which()).prop_map(|(n, id)| Pay(n, id)),
		5 => which().prop_map(Front),
		12 => (which(), bits()).prop_map(|(attempt, members)| Sign(attempt, members)),
		6 => which().prop_map(Send),
		12 => which().prop_map(Settle),
		14 => (1..4u32).prop_map(Mine),
		3 => (1..3u32, any::<bool>()).prop_map(|(depth, again)| Reorganise(depth, again)),
		10 => Just(Bury),
		2 => Just(Attest),
		3 => (1..30u32).prop_map(Wait),
		1 => Just(Silence),
		3 => prop::option::of(1_000..25_000u64).prop_map(Fees),
		2 => prop_oneof![1..64u8, (0..6u8).prop_map(|n| 63 ^ 1 << n)].prop_map(Elect),
		3 => leave().prop_map(Leave),
		6 => bits().prop_map(Live),
		1 => Just(Halt),
		2 => Just(Resume),
		3 => (1_000..200_000u64, 0..4u8).prop_map(|(sats, kind)| Stray(sats, kind)),
		5 => which().prop_map(Adopt),
		2 => which().prop_map(Restore),
		3 => (which(), 1..=4u8).prop_map(|(coin, n)| Slash(coin, n)),
	]
}

/// Nobody, or one or two of six.
fn leave() -> impl Strategy<Value = u8> {
	prop_oneof![Just(0), (0..6u8, 0..6u8).prop_map(|(a, b)| 1 << a | 1 << b)]
}

/// Everybody, or some.
fn bits() -> impl Strategy<Value = u8> {
	prop_oneof![Just(0xff), any::<u8>()]
}

/// What happens around the coins of those who served before.
fn former() -> impl Strategy<Value = Step> {
	use Step::*;
	let which = any::<Index>;
	prop_oneof![
		3 => (1..=4u8, 20_000..200_000u64).prop_map(|(n, sats)| Deposit(n, sats, 6)),
		3 => Just(Bury),
		4 => which().prop_map(Claim),
		3 => (1..=4u8, 1..40u64).prop_map(|(n, k)| Withdraw(n, k, 9_000)),
		8 => which().prop_map(|attempt| Sign(attempt, 0xff)),
		5 => leave().prop_map(Leave),
		3 => which().prop_map(Send),
		6 => (1..4u32).prop_map(Mine),
		2 => which().prop_map(Settle),
	]
}

fn live(mut world: World, steps: Vec<Step>) {
	for step in steps {
		world.take(step);
		world.check();
	}
	world.finish();
}

proptest! {
	#![proptest_config(ProptestConfig::with_cases(48))]

	/// Whatever anybody does and whatever Bitcoin does that is no deep reorganisation, the books are
	/// right after each step, and agree with what Bitcoin has.
	#[test]
	fn nothing_is_lost_and_nobody_is_paid_twice(
		steps in prop::collection::vec(step(), 100..400),
	) {
		run_with(world::policy(), 4, || live(World::new(), steps));
	}

	/// The same with two committees from the beginning, whose members come and go.
	#[test]
	fn former_committees_hold_nobody_up(
		steps in prop::collection::vec(prop_oneof![1 => step(), 4 => former()], 100..300),
	) {
		run_with(world::policy(), 4, || live(World::handed_over(), steps));
	}
}
