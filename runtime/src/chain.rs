//! What identifies the chain, its token and its units.

use crate::{AssetId, Balance};

/// Symbol of the chain's own token. The same in `build.rs`.
pub const TOKEN_SYMBOL: &str = "ENT";

/// Decimals of the chain's own token. The same in `build.rs`.
pub const TOKEN_DECIMALS: u8 = 12;

/// One whole ENT.
pub const ENT: Balance = 1_000_000_000_000;
/// A thousandth of an ENT.
pub const MILLI_ENT: Balance = ENT / 1_000;
/// A millionth of an ENT.
pub const MICRO_ENT: Balance = MILLI_ENT / 1_000;

/// The least that an account holds in ENT. It pays for the account's place in the state, and is
/// small enough that nobody minds to leave it behind.
pub const EXISTENTIAL_DEPOSIT: Balance = MILLI_ENT;

/// The prefix of the chain's SS58 addresses: free in the registry, and the text of every address
/// then begins with `en`.
pub const SS58_PREFIX: u16 = 3927;

/// Bitcoin held by the network, as an asset: one unit is one satoshi.
pub const EBTC: AssetId = 0;
/// Decimals of eBTC, those of Bitcoin.
pub const EBTC_DECIMALS: u8 = 8;
/// Symbol of eBTC.
pub const EBTC_SYMBOL: &str = "eBTC";
/// Name of eBTC.
pub const EBTC_NAME: &str = "Entangled Bitcoin";

/// What is held back for `items` entries in the state with `bytes` bytes in all, so that whoever
/// fills the state has reason to clean up.
pub const fn deposit(items: u32, bytes: u32) -> Balance {
	items as Balance * 100 * MILLI_ENT + bytes as Balance * MILLI_ENT
}

/// The properties that a chain specification carries for wallets and explorers.
#[cfg(feature = "std")]
pub fn properties() -> serde_json::Map<String, serde_json::Value> {
	let mut properties = serde_json::Map::new();
	properties.insert("tokenSymbol".into(), TOKEN_SYMBOL.into());
	properties.insert("tokenDecimals".into(), TOKEN_DECIMALS.into());
	properties.insert("ss58Format".into(), SS58_PREFIX.into());
	properties
}
