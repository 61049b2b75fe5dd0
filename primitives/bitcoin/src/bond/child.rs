//! How anybody pays more for a transaction that was signed in advance: a child that spends its anchor.
//!
//! Whoever mines the child must mine the parent too, so the fees of both count together (child pays
//! for parent).

use super::{anchor_script, ANCHOR_VALUE};
use crate::{
	transaction::{input, output, txid, unsigned, SEQUENCE},
	weight::WITNESS_SCALE_FACTOR,
	Crypto, FeeRate, OutPoint, PayoutScript, Sats, Sighashes, Signature, SpentOutput,
	TaprootScript, Weight,
};
use alloc::{vec, vec::Vec};
use bitcoin::{Amount, Transaction, Witness};
use core::fmt;

/// The largest child that nodes take, in virtual bytes (`TRUC_CHILD_MAX_VSIZE`, BIP 431).
pub const MAX_VBYTES: u64 = 1_000;

/// A coin of whoever pays, spent by its output's own key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FeeCoin {
	/// The output.
	pub outpoint: OutPoint,
	/// Its value.
	pub value: Sats,
	/// Its script.
	pub script_pubkey: TaprootScript,
}

/// A child that waits for the payer's signatures.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FeeChild {
	/// The transaction without witnesses. The first input is the anchor, the others are the coins.
	pub transaction: Transaction,
	/// What the key of each coin's output signs (BIP 341), in the coins' order.
	pub sighashes: Vec<[u8; 32]>,
	/// The fee.
	pub fee: Sats,
}

/// Why there is no child.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChildError {
	/// The parent has no anchor of [`ANCHOR_VALUE`].
	NoAnchor,
	/// With so many coins it would be larger than [`MAX_VBYTES`].
	TooManyCoins,
	/// The coins cannot pay the fee and the least change.
	TooLittle {
		/// What coins and anchor would have to hold.
		need: Sats,
		/// What they hold.
		have: Sats,
	},
	/// The fee, or the coins' sum, is beyond all bounds.
	Overflow,
}

impl fmt::Display for ChildError {
	fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
		match self {
			Self::NoAnchor => f.write_str("the transaction has no anchor"),
			Self::TooManyCoins => {
				write!(f, "with so many coins it has more than {MAX_VBYTES} virtual bytes")
			},
			Self::TooLittle { need, have } => {
				write!(f, "the coins hold {have}, and {need} would be needed")
			},
			Self::Overflow => f.write_str("the fee or the coins are beyond all bounds"),
		}
	}
}

/// What a child pays so that it and its parent together pay `rate`, and the child alone no less. `None`
/// when it does not fit.
pub fn child_fee(
	parent_weight: Weight,
	parent_fee: Sats,
	child_weight: Weight,
	rate: FeeRate,
) -> Option<Sats> {
	// Nodes add up whole virtual bytes of each.
	let vbytes = parent_weight.vbytes().checked_add(child_weight.vbytes())?;
	let both = rate.fee_for(Weight(vbytes.checked_mul(WITNESS_SCALE_FACTOR)?))?;
	Some(both.saturating_sub(parent_fee).max(rate.fee_for(child_weight)?))
}

/// The child of `parent` that brings both to `rate`, and pays what is left of the coins to `change`.
///
/// `parent` must be complete with its witness, for its weight counts; it pays `parent_fee`. The child has
/// the parent's version, as nodes demand of version 3 (BIP 431), and can be replaced by one that pays more (BIP 125).
pub fn fee_child<C: Crypto>(
	parent: &Transaction,
	parent_fee: Sats,
	coins: &[FeeCoin],
	change: PayoutScript,
	rate: FeeRate,
) -> Result<FeeChild, ChildError> {
	let is_anchor = |output: &bitcoin::TxOut| {
		output.script_pubkey == anchor_script() && output.value.to_sat() == ANCHOR_VALUE.0
	};
	let (vout, _) =
		(0..).zip(&parent.output).find(|(_, o)| is_anchor(o)).ok_or(ChildError::NoAnchor)?;
	let anchor = OutPoint { txid: txid::<C>(parent), vout };

	let outpoints = [anchor].into_iter().chain(coins.iter().map(|coin| coin.outpoint));
	let inputs = outpoints.map(|outpoint| input(outpoint, SEQUENCE)).collect();
	let mut child = FeeChild {
		transaction: unsigned(parent.version, inputs, vec![output(Sats::ZERO, change.to_script())]),
		sighashes: vec![],
		fee: Sats::ZERO,
	};

	let have = Sats::checked_sum(coins.iter().map(|coin| coin.value).chain([ANCHOR_VALUE]))
		.ok_or(ChildError::Overflow)?;
	let weight = Weight::from(child.signed(&vec![Signature([0; 64]); coins.len()]).weight());
	if weight.vbytes() > MAX_VBYTES {
		return Err(ChildError::TooManyCoins);
	}
	child.fee =
		child_fee(parent.weight().into(), parent_fee, weight, rate).ok_or(ChildError::Overflow)?;
	let need = child.fee.checked_add(change.dust_threshold()).ok_or(ChildError::Overflow)?;
	if have < need {
		return Err(ChildError::TooLittle { need, have });
	}
	for output in &mut child.transaction.output {
		output.value = Amount::from_sat(have.saturating_sub(child.fee).0);
	}

	let spent = [SpentOutput { value: ANCHOR_VALUE, script_pubkey: anchor_script() }]
		.into_iter()
		.chain(coins.iter().map(|coin| SpentOutput {
			value: coin.value,
			script_pubkey: coin.script_pubkey.into(),
		}))
		.collect::<Vec<_>>();
	let hashes = Sighashes::new::<C>(&child.transaction, &spent).ok_or(ChildError::Overflow)?;
	child.sighashes = (1..spent.len()).map_while(|index| hashes.key_path::<C>(index)).collect();
	Ok(child)
}

impl FeeChild {
	/// The transaction with its witnesses: one signature for each coin, in the coins' order. `None`
	/// when there are not as many.
	pub fn complete(self, signatures: &[Signature]) -> Option<Transaction> {
		(signatures.len() == self.sighashes.len()).then(|| self.signed(signatures))
	}

	/// The anchor's witness is empty, or nodes do not relay it (`IsWitnessStandard`).
	fn signed(&self, signatures: &[Signature]) -> Transaction {
		let mut transaction = self.transaction.clone();
		for (input, signature) in transaction.input.iter_mut().skip(1).zip(signatures) {
			input.witness = Witness::from_slice(&[signature.0]);
		}
		transaction
	}
}
