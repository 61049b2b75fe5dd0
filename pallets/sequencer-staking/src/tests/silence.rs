//! Members of covenants who do not sign.

use crate::{mock::*, Duty, Error, Event, SequencerStatus, Sequencers, SlashOrders};
use entangled_bitcoin::OutPoint;
use polkadot_sdk::{
	frame_support::{assert_noop, assert_ok},
	sp_runtime::DispatchError,
};

type Why = Error<Test>;

/// How many duties in a row the members of the first committee have missed, who are accounts 1 to 4.
fn missed() -> [u32; 4] {
	[1, 2, 3, 4].map(|n| Sequencers::<Test>::get(account(n)).unwrap().missed_duties)
}

/// Runs `test` where all members are sequencers, and bonds are made for account 5.
fn start(test: impl FnOnce()) {
	run(|| {
		(1..=5).for_each(stand);
		test();
	});
}

fn wait() {
	bury(policy().registration_blocks);
	next_blocks(policy().registration_own_blocks);
}

fn note(outpoint: OutPoint) -> Result<(), DispatchError> {
	Staking::note_silence(nobody(), outpoint).map(drop).map_err(|error| error.error)
}

#[test]
fn who_does_not_sign_the_way_out_of_a_bond_has_missed_it() {
	start(|| {
		for value in [100_000, 200_000] {
			let draft = draft(6, 5, value, 100);
			draft.register().unwrap();
			sign_by(101, draft.outpoint(), Duty::Unbonding).unwrap();
			sign_by(102, draft.outpoint(), Duty::Unbonding).unwrap();
			wait();
			assert_ok!(Staking::drop_bond(signed(9), draft.outpoint()));
		}
		assert_eq!(missed(), [0, 0, 2, 2]);
		// Who signs what gets done has missed nothing in a row; of the others nothing more is said.
		let draft = draft(6, 5, 300_000, 100);
		approved(&draft);
		assert_eq!(missed(), [0, 0, 0, 2]);
		// Once it is approved, the owner is at fault.
		wait();
		assert_ok!(Staking::drop_bond(signed(9), draft.outpoint()));
		assert_eq!(missed(), [0, 0, 0, 2]);
	});
}

/// Nobody may sign for one who has cheated.
#[test]
fn nor_is_it_missed_when_nobody_may_sign() {
	start(|| {
		let draft = draft(6, 5, 100_000, 100);
		draft.register().unwrap();
		cheat(5, 1, None);
		wait();
		assert_ok!(Staking::drop_bond(signed(9), draft.outpoint()));
		assert_eq!(missed(), [0; 4]);
	});
}

#[test]
fn who_does_not_sign_what_slashes_has_missed_it_once() {
	start(|| {
		let [one, two] = [100_000, 200_000].map(|value| bonded(6, 5, value));
		assert_noop!(note(nothing()), Why::UnknownBond);
		assert_noop!(note(one), Why::NotAsked);
		cheat(5, 1, None);
		next_block();
		sign_by(104, one, Duty::Slash).unwrap();
		complete(two, Duty::Slash);
		bury(policy().slash_signing_blocks - 1);
		assert_noop!(note(one), Why::NotSilent);
		bury(1);
		assert_noop!(note(two), Why::NotAsked);
		for origin in [RuntimeOrigin::root(), RuntimeOrigin::none()] {
			assert_noop!(Staking::note_silence(origin, one), DispatchError::BadOrigin);
		}
		events();
		assert_ok!(note(one));
		assert_eq!(events(), [Event::SilenceNoted { outpoint: one }]);
		assert!(SlashOrders::<Test>::get(one).unwrap().noted);
		assert_eq!(missed(), [1, 1, 1, 0]);
		assert_noop!(note(one), Why::NothingNew);
		// They can make up for it.
		sign_by(101, one, Duty::Slash).unwrap();
		sign_by(102, one, Duty::Slash).unwrap();
		assert_eq!(missed(), [0, 0, 1, 0]);
	});
}

/// Signatures for the peg do not make up for it.
#[test]
fn whoever_has_missed_too_many_is_jailed() {
	start(|| {
		for value in 1..=u64::from(policy().missed_signatures) {
			let outpoint = bonded(6, 5, 100_000 * value);
			assert!(matches!(state(outpoint), crate::BondState::Active { .. }));
		}
		cheat(5, 1, None);
		next_block();
		bury(policy().slash_signing_blocks);
		let orders = SlashOrders::<Test>::iter_keys().collect::<Vec<_>>();
		for outpoint in orders {
			for n in [101, 102] {
				sign_by(n, outpoint, Duty::Slash).unwrap();
			}
			assert_ok!(note(outpoint));
			Staking::note_signature(&account(3), true);
		}
		assert_eq!(missed(), [0, 0, 3, 3]);
		let validators = [1, 2, 3].map(account);
		Staking::end_session(1, &validators);
		let status = |n| Sequencers::<Test>::get(account(n)).unwrap().status;
		assert!(matches!(status(3), SequencerStatus::Jailed { .. }));
		// Only who is a validator.
		assert_eq!(status(4), SequencerStatus::Candidate);
	});
}
