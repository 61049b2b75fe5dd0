//! Methods that offer transactions to the memory pool (`rpc/mempool.cpp`).

use bitcoin::{Transaction, TxOut, Wtxid};
use serde_json::{json, Map, Value};

use super::{
	args::{self, Args},
	error::{Code, RpcError, RpcResult},
	Rpc,
};
use crate::bitcoin::{
	coins::is_unspendable,
	fee::{btc, FeeRate},
	mempool::{
		acceptance::Plan,
		package::{self, is_child_with_parents, Outcome, MAX_PACKAGE_COUNT},
		rejection::{Reason, Rejection},
		Entry,
	},
};

/// Fee rate above which a transaction is taken for a mistake (`DEFAULT_MAX_RAW_TX_FEE_RATE`): 0.10
/// BTC/kvB.
const MAX_FEE_RATE: FeeRate = FeeRate::from_sat_per_kvb(10_000_000);

/// `sendrawtransaction`.
pub fn send_raw_transaction(rpc: &Rpc, args: &Args) -> RpcResult {
	let max_burn = args.amount_or(2, 0)?;
	let message = "TX decode failed. Make sure the tx has at least one input.";
	let transaction = args::transaction(args.string(0)?, message)?;
	check_burn(&transaction, max_burn)?;
	let max_fee = args.fee_rate_or(1, MAX_FEE_RATE)?.fee_for(transaction.vsize() as u64);

	let mut node = rpc.node();
	let txid = transaction.compute_txid();
	if node.coins.has_output_of(&transaction) {
		return Err(RpcError::new(
			Code::AlreadyInUtxoSet,
			"Transaction outputs already in utxo set",
		));
	}
	if node.mempool.get(&txid).is_some() {
		return Ok(txid.to_string().into());
	}
	let plan = node.test_transaction(transaction).map_err(refused)?;
	if max_fee > 0 && plan.entry.fee > max_fee {
		let message = "Fee exceeds maximum configured by user (e.g. -maxtxfee, maxfeerate)";
		return Err(RpcError::new(Code::Verify, message));
	}
	Ok(node.take(plan).to_string().into())
}

/// A refusal with its code (`HandleATMPError`).
fn refused(rejection: Rejection) -> RpcError {
	let code =
		if rejection.reason == Reason::MissingInputs { Code::Verify } else { Code::Rejected };
	RpcError::new(code, rejection.to_string())
}

/// `testmempoolaccept`.
pub fn test_mempool_accept(rpc: &Rpc, args: &Args) -> RpcResult {
	let raw = package_argument(args)?;
	let max_fee_rate = args.fee_rate_or(1, MAX_FEE_RATE)?;
	let transactions = decode(&raw)?;
	let node = rpc.node();
	if transactions.len() > 1 {
		if let Some(error) = package::fault(&transactions) {
			let result = |transaction: &Transaction| {
				let mut out = names(transaction);
				out.insert("package-error".into(), error.into());
				Value::Object(out)
			};
			return Ok(transactions.iter().map(result).collect());
		}
	}
	let (plans, rejection) = match &transactions[..] {
		[single] => match node.test_transaction(single.clone()) {
			Ok(plan) => (vec![plan], None),
			Err(rejection) => (Vec::new(), Some(rejection)),
		},
		_ => node.test_package(transactions.clone()),
	};
	Ok(results(&transactions, &plans, rejection.as_ref(), max_fee_rate))
}

/// One result a transaction. When one is refused, those before it are not told to be allowed: the
/// package as a whole is not.
fn results(
	transactions: &[Transaction],
	plans: &[Plan],
	rejection: Option<&Rejection>,
	max_fee_rate: FeeRate,
) -> Value {
	let mut unfinished = false;
	let mut results = Vec::with_capacity(transactions.len());
	for (index, transaction) in transactions.iter().enumerate() {
		let mut out = names(transaction);
		match (rejection, plans.get(index)) {
			(Some(rejection), None) if index == plans.len() => {
				out.insert("allowed".into(), false.into());
				if rejection.reason == Reason::MissingInputs {
					out.insert("reject-reason".into(), "missing-inputs".into());
				} else {
					out.insert("reject-reason".into(), rejection.reason.to_string().into());
					out.insert("reject-details".into(), rejection.to_string().into());
				}
			},
			(None, Some(plan)) if !unfinished => {
				unfinished = insert_verdict(&mut out, plan, max_fee_rate)
			},
			_ => {},
		}
		results.push(Value::Object(out));
	}
	Value::Array(results)
}

/// The verdict on a transaction that the pool would take. Returns whether its fee is too high for
/// the caller.
fn insert_verdict(out: &mut Map<String, Value>, plan: &Plan, max_fee_rate: FeeRate) -> bool {
	let vsize = plan.entry.vsize();
	let max_fee = max_fee_rate.fee_for(vsize);
	let too_high = max_fee > 0 && plan.entry.fee > max_fee;
	out.insert("allowed".into(), (!too_high).into());
	if too_high {
		out.insert("reject-reason".into(), "max-fee-exceeded".into());
	} else {
		out.insert("vsize".into(), vsize.into());
		let rate = FeeRate::of(plan.entry.fee, vsize);
		out.insert("fees".into(), fees(&plan.entry, rate, &[plan.entry.wtxid]));
	}
	too_high
}

fn names(transaction: &Transaction) -> Map<String, Value> {
	let txid = transaction.compute_txid().to_string().into();
	let wtxid = transaction.compute_wtxid().to_string().into();
	Map::from_iter([("txid".to_owned(), txid), ("wtxid".to_owned(), wtxid)])
}

/// `submitpackage`.
pub fn submit_package(rpc: &Rpc, args: &Args) -> RpcResult {
	let raw = package_argument(args)?;
	let max_rate = Some(args.fee_rate_or(1, MAX_FEE_RATE)?).filter(|rate| *rate > FeeRate::ZERO);
	let max_burn = args.amount_or(2, 0)?;
	let transactions = decode(&raw)?;
	for transaction in &transactions {
		check_burn(transaction, max_burn)?;
	}
	if transactions.len() > 1 && !is_child_with_parents(&transactions) {
		let message =
			"package topology disallowed. not child-with-parents or parents depend on each other.";
		return Err(RpcError::new(Code::Verify, message));
	}
	let verdict = rpc.node().submit_package(transactions.clone(), max_rate);
	let results = transactions.iter().map(|transaction| {
		let wtxid = transaction.compute_wtxid();
		let mut out = json!({ "txid": transaction.compute_txid().to_string() });
		match verdict.outcomes.get(&wtxid) {
			None => out["error"] = "package-not-validated".into(),
			Some(Outcome::Refused(rejection)) => out["error"] = rejection.to_string().into(),
			Some(Outcome::OtherWitness(other)) => out["other-wtxid"] = other.to_string().into(),
			Some(Outcome::Known(entry)) => {
				out["vsize"] = entry.vsize().into();
				out["fees"] = json!({ "base": btc(entry.fee) });
			},
			Some(Outcome::Accepted { entry, rate, includes }) => {
				out["vsize"] = entry.vsize().into();
				out["fees"] = fees(entry, *rate, includes);
			},
		}
		(wtxid.to_string(), out)
	});
	Ok(json!({
		"package_msg": verdict.failure.as_deref().unwrap_or("success"),
		"tx-results": results.collect::<Map<_, _>>(),
		"replaced-transactions":
			verdict.replaced.iter().map(|txid| txid.to_string().into()).collect::<Vec<Value>>(),
	}))
}

/// The raw transactions that are offered together.
fn package_argument(args: &Args) -> Result<Vec<&str>, RpcError> {
	let raw = args.strings(0)?;
	if raw.is_empty() || raw.len() > MAX_PACKAGE_COUNT {
		let message = format!("Array must contain between 1 and {MAX_PACKAGE_COUNT} transactions.");
		return Err(RpcError::new(Code::InvalidParameter, message));
	}
	Ok(raw)
}

fn decode(raw: &[&str]) -> Result<Vec<Transaction>, RpcError> {
	let decode = |text: &&str| {
		args::transaction(
			text,
			format!("TX decode failed: {text} Make sure the tx has at least one input."),
		)
	};
	raw.iter().map(decode).collect()
}

/// Refuses a transaction that destroys more than the caller says.
fn check_burn(transaction: &Transaction, most: u64) -> Result<(), RpcError> {
	let burns = |output: &TxOut| {
		let broken = output.script_pubkey.instructions().any(|instruction| instruction.is_err());
		(is_unspendable(output) || broken) && output.value.to_sat() > most
	};
	if transaction.output.iter().any(burns) {
		let message = "Unspendable output exceeds maximum configured by user (maxburnamount)";
		return Err(RpcError::new(Code::Verify, message));
	}
	Ok(())
}

/// What a transaction pays, and the rate at which it is judged with those in `includes`.
fn fees(entry: &Entry, rate: FeeRate, includes: &[Wtxid]) -> Value {
	json!({
		"base": btc(entry.fee),
		"effective-feerate": btc(rate.to_sat_per_kvb()),
		"effective-includes": includes.iter().map(Wtxid::to_string).collect::<Vec<_>>(),
	})
}
