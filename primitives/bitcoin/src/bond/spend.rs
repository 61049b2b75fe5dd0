//! What staker and covenant sign together, and the witness that it becomes.

use super::{
	output::{anchor, covenant_script},
	BondTerms, ANCHOR_VALUE,
};
use crate::{
	custody::assemble,
	taproot::Leaf,
	transaction::{input, output, txid, unsigned, SEQUENCE},
	Crypto, Multisig, OutPoint, Sats, Sha256, Sighashes, Signature, SpentOutput, TaprootOutput,
	TaprootScript, Txid, XOnlyKey,
};
use alloc::{vec, vec::Vec};
use bitcoin::{transaction::Version, Transaction, TxOut};
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use scale_info::TypeInfo;
use serde::{Deserialize, Serialize};

/// Index of what a transaction is made for: the unbonding output, the new bond, the slashed share.
pub const MAIN_VOUT: u32 = 0;

/// The version of all transactions that are signed in advance (TRUC, BIP 431). Nodes let one waiting
/// transaction have one child, and that a small one. So whoever is slashed cannot hold the transaction
/// up with a large child that hardly pays, and whose fee all the same would have to be outbid.
pub const VERSION: Version = Version(3);

/// A coin that holds a bond.
#[derive(
	Clone,
	Copy,
	Debug,
	PartialEq,
	Eq,
	Encode,
	Decode,
	DecodeWithMemTracking,
	MaxEncodedLen,
	TypeInfo,
	Serialize,
	Deserialize,
)]
#[serde(rename_all = "camelCase")]
pub struct FundedBond {
	/// The output.
	pub outpoint: OutPoint,
	/// Its value.
	pub value: Sats,
}

/// A transaction that spends a bond by the covenant's leaf, up to the signatures. It has one input.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CovenantSpend {
	/// The transaction, its witness missing.
	pub transaction: Transaction,
	/// The coin that it spends.
	pub spent: SpentOutput,
	/// The covenant's leaf.
	pub leaf: Leaf,
	/// What the staker's key and the covenant's keys sign (BIP 342).
	pub sighash: [u8; 32],
}

impl CovenantSpend {
	/// Spends the coin, which lies in `from`, to the outputs and an anchor. `None` when `from` has no
	/// leaf of the covenant.
	pub(super) fn new<C: Crypto>(
		terms: &BondTerms,
		from: TaprootOutput,
		coin: &FundedBond,
		outputs: impl IntoIterator<Item = TxOut>,
	) -> Option<Self> {
		let spent = SpentOutput { value: coin.value, script_pubkey: from.script_pubkey().into() };
		let script = covenant_script(terms);
		let leaf = from.leaves.into_iter().find(|leaf| leaf.script == script)?;
		let outputs = outputs.into_iter().chain([anchor()]).collect();
		let transaction = unsigned(VERSION, vec![input(coin.outpoint, SEQUENCE)], outputs);
		let sighash = Sighashes::new::<C>(&transaction, core::slice::from_ref(&spent))?
			.script_path::<C>(0, &leaf.hash)?;
		Some(Self { transaction, spent, leaf, sighash })
	}

	/// Moves the whole bond to an output, for the fee of unbonding. `None` when too little is left.
	pub(super) fn moving<C: Crypto>(
		terms: &BondTerms,
		bond: &FundedBond,
		to: TaprootScript,
	) -> Option<Self> {
		let from = super::bond_output::<C>(terms)?;
		let left = bond
			.value
			.checked_sub(terms.rules.unbonding_fee)?
			.checked_sub(ANCHOR_VALUE)
			.filter(|left| *left >= TaprootScript::DUST_THRESHOLD)?;
		Self::new::<C>(terms, from, bond, [output(left, to)])
	}

	/// The transaction's id, which signatures do not change.
	pub fn txid<H: Sha256>(&self) -> Txid {
		txid::<H>(&self.transaction)
	}

	/// Whether this is the key's signature of the transaction.
	pub fn is_signed_by<C: Crypto>(&self, key: &XOnlyKey, signature: &Signature) -> bool {
		key.verify::<C>(&self.sighash, signature)
	}

	/// What this key is asked to sign, for a program that holds it.
	#[cfg(feature = "std")]
	pub fn request<'a>(&'a self, key: &'a XOnlyKey) -> crate::psbt::SigningRequest<'a> {
		crate::psbt::SigningRequest {
			transaction: &self.transaction,
			spent: &self.spent,
			leaf: &self.leaf,
			sighash: &self.sighash,
			key,
		}
	}

	/// The transaction with its witness. `signatures` has an entry for every key of the covenant, as
	/// for [`Multisig::witness`]; `None` when there are too few.
	pub fn complete(
		self,
		covenant: &Multisig,
		staker: &Signature,
		signatures: &[Option<Signature>],
	) -> Option<Transaction> {
		// The staker's signature is checked first, so it lies on top.
		let witness = covenant
			.witness(signatures)?
			.into_iter()
			.chain([staker.0.to_vec(), self.leaf.script, self.leaf.control_block])
			.collect::<Vec<_>>();
		assemble(self.transaction, &[witness])
	}
}
