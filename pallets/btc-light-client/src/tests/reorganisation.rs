//! Branches that win, and what follows from how deep they cut.

use crate::{mock::*, BitcoinChain, Error, Event, NotFinal, Reorganisation};
use entangled_bitcoin::{Header, Native, Network};
use polkadot_sdk::frame_support::{assert_noop, assert_ok};
use proptest::prelude::*;

fn submit(headers: &[Header]) -> Result<(), Error<Test>> {
	Bitcoin::submit_headers(RuntimeOrigin::signed(7), bytes(headers)).map(|_| ()).map_err(|error| {
		match error.error {
			polkadot_sdk::sp_runtime::DispatchError::Module(module) => {
				codec::Decode::decode(&mut &module.error[..]).unwrap()
			},
			other => panic!("{other:?}"),
		}
	})
}

fn events() -> Vec<Event<Test>> {
	System::events()
		.into_iter()
		.filter_map(|record| match record.event {
			RuntimeEvent::Bitcoin(event) => Some(event),
			_ => None,
		})
		.collect()
}

#[test]
fn a_branch_with_more_work_replaces_the_end() {
	run(|| {
		let genesis = Network::Regtest.genesis();
		let loser = branch(&genesis, 10, 0);
		assert!(submit(&loser).is_ok());
		let from = tip();
		let winner = branch(&loser[7], 3, 1);
		assert!(submit(&winner).is_ok());
		let reorganisation = Reorganisation { fork_height: 8, from, to: tip() };
		assert_eq!(events().last(), Some(&Event::Reorganised(reorganisation)));
		assert_eq!(reorganisation.depth(), 2);
		assert_eq!(Reorganisations::get(), [8]);
		assert_eq!(tip().hash, winner[2].hash::<Native>());
		// Two blocks deep is fewer than three confirmations.
		assert_eq!(Bitcoin::status().freeze, None);
	});
}

#[test]
fn as_deep_as_the_confirmations_freezes_until_governance_resumes() {
	run(|| {
		let genesis = Network::Regtest.genesis();
		let loser = branch(&genesis, 10, 0);
		assert!(submit(&loser).is_ok());
		let from = tip();
		assert!(submit(&branch(&loser[6], 4, 1)).is_ok());
		let reorganisation = Reorganisation { fork_height: 7, from, to: tip() };
		assert_eq!(
			events()[1..],
			[Event::Reorganised(reorganisation), Event::Frozen(reorganisation)]
		);
		assert_eq!(Bitcoin::status().freeze, Some(reorganisation));

		// Everybody agrees on block 1, and it is old; still it is not final.
		next_blocks(POLICY.own_blocks);
		for validator in [1, 2, 3] {
			observe(validator, &[], Some(tip()));
		}
		let block = Bitcoin::header_info(1).unwrap().block;
		assert_eq!(Bitcoin::ensure_final(&block), Err(NotFinal::Frozen));
		let stopped = Bitcoin::clock().active_blocks;
		next_blocks(3);
		assert_eq!(Bitcoin::clock().active_blocks, stopped, "deadlines stand still");

		// Headers are followed all the while, over a second deep branch as well.
		let best = branch(&loser[5], 6, 2);
		assert!(submit(&best).is_ok());
		assert_eq!(Bitcoin::status().freeze, Some(reorganisation), "the first one stays on record");

		assert_noop!(
			Bitcoin::resume(RuntimeOrigin::signed(7)),
			polkadot_sdk::sp_runtime::DispatchError::BadOrigin
		);
		assert_ok!(Bitcoin::resume(RuntimeOrigin::root()));
		assert_eq!(events().last(), Some(&Event::Resumed));
		assert_noop!(Bitcoin::resume(RuntimeOrigin::root()), Error::<Test>::NotFrozen);
		next_block();
		assert_eq!(Bitcoin::clock().active_blocks, stopped + 1);
		for validator in [1, 2, 3] {
			observe(validator, &[], Some(tip()));
		}
		assert_eq!(Bitcoin::ensure_final(&block), Ok(()));
	});
}

/// Two shallow reorganisations in a row remove what had its confirmations before the first.
#[test]
fn what_was_confirmed_once_must_not_leave() {
	run(|| {
		let genesis = Network::Regtest.genesis();
		let first = branch(&genesis, 10, 0);
		assert!(submit(&first).is_ok());
		// Blocks 9 and 10 leave; block 8 had three confirmations and has them again.
		assert!(submit(&branch(&first[7], 3, 1)).is_ok());
		assert_eq!(Bitcoin::status().freeze, None);
		// The chain of most work may have fewer blocks, as where difficulty varies.
		let mut tip = crate::Tip::<Test>::get().unwrap();
		tip.block = Bitcoin::header_info(9).unwrap().block;
		crate::Pages::<Test>::mutate(0, |page| page.as_mut().unwrap().truncate(10));
		tip.work -= entangled_bitcoin::U256::from(4);
		crate::Tip::<Test>::put(tip);
		// Two deep, yet it removes block 8.
		assert!(submit(&branch(&first[6], 3, 2)).is_ok());
		assert!(Bitcoin::status().freeze.is_some());
	});
}

/// The branches of a tree of blocks, each from the first block after the genesis to a leaf. None is
/// longer than a fork may be deep.
fn branches() -> impl Strategy<Value = Vec<Vec<Header>>> {
	prop::collection::vec((any::<prop::sample::Index>(), 1usize..29), 1..6).prop_map(|cuts| {
		let genesis = Network::Regtest.genesis();
		let mut branches: Vec<Vec<Header>> = vec![];
		for (salt, (cut, length)) in cuts.into_iter().enumerate() {
			let stem = match branches.get(salt.wrapping_sub(1)) {
				Some(previous) => previous[..cut.index(previous.len() + 1)].to_vec(),
				None => vec![],
			};
			let from = stem.last().copied().unwrap_or(genesis);
			branches.push([stem, branch(&from, length, salt as u64)].concat());
		}
		branches
	})
}

/// Sends what of the branch the chain does not have.
fn relay(branch: &[Header]) {
	let known = branch
		.iter()
		.enumerate()
		.take_while(|(index, header)| {
			Bitcoin::header_info(*index as u32 + 1).is_some_and(|info| info.header == **header)
		})
		.count();
	let accepted = submit(&branch[known..]);
	assert!(
		matches!(accepted, Ok(()) | Err(Error::InsufficientWork | Error::NoHeaders)),
		"{accepted:?}"
	);
}

proptest! {
	#![proptest_config(ProptestConfig::with_cases(48))]

	/// Whatever the order of arrival, the tip is that of most work, and what is stored is what a
	/// fresh client stores that was shown the winner alone.
	#[test]
	fn the_state_is_that_of_the_winner(branches in branches(), seed: u64) {
		let mut order = (0..branches.len()).collect::<Vec<_>>();
		order.sort_by_key(|n| (*n as u64 + 1).wrapping_mul(seed | 1).rotate_left(23));
		let mut winner = 0;
		let mut state = None;
		run(|| {
			for &index in &order {
				relay(&branches[index]);
				Bitcoin::do_try_state().unwrap();
			}
			let longest = branches.iter().map(Vec::len).max().unwrap();
			assert_eq!(tip().height as usize, longest);
			winner = branches
				.iter()
				.position(|b| b.last().unwrap().hash::<Native>() == tip().hash)
				.unwrap();
			state = Some(chain_state());
		});
		run(|| {
			submit(&branches[winner]).unwrap();
			assert_eq!(Some(chain_state()), state);
		});
	}
}
