//! The peg, as staking sees it: two committees, whose keys the tests know.

use super::{account, key, Ebtc, TREASURY};
use crate::{CovenantBonds, CovenantId, Covenants};
use entangled_bitcoin::{script::multisig::threshold_for, Multisig, OutPoint, Sats, XOnlyKey};
use polkadot_sdk::{
	frame_support::{ensure, parameter_types, traits::fungible::Mutate},
	sp_runtime::{AccountId32, DispatchError, DispatchResult},
};

parameter_types! {
	/// The committee that serves, if any does.
	pub static Serving: Option<CovenantId> = Some(0);
	/// What was brought into the peg: whose coin, which, and what it holds.
	pub static Received: Vec<(CovenantId, OutPoint, Sats)> = vec![];
	/// Whether the peg takes coins in.
	pub static Open: bool = true;
	/// Whether there is room for them.
	pub static Room: bool = true;
}

pub fn reset() {
	Serving::set(Some(0));
	Received::set(vec![]);
	Open::set(true);
	Room::set(true);
}

/// The numbers of the keys of a committee's members.
pub fn member_numbers(id: CovenantId) -> Vec<u8> {
	match id {
		0 => vec![101, 102, 103, 104],
		1 => vec![104, 105, 106],
		_ => vec![],
	}
}

/// The keys of a committee.
pub fn committee(id: CovenantId) -> Multisig {
	let mut keys = member_numbers(id).into_iter().map(key).collect::<Vec<_>>();
	keys.sort_unstable();
	let threshold = threshold_for(keys.len() as u32);
	Multisig::new(keys, threshold).unwrap()
}

pub struct TestCovenants;

impl Covenants<AccountId32> for TestCovenants {
	fn serving() -> Option<(CovenantId, Multisig)> {
		Serving::get().map(|id| (id, committee(id)))
	}

	/// A committee is forgotten as soon as nothing depends on it.
	fn get(id: CovenantId) -> Option<Multisig> {
		let depends = CovenantBonds::<super::Test>::contains_key(id);
		(depends || Serving::get() == Some(id)).then(|| committee(id))
	}

	/// The holder of key 101 is account 1, and so on.
	fn members(id: CovenantId) -> Vec<(XOnlyKey, AccountId32)> {
		member_numbers(id).into_iter().map(|n| (key(n), account(n - 100))).collect()
	}

	fn has_room() -> bool {
		Room::get()
	}

	fn receive(
		id: CovenantId,
		_: [u8; 32],
		outpoint: OutPoint,
		value: Sats,
		_: u32,
		credits: &[(AccountId32, Sats)],
	) -> DispatchResult {
		ensure!(Open::get(), DispatchError::Other("the peg takes nothing in"));
		let credited = Sats::checked_sum(credits.iter().map(|(_, amount)| *amount));
		ensure!(credited.is_some_and(|sum| sum <= value), DispatchError::Other("too much credit"));
		for (who, amount) in credits.iter().filter(|(_, amount)| *amount > Sats::ZERO) {
			Ebtc::mint_into(who, amount.0.into())?;
		}
		Received::mutate(|received| received.push((id, outpoint, value)));
		Ok(())
	}
}

/// eBTC of the treasury.
pub fn treasury() -> u64 {
	super::ebtc(account(TREASURY))
}
