//! Bonds, as stakers and covenants make them.

use crate::{chain::send, regtest::*};
use bitcoin::{
	secp256k1::{Keypair, Message, Secp256k1},
	Transaction,
};
use entangled_bitcoin::{
	bond::{slashing_transaction, FundedBond, Slashable},
	transaction::without_witnesses,
	Native, OutPoint, Sats, Signature, XOnlyKey,
};
use entangled_runtime::{btcs::AuthorityPair, *};
use pallet_sequencer_staking::{
	runtime_api::runtime_decl_for_staking_api::StakingApi, BondState, Bonds, Call, Presigned,
	Registration,
};
use polkadot_sdk::*;
use sp_core::Pair;
use sp_keyring::Sr25519Keyring;
use sp_runtime::ApplyExtrinsicResult;

fn sign(keypair: &Keypair, hash: &[u8; 32]) -> Signature {
	let message = Message::from_digest(*hash);
	Signature(Secp256k1::new().sign_schnorr_no_aux_rand(&message, keypair).serialize())
}

fn key(keypair: &Keypair) -> XOnlyKey {
	XOnlyKey(keypair.x_only_public_key().0.serialize())
}

/// The staker's key of a person.
fn staker(who: Sr25519Keyring) -> Keypair {
	Keypair::from_seckey_slice(&Secp256k1::new(), &[who as u8 + 1; 32]).expect("a key")
}

/// The committee key that a validator's node makes of its name.
fn member(who: Sr25519Keyring) -> Keypair {
	let name: &str = who.into();
	let pair = AuthorityPair::from_string(&format!("//{name}"), None).expect("a name");
	Keypair::from_seckey_slice(&Secp256k1::new(), &pair.to_raw_vec()).expect("a key")
}

/// The block in which a session begins has room for nothing else.
fn make_room() {
	let limit = <Runtime as frame_system::Config>::BlockWeights::get().max_block;
	if System::block_weight().total().any_gt(limit / 2) {
		next_block(vec![]);
	}
}

/// Bonds for a sequencer: registers, and gives the funding transaction, not yet on Bitcoin.
pub fn register(who: Sr25519Keyring, sequencer: Sr25519Keyring, value: u64) -> Transaction {
	let (account, sequencer) = (who.to_account_id(), sequencer.to_account_id());
	let staker = staker(who);
	let quote =
		Runtime::bond_terms(account.clone(), sequencer.clone(), key(&staker), 400).expect("terms");
	let funding = pay(quote.script.into(), value);
	let coin = FundedBond { outpoint: bond_of(&funding), value: Sats(value) };
	let presign = |which| {
		let spend = slashing_transaction::<Native>(which, &quote.terms, &coin).expect("one");
		sign(&staker, &spend.sighash)
	};
	let registration = Registration {
		sequencer,
		staker: key(&staker),
		timelock: 400,
		covenant: quote.covenant,
		funding: without_witnesses(&funding).try_into().expect("it is short"),
		vout: 0,
		presigned: Presigned {
			bond: presign(Slashable::Bond),
			unbonding: presign(Slashable::Unbonding),
		},
	};
	assert_eq!(send(who, Call::register { registration }, None), Ok(Ok(())));
	funding
}

/// The bond that is the first output of a transaction.
pub fn bond_of(funding: &Transaction) -> OutPoint {
	OutPoint { txid: funding.compute_txid().into(), vout: 0 }
}

/// A member of the covenant signs all that it is asked for. Gives for how many duties.
pub fn sign_duties(who: Sr25519Keyring) -> usize {
	let member = member(who);
	let duties = Runtime::duties(key(&member));
	for task in &duties {
		let signatures = task.sighashes.iter().map(|hash| sign(&member, hash)).collect();
		let transaction =
			Runtime::sign_transaction(task.outpoint, task.duty, key(&member), signatures)
				.expect("as many as asked for");
		make_room();
		assert_eq!(Executive::apply_extrinsic(transaction), Ok(Ok(())));
	}
	duties.len()
}

/// Brings the proof that a bond is on Bitcoin.
pub fn activate(funding: &Transaction) -> ApplyExtrinsicResult {
	let claim = confirm(funding);
	Executive::apply_extrinsic(Runtime::activate_transaction(bond_of(funding), claim))
}

/// The same from the beginning: with these covenant members.
pub fn bond(
	who: Sr25519Keyring,
	sequencer: Sr25519Keyring,
	value: u64,
	covenant: [Sr25519Keyring; 3],
) -> OutPoint {
	let funding = register(who, sequencer, value);
	for member in covenant {
		assert_eq!(sign_duties(member), 1);
	}
	assert_eq!(activate(&funding), Ok(Ok(())));
	bond_of(&funding)
}

pub fn state(outpoint: OutPoint) -> BondState {
	Bonds::<Runtime>::get(outpoint).expect("it was registered").state
}
