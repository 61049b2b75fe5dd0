//! The state transition of the Entangled chain.
//!
//! | where | what |
//! |---|---|
//! | this file | the types of a block, the list of pallets |
//! | [`chain`] | what identifies the chain, its token and its units |
//! | [`configs`] | how each pallet is set up, and why so |
//! | [`apis`] | what a node can ask the runtime |
//! | [`genesis_config_presets`] | the genesis states of the built-in networks |
//! | [`timing`] | slot and epoch length, which belong to a network |
//! | [`btcs`] | the validator's Bitcoin key |
//! | [`sessions`] | who makes blocks in the next session, and what cheating costs |

#![cfg_attr(not(feature = "std"), no_std)]
// `construct_runtime!` and `impl_runtime_apis!` nest deeply.
#![recursion_limit = "512"]

#[cfg(feature = "std")]
include!(concat!(env!("OUT_DIR"), "/wasm_binary.rs"));

extern crate alloc;

#[cfg(feature = "runtime-benchmarks")]
#[macro_use]
mod benchmarks;

pub mod apis;
pub mod btcs;
pub mod chain;
pub mod configs;
pub mod genesis_config_presets;
pub mod sessions;
pub mod timing;

pub use apis::RuntimeApi;
pub use configs::consensus::SessionKeys;

use polkadot_sdk::*;

use alloc::{borrow::Cow, vec::Vec};
use sp_runtime::{
	generic,
	traits::{BlakeTwo256, IdentifyAccount, Verify},
	MultiAddress, MultiSignature,
};
use sp_version::RuntimeVersion;

/// A signature of an account: Sr25519, Ed25519 or ECDSA.
pub type Signature = MultiSignature;
/// An account: the hash of a public key or the key itself.
pub type AccountId = <<Signature as Verify>::Signer as IdentifyAccount>::AccountId;
/// An account as transactions name it.
pub type Address = MultiAddress<AccountId, ()>;
/// An amount of ENT (in units of 10⁻¹² ENT) or of an asset (eBTC: in satoshi).
pub type Balance = u128;
/// Which asset.
pub type AssetId = u32;
/// Height of a block.
pub type BlockNumber = u32;
/// How many transactions an account has sent.
pub type Nonce = u32;
/// A hash of the chain's own (Blake2).
pub type Hash = sp_core::H256;
/// A block's header, as every Substrate tool knows it.
pub type Header = generic::Header<BlockNumber, BlakeTwo256>;
/// A block.
pub type Block = generic::Block<Header, UncheckedExtrinsic>;
/// What surrounds the call in a signed transaction, in the order in which it is checked.
pub type TxExtension = (
	frame_system::AuthorizeCall<Runtime>,
	frame_system::CheckNonZeroSender<Runtime>,
	frame_system::CheckSpecVersion<Runtime>,
	frame_system::CheckTxVersion<Runtime>,
	frame_system::CheckGenesis<Runtime>,
	frame_system::CheckEra<Runtime>,
	frame_system::CheckNonce<Runtime>,
	frame_system::CheckWeight<Runtime>,
	pallet_asset_tx_payment::ChargeAssetTxPayment<Runtime>,
	frame_metadata_hash_extension::CheckMetadataHash<Runtime>,
	frame_system::WeightReclaim<Runtime>,
);
/// A transaction or an inherent.
pub type UncheckedExtrinsic =
	generic::UncheckedExtrinsic<Address, RuntimeCall, Signature, TxExtension>;
/// What a sender signs.
pub type SignedPayload = generic::SignedPayload<RuntimeCall, TxExtension>;
/// Runs blocks.
pub type Executive = frame_executive::Executive<
	Runtime,
	Block,
	frame_system::ChainContext<Runtime>,
	Runtime,
	AllPalletsWithSystem,
>;

/// The block as the node sees it: it moves transactions without knowing what is in them, so that a
/// runtime upgrade does not need a new node.
pub mod opaque {
	use super::*;
	pub use sp_runtime::OpaqueExtrinsic as UncheckedExtrinsic;

	/// A block's header.
	pub type Header = super::Header;
	/// A block whose transactions are bytes.
	pub type Block = generic::Block<Header, UncheckedExtrinsic>;
	/// A block by its height or hash.
	pub type BlockId = generic::BlockId<Block>;
}

/// The version of this runtime. `spec_version` rises with every change that goes to a network.
#[sp_version::runtime_version]
pub const VERSION: RuntimeVersion = RuntimeVersion {
	spec_name: Cow::Borrowed("entangled"),
	impl_name: Cow::Borrowed("entangled"),
	authoring_version: 1,
	spec_version: 1,
	impl_version: 1,
	apis: apis::RUNTIME_API_VERSIONS,
	transaction_version: 1,
	system_version: 1,
};

/// The version of the native code, for the node.
#[cfg(feature = "std")]
pub fn native_version() -> sp_version::NativeVersion {
	sp_version::NativeVersion { runtime_version: VERSION, can_author_with: Default::default() }
}

/// The list of pallets.
///
/// An index is part of every encoded call, event and error, so it never changes once it is used.
/// The hooks and the genesis run in the order of the indices, and some pallets need that order:
/// Balances before Session (a validator's account exists before it gets keys), Timestamp before
/// BtcLightClient (its inherent reads the time), Babe before Session (it says when a session ends),
/// Session before Authorship (the block that begins a session is made by a validator of that session),
/// before Beefy, Mmr and BeefyMmrLeaf (a leaf names the next validators) and before Peg (the first
/// committee is of the genesis validators), BtcLightClient before Peg and SequencerStaking (they act on
/// the clock of this block). The gaps are for what comes later in each group.
#[frame_support::runtime]
mod runtime {
	use super::*;

	#[runtime::runtime]
	#[runtime::derive(
		RuntimeCall,
		RuntimeEvent,
		RuntimeError,
		RuntimeOrigin,
		RuntimeFreezeReason,
		RuntimeHoldReason,
		RuntimeSlashReason,
		RuntimeLockId,
		RuntimeTask,
		RuntimeViewFunction
	)]
	pub struct Runtime;

	// The ground.
	#[runtime::pallet_index(0)]
	pub type System = frame_system::Pallet<Runtime>;
	#[runtime::pallet_index(1)]
	pub type Timing = crate::timing::Pallet<Runtime>;
	#[runtime::pallet_index(2)]
	pub type Timestamp = pallet_timestamp::Pallet<Runtime>;
	#[runtime::pallet_index(3)]
	pub type Parameters = pallet_parameters::Pallet<Runtime>;
	#[runtime::pallet_index(4)]
	pub type Migrations = pallet_migrations::Pallet<Runtime>;

	// Tokens and fees.
	#[runtime::pallet_index(10)]
	pub type Balances = pallet_balances::Pallet<Runtime>;
	#[runtime::pallet_index(11)]
	pub type Assets = pallet_assets::Pallet<Runtime>;
	#[runtime::pallet_index(12)]
	pub type TransactionPayment = pallet_transaction_payment::Pallet<Runtime>;
	#[runtime::pallet_index(13)]
	pub type AssetTxPayment = pallet_asset_tx_payment::Pallet<Runtime>;

	// Consensus.
	#[runtime::pallet_index(20)]
	pub type Babe = pallet_babe::Pallet<Runtime>;
	#[runtime::pallet_index(22)]
	pub type Offences = pallet_offences::Pallet<Runtime>;
	#[runtime::pallet_index(23)]
	pub type Historical = pallet_session::historical::Pallet<Runtime>;
	#[runtime::pallet_index(24)]
	pub type Session = pallet_session::Pallet<Runtime>;
	#[runtime::pallet_index(25)]
	pub type Grandpa = pallet_grandpa::Pallet<Runtime>;
	#[runtime::pallet_index(26)]
	pub type AuthorityDiscovery = pallet_authority_discovery::Pallet<Runtime>;
	#[runtime::pallet_index(27)]
	pub type Beefy = pallet_beefy::Pallet<Runtime>;
	#[runtime::pallet_index(28)]
	pub type Mmr = pallet_mmr::Pallet<Runtime>;
	#[runtime::pallet_index(29)]
	pub type BeefyMmrLeaf = pallet_beefy_mmr::Pallet<Runtime>;
	#[runtime::pallet_index(30)]
	pub type Authorship = pallet_authorship::Pallet<Runtime>;

	// Bitcoin.
	#[runtime::pallet_index(40)]
	pub type BtcLightClient = pallet_btc_light_client::Pallet<Runtime>;
	#[runtime::pallet_index(41)]
	pub type Peg = pallet_peg::Pallet<Runtime>;
	#[runtime::pallet_index(42)]
	pub type SequencerStaking = pallet_sequencer_staking::Pallet<Runtime>;

	// What accounts do with calls.
	#[runtime::pallet_index(60)]
	pub type Utility = pallet_utility::Pallet<Runtime>;
	#[runtime::pallet_index(61)]
	pub type Multisig = pallet_multisig::Pallet<Runtime>;
	#[runtime::pallet_index(62)]
	pub type Proxy = pallet_proxy::Pallet<Runtime>;
	#[runtime::pallet_index(63)]
	pub type Preimage = pallet_preimage::Pallet<Runtime>;
	#[runtime::pallet_index(64)]
	pub type Scheduler = pallet_scheduler::Pallet<Runtime>;

	// Without a key, and so without effect, on every chain but the development ones.
	#[runtime::pallet_index(255)]
	pub type Sudo = pallet_sudo::Pallet<Runtime>;
}
