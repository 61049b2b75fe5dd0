//! How a depositor takes back what was never swept.

use super::{deposit_output, Multisig, PayoutScript, Refund};
use crate::{
	taproot::Leaf, Crypto, FeeRate, OutPoint, Sats, Sighashes, Signature, SpentOutput, Weight,
};
use alloc::vec;
use bitcoin::{
	absolute::LockTime, transaction::Version, Amount, ScriptBuf, Sequence, Transaction, TxIn,
	TxOut, Witness,
};

/// A transaction that takes a deposit back, up to the depositor's signature.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnsignedRefund {
	/// The transaction, its witness missing.
	pub transaction: Transaction,
	/// What the depositor's key has to sign.
	pub sighash: [u8; 32],
	/// The leaf that is spent.
	pub leaf: Leaf,
}

/// Why a deposit cannot be taken back so.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RefundError {
	/// There is no such deposit address: the delay is zero.
	NoSuchAddress,
	/// After the fee, less is left than nodes relay (see [`PayoutScript::dust_threshold`]).
	NothingLeft,
}

impl core::fmt::Display for RefundError {
	fn fmt(&self, f: &mut core::fmt::Formatter) -> core::fmt::Result {
		f.write_str(match self {
			Self::NoSuchAddress => "a refund needs a delay of at least one block",
			Self::NothingLeft => "the deposit is not worth the fee of taking it back",
		})
	}
}

impl Refund {
	/// The transaction that pays the deposit `coin` of `value`, less a fee at `rate`, to a script.
	///
	/// `committee` and `commitment` are those of the deposit address. The transaction is valid from
	/// the block on that is `delay` above the deposit's, and can be replaced until then (BIP 125).
	pub fn spend<C: Crypto>(
		&self,
		committee: &Multisig,
		commitment: &[u8; 32],
		coin: OutPoint,
		value: Sats,
		to: PayoutScript,
		rate: FeeRate,
	) -> Result<UnsignedRefund, RefundError> {
		let deposit = deposit_output::<C>(committee, commitment, Some(self))
			.ok_or(RefundError::NoSuchAddress)?;
		let script_pubkey = ScriptBuf::from(deposit.script_pubkey());
		let leaf = deposit.leaves.into_iter().nth(1).ok_or(RefundError::NoSuchAddress)?;

		let transaction = Transaction {
			version: Version::TWO,
			lock_time: LockTime::ZERO,
			input: vec![TxIn {
				previous_output: coin.into(),
				script_sig: ScriptBuf::new(),
				sequence: Sequence::from_height(self.delay),
				witness: Witness::new(),
			}],
			output: vec![TxOut { value: Amount::ZERO, script_pubkey: to.to_script().into() }],
		};
		let mut refund = UnsignedRefund { transaction, sighash: [0; 32], leaf };

		let weight = Weight::from(refund.clone().complete(&Signature([0; 64])).weight());
		let left = rate
			.fee_for(weight)
			.and_then(|fee| value.checked_sub(fee))
			.filter(|left| *left >= to.dust_threshold())
			.ok_or(RefundError::NothingLeft)?;
		for output in &mut refund.transaction.output {
			output.value = Amount::from_sat(left.0);
		}

		let spent = [SpentOutput { value, script_pubkey }];
		refund.sighash = Sighashes::new::<C>(&refund.transaction, &spent)
			.and_then(|hashes| hashes.script_path::<C>(0, &refund.leaf.hash))
			.ok_or(RefundError::NoSuchAddress)?;
		Ok(refund)
	}
}

impl UnsignedRefund {
	/// The transaction, signed by the depositor's key.
	pub fn complete(self, signature: &Signature) -> Transaction {
		let mut transaction = self.transaction;
		let stack = [&signature.0[..], &self.leaf.script, &self.leaf.control_block];
		for input in &mut transaction.input {
			input.witness = Witness::from_slice(&stack);
		}
		transaction
	}
}
