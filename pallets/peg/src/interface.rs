//! What the peg asks of the rest of the runtime.

use crate::Member;
use alloc::vec::Vec;
use entangled_bitcoin::{AnchorPayload, OutPoint, Sats};

/// Who should hold custody's keys.
pub trait CommitteeSource<AccountId> {
	/// All validators that may be in the committee now, the best first. Of those beyond the most that a committee
	/// can have none is in it, and of two with the same key only the first.
	fn members() -> Vec<Member<AccountId>>;
}

/// What the holders of custody's keys stand for their conduct with.
pub trait Security<AccountId> {
	/// All BTC that is bonded for validators.
	fn bonded() -> Sats;

	/// Notes whether a member of a committee gave the signatures that it owed to a transaction which has been
	/// settled, or that a member of the next one did not show in time that it can sign.
	fn note_signature(member: &AccountId, gave: bool);
}

/// The rollups, as depositors see them.
pub trait RollupInbox<AccountId> {
	/// The account that holds a rollup's eBTC; `None` when there is no such rollup, or it takes no
	/// deposits. Then they are refused before anything is minted.
	fn escrow(rollup: u32) -> Option<AccountId>;

	/// Tells the rollup that its escrow got `amount` for `recipient`. It cannot refuse any more.
	fn deposited(rollup: u32, recipient: [u8; 32], amount: Sats, outpoint: OutPoint);
}

/// No rollup at all.
impl<AccountId> RollupInbox<AccountId> for () {
	fn escrow(_: u32) -> Option<AccountId> {
		None
	}

	fn deposited(_: u32, _: [u8; 32], _: Sats, _: OutPoint) {}
}

/// The chain's checkpoints, which custody's transactions carry into Bitcoin.
pub trait Checkpoints {
	/// The newest one.
	fn newest() -> AnchorPayload;
}
