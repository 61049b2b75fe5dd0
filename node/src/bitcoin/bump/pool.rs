// SPDX-License-Identifier: GPL-3.0-or-later WITH Classpath-exception-2.0

//! How a transaction to pay for, and the coins to pay with, stand with the Bitcoin node.

use crate::bitcoin::{
	answers::amount,
	rpc::{BitcoinRpc, CallError},
};
use bitcoin::Transaction;
use entangled_bitcoin::{weight::WITNESS_SCALE_FACTOR, FeeRate, OutPoint, Sats, Txid, Weight};
use serde_json::{json, Value};

/// Confirmations after which a coinbase output can be spent (`COINBASE_MATURITY`).
const MATURITY: u64 = 100;

/// A child that waits in the memory pool.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Waiting {
	/// Its id.
	pub txid: Txid,
	/// What it and all that it rests on pay together.
	pub rate: FeeRate,
	/// The fees of all these, and of what rests on it: what replacing it must be worth.
	pub fee: Sats,
	/// What all these weigh.
	pub weight: Weight,
}

/// What waits in the memory pool and spends what a transaction spends that does not wait itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rival {
	/// The best rate at which any of what would go is mined: it alone, or with all that rests on it.
	pub rate: FeeRate,
	/// The fees of all that would go.
	pub fee: Sats,
}

/// The child that spends an anchor, if one waits.
pub async fn waiting(rpc: &dyn BitcoinRpc, anchor: OutPoint) -> Result<Option<Waiting>, CallError> {
	match spenders(rpc, &[anchor]).await?.into_iter().flatten().next() {
		Some(txid) => entry(rpc, txid).await?.map(|entry| entry.waiting()).transpose(),
		None => Ok(None),
	}
}

/// What must go so that a transaction can come; nothing where it waits itself, or nothing else spends
/// what it spends. Of several rivals it is one: the transactions to pay for have one input.
pub async fn rival(
	rpc: &dyn BitcoinRpc,
	transaction: &Transaction,
) -> Result<Option<Rival>, CallError> {
	let txid = Txid::from(transaction.compute_txid());
	let inputs = transaction.input.iter().map(|input| OutPoint::from(input.previous_output));
	let spenders = spenders(rpc, &inputs.collect::<Vec<_>>()).await?;
	match spenders.into_iter().flatten().find(|spender| *spender != txid) {
		Some(txid) => entry(rpc, txid).await?.map(|entry| entry.rival()).transpose(),
		None => Ok(None),
	}
}

/// `getmempoolentry`; nothing of what has just left the pool.
async fn entry(rpc: &dyn BitcoinRpc, txid: Txid) -> Result<Option<Entry>, CallError> {
	match rpc.call("getmempoolentry", &[json!(txid)]).await {
		Ok(fields) => Ok(Some(Entry { txid, fields })),
		Err(CallError::Refused { code: CallError::NOT_FOUND, .. }) => Ok(None),
		Err(error) => Err(error),
	}
}

/// What a node says of what waits.
struct Entry {
	txid: Txid,
	fields: Value,
}

impl Entry {
	fn malformed(&self) -> CallError {
		CallError::Malformed(format!("getmempoolentry of {} is malformed", self.txid))
	}

	fn fee(&self, what: &str) -> Result<Sats, CallError> {
		amount(&self.fields["fees"][what], what)
	}

	fn size(&self, what: &str) -> Result<u64, CallError> {
		let size = self.fields[what].as_u64().filter(|size| *size > 0);
		size.ok_or_else(|| self.malformed())
	}

	fn rival(&self) -> Result<Rival, CallError> {
		let (fee, all) = (self.fee("base")?, self.fee("descendant")?);
		let alone = rate(fee, self.size("vsize")?);
		Ok(Rival { rate: alone.max(rate(all, self.size("descendantsize")?)), fee: all })
	}

	fn waiting(&self) -> Result<Waiting, CallError> {
		let malformed = || self.malformed();
		// Ancestors and descendants count itself, each.
		let all = |ancestors: u64, descendants: u64, own: u64| {
			ancestors.checked_add(descendants)?.checked_sub(own)
		};
		let (fees, vbytes) = (self.fee("ancestor")?, self.size("ancestorsize")?);
		let fee = all(fees.0, self.fee("descendant")?.0, self.fee("base")?.0);
		let all_vbytes = all(vbytes, self.size("descendantsize")?, self.size("vsize")?)
			.and_then(|vbytes| vbytes.checked_mul(WITNESS_SCALE_FACTOR))
			.ok_or_else(malformed)?;
		Ok(Waiting {
			txid: self.txid,
			rate: rate(fees, vbytes),
			fee: Sats(fee.ok_or_else(malformed)?),
			weight: Weight(all_vbytes),
		})
	}
}

/// What a fee for so many virtual bytes comes to, rounded down.
pub fn rate(fee: Sats, vbytes: u64) -> FeeRate {
	let rate = u128::from(fee.0).saturating_mul(1_000).checked_div(vbytes.into());
	FeeRate(rate.and_then(|rate| rate.try_into().ok()).unwrap_or(u64::MAX))
}

/// `gettxspendingprevout`: which waiting transaction spends each of these outputs.
pub async fn spenders(
	rpc: &dyn BitcoinRpc,
	outputs: &[OutPoint],
) -> Result<Vec<Option<Txid>>, CallError> {
	if outputs.is_empty() {
		return Ok(vec![]);
	}
	let asked = outputs
		.iter()
		.map(|output| json!({ "txid": output.txid, "vout": output.vout }))
		.collect::<Vec<_>>();
	let answer = rpc.call("gettxspendingprevout", &[json!(asked)]).await?;
	let malformed = || CallError::Malformed("gettxspendingprevout of other outputs".into());
	let answers = answer.as_array().filter(|answers| answers.len() == outputs.len());
	answers
		.ok_or_else(malformed)?
		.iter()
		.map(|answer| match &answer["spendingtxid"] {
			Value::Null => Ok(None),
			txid => {
				txid.as_str().and_then(|txid| txid.parse().ok()).map(Some).ok_or_else(malformed)
			},
		})
		.collect()
}

/// `sendrawtransaction` of what spends an output in the memory pool, so that peers hear of it again.
pub async fn send_spender_again(rpc: &dyn BitcoinRpc, output: OutPoint) -> Result<(), CallError> {
	let Some(txid) = spenders(rpc, &[output]).await?.into_iter().flatten().next() else {
		return Ok(());
	};
	let raw = rpc.call("getrawtransaction", &[json!(txid)]).await?;
	rpc.call("sendrawtransaction", &[raw]).await.map(drop)
}

/// `gettxout`: whether the output is in a block and unspent there, and could be spent in the next.
pub async fn is_spendable(rpc: &dyn BitcoinRpc, output: OutPoint) -> Result<bool, CallError> {
	let answer =
		rpc.call("gettxout", &[json!(output.txid), json!(output.vout), json!(false)]).await?;
	if answer.is_null() {
		return Ok(false);
	}
	let malformed = || CallError::Malformed(format!("gettxout of {output} is malformed"));
	let confirmations = answer["confirmations"].as_u64().ok_or_else(malformed)?;
	let coinbase = answer["coinbase"].as_bool().ok_or_else(malformed)?;
	Ok(confirmations >= if coinbase { MATURITY } else { 1 })
}
