// SPDX-License-Identifier: GPL-3.0-or-later WITH Classpath-exception-2.0

//! What the `bitcoin` namespace takes and gives, as JSON.
//!
//! Hashes are written as all Bitcoin software writes them, bytes in hexadecimal without a prefix,
//! heights as numbers.

use ::bitcoin::hex::{DisplayHex, FromHex};
use entangled_bitcoin::{inclusion::InclusionProof, BlockHash, BlockRef};
use entangled_runtime::AccountId;
use pallet_btc_light_client as pallet;
use serde::{de, Deserialize, Deserializer, Serialize};

/// A block of Bitcoin, asked for by its height or its hash.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(untagged)]
pub enum HeightOrHash {
	/// Distance from Bitcoin's genesis block.
	Height(u32),
	/// The block's hash.
	Hash(BlockHash),
}

/// Bitcoin's tip as the chain knows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Tip {
	/// Height of the block.
	pub height: u32,
	/// Its hash.
	pub hash: BlockHash,
	/// Work of the whole chain, in hexadecimal with `0x`.
	pub work: String,
	/// The block's time in seconds since 1970-01-01.
	pub time: u32,
}

impl From<pallet::TipInfo> for Tip {
	fn from(tip: pallet::TipInfo) -> Self {
		Self {
			height: tip.height,
			hash: tip.hash,
			work: format!("{:#x}", tip.work),
			time: tip.time,
		}
	}
}

/// A header of Bitcoin that the chain keeps.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Header {
	/// Height of the block.
	pub height: u32,
	/// Its hash.
	pub hash: BlockHash,
	/// Blocks from this one to the tip; 1 for the tip.
	pub confirmations: u32,
	/// Number of the Entangled block that stored it.
	pub stored_at: u32,
	/// Version, as a number.
	pub version: i32,
	/// Hash of the parent.
	pub previous: BlockHash,
	/// Root of the tree of transaction ids, in the order in which Bitcoin shows it.
	pub merkle_root: String,
	/// Seconds since 1970-01-01.
	pub time: u32,
	/// The compact target, eight hexadecimal digits.
	pub bits: String,
	/// The nonce.
	pub nonce: u32,
	/// The 80 bytes.
	pub raw: String,
}

impl From<pallet::HeaderInfo> for Header {
	fn from(info: pallet::HeaderInfo) -> Self {
		let header = info.header;
		let mut merkle_root = header.merkle_root;
		merkle_root.reverse();
		Self {
			height: info.block.height,
			hash: info.block.hash,
			confirmations: info.confirmations,
			stored_at: info.stored_at,
			version: header.version,
			previous: header.prev,
			merkle_root: merkle_root.to_lower_hex_string(),
			time: header.time,
			bits: format!("{:08x}", header.bits.0),
			nonce: header.nonce,
			raw: entangled_bitcoin::Header::serialize(&header).to_lower_hex_string(),
		}
	}
}

/// Whether a block of Bitcoin may be relied on, and if not, why.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Finality {
	/// All three gates are passed.
	#[serde(rename = "final")]
	pub is_final: bool,
	/// The gate that is not.
	#[serde(flatten, skip_serializing_if = "Option::is_none")]
	pub reason: Option<Reason>,
}

/// Which gate is not passed, and how far it is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Reason {
	/// `unknownBlock`, `frozen`, `stale`, `unconfirmed`, `tooRecent` or `unattested`.
	pub reason: &'static str,
	/// What there is of it.
	#[serde(skip_serializing_if = "Option::is_none")]
	pub have: Option<u32>,
	/// What there must be.
	#[serde(skip_serializing_if = "Option::is_none")]
	pub need: Option<u32>,
	/// The same for people.
	pub message: String,
}

impl From<pallet::NotFinal> for Reason {
	fn from(reason: pallet::NotFinal) -> Self {
		use pallet::NotFinal::*;
		let (reason, progress, message) = match reason {
			UnknownBlock => (
				"unknownBlock",
				None,
				"the chain does not know this block; wait until it has reached it, or check the hash"
					.into(),
			),
			Frozen => (
				"frozen",
				None,
				"Bitcoin was reorganised too deeply; nothing is final until governance resumes".into(),
			),
			Stale => (
				"stale",
				None,
				"no Bitcoin header has arrived for too long; wait for Bitcoin's next block".into(),
			),
			Unconfirmed { have, need } => (
				"unconfirmed",
				Some((have, need)),
				format!("{have} of {need} confirmations; wait for Bitcoin's next blocks"),
			),
			TooRecent { have, need } => (
				"tooRecent",
				Some((have, need)),
				format!("known for {have} of {need} Entangled blocks; wait for the next ones"),
			),
			Unattested { have, need } => (
				"unattested",
				Some((have, need)),
				format!("{have} of {need} validators have seen it confirmed on their Bitcoin nodes"),
			),
		};
		let (have, need) = progress.unzip();
		Self { reason, have, need, message }
	}
}

impl From<Result<(), pallet::NotFinal>> for Finality {
	fn from(result: Result<(), pallet::NotFinal>) -> Self {
		Self { is_final: result.is_ok(), reason: result.err().map(Into::into) }
	}
}

/// What the validators say of Bitcoin.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Attestation {
	/// Active validators.
	pub validators: u32,
	/// How many of them must have named a block.
	pub needed: u32,
	/// The highest block that passes this gate.
	pub attested_height: Option<u32>,
	/// The highest block that each validator has named.
	pub named: Vec<Named>,
	/// The median of their estimates, in satoshi per 1,000 virtual bytes.
	pub fee_rate: Option<u64>,
}

/// What one validator has named.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Named {
	/// The validator.
	pub validator: AccountId,
	/// Height of the highest Bitcoin block that it has named as its node's best.
	pub height: Option<u32>,
}

impl From<pallet::Attestation<AccountId>> for Attestation {
	fn from(attestation: pallet::Attestation<AccountId>) -> Self {
		Self {
			validators: attestation.validators,
			needed: attestation.needed,
			attested_height: attestation.attested_height,
			named: attestation
				.named
				.into_iter()
				.map(|(validator, height)| Named { validator, height })
				.collect(),
			fee_rate: attestation.fee_rate.map(|rate| rate.0),
		}
	}
}

/// Whether the light client works as it should.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Status {
	/// Nothing is final until governance resumes.
	pub frozen: bool,
	/// The reorganisation that froze it.
	pub freeze: Option<Reorganisation>,
	/// No header has arrived for too long.
	pub stale: bool,
	/// When the tip last changed, in milliseconds since 1970-01-01.
	pub last_advance: u64,
	/// When a block counts as final.
	pub policy: pallet::Policy,
}

/// A branch with more work replaced the end of the chain.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Reorganisation {
	/// Height of the last block that stayed.
	pub fork_height: u32,
	/// The last block before.
	pub from: BlockRef,
	/// The last block afterwards.
	pub to: BlockRef,
}

impl From<pallet::Status> for Status {
	fn from(status: pallet::Status) -> Self {
		Self {
			frozen: status.freeze.is_some(),
			freeze: status.freeze.map(|freeze| Reorganisation {
				fork_height: freeze.fork_height,
				from: freeze.from,
				to: freeze.to,
			}),
			stale: status.stale,
			last_advance: status.last_advance,
			policy: status.policy,
		}
	}
}

/// A transaction said to be in a block of Bitcoin.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct InclusionClaim {
	/// The block.
	pub block: BlockRef,
	/// The transaction in Bitcoin's serialisation without witnesses.
	#[serde(deserialize_with = "hex_bytes")]
	pub transaction: Vec<u8>,
	/// Its index in the block; the coinbase transaction has index 0.
	pub index: u32,
	/// The sibling at each level of the Merkle tree, leaves first, each as the SHA-256 whose
	/// SHA-256 it is; bytes in the order in which they are hashed.
	pub siblings: Vec<Sibling>,
}

/// 32 bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
pub struct Sibling(#[serde(deserialize_with = "hex_bytes")] [u8; 32]);

pub(super) fn hex_bytes<'de, D: Deserializer<'de>, T: FromHex>(
	deserializer: D,
) -> Result<T, D::Error>
where
	T::Error: std::fmt::Display,
{
	let text = String::deserialize(deserializer)?;
	T::from_hex(text.strip_prefix("0x").unwrap_or(&text)).map_err(de::Error::custom)
}

impl From<InclusionClaim> for pallet::InclusionClaim {
	fn from(claim: InclusionClaim) -> Self {
		Self {
			block: claim.block,
			proof: InclusionProof {
				transaction: claim.transaction,
				index: claim.index,
				siblings: claim.siblings.into_iter().map(|Sibling(bytes)| bytes).collect(),
			},
		}
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use entangled_bitcoin::{Network, U256};
	use serde_json::{from_value, json, to_value};

	const GENESIS: &str = "0f9188f13cb7b2c71f2a335e3a4fc328bf5beb436012afca590b1a11466e2206";

	#[test]
	fn tip_and_header_look_as_in_bitcoin() {
		let header = Network::Regtest.genesis();
		let hash = header.hash::<entangled_bitcoin::Native>();
		let tip = Tip::from(pallet::TipInfo { height: 7, hash, work: U256::from(258), time: 5 });
		assert_eq!(
			to_value(tip).unwrap(),
			json!({ "height": 7, "hash": GENESIS, "work": "0x102", "time": 5 })
		);
		let block = BlockRef { height: 0, hash };
		let info = pallet::HeaderInfo { block, header, confirmations: 3, stored_at: 9 };
		let view = to_value(Header::from(info)).unwrap();
		assert_eq!(view["hash"], GENESIS);
		assert_eq!(view["previous"], "0".repeat(64));
		assert_eq!(
			view["merkleRoot"],
			"4a5e1e4baab89f3a32518a88c31bc87f618f76673e2cc77ab2127b7afdeda33b"
		);
		assert_eq!(view["bits"], "207fffff");
		assert_eq!(view["storedAt"], 9);
		assert_eq!(view["raw"].as_str().unwrap().len(), 160);
	}

	#[test]
	fn blocks_are_asked_for_by_height_or_hash() {
		let parse = |value| from_value::<HeightOrHash>(value);
		assert_eq!(parse(json!(5)).unwrap(), HeightOrHash::Height(5));
		let hash = GENESIS.parse().unwrap();
		assert_eq!(parse(json!(GENESIS)).unwrap(), HeightOrHash::Hash(hash));
		for wrong in [json!(-1), json!("5"), json!(null), json!(4_294_967_296u64)] {
			assert!(parse(wrong).is_err());
		}
	}

	#[test]
	fn finality_says_which_gate_is_open() {
		assert_eq!(to_value(Finality::from(Ok(()))).unwrap(), json!({ "final": true }));
		let open = Finality::from(Err(pallet::NotFinal::Unconfirmed { have: 2, need: 6 }));
		let open = to_value(open).unwrap();
		assert_eq!(open["final"], false);
		assert_eq!(open["reason"], "unconfirmed");
		assert_eq!((&open["have"], &open["need"]), (&json!(2), &json!(6)));
		let frozen = to_value(Finality::from(Err(pallet::NotFinal::Frozen))).unwrap();
		assert_eq!(frozen["reason"], "frozen");
		assert!(frozen.get("have").is_none());
	}

	#[test]
	fn claims_take_hexadecimal_with_and_without_prefix() {
		let claim = |transaction: &str, sibling: &str| {
			from_value::<InclusionClaim>(json!({
				"block": { "height": 1, "hash": GENESIS },
				"transaction": transaction,
				"index": 3,
				"siblings": [sibling],
			}))
		};
		let plain = claim("0aff", &"11".repeat(32)).unwrap();
		assert_eq!(plain.transaction, [0x0a, 0xff]);
		assert_eq!(plain.siblings, [Sibling([0x11; 32])]);
		assert_eq!(claim("0x0aff", &format!("0x{}", "11".repeat(32))).unwrap(), plain);
		assert!(claim("0af", &"11".repeat(32)).is_err());
		assert!(claim("0aff", &"11".repeat(31)).is_err());
		let claim = pallet::InclusionClaim::from(plain);
		assert_eq!((claim.proof.index, claim.proof.siblings), (3, vec![[0x11; 32]]));
	}
}
