//! How a staker leaves before the timelock is over.

use super::{unbonding_output, BondTerms, CovenantSpend, FundedBond, MAIN_VOUT};
use crate::{Crypto, OutPoint, Sats};

/// The one transaction that unbonds: its outputs are the unbonding output and the anchor.
///
/// There is no second one for the same bond, for else a staker could leave by one whose output no
/// signed transaction slashes. `None` when the bond is worth too little, see
/// [`BondRules::min_value`](super::BondRules::min_value), or when its delays are not possible.
pub fn unbonding_transaction<C: Crypto>(
	terms: &BondTerms,
	bond: &FundedBond,
) -> Option<CovenantSpend> {
	let to = unbonding_output::<C>(terms)?.script_pubkey();
	CovenantSpend::moving::<C>(terms, bond, to)
}

/// The coin that unbonding makes of the bond. `None` when there is no such transaction.
pub fn unbonded<C: Crypto>(terms: &BondTerms, bond: &FundedBond) -> Option<FundedBond> {
	let unbonding = unbonding_transaction::<C>(terms, bond)?;
	let value = Sats(unbonding.transaction.output.first()?.value.to_sat());
	let outpoint = OutPoint { txid: unbonding.txid::<C>(), vout: MAIN_VOUT };
	Some(FundedBond { outpoint, value })
}
