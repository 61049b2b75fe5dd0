//! Staking: BTC bonds, who is elected by them, and what cheating costs.

use super::{
	assets_and_fees::{StakingPalletId, TreasuryPalletId},
	peg::Ebtc,
};
use crate::{
	AccountId, Balances, BtcLightClient, Peg, Runtime, RuntimeHoldReason, SequencerStaking, Session,
};
use polkadot_sdk::*;

use alloc::vec::Vec;
use entangled_bitcoin::{Multisig, OutPoint, Sats, XOnlyKey};
use frame_support::{parameter_types, traits::Get};
use frame_system::EnsureRoot;
use pallet_sequencer_staking::{CovenantId, Covenants, RegisteredKeys, SlashingTime};
use sp_runtime::{traits::AccountIdConversion, DispatchResult};
use sp_staking::SessionIndex;

/// The committees of the peg as the covenants of bonds.
pub struct PegCommittees;

impl Covenants<AccountId> for PegCommittees {
	fn serving() -> Option<(CovenantId, Multisig)> {
		Peg::serving()
	}

	fn get(id: CovenantId) -> Option<Multisig> {
		Peg::keys_of(id)
	}

	fn members(id: CovenantId) -> Vec<(XOnlyKey, AccountId)> {
		let committee = pallet_peg::Committees::<Runtime>::get(id);
		let members = committee.into_iter().flat_map(|committee| committee.members);
		members.map(|member| (member.key, member.account)).collect()
	}

	fn has_room() -> bool {
		Peg::has_room()
	}

	fn receive(
		id: CovenantId,
		commitment: [u8; 32],
		outpoint: OutPoint,
		value: Sats,
		height: u32,
		credits: &[(AccountId, Sats)],
	) -> DispatchResult {
		Peg::receive(id, commitment, outpoint, value, height, credits)
	}
}

/// What is bonded, as security for the peg.
pub struct Bonds;

impl pallet_peg::Security<AccountId> for Bonds {
	fn bonded() -> Sats {
		pallet_sequencer_staking::BondedTotal::<Runtime>::get()
	}

	fn note_signature(member: &AccountId, gave: bool) {
		SequencerStaking::note_signature(member, gave)
	}
}

/// The keys that validators have registered. There are all of them or none.
pub struct SessionKeysOf;

impl RegisteredKeys<AccountId> for SessionKeysOf {
	fn has_keys(account: &AccountId) -> bool {
		Session::load_keys(account).is_some()
	}
}

/// The session that runs.
pub struct CurrentSession;

impl Get<SessionIndex> for CurrentSession {
	fn get() -> SessionIndex {
		Session::current_index()
	}
}

parameter_types! {
	/// An hour each: until a block may be relied on; until nodes have reported an equivocation, which they do at once;
	/// and until the covenant's nodes have signed, and a transaction whose fee anybody can raise is in a block.
	pub const TimeToSlash: SlashingTime = SlashingTime { finality: 6, decision: 6, slashing: 6 };
}

/// The account of the treasury. No key exists for it; what it holds waits for the pallet that pays it out.
pub struct Treasury;

impl Get<AccountId> for Treasury {
	fn get() -> AccountId {
		TreasuryPalletId::get().into_account_truncating()
	}
}

impl pallet_sequencer_staking::Config for Runtime {
	type Bitcoin = BtcLightClient;
	type Currency = Balances;
	type Ebtc = Ebtc;
	type Covenants = PegCommittees;
	type Keys = SessionKeysOf;
	type CurrentSession = CurrentSession;
	type SlashingTime = TimeToSlash;
	type Treasury = Treasury;
	type RuntimeHoldReason = RuntimeHoldReason;
	type GovernanceOrigin = EnsureRoot<AccountId>;
	type PalletId = StakingPalletId;
	type WeightInfo = pallet_sequencer_staking::weights::SubstrateWeight<Runtime>;
}
