//! How the staker takes the coin when its delay is over.

use super::{BondOutput, BondTerms};
use crate::{
	script::{RefundError, UnsignedRefund},
	Crypto, FeeRate, OutPoint, PayoutScript, Sats,
};

/// The transaction that pays `coin` of `value`, which lies in `from`, to a script, less a fee at
/// `rate`. The staker alone signs. It is valid from the block on that is the output's delay above the
/// coin's own.
pub fn withdrawal_transaction<C: Crypto>(
	from: BondOutput,
	terms: &BondTerms,
	coin: OutPoint,
	value: Sats,
	to: PayoutScript,
	rate: FeeRate,
) -> Result<UnsignedRefund, RefundError> {
	let output = from.of::<C>(terms).ok_or(RefundError::NoSuchAddress)?;
	from.refund(terms).spend_output::<C>(output, coin, value, to, rate)
}
