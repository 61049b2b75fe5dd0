// SPDX-License-Identifier: GPL-3.0-or-later WITH Classpath-exception-2.0

//! Which of many relayers goes first.
//!
//! All of them find the same and could bring the same. A hash gives each finding an order of its
//! own among the members of the committee, so that the work is spread, one normally does it, and
//! whoever is next steps in a block later when that one does not.

use entangled_bitcoin::{Native, Sha256, XOnlyKey};
use entangled_runtime::BlockNumber;

/// Nodes that hold no committee key go after the committee, spread over so many blocks.
const STRANGERS: u8 = 4;

/// Who we are to other relayers.
#[derive(Clone, Debug)]
pub struct Identity {
	/// Our keys that may be in the committee.
	pub keys: Vec<XOnlyKey>,
	/// Something of our own, for when none is.
	pub peer: Vec<u8>,
}

/// How many own blocks we let the others go first with `subject`.
pub fn turn(subject: &[u8], committee: &[XOnlyKey], us: &Identity) -> BlockNumber {
	let score = |who: &[u8]| Native::sha256(&[subject, who].concat());
	let ours = committee
		.iter()
		.filter(|member| us.keys.contains(member))
		.map(|member| score(&member.0))
		.min();
	let turn = match ours {
		Some(ours) => committee.iter().filter(|member| score(&member.0) < ours).count(),
		None => committee.len() + usize::from(score(&us.peer)[0] % STRANGERS),
	};
	turn.try_into().unwrap_or(BlockNumber::MAX)
}

#[cfg(test)]
mod tests {
	use super::*;

	fn us(keys: &[XOnlyKey]) -> Identity {
		Identity { keys: keys.to_vec(), peer: b"peer".to_vec() }
	}

	#[test]
	fn each_member_has_its_turn_and_strangers_come_last() {
		let committee = (0..15).map(|byte| XOnlyKey([byte; 32])).collect::<Vec<_>>();
		let mut first = [0; 15];
		for subject in 0..300_u32 {
			let subject = subject.to_le_bytes();
			let mut turns = committee
				.iter()
				.map(|member| turn(&subject, &committee, &us(&[*member])))
				.collect::<Vec<_>>();
			first[turns.iter().position(|turn| *turn == 0).unwrap()] += 1;
			turns.sort_unstable();
			assert_eq!(turns, (0..15).collect::<Vec<_>>());
			let stranger = turn(&subject, &committee, &us(&[XOnlyKey([99; 32])]));
			assert!((15..19).contains(&stranger));
		}
		assert!(first.iter().all(|count| *count > 5), "the work is spread: {first:?}");
	}

	#[test]
	fn with_two_keys_the_earlier_turn_counts() {
		let committee = [XOnlyKey([1; 32]), XOnlyKey([2; 32])];
		assert_eq!(turn(b"x", &committee, &us(&committee)), 0);
		assert!(turn(b"x", &[], &us(&[])) < STRANGERS.into());
	}
}
