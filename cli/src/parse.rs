//! What people write on the command line.

use entangled_bitcoin::{Destination, FeeRate, Native, Sats, XOnlyKey};
use entangled_runtime::{chain::SS58_PREFIX, AccountId};
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

/// A key for refunds.
pub fn refund_key(text: &str) -> Result<XOnlyKey, String> {
	let key: XOnlyKey = text.parse().map_err(|_| {
		"a refund key is the x-coordinate of a public key, 64 hexadecimal digits (BIP 340); \
		 --new-refund-key FILE makes one"
	})?;
	if key.is_on_curve::<Native>() {
		Ok(key)
	} else {
		Err("no key has this x-coordinate; a coin could never be taken back with it".into())
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
	let (whole, part) = text.split_once('.').unwrap_or((text, "0"));
	if part.is_empty() || part.len() > 3 || !part.bytes().all(|digit| digit.is_ascii_digit()) {
		return Err(WRONG.into());
	}
	let whole: u64 = whole.parse().map_err(|_| WRONG)?;
	let part: u64 = format!("{part:0<3}").parse().map_err(|_| WRONG)?;
	let rate = whole.checked_mul(1_000).and_then(|whole| whole.checked_add(part)).map(FeeRate);
	match rate {
		Some(rate) if rate > FeeRate::MAX => {
			Err("more than 1000 sat/vB was never needed; is it a mistake?".into())
		},
		Some(rate) if rate >= FeeRate(100) => Ok(rate),
		Some(_) => Err("no node relays a transaction that pays less than 0.1 sat/vB".into()),
		None => Err(WRONG.into()),
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
	fn refund_keys_are_on_the_curve() {
		let good = "79be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798";
		assert_eq!(refund_key(good).unwrap().to_string(), good);
		// Of BIP 340's test vector 5: not on the curve.
		let off = "eefdea4cdb677750a420fee807eacf21eb9898ae79b9768766e4faa04a2d4a34";
		assert!(refund_key(off).unwrap_err().contains("never"));
		// A compressed key.
		assert!(refund_key(&format!("02{good}")).is_err());
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
}
