//! The numbers that governance sets.

use super::{Ent, Ppm, MAX_VALIDATORS};
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use entangled_bitcoin::{bond::BondRules, Sats};
use scale_info::TypeInfo;
use serde::{Deserialize, Serialize};

/// How staking works. Blocks are Bitcoin's, unless they are called own.
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
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Policy {
	/// The least that a bond holds.
	pub min_bond: Sats,
	/// The shortest timelock of a bond.
	pub min_timelock: u16,
	/// The longest.
	pub max_timelock: u16,
	/// How long a registered bond may wait for signatures and funds: so many blocks,
	pub registration_blocks: u32,
	/// and so many own blocks.
	pub registration_own_blocks: u32,
	/// What is on hold for a registration until the bond is on Bitcoin. Lost if the bond is approved and then given
	/// up; it pays for the record, which stays, and for what the covenant's signatures cost.
	#[serde(with = "super::ent")]
	pub registration_deposit: Ent,
	/// The least token stake of a candidate.
	#[serde(with = "super::ent")]
	pub min_stake: Ent,
	/// The least that a candidate has bonded itself.
	pub min_own_bond: Sats,
	/// How many validators are elected at the most.
	pub validators: u32,
	/// With fewer candidates than this, founders fill the set, and then those who were validators before.
	pub min_validators: u32,
	/// How long token stake stays on hold after it was asked back: so many blocks,
	pub unstake_blocks: u32,
	/// and so many own blocks.
	pub unstake_own_blocks: u32,
	/// The highest commission.
	pub max_commission: Ppm,
	/// By how much a commission may rise at once.
	pub max_commission_rise: Ppm,
	/// and how many own blocks must lie between two changes.
	pub commission_delay: u32,
	/// After how many sessions in a row without a block a validator is jailed.
	pub offline_sessions: u32,
	/// After how many signatures in a row that it owed to the peg, or as many for bonds.
	pub missed_signatures: u32,
	/// How many blocks a covenant has to sign an order to slash before who has not counts as having missed it.
	pub slash_signing_blocks: u32,
	/// For how long: so many blocks,
	pub jail_blocks: u32,
	/// and so many own blocks.
	pub jail_own_blocks: u32,
	/// New ENT in a year, of what there is.
	pub inflation: Ppm,
	/// Own blocks of a year.
	pub year: u32,
	/// What part of a slash's proceeds goes to whoever brought the offence to light, of bonds of the
	/// sequencer's own,
	pub reporter_share: Ppm,
	/// and what to the treasury. The rest stays in the peg's reserve, for victims.
	pub treasury_share: Ppm,
}

/// Rules of bonds, and from which height of Bitcoin on they hold for those registered then.
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
pub struct RulesVersion {
	/// Height of Bitcoin's tip.
	pub from: u32,
	/// The rules.
	pub rules: BondRules,
}

/// How long it takes to slash whoever cheats, in blocks of Bitcoin. What unbonding makes of a bond must stay where it is
/// for longer, so that who cheats until the network knows of the unbonding is slashed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, TypeInfo)]
pub struct SlashingTime {
	/// Until a block may be relied on.
	pub finality: u16,
	/// From then on until the last offence is decided.
	pub decision: u16,
	/// Until the covenant has signed and the transaction is in a block.
	pub slashing: u16,
}

impl SlashingTime {
	/// Whether there is as much time under these rules.
	pub fn fits(&self, rules: &BondRules) -> bool {
		rules.outlasts(self.finality, self.decision, self.slashing)
	}
}

impl Default for Policy {
	/// What fits Bitcoin's main network and own blocks of six seconds.
	fn default() -> Self {
		Self {
			min_bond: Sats(1_000_000),
			// A month to 65,535 blocks, which is all that a relative timelock can hold.
			min_timelock: 4_320,
			max_timelock: u16::MAX,
			registration_blocks: 432,
			registration_own_blocks: 43_200,
			registration_deposit: 10_000_000_000_000,
			min_stake: 10_000_000_000_000_000,
			min_own_bond: Sats(10_000_000),
			validators: MAX_VALIDATORS,
			min_validators: 4,
			// As long as an equivocation can be reported: four weeks, and two sessions in which who leaves makes
			// blocks.
			unstake_blocks: 4_032,
			unstake_own_blocks: 404_400,
			max_commission: 500_000,
			max_commission_rise: 50_000,
			commission_delay: 100_800,
			offline_sessions: 3,
			missed_signatures: 10,
			slash_signing_blocks: 36,
			// Half a day.
			jail_blocks: 72,
			jail_own_blocks: 7_200,
			inflation: 50_000,
			year: 5_259_600,
			reporter_share: 50_000,
			treasury_share: 200_000,
		}
	}
}

impl Policy {
	/// Whether the numbers go together.
	pub fn is_sound(&self) -> bool {
		let ppm = |part: Ppm| part <= 1_000_000;
		let shares = self.reporter_share.saturating_add(self.treasury_share);
		self.min_bond >= Sats(1_000)
			&& self.min_bond <= Sats::MAX_MONEY
			&& self.min_timelock > 0
			&& self.min_timelock <= self.max_timelock
			&& self.registration_blocks > 0
			&& (1..=MAX_VALIDATORS).contains(&self.validators)
			&& (1..=self.validators).contains(&self.min_validators)
			&& self.unstake_blocks > 0
			&& self.unstake_own_blocks > 0
			&& ppm(self.max_commission)
			&& ppm(self.max_commission_rise)
			&& self.offline_sessions > 0
			&& self.missed_signatures > 0
			&& self.slash_signing_blocks > 0
			&& self.jail_blocks > 0
			&& ppm(self.inflation)
			&& self.year > 0
			&& ppm(shares)
	}

	/// Whether every bond that may be registered under these rules can count, and can be slashed.
	pub fn fits(&self, rules: &BondRules) -> bool {
		self.min_timelock > rules.unbonding_time
			&& rules.min_value().is_some_and(|least| least <= self.min_bond)
	}
}
