//! From one committee to the next.

mod missing;
mod retired;
mod silent;

use crate::{
	mock::*, CandidateCommittee, Committees, DepositTerms, Error, Event, Honoured, InFlight,
	MainCoin, SigningTask,
};
use entangled_bitcoin::{bip340::tagged_hash, Destination, Native, OutPoint, Signature};
use polkadot_sdk::{
	frame_support::{
		assert_noop, assert_ok,
		dispatch::{DispatchResultWithPostInfo, Pays},
	},
	sp_runtime::DispatchError,
};

type Why = Error<Test>;

/// Validators 2 to 5 are to take over from 1 to 4, whose term is over.
fn proposed(test: impl FnOnce()) {
	run(|| {
		fund(1, 300_000);
		withdraw(1, 100_000, 2_000);
		await_batch();
		settle();
		Candidates::set(members(2..=5));
		govern(|policy| policy.term = 14);
		bury(13 - best().height);
		events();
		bury(1);
		assert_eq!(events(), [Event::CommitteeProposed { committee: 1 }]);
		test();
	});
}

fn proof(n: u8) -> Signature {
	signature(n, &CandidateCommittee::<Test>::get().unwrap().challenge)
}

fn prove(n: u8) -> DispatchResultWithPostInfo {
	let committee = CandidateCommittee::<Test>::get().unwrap().id;
	Peg::prove_life(nobody(), committee, key(n), proof(n))
}

/// The four take over.
fn handed_over(test: impl FnOnce()) {
	proposed(|| {
		for n in 2..=5 {
			prove(n).unwrap();
		}
		test();
	});
}

fn coins() -> Vec<(OutPoint, u32)> {
	attempt(0).coins.into_inner()
}

#[test]
fn as_long_as_the_same_should_hold_the_keys_they_do() {
	run(|| {
		govern(|policy| policy.term = 14);
		let mut same = members(1..=4);
		same.reverse();
		Candidates::set(same);
		events();
		bury(20);
		assert_eq!(events(), []);
		// And nobody takes over before the term has ended.
		govern(|policy| policy.term = 100);
		Candidates::set(members(2..=5));
		bury(20);
		assert_eq!(Peg::candidate(), None);
		bury(100 - best().height);
		assert_eq!(Peg::candidate().unwrap().id, 1);
	});
}

#[test]
fn it_takes_over_when_every_member_has_shown_that_it_can_sign() {
	proposed(|| {
		let custody = CandidateCommittee::<Test>::get().unwrap().committee.custody;
		let challenge = tagged_hash::<Native>(
			b"Entangled/ProofOfLife",
			&[&CHAIN.0, &1_u32.to_le_bytes(), &custody.to_bytes()],
		);
		let task = SigningTask::ProofOfLife { committee: 1, challenge };
		assert_eq!(Peg::signing_tasks(&key(5)), [task]);
		assert_eq!(prove(2).unwrap().pays_fee, Pays::No);
		assert_ok!(prove(5));
		assert_ok!(prove(3));
		let proven = |n| Event::LifeProven { committee: 1, key: key(n) };
		assert_eq!(events(), [proven(2), proven(5), proven(3)]);
		assert_eq!(Peg::signing_tasks(&key(5)), []);
		let missing = Peg::candidate().unwrap().missing;
		assert_eq!(missing, members([4]));
		assert_eq!(serving(), 0);
		assert_ok!(prove(4));
		assert_eq!(events(), [proven(4), Event::CommitteeActivated { committee: 1 }]);
		assert_eq!((serving(), Peg::candidate()), (1, None));
		let [old, new] = &Peg::committees()[..] else { panic!("there are two") };
		assert_eq!(
			(old.retired_at, old.honoured_until),
			(Some(best().height), Some(best().height + 80))
		);
		assert_eq!((new.active_from, new.retired_at, new.threshold), (best().height, None, 3));
		assert_ne!((old.custody, old.fixed), (new.custody, new.fixed));
	});
}

#[test]
fn what_shows_nothing() {
	proposed(|| {
		let prove =
			|committee, n: u8, signature| Peg::prove_life(nobody(), committee, key(n), signature);
		assert_noop!(prove(0, 2, proof(2)), Why::NoCandidate);
		assert_noop!(prove(2, 2, proof(2)), Why::NoCandidate);
		assert_noop!(prove(1, 1, proof(1)), Why::NotAMember);
		assert_noop!(prove(1, 3, proof(2)), Why::WrongSignature);
		assert_noop!(prove(1, 2, Signature([0; 64])), Why::WrongSignature);
		assert_noop!(prove(1, 2, signature(2, &[1; 32])), Why::WrongSignature);
		for origin in [RuntimeOrigin::root(), RuntimeOrigin::none()] {
			let refused = Peg::prove_life(origin, 1, key(2), proof(2));
			assert_eq!(refused.unwrap_err().error, DispatchError::BadOrigin);
		}
		assert_ok!(Peg::prove_life(signed(9), 1, key(2), proof(2)));
		assert_noop!(prove(1, 2, proof(2)), Why::AlreadySigned);
	});
}

#[test]
fn without_the_last_member_the_old_committee_goes_on() {
	proposed(|| {
		for n in [2, 3, 5] {
			prove(n).unwrap();
		}
		let old_proof = proof(4);
		let deadline = Peg::candidate().unwrap().deadline;
		events();
		bury(7);
		next_blocks(20);
		assert!(Peg::candidate().is_some());
		Candidates::set(members([2, 3, 5]));
		bury(1);
		assert!(Bitcoin::clock().has_passed(deadline));
		let missing = vec![account(104)];
		assert_eq!(events(), [Event::HandOverFailed { committee: 1, missing }]);
		assert_eq!((serving(), Honoured::<Test>::get().into_inner()), (0, vec![0]));
		// It serves in the meantime, and another candidate is formed.
		withdraw(1, 10_000, 2_000);
		bury(1);
		assert_eq!(events().last(), Some(&Event::CommitteeProposed { committee: 2 }));
		let late = Peg::prove_life(nobody(), 1, key(4), old_proof);
		assert_eq!(late.unwrap_err().error, Why::NoCandidate.into());
		await_batch();
		settle();
		for n in [2, 3, 5] {
			prove(n).unwrap();
		}
		assert_eq!(serving(), 2);
		assert!(Committees::<Test>::get(1).is_none());
	});
}

/// What was signed for one hand-over is worth nothing in the next.
#[test]
fn proofs_of_life_do_not_carry_over() {
	proposed(|| {
		let old = proof(2);
		bury(7);
		next_blocks(20);
		bury(2);
		assert_eq!(Peg::candidate().unwrap().id, 2);
		assert_noop!(Peg::prove_life(nobody(), 2, key(2), old), Why::WrongSignature);
	});
}

#[test]
fn custodys_coin_moves_to_the_new_committee_at_once() {
	handed_over(|| {
		let (old, from) = MainCoin::<Test>::get().unwrap();
		assert_eq!(from, 0);
		bury(1);
		assert_eq!((coins(), InFlight::<Test>::get().unwrap().change_to), (vec![(old, 0)], 1));
		assert_noop!(sign_by(5, 0, 0), Why::UnknownBatch);
		assert_noop!(sign_by(5, 1, 0), Why::NotAMember);
		let tx = settle();
		let new: bitcoin::ScriptBuf = Peg::committees()[1].custody.into();
		assert_eq!(tx.output[0].script_pubkey, new);
		assert_eq!(MainCoin::<Test>::get().unwrap().1, 1);
		bury(3);
		assert_eq!(InFlight::<Test>::get(), None);
		withdraw(1, 10_000, 2_000);
		await_batch();
		assert_noop!(sign_by(1, 2, 0), Why::NotAMember);
		let tx = complete_by([2, 4, 5]);
		assert_ok!(Peg::settle(nobody(), confirm(&tx)));
	});
}

/// Within the grace the old addresses work, and what comes to them does not stay there.
#[test]
fn deposits_to_the_old_committee_are_swept_to_the_new() {
	handed_over(|| {
		bury(1);
		settle();
		let destination = Destination::Account([1; 32]);
		let terms = DepositTerms::Own { committee: 0, destination, refund: refund(500) };
		let deposit = deposit(terms, 200_000);
		assert_ok!(deposit.bring());
		bury(1);
		let main = MainCoin::<Test>::get().unwrap().0;
		assert_eq!(coins(), [(main, 1), (deposit.outpoint(), 0)]);
		// Each member signs what its key is for: 2 to 4 are in both committees.
		let owed = |n| signatures(n, 0).len();
		assert_eq!([1, 2, 3, 4, 5].map(owed), [1, 2, 2, 2, 1]);
		let id = InFlight::<Test>::get().unwrap().id;
		for n in [1, 5, 2] {
			assert_ok!(sign_by(n, id, 0));
		}
		assert!(!attempt(0).complete, "two of four, of both");
		let tx = complete_by([3]);
		assert_eq!(tx.weight().to_wu(), attempt(0).weight.0);
		assert_ok!(Peg::settle(nobody(), confirm(&tx)));
		assert_eq!(MainCoin::<Test>::get().unwrap().1, 1);
	});
}

#[test]
fn when_the_grace_is_over_the_old_committee_retires() {
	handed_over(|| {
		let destination = Destination::Account([1; 32]);
		let terms = DepositTerms::Own { committee: 0, destination, refund: refund(500) };
		let tx = pay(vec![output(script_of(&terms), 50_000); 3]);
		let until = best().height + 80;
		let first = deposit_tx(tx, terms.clone());
		let nth = |vout| Deposit { vout, ..first.clone() };
		bury(until - best().height);
		assert_ok!(nth(0).bring());
		assert!(Peg::deposit_address(&terms).is_ok());
		bury(1);
		assert_noop!(nth(1).bring(), Why::CommitteeRetired);
		assert_eq!(Peg::deposit_address(&terms), Err(crate::QuoteError::CommitteeRetired));
		// Its coins are not swept yet. Until they are it is needed.
		assert_eq!(Honoured::<Test>::get().into_inner(), [0, 1]);
		settle();
		bury(1);
		assert_eq!(coins().len(), 2, "and the deposit that came late");
		assert_eq!(Honoured::<Test>::get().into_inner(), [0, 1]);
		let tx = complete_by(1..=5);
		assert_ok!(Peg::settle(nobody(), confirm(&tx)));
		events();
		bury(1);
		assert!(has_said(&Event::CommitteeRetired { committee: 0 }));
		assert_eq!(Honoured::<Test>::get().into_inner(), [1]);
		assert_noop!(nth(1).bring(), Why::CommitteeRetired);
		// Its keys are not forgotten: what was bonded in its time can be slashed by them only.
		assert!(Peg::keys_of(0).is_some());
	});
}

/// The batch was begun before, and its change is the old committee's. It moves on with the next.
#[test]
fn a_batch_in_flight_ends_as_it_began() {
	proposed(|| {
		withdraw(1, 10_000, 2_000);
		await_batch();
		for n in 2..=5 {
			prove(n).unwrap();
		}
		assert_eq!((serving(), InFlight::<Test>::get().unwrap().change_to), (1, 0));
		complete();
		bury(5);
		let tx = complete();
		let old: bitcoin::ScriptBuf = Peg::committees()[0].custody.into();
		assert_eq!(tx.output[0].script_pubkey, old);
		assert_ok!(Peg::settle(nobody(), confirm(&tx)));
		assert_eq!(MainCoin::<Test>::get().unwrap().1, 0);
		bury(1);
		settle();
		assert_eq!(MainCoin::<Test>::get().unwrap().1, 1);
	});
}
