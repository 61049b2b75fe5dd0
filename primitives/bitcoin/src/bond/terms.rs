//! What a bond's scripts and transactions are made from.

use super::{slashing_weight, unbonding_weight, ANCHOR_VALUE};
use crate::{ChainId, Crypto, FeeRate, Multisig, Sats, TaprootScript, XOnlyKey};
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use core::fmt;
use scale_info::TypeInfo;
use serde::{Deserialize, Serialize};

/// The whole, in parts per million.
const PPM: u32 = 1_000_000;

/// All that a bond's outputs and transactions are derived from.
#[derive(
	Clone,
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
pub struct BondTerms {
	/// The chain that the bond is for. Only there it can be slashed.
	pub chain: ChainId,
	/// Whose bond it is there: an account, by its public key.
	#[serde(with = "crate::hex")]
	pub owner: [u8; 32],
	/// Whose coin it is, and stays.
	pub staker: XOnlyKey,
	/// Who must sign with the staker until the timelock is over.
	pub covenant: Multisig,
	/// How many blocks after the bond's own the staker can spend it alone (BIP 68).
	pub timelock: u16,
	/// The rules.
	pub rules: BondRules,
}

/// Rules that a bond keeps for its life, whatever holds for later ones.
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
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct BondRules {
	/// How many blocks after unbonding, or after being slashed, the staker can spend what is left.
	/// It must outlast what the network needs to slash, see [`Self::outlasts`].
	pub unbonding_time: u16,
	/// The fee of the transaction that unbonds, and of one that extends.
	pub unbonding_fee: Sats,
	/// The fee of the transactions that slash.
	pub slashing_fee: Sats,
	/// What part of the coin is slashed, in parts per million.
	pub slash_ppm: u32,
}

/// Why rules are not sound.
#[derive(
	Clone,
	Copy,
	Debug,
	PartialEq,
	Eq,
	Encode,
	Decode,
	DecodeWithMemTracking,
	TypeInfo,
	Serialize,
	Deserialize,
)]
#[serde(rename_all = "camelCase")]
pub enum RulesError {
	/// The unbonding time is zero, for which its script could not succeed.
	NoUnbondingTime,
	/// The slashed part is nothing, or more than the whole.
	SlashedPart,
	/// No coin is large enough for the fees.
	FeesTooHigh,
}

impl fmt::Display for RulesError {
	fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
		f.write_str(match self {
			Self::NoUnbondingTime => "the unbonding time must be at least one block",
			Self::SlashedPart => "the slashed part must be from 1 to 1,000,000 parts per million",
			Self::FeesTooHigh => "no bond could pay such fees",
		})
	}
}

/// Why no bond may be made on these terms.
#[derive(
	Clone,
	Copy,
	Debug,
	PartialEq,
	Eq,
	Encode,
	Decode,
	DecodeWithMemTracking,
	TypeInfo,
	Serialize,
	Deserialize,
)]
#[serde(rename_all = "camelCase")]
pub enum TermsError {
	/// The rules are not sound.
	Rules(RulesError),
	/// The staker's key is not on the curve: nobody could ever sign for it.
	NoSuchKey,
	/// The staker's key is one of the covenant's.
	StakerInCovenant,
	/// The timelock is not longer than the unbonding time, so that unbonding would gain nothing and a
	/// bond could never count while it can surely be slashed.
	TimelockTooShort,
	/// The unbonding transaction would pay less than 1 sat/vB.
	UnbondingFeeTooLow {
		/// What it must pay.
		least: Sats,
	},
	/// The slashing transactions would pay less than 1 sat/vB.
	SlashingFeeTooLow {
		/// What they must pay.
		least: Sats,
	},
}

impl fmt::Display for TermsError {
	fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
		match self {
			Self::Rules(error) => error.fmt(f),
			Self::NoSuchKey => f.write_str("nobody can sign for the staker's key"),
			Self::StakerInCovenant => f.write_str("the staker's key is one of the covenant's"),
			Self::TimelockTooShort => {
				f.write_str("the timelock must be longer than the unbonding time")
			},
			Self::UnbondingFeeTooLow { least } => {
				write!(f, "with this covenant unbonding must pay at least {least}")
			},
			Self::SlashingFeeTooLow { least } => {
				write!(f, "with this covenant slashing must pay at least {least}")
			},
		}
	}
}

impl Default for BondRules {
	/// A week until the coin is free, a tenth for cheating, and fees that suffice for the largest
	/// covenant. Anybody can add to them.
	fn default() -> Self {
		Self {
			unbonding_time: 1_008,
			unbonding_fee: Sats(2_000),
			slashing_fee: Sats(2_000),
			slash_ppm: 100_000,
		}
	}
}

impl BondRules {
	/// Whether transactions can be made by them.
	pub fn check(&self) -> Result<(), RulesError> {
		if self.unbonding_time == 0 {
			return Err(RulesError::NoUnbondingTime);
		}
		if !(1..=PPM).contains(&self.slash_ppm) {
			return Err(RulesError::SlashedPart);
		}
		if self.min_value().is_none_or(|value| value > Sats::MAX_MONEY) {
			return Err(RulesError::FeesTooHigh);
		}
		Ok(())
	}

	/// Whether [`Self::check`] finds nothing.
	pub fn is_sound(&self) -> bool {
		self.check().is_ok()
	}

	/// Whether the network can slash whoever cheats up to the moment at which it learns that the
	/// coin has been unbonded. All in blocks: `finality` until a block counts, `decision` from then
	/// on until the last offence is decided, `slashing` until the slashing transaction is signed and
	/// in a block.
	pub fn outlasts(&self, finality: u16, decision: u16, slashing: u16) -> bool {
		let needed = [finality, decision, slashing].into_iter().map(u32::from).sum::<u32>();
		u32::from(self.unbonding_time) > needed
	}

	/// From this value on, each output of a bond's transactions holds what nodes relay it for. `None`
	/// when nothing is slashed, or when the value does not fit.
	pub fn min_value(&self) -> Option<Sats> {
		// A slashed share of that many satoshi before it is rounded up ends at the threshold.
		let below = TaprootScript::DUST_THRESHOLD.0.checked_sub(1)?;
		let by_share = below.checked_mul(PPM.into())?.checked_div(self.slash_ppm.into())?;
		let by_share = Sats(by_share).checked_add(Sats(1))?;
		// Where the rest is dust, all but the fee is slashed.
		let of_all = [self.slashing_fee, ANCHOR_VALUE, TaprootScript::DUST_THRESHOLD];
		let slashable = by_share.max(Sats::checked_sum(of_all)?);
		// It must still be so when it has been unbonded.
		Sats::checked_sum([slashable, self.unbonding_fee, ANCHOR_VALUE])
	}

	/// What is slashed of a value, rounded up. `None` when it does not fit.
	pub(super) fn slashed_part(&self, value: Sats) -> Option<Sats> {
		// The product of numbers of 64 and 32 bits fits in 128.
		let part = (u128::from(value.0) * u128::from(self.slash_ppm)).div_ceil(PPM.into());
		part.try_into().ok().map(Sats)
	}
}

impl BondTerms {
	/// Whether a bond may be made on these terms, whatever it holds.
	pub fn check<C: Crypto>(&self) -> Result<(), TermsError> {
		self.rules.check().map_err(TermsError::Rules)?;
		if self.timelock <= self.rules.unbonding_time {
			return Err(TermsError::TimelockTooShort);
		}
		if self.covenant.keys().contains(&self.staker) {
			return Err(TermsError::StakerInCovenant);
		}
		let pays = |weight, fee| match FeeRate::MIN.fee_for(weight) {
			Some(least) if least > fee => Err(least),
			_ => Ok(()),
		};
		pays(unbonding_weight(&self.covenant), self.rules.unbonding_fee)
			.map_err(|least| TermsError::UnbondingFeeTooLow { least })?;
		pays(slashing_weight(&self.covenant), self.rules.slashing_fee)
			.map_err(|least| TermsError::SlashingFeeTooLow { least })?;
		if !self.staker.is_on_curve::<C>() {
			return Err(TermsError::NoSuchKey);
		}
		Ok(())
	}
}
