// SPDX-License-Identifier: GPL-3.0-or-later WITH Classpath-exception-2.0

use super::*;
use polkadot_sdk::{
	sp_consensus_babe::digests::{CompatibleDigestItem, PreDigest, SecondaryPlainPreDigest},
	sp_runtime::{traits::Header as _, Digest, DigestItem},
};

/// A block of an author for a slot. The number tells it from others.
fn block(slot: u64, authority_index: AuthorityIndex, number: u32) -> Header {
	let slot = Slot::from(slot);
	let digest = SecondaryPlainPreDigest { authority_index, slot };
	let digest = DigestItem::babe_pre_digest(PreDigest::SecondaryPlain(digest));
	let logs = vec![digest, DigestItem::Seal(*b"BABE", vec![number as u8; 64])];
	let hash = Hash::default();
	Header::new(number, hash, hash, hash, Digest { logs })
}

#[test]
fn two_blocks_of_one_author_for_one_slot_are_found() {
	let mut seen = Seen::default();
	let first = block(5, 1, 10);
	assert_eq!(seen.second(&first), None);
	assert_eq!(seen.second(&first), None, "it is the same");
	assert_eq!(seen.second(&block(5, 2, 10)), None, "another author");
	assert_eq!(seen.second(&block(6, 1, 11)), None, "another slot");
	let found = Some((Slot::from(5), 1, first));
	assert_eq!(seen.second(&block(5, 1, 11)), found);
	assert_eq!(seen.second(&block(5, 1, 12)), found, "a third one is as bad");
}

#[test]
fn the_seal_is_part_of_a_block() {
	let mut seen = Seen::default();
	let mut sealed_again = block(5, 1, 10);
	assert_eq!(seen.second(&sealed_again), None);
	sealed_again.digest.logs[1] = DigestItem::Seal(*b"BABE", vec![9; 64]);
	assert!(seen.second(&sealed_again).is_some());
}

#[test]
fn what_is_long_ago_is_forgotten() {
	let mut seen = Seen::default();
	for slot in 0..3 * KEPT_SLOTS {
		assert_eq!(seen.second(&block(slot, 0, 10)), None);
		assert!(seen.0.len() as u64 <= KEPT_SLOTS + 1);
	}
	assert_eq!(seen.second(&block(0, 0, 11)), None);
	assert!(seen.second(&block(3 * KEPT_SLOTS - 1, 0, 11)).is_some());
}
