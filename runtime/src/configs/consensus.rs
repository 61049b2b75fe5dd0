//! Who makes blocks and who finalises them, with what keys, and how cheating is reported.

use crate::{
	btcs::BitcoinKeys,
	chain::deposit,
	sessions::{AccountIsEnough, ElectedValidators, Punishment, KEPT_SESSIONS},
	timing, AccountId, AuthorityDiscovery, Babe, Balance, Balances, Beefy, BeefyMmrLeaf, Grandpa,
	Historical, Offences, Runtime, RuntimeEvent, SequencerStaking, Session,
};
use alloc::vec::Vec;
use polkadot_sdk::*;

use frame_support::{
	parameter_types,
	traits::{ConstU32, ConstU64, Get},
};
use pallet_session::{disabling::UpToLimitWithReEnablingDisablingStrategy, historical};
use sp_consensus_babe::{AllowedSlots, BabeEpochConfiguration};
use sp_consensus_beefy::{ecdsa_crypto::AuthorityId as BeefyId, mmr::MmrLeafVersion};
use sp_runtime::{
	impl_opaque_keys,
	traits::{ConvertInto, Keccak256, OpaqueKeys},
};
use sp_session::MembershipProof;

impl_opaque_keys! {
	/// A validator's keys, all of them in its node's keystore.
	pub struct SessionKeys {
		/// Makes blocks (Sr25519).
		pub babe: Babe,
		/// Votes on finality (Ed25519).
		pub grandpa: Grandpa,
		/// Signs what other chains verify (ECDSA).
		pub beefy: Beefy,
		/// Signs the node's network addresses (Sr25519).
		pub authority_discovery: AuthorityDiscovery,
		/// Signs on Bitcoin (secp256k1).
		pub btcs: BitcoinKeys,
	}
}

/// How BABE chooses authors: a quarter of the slots by lot, all others in turns that nobody else
/// can foresee, so that every slot has an author and blocks come evenly.
pub const BABE_GENESIS_EPOCH_CONFIG: BabeEpochConfiguration =
	BabeEpochConfiguration { c: (1, 4), allowed_slots: AllowedSlots::PrimaryAndSecondaryVRFSlots };

/// The most validators that the chain can have. The light client stores one attestation for each.
pub type MaxAuthorities = ConstU32<100>;

/// Nominators of one validator: those who bond for one do not matter to consensus. Only weights depend on it.
type MaxNominators = ConstU32<0>;

/// Milliseconds of a slot, from the genesis state.
pub struct SlotDuration;

impl Get<u64> for SlotDuration {
	fn get() -> u64 {
		timing::SlotDuration::<Runtime>::get()
	}
}

/// Slots of an epoch, from the genesis state.
pub struct EpochLength;

impl Get<u64> for EpochLength {
	fn get() -> u64 {
		timing::EpochLength::<Runtime>::get()
	}
}

/// For how many blocks an equivocation can be reported: as long as there are proofs of who held
/// the key.
pub struct ReportLongevity;

impl Get<u64> for ReportLongevity {
	fn get() -> u64 {
		u64::from(KEPT_SESSIONS).saturating_mul(EpochLength::get())
	}
}

/// For how many authority sets GRANDPA and BEEFY remember the session: a set lasts one session or
/// more.
type MaxSetIdSessionEntries = ConstU64<{ KEPT_SESSIONS as u64 }>;

impl pallet_babe::Config for Runtime {
	type EpochDuration = EpochLength;
	type ExpectedBlockTime = SlotDuration;
	type EpochChangeTrigger = pallet_babe::ExternalTrigger;
	type DisabledValidators = Session;
	type WeightInfo = ();
	type MaxAuthorities = MaxAuthorities;
	type MaxNominators = MaxNominators;
	type KeyOwnerProof = MembershipProof;
	type EquivocationReportSystem =
		pallet_babe::EquivocationReportSystem<Self, Offences, Historical, ReportLongevity>;
}

impl pallet_grandpa::Config for Runtime {
	type RuntimeEvent = RuntimeEvent;
	type WeightInfo = ();
	type MaxAuthorities = MaxAuthorities;
	type MaxNominators = MaxNominators;
	type MaxSetIdSessionEntries = MaxSetIdSessionEntries;
	type KeyOwnerProof = MembershipProof;
	type EquivocationReportSystem =
		pallet_grandpa::EquivocationReportSystem<Self, Offences, Historical, ReportLongevity>;
}

impl pallet_beefy::Config for Runtime {
	type BeefyId = BeefyId;
	type MaxAuthorities = MaxAuthorities;
	type MaxNominators = MaxNominators;
	type MaxSetIdSessionEntries = MaxSetIdSessionEntries;
	type OnNewValidatorSet = BeefyMmrLeaf;
	type AncestryHelper = BeefyMmrLeaf;
	type WeightInfo = ();
	type KeyOwnerProof = MembershipProof;
	type EquivocationReportSystem =
		pallet_beefy::EquivocationReportSystem<Self, Offences, Historical, ReportLongevity>;
}

impl pallet_mmr::Config for Runtime {
	const INDEXING_PREFIX: &'static [u8] = sp_mmr_primitives::INDEXING_PREFIX;
	// What EVM chains can verify cheaply.
	type Hashing = Keccak256;
	type LeafData = BeefyMmrLeaf;
	type OnNewRoot = pallet_beefy_mmr::DepositBeefyDigest<Runtime>;
	type BlockHashProvider = pallet_mmr::DefaultBlockHashProvider<Runtime>;
	type WeightInfo = ();
	#[cfg(feature = "runtime-benchmarks")]
	type BenchmarkHelper = MmrBenchmarks;
}

/// Puts a first root in the digest for the benchmarks of the MMR.
#[cfg(feature = "runtime-benchmarks")]
pub struct MmrBenchmarks;

#[cfg(feature = "runtime-benchmarks")]
impl pallet_mmr::BenchmarkHelper for MmrBenchmarks {
	fn setup() {}
}

parameter_types! {
	/// The version of the leaves. The major part rises when old readers could not decode a leaf,
	/// the minor part when something is added that they can pass over.
	pub LeafVersion: MmrLeafVersion = MmrLeafVersion::new(0, 0);
}

impl pallet_beefy_mmr::Config for Runtime {
	type LeafVersion = LeafVersion;
	type BeefyAuthorityToMerkleLeaf = pallet_beefy_mmr::BeefyEcdsaToEthereum;
	// Empty until there are messages to other chains; as bytes, so that what comes then does not
	// change the leaf's type.
	type LeafExtra = Vec<u8>;
	type BeefyDataProvider = ();
	type WeightInfo = ();
}

impl pallet_authorship::Config for Runtime {
	type FindAuthor = pallet_session::FindAccountFromAuthorIndex<Self, Babe>;
	type EventHandler = SequencerStaking;
}

parameter_types! {
	/// What is held back for the keys of a validator: the keys and, for each, its owner.
	pub const KeyDeposit: Balance = deposit(6, 400);
}

impl pallet_session::Config for Runtime {
	type RuntimeEvent = RuntimeEvent;
	type ValidatorId = AccountId;
	type ValidatorIdOf = ConvertInto;
	type ShouldEndSession = Babe;
	type NextSessionRotation = Babe;
	type SessionManager = historical::NoteHistoricalRoot<Self, ElectedValidators>;
	type SessionHandler = <SessionKeys as OpaqueKeys>::KeyTypeIdProviders;
	type Keys = SessionKeys;
	type DisablingStrategy = UpToLimitWithReEnablingDisablingStrategy;
	type WeightInfo = pallet_session::weights::SubstrateWeight<Runtime>;
	type Currency = Balances;
	type KeyDeposit = KeyDeposit;
}

impl historical::Config for Runtime {
	type RuntimeEvent = RuntimeEvent;
	type FullIdentification = ();
	type FullIdentificationOf = AccountIsEnough;
}

impl pallet_offences::Config for Runtime {
	type RuntimeEvent = RuntimeEvent;
	type IdentificationTuple = historical::IdentificationTuple<Self>;
	type OnOffenceHandler = Punishment;
}

impl pallet_authority_discovery::Config for Runtime {
	type MaxAuthorities = MaxAuthorities;
}
