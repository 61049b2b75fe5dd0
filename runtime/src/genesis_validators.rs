//! The validator set, as long as nobody stakes: the validators of the genesis block.
//!
//! This is the seam for staking. Whoever elects validators implements the same two
//! `SessionManager` traits and takes this type's place in the session pallet's configuration;
//! nothing else changes.

use crate::{AccountId, Historical, Runtime, Session};
use alloc::vec::Vec;
use polkadot_sdk::*;

use pallet_session::historical;
use sp_runtime::traits::Convert;
use sp_staking::SessionIndex;

/// For how many sessions the proofs of who held which key are kept, and with them the time in
/// which an equivocation can be reported: four weeks of sessions of one hour. Staking must keep
/// stakes bonded for no shorter.
pub const KEPT_SESSIONS: u32 = 28 * 24;

/// The validators of the genesis block, session after session.
///
/// A validator may change its keys at any time, and leaves for good when it withdraws them.
pub struct GenesisValidators;

impl pallet_session::SessionManager<AccountId> for GenesisValidators {
	/// `None` while the set and all its keys stay as they are, so that consensus need not change
	/// authorities. A changed key gives the set anew: only then is the root of the keys, which
	/// equivocation reports are checked against, computed again.
	fn new_session(_: SessionIndex) -> Option<Vec<AccountId>> {
		let current = Session::queued_keys();
		let unchanged =
			current.iter().all(|(who, keys)| Session::load_keys(who).as_ref() == Some(keys));
		if unchanged {
			return None;
		}
		let registered = current.into_iter().map(|(who, _)| who);
		Some(registered.filter(|who| Session::load_keys(who).is_some()).collect())
	}

	/// Everybody whose keys stand in the genesis configuration, in an order that does not depend
	/// on how the state is hashed.
	fn new_session_genesis(_: SessionIndex) -> Option<Vec<AccountId>> {
		let mut validators: Vec<_> = pallet_session::NextKeys::<Runtime>::iter_keys().collect();
		validators.sort();
		Some(validators)
	}

	fn start_session(session: SessionIndex) {
		if let Some(oldest) = session.checked_sub(KEPT_SESSIONS) {
			Historical::prune_up_to(oldest);
		}
	}

	fn end_session(_: SessionIndex) {}
}

impl historical::SessionManager<AccountId, ()> for GenesisValidators {
	fn new_session(session: SessionIndex) -> Option<Vec<(AccountId, ())>> {
		identified(<Self as pallet_session::SessionManager<_>>::new_session(session))
	}

	fn new_session_genesis(session: SessionIndex) -> Option<Vec<(AccountId, ())>> {
		identified(<Self as pallet_session::SessionManager<_>>::new_session_genesis(session))
	}

	fn start_session(session: SessionIndex) {
		<Self as pallet_session::SessionManager<_>>::start_session(session)
	}

	fn end_session(session: SessionIndex) {
		<Self as pallet_session::SessionManager<_>>::end_session(session)
	}
}

fn identified(validators: Option<Vec<AccountId>>) -> Option<Vec<(AccountId, ())>> {
	Some(validators?.into_iter().map(|who| (who, ())).collect())
}

/// A validator is fully identified by its account: it has no stake of its own or of others that a
/// proof would have to name.
pub struct AccountIsEnough;

impl Convert<AccountId, Option<()>> for AccountIsEnough {
	fn convert(_: AccountId) -> Option<()> {
		Some(())
	}
}
