//! Which rules and terms a bond may be made on.

use crate::kit::*;
use codec::{Decode, Encode, MaxEncodedLen};
use entangled_bitcoin::{
	bond::{
		slashing_shares, slashing_weight, unbonding_transaction, unbonding_weight, BondRules,
		BondTerms, RulesError, TermsError,
	},
	script::multisig::MAX_KEYS,
	FeeRate, Native, Sats, XOnlyKey,
};
use proptest::prelude::*;

#[test]
fn rules_that_are_not_sound() {
	let sound = BondRules::default();
	assert_eq!(sound.check(), Ok(()));
	assert!(sound.is_sound());
	let all = 21_000_000 * 100_000_000;
	for (rules, error) in [
		(BondRules { unbonding_time: 0, ..sound }, RulesError::NoUnbondingTime),
		(BondRules { slash_ppm: 0, ..sound }, RulesError::SlashedPart),
		(BondRules { slash_ppm: 1_000_001, ..sound }, RulesError::SlashedPart),
		(BondRules { slash_ppm: u32::MAX, ..sound }, RulesError::SlashedPart),
		(BondRules { unbonding_fee: Sats(all), ..sound }, RulesError::FeesTooHigh),
		(BondRules { slashing_fee: Sats(all), ..sound }, RulesError::FeesTooHigh),
		(BondRules { unbonding_fee: Sats(u64::MAX), ..sound }, RulesError::FeesTooHigh),
		(BondRules { slashing_fee: Sats(u64::MAX), ..sound }, RulesError::FeesTooHigh),
	] {
		assert_eq!(rules.check(), Err(error));
		assert!(!rules.is_sound());
		let on_them = BondTerms { rules, ..terms() };
		assert_eq!(on_them.check::<Native>(), Err(TermsError::Rules(error)));
		assert!(!error.to_string().is_empty());
	}
	for slash_ppm in [1, 1_000_000] {
		assert!(BondRules { slash_ppm, unbonding_time: 1, ..sound }.is_sound());
	}
}

#[test]
fn terms_that_no_bond_is_made_on() {
	let sound = terms();
	assert_eq!(sound.check::<Native>(), Ok(()));
	let unbonding = FeeRate::MIN.fee_for(unbonding_weight(&sound.covenant)).unwrap();
	let slashing = FeeRate::MIN.fee_for(slashing_weight(&sound.covenant)).unwrap();
	let with = |change: &dyn Fn(&mut BondTerms)| {
		let mut terms = sound.clone();
		change(&mut terms);
		terms.check::<Native>()
	};
	let least = |unbonding_fee, slashing_fee| {
		with(&|t| t.rules = BondRules { unbonding_fee, slashing_fee, ..t.rules })
	};

	assert_eq!(with(&|t| t.timelock = 0), Err(TermsError::TimelockTooShort));
	assert_eq!(with(&|t| t.timelock = t.rules.unbonding_time), Err(TermsError::TimelockTooShort));
	assert_eq!(with(&|t| t.timelock = t.rules.unbonding_time + 1), Ok(()));
	assert_eq!(with(&|t| t.staker = t.covenant.keys()[2]), Err(TermsError::StakerInCovenant));
	assert_eq!(with(&|t| t.staker = XOnlyKey([0; 32])), Err(TermsError::NoSuchKey));
	assert_eq!(with(&|t| t.staker = XOnlyKey([255; 32])), Err(TermsError::NoSuchKey));

	assert_eq!(least(unbonding, slashing), Ok(()));
	let too_low = least(Sats(unbonding.0 - 1), slashing);
	assert_eq!(too_low, Err(TermsError::UnbondingFeeTooLow { least: unbonding }));
	assert!(too_low.unwrap_err().to_string().contains("0.00000"));
	let too_low = least(unbonding, Sats(slashing.0 - 1));
	assert_eq!(too_low, Err(TermsError::SlashingFeeTooLow { least: slashing }));
	assert!(too_low.unwrap_err().to_string().contains("0.00000"));
}

#[test]
fn the_first_rules_suffice_for_every_covenant() {
	for keys in 1..=MAX_KEYS as u8 {
		for threshold in [1, u32::from(keys).div_ceil(2), keys.into()] {
			let terms = BondTerms {
				covenant: covenant(keys, threshold),
				rules: BondRules::default(),
				..terms()
			};
			assert_eq!(terms.check::<Native>(), Ok(()));
		}
	}
}

#[test]
fn the_unbonding_time_outlasts_all_that_slashing_takes() {
	let rules = BondRules { unbonding_time: 100, ..BondRules::default() };
	assert!(rules.outlasts(6, 60, 33));
	assert!(!rules.outlasts(6, 60, 34));
	assert!(!rules.outlasts(u16::MAX, u16::MAX, u16::MAX));
}

#[test]
fn terms_are_written_and_read() {
	let terms = BondTerms { covenant: covenant(MAX_KEYS as u8, 14), ..terms() };
	let bytes = terms.encode();
	assert_eq!(bytes.len(), BondTerms::max_encoded_len());
	assert_eq!(BondTerms::decode(&mut &bytes[..]), Ok(terms.clone()));
	let json = serde_json::to_value(&terms).unwrap();
	assert_eq!(json["rules"]["slashPpm"], 123_457);
	assert_eq!(json["staker"], terms.staker.to_string());
	assert_eq!(serde_json::from_value::<BondTerms>(json).unwrap(), terms);

	let mut misspelt = serde_json::to_value(rules()).unwrap();
	misspelt["slashPpn"] = 1.into();
	assert!(serde_json::from_value::<BondRules>(misspelt).is_err());
}

proptest! {
	/// From the least value on every output of every transaction holds enough; and below the least
	/// value it does not at once.
	#[test]
	fn the_least_value_suffices(
		terms in any_terms(),
		more in any_sats(1 << 50),
		little in any_sats(2_000),
	) {
		let least = terms.rules.min_value().unwrap();
		for value in [least.0, least.0 + little.0, least.0 + more.0] {
			let bond = entangled_bitcoin::bond::FundedBond { value: Sats(value), ..bond() };
			let unbonding = unbonding_transaction::<Native>(&terms, &bond).unwrap();
			let unbonded = unbonding.transaction.output[0].value.to_sat();
			prop_assert!(unbonded >= 330);
			for value in [value, unbonded] {
				let shares = slashing_shares(&terms.rules, Sats(value)).unwrap();
				prop_assert!(shares.slashed >= Sats(330));
				prop_assert!(shares.rest.is_none_or(|rest| rest >= Sats(330)));
			}
		}

		// One satoshi less: either some output is dust, or the rest was slashed just to avoid that.
		let less = Sats(least.0 - 1);
		let unbonded = less.0 - terms.rules.unbonding_fee.0 - 240;
		match slashing_shares(&terms.rules, Sats(unbonded)) {
			None => {},
			Some(shares) => prop_assert_eq!(shares.rest, None),
		}
	}

	#[test]
	fn no_numbers_make_it_panic(
		unbonding_time: u16,
		unbonding_fee: u64,
		slashing_fee: u64,
		slash_ppm: u32,
		timelock: u16,
		value: u64,
		staker: [u8; 32],
	) {
		let rules = BondRules {
			unbonding_time,
			unbonding_fee: Sats(unbonding_fee),
			slashing_fee: Sats(slashing_fee),
			slash_ppm,
		};
		let terms = BondTerms { staker: XOnlyKey(staker), timelock, rules, ..terms() };
		let _ = terms.check::<Native>();
		let _ = slashing_shares(&rules, Sats(value));
		let bond = entangled_bitcoin::bond::FundedBond { value: Sats(value), ..bond() };
		prop_assert_eq!(
			unbonding_transaction::<Native>(&terms, &bond).is_some(),
			unbonding_time > 0 && timelock > 0
				&& u128::from(value) >= u128::from(unbonding_fee) + 240 + 330
		);
	}
}
