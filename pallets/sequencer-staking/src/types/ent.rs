//! Amounts of ENT as JSON.
//!
//! They are written as text, because most readers of JSON hold numbers in 53 bits. Numbers are read as well.

use super::Ent;
use alloc::vec::Vec;
use core::fmt;
use polkadot_sdk::frame_support::{traits::Get, BoundedVec};
use serde::{de, Deserialize, Deserializer, Serialize, Serializer};

/// Writes an amount.
pub fn serialize<S: Serializer>(amount: &Ent, serializer: S) -> Result<S::Ok, S::Error> {
	serializer.collect_str(amount)
}

/// Reads an amount.
pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Ent, D::Error> {
	deserializer.deserialize_any(Digits)
}

struct Digits;

impl de::Visitor<'_> for Digits {
	type Value = Ent;

	fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
		f.write_str("an amount of ENT in its smallest unit")
	}

	fn visit_u64<E: de::Error>(self, amount: u64) -> Result<Ent, E> {
		Ok(amount.into())
	}

	fn visit_u128<E: de::Error>(self, amount: u128) -> Result<Ent, E> {
		Ok(amount)
	}

	fn visit_str<E: de::Error>(self, text: &str) -> Result<Ent, E> {
		text.parse().map_err(E::custom)
	}
}

#[derive(Serialize, Deserialize)]
struct Amount(#[serde(with = "self")] Ent);

/// Amounts that each stand beside something.
pub mod pairs {
	use super::*;

	/// Writes them.
	pub fn serialize<T: Serialize, N, S: Serializer>(
		pairs: &BoundedVec<(Ent, T), N>,
		serializer: S,
	) -> Result<S::Ok, S::Error> {
		serializer.collect_seq(pairs.iter().map(|(amount, other)| (Amount(*amount), other)))
	}

	/// Reads them. No more are taken than fit.
	pub fn deserialize<'de, T: Deserialize<'de>, N: Get<u32>, D: Deserializer<'de>>(
		deserializer: D,
	) -> Result<BoundedVec<(Ent, T), N>, D::Error> {
		let pairs = Vec::<(Amount, T)>::deserialize(deserializer)?;
		let pairs = pairs.into_iter().map(|(Amount(amount), other)| (amount, other));
		BoundedVec::try_from(pairs.collect::<Vec<_>>())
			.map_err(|_| de::Error::custom("there are more than fit"))
	}
}
