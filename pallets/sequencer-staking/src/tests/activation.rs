//! Bonds that come to count.

use crate::{
	mock::*, BondState, BondedTotal, Bonds, Duty, Error, ExpiredTo, Expiries, HoldReason, Outcome,
	Sequencers, EXPIRY_SPREAD, MAX_EXPIRING,
};
use entangled_bitcoin::{OutPoint, Sats};
use pallet_btc_light_client::{InclusionClaim, MAX_TRANSACTION};
use polkadot_sdk::{
	frame_support::{assert_noop, assert_ok, dispatch::Pays, BoundedVec},
	sp_runtime::DispatchError,
};

type Why = Error<Test>;

fn activate(outpoint: OutPoint, claim: &InclusionClaim) -> Result<Pays, DispatchError> {
	Staking::activate(nobody(), outpoint, claim.clone())
		.map(|post| post.pays_fee)
		.map_err(|error| error.error)
}

#[test]
fn a_bond_counts_once_it_is_final_on_bitcoin() {
	run(|| {
		enlist(2);
		Session::set(7);
		let draft = draft(1, 2, 1_000_000, 100);
		let outpoint = approved(&draft);
		let block = mine(vec![draft.funding.clone()]);
		let claim = claim_of(block, 1);
		assert_noop!(activate(outpoint, &claim), Why::BlockNotFinal);
		bury(2);
		assert_noop!(activate(outpoint, &claim), Why::BlockNotFinal);
		make_final(block);
		assert_eq!(activate(outpoint, &claim), Ok(Pays::No));
		assert_noop!(activate(outpoint, &claim), Why::AlreadyActive);
		assert_eq!((bond(outpoint).counts_from, bond(outpoint).deposit), (7, 0));
		assert_eq!(held(HoldReason::Registration, 1), 0);
		assert_eq!(BondedTotal::<Test>::get(), Sats(1_000_000));
		let sequencer = Sequencers::<Test>::get(account(2)).unwrap();
		// Another's bond is not its own.
		assert_eq!((sequencer.own, sequencer.total), (Sats::ZERO, Sats(1_000_000)));
		// Nor when it leaves, or has ended.
		assert_ok!(Staking::unbond(signed(1), outpoint));
		assert_noop!(activate(outpoint, &claim), Why::AlreadyActive);
		assert_ok!(report(outpoint, confirm(&transaction(outpoint, Duty::Unbonding))));
		bury(10);
		assert_ok!(Staking::release(signed(1), outpoint));
		assert_noop!(activate(outpoint, &claim), Why::Ended);
	});
}

#[test]
fn only_what_was_registered_and_approved() {
	run(|| {
		enlist(1);
		let draft = draft(1, 1, 1_000_000, 100);
		draft.register().unwrap();
		let claim = confirm(&draft.funding);
		assert_noop!(activate(nothing(), &claim), Why::UnknownBond);
		assert_noop!(activate(draft.outpoint(), &claim), Why::NotApproved);
		// Who paid too early is forgiven when the way out gets signed all the same.
		complete(draft.outpoint(), Duty::Unbonding);
		for origin in [RuntimeOrigin::root(), RuntimeOrigin::none()] {
			let call = Staking::activate(origin, draft.outpoint(), claim.clone());
			assert_noop!(call, DispatchError::BadOrigin);
		}
		assert_ok!(activate(draft.outpoint(), &claim));
	});
}

/// Who pays after the time for it had better leave. Nobody else need do anything.
#[test]
fn a_bond_is_funded_in_time_or_does_not_count() {
	run(|| {
		enlist(1);
		let [last, late] = [1_000_000, 2_000_000].map(|value| draft(1, 1, value, 100));
		let deadline = [&last, &late].map(|draft| {
			let BondState::Approved { deadline } = state(approved(draft)) else { panic!() };
			deadline.bitcoin_height
		});
		bury(deadline[0] - best().height - 1);
		let claims = [&last, &late].map(|draft| claim_of(mine(vec![draft.funding.clone()]), 1));
		assert_eq!(claims[0].block.height, deadline[0]);
		make_final(claims[1].block);
		let [last, late] = [last, late].map(|draft| draft.outpoint());
		assert_ok!(activate(last, &claims[0]));
		assert_noop!(activate(late, &claims[1]), Why::FundedTooLate);
		assert_ok!(report(late, confirm(&transaction(late, Duty::Unbonding))));
		assert_eq!(outcome(late), Outcome::Released);
	});
}

#[test]
fn a_proof_is_of_the_funding_and_whole() {
	run(|| {
		enlist(1);
		let draft = draft(1, 1, 1_000_000, 100);
		let outpoint = approved(&draft);
		let good = confirm(&draft.funding);
		let coinbase = claim_of(good.block, 0);
		assert_noop!(activate(outpoint, &coinbase), Why::NotTheFunding);
		let with = |change: &dyn Fn(&mut InclusionClaim)| {
			let mut claim = good.clone();
			change(&mut claim);
			claim
		};
		let long = with(&|claim| claim.proof.transaction.resize(MAX_TRANSACTION as usize + 1, 0));
		assert_noop!(activate(outpoint, &long), Why::TransactionTooLong);
		let other = with(&|claim| claim.proof.transaction.push(0));
		assert_noop!(activate(outpoint, &other), Why::NotTheFunding);
		for wrong in [
			with(&|claim| claim.proof.index ^= 1),
			with(&|claim| claim.proof.index += 2),
			with(&|claim| claim.proof.siblings.truncate(claim.proof.siblings.len() - 1)),
			with(&|claim| claim.proof.siblings[0][0] ^= 1),
		] {
			assert_noop!(activate(outpoint, &wrong), Why::WrongProof);
		}
		let elsewhere = with(&|claim| claim.block.height -= 1);
		assert_noop!(activate(outpoint, &elsewhere), Why::BlockNotFinal);
		assert_ok!(activate(outpoint, &good));
	});
}

/// The proof of a block that is not in the chain any more proves nothing.
#[test]
fn a_stale_funding_proof() {
	run(|| {
		enlist(1);
		let draft = draft(1, 1, 1_000_000, 100);
		let outpoint = approved(&draft);
		let stale = claim_of(mine(vec![draft.funding.clone()]), 1);
		reorganise_empty(1);
		attest();
		bury(3);
		attest();
		next_blocks(5);
		assert_noop!(activate(outpoint, &stale), Why::BlockNotFinal);
		// It was mined again, elsewhere.
		assert_ok!(activate(outpoint, &confirm(&draft.funding)));
	});
}

/// A coin that was there before might have been spent before anybody looked.
#[test]
fn a_coin_that_is_older_than_its_registration() {
	run(|| {
		enlist(1);
		let draft = draft(1, 1, 1_000_000, 100);
		let claim = claim_of(mine(vec![draft.funding.clone()]), 1);
		bury(1);
		let outpoint = approved(&draft);
		make_final(claim.block);
		assert_noop!(activate(outpoint, &claim), Why::FundedTooEarly);
		assert!(matches!(state(outpoint), BondState::Approved { .. }));
	});
}

#[test]
fn nothing_comes_in_while_bitcoin_cannot_be_relied_on() {
	run(|| {
		enlist(1);
		let draft = draft(1, 1, 1_000_000, 100);
		let outpoint = approved(&draft);
		let claim = confirm(&draft.funding);
		go_stale();
		assert_noop!(activate(outpoint, &claim), Why::Stale);
		attest();
		bury(1);
		// Deep below what was final.
		bury(4);
		reorganise_empty(4);
		assert_noop!(activate(outpoint, &claim), Why::Frozen);
		assert_ok!(Bitcoin::resume(RuntimeOrigin::root()));
		bury(1);
		attest();
		assert_ok!(activate(outpoint, &claim));
	});
}

/// Who counts can be slashed for as long as one who unbonds.
#[test]
fn so_little_is_left_that_it_would_not_count() {
	run(|| {
		enlist(1);
		let late = draft(1, 1, 1_000_000, 30);
		let just = draft(1, 1, 1_000_000, 31);
		let (late_bond, just_bond) = (approved(&late), approved(&just));
		let block = mine(vec![late.funding.clone(), just.funding.clone()]);
		let expires = block.height + 30 - 10;
		bury(expires - best().height);
		make_final(block);
		assert_noop!(activate(late_bond, &claim_of(block, 1)), Why::ExpiresTooSoon);
		assert_ok!(activate(just_bond, &claim_of(block, 2)));
		assert!(matches!(state(just_bond), BondState::Active { .. }));
		bury(1);
		let left = BondState::Leaving { included: block.height, left: 1, unbonded: None };
		assert_eq!(state(just_bond), left);
	});
}

/// Bitcoin's chain can become shorter. What is listed at a height that was gone through would never expire.
#[test]
fn no_bond_expires_at_a_height_that_was_gone_through() {
	run(|| {
		enlist(1);
		let draft = draft(1, 1, 1_000_000, 30);
		let outpoint = approved(&draft);
		let claim = confirm(&draft.funding);
		let expires = claim.block.height + 20;
		ExpiredTo::<Test>::put(expires + 1);
		assert_noop!(activate(outpoint, &claim), Why::ExpiresTooSoon);
		ExpiredTo::<Test>::put(best().height + 1);
		assert_ok!(activate(outpoint, &claim));
	});
}

/// Nobody keeps others out by bonds that expire with theirs: these expire some blocks earlier.
#[test]
fn when_many_expire_at_once_one_more_does_earlier() {
	run(|| {
		enlist(1);
		let draft = draft(1, 1, 1_000_000, 100);
		let outpoint = approved(&draft);
		let claim = confirm(&draft.funding);
		let latest = claim.block.height + 90;
		let many = BoundedVec::truncate_from(vec![nothing(); MAX_EXPIRING as usize]);
		let heights = latest - EXPIRY_SPREAD..=latest;
		heights.clone().for_each(|height| Expiries::<Test>::insert(height, &many));
		assert_noop!(activate(outpoint, &claim), Why::TooManyExpiring);
		// One place is left, at the earliest height.
		Expiries::<Test>::mutate(latest - EXPIRY_SPREAD, |due| due.pop());
		assert_ok!(activate(outpoint, &claim));
		let BondState::Active { expires, .. } = state(outpoint) else { panic!("it counts") };
		assert_eq!(expires, latest - EXPIRY_SPREAD);
		heights.for_each(Expiries::<Test>::remove);
		Expiries::<Test>::insert(expires, BoundedVec::truncate_from(vec![outpoint]));
	});
}

#[test]
fn each_output_of_a_transaction_is_a_bond_of_its_own() {
	run(|| {
		enlist(1);
		enlist(2);
		let mut one = draft(1, 1, 1_000_000, 100);
		let two = draft(2, 2, 2_000_000, 50);
		one.funding.output.push(two.funding.output[0].clone());
		let two = Draft { funding: one.funding.clone(), vout: 1, ..two };
		let (first, second) = (approved(&one), approved(&two));
		let claim = confirm(&one.funding);
		assert_ok!(activate(second, &claim));
		assert_ok!(activate(first, &claim));
		assert_eq!(BondedTotal::<Test>::get(), Sats(3_000_000));
		assert_eq!(Bonds::<Test>::iter().count(), 2);
	});
}
