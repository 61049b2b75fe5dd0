//! Methods on transactions (`rpc/rawtransaction.cpp`, `rpc/mempool.cpp`, `rpc/txoutproof.cpp`).

use std::{
	collections::{BTreeSet, HashSet},
	sync::Arc,
};

use bitcoin::{
	consensus::encode::serialize_hex, hashes::Hash, BlockHash, MerkleBlock, OutPoint, Transaction,
	Txid,
};
use serde_json::{json, Map, Value};

use super::{
	args::{self, Args},
	blockchain,
	error::{Code, RpcError, RpcResult},
	render::{self, Detail},
	Rpc,
};
use crate::bitcoin::{
	chain::tree::BlockEntry,
	coins::{is_unspendable, Coin},
	fee::{btc, FeeRate},
	mempool::{
		acceptance::Plan,
		rejection::{Reason, Rejection},
	},
	node::Node,
};

/// Fee rate above which a transaction is taken for a mistake (`DEFAULT_MAX_RAW_TX_FEE_RATE`): 0.10
/// BTC/kvB.
const MAX_FEE_RATE: FeeRate = FeeRate::from_sat_per_kvb(10_000_000);
/// Most transactions tested together (`MAX_PACKAGE_COUNT`).
const MAX_PACKAGE_COUNT: usize = 25;

/// `getrawtransaction`.
pub fn get_raw_transaction(rpc: &Rpc, args: &Args) -> RpcResult {
	let txid = args.txid(0, "parameter 1")?;
	let verbosity = args.verbosity_or(1, 0)?;
	let block_hash = args.optional_block_hash(2, "parameter 3")?;
	let node = rpc.node();
	let genesis = node.chain.tree().get(&node.chain.tree().genesis());
	if genesis
		.is_some_and(|genesis| genesis.header.merkle_root.to_byte_array() == txid.to_byte_array())
	{
		let message =
			"The genesis block coinbase is not considered an ordinary transaction and cannot be retrieved";
		return Err(RpcError::new(Code::InvalidAddressOrKey, message));
	}
	let (transaction, entry) = locate(&node, &txid, block_hash)?;
	if verbosity <= 0 {
		return Ok(serialize_hex(transaction.as_ref()).into());
	}
	let detail = if verbosity == 1 { Detail::Full } else { Detail::Prevouts };
	let spent = if verbosity == 1 { None } else { spent_coins(&node, &transaction, entry) };
	let mut out = render::transaction(&transaction, spent.as_deref(), detail, true);
	if let Some(entry) = entry {
		if block_hash.is_some() {
			out.insert("in_active_chain".into(), node.chain.is_active(entry).into());
		}
		insert_place(&node, entry, &mut out);
	}
	Ok(Value::Object(out))
}

/// Where a transaction stands in the chain (`TxToJSON`).
fn insert_place(node: &Node, entry: &BlockEntry, out: &mut Map<String, Value>) {
	out.insert("blockhash".into(), entry.hash.to_string().into());
	if node.chain.is_active(entry) {
		out.insert("confirmations".into(), render::confirmations(node, entry).into());
		out.insert("time".into(), entry.header.time.into());
		out.insert("blocktime".into(), entry.header.time.into());
	} else {
		out.insert("confirmations".into(), 0.into());
	}
}

/// A transaction of the pool or of an active block, or of the block that is asked for.
fn locate<'a>(
	node: &'a Node,
	txid: &Txid,
	block_hash: Option<BlockHash>,
) -> Result<(Arc<Transaction>, Option<&'a BlockEntry>), RpcError> {
	let not_found = |what: &str| {
		let message = format!("{what}. Use gettransaction for wallet transactions.");
		RpcError::new(Code::InvalidAddressOrKey, message)
	};
	if let Some(hash) = block_hash {
		let error = || RpcError::new(Code::InvalidAddressOrKey, "Block hash not found");
		let entry = node.chain.tree().get(&hash).ok_or_else(error)?;
		if entry.block.is_none() {
			return Err(RpcError::new(Code::Misc, "Block not available"));
		}
		let transaction = transaction_in(entry, txid);
		let transaction = transaction
			.ok_or_else(|| not_found("No such transaction found in the provided block"))?;
		return Ok((transaction, Some(entry)));
	}
	if let Some(waiting) = node.mempool.get(txid) {
		return Ok((waiting.transaction.clone(), None));
	}
	let entry = node.coins.block_of(txid).and_then(|hash| node.chain.tree().get(&hash));
	let found = entry.and_then(|entry| Some((transaction_in(entry, txid)?, Some(entry))));
	found.ok_or_else(|| not_found("No such mempool or blockchain transaction"))
}

fn transaction_in(entry: &BlockEntry, txid: &Txid) -> Option<Arc<Transaction>> {
	let block = entry.block.as_ref()?;
	block
		.txdata
		.iter()
		.find(|transaction| transaction.compute_txid() == *txid)
		.cloned()
		.map(Arc::new)
}

/// The coins that a transaction of an active block has spent.
fn spent_coins(
	node: &Node,
	transaction: &Transaction,
	entry: Option<&BlockEntry>,
) -> Option<Vec<Coin>> {
	let entry = entry.filter(|entry| node.chain.is_active(entry))?;
	let txid = transaction.compute_txid();
	let position =
		entry.block.as_ref()?.txdata.iter().position(|other| other.compute_txid() == txid)?;
	node.coins.spent_by(entry.height, position).map(<[Coin]>::to_vec)
}

/// `decoderawtransaction`. The form is told from the bytes, so `iswitness` changes nothing for a
/// transaction with inputs.
pub fn decode_raw_transaction(_: &Rpc, args: &Args) -> RpcResult {
	args.bool_or(1, true)?;
	let transaction = args::transaction(args.string(0)?, "TX decode failed")?;
	Ok(Value::Object(render::transaction(&transaction, None, Detail::Full, false)))
}

/// `sendrawtransaction`.
pub fn send_raw_transaction(rpc: &Rpc, args: &Args) -> RpcResult {
	let max_burn = args.amount_or(2, 0)?;
	let message = "TX decode failed. Make sure the tx has at least one input.";
	let transaction = args::transaction(args.string(0)?, message)?;
	let burns = |output: &bitcoin::TxOut| {
		let broken = output.script_pubkey.instructions().any(|instruction| instruction.is_err());
		(is_unspendable(output) || broken) && output.value.to_sat() > max_burn
	};
	if transaction.output.iter().any(burns) {
		let message = "Unspendable output exceeds maximum configured by user (maxburnamount)";
		return Err(RpcError::new(Code::Verify, message));
	}
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
	let raw = args.strings(0)?;
	if raw.is_empty() || raw.len() > MAX_PACKAGE_COUNT {
		let message = format!("Array must contain between 1 and {MAX_PACKAGE_COUNT} transactions.");
		return Err(RpcError::new(Code::InvalidParameter, message));
	}
	let max_fee_rate = args.fee_rate_or(1, MAX_FEE_RATE)?;
	let decode = |text: &&str| {
		args::transaction(
			text,
			format!("TX decode failed: {text} Make sure the tx has at least one input."),
		)
	};
	let transactions = raw.iter().map(decode).collect::<Result<Vec<_>, _>>()?;
	let node = rpc.node();
	if transactions.len() > 1 {
		if let Some(error) = package_error(&transactions) {
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
		let fees = json!({
			"base": btc(plan.entry.fee),
			"effective-feerate": btc(FeeRate::of(plan.entry.fee, vsize).to_sat_per_kvb()),
			"effective-includes": [plan.entry.wtxid.to_string()],
		});
		out.insert("vsize".into(), vsize.into());
		out.insert("fees".into(), fees);
	}
	too_high
}

fn names(transaction: &Transaction) -> Map<String, Value> {
	let txid = transaction.compute_txid().to_string().into();
	let wtxid = transaction.compute_wtxid().to_string().into();
	Map::from_iter([("txid".to_owned(), txid), ("wtxid".to_owned(), wtxid)])
}

/// What makes a list of transactions no package (`IsWellFormedPackage`).
fn package_error(transactions: &[Transaction]) -> Option<&'static str> {
	let txids: Vec<Txid> = transactions.iter().map(Transaction::compute_txid).collect();
	let unique: HashSet<&Txid> = txids.iter().collect();
	if unique.len() != txids.len() {
		return Some("package-contains-duplicates");
	}
	let mut spent: HashSet<OutPoint> = HashSet::new();
	for (index, transaction) in transactions.iter().enumerate() {
		let later = &txids[index..];
		if transaction.input.iter().any(|input| later.contains(&input.previous_output.txid)) {
			return Some("package-not-sorted");
		}
	}
	let conflicting = |input: &bitcoin::TxIn| !spent.insert(input.previous_output);
	transactions
		.iter()
		.flat_map(|transaction| &transaction.input)
		.any(conflicting)
		.then_some("conflict-in-package")
}

/// `gettxoutproof`.
pub fn get_tx_out_proof(rpc: &Rpc, args: &Args) -> RpcResult {
	let mut txids = BTreeSet::new();
	for text in args.strings(0)? {
		if !txids.insert(args::hash::<Txid>(text, "txid")?) {
			let message = format!("Invalid parameter, duplicated txid: {text}");
			return Err(RpcError::new(Code::InvalidParameter, message));
		}
	}
	if txids.is_empty() {
		return Err(RpcError::new(Code::InvalidParameter, "Parameter 'txids' cannot be empty"));
	}
	let wanted = args.optional_block_hash(1, "blockhash")?;
	let node = rpc.node();
	let hash = match wanted {
		Some(hash) => hash,
		None => {
			let error = || RpcError::new(Code::InvalidAddressOrKey, "Transaction not yet in block");
			txids.iter().find_map(|txid| node.coins.block_of(txid)).ok_or_else(error)?
		},
	};
	let block = blockchain::data(blockchain::find(&node, &hash)?)?;
	let found = block
		.txdata
		.iter()
		.filter(|transaction| txids.contains(&transaction.compute_txid()))
		.count();
	if found != txids.len() {
		let message = "Not all transactions found in specified or retrieved block";
		return Err(RpcError::new(Code::InvalidAddressOrKey, message));
	}
	let proof = MerkleBlock::from_block_with_predicate(block, |txid| txids.contains(txid));
	Ok(serialize_hex(&proof).into())
}
