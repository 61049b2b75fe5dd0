//! What people write on the command line.

use entangled_bitcoin::{
	AddressError, Destination, FeeRate, Native, Network, PayoutScript, Sats, XOnlyKey,
};
use entangled_runtime::{chain::SS58_PREFIX, AccountId, Balance};
use polkadot_sdk::sp_core::crypto::{Ss58AddressFormat, Ss58Codec};

/// The prefix of addresses that belong to no network in particular.
const GENERIC_PREFIX: u16 = 42;

/// An account: an SS58 address, or its 32 bytes as `0x` and hexadecimal digits.
pub fn account(text: &str) -> Result<AccountId, String> {
	if let Some(digits) = text.strip_prefix("0x") {
		return Ok(AccountId::from(bytes32(digits)?));
	}
	let (account, format) = AccountId::from_ss58check_with_version(text).map_err(|_| {
		"this is not an account; write its SS58 address, or 0x and 64 hexadecimal digits"
	})?;
	let ours = [SS58_PREFIX, GENERIC_PREFIX].map(Ss58AddressFormat::custom);
	if ours.contains(&format) {
		Ok(account)
	} else {
		Err(format!(
			"this is the address of an account on another network (prefix {}); it would be {} here, \
			 if it is yours",
			u16::from(format),
			ss58(&account)
		))
	}
}

/// An account's address on this chain.
pub fn ss58(account: &AccountId) -> String {
	account.to_ss58check_with_version(Ss58AddressFormat::custom(SS58_PREFIX))
}

/// Where a deposit goes: an account, `rollup:ID:HEX` or `reserve`.
pub fn destination(text: &str) -> Result<Destination, String> {
	if text == "reserve" {
		return Ok(Destination::Reserve);
	}
	if let Some(rest) = text.strip_prefix("rollup:") {
		let (id, recipient) =
			rest.split_once(':').ok_or("write it as rollup:ID:RECIPIENT, as rollup:7:0x12…")?;
		let rollup = id.parse().map_err(|_| format!("{id:?} is not the number of a rollup"))?;
		let digits = recipient.strip_prefix("0x").unwrap_or(recipient);
		return Ok(Destination::Rollup { rollup, recipient: bytes32(digits)? });
	}
	account(text).map(|account| Destination::Account(account.into()))
}

/// Where a deposit goes that can be taken back: not to the reserve.
pub fn owned_destination(text: &str) -> Result<Destination, String> {
	match destination(text)? {
		Destination::Reserve => {
			Err("what goes to the reserve is paid to the fixed address: entangled deposit fixed"
				.into())
		},
		destination => Ok(destination),
	}
}

/// The same for people.
pub fn show_destination(destination: &Destination) -> String {
	match destination {
		Destination::Account(account) => ss58(&AccountId::from(*account)),
		Destination::Rollup { rollup, recipient } => {
			format!("rollup {rollup}, recipient 0x{}", hex::encode(recipient))
		},
		Destination::Reserve => "custody's reserve".into(),
	}
}

/// The same, of a destination as a node writes it: accounts by their address.
pub fn show_destination_json(destination: &serde_json::Value) -> String {
	if let Some(account) = destination.get("account").and_then(serde_json::Value::as_str) {
		return account.into();
	}
	match serde_json::from_value::<Destination>(destination.clone()) {
		Ok(destination) => show_destination(&destination),
		Err(_) => destination.to_string(),
	}
}

/// A public key.
pub fn public_key(text: &str) -> Result<XOnlyKey, String> {
	let key: XOnlyKey = text.parse().map_err(|_| {
		"a key is the x-coordinate of a public key, 64 hexadecimal digits (BIP 340); the option that \
		 begins with --new makes one"
	})?;
	if key.is_on_curve::<Native>() {
		Ok(key)
	} else {
		Err("no key has this x-coordinate; nobody could ever sign for it".into())
	}
}

/// An amount in satoshi.
pub fn sats(text: &str) -> Result<Sats, String> {
	let amount = text
		.parse()
		.map(Sats)
		.map_err(|_| "an amount is a whole number of satoshi: 0.001 BTC is 100000".to_string())?;
	if amount > Sats::MAX_MONEY {
		return Err("there will never be so much bitcoin".into());
	}
	Ok(amount)
}

/// A fee rate in satoshi per virtual byte, with up to three decimals.
pub fn fee_rate(text: &str) -> Result<FeeRate, String> {
	const WRONG: &str = "a fee rate is satoshi per virtual byte, as 12 or 2.5";
	let rate = decimal(text, 3).ok_or(WRONG)?;
	match u64::try_from(rate).map(FeeRate) {
		Ok(rate) if rate <= FeeRate::MAX && rate >= FeeRate(100) => Ok(rate),
		Ok(rate) if rate < FeeRate(100) => {
			Err("no node relays a transaction that pays less than 0.1 sat/vB".into())
		},
		_ => Err("more than 1000 sat/vB was never needed; is it a mistake?".into()),
	}
}

/// An amount of ENT, with up to twelve decimals, in its smallest unit.
pub fn ent(text: &str) -> Result<Balance, String> {
	decimal(text, 12).ok_or_else(|| "an amount of ENT is a number, as 1000 or 0.5".into())
}

/// A part of a whole in percent, with up to four decimals, as parts per million.
pub fn percent(text: &str) -> Result<u32, String> {
	decimal(text, 4)
		.and_then(|part| u32::try_from(part).ok())
		.filter(|part| *part <= 1_000_000)
		.ok_or_else(|| "a part is a number of percent from 0 to 100, as 5 or 2.5".into())
}

/// A number in units of its last decimal. `None` when it is no such number, has more decimals, or
/// does not fit.
fn decimal(text: &str, places: usize) -> Option<u128> {
	let (whole, part) = text.split_once('.').unwrap_or((text, "0"));
	let digits = |text: &str| !text.is_empty() && text.bytes().all(|digit| digit.is_ascii_digit());
	if !digits(whole) || !digits(part) || part.len() > places {
		return None;
	}
	format!("{whole}{part:0<places$}").parse().ok()
}

/// An address is none, or nobody should pay to it.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("{to} is not an address to be paid on this network ({reason})")]
pub struct BadAddress {
	/// The address.
	pub to: String,
	/// What is wrong with it.
	pub reason: &'static str,
}

/// The script of an address on a network, if somebody can spend from it.
pub fn payout(to: &str, network: Network) -> Result<PayoutScript, BadAddress> {
	let refused = |reason| BadAddress { to: to.into(), reason };
	let payout = PayoutScript::from_address(to, network).map_err(|error| {
		refused(match error {
			AddressError::Malformed => "it is no address, or a letter of it is wrong",
			AddressError::WrongNetwork => "it is of another network",
			AddressError::Unsupported => "its type is not supported",
		})
	})?;
	if payout.is_spendable::<Native>() {
		Ok(payout)
	} else {
		Err(refused("nobody could ever spend from it"))
	}
}

/// Accounts in files and results, by their address on this chain.
pub mod ss58_text {
	use super::*;
	use serde::{de, Deserialize, Deserializer, Serializer};

	/// Writes it.
	pub fn serialize<S: Serializer>(who: &AccountId, serializer: S) -> Result<S::Ok, S::Error> {
		serializer.serialize_str(&ss58(who))
	}

	/// Reads it.
	pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<AccountId, D::Error> {
		account(&String::deserialize(deserializer)?).map_err(de::Error::custom)
	}
}

/// 32 bytes as hexadecimal digits.
fn bytes32(digits: &str) -> Result<[u8; 32], String> {
	let mut bytes = [0; 32];
	hex::decode_to_slice(digits, &mut bytes)
		.map_err(|_| format!("{digits:?} is not 64 hexadecimal digits"))?;
	Ok(bytes)
}

#[cfg(test)]
mod tests {
	use super::*;
	use polkadot_sdk::sp_core::{sr25519, Pair};

	fn alice() -> AccountId {
		let pair = sr25519::Pair::from_string("//Alice", None).unwrap();
		pair.public().into()
	}

	#[test]
	fn accounts() {
		let ours = ss58(&alice());
		assert!(ours.starts_with("en"), "{ours}");
		assert_eq!(account(&ours), Ok(alice()));
		assert_eq!(account("5GrwvaEF5zXb26Fz9rcQpDWS57CtERHpNehXCPcNoHGKutQY"), Ok(alice()));
		assert_eq!(account(&format!("0x{}", hex::encode(alice()))), Ok(alice()));
		let polkadot = alice().to_ss58check_with_version(Ss58AddressFormat::custom(0));
		assert!(account(&polkadot).unwrap_err().contains(&ours));
		for wrong in ["", "0x", "0x12", &ours[1..], "bc1qar0srrr7xfkvy5l643lydnw9re59gtzzwf5mdq"] {
			assert!(account(wrong).is_err(), "{wrong}");
		}
	}

	#[test]
	fn destinations() {
		let recipient = [0xab; 32];
		let text = format!("rollup:7:{}", hex::encode(recipient));
		assert_eq!(destination(&text), Ok(Destination::Rollup { rollup: 7, recipient }));
		let text = format!("rollup:7:0x{}", hex::encode(recipient));
		assert_eq!(destination(&text), Ok(Destination::Rollup { rollup: 7, recipient }));
		assert_eq!(destination("reserve"), Ok(Destination::Reserve));
		assert_eq!(destination(&ss58(&alice())), Ok(Destination::Account(alice().into())));
		for wrong in ["rollup:7", "rollup::00", "rollup:-1:00", "rollup:7:00", "Reserve"] {
			assert!(destination(wrong).is_err(), "{wrong}");
		}
	}

	#[test]
	fn public_keys_are_on_the_curve() {
		let good = "79be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798";
		assert_eq!(public_key(good).unwrap().to_string(), good);
		// Of BIP 340's test vector 5: not on the curve.
		let off = "eefdea4cdb677750a420fee807eacf21eb9898ae79b9768766e4faa04a2d4a34";
		assert!(public_key(off).unwrap_err().contains("ever sign"));
		// A compressed key.
		assert!(public_key(&format!("02{good}")).is_err());
	}

	#[test]
	fn amounts_are_satoshi() {
		assert_eq!(sats("100000"), Ok(Sats(100_000)));
		for wrong in ["", "0.001", "-1", "1e5", "100 000", "2100000000000001"] {
			assert!(sats(wrong).is_err(), "{wrong}");
		}
	}

	#[test]
	fn fee_rates_have_three_decimals() {
		for (text, rate) in
			[("1", 1_000), ("2.5", 2_500), ("0.1", 100), ("12.345", 12_345), ("1000", 1_000_000)]
		{
			assert_eq!(fee_rate(text), Ok(FeeRate(rate)), "{text}");
		}
		for wrong in ["", ".", "1.", ".5", "1.2345", "-1", "1,5", "0.099", "1000.001", "1.+5"] {
			assert!(fee_rate(wrong).is_err(), "{wrong}");
		}
	}

	#[test]
	fn amounts_of_ent_have_twelve_decimals() {
		for (text, amount) in [
			("1000", 1_000_000_000_000_000),
			("0.5", 500_000_000_000),
			("0.000000000001", 1),
			("0", 0),
			("007.10", 7_100_000_000_000),
		] {
			assert_eq!(ent(text), Ok(amount), "{text}");
		}
		let large = "9".repeat(40);
		for wrong in ["", ".5", "1.", "-1", "1e3", "1,5", "0.0000000000001", &large] {
			assert!(ent(wrong).is_err(), "{wrong}");
		}
	}

	#[test]
	fn parts_are_percent() {
		for (text, ppm) in [("5", 50_000), ("2.5", 25_000), ("0.0001", 1), ("100", 1_000_000)] {
			assert_eq!(percent(text), Ok(ppm), "{text}");
		}
		for wrong in ["", "100.0001", "-1", "5%", "0.00001"] {
			assert!(percent(wrong).is_err(), "{wrong}");
		}
	}
}
