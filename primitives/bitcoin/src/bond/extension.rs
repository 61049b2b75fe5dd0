//! How a bond goes over into another one without being free between.

use super::{bond_output, BondTerms, CovenantSpend, FundedBond};
use crate::Crypto;

/// The transaction that turns a bond into one on new terms: its outputs are the new bond and the
/// anchor. It pays the old bond's unbonding fee, and is signed by the old bond's staker and covenant.
///
/// What slashes the new bond, and its way out, are signed before this is. `None` when the bond is worth
/// too little, or when the delays are not possible. Whether what is left suffices for the new terms says
/// [`check_funding`](super::check_funding), for this is the transaction that funds the new bond.
pub fn extension_transaction<C: Crypto>(
	terms: &BondTerms,
	bond: &FundedBond,
	new: &BondTerms,
) -> Option<CovenantSpend> {
	let to = bond_output::<C>(new)?.script_pubkey();
	CovenantSpend::moving::<C>(terms, bond, to)
}
