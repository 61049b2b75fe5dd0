//! What root decides, and what accounts do with calls: batches, shared accounts, proxies, calls at
//! a later time.

use super::system::RuntimeBlockWeights;
use crate::{
	chain::{deposit, MILLI_ENT},
	AccountId, Balance, Balances, OriginCaller, Preimage, Runtime, RuntimeCall, RuntimeEvent,
	RuntimeHoldReason, RuntimeOrigin, System,
};
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use polkadot_sdk::*;

use frame_support::{
	dynamic_params::{dynamic_pallet_params, dynamic_params},
	parameter_types,
	traits::{
		fungible::HoldConsideration, AsEnsureOriginWithArg, ConstU32, EqualPrivilegeOnly,
		InstanceFilter, LinearStoragePrice,
	},
	weights::Weight,
};
use frame_system::EnsureRoot;
use sp_runtime::{traits::BlakeTwo256, Perbill};

/// The parameters that root changes without a new runtime.
#[dynamic_params(RuntimeParameters, pallet_parameters::Parameters::<Runtime>)]
pub mod dynamic_params {
	use super::*;

	/// Parameters of fees.
	#[dynamic_pallet_params]
	#[codec(index = 0)]
	pub mod fees {
		/// What one satoshi is worth when a fee is paid in eBTC, in units of 10⁻¹² ENT: at first
		/// 0.001 ENT. At 0 fees are paid in ENT only.
		#[codec(index = 0)]
		pub static SatoshiPrice: Balance = MILLI_ENT;
	}
}

#[cfg(feature = "runtime-benchmarks")]
impl Default for RuntimeParameters {
	fn default() -> Self {
		RuntimeParameters::Fees(dynamic_params::fees::Parameters::SatoshiPrice(
			dynamic_params::fees::SatoshiPrice,
			Some(MILLI_ENT),
		))
	}
}

parameter_types! {
	/// What is held back for a call of several signers that waits for signatures.
	pub const MultisigDepositBase: Balance = deposit(1, 88);
	/// What is held back for each of the signers.
	pub const MultisigDepositFactor: Balance = deposit(0, 32);
	/// What is held back for an account's list of proxies.
	pub const ProxyDepositBase: Balance = deposit(1, 8);
	/// What is held back for each proxy.
	pub const ProxyDepositFactor: Balance = deposit(0, 33);
	/// What is held back for a list of announced calls.
	pub const AnnouncementDepositBase: Balance = deposit(1, 8);
	/// What is held back for each announced call.
	pub const AnnouncementDepositFactor: Balance = deposit(0, 66);
	/// What is held back for a preimage.
	pub const PreimageBaseDeposit: Balance = deposit(2, 64);
	/// What is held back for each of its bytes.
	pub const PreimageByteDeposit: Balance = deposit(0, 1);
	/// Why it is held.
	pub const PreimageHoldReason: RuntimeHoldReason =
		RuntimeHoldReason::Preimage(pallet_preimage::HoldReason::Preimage);
	/// What scheduled calls may use of a block. The rest stays for transactions.
	pub SchedulerWeight: Weight = Perbill::from_percent(80) * RuntimeBlockWeights::get().max_block;
}

impl pallet_parameters::Config for Runtime {
	type RuntimeEvent = RuntimeEvent;
	type RuntimeParameters = RuntimeParameters;
	type AdminOrigin = AsEnsureOriginWithArg<EnsureRoot<AccountId>>;
	type WeightInfo = ();
}

impl pallet_utility::Config for Runtime {
	type RuntimeEvent = RuntimeEvent;
	type RuntimeCall = RuntimeCall;
	type PalletsOrigin = OriginCaller;
	type WeightInfo = pallet_utility::weights::SubstrateWeight<Runtime>;
}

impl pallet_multisig::Config for Runtime {
	type RuntimeEvent = RuntimeEvent;
	type RuntimeCall = RuntimeCall;
	type Currency = Balances;
	type DepositBase = MultisigDepositBase;
	type DepositFactor = MultisigDepositFactor;
	type MaxSignatories = ConstU32<100>;
	type WeightInfo = pallet_multisig::weights::SubstrateWeight<Runtime>;
	type BlockNumberProvider = System;
}

/// What a proxy may do in the name of another account.
#[derive(
	Clone,
	Copy,
	Debug,
	Default,
	PartialEq,
	Eq,
	PartialOrd,
	Ord,
	Encode,
	Decode,
	DecodeWithMemTracking,
	MaxEncodedLen,
	scale_info::TypeInfo,
)]
pub enum ProxyType {
	/// Everything.
	#[default]
	Any,
	/// Everything that cannot move ENT or eBTC out of the account.
	NonTransfer,
	/// Manage the validator's session keys.
	SessionKeys,
	/// Refuse calls that other proxies have announced.
	CancelProxy,
}

impl InstanceFilter<RuntimeCall> for ProxyType {
	fn filter(&self, call: &RuntimeCall) -> bool {
		match self {
			ProxyType::Any => true,
			// What is allowed is listed, so that a new pallet is closed until somebody has thought
			// about it. Calls within these calls are filtered again.
			ProxyType::NonTransfer => matches!(
				call,
				RuntimeCall::System(_)
					| RuntimeCall::Session(_)
					| RuntimeCall::Babe(_)
					| RuntimeCall::Grandpa(_)
					| RuntimeCall::Beefy(_)
					| RuntimeCall::BtcLightClient(_)
					| RuntimeCall::Peg(
						pallet_peg::Call::claim { .. }
							| pallet_peg::Call::settle { .. }
							| pallet_peg::Call::front { .. }
							| pallet_peg::Call::sign { .. }
							| pallet_peg::Call::prove_life { .. }
							| pallet_peg::Call::cancel { .. }
							| pallet_peg::Call::expire { .. }
							| pallet_peg::Call::release { .. }
					) | RuntimeCall::SequencerStaking(_)
					| RuntimeCall::Utility(_)
					| RuntimeCall::Multisig(_)
					| RuntimeCall::Proxy(_)
					| RuntimeCall::Preimage(_)
			),
			ProxyType::SessionKeys => {
				matches!(call, RuntimeCall::Session(_) | RuntimeCall::Utility(_))
			},
			ProxyType::CancelProxy => matches!(
				call,
				RuntimeCall::Proxy(pallet_proxy::Call::reject_announcement { .. })
					| RuntimeCall::Utility(_)
					| RuntimeCall::Multisig(_)
			),
		}
	}

	fn is_superset(&self, other: &Self) -> bool {
		match (self, other) {
			(a, b) if a == b => true,
			(ProxyType::Any, _) => true,
			(_, ProxyType::Any) => false,
			(ProxyType::NonTransfer, _) => true,
			_ => false,
		}
	}
}

impl pallet_proxy::Config for Runtime {
	type RuntimeEvent = RuntimeEvent;
	type RuntimeCall = RuntimeCall;
	type Currency = Balances;
	type ProxyType = ProxyType;
	type ProxyDepositBase = ProxyDepositBase;
	type ProxyDepositFactor = ProxyDepositFactor;
	type MaxProxies = ConstU32<32>;
	type WeightInfo = pallet_proxy::weights::SubstrateWeight<Runtime>;
	type MaxPending = ConstU32<32>;
	type CallHasher = BlakeTwo256;
	type AnnouncementDepositBase = AnnouncementDepositBase;
	type AnnouncementDepositFactor = AnnouncementDepositFactor;
	type BlockNumberProvider = System;
}

impl pallet_preimage::Config for Runtime {
	type RuntimeEvent = RuntimeEvent;
	type WeightInfo = pallet_preimage::weights::SubstrateWeight<Runtime>;
	type Currency = Balances;
	type ManagerOrigin = EnsureRoot<AccountId>;
	type Consideration = HoldConsideration<
		AccountId,
		Balances,
		PreimageHoldReason,
		LinearStoragePrice<PreimageBaseDeposit, PreimageByteDeposit, Balance>,
	>;
}

impl pallet_scheduler::Config for Runtime {
	type RuntimeEvent = RuntimeEvent;
	type RuntimeOrigin = RuntimeOrigin;
	type PalletsOrigin = OriginCaller;
	type RuntimeCall = RuntimeCall;
	type MaximumWeight = SchedulerWeight;
	type ScheduleOrigin = EnsureRoot<AccountId>;
	type OriginPrivilegeCmp = EqualPrivilegeOnly;
	// The benchmark fills a whole agenda.
	#[cfg(feature = "runtime-benchmarks")]
	type MaxScheduledPerBlock = ConstU32<512>;
	#[cfg(not(feature = "runtime-benchmarks"))]
	type MaxScheduledPerBlock = ConstU32<50>;
	type WeightInfo = pallet_scheduler::weights::SubstrateWeight<Runtime>;
	type Preimages = Preimage;
	type BlockNumberProvider = System;
}

impl pallet_sudo::Config for Runtime {
	type RuntimeEvent = RuntimeEvent;
	type RuntimeCall = RuntimeCall;
	type WeightInfo = pallet_sudo::weights::SubstrateWeight<Runtime>;
}
