//! How a bond is slashed.

use super::{
	refund_output, unbonded, BondOutput, BondRules, BondTerms, CovenantSpend, FundedBond,
	ANCHOR_VALUE,
};
use crate::{
	bip340::tagged_hash, script::deposit_output, transaction::output, Crypto, Sats, Sha256,
	TaprootOutput, TaprootScript,
};
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use scale_info::TypeInfo;
use serde::{Deserialize, Serialize};

/// Which of its two coins a bond is slashed in. The staker signs for both in advance.
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
pub enum Slashable {
	/// The bond itself.
	Bond,
	/// What unbonding makes of it.
	Unbonding,
}

/// Who gets what of a coin that is slashed. With the fee and the anchor it is the coin's value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SlashingShares {
	/// What is slashed.
	pub slashed: Sats,
	/// What is left to the staker, if it is worth an output.
	pub rest: Option<Sats>,
}

/// How a coin of this value is divided.
///
/// Slashed are the rules' parts per million, rounded up. Fee and anchor are paid from the rest; what
/// the rest cannot pay of them is paid from the slashed share. A rest too small to be relayed is
/// slashed too. `None` when the slashed share would be too small to be relayed.
pub fn slashing_shares(rules: &BondRules, value: Sats) -> Option<SlashingShares> {
	let available = value.checked_sub(rules.slashing_fee)?.checked_sub(ANCHOR_VALUE)?;
	let slashed = rules.slashed_part(value)?.min(available);
	let rest = available.checked_sub(slashed)?;
	let shares = match rest >= TaprootScript::DUST_THRESHOLD {
		true => SlashingShares { slashed, rest: Some(rest) },
		false => SlashingShares { slashed: available, rest: None },
	};
	(shares.slashed >= TaprootScript::DUST_THRESHOLD).then_some(shares)
}

/// What the output commits to that the slashed share pays to: the chain, and whose bond it was there.
///
/// So the staker's signature of a slashing transaction says for which account of which chain it is
/// given, and is worth nothing for another one. And no other chain whose committee has the same keys can
/// take the share for its own.
pub fn slashed_commitment<H: Sha256>(terms: &BondTerms) -> [u8; 32] {
	tagged_hash::<H>(b"Entangled/Slashed", &[&terms.chain.0, &terms.owner])
}

/// What the slashed share pays to: the covenant alone spends it, as a deposit without a refund. `None`
/// with negligible probability.
pub fn slashed_output<C: Crypto>(terms: &BondTerms) -> Option<TaprootOutput> {
	deposit_output::<C>(&terms.covenant, &slashed_commitment::<C>(terms), None)
}

/// The transaction that slashes the bond in one of its coins. Its outputs are the slashed share to
/// [`slashed_output`], the rest to the staker's refund output where there is a rest, and the
/// anchor.
///
/// `None` when the coin is worth too little, see [`BondRules::min_value`], or when the delays are not
/// possible.
pub fn slashing_transaction<C: Crypto>(
	which: Slashable,
	terms: &BondTerms,
	bond: &FundedBond,
) -> Option<CovenantSpend> {
	let coin = which.coin::<C>(terms, bond)?;
	let shares = slashing_shares(&terms.rules, coin.value)?;
	let slashed = output(shares.slashed, slashed_output::<C>(terms)?.script_pubkey());
	let rest = match shares.rest {
		Some(rest) => Some(output(rest, refund_output::<C>(terms)?.script_pubkey())),
		None => None,
	};
	let from = which.output::<C>(terms)?;
	CovenantSpend::new::<C>(terms, from, &coin, [slashed].into_iter().chain(rest))
}

impl Slashable {
	/// The output that the coin lies in. `None` when its delay is zero, and with negligible probability
	/// otherwise.
	pub fn output<C: Crypto>(self, terms: &BondTerms) -> Option<TaprootOutput> {
		self.as_output().of::<C>(terms)
	}

	/// The same as one of three.
	pub(super) fn as_output(self) -> BondOutput {
		match self {
			Self::Bond => BondOutput::Bond,
			Self::Unbonding => BondOutput::Unbonding,
		}
	}

	/// The coin. `None` when the bond cannot be unbonded.
	pub fn coin<C: Crypto>(self, terms: &BondTerms, bond: &FundedBond) -> Option<FundedBond> {
		match self {
			Self::Bond => Some(*bond),
			Self::Unbonding => unbonded::<C>(terms, bond),
		}
	}
}
