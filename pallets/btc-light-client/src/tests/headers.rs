//! `submit_headers`, its events and each of its errors.

use crate::{mock::*, Error, Event, KEPT_PAGES, PAGE_SIZE};
use entangled_bitcoin::{
	chain::{MAX_FORK_DEPTH, MAX_HEADERS},
	network::INTERVAL,
	BlockRef, Checkpoint, CompactTarget, Header, HeaderStore, Native, Network,
};
use polkadot_sdk::{
	frame_support::{
		assert_noop, assert_ok,
		dispatch::{DispatchResultWithPostInfo, Pays},
	},
	sp_runtime::DispatchError,
};

fn submit(headers: &[Header]) -> DispatchResultWithPostInfo {
	Bitcoin::submit_headers(RuntimeOrigin::signed(7), bytes(headers))
}

/// A chain of `length` blocks, with the genesis.
fn grown(length: usize) -> Vec<Header> {
	let genesis = Network::Regtest.genesis();
	let headers = branch(&genesis, length, 0);
	for list in headers.chunks(MAX_HEADERS as usize) {
		submit(list).unwrap();
	}
	[vec![genesis], headers].concat()
}

#[test]
fn extension_is_free_and_announced() {
	run(|| {
		let headers = grown(5);
		let from = tip();
		let post = submit(&branch(&headers[5], 2, 1)).unwrap();
		assert_eq!(post.pays_fee, Pays::No);
		assert_eq!(tip().height, 7);
		System::assert_last_event(Event::Extended { from, to: tip() }.into());
		assert_eq!(crate::LastAdvance::<Test>::get(), NOW);
	});
}

#[test]
fn every_refusal_has_its_name_and_changes_nothing() {
	run(|| {
		let depth = MAX_FORK_DEPTH as usize;
		let headers = grown(depth + 20);
		let last = headers.last().unwrap();
		let good = child(last, 1);
		let changed = |change: fn(&mut Header)| {
			let mut header = good;
			change(&mut header);
			header
		};
		let mined = |change: fn(&mut Header)| vec![mine(changed(change))];
		let refused = |list: &[Header], error: Error<Test>| {
			assert_noop!(submit(list), error);
		};

		refused(&[], Error::NoHeaders);
		refused(&vec![good; MAX_HEADERS as usize + 1], Error::TooManyHeaders);
		refused(&branch(&child(&headers[4], 9), 1, 9), Error::UnknownParent);
		refused(&headers[5..], Error::KnownHeader);
		refused(&branch(&headers[3], depth + 30, 1), Error::ForkTooDeep);
		refused(&[good, good], Error::Unlinked);
		refused(&[changed(|h| h.bits = CompactTarget(0x2100_ffff))], Error::TargetAboveLimit);
		refused(&mined(|h| h.bits = CompactTarget(0x207f_fffe)), Error::WrongBits);
		let mut idle = good;
		while idle.hash::<Native>().0[31] < 0x80 {
			idle.nonce += 1;
		}
		refused(&[idle], Error::InsufficientProofOfWork);
		refused(&mined(|h| h.time -= 6 * 600), Error::TimeTooOld);
		refused(&mined(|h| h.version = 3), Error::VersionTooLow);
		refused(&branch(&headers[headers.len() - 2], 1, 2), Error::InsufficientWork);

		let whole = bytes(&[good]);
		for malformed in [&whole[..79], &[&whole[..], &[0]].concat(), &[1]] {
			assert_noop!(
				Bitcoin::submit_headers(RuntimeOrigin::signed(7), malformed.to_vec()),
				Error::<Test>::MalformedHeaders
			);
		}
		assert_noop!(
			Bitcoin::submit_headers(RuntimeOrigin::none(), whole),
			DispatchError::BadOrigin
		);
	});
}

#[test]
fn a_header_from_the_future_is_taken_later() {
	run(|| {
		let headers = grown(1);
		let next = child(&headers[1], 1);
		let time = u64::from(next.time) * 1_000;
		Timestamp::set_timestamp(time - 7_200_001);
		assert_noop!(submit(&[next]), Error::<Test>::TimeTooFarAhead);
		Timestamp::set_timestamp(time - 7_200_000);
		assert_ok!(submit(&[next]));
	});
}

#[test]
fn without_a_checkpoint_nothing_is_followed() {
	run_from(None, || {
		assert_noop!(submit(&[Network::Regtest.genesis()]), Error::<Test>::NotStarted);
		assert_eq!(Bitcoin::tip_info(), None);
		assert!(Bitcoin::locator().is_empty());
	});
}

#[test]
#[should_panic(expected = "invalid Bitcoin checkpoint")]
fn a_wrong_checkpoint_does_not_start() {
	let mut checkpoint = Checkpoint::genesis(Network::Regtest);
	checkpoint.network = Network::Mainnet;
	run_from(Some(checkpoint), || ());
}

#[test]
fn a_policy_that_cannot_work_does_not_start() {
	let sound = crate::Policy { confirmations: 1, own_blocks: 0, stale_after: 1 };
	assert!(sound.is_sound() && POLICY.is_sound() && crate::Policy::default().is_sound());
	for (confirmations, stale_after) in [(0, 1), (MAX_FORK_DEPTH + 1, 1), (6, 0)] {
		assert!(!crate::Policy { confirmations, stale_after, ..sound }.is_sound());
	}
}

#[test]
fn on_signet_only_validators_bring_headers() {
	run_from(Some(Checkpoint::genesis(Network::Signet)), || {
		assert_noop!(submit(&[Network::Signet.genesis()]), Error::<Test>::ValidatorsOnly);
	});
}

#[test]
fn governance_starts_anew_at_a_checkpoint() {
	run(|| {
		let headers = grown(PAGE_SIZE as usize * 3);
		observe(1, &[], Some(tip()));
		let checkpoint = Checkpoint::genesis(Network::Regtest);
		let restart =
			|origin, checkpoint: &Checkpoint| Bitcoin::restart(origin, checkpoint.clone());
		assert_noop!(restart(RuntimeOrigin::signed(1), &checkpoint), DispatchError::BadOrigin);
		let wrong = Checkpoint { network: Network::Mainnet, ..checkpoint.clone() };
		assert_noop!(restart(RuntimeOrigin::root(), &wrong), Error::<Test>::InvalidCheckpoint);
		assert_ok!(restart(RuntimeOrigin::root(), &checkpoint));
		assert_eq!((tip().height, crate::Pages::<Test>::iter_keys().count()), (0, 1));
		System::assert_last_event(Event::Restarted(tip()).into());
		assert_eq!(Bitcoin::attestation().attested_height, None);
		assert_eq!(Reorganisations::get().last(), Some(&0));
		assert_ok!(submit(&headers[1..]));
	});
}

/// The locator's heights, once it is clear that it begins with the tip, names blocks of the chain, each
/// farther down, and ends with the oldest that is kept.
fn located() -> Vec<u32> {
	let locator = Bitcoin::locator();
	assert_eq!(locator.first(), Some(&tip()));
	assert!(locator.is_sorted_by(|above, below| above.height > below.height));
	for block in &locator {
		assert_eq!(Bitcoin::header_info(block.height).unwrap().block, *block);
	}
	let oldest = locator.last().unwrap().height;
	assert!(oldest.checked_sub(1).is_none_or(|below| Bitcoin::header_info(below).is_none()));
	locator.iter().map(|block| block.height).collect()
}

/// What is pruned is never needed: not by a retarget, nor by the deepest branch.
#[test]
fn old_headers_are_pruned() {
	run(|| {
		let total = (KEPT_PAGES + 3) * PAGE_SIZE;
		let headers = grown(total as usize);
		assert_eq!(crate::Pages::<Test>::iter_keys().count(), KEPT_PAGES as usize);
		assert_eq!(Bitcoin::header_info(10), None);
		let store = crate::chain::Stored::<Test>::open().unwrap();
		let needed = total - MAX_FORK_DEPTH - INTERVAL;
		assert!(store.record(needed).is_some());
		// The tip is the first of its page.
		assert_eq!(located().last(), Some(&(total - (KEPT_PAGES - 1) * PAGE_SIZE)));
		let fork = (total - MAX_FORK_DEPTH) as usize;
		assert_ok!(submit(&branch(&headers[fork], MAX_FORK_DEPTH as usize + 1, 1)));
		assert_eq!(tip().height, total + 1);
		assert_eq!(located().last(), Some(&(total - (KEPT_PAGES - 1) * PAGE_SIZE)));
	});
}

#[test]
fn a_locator_goes_down_to_the_oldest_header() {
	for length in [0, 1, 9, 10, 11, 12, 47, 48, 200] {
		run(|| {
			grown(length);
			assert_eq!(located().last(), Some(&0), "{length}");
		});
	}
	// A branch of fewer blocks and more work leaves fewer pages than there might be.
	run(|| {
		grown(((KEPT_PAGES + 3) * PAGE_SIZE) as usize);
		let oldest = *located().last().unwrap();
		let last = tip().height / PAGE_SIZE;
		let (page, end) = (last - 2, (last - 1) * PAGE_SIZE - 1);
		let mut tip = crate::Tip::<Test>::get().unwrap();
		tip.block = Bitcoin::header_info(end).unwrap().block;
		for removed in page + 1..=last {
			crate::Pages::<Test>::remove(removed);
		}
		crate::Tip::<Test>::put(tip);
		assert_eq!(located().last(), Some(&oldest));
	});
}

#[test]
fn headers_are_found_by_height_and_hash() {
	run(|| {
		let headers = grown(120);
		for (height, header) in headers.iter().enumerate() {
			let block = BlockRef { height: height as u32, hash: header.hash::<Native>() };
			let info = Bitcoin::header_info(block.height).unwrap();
			assert_eq!((info.block, info.header), (block, *header));
			assert_eq!(info.confirmations, 121 - block.height);
			assert_eq!(Bitcoin::find(&block.hash), Some(block));
		}
		assert_eq!(Bitcoin::header_info(121), None);
		assert_eq!(Bitcoin::find(&headers[0].prev), None);
		let heights = located();
		assert_eq!(heights[..12], [120, 119, 118, 117, 116, 115, 114, 113, 112, 111, 109, 105]);
		assert_eq!(heights[12..], [97, 81, 49, 0]);
	});
}
