// SPDX-License-Identifier: GPL-3.0-or-later WITH Classpath-exception-2.0

//! What the peg does, with the largest committee: how fast signatures are checked, and whether the
//! weights suffice.

mod ladder;
mod weights;

use crate::{
	best,
	chain::{Chain, Runtime},
	committee::{self, Member, MEMBERS},
	regtest::{confirm, transaction, Miner},
	weights::{charged, ratio},
	Figures,
};
use bitcoin::{
	consensus,
	secp256k1::{schnorr, Message, Secp256k1},
	Amount, Transaction, TxOut, XOnlyPublicKey,
};
use codec::{Decode, Encode};
use entangled_bitcoin::{script::Refund, Destination, PayoutScript, Sats, Signature, XOnlyKey};
use entangled_runtime::{AccountId, RuntimeCall, UncheckedExtrinsic};
use pallet_peg::{
	AttemptView, BatchView, Call, DepositAddress, DepositTerms, QuoteError, SignedTransaction,
	WithdrawalId, MAX_INPUTS, MAX_PAYOUTS,
};
use polkadot_sdk::{
	sp_core::H256,
	sp_keyring::Sr25519Keyring,
	sp_runtime::transaction_validity::{TransactionSource, TransactionValidity},
};
use serde_json::Value;

/// What each deposit holds.
const DEPOSIT: Amount = Amount::from_sat(10_000_000);
/// What each withdrawal asks for.
const WITHDRAWAL: Sats = Sats(100_000);

/// A batch from the deposits to the settlement, and what each part of it takes.
pub fn measure(figures: &mut Figures) {
	let members = committee::members(MEMBERS);
	let runtime = Runtime::of(|patch| {
		committee::appoint(patch, &members);
		// Nobody bonds anything here.
		patch["peg"]["policy"]["bondedCapPpm"] = Value::Null;
	});
	let mut chain = runtime.chain();
	let mut miner = Miner::new();
	let to_key = PayoutScript::P2tr(members[0].key);
	let to_hash = PayoutScript::P2wpkh([3; 20]);

	// Addresses name the first block, which its own state does not know yet.
	chain.block(None, vec![]);
	let claims = deposits(&mut chain, &mut miner, members[0].key, 1);
	figures.add("claim_weight_picoseconds", charged(&claims[0]) as f64, "picoseconds");
	figures.add("claim_weight_vs_measured", safety(&mut chain, &claims), "ratio");
	chain.block(None, claims);

	let each = |call: fn(WithdrawalId) -> Call<_>| {
		(0..MAX_PAYOUTS).map(|id| RuntimeCall::Peg(call(id.into()))).collect::<Vec<_>>()
	};
	let asking = (0..MAX_PAYOUTS).map(|_| withdraw(to_key, Sats(20_000))).collect::<Vec<_>>();
	figures.add("withdraw_weight_vs_measured", safety(&mut chain, &asking), "ratio");
	let asking = [to_hash, to_key].into_iter().cycle().take(MAX_PAYOUTS as usize);
	let asking = asking.map(|script| withdraw(script, Sats(20_000)));
	chain.block(None, asking.collect());
	for (name, calls) in [
		("raise_fee", each(|id| Call::raise_fee { id, max_fee: Sats(30_000) })),
		("cancel", each(|id| Call::cancel { id })),
		("reserve", each(|id| Call::reserve { id })),
	] {
		let safety = safety(&mut chain, &calls);
		figures.add(&format!("{name}_weight_vs_measured"), safety, "ratio");
	}

	miner.mine_empty(1);
	chain.block(Some(miner.observation()), vec![]);
	figures.add("step_weight_vs_measured", step_safety(&mut chain), "ratio");

	let batch: Option<BatchView<AccountId>> = chain.ask("PegApi_batch", ());
	let batch = batch.expect("it was built");
	let attempt = &batch.attempts[0];
	assert_eq!(attempt.payouts.len(), MAX_PAYOUTS as usize, "the batch must be full");
	assert_eq!(attempt.sighashes.len(), MAX_INPUTS as usize, "the batch must spend all");
	figures.add("bip340_vs_native", bip340(&mut chain, &members[0], batch.id, attempt), "ratio");
	let signing = members.iter().map(|member| {
		let signatures = member.sign(&attempt.sighashes);
		let signatures = signatures.try_into().expect("as many as inputs");
		let (batch, attempt, key) = (batch.id, attempt.index, member.key);
		RuntimeCall::Peg(Call::sign { batch, attempt, key, signatures })
	});
	let signing = signing.collect::<Vec<_>>();
	figures.add("sign_weight_vs_measured", safety(&mut chain, &signing), "ratio");
	chain.block(None, signing);

	let complete: Vec<SignedTransaction> = chain.ask("PegApi_transactions", ());
	let complete = consensus::deserialize(&complete[0].bytes).expect("Bitcoin's serialisation");
	let claim = confirm(&mut chain, &mut miner, vec![complete]).remove(0);
	let settling = vec![RuntimeCall::Peg(Call::settle { claim })];
	figures.add("settle_weight_vs_measured", safety(&mut chain, &settling), "ratio");
	chain.block(None, settling);

	let claims = deposits(&mut chain, &mut miner, members[0].key, 2);
	chain.block(None, claims);
	ladder::climb(&mut chain, &mut miner, to_key);
	figures.add("longest_step_weight_vs_measured", step_safety(&mut chain), "ratio");
	let batch: Option<BatchView<AccountId>> = chain.ask("PegApi_batch", ());
	assert!(batch.is_none(), "nothing must have been found to pay or to sweep");
}

/// As many deposits as one batch sweeps, each to an address with a way back, in one transaction. The
/// claims of them. Each `round` makes another transaction.
fn deposits(
	chain: &mut Chain,
	miner: &mut Miner,
	refund_key: XOnlyKey,
	round: u32,
) -> Vec<RuntimeCall> {
	let terms = DepositTerms::Own {
		committee: 0,
		destination: Destination::Account(Sr25519Keyring::Alice.to_account_id().into()),
		refund: Refund { key: refund_key, delay: 100 },
	};
	let address: Result<DepositAddress, QuoteError> = chain.ask("PegApi_deposit_address", &terms);
	let script_pubkey = address.expect("the terms are good").script.into();
	let output = vec![TxOut { value: DEPOSIT, script_pubkey }; MAX_INPUTS as usize];
	let claim = confirm(chain, miner, vec![Transaction { output, ..transaction(round) }]).remove(0);
	(0..MAX_INPUTS)
		.map(|vout| (claim.clone(), vout, terms.clone()))
		.map(|(claim, vout, terms)| RuntimeCall::Peg(Call::claim { claim, vout, terms }))
		.collect()
}

fn withdraw(script: PayoutScript, max_fee: Sats) -> RuntimeCall {
	RuntimeCall::Peg(Call::withdraw { script, amount: WITHDRAWAL, max_fee })
}

/// The weight of calls against the time that they take.
fn safety(chain: &mut Chain, calls: &[RuntimeCall]) -> f64 {
	crate::weights::safety(chain, calls, weights::computation)
}

/// The weight of the hook in the next block, which has news of Bitcoin, against the time that it
/// takes more than the hook of the block after. Makes both blocks.
fn step_safety(chain: &mut Chain) -> f64 {
	let step = chain.time_hooks();
	chain.block(None, vec![]);
	let idle = chain.time_hooks();
	chain.block(None, vec![]);
	ratio(weights::of_step(), step.saturating_sub(idle))
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
		let mut answer = vec![];
		let time = best(|| answer = chain.undone(|chain| chain.call(method, &arguments)));
		let validity = TransactionValidity::decode(&mut &answer[..]).expect("it decodes");
		(validity.is_ok(), time)
	};
	let (accepted, all) = enter(&signatures);
	assert!(accepted, "the signatures must be good");
	// One is missing: refused when they are counted, before any is checked.
	let (accepted, none) = enter(&signatures[1..]);
	assert!(!accepted, "signatures must be counted");

	let curve = Secp256k1::verification_only();
	let key = XOnlyPublicKey::from_slice(&member.key.0).expect("a key");
	let signed = attempt.sighashes.iter().zip(&signatures).map(|(hash, signature)| {
		let signature = schnorr::Signature::from_slice(&signature.0).expect("64 bytes");
		(Message::from_digest(*hash), signature)
	});
	let signed = signed.collect::<Vec<_>>();
	let native = best(|| {
		for (message, signature) in &signed {
			curve.verify_schnorr(signature, message, &key).expect("it is good");
		}
	});
	native.as_secs_f64() / all.saturating_sub(none).as_secs_f64()
}
