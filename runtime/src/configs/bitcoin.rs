//! The Bitcoin light client.

use super::consensus::MaxAuthorities;
use crate::{AccountId, Authorship, Peg, Runtime, Session, Timestamp};
use alloc::vec::Vec;
use polkadot_sdk::*;

use frame_support::traits::Get;
use frame_system::EnsureRoot;

/// The validator that makes the current block.
pub struct BlockAuthor;

impl Get<Option<AccountId>> for BlockAuthor {
	fn get() -> Option<AccountId> {
		Authorship::author()
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
