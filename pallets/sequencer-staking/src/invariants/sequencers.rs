//! What must hold of sequencers and of what is owed to them.

use crate::{
	ranking::order, BondState, BondedTotal, Bonds, Config, CurrentPolicy, Earned, Earnings,
	Founders, HoldReason, Owed, Pallet, PendingSlashes, Ranking, Sequencers,
};
use alloc::{
	collections::{BTreeMap, BTreeSet},
	vec::Vec,
};
use entangled_bitcoin::Sats;
use polkadot_sdk::{
	frame_support::{
		ensure,
		traits::fungible::{hold::Inspect as _, Inspect},
	},
	sp_runtime::TryRuntimeError,
};

impl<T: Config> Pallet<T> {
	/// The part of the invariants that is about sequencers.
	pub(super) fn check_sequencers() -> Result<(), TryRuntimeError> {
		Self::check_totals()?;
		Self::check_ranking()?;
		Self::check_stakes()?;
		Self::check_rewards()?;
		Self::check_offenders()
	}

	fn check_totals() -> Result<(), TryRuntimeError> {
		let mut sums = BTreeMap::<T::AccountId, (Sats, Sats)>::new();
		let mut all = Sats::ZERO;
		for bond in Bonds::<T>::iter_values() {
			if !matches!(bond.state, BondState::Active { .. }) {
				continue;
			}
			let own = if bond.owner == bond.sequencer { bond.value } else { Sats::ZERO };
			let sums = sums.entry(bond.sequencer).or_default();
			sums.0 = sums.0.checked_add(own).ok_or("more bonded than there is")?;
			sums.1 = sums.1.checked_add(bond.value).ok_or("more bonded than there is")?;
			all = all.checked_add(bond.value).ok_or("more bonded than there is")?;
		}
		ensure!(BondedTotal::<T>::get() == all, "the total is not the sum of the bonds");
		for (who, sequencer) in Sequencers::<T>::iter() {
			let sums = sums.remove(&who).unwrap_or_default();
			ensure!(sums == (sequencer.own, sequencer.total), "a sequencer's bonds do not add up");
		}
		ensure!(sums.is_empty(), "a bond counts for nobody");
		Ok(())
	}

	fn check_ranking() -> Result<(), TryRuntimeError> {
		let policy = CurrentPolicy::<T>::get();
		let mut standing = Sequencers::<T>::iter()
			.filter_map(|(who, sequencer)| Some((sequencer.standing(&policy)?, who)))
			.collect::<Vec<_>>();
		standing.sort_by(order);
		ensure!(Ranking::<T>::get() == standing, "the ranking is not who stands, in order");
		Ok(())
	}

	fn check_stakes() -> Result<(), TryRuntimeError> {
		for (who, sequencer) in Sequencers::<T>::iter() {
			let held = T::Currency::balance_on_hold(&HoldReason::Stake.into(), &who);
			ensure!(sequencer.held() == Some(held), "not on hold is what is at stake");
			let waits = sequencer.unlocking.iter().all(|(amount, _)| *amount > 0);
			ensure!(waits, "nothing waits to be unlocked");
		}
		Ok(())
	}

	fn check_rewards() -> Result<(), TryRuntimeError> {
		let mut earned = Earned::<T>::iter_values().fold(Earnings::ZERO, Earnings::saturating_add);
		for mut bond in Bonds::<T>::iter_values() {
			earned = earned.saturating_add(Self::settle(&mut bond)?);
		}
		let owed = Owed::<T>::get();
		let covers = |a: Earnings, b: Earnings| a.ent >= b.ent && a.ebtc >= b.ebtc;
		ensure!(covers(owed, earned), "more could be collected than is owed");
		let pot = Self::pot();
		let ebtc = T::Ebtc::balance(&pot) >= owed.ebtc.0.into();
		ensure!(ebtc && T::Currency::balance(&pot) >= owed.ent, "more is owed than there is");
		Ok(())
	}

	/// Of those who have cheated nothing counts any more, when all has been gone through.
	fn check_offenders() -> Result<(), TryRuntimeError> {
		ensure!(!Founders::<T>::get().iter().any(Self::is_banned), "a banned founder");
		let mut offences = BTreeSet::new();
		for slash in PendingSlashes::<T>::get() {
			ensure!(Self::is_banned(&slash.offender), "an offender is not banned");
			ensure!(slash.first <= slash.last, "an offence ends before it begins");
			let offence = (slash.offender, slash.first);
			ensure!(offences.insert(offence), "an offence stands in the queue twice");
		}
		for (who, sequencer) in Sequencers::<T>::iter().filter(|(_, them)| them.is_banned()) {
			let waits = offences.iter().any(|(offender, _)| *offender == who);
			ensure!(
				waits || sequencer.total == Sats::ZERO,
				"a bond counts for one who has cheated"
			);
		}
		Ok(())
	}
}
