//! Terms and coins to try bonds with, and all keys to them.

use bitcoin::{
	key::{Keypair, Secp256k1},
	secp256k1::Message,
	Transaction,
};
use entangled_bitcoin::{
	bond::{
		extension_transaction, slashing_transaction, unbonding_transaction, BondRules, BondTerms,
		CovenantSpend, FundedBond, Slashable,
	},
	script::multisig::MAX_KEYS,
	transaction::without_witnesses,
	ChainId, Multisig, Native, OutPoint, Sats, Signature, Txid, XOnlyKey,
};
use proptest::prelude::*;

/// The number of the staker's key. Those below it are the covenants'.
pub const STAKER: u8 = 99;

pub fn keypair(n: u8) -> Keypair {
	Keypair::from_seckey_slice(&Secp256k1::new(), &[n; 32]).unwrap()
}

pub fn key(n: u8) -> XOnlyKey {
	XOnlyKey(keypair(n).x_only_public_key().0.serialize())
}

pub fn sign(n: u8, message: &[u8; 32]) -> Signature {
	let message = Message::from_digest(*message);
	let signature = Secp256k1::new().sign_schnorr_no_aux_rand(&message, &keypair(n));
	Signature(signature.serialize())
}

/// A covenant of the first keys.
pub fn covenant(keys: u8, threshold: u32) -> Multisig {
	let mut keys = (1..=keys).map(key).collect::<Vec<_>>();
	keys.sort_unstable();
	Multisig::new(keys, threshold).unwrap()
}

/// What each key of the covenant signs.
pub fn signatures(covenant: &Multisig, message: &[u8; 32]) -> Vec<Option<Signature>> {
	let number = |key_: &XOnlyKey| (1..=MAX_KEYS as u8).find(|n| key(*n) == *key_).unwrap();
	covenant.keys().iter().map(|key| Some(sign(number(key), message))).collect()
}

pub fn rules() -> BondRules {
	BondRules { slash_ppm: 123_457, ..BondRules::default() }
}

/// Three of four, a year.
pub fn terms() -> BondTerms {
	BondTerms {
		chain: ChainId([3; 32]),
		owner: [4; 32],
		staker: key(STAKER),
		covenant: covenant(4, 3),
		timelock: 52_560,
		rules: rules(),
	}
}

/// What an extension makes of [`terms`].
pub fn new_terms() -> BondTerms {
	BondTerms { covenant: covenant(5, 4), timelock: 65_535, ..terms() }
}

pub fn bond() -> FundedBond {
	FundedBond { outpoint: OutPoint { txid: Txid([8; 32]), vout: 3 }, value: Sats(10_000_001) }
}

/// Each transaction of the bond that staker and covenant sign.
pub fn spends() -> [CovenantSpend; 4] {
	[
		unbonding_transaction::<Native>(&terms(), &bond()).unwrap(),
		slashing_transaction::<Native>(Slashable::Bond, &terms(), &bond()).unwrap(),
		slashing_transaction::<Native>(Slashable::Unbonding, &terms(), &bond()).unwrap(),
		extension_transaction::<Native>(&terms(), &bond(), &new_terms()).unwrap(),
	]
}

pub fn raw(transaction: &Transaction) -> Vec<u8> {
	without_witnesses(transaction)
}

/// What the outputs of a transaction hold together.
pub fn total(transaction: &Transaction) -> u64 {
	transaction.output.iter().map(|output| output.value.to_sat()).sum()
}

/// Numbers with as many digits as may be, large ones and small ones.
pub fn any_sats(most: u64) -> impl Strategy<Value = Sats> {
	(0..64u32, any::<u64>()).prop_map(move |(shift, n)| Sats((n >> shift).min(most)))
}

/// Rules that are sound.
pub fn any_rules() -> impl Strategy<Value = BondRules> {
	let part = prop_oneof![1..=1_000_000u32, 1..=1_000u32, 999_000..=1_000_000u32];
	(1..=u16::MAX, any_sats(1 << 40), any_sats(1 << 40), part).prop_map(
		|(unbonding_time, unbonding_fee, slashing_fee, slash_ppm)| BondRules {
			unbonding_time,
			unbonding_fee,
			slashing_fee,
			slash_ppm,
		},
	)
}

/// A covenant of any size and threshold.
pub fn any_covenant() -> impl Strategy<Value = Multisig> {
	(1..=MAX_KEYS as u8)
		.prop_flat_map(|keys| (Just(keys), 1..=u32::from(keys)))
		.prop_map(|(keys, threshold)| covenant(keys, threshold))
}

/// Terms with sound rules; their fees need not suffice for the covenant.
pub fn any_terms() -> impl Strategy<Value = BondTerms> {
	(any_covenant(), 1..=u16::MAX, any_rules()).prop_map(|(covenant, timelock, rules)| BondTerms {
		covenant,
		timelock,
		rules,
		..terms()
	})
}

/// A coin that suffices for the rules, just so or with plenty to spare.
pub fn any_bond(rules: &BondRules) -> impl Strategy<Value = FundedBond> {
	let least = rules.min_value().unwrap().0;
	(any::<([u8; 32], u32)>(), any_sats(Sats::MAX_MONEY.0 - least)).prop_map(
		move |((txid, vout), more)| FundedBond {
			outpoint: OutPoint { txid: Txid(txid), vout },
			value: Sats(least + more.0),
		},
	)
}
