//! When the timelock is over the bond is the staker's alone, and not a block before.

use bitcoin::Sequence;
use entangled_bitcoin::bond::BondOutput;

use crate::{
	committee::Signer,
	kit::Key,
	stake::{Stake, TIMELOCK, UNBONDING_TIME},
};

#[test]
fn the_staker_waits_out_the_timelock_to_the_block() {
	for covenant in [1, 4, 15] {
		let stake = Stake::open(covenant);
		stake.take_after(TIMELOCK, BondOutput::Bond, &stake.bond);
		stake.assert_spent(&stake.signed(&stake.unbonding()));
	}
}

#[test]
fn nobody_else_takes_it() {
	let stake = Stake::open(4);
	stake.net.mine(TIMELOCK.into(), &Key::new(1).address);
	for thief in [&Signer::new(9_001), &stake.covenant.members[0]] {
		stake.assert_unspendable(&stake.take(BondOutput::Bond, &stake.bond, thief));
	}
	// By a leaf that the bond does not have: the delay of the unbonding output.
	stake.assert_unspendable(&stake.take(BondOutput::Unbonding, &stake.bond, &stake.staker));
	let mut early = stake.take(BondOutput::Bond, &stake.bond, &stake.staker);
	early.input[0].sequence = Sequence::from_height(TIMELOCK - 1);
	stake.assert_unspendable(&early);
	early.input[0].sequence = Sequence::MAX;
	stake.assert_unspendable(&early);
}

#[test]
fn the_covenant_still_signs_after_the_timelock() {
	let stake = Stake::open(4);
	stake.net.mine(usize::from(TIMELOCK + UNBONDING_TIME), &Key::new(1).address);
	stake.unbond();
	stake.assert_spent(&stake.take(BondOutput::Bond, &stake.bond, &stake.staker));
}
