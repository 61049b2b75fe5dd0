//! Whoever cheats loses a part of the bond, before unbonding or after, and gets the rest late.

use bitcoin::{absolute::LockTime, transaction::Version, Amount, Transaction, TxIn, TxOut};
use entangled_bitcoin::{
	bond::{
		slashed_output, slashing_shares, slashing_weight, unbonded, BondOutput, BondRules,
		Slashable, MAIN_VOUT,
	},
	custody::{assemble, SEQUENCE},
	Native, Sats, Sighashes, SpentOutput,
};

use crate::{
	kit::Key,
	stake::{coin, rules, with_stack, Stake, UNBONDING_TIME, VALUE},
	unbonding::assert_needs_all_signatures,
};

/// Spends the slashed share as custody spends what it holds.
fn sweep(stake: &Stake, slashing: &Transaction) -> Transaction {
	let slashed = coin(slashing, MAIN_VOUT);
	let custody = slashed_output::<Native>(&stake.terms).unwrap();
	let input =
		TxIn { previous_output: slashed.outpoint.into(), sequence: SEQUENCE, ..TxIn::default() };
	let output = TxOut {
		value: Amount::from_sat(slashed.value.0 - 2_000),
		script_pubkey: Key::new(3).script(),
	};
	let transaction = Transaction {
		version: Version::TWO,
		lock_time: LockTime::ZERO,
		input: vec![input],
		output: vec![output],
	};
	let spent = SpentOutput { value: slashed.value, script_pubkey: custody.script_pubkey().into() };
	let leaf = &custody.leaves[0];
	let sighash = Sighashes::new::<Native>(&transaction, &[spent])
		.and_then(|hashes| hashes.script_path::<Native>(0, &leaf.hash))
		.unwrap();
	let signatures = stake.covenant.sign(&stake.covenant.quorum(), sighash);
	let mut witness = stake.covenant.multisig.witness(&signatures).unwrap();
	witness.extend([leaf.script.clone(), leaf.control_block.clone()]);
	assemble(transaction, &[witness]).unwrap()
}

#[test]
fn the_bond_is_slashed() {
	for covenant in [1, 2, 4, 15] {
		let stake = Stake::open(covenant);
		let signed = stake.signed(&stake.slashing(Slashable::Bond));
		let verdict = stake.verdict(&signed);
		assert_eq!(verdict["allowed"], true, "{verdict}");
		assert_eq!(verdict["vsize"], slashing_weight(&stake.terms.covenant).vbytes());
		stake.mine(&signed);

		let shares = slashing_shares(&stake.terms.rules, Sats(VALUE)).unwrap();
		assert_eq!(shares.slashed, Sats(VALUE.div_ceil(10)));
		assert_eq!(coin(&signed, MAIN_VOUT).value, shares.slashed);
		let rest = coin(&signed, 1);
		assert_eq!(Some(rest.value), shares.rest);
		stake.assert_spent(&stake.signed(&stake.unbonding()));
		// The refund output's block is the tip: first its delay, and custody has its share meanwhile.
		stake.net.send(&sweep(&stake, &signed));
		stake.take_after(UNBONDING_TIME, BondOutput::Refund, &rest);
	}
}

#[test]
fn what_was_unbonded_is_slashed() {
	for covenant in [2, 4] {
		let stake = Stake::open(covenant);
		stake.unbond();
		let unbonded = unbonded::<Native>(&stake.terms, &stake.bond).unwrap();
		// Up to the last block before the staker could have it.
		stake.net.mine(usize::from(UNBONDING_TIME) - 2, &Key::new(1).address);
		let (pool, _) = stake.refused(&stake.take(BondOutput::Unbonding, &unbonded, &stake.staker));
		assert_eq!(pool, "non-BIP68-final");
		stake.assert_spent(&stake.signed(&stake.slashing(Slashable::Bond)));

		let signed = stake.signed(&stake.slashing(Slashable::Unbonding));
		stake.mine(&signed);
		let rest = coin(&signed, 1);
		stake.take_after(UNBONDING_TIME, BondOutput::Refund, &rest);
		stake.assert_spent(&stake.take(BondOutput::Unbonding, &unbonded, &stake.staker));
		stake.mine(&sweep(&stake, &signed));
	}
}

#[test]
fn nobody_slashes_without_the_others() {
	for covenant in [2, 4, 15] {
		let stake = Stake::open(covenant);
		assert_needs_all_signatures(&stake, &stake.slashing(Slashable::Bond));
		stake.unbond();
		assert_needs_all_signatures(&stake, &stake.slashing(Slashable::Unbonding));
	}
}

/// What the staker has signed to leave does not slash, and the other way round.
#[test]
fn what_was_signed_for_one_does_not_do_for_another() {
	let stake = Stake::open(4);
	let quorum = stake.covenant.quorum();
	let (unbonding, slashing) = (stake.unbonding(), stake.slashing(Slashable::Bond));
	for (spend, other) in [(&unbonding, &slashing), (&slashing, &unbonding)] {
		let staker = stake.staker.sign(other.sighash);
		let covenant = stake.covenant.sign(&quorum, spend.sighash);
		stake.assert_unspendable(&with_stack(spend, &covenant, Some(staker)));
	}
	let mut more = stake.signed(&slashing);
	more.output[0].value += Amount::ONE_SAT;
	more.output[1].value -= Amount::ONE_SAT;
	stake.assert_unspendable(&more);
}

#[test]
fn the_whole_is_slashed() {
	let stake = Stake::open_with(4, BondRules { slash_ppm: 1_000_000, ..rules() });
	let signed = stake.signed(&stake.slashing(Slashable::Bond));
	assert_eq!(signed.output.len(), 2);
	assert_eq!(coin(&signed, MAIN_VOUT).value, Sats(VALUE - 2_000 - 240));
	stake.mine(&signed);
	stake.mine(&sweep(&stake, &signed));
}

/// A bond of the least value is slashed, unbonded, and slashed after that.
#[test]
fn the_least_bond_is_as_good() {
	let probe = Stake::open(4);
	// So that a tenth of the bond is exactly what nodes relay.
	let rules = BondRules { slash_ppm: (330_000_000u64 / VALUE) as u32 + 1, ..rules() };
	assert!(rules.min_value().unwrap() <= probe.bond.value);
	let stake = Stake::open_with(4, rules);
	for which in [Slashable::Bond, Slashable::Unbonding] {
		let signed = stake.signed(&stake.slashing(which));
		assert!(signed.output.iter().all(|o| o.value >= o.script_pubkey.minimal_non_dust()));
		if which == Slashable::Bond {
			assert_eq!(stake.verdict(&signed)["allowed"], true);
			stake.unbond();
		} else {
			stake.mine(&signed);
		}
	}
}

/// A staker who sees the slashing come may unbond: what comes of it is slashed. And a slashing
/// transaction that pays more takes the place of an unbonding transaction that waits.
#[test]
fn unbonding_does_not_outrun_slashing() {
	let stake = Stake::open_with(4, BondRules { slashing_fee: Sats(4_000), ..rules() });
	let unbonding = stake.signed(&stake.unbonding());
	let slashing = stake.signed(&stake.slashing(Slashable::Bond));
	stake.net.send(&unbonding);
	stake.net.send(&slashing);
	assert_eq!(stake.net.pool(), [slashing.compute_txid().to_string()]);

	let stake = Stake::open(4);
	stake.net.send(&stake.signed(&stake.unbonding()));
	// While the unbonding transaction waits, what it makes can be slashed already.
	let late = stake.signed(&stake.slashing(Slashable::Unbonding));
	stake.mine(&late);
}
