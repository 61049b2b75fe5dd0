//! How many validators it takes.

use crate::attestation::{agreed_height, quorum};
use proptest::prelude::*;

#[test]
fn two_thirds_and_never_none() {
	let quorums = (0..=10).map(quorum).collect::<Vec<_>>();
	assert_eq!(quorums, [1, 1, 2, 2, 3, 4, 4, 5, 6, 6, 7]);
}

proptest! {
	#[test]
	fn a_quorum_is_the_least_number_that_is_two_thirds(validators in 1u32..u32::MAX / 3) {
		let quorum = quorum(validators);
		prop_assert!(u64::from(quorum) * 3 >= u64::from(validators) * 2);
		prop_assert!(u64::from(quorum - 1) * 3 < u64::from(validators) * 2);
	}

	/// At the agreed height there is a quorum, and a block higher there is none.
	#[test]
	fn the_agreed_height_is_the_greatest(
		named in prop::collection::vec(0u32..50, 0..12),
		silent in 0u32..6,
	) {
		let validators = named.len() as u32 + silent;
		let count = |height| named.iter().filter(|named| **named >= height).count() as u32;
		match agreed_height(named.iter().copied(), validators) {
			Some(height) => {
				prop_assert!(count(height) >= quorum(validators));
				prop_assert!(count(height + 1) < quorum(validators));
			},
			None => prop_assert!(count(0) < quorum(validators)),
		}
	}
}
