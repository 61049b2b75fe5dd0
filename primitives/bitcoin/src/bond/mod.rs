//! Bonds: bitcoin that stays with the staker's own key, and that the network can slash.
//!
//! Everything here is a pure function of [`BondTerms`] and of the coin that holds the bond. The staker,
//! the covenant, the runtime and any watcher derive the same outputs and the same transactions, to the
//! byte; so a signature says all there is to say. `docs/bond-scripts.md` is the specification.
//!
//! | module | question | |
//! |---|---|---|
//! | [`terms`] | what are a bond's scripts made from? | [`BondTerms`], [`BondRules`] |
//! | [`output`] | what does a bond pay to, what does unbonding make of it, and what is left to one who was slashed? | [`bond_output`], [`unbonding_output`], [`refund_output`] |
//! | [`funding`] | does this transaction fund the bond? | [`check_funding`] |
//! | [`unbonding`] | how does the staker leave? | [`unbonding_transaction`] |
//! | [`slashing`] | how is the bond slashed, before unbonding or after? | [`slashing_transaction`] |
//! | [`extension`] | how does a bond go over into another one? | [`extension_transaction`] |
//! | [`spend`] | what do staker and covenant sign, and how does it become a witness? | [`CovenantSpend`] |
//! | [`check`] | is this the one transaction that it should be, and if not, what is wrong? | [`Deviation`] |
//! | [`withdrawal`] | how does the staker take the coin when its delay is over? | [`withdrawal_transaction`] |
//! | [`child`] | how does anybody pay more for a transaction that was signed in advance? | [`fee_child`] |
//! | [`classify`] | what has spent the bond? | [`Spend`] |
//! | [`weight`] | what does each transaction weigh? | |
//!
//! In every transaction that staker and covenant sign, what it is made for stands at [`MAIN_VOUT`], and
//! the last output is an anchor of [`ANCHOR_VALUE`] that anybody can spend.

pub mod check;
pub mod child;
pub mod classify;
pub mod extension;
pub mod funding;
pub mod output;
pub mod slashing;
pub mod spend;
pub mod terms;
pub mod unbonding;
pub mod weight;
pub mod withdrawal;

pub use check::{check_extension, check_slashing, check_unbonding, Deviation};
pub use child::{child_fee, fee_child, ChildError, FeeChild, FeeCoin};
pub use classify::{classify, Spend};
pub use extension::extension_transaction;
pub use funding::{check_funding, FundingError};
pub use output::{
	anchor_script, bond_output, refund_output, unbonding_output, BondOutput, ANCHOR_VALUE,
};
pub use slashing::{
	slashed_commitment, slashed_output, slashing_shares, slashing_transaction, Slashable,
	SlashingShares,
};
pub use spend::{CovenantSpend, FundedBond, MAIN_VOUT, VERSION};
pub use terms::{BondRules, BondTerms, RulesError, TermsError};
pub use unbonding::{unbonded, unbonding_transaction};
pub use weight::{slashing_weight, unbonding_weight};
pub use withdrawal::withdrawal_transaction;
