//! ENT, eBTC, and fees in either.
//!
//! On a chain that is not busy a transaction costs 10 ENT per second of computation and 10 µENT per
//! byte, so a transfer costs about 0.006 ENT. While blocks are more than a quarter full the price
//! of computation rises, slowly, and it never falls below the one named. It all goes to the
//! account from which validators and those who bonded for them are paid.

use super::governance::dynamic_params;
use crate::{
	chain::{deposit, EBTC, EXISTENTIAL_DEPOSIT, MICRO_ENT},
	AccountId, AssetId, Assets, Balance, Balances, Runtime, RuntimeEvent, RuntimeFreezeReason,
	RuntimeHoldReason, SequencerStaking, System,
};
use polkadot_sdk::*;

use frame_support::{
	parameter_types,
	traits::{
		fungible::{self, Balanced as _},
		fungibles::{self, Balanced as _},
		tokens::ConversionToAssetBalance,
		AsEnsureOriginWithArg, ConstU128, ConstU32, ConstU8, Get, NeverEnsureOrigin, OnUnbalanced,
		VariantCountOf,
	},
	weights::ConstantMultiplier,
	PalletId,
};
use frame_system::EnsureRoot;
use pallet_asset_tx_payment::{FungiblesAdapter, HandleCredit};
use pallet_transaction_payment::{FungibleAdapter, Multiplier, TargetedFeeAdjustment};
use sp_runtime::{
	traits::{AccountIdConversion, Bounded, One},
	FixedPointNumber, Perquintill,
};

/// The price of a picosecond of computation: 10 ENT per second. The fixed part of every
/// transaction, about 108 µs, then costs 0.001 ENT.
pub const FEE_PER_PICOSECOND: Balance = 10;

/// The price of a byte of transaction. To fill the blocks of an hour costs over 20,000 ENT.
pub const FEE_PER_BYTE: Balance = 10 * MICRO_ENT;

parameter_types! {
	/// What the peg's account is derived from.
	pub const PegPalletId: PalletId = PalletId(*b"ent/pegs");
	/// What the account is derived from that rewards are paid from.
	pub const StakingPalletId: PalletId = PalletId(*b"ent/stak");
	/// What the treasury's account is derived from.
	pub const TreasuryPalletId: PalletId = PalletId(*b"ent/trsy");
	/// See [`EXISTENTIAL_DEPOSIT`].
	pub const ExistentialDeposit: Balance = EXISTENTIAL_DEPOSIT;
	/// How full blocks are when the fee multiplier stands still.
	pub const TargetBlockFullness: Perquintill = Perquintill::from_percent(25);
	/// How fast the multiplier moves: at six seconds a block, a day of full blocks more than
	/// doubles it.
	pub AdjustmentVariable: Multiplier = Multiplier::saturating_from_rational(75, 1_000_000);
	/// Where the multiplier starts, and below which it never falls: the price of a busy chain comes
	/// on top of the one above, and an idle chain is not given away to whoever wants to fill it.
	pub MinimumMultiplier: Multiplier = Multiplier::one();
	/// No limit: at the pace above, who pays for the rise runs out of ENT long before.
	pub MaximumMultiplier: Multiplier = Bounded::max_value();
	/// What is held back for an account to keep an asset that does not pay for itself.
	pub const AssetAccountDeposit: Balance = deposit(1, 32);
	/// What is held back to let another account spend an asset.
	pub const ApprovalDeposit: Balance = deposit(1, 96);
	/// What is held back for the name of an asset.
	pub const MetadataDepositBase: Balance = deposit(1, 68);
	/// What is held back for each letter of it.
	pub const MetadataDepositPerByte: Balance = deposit(0, 1);
	/// What would be held back for an asset that the public creates. It creates none.
	pub const AssetDeposit: Balance = deposit(1, 190);
}

/// The account that owns eBTC and issues it, and holds what is locked for withdrawals. It belongs to
/// the peg: no key exists for it.
pub fn ebtc_issuer() -> AccountId {
	PegPalletId::get().into_account_truncating()
}

impl pallet_balances::Config for Runtime {
	type RuntimeEvent = RuntimeEvent;
	type RuntimeHoldReason = RuntimeHoldReason;
	type RuntimeFreezeReason = RuntimeFreezeReason;
	type WeightInfo = pallet_balances::weights::SubstrateWeight<Runtime>;
	type Balance = Balance;
	type DustRemoval = ();
	type ExistentialDeposit = ExistentialDeposit;
	type AccountStore = System;
	type ReserveIdentifier = [u8; 8];
	type FreezeIdentifier = RuntimeFreezeReason;
	type MaxLocks = ConstU32<50>;
	type MaxReserves = ConstU32<50>;
	type MaxFreezes = VariantCountOf<RuntimeFreezeReason>;
	type DoneSlashHandler = ();
}

impl pallet_assets::Config for Runtime {
	type RuntimeEvent = RuntimeEvent;
	type Balance = Balance;
	type RemoveItemsLimit = ConstU32<1000>;
	type AssetId = AssetId;
	type AssetIdParameter = codec::Compact<AssetId>;
	type ReserveData = ();
	type Currency = Balances;
	// The pallet is here for eBTC and what governance adds, not as a market of tokens: nobody
	// creates an asset but root, by `force_create`.
	type CreateOrigin = AsEnsureOriginWithArg<NeverEnsureOrigin<AccountId>>;
	type ForceOrigin = EnsureRoot<AccountId>;
	type AssetDeposit = AssetDeposit;
	type AssetAccountDeposit = AssetAccountDeposit;
	type MetadataDepositBase = MetadataDepositBase;
	type MetadataDepositPerByte = MetadataDepositPerByte;
	type ApprovalDeposit = ApprovalDeposit;
	type StringLimit = ConstU32<50>;
	type Freezer = ();
	type Holder = ();
	type Extra = ();
	type CallbackHandle = ();
	type WeightInfo = pallet_assets::weights::SubstrateWeight<Runtime>;
	#[cfg(feature = "runtime-benchmarks")]
	type BenchmarkHelper = ();
}

impl pallet_transaction_payment::Config for Runtime {
	type RuntimeEvent = RuntimeEvent;
	type OnChargeTransaction = FungibleAdapter<Balances, ToRewards>;
	type WeightToFee = ConstantMultiplier<Balance, ConstU128<FEE_PER_PICOSECOND>>;
	type LengthToFee = ConstantMultiplier<Balance, ConstU128<FEE_PER_BYTE>>;
	type FeeMultiplierUpdate = TargetedFeeAdjustment<
		Self,
		TargetBlockFullness,
		AdjustmentVariable,
		MinimumMultiplier,
		MaximumMultiplier,
	>;
	type OperationalFeeMultiplier = ConstU8<5>;
	type WeightInfo = pallet_transaction_payment::weights::SubstrateWeight<Runtime>;
}

impl pallet_asset_tx_payment::Config for Runtime {
	type RuntimeEvent = RuntimeEvent;
	type Fungibles = Assets;
	type OnChargeAssetTransaction = FungiblesAdapter<SatoshiForFee, ToRewards>;
	type WeightInfo = pallet_asset_tx_payment::weights::SubstrateWeight<Runtime>;
	#[cfg(feature = "runtime-benchmarks")]
	type BenchmarkHelper = FeeBenchmarks;
}

/// Puts a fee where rewards are paid from: at the end of the session it is shared. What that account
/// cannot take, because it would stay below the existential deposit, is burnt.
pub struct ToRewards;

impl OnUnbalanced<fungible::Credit<AccountId, Balances>> for ToRewards {
	fn on_nonzero_unbalanced(fee: fungible::Credit<AccountId, Balances>) {
		let _ = Balances::resolve(&SequencerStaking::pot(), fee);
	}
}

impl HandleCredit<AccountId, Assets> for ToRewards {
	fn handle_credit(fee: fungibles::Credit<AccountId, Assets>) {
		let _ = Assets::resolve(&SequencerStaking::pot(), fee);
	}
}

/// What a fee in ENT costs in eBTC: at the price of a satoshi that governance sets, rounded up to
/// whole satoshi. No other asset pays fees.
pub struct SatoshiForFee;

/// The asset does not pay fees.
#[derive(Debug, PartialEq, Eq)]
pub struct NotAccepted;

impl ConversionToAssetBalance<Balance, AssetId, Balance> for SatoshiForFee {
	type Error = NotAccepted;

	fn to_asset_balance(fee: Balance, asset: AssetId) -> Result<Balance, NotAccepted> {
		let price = dynamic_params::fees::SatoshiPrice::get();
		if asset != EBTC || price == 0 {
			return Err(NotAccepted);
		}
		Ok(fee.div_ceil(price))
	}
}

/// Makes an account that can pay in eBTC.
#[cfg(feature = "runtime-benchmarks")]
pub struct FeeBenchmarks;

#[cfg(feature = "runtime-benchmarks")]
impl pallet_asset_tx_payment::BenchmarkHelperTrait<AccountId, AssetId, AssetId> for FeeBenchmarks {
	fn create_asset_id_parameter(_id: u32) -> (AssetId, AssetId) {
		(EBTC, EBTC)
	}

	fn setup_balances_and_pool(asset: AssetId, account: AccountId) {
		use frame_support::traits::{fungible::Mutate as _, fungibles::Mutate as _};

		let _ = Assets::force_create(
			crate::RuntimeOrigin::root(),
			asset.into(),
			sp_runtime::MultiAddress::Id(ebtc_issuer()),
			true,
			1,
		);
		let _ = Balances::mint_into(&account, 1_000_000 * crate::chain::ENT);
		let _ = Assets::mint_into(asset, &account, 1_000_000_000);
	}
}
