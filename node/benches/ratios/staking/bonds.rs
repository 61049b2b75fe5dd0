// SPDX-License-Identifier: GPL-3.0-or-later WITH Classpath-exception-2.0

//! Bonds, as their owners and their covenant make them.

use crate::{chain::Chain, committee::Member};
use bitcoin::{
	absolute::LockTime,
	secp256k1::{Keypair, Message, Secp256k1},
	transaction::Version,
	Amount, Transaction, TxIn, TxOut,
};
use entangled_bitcoin::{
	bond::{
		slashing_transaction, unbonding_transaction, BondTerms, CovenantSpend, FundedBond,
		Slashable,
	},
	transaction::without_witnesses,
	Native, OutPoint, Sats, Signature, Txid, XOnlyKey,
};
use entangled_runtime::{AccountId, Runtime, RuntimeOrigin, SequencerStaking};
use pallet_btc_light_client::InclusionClaim;
use pallet_sequencer_staking::{Call, Duty, Presigned, Registration};
use polkadot_sdk::{frame_support::traits::UnfilteredDispatchable, frame_system::RawOrigin};

/// A bond that somebody wants to make.
pub struct Wish {
	pub owner: AccountId,
	/// The number of the staker's key. Bonds of one transaction have different ones.
	pub key: u32,
	pub sequencer: AccountId,
	pub value: Sats,
	pub timelock: u16,
}

/// A bond that can be registered.
pub struct Draft {
	pub owner: AccountId,
	pub terms: BondTerms,
	pub coin: FundedBond,
	pub registration: Registration<AccountId>,
	key: Keypair,
}

/// One transaction of so many inputs that funds all of these.
pub fn fund(chain: &mut Chain, wishes: &[Wish], inputs: u32) -> (Transaction, Vec<Draft>) {
	let quotes = wishes.iter().map(|wish| {
		let key = keypair(wish.key);
		let staker = XOnlyKey(key.x_only_public_key().0.serialize());
		let quote = chain.natively(|| {
			SequencerStaking::bond_terms(&wish.owner, &wish.sequencer, staker, wish.timelock)
		});
		(key, quote.expect("the terms are good"))
	});
	let quotes = quotes.collect::<Vec<_>>();
	let input = (0..inputs).map(|vout| TxIn {
		previous_output: OutPoint { txid: Txid([1; 32]), vout }.into(),
		..Default::default()
	});
	let output = wishes.iter().zip(&quotes).map(|(wish, (_, quote))| TxOut {
		value: Amount::from_sat(wish.value.0),
		script_pubkey: quote.script.into(),
	});
	let funding = Transaction {
		version: Version::TWO,
		lock_time: LockTime::ZERO,
		input: input.collect(),
		output: output.collect(),
	};
	let txid = Txid::from(funding.compute_txid());
	let bytes = without_witnesses(&funding);
	let drafts = wishes.iter().zip(quotes).zip(0..).map(|((wish, (key, quote)), vout)| {
		let coin = FundedBond { outpoint: OutPoint { txid, vout }, value: wish.value };
		let registration = Registration {
			sequencer: wish.sequencer.clone(),
			staker: quote.terms.staker,
			timelock: wish.timelock,
			covenant: quote.covenant,
			funding: bytes.clone().try_into().expect("it is short enough"),
			vout,
			presigned: presign(&key, &quote.terms, &coin),
		};
		Draft { owner: wish.owner.clone(), terms: quote.terms, coin, registration, key }
	});
	let drafts = drafts.collect();
	(funding, drafts)
}

/// The pair of keys with this number.
fn keypair(number: u32) -> Keypair {
	let mut secret = [7; 32];
	secret[28..].copy_from_slice(&number.to_be_bytes());
	Keypair::from_seckey_slice(&Secp256k1::new(), &secret).expect("a secret of the curve")
}

fn presign(key: &Keypair, terms: &BondTerms, coin: &FundedBond) -> Presigned {
	let [bond, unbonding] = slashing(terms, coin).map(|spend| {
		let message = Message::from_digest(spend.sighash);
		Signature(Secp256k1::new().sign_schnorr_no_aux_rand(&message, key).serialize())
	});
	Presigned { bond, unbonding }
}

fn slashing(terms: &BondTerms, coin: &FundedBond) -> [CovenantSpend; 2] {
	[Slashable::Bond, Slashable::Unbonding].map(|which| {
		slashing_transaction::<Native>(which, terms, coin).expect("it is not too little")
	})
}

impl Draft {
	/// The transaction by which its owner leaves.
	pub fn unbonding(&self) -> CovenantSpend {
		unbonding_transaction::<Native>(&self.terms, &self.coin).expect("it is not too little")
	}

	/// The transactions that slash it.
	pub fn slashing(&self) -> [CovenantSpend; 2] {
		slashing(&self.terms, &self.coin)
	}

	/// What its owner signs in advance when it goes over into a bond on these terms.
	pub fn presign(&self, terms: &BondTerms, coin: &FundedBond) -> Presigned {
		presign(&self.key, terms, coin)
	}

	/// Its owner registers it.
	pub fn register(&self, chain: &mut Chain) {
		let origin = RuntimeOrigin::signed(self.owner.clone());
		let registration = self.registration.clone();
		let done = chain.natively(|| SequencerStaking::register(origin, registration));
		done.expect("the registration is good");
	}

	/// The covenant signs its way out.
	pub fn approve(&self, chain: &mut Chain, covenant: &[Member]) {
		sign(chain, sign_calls(self.coin.outpoint, Duty::Unbonding, &[self.unbonding()], covenant));
	}

	/// It counts from now on.
	pub fn activate(&self, chain: &mut Chain, claim: InclusionClaim) {
		let outpoint = self.coin.outpoint;
		let origin = RawOrigin::Authorized.into();
		let done = chain.natively(|| SequencerStaking::activate(origin, outpoint, claim));
		done.expect("it is on Bitcoin");
	}
}

/// The calls by which the covenant's members sign these transactions.
pub fn sign_calls(
	outpoint: OutPoint,
	duty: Duty,
	spends: &[CovenantSpend],
	covenant: &[Member],
) -> Vec<Call<Runtime>> {
	let hashes = spends.iter().map(|spend| spend.sighash).collect::<Vec<_>>();
	let sign = |member: &Member| {
		let signatures = member.sign(&hashes).try_into().expect("two at the most");
		Call::sign { outpoint, duty, key: member.key, signatures }
	};
	covenant.iter().map(sign).collect()
}

/// They do.
pub fn sign(chain: &mut Chain, calls: Vec<Call<Runtime>>) {
	for call in calls {
		let origin = RawOrigin::Authorized.into();
		let done = chain.natively(|| call.dispatch_bypass_filter(origin));
		done.expect("the signatures are good");
	}
}
