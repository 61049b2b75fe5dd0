//! A bond goes over into another one without being free between.

use entangled_bitcoin::{
	bond::{
		check_funding, extension_transaction, unbonded, unbonding_transaction, BondOutput,
		BondRules, BondTerms, Slashable, MAIN_VOUT,
	},
	transaction::without_witnesses,
	Native, Sats,
};

use crate::{
	committee::Committee,
	stake::{with_stack, Stake, TIMELOCK, UNBONDING_TIME},
	unbonding::assert_needs_all_signatures,
};

#[test]
fn the_new_bond_is_as_good_as_the_old_one() {
	let mut stake = Stake::open(4);
	let next = Committee::new(5, 3);
	let new = BondTerms {
		covenant: next.multisig.clone(),
		timelock: TIMELOCK + 5,
		rules: BondRules { slash_ppm: 200_000, ..stake.terms.rules },
		..stake.terms.clone()
	};
	let extension = extension_transaction::<Native>(&stake.terms, &stake.bond, &new).unwrap();
	let unsigned = without_witnesses(&extension.transaction);
	let bond = check_funding::<Native>(&unsigned, MAIN_VOUT, &new, Sats::ZERO).unwrap();
	// The way out of the new bond, and what slashes it, can be signed before the old one is spent.
	let way_out = unbonding_transaction::<Native>(&new, &bond).unwrap();
	let staker = stake.staker.sign(way_out.sighash);
	let by_old = stake.covenant.sign(&stake.covenant.quorum(), way_out.sighash);
	let by_new = next.sign(&next.quorum(), way_out.sighash);

	assert_needs_all_signatures(&stake, &extension);
	let old_way_out = stake.signed(&stake.unbonding());
	stake.mine(&stake.signed(&extension));
	stake.assert_spent(&old_way_out);

	// The old covenant has no say any more.
	let mut by_old = by_old;
	by_old.push(None);
	stake.assert_unspendable(&with_stack(&way_out, &by_old, Some(staker)));
	stake.covenant = next;
	stake.terms = new;
	stake.bond = bond;
	assert_needs_all_signatures(&stake, &stake.slashing(Slashable::Bond));
	let signed = way_out.complete(&stake.terms.covenant, &staker, &by_new).unwrap();
	stake.mine(&signed);
	let coin = unbonded::<Native>(&stake.terms, &stake.bond).unwrap();
	stake.take_after(UNBONDING_TIME, BondOutput::Unbonding, &coin);
}

#[test]
fn the_new_timelock_runs_from_the_extension() {
	let mut stake = Stake::open(4);
	stake.net.mine(usize::from(TIMELOCK) - 3, &crate::kit::Key::new(1).address);
	let new = stake.terms.clone();
	let extension = extension_transaction::<Native>(&stake.terms, &stake.bond, &new).unwrap();
	let signed = stake.signed(&extension);
	stake.mine(&signed);
	stake.bond = crate::stake::coin(&signed, MAIN_VOUT);
	stake.take_after(TIMELOCK, BondOutput::Bond, &stake.bond);
}
