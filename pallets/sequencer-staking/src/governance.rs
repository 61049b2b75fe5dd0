//! What governance decides.

use crate::{
	Config, CurrentPolicy, Error, Event, Founders, Outcome, Pallet, Policy, Rules, RulesVersion,
	MAX_VALIDATORS,
};
use alloc::collections::BTreeSet;
use entangled_bitcoin::OutPoint;
use pallet_btc_light_client::BitcoinChain;
use polkadot_sdk::{
	frame_support::{
		ensure,
		traits::{ConstU32, Get},
		BoundedVec,
	},
	sp_runtime::DispatchResult,
};

impl<T: Config> Pallet<T> {
	pub(crate) fn do_set_policy(policy: Policy) -> DispatchResult {
		let rules = Rules::<T>::get();
		let fits = policy.is_sound() && rules.iter().all(|version| policy.fits(&version.rules));
		ensure!(fits, Error::<T>::UnsoundPolicy);
		// Until now the old numbers hold.
		Self::inflate();
		Self::rank_all(&policy);
		CurrentPolicy::<T>::put(&policy);
		Self::deposit_event(Event::PolicyChanged { policy });
		Ok(())
	}

	/// Sets the rules from a height to come on. What was to hold from there on or later does not; and what
	/// holds no more is forgotten.
	pub(crate) fn do_set_rules(version: RulesVersion) -> DispatchResult {
		let height = T::Bitcoin::clock().bitcoin_height;
		let fits = version.rules.is_sound()
			&& CurrentPolicy::<T>::get().fits(&version.rules)
			&& T::SlashingTime::get().fits(&version.rules);
		ensure!(fits && version.from > height, Error::<T>::UnsoundRules);
		Rules::<T>::try_mutate(|rules| {
			let in_force = rules.iter().rev().find(|older| older.from <= height);
			let since = in_force.map_or(0, |older| older.from);
			rules.retain(|older| older.from >= since && older.from < version.from);
			rules.try_push(version).map_err(|_| Error::<T>::TooManyVersions)
		})?;
		Self::deposit_event(Event::RulesChanged { version });
		Ok(())
	}

	/// Names the founders anew. None who has cheated.
	pub(crate) fn do_set_founders(
		founders: BoundedVec<T::AccountId, ConstU32<MAX_VALIDATORS>>,
	) -> DispatchResult {
		let different = founders.iter().collect::<BTreeSet<_>>();
		ensure!(different.len() == founders.len(), Error::<T>::DuplicateFounder);
		ensure!(!founders.iter().any(Self::is_banned), Error::<T>::Banned);
		Founders::<T>::put(&founders);
		Self::deposit_event(Event::FoundersChanged { founders: founders.into_inner() });
		Ok(())
	}

	/// Closes a bond that counts, or did, though there is none any more.
	pub(crate) fn do_strike(outpoint: OutPoint) -> DispatchResult {
		let bond = Self::open_bond(&outpoint)?;
		ensure!(bond.slashable_until().is_some(), Error::<T>::NotActive);
		Self::close(outpoint, bond, Outcome::Struck);
		Ok(())
	}
}
