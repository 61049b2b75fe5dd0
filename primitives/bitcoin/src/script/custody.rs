//! The output that holds what the network keeps.

use super::Multisig;
use crate::{
	taproot::{TaprootOutput, Tree, NUMS},
	Crypto,
};

/// The custody output of a committee: nobody's internal key, and the committee's script as its only
/// leaf. `None` with negligible probability.
pub fn custody_output<C: Crypto>(committee: &Multisig) -> Option<TaprootOutput> {
	Tree::One(committee.script()).output::<C>(&NUMS)
}
