//! How the owner of an output takes it back when its delay is over.

use super::{deposit_output, Multisig, PayoutScript, Refund};
use crate::{
	taproot::{Leaf, TaprootOutput},
	transaction::{input, output, unsigned},
	Crypto, FeeRate, OutPoint, Sats, Sighashes, Signature, SpentOutput, Weight,
};
use alloc::vec;
use bitcoin::{transaction::Version, Amount, Sequence, Transaction, Witness};

/// A transaction that takes an output back, up to the owner's signature.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnsignedRefund {
	/// The transaction, its witness missing.
	pub transaction: Transaction,
	/// What the owner's key has to sign.
	pub sighash: [u8; 32],
	/// The leaf that is spent.
	pub leaf: Leaf,
}

/// Why an output cannot be taken back so.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RefundError {
	/// There is no such address: the delay is zero.
	NoSuchAddress,
	/// After the fee, less is left than nodes relay (see [`PayoutScript::dust_threshold`]).
	NothingLeft,
}

impl core::fmt::Display for RefundError {
	fn fmt(&self, f: &mut core::fmt::Formatter) -> core::fmt::Result {
		f.write_str(match self {
			Self::NoSuchAddress => "a refund needs a delay of at least one block",
			Self::NothingLeft => "the coin is not worth the fee of taking it back",
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
		self.spend_output::<C>(deposit, coin, value, to, rate)
	}

	/// The same for any output of which one leaf is this refund's script.
	pub(crate) fn spend_output<C: Crypto>(
		&self,
		from: TaprootOutput,
		coin: OutPoint,
		value: Sats,
		to: PayoutScript,
		rate: FeeRate,
	) -> Result<UnsignedRefund, RefundError> {
		let script_pubkey = from.script_pubkey().into();
		let script = self.script().ok_or(RefundError::NoSuchAddress)?;
		let leaf = from.leaves.into_iter().find(|leaf| leaf.script == script);
		// Relative lock times need version 2 (BIP 68).
		let transaction = unsigned(
			Version::TWO,
			vec![input(coin, Sequence::from_height(self.delay))],
			vec![output(Sats::ZERO, to.to_script())],
		);
		let mut refund = UnsignedRefund {
			transaction,
			sighash: [0; 32],
			leaf: leaf.ok_or(RefundError::NoSuchAddress)?,
		};

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
	/// The transaction, signed by the owner's key.
	pub fn complete(self, signature: &Signature) -> Transaction {
		let mut transaction = self.transaction;
		let stack = [&signature.0[..], &self.leaf.script, &self.leaf.control_block];
		for input in &mut transaction.input {
			input.witness = Witness::from_slice(&stack);
		}
		transaction
	}
}
