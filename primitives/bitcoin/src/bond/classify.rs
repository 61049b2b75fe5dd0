//! What has spent a bond.

use super::{
	extension_transaction, slashing_transaction, unbonding_transaction, BondTerms, FundedBond,
	Slashable,
};
use crate::{transaction::txid, Crypto};
use bitcoin::{transaction::Version, Sequence, Transaction};

/// What a transaction that spends a bond is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Spend {
	/// The unbonding transaction.
	Unbonding,
	/// The slashing transaction of the coin that was spent.
	Slashing,
	/// The transaction that turns the bond into the one on new terms.
	Extension,
	/// Any other that the staker can have made alone, after the delay.
	Withdrawal,
	/// Any other. Its input does not wait for the delay, so staker and covenant must have signed it
	/// together, and the network did not order that.
	Foreign,
}

/// What the transaction is to the bond's coin `which`, and the index of the input that spends it.
/// `None` when no input does. `new` are the terms of the extension, where one was asked for.
pub fn classify<C: Crypto>(
	transaction: &Transaction,
	which: Slashable,
	terms: &BondTerms,
	bond: &FundedBond,
	new: Option<&BondTerms>,
) -> Option<(u32, Spend)> {
	let coin = bitcoin::OutPoint::from(which.coin::<C>(terms, bond)?.outpoint);
	let (index, input) =
		(0..).zip(&transaction.input).find(|(_, input)| input.previous_output == coin)?;
	let id = txid::<C>(transaction);
	let is = |spend: Option<super::CovenantSpend>| spend.is_some_and(|s| s.txid::<C>() == id);

	let spend = if is(slashing_transaction::<C>(which, terms, bond)) {
		Spend::Slashing
	} else if which == Slashable::Bond && is(unbonding_transaction::<C>(terms, bond)) {
		Spend::Unbonding
	} else if which == Slashable::Bond
		&& is(new.and_then(|new| extension_transaction::<C>(terms, bond, new)))
	{
		Spend::Extension
	} else if waits(transaction.version, input.sequence, which.as_output().refund(terms).delay) {
		Spend::Withdrawal
	} else {
		Spend::Foreign
	};
	Some((index, spend))
}

/// Whether `<delay> CSV` succeeds in an input of this sequence (BIP 112, `CheckSequence`), and so
/// whether Bitcoin has made sure that the delay was over (BIP 68).
fn waits(version: Version, sequence: Sequence, delay: u16) -> bool {
	// The version is compared as an unsigned number.
	!(0..2).contains(&version.0)
		&& sequence.is_height_locked()
		&& sequence.0 & u32::from(u16::MAX) >= delay.into()
}
