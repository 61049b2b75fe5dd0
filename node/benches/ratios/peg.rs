// SPDX-License-Identifier: GPL-3.0-or-later WITH Classpath-exception-2.0

//! What the peg does, with the largest committee: how fast signatures are checked, and whether the
//! weights suffice.
//!
//! A figure `…_weight_vs_measured` is the weight that a call is charged against the time that it takes
//! in the WASM runtime: from one on, blocks take no longer than they may. What a database would cost
//! counts on neither side, because the state is in memory. What every transaction costs is charged
//! beside the call's own weight; it is taken off by measuring calls that do nothing.

mod committee;
mod weights;

use crate::{
	best,
	chain::{Chain, Runtime},
	regtest::{transaction, Miner},
	Figures,
};
use bitcoin::{
	consensus,
	secp256k1::{schnorr, Message, Secp256k1},
	Amount, Transaction, TxOut,
};
use codec::{Decode, Encode};
use committee::{Member, MEMBERS};
use entangled_bitcoin::{script::Refund, Destination, PayoutScript, Sats, Signature, XOnlyKey};
use entangled_runtime::{AccountId, RuntimeCall, UncheckedExtrinsic};
use pallet_btc_light_client::InclusionClaim;
use pallet_peg::{
	AttemptView, BatchView, Call, DepositAddress, DepositTerms, QuoteError, SignedTransaction,
	MAX_INPUTS, MAX_PAYOUTS,
};
use polkadot_sdk::{
	frame_system,
	sp_core::H256,
	sp_keyring::Sr25519Keyring,
	sp_runtime::transaction_validity::{TransactionSource, TransactionValidity},
};
use std::{hint::black_box, time::Duration};
use weights::{charged, computation, of_step};

/// What each deposit holds.
const DEPOSIT: u64 = 10_000_000;

/// A batch from the deposits to the settlement, and what each part of it takes.
pub fn measure(figures: &mut Figures) {
	let members = committee::members();
	let runtime = Runtime::of(MEMBERS, |patch| committee::appoint(patch, &members));
	let mut chain = runtime.chain();
	let mut miner = Miner::new();

	let claims = deposits(&mut chain, &mut miner, members[0].key);
	let weight = charged(&claims[0]) as f64;
	figures.add("claim_weight_picoseconds", weight, "picoseconds");
	figures.add("claim_weight_vs_measured", safety(&mut chain, &claims), "ratio");
	chain.block(None, claims);

	let to_keys = (0..MAX_PAYOUTS).map(|_| withdraw(PayoutScript::P2tr(members[0].key)));
	let to_keys = to_keys.collect::<Vec<_>>();
	figures.add("withdraw_weight_vs_measured", safety(&mut chain, &to_keys), "ratio");
	chain.block(None, (0..MAX_PAYOUTS).map(|index| withdraw(usual(index, &members))).collect());

	miner.mine_empty(1);
	chain.block(Some(miner.observation()), vec![]);
	let building = chain.time_hooks();
	chain.block(None, vec![]);
	let idle = chain.time_hooks();
	let step = of_step() as f64 / picoseconds(building.saturating_sub(idle));
	figures.add("step_weight_vs_measured", step, "ratio");

	let batch: BatchView<AccountId> =
		chain.ask::<Option<_>>("PegApi_batch", ()).expect("it was built");
	let attempt = &batch.attempts[0];
	assert_eq!(attempt.payouts.len(), MAX_PAYOUTS as usize, "the batch must be full");
	assert_eq!(attempt.sighashes.len(), MAX_INPUTS as usize, "the batch must spend all");
	figures.add("bip340_vs_native", bip340(&mut chain, &members[0], batch.id, attempt), "ratio");
	let signing = members
		.iter()
		.map(|member| {
			let signatures = member.sign(&attempt.sighashes);
			let signatures = signatures.try_into().expect("as many as inputs");
			let (batch, attempt, key) = (batch.id, attempt.index, member.key);
			RuntimeCall::Peg(Call::sign { batch, attempt, key, signatures })
		})
		.collect::<Vec<_>>();
	figures.add("sign_weight_vs_measured", safety(&mut chain, &signing), "ratio");
	chain.block(None, signing);

	let complete: Vec<SignedTransaction> = chain.ask("PegApi_transactions", ());
	let complete: Transaction =
		consensus::deserialize(&complete[0].bytes).expect("Bitcoin's serialisation");
	let claim = mine(&mut chain, &mut miner, complete);
	let settling = [RuntimeCall::Peg(Call::settle { claim })];
	figures.add("settle_weight_vs_measured", safety(&mut chain, &settling), "ratio");
	chain.block(None, settling.to_vec());
}

/// As many deposits as one batch sweeps, each to an address with a way back, in one transaction. The
/// claims of them.
fn deposits(chain: &mut Chain, miner: &mut Miner, refund_key: XOnlyKey) -> Vec<RuntimeCall> {
	let terms = DepositTerms::Own {
		committee: 0,
		destination: Destination::Account(Sr25519Keyring::Alice.to_account_id().into()),
		refund: Refund { key: refund_key, delay: 500 },
	};
	let address: Result<DepositAddress, QuoteError> = chain.ask("PegApi_deposit_address", &terms);
	let output = TxOut {
		value: Amount::from_sat(DEPOSIT),
		script_pubkey: address.expect("the terms are good").script.into(),
	};
	let paying = Transaction { output: vec![output; MAX_INPUTS as usize], ..transaction(0) };
	let claim = mine(chain, miner, paying);
	(0..MAX_INPUTS)
		.map(|vout| (claim.clone(), vout, terms.clone()))
		.map(|(claim, vout, terms)| RuntimeCall::Peg(Call::claim { claim, vout, terms }))
		.collect()
}

/// Brings a transaction into a Bitcoin block and waits until the block is final.
fn mine(chain: &mut Chain, miner: &mut Miner, included: Transaction) -> InclusionClaim {
	// Our clock must run before headers are taken.
	chain.block(None, vec![]);
	let claim = miner.mine_with(included);
	miner.mine_empty(6);
	// Each validator makes a block and says in it what it sees.
	for _ in 0..MEMBERS {
		let observation = miner.observation();
		chain.block(Some(observation), vec![]);
	}
	claim
}

fn withdraw(script: PayoutScript) -> RuntimeCall {
	let (amount, max_fee) = (Sats(100_000), Sats(20_000));
	RuntimeCall::Peg(Call::withdraw { script, amount, max_fee })
}

/// An address of one of the two usual kinds.
fn usual(index: u32, members: &[Member]) -> PayoutScript {
	match index % 2 {
		0 => PayoutScript::P2wpkh([3; 20]),
		_ => PayoutScript::P2tr(members[0].key),
	}
}

/// The weight of calls against the time that they take.
fn safety(chain: &mut Chain, calls: &[RuntimeCall]) -> f64 {
	let nothing = calls.iter().map(|call| {
		let remark = vec![0; call.encoded_size()];
		RuntimeCall::System(frame_system::Call::remark { remark })
	});
	let nothing = chain.time_calls(nothing.collect());
	let taken = chain.time_calls(calls.to_vec()).saturating_sub(nothing);
	let charged = calls.iter().map(computation).sum::<u64>();
	charged as f64 / picoseconds(taken)
}

fn picoseconds(time: Duration) -> f64 {
	time.as_secs_f64() * 1e12
}

/// How fast the runtime checks a member's signatures, against the library by itself.
fn bip340(chain: &mut Chain, member: &Member, batch: u32, attempt: &AttemptView<AccountId>) -> f64 {
	let signatures = member.sign(&attempt.sighashes);
	let mut enter = |signatures: &[Signature]| {
		let arguments = (batch, attempt.index, member.key, signatures);
		let transaction: Option<UncheckedExtrinsic> =
			chain.ask("PegApi_sign_transaction", arguments);
		let transaction = transaction.expect("not too many signatures");
		let arguments = (TransactionSource::External, transaction, H256::zero()).encode();
		let method = "TaggedTransactionQueue_validate_transaction";
		let validity = TransactionValidity::decode(&mut &chain.call(method, &arguments)[..]);
		let time = best(|| drop(black_box(chain.call(method, &arguments))));
		(validity.expect("it decodes").is_ok(), time)
	};
	let (accepted, all) = enter(&signatures);
	assert!(accepted, "the signatures must be good");
	// One is missing: refused when they are counted, before any is checked.
	let (accepted, none) = enter(&signatures[1..]);
	assert!(!accepted, "signatures must be counted");

	let curve = Secp256k1::verification_only();
	let key = bitcoin::XOnlyPublicKey::from_slice(&member.key.0).expect("a key");
	let signed = attempt
		.sighashes
		.iter()
		.zip(&signatures)
		.map(|(hash, signature)| {
			let signature = schnorr::Signature::from_slice(&signature.0).expect("64 bytes");
			(Message::from_digest(*hash), signature)
		})
		.collect::<Vec<_>>();
	let native = best(|| {
		for (message, signature) in &signed {
			curve.verify_schnorr(signature, message, &key).expect("it is good");
		}
	});
	native.as_secs_f64() / all.saturating_sub(none).as_secs_f64()
}
