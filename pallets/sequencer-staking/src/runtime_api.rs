//! What nodes and users ask the runtime about staking.

use crate::{
	BondState, BondView, Duty, DutyTask, Earnings, SequencerView, SignedSlash, StakingStatus,
	TermsRefusal, TermsView, WatchedBond,
};
use alloc::vec::Vec;
use codec::Codec;
use entangled_bitcoin::{OutPoint, Signature, XOnlyKey};
use pallet_btc_light_client::InclusionClaim;
use polkadot_sdk::sp_api;

sp_api::decl_runtime_apis! {
	/// Staking.
	pub trait StakingApi<AccountId> where AccountId: Codec {
		/// Staking at a glance.
		fn status() -> StakingStatus<AccountId>;

		/// Those who stand for election, in order; then the other validators of this session and the next.
		fn sequencers() -> Vec<SequencerView<AccountId>>;

		/// A sequencer or a founder.
		fn sequencer(account: AccountId) -> Option<SequencerView<AccountId>>;

		/// What a bond would be made from if this account registered it for this sequencer now.
		fn bond_terms(
			owner: AccountId,
			sequencer: AccountId,
			staker: XOnlyKey,
			timelock: u16,
		) -> Result<TermsView, TermsRefusal>;

		/// The bond by this output; `None` when it was never registered.
		fn bond(outpoint: OutPoint) -> Option<BondView<AccountId>>;

		/// How far a bond is.
		fn bond_state(outpoint: OutPoint) -> Option<BondState>;

		/// The bonds for a sequencer that have not ended.
		fn bonds_of(sequencer: AccountId) -> Vec<OutPoint>;

		/// What the account would collect if it named these bonds. Those that are not its own count for nothing.
		fn pending_rewards(account: AccountId, bonds: Vec<OutPoint>) -> Earnings;

		/// What the holder of this key still has to sign, what slashes first. Not more than
		/// [`MAX_PAGE`](crate::MAX_PAGE) at one time.
		fn duties(key: XOnlyKey) -> Vec<DutyTask>;

		/// Complete transactions of orders to slash that are not settled, for at most so many bonds, and no more than
		/// [`MAX_PAGE`](crate::MAX_PAGE), after this one.
		fn complete_slashes(after: Option<OutPoint>, limit: u32) -> Vec<SignedSlash>;

		/// What to look for on Bitcoin: for at most so many bonds that have not ended, and no more than
		/// [`MAX_PAGE`](crate::MAX_PAGE), after this one.
		fn watched(after: Option<OutPoint>, limit: u32) -> Vec<WatchedBond>;

		/// The transaction that brings what a member of a covenant signs; it takes no account and costs nothing.
		fn sign_transaction(
			outpoint: OutPoint,
			duty: Duty,
			key: XOnlyKey,
			signatures: Vec<Signature>,
		) -> Option<Block::Extrinsic>;

		/// The transaction that brings the proof that a bond is on Bitcoin.
		fn activate_transaction(outpoint: OutPoint, claim: InclusionClaim) -> Block::Extrinsic;

		/// The transaction that brings the proof that a bond's coin is spent.
		fn report_spend_transaction(outpoint: OutPoint, claim: InclusionClaim) -> Block::Extrinsic;
	}
}
