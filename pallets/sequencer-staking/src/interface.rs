//! What staking asks of the rest of the runtime.

use crate::CovenantId;
use alloc::vec::Vec;
use entangled_bitcoin::{Multisig, OutPoint, Sats, XOnlyKey};
use polkadot_sdk::sp_runtime::DispatchResult;

/// The committees of the peg, each of which is the covenant of the bonds that were registered while it
/// served.
pub trait Covenants<AccountId> {
	/// The committee that serves.
	fn serving() -> Option<(CovenantId, Multisig)>;

	/// A committee that serves or on which bonds depend.
	fn get(id: CovenantId) -> Option<Multisig>;

	/// The members of such a committee, by their keys.
	fn members(id: CovenantId) -> Vec<(XOnlyKey, AccountId)>;

	/// Whether the peg can take in what is slashed now. If not, it can when it has swept some of what waits.
	fn has_room() -> bool;

	/// Brings a coin that pays to a committee's script with this commitment, in a final block of this height, into the
	/// peg, and credits these accounts with parts of it. What is credited to nobody stays in the reserve. Refused when
	/// the credits exceed the value.
	fn receive(
		id: CovenantId,
		commitment: [u8; 32],
		outpoint: OutPoint,
		value: Sats,
		height: u32,
		credits: &[(AccountId, Sats)],
	) -> DispatchResult;
}

/// The keys of validators.
pub trait RegisteredKeys<AccountId> {
	/// Whether the account has registered all the keys that a validator needs.
	fn has_keys(account: &AccountId) -> bool;
}
