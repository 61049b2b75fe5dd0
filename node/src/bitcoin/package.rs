// SPDX-License-Identifier: GPL-3.0-or-later WITH Classpath-exception-2.0

//! Sending a parent and a child together, so that the child pays for a parent that nodes would not
//! take alone.

use super::{
	answers,
	rpc::{clip, BitcoinRpc, CallError},
};
use bitcoin::{consensus::encode::serialize_hex, Transaction};
use entangled_bitcoin::FeeRate;
use serde_json::json;

/// Where the parent is now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
	/// In the memory pool, with the child.
	Pool,
	/// In a block.
	Chain,
}

/// Why the two are not where they should be.
#[derive(Debug, thiserror::Error)]
pub enum PackageError {
	/// There was no answer about them.
	#[error(transparent)]
	Call(#[from] CallError),
	/// The node does not know packages with anchors as Bitcoin Core has them since version 28.
	#[error(
		"the Bitcoin node takes no packages with anchors; Bitcoin Core does so since version 28"
	)]
	Unsupported,
	/// Together they pay less than the memory pool asks for now.
	#[error("the Bitcoin node's memory pool asks for {} sat/kvB", needed.0)]
	BelowMinimum {
		/// What it asks for.
		needed: FeeRate,
	},
	/// They pay too little to replace what waits and spends the same: another child, or a rival of
	/// the parent with all that rests on it.
	#[error("what waits is not replaced: {0}")]
	NotReplaced(String),
	/// The parent spends what is spent: a rival of it is in the chain, or it was itself, long ago.
	#[error("what the parent spends is spent")]
	ParentSpent,
	/// The child spends what is spent.
	#[error("what the child pays with is spent")]
	ChildSpent,
	/// One of the two is refused for another reason, which should not happen.
	#[error("the Bitcoin node refuses the package: {0}")]
	Refused(String),
}

/// Sends both by `submitpackage`. That the node has them already is success.
pub async fn submit_package(
	rpc: &dyn BitcoinRpc,
	parent: &Transaction,
	child: &Transaction,
) -> Result<Place, PackageError> {
	let package = json!([serialize_hex(parent), serialize_hex(child)]);
	let answer = match rpc.call("submitpackage", &[package]).await {
		Err(CallError::Refused { code: CallError::METHOD_NOT_FOUND, .. }) => {
			return Err(PackageError::Unsupported)
		},
		answer => answer?,
	};
	// Versions before 27 answer without it.
	let message = answer["package_msg"].as_str().ok_or(PackageError::Unsupported)?;
	match message {
		"success" => return Ok(Place::Pool),
		// It is one of the two.
		"transaction failed" => {},
		outbid if outbid.starts_with("package RBF failed") => {
			return Err(PackageError::NotReplaced(clip(outbid)))
		},
		other => return Err(PackageError::Refused(clip(other))),
	}
	let result = |transaction: &Transaction| {
		let wtxid = transaction.compute_wtxid();
		let result = answer["tx-results"].get(wtxid.to_string());
		result
			.map(|result| result["error"].as_str())
			.ok_or_else(|| CallError::Malformed(format!("submitpackage without {wtxid}")))
	};
	match judge(result(parent)?, result(child)?) {
		Fault::Mined => Ok(Place::Chain),
		Fault::BelowMinimum => {
			let minimum = answers::pool_minimum(rpc).await?;
			Err(PackageError::BelowMinimum { needed: minimum.now.max(minimum.relay) })
		},
		Fault::NotReplaced(reason) => Err(PackageError::NotReplaced(clip(reason))),
		Fault::ParentSpent => Err(PackageError::ParentSpent),
		Fault::ChildSpent => Err(PackageError::ChildSpent),
		Fault::Unsupported => Err(PackageError::Unsupported),
		Fault::Other(reason) => Err(PackageError::Refused(clip(reason))),
	}
}

/// What a package failed of.
#[derive(Debug, PartialEq, Eq)]
enum Fault<'a> {
	Mined,
	BelowMinimum,
	NotReplaced(&'a str),
	ParentSpent,
	ChildSpent,
	Unsupported,
	Other(&'a str),
}

/// What the errors of parent and child say, by their first words (`TxValidationState`).
fn judge<'a>(parent: Option<&'a str>, child: Option<&'a str>) -> Fault<'a> {
	const MINED: &str = "txn-already-known";
	const SPENT: &str = "bad-txns-inputs-missingorspent";
	const BELOW_MINIMUM: [&str; 2] = ["mempool min fee not met", "min relay fee not met"];
	let is = |error: Option<&str>, reason: &str| error.is_some_and(|e| e.starts_with(reason));
	if is(parent, MINED) || is(child, MINED) {
		return Fault::Mined;
	}
	if is(parent, SPENT) {
		// With the child taken nevertheless, its anchor is there, and so it was mined.
		return if child.is_none() { Fault::Mined } else { Fault::ParentSpent };
	}
	match (parent, child) {
		// Without the parent, the child spends what is not there, and that says nothing. But with a
		// parent that only pays too little, both were judged together.
		(Some(_), Some(_))
			if is(child, SPENT) && BELOW_MINIMUM.iter().any(|reason| is(parent, reason)) =>
		{
			Fault::ChildSpent
		},
		(None, Some(_)) if is(child, SPENT) => Fault::ChildSpent,
		(_, Some(error)) if !is(child, SPENT) => of_child(error),
		(Some(error), _) => of_parent(error),
		(None, _) => Fault::Other("no reason is told"),
	}
}

fn of_parent(error: &str) -> Fault<'_> {
	if is_outbid(error) {
		Fault::NotReplaced(error)
	} else {
		Fault::Other(error)
	}
}

fn of_child(error: &str) -> Fault<'_> {
	let is_one_of = |reasons: &[&str]| reasons.iter().any(|reason| error.starts_with(reason));
	if is_one_of(&["mempool min fee not met", "min relay fee not met", "mempool full"]) {
		Fault::BelowMinimum
	} else if is_outbid(error) {
		Fault::NotReplaced(error)
	} else if is_one_of(&["bad-txns-nonstandard-inputs"]) {
		Fault::Unsupported
	} else {
		Fault::Other(error)
	}
}

fn is_outbid(error: &str) -> bool {
	["insufficient fee", "replacement-failed", "bip125-replacement-disallowed"]
		.iter()
		.any(|reason| error.starts_with(reason))
}

#[cfg(test)]
mod tests;
