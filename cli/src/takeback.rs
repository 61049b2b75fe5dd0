//! Coins that their owner takes alone when a delay is over: deposits that nobody claimed, bonds, and
//! what is left of bonds.

use crate::{
	bitcoin::Bitcoin,
	report::days,
	sign::{Answer, Asked, WrongSignature},
};
use anyhow::ensure;
use bitcoin::{consensus::encode::serialize_hex, Transaction};
use entangled_bitcoin::{
	psbt::SigningRequest,
	script::{RefundError, UnsignedRefund},
	taproot::TaprootOutput,
	Native, Sats, Signature, SpentOutput, Txid, XOnlyKey,
};
use serde::Serialize;
use std::fmt;

/// The transaction that takes a coin, up to the owner's signature.
pub struct Plan {
	/// Whose key signs.
	pub key: XOnlyKey,
	/// The coin.
	pub spent: SpentOutput,
	/// The transaction.
	pub unsigned: UnsignedRefund,
}

impl Plan {
	/// Takes a coin of `amount` that lies in `from`.
	pub fn new(
		key: XOnlyKey,
		from: &TaprootOutput,
		amount: Sats,
		unsigned: Result<UnsignedRefund, RefundError>,
	) -> anyhow::Result<Self> {
		let unsigned = unsigned.map_err(|error| anyhow::anyhow!("{error}"))?;
		let spent = SpentOutput { value: amount, script_pubkey: from.script_pubkey().into() };
		Ok(Self { key, spent, unsigned })
	}

	/// What the owner's key is asked to sign.
	pub fn request(&self) -> SigningRequest<'_> {
		let UnsignedRefund { transaction, sighash, leaf } = &self.unsigned;
		SigningRequest { transaction, spent: &self.spent, leaf, sighash, key: &self.key }
	}

	/// The transaction with this signature, which must be good.
	pub fn complete(&self, signature: &Signature) -> Result<Transaction, WrongSignature> {
		if self.key.verify::<Native>(&self.unsigned.sighash, signature) {
			Ok(self.unsigned.clone().complete(signature))
		} else {
			Err(WrongSignature)
		}
	}

	/// What the miner gets.
	pub fn fee(&self) -> Sats {
		let paid = self.unsigned.transaction.output.iter().map(|output| output.value.to_sat());
		Sats(paid.fold(self.spent.value.0, u64::saturating_sub))
	}
}

/// A transaction that takes a coin, as far as it is made.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Taken {
	fee: Sats,
	amount: Sats,
	to: String,
	/// How many blocks must come before a block can hold it, if the Bitcoin node knows.
	opens_in: Option<u32>,
	#[serde(flatten)]
	stage: Stage,
}

/// How far a transaction is made.
#[derive(Debug, Serialize)]
#[serde(untagged)]
pub enum Stage {
	/// Ready to be sent, or sent.
	Signed {
		/// Its id.
		txid: Txid,
		/// The transaction, as `sendrawtransaction` takes it.
		raw: String,
		/// Whether the Bitcoin node has it.
		broadcast: bool,
	},
	/// For another program to sign.
	Asked(Asked),
}

impl Stage {
	/// A complete transaction, sent to Bitcoin if a node is given.
	pub async fn signed(transaction: &Transaction, to: Option<&Bitcoin>) -> anyhow::Result<Self> {
		let raw = serialize_hex(transaction);
		if let Some(bitcoin) = to {
			bitcoin.send(&raw).await?;
		}
		let txid = transaction.compute_txid().into();
		Ok(Self::Signed { txid, raw, broadcast: to.is_some() })
	}
}

/// Has the plan signed, and sends the transaction to `bitcoin` if it is given.
pub async fn take(
	plan: &Plan,
	to: String,
	opens_in: Option<u32>,
	ask: impl FnOnce(&SigningRequest<'_>) -> anyhow::Result<Answer>,
	bitcoin: Option<&Bitcoin>,
) -> anyhow::Result<Taken> {
	if bitcoin.is_some() {
		let blocks = opens_in.unwrap_or(0);
		ensure!(
			blocks == 0,
			"the coin is not free yet: {blocks} more of Bitcoin's blocks must come ({}); nothing was \
			 sent. Without --broadcast the transaction can be made already",
			days(blocks)
		);
	}
	let stage = match ask(&plan.request())? {
		Answer::Signed(signature) => Stage::signed(&plan.complete(&signature)?, bitcoin).await?,
		Answer::Asked(asked) => Stage::Asked(asked),
	};
	Ok(Taken { fee: plan.fee(), amount: plan.spent.value, to, opens_in, stage })
}

impl fmt::Display for Stage {
	fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
		match self {
			Self::Signed { txid, broadcast: true, .. } => writeln!(f, "Sent: {txid}"),
			Self::Signed { txid, raw, broadcast: false } => {
				writeln!(f, "Transaction {txid}, to be sent to Bitcoin:\n{raw}")
			},
			Self::Asked(asked) => asked.fmt(f),
		}
	}
}

impl fmt::Display for Taken {
	fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
		let Self { fee, amount, to, .. } = self;
		writeln!(f, "{} of {amount} to {to}; {fee} for the miner", amount.saturating_sub(*fee))?;
		match self.opens_in {
			Some(0) => writeln!(f, "The coin is free.")?,
			Some(blocks) => writeln!(
				f,
				"The coin is free in {blocks} Bitcoin blocks ({}); nodes refuse the transaction until then.",
				days(blocks)
			)?,
			None => (),
		}
		self.stage.fmt(f)
	}
}
