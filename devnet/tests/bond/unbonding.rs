//! The staker leaves, with the covenant, and never without it.

use bitcoin::Amount;
use entangled_bitcoin::{
	bond::{unbonded, unbonding_weight, BondOutput, CovenantSpend},
	Native, Signature,
};

use crate::{
	committee::{Committee, Signer},
	kit::Key,
	stake::{with_stack, Stake, UNBONDING_TIME},
};

#[test]
fn unbonding_and_then_the_delay() {
	for covenant in [1, 2, 4, 15] {
		let stake = Stake::open(covenant);
		let signed = stake.signed(&stake.unbonding());
		let verdict = stake.verdict(&signed);
		assert_eq!(verdict["allowed"], true, "{verdict}");
		assert_eq!(verdict["vsize"], unbonding_weight(&stake.terms.covenant).vbytes());
		assert_eq!(verdict["fees"]["base"].as_f64().unwrap(), 0.00002);
		stake.mine(&signed);
		let coin = unbonded::<Native>(&stake.terms, &stake.bond).unwrap();
		stake.take_after(UNBONDING_TIME, BondOutput::Unbonding, &coin);
	}
}

#[test]
fn any_quorum_signs_with_the_staker() {
	let stake = Stake::open(4);
	let unbonding = stake.unbonding();
	for members in [&[0, 1, 2][..], &[0, 1, 3], &[0, 2, 3], &[1, 2, 3], &[0, 1, 2, 3]] {
		let verdict = stake.verdict(&stake.signed_by(&unbonding, members));
		assert_eq!(verdict["allowed"], true, "{members:?}: {verdict}");
	}
}

/// All that is not the staker's signature and exactly a threshold of the covenant's.
pub fn assert_needs_all_signatures(stake: &Stake, spend: &CovenantSpend) {
	let staker = Some(stake.staker.sign(spend.sighash));
	let quorum = stake.covenant.quorum();
	let enough = stake.covenant.sign(&quorum, spend.sighash);
	assert_eq!(stake.verdict(&with_stack(spend, &enough, staker))["allowed"], true);

	let one_less = stake.covenant.sign(&quorum[1..], spend.sighash);
	let everybody = (0..stake.covenant.members.len()).collect::<Vec<_>>();
	let others = Committee::new(everybody.len() as u16, 2).sign(&quorum, spend.sighash);
	let mut wrong = enough.clone();
	wrong[quorum[0]].as_mut().unwrap().0[40] ^= 1;
	for covenant in [one_less, others, wrong, vec![None; everybody.len()]] {
		stake.assert_unspendable(&with_stack(spend, &covenant, staker));
	}
	if everybody.len() > quorum.len() {
		let one_more = stake.covenant.sign(&everybody, spend.sighash);
		stake.assert_unspendable(&with_stack(spend, &one_more, staker));
	}

	let thief = Signer::new(9_001).sign(spend.sighash);
	let of_a_member = stake.covenant.members[0].sign(spend.sighash);
	let mut wrong = staker;
	wrong.as_mut().unwrap().0[40] ^= 1;
	for staker in [None, Some(thief), Some(of_a_member), wrong] {
		stake.assert_unspendable(&with_stack(spend, &enough, staker));
	}
	// The covenant's keys alone, without a place for the staker's signature.
	let (first, rest) = enough.split_first().unwrap();
	stake.assert_unspendable(&with_stack(spend, rest, *first));
}

#[test]
fn nobody_unbonds_without_the_others() {
	for covenant in [2, 4, 15] {
		let stake = Stake::open(covenant);
		assert_needs_all_signatures(&stake, &stake.unbonding());
		stake.unbond();
	}
}

#[test]
fn what_was_signed_is_one_transaction() {
	let stake = Stake::open(4);
	let unbonding = stake.unbonding();
	let mut more = stake.signed(&unbonding);
	more.output[0].value += Amount::ONE_SAT;
	stake.assert_unspendable(&more);
	let mut elsewhere = stake.signed(&unbonding);
	elsewhere.output[0].script_pubkey = Key::new(1).script();
	stake.assert_unspendable(&elsewhere);
	let mut without_anchor = stake.signed(&unbonding);
	without_anchor.output.pop();
	stake.assert_unspendable(&without_anchor);

	// The unbonding output has the same leaf, but the signatures are of another coin.
	stake.unbond();
	let late = stake.slashing(entangled_bitcoin::bond::Slashable::Unbonding);
	let staker: Signature = stake.staker.sign(unbonding.sighash);
	let covenant = stake.covenant.sign(&stake.covenant.quorum(), unbonding.sighash);
	stake.assert_unspendable(&with_stack(&late, &covenant, Some(staker)));
}
