//! The outputs that hold a bond, or what is left of it.

use super::BondTerms;
use crate::{
	script::Refund,
	taproot::{TaprootOutput, Tree, NUMS},
	Crypto, Sats,
};
use alloc::vec::Vec;
use bitcoin::{opcodes::all::OP_CHECKSIGVERIFY, script::Builder, ScriptBuf, TxOut};

/// What an anchor holds: the least that nodes relay it for (`GetDustThreshold`).
pub const ANCHOR_VALUE: Sats = Sats(240);

/// What a bond's coin may lie in. The staker takes it from each of them alone when its delay is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BondOutput {
	/// The bond itself.
	Bond,
	/// What unbonding makes of it.
	Unbonding,
	/// What slashing leaves to the staker.
	Refund,
}

/// The script of an output that anybody can spend, without any signature (P2A, `IsPayToAnchor`).
pub fn anchor_script() -> ScriptBuf {
	ScriptBuf::new_p2a()
}

/// The last output of each transaction that is signed in advance.
pub(super) fn anchor() -> TxOut {
	crate::transaction::output(ANCHOR_VALUE, anchor_script())
}

/// What a bond pays to: the first leaf is the staker's after the timelock, the second the staker's
/// and the covenant's. The internal key is nobody's. `None` when the timelock is zero, and with
/// negligible probability otherwise.
pub fn bond_output<C: Crypto>(terms: &BondTerms) -> Option<TaprootOutput> {
	BondOutput::Bond.of::<C>(terms)
}

/// What unbonding pays to: the same two leaves, with the unbonding time for a timelock. `None` when
/// that is zero, and with negligible probability otherwise.
pub fn unbonding_output<C: Crypto>(terms: &BondTerms) -> Option<TaprootOutput> {
	BondOutput::Unbonding.of::<C>(terms)
}

/// What slashing leaves to the staker: only the first leaf of [`unbonding_output`]. `None` when the
/// unbonding time is zero, and with negligible probability otherwise.
pub fn refund_output<C: Crypto>(terms: &BondTerms) -> Option<TaprootOutput> {
	BondOutput::Refund.of::<C>(terms)
}

impl BondOutput {
	/// How the staker spends it alone.
	pub fn refund(self, terms: &BondTerms) -> Refund {
		let delay = match self {
			Self::Bond => terms.timelock,
			Self::Unbonding | Self::Refund => terms.rules.unbonding_time,
		};
		Refund { key: terms.staker, delay }
	}

	/// The output. `None` when its delay is zero, and with negligible probability otherwise.
	pub fn of<C: Crypto>(self, terms: &BondTerms) -> Option<TaprootOutput> {
		let timelock = self.refund(terms).script()?;
		let tree = match self {
			Self::Bond | Self::Unbonding => Tree::Two(timelock, covenant_script(terms)),
			Self::Refund => Tree::One(timelock),
		};
		tree.output::<C>(&NUMS)
	}
}

/// `<staker> CHECKSIGVERIFY <K1> CHECKSIG <K2> CHECKSIGADD … <k> NUMEQUAL`.
pub(super) fn covenant_script(terms: &BondTerms) -> Vec<u8> {
	let script = Builder::new().push_slice(terms.staker.0).push_opcode(OP_CHECKSIGVERIFY);
	terms.covenant.append_to(script).into_bytes()
}
