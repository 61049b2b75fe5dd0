//! Weights of the calls.

use polkadot_sdk::frame_support::weights::Weight;

/// What the pallet's calls cost. The verification of proofs comes on top.
pub trait WeightInfo {
	/// `register` and `extend`, with so many bytes of funding transaction.
	fn register(bytes: u32) -> Weight;
	/// `sign`, with the completion.
	fn sign() -> Weight;
	/// `activate`.
	fn activate() -> Weight;
	/// `drop_bond` and `release`.
	fn close() -> Weight;
	/// `unbond`.
	fn unbond() -> Weight;
	/// `report_spend`.
	fn report_spend() -> Weight;
	/// `stake`, `unstake`, `withdraw_stake` and `set_commission`.
	fn stake() -> Weight;
	/// `stand` and `chill`.
	fn stand() -> Weight;
	/// `collect` for so many bonds.
	fn collect(bonds: u32) -> Weight;
	/// What governance calls.
	fn govern() -> Weight;
	/// The hook, when so many heights are looked at, and so many bonds expire or are gone through for an
	/// offence.
	fn step(heights: u32, bonds: u32) -> Weight;
	/// The end of a session with so many validators.
	fn end_session(validators: u32) -> Weight;
	/// An election among so many candidates.
	fn elect(candidates: u32) -> Weight;
	/// What a validator's offence costs at once.
	fn offence() -> Weight;
}
