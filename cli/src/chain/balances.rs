//! What accounts hold.

use super::{prefixed_hex, Chain};
use anyhow::Context;
use codec::Encode;
use entangled_runtime::{
	chain::{EBTC, EXISTENTIAL_DEPOSIT},
	AccountId, Balance, Nonce, Runtime, UncheckedExtrinsic,
};
use polkadot_sdk::{frame_system, pallet_assets, pallet_balances};
use serde::Deserialize;

type AccountInfo = frame_system::AccountInfo<Nonce, pallet_balances::AccountData<Balance>>;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct DispatchInfo {
	partial_fee: String,
}

impl Chain {
	/// ENT that an account can spend, in units of 10⁻¹² ENT.
	pub async fn ent(&self, who: &AccountId) -> anyhow::Result<Balance> {
		let key = frame_system::Account::<Runtime>::hashed_key_for(who);
		let info: Option<AccountInfo> = self.storage(&key, None).await?;
		Ok(info.map_or(0, |info| info.data.free.saturating_sub(info.data.frozen)))
	}

	/// eBTC that an account holds, in satoshi.
	pub async fn ebtc(&self, who: &AccountId) -> anyhow::Result<u64> {
		let key = pallet_assets::Account::<Runtime>::hashed_key_for(EBTC, who);
		// The entry begins with the balance; the rest says how the account came about.
		let balance: Option<Balance> = self.storage(&key, None).await?;
		u64::try_from(balance.unwrap_or(0)).context("the chain's state holds too much eBTC")
	}

	/// How many transactions an account has sent, those that wait included.
	pub async fn next_nonce(&self, who: &AccountId) -> anyhow::Result<Nonce> {
		Ok(self.ask("system_accountNextIndex", (who,)).await?)
	}

	/// What a transaction costs, in units of 10⁻¹² ENT.
	pub async fn fee(&self, extrinsic: &UncheckedExtrinsic) -> anyhow::Result<Balance> {
		let extrinsic = prefixed_hex(&extrinsic.encode());
		let info: DispatchInfo = self.ask("payment_queryInfo", (extrinsic,)).await?;
		info.partial_fee.parse().context("the node's fee is not a number")
	}

	/// Whether an account can pay this much in ENT and still exists afterwards.
	pub async fn can_pay_in_ent(&self, who: &AccountId, fee: Balance) -> anyhow::Result<bool> {
		Ok(self.ent(who).await? >= fee.saturating_add(EXISTENTIAL_DEPOSIT))
	}
}
