//! What of a bond is slashed, and where it goes.

use crate::kit::*;
use bitcoin::ScriptBuf;
use entangled_bitcoin::{
	bond::{
		refund_output, slashed_output, slashing_shares, slashing_transaction, BondRules, BondTerms,
		FundedBond, Slashable, SlashingShares,
	},
	Native, Sats, TaprootScript,
};
use proptest::prelude::*;

fn shares(slash_ppm: u32, fee: u64, value: u64) -> Option<(u64, Option<u64>)> {
	let rules = BondRules { slash_ppm, slashing_fee: Sats(fee), ..rules() };
	slashing_shares(&rules, Sats(value))
		.map(|SlashingShares { slashed, rest }| (slashed.0, rest.map(|rest| rest.0)))
}

#[test]
fn a_tenth_and_the_rest() {
	assert_eq!(shares(100_000, 1_000, 1_000_000), Some((100_000, Some(898_760))));
	// Rounded up, by a satoshi at most.
	assert_eq!(shares(100_000, 1_000, 1_000_001), Some((100_001, Some(898_760))));
	assert_eq!(shares(100_000, 1_000, 1_000_010), Some((100_001, Some(898_769))));
	assert_eq!(shares(333_333, 1_000, 1_000_000), Some((333_333, Some(665_427))));
	assert_eq!(shares(333_333, 1_000, 1_000_001), Some((333_334, Some(665_427))));
}

#[test]
fn all_or_nearly_all() {
	// The rest cannot pay fee and anchor, so that the slashed share does.
	assert_eq!(shares(1_000_000, 1_000, 1_000_000), Some((998_760, None)));
	assert_eq!(shares(999_999, 1_000, 1_000_000), Some((998_760, None)));
	// The rest after them is dust, and slashed as well: 329, but not 330.
	assert_eq!(shares(500_000, 1_000, 2 * 1_569), Some((1_898, None)));
	assert_eq!(shares(500_000, 1_000, 2 * 1_570), Some((1_570, Some(330))));
}

#[test]
fn too_little_to_slash() {
	assert_eq!(shares(1_000_000, 1_000, 1_569), None);
	assert_eq!(shares(1_000_000, 1_000, 1_570), Some((330, None)));
	// A part of less than 330 satoshi cannot be paid.
	assert_eq!(shares(1, 1_000, 329_000_000), None);
	assert_eq!(shares(1, 1_000, 329_000_001), Some((330, Some(328_998_431))));
	assert_eq!(shares(1, 1_000, 1_239), None);
	assert_eq!(shares(1, u64::MAX, u64::MAX), None);
	assert_eq!(shares(1_000_000, 0, u64::MAX), Some((u64::MAX - 240, None)));
}

#[test]
fn the_slashed_share_goes_to_the_covenant() {
	let custody = slashed_output::<Native>(&terms()).unwrap().script_pubkey();
	let refund = refund_output::<Native>(&terms()).unwrap().script_pubkey();
	for which in [Slashable::Bond, Slashable::Unbonding] {
		let coin = which.coin::<Native>(&terms(), &bond()).unwrap();
		let expected = slashing_shares(&terms().rules, coin.value).unwrap();
		let slashing = slashing_transaction::<Native>(which, &terms(), &bond()).unwrap();
		let [slashed, rest, _anchor] = &slashing.transaction.output[..] else {
			panic!("three outputs")
		};
		assert_eq!(slashed.value.to_sat(), expected.slashed.0);
		assert_eq!(slashed.script_pubkey, ScriptBuf::from(custody));
		assert_eq!(rest.value.to_sat(), expected.rest.unwrap().0);
		assert_eq!(rest.script_pubkey, ScriptBuf::from(refund));
	}

	let mut everything = terms();
	everything.rules.slash_ppm = 1_000_000;
	let slashing = slashing_transaction::<Native>(Slashable::Bond, &everything, &bond()).unwrap();
	let [slashed, _anchor] = &slashing.transaction.output[..] else { panic!("two outputs") };
	assert_eq!(TaprootScript::parse(slashed.script_pubkey.as_bytes()), Some(custody));
	assert_eq!(slashed.value.to_sat(), bond().value.0 - 2_000 - 240);
}

proptest! {
	/// The sum is exact. The slashed share is never less than the rules say, unless there is nothing
	/// else to pay the fee from; and never more than a satoshi beyond them, unless the rest was dust.
	#[test]
	fn every_value_is_divided_without_rest(rules in any_rules(), value in any_sats(u64::MAX - 330)) {
		let (fee, value) = (u128::from(rules.slashing_fee.0), u128::from(value.0));
		let Some(shares) = slashing_shares(&rules, Sats(value as u64)) else {
			// Only where the slashed share would be dust.
			let part = (value * u128::from(rules.slash_ppm)).div_ceil(1_000_000);
			prop_assert!(part < 330 || value < fee + 240 + 330);
			return Ok(());
		};
		let slashed = u128::from(shares.slashed.0);
		let rest = shares.rest.map_or(0, |rest| u128::from(rest.0));
		prop_assert_eq!(slashed + rest + fee + 240, value);
		prop_assert!(slashed >= 330 && (rest == 0 || rest >= 330));

		let exact = value * u128::from(rules.slash_ppm);
		match shares.rest {
			Some(_) => {
				prop_assert!(slashed * 1_000_000 >= exact);
				prop_assert!((slashed - 1) * 1_000_000 < exact);
			},
			None => prop_assert!(slashed * 1_000_000 >= exact || slashed == value - fee - 240),
		}
		// Whoever has more never loses less.
		if let Some(more) = slashing_shares(&rules, Sats((value + 330) as u64)) {
			prop_assert!(more.slashed >= shares.slashed || shares.rest.is_none());
		}
	}

	/// Unbonding does not help: what is slashed of the unbonding output is the same part of it.
	#[test]
	fn both_coins_lose_the_same_part(
		(terms, bond) in any_terms().prop_flat_map(|t| { let b = any_bond(&t.rules); (Just(t), b) }),
	) {
		let unbonded = Slashable::Unbonding.coin::<Native>(&terms, &bond).unwrap();
		prop_assert_eq!(unbonded.value.0 + terms.rules.unbonding_fee.0 + 240, bond.value.0);
		let at = |terms: &BondTerms, which, bond: &FundedBond| {
			let slashing = slashing_transaction::<Native>(which, terms, bond).unwrap();
			slashing.transaction.output[0].value.to_sat()
		};
		let expected = slashing_shares(&terms.rules, unbonded.value).unwrap().slashed.0;
		prop_assert_eq!(at(&terms, Slashable::Unbonding, &bond), expected);
	}
}
