//! The Bitcoin light client.

use super::consensus::MaxAuthorities;
use crate::{AccountId, Babe, Peg, Runtime, Session, System, Timestamp};
use alloc::vec::Vec;
use polkadot_sdk::*;

use frame_support::traits::{FindAuthor, Get};
use frame_system::EnsureRoot;
use sp_runtime::DigestItem;

/// The validator that makes the current block.
///
/// Looked up when the inherent runs. What `pallet-authorship` noted at the start of the block is, in
/// the first block of a session, the validator with the same index in the session before.
pub struct BlockAuthor;

impl Get<Option<AccountId>> for BlockAuthor {
	fn get() -> Option<AccountId> {
		let digest = System::digest();
		let digests = digest.logs().iter().filter_map(DigestItem::as_pre_runtime);
		pallet_session::FindAccountFromAuthorIndex::<Runtime, Babe>::find_author(digests)
	}
}

/// The validators of the current session, whose attestations count.
pub struct ActiveValidators;

impl Get<Vec<AccountId>> for ActiveValidators {
	fn get() -> Vec<AccountId> {
		Session::validators()
	}
}

impl pallet_btc_light_client::Config for Runtime {
	type ValidatorId = AccountId;
	type Author = BlockAuthor;
	type Validators = ActiveValidators;
	type MaxValidators = MaxAuthorities;
	type Time = Timestamp;
	type GovernanceOrigin = EnsureRoot<AccountId>;
	type OnReorganisation = Peg;
	type WeightInfo = pallet_btc_light_client::weights::SubstrateWeight<Runtime>;
}
