//! The peg: BTC in and out under the keys of the validators.

use super::{assets_and_fees::PegPalletId, staking::Bonds};
use crate::{
	chain::EBTC, AccountId, Assets, BtcLightClient, Runtime, SequencerStaking, Session, System,
};
use alloc::vec::Vec;
use polkadot_sdk::*;

use entangled_bitcoin::{AnchorPayload, XOnlyKey};
use frame_support::traits::{fungible, ConstU32, Get};
use frame_system::EnsureRoot;
use pallet_peg::{Checkpoints, CommitteeSource, Member};

/// eBTC as the only money that the peg knows.
pub type Ebtc = fungible::ItemOf<Assets, ConstU32<EBTC>, AccountId>;

/// The validators of the current session, those with the most bonded BTC first, by the Bitcoin keys
/// that they have registered.
pub struct ValidatorKeys;

impl CommitteeSource<AccountId> for ValidatorKeys {
	fn members() -> Vec<Member<AccountId>> {
		SequencerStaking::committee_order(Session::validators())
			.into_iter()
			.filter_map(|account| {
				let keys = Session::load_keys(&account)?;
				// A compressed key is the parity of y and then x, which is the key of BIP 340.
				let [_parity, x @ ..] = keys.btcs.into_inner().0;
				Some(Member { key: XOnlyKey(x), account })
			})
			.collect()
	}
}

/// Checkpoints of the chain itself: the block before this one, numbered by its session.
///
/// The block's hash commits to its state. There are no proofs yet, so their hash is zero.
pub struct BlockCheckpoints;

impl Checkpoints for BlockCheckpoints {
	fn newest() -> AnchorPayload {
		AnchorPayload {
			epoch: Session::current_index(),
			state_root: System::parent_hash().0,
			proof_hash: [0; 32],
		}
	}
}

/// The account that those are paid from who have bonded BTC.
pub struct RewardsPot;

impl Get<AccountId> for RewardsPot {
	fn get() -> AccountId {
		SequencerStaking::pot()
	}
}

impl pallet_peg::Config for Runtime {
	type Bitcoin = BtcLightClient;
	type Ebtc = Ebtc;
	type Committee = ValidatorKeys;
	type Security = Bonds;
	type FeesTo = RewardsPot;
	// No rollup is registered, so a deposit to one is refused. From an address of its own its owner
	// takes it back.
	type Rollups = ();
	type Checkpoints = BlockCheckpoints;
	type GovernanceOrigin = EnsureRoot<AccountId>;
	type PalletId = PegPalletId;
	type WeightInfo = pallet_peg::weights::SubstrateWeight<Runtime>;
}
