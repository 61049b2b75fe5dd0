// SPDX-License-Identifier: GPL-3.0-or-later WITH Classpath-exception-2.0

//! Validators whose secrets are known.

use bitcoin::secp256k1::{Keypair, Message, Secp256k1};
use entangled_bitcoin::{Signature, XOnlyKey};
use entangled_runtime::{btcs, AccountId, SessionKeys};
use pallet_peg::MAX_MEMBERS;
use polkadot_sdk::{
	sp_consensus_beefy::ecdsa_crypto::AuthorityId as BeefyId,
	sp_consensus_grandpa::AuthorityId as GrandpaId,
	sp_core::{crypto::get_public_from_string_or_panic, ecdsa, sr25519, Pair},
};
use serde_json::{json, Value};

/// As many as a committee has.
pub const MEMBERS: u32 = MAX_MEMBERS;

/// A validator.
pub struct Member {
	/// Its key on Bitcoin.
	pub key: XOnlyKey,
	name: String,
	secret: Keypair,
}

/// So many of them.
pub fn members(count: u32) -> Vec<Member> {
	let member = |index: u32| {
		let name = format!("validator//{index}");
		let pair = ecdsa::Pair::from_string(&format!("//{name}"), None).expect("a path");
		let secret = Keypair::from_seckey_slice(&Secp256k1::new(), &pair.seed());
		let secret = secret.expect("a secret of the curve");
		Member { key: XOnlyKey(secret.x_only_public_key().0.serialize()), name, secret }
	};
	(0..count).map(member).collect()
}

/// Makes them the validators of a chain.
pub fn appoint(genesis: &mut Value, members: &[Member]) {
	let keys = members.iter().map(|member| {
		let account = member.account();
		json!([account, account, member.session_keys()])
	});
	genesis["session"]["keys"] = keys.collect();
}

impl Member {
	/// Signs each of these hashes.
	pub fn sign(&self, hashes: &[[u8; 32]]) -> Vec<Signature> {
		let curve = Secp256k1::new();
		hashes
			.iter()
			.map(|hash| curve.sign_schnorr_no_aux_rand(&Message::from_digest(*hash), &self.secret))
			.map(|signature| Signature(signature.serialize()))
			.collect()
	}

	/// Its account.
	pub fn account(&self) -> AccountId {
		self.babe().public().into()
	}

	/// The keys that it makes blocks with.
	pub fn babe(&self) -> sr25519::Pair {
		sr25519::Pair::from_string(&format!("//{}", self.name), None).expect("a path")
	}

	fn session_keys(&self) -> SessionKeys {
		let name = &self.name;
		let public = get_public_from_string_or_panic::<sr25519::Public>(name);
		SessionKeys {
			babe: public.into(),
			grandpa: get_public_from_string_or_panic::<GrandpaId>(name),
			beefy: get_public_from_string_or_panic::<BeefyId>(name),
			authority_discovery: public.into(),
			btcs: get_public_from_string_or_panic::<btcs::AuthorityId>(name),
		}
	}
}
