//! What a withdrawal may pay to: the five types of output that every wallet can receive.

use crate::{weight::WITNESS_SCALE_FACTOR, Crypto, Network, Sats, Weight, XOnlyKey};
use alloc::{
	string::{String, ToString},
	vec::Vec,
};
use bitcoin::{address::NetworkUnchecked, Address, ScriptBuf};
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use scale_info::TypeInfo;
use serde::{Deserialize, Serialize};

/// A standard script pubkey with one address.
#[derive(
	Clone,
	Copy,
	Debug,
	PartialEq,
	Eq,
	PartialOrd,
	Ord,
	Hash,
	Encode,
	Decode,
	DecodeWithMemTracking,
	MaxEncodedLen,
	TypeInfo,
	Serialize,
	Deserialize,
)]
#[serde(rename_all = "lowercase")]
pub enum PayoutScript {
	/// To the hash of a public key: `DUP HASH160 <hash> EQUALVERIFY CHECKSIG`.
	P2pkh(#[serde(with = "crate::hex")] [u8; 20]),
	/// To the hash of a script: `HASH160 <hash> EQUAL` (BIP 16).
	P2sh(#[serde(with = "crate::hex")] [u8; 20]),
	/// To the hash of a public key in a witness: `0 <hash>` (BIP 141).
	P2wpkh(#[serde(with = "crate::hex")] [u8; 20]),
	/// To the hash of a script in a witness: `0 <hash>` (BIP 141).
	P2wsh(#[serde(with = "crate::hex")] [u8; 32]),
	/// To an output key: `1 <key>` (BIP 341).
	P2tr(XOnlyKey),
}

/// Why a text is not an address that can be paid.
#[derive(
	Clone,
	Copy,
	Debug,
	PartialEq,
	Eq,
	Encode,
	Decode,
	DecodeWithMemTracking,
	TypeInfo,
	Serialize,
	Deserialize,
)]
#[serde(rename_all = "camelCase")]
pub enum AddressError {
	/// It is no address at all, or its checksum is wrong.
	Malformed,
	/// It is an address of another network.
	WrongNetwork,
	/// It is an address of a type that is not among the five.
	Unsupported,
}

impl PayoutScript {
	/// The script's type and data. `None` when it is not one of the five.
	pub fn parse(script: &[u8]) -> Option<Self> {
		match script {
			[0x76, 0xa9, 20, hash @ .., 0x88, 0xac] => hash.try_into().ok().map(Self::P2pkh),
			[0xa9, 20, hash @ .., 0x87] => hash.try_into().ok().map(Self::P2sh),
			[0x00, 20, hash @ ..] => hash.try_into().ok().map(Self::P2wpkh),
			[0x00, 32, hash @ ..] => hash.try_into().ok().map(Self::P2wsh),
			[0x51, 32, key @ ..] => key.try_into().ok().map(|key| Self::P2tr(XOnlyKey(key))),
			_ => None,
		}
	}

	/// The script pubkey.
	pub fn to_script(self) -> Vec<u8> {
		match self {
			Self::P2pkh(hash) => [&[0x76, 0xa9, 20], &hash[..], &[0x88, 0xac]].concat(),
			Self::P2sh(hash) => [&[0xa9, 20], &hash[..], &[0x87]].concat(),
			Self::P2wpkh(hash) => [&[0x00, 20], &hash[..]].concat(),
			Self::P2wsh(hash) => [&[0x00, 32], &hash[..]].concat(),
			Self::P2tr(key) => [&[0x51, 32], &key.0[..]].concat(),
		}
	}

	/// The script that an address of a network stands for.
	pub fn from_address(address: &str, network: Network) -> Result<Self, AddressError> {
		let address =
			address.parse::<Address<NetworkUnchecked>>().map_err(|_| AddressError::Malformed)?;
		let address =
			address.require_network(network.into()).map_err(|_| AddressError::WrongNetwork)?;
		Self::parse(address.script_pubkey().as_bytes()).ok_or(AddressError::Unsupported)
	}

	/// The address on a network.
	pub fn to_address(self, network: Network) -> String {
		let script = ScriptBuf::from(self.to_script());
		// Each of the five has one.
		Address::from_script(&script, bitcoin::Network::from(network))
			.map(|address| address.to_string())
			.unwrap_or_default()
	}

	/// Length of the script in bytes.
	fn size(self) -> u64 {
		match self {
			Self::P2pkh(_) => 25,
			Self::P2sh(_) => 23,
			Self::P2wpkh(_) => 22,
			Self::P2wsh(_) | Self::P2tr(_) => 34,
		}
	}

	/// The weight of an output with this script: amount, length and script.
	pub fn output_weight(self) -> Weight {
		Weight((8 + 1 + self.size()) * WITNESS_SCALE_FACTOR)
	}

	/// The least amount that nodes relay an output with this script for: what it would cost to
	/// create and spend it at 3 sat/vB (`GetDustThreshold` with `DUST_RELAY_TX_FEE`).
	pub fn dust_threshold(self) -> Sats {
		Sats(match self {
			Self::P2pkh(_) => 546,
			Self::P2sh(_) => 540,
			Self::P2wpkh(_) => 294,
			Self::P2wsh(_) | Self::P2tr(_) => 330,
		})
	}

	/// Whether somebody may be able to spend an output with this script. A key that is not on the
	/// curve can never sign, and there is no other way to spend an output to it.
	pub fn is_spendable<C: Crypto>(self) -> bool {
		match self {
			Self::P2tr(key) => key.is_on_curve::<C>(),
			_ => true,
		}
	}
}
