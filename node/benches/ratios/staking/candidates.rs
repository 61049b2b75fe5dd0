// SPDX-License-Identifier: GPL-3.0-or-later WITH Classpath-exception-2.0

//! Those who stand for election.

use crate::chain::Chain;
use codec::Encode;
use entangled_runtime::{
	chain::ENT, AccountId, Balances, RuntimeOrigin, SequencerStaking, Session, SessionKeys,
};
use polkadot_sdk::{frame_support::traits::fungible::Mutate, sp_core::H256};

/// What each has at stake.
pub const STAKE: u128 = 1_000 * ENT;

/// So many of them stand.
pub fn enlist(chain: &mut Chain, count: u32) -> Vec<AccountId> {
	let candidates = (1..=count).map(candidate).collect::<Vec<_>>();
	for who in &candidates {
		give_keys(chain, who);
		stand(chain, who);
	}
	candidates
}

/// Somebody with session keys stands.
pub fn stand(chain: &mut Chain, who: &AccountId) {
	let origin = || RuntimeOrigin::signed(who.clone());
	chain.natively(|| {
		Balances::mint_into(who, 2 * STAKE).expect("there may be so much");
		SequencerStaking::stake(origin(), STAKE).expect("it has as much");
		SequencerStaking::stand(origin()).expect("it has what it takes");
	});
}

fn candidate(number: u32) -> AccountId {
	let mut bytes = [0xaa; 32];
	bytes[..4].copy_from_slice(&number.to_be_bytes());
	bytes.into()
}

/// Gives somebody session keys that nobody else has, and the ENT that is on hold for them.
pub fn give_keys(chain: &mut Chain, who: &AccountId) {
	let origin = RuntimeOrigin::signed(who.clone());
	// The account is as good a secret as any.
	let seed = format!("{:?}", H256(who.clone().into()));
	chain.natively(|| {
		Balances::mint_into(who, STAKE).expect("there may be so much");
		let made = SessionKeys::generate(&who.encode(), Some(seed.into_bytes()));
		Session::set_keys(origin, made.keys, made.proof.encode()).expect("they are its own");
	});
}
