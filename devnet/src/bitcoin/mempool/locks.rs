//! Lock times: whether a transaction can be in the next block.

use bitcoin::{absolute::LOCK_TIME_THRESHOLD, Transaction};

/// Bit of a sequence that turns its relative lock off (`SEQUENCE_LOCKTIME_DISABLE_FLAG`).
const DISABLE_FLAG: u32 = 1 << 31;
/// Bit that makes the lock one of time (`SEQUENCE_LOCKTIME_TYPE_FLAG`).
const TYPE_FLAG: u32 = 1 << 22;
/// The lock's value (`SEQUENCE_LOCKTIME_MASK`).
const MASK: u32 = 0xffff;
/// A time lock counts in units of 512 seconds (`SEQUENCE_LOCKTIME_GRANULARITY`).
const GRANULARITY: u32 = 9;

/// Whether the transaction's lock time lets it be in a block at `height` whose predecessor has
/// median time `median_time` (`IsFinalTx`).
pub fn is_final(transaction: &Transaction, height: u32, median_time: u32) -> bool {
	let lock_time = transaction.lock_time.to_consensus_u32();
	let now = if lock_time < LOCK_TIME_THRESHOLD { height } else { median_time };
	lock_time == 0
		|| lock_time < now
		|| transaction.input.iter().all(|input| input.sequence.is_final())
}

/// Whether the relative lock times (BIP68) let the transaction be in a block at `height` whose
/// predecessor has median time `median_time` (`SequenceLocks`). `coin_heights` are the heights of
/// the spent coins, in order; `median_time_at` gives the median time of an active block.
pub fn are_sequences_final(
	transaction: &Transaction,
	coin_heights: &[u32],
	height: u32,
	median_time: u32,
	median_time_at: impl Fn(u32) -> u32,
) -> bool {
	// Versions are compared as unsigned numbers.
	if (transaction.version.0 as u32) < 2 {
		return true;
	}
	transaction.input.iter().zip(coin_heights).all(|(input, coin_height)| {
		let sequence = input.sequence.to_consensus_u32();
		if sequence & DISABLE_FLAG != 0 {
			return true;
		}
		let value = u64::from(sequence & MASK);
		if sequence & TYPE_FLAG == 0 {
			return u64::from(*coin_height) + value <= u64::from(height);
		}
		let coin_time = median_time_at(coin_height.saturating_sub(1));
		u64::from(coin_time) + (value << GRANULARITY) <= u64::from(median_time)
	})
}

#[cfg(test)]
mod tests {
	use bitcoin::{absolute::LockTime, transaction::Version, Sequence, TxIn};

	use super::*;

	fn transaction(lock_time: u32, sequence: u32) -> Transaction {
		Transaction {
			version: Version::TWO,
			lock_time: LockTime::from_consensus(lock_time),
			input: vec![TxIn { sequence: Sequence(sequence), ..TxIn::default() }],
			output: Vec::new(),
		}
	}

	#[test]
	fn lock_time_must_be_below_the_next_block() {
		assert!(is_final(&transaction(0, 0), 1, 0));
		assert!(is_final(&transaction(99, 0), 100, 0));
		assert!(!is_final(&transaction(100, 0), 100, 0));
		assert!(is_final(&transaction(100, u32::MAX), 100, 0));
		assert!(!is_final(&transaction(1_600_000_000, 0), 100, 1_600_000_000));
		assert!(is_final(&transaction(1_600_000_000, 0), 100, 1_600_000_001));
	}

	#[test]
	fn relative_locks_count_from_the_coin() {
		let check = |sequence, coin, height| {
			are_sequences_final(&transaction(0, sequence), &[coin], height, 1_000_000, |height| {
				1_000_000 - 512 * (100 - height)
			})
		};
		assert!(check(10, 90, 100));
		assert!(!check(10, 91, 100));
		assert!(check(DISABLE_FLAG | 10, 99, 100));
		// The coin at height 91 counts from the median time of block 90, ten units ago.
		assert!(check(TYPE_FLAG | 10, 91, 101));
		assert!(!check(TYPE_FLAG | 11, 91, 101));
	}
}
