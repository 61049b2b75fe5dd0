//! Token stake, commission, and who stands for election.

use crate::{
	Bond, BondedTotal, Bonds, Collected, Config, CurrentPolicy, Ent, Error, Event, HoldReason,
	Pallet, Ppm, RegisteredKeys, Sequencer, SequencerStatus, Sequencers,
};
use entangled_bitcoin::Sats;
use pallet_btc_light_client::BitcoinChain;
use polkadot_sdk::{
	frame_support::{
		ensure,
		traits::{fungible::hold::Mutate, tokens::Precision, Get},
	},
	sp_runtime::DispatchResult,
};

impl<T: Config> Pallet<T> {
	/// Changes what is on record of a sequencer, and puts it where it belongs in the ranking then.
	pub(crate) fn change<R>(
		who: &T::AccountId,
		change: impl FnOnce(&mut Sequencer) -> Result<R, Error<T>>,
	) -> Result<R, Error<T>> {
		let mut sequencer = Sequencers::<T>::get(who).ok_or(Error::<T>::UnknownSequencer)?;
		let policy = CurrentPolicy::<T>::get();
		let before = sequencer.standing(&policy);
		let result = change(&mut sequencer)?;
		let after = sequencer.standing(&policy);
		if before != after {
			Self::rank(who, after)?;
		}
		Sequencers::<T>::insert(who, sequencer);
		Ok(result)
	}

	/// Sets whether a sequencer stands for election, and says so.
	pub(crate) fn set_status(
		who: &T::AccountId,
		sequencer: &mut Sequencer,
		status: SequencerStatus,
	) {
		sequencer.status = status;
		Self::deposit_event(Event::StatusChanged { sequencer: who.clone(), status });
	}

	/// Whether the account has cheated as a validator.
	pub fn is_banned(who: &T::AccountId) -> bool {
		Sequencers::<T>::get(who).is_some_and(|sequencer| sequencer.is_banned())
	}

	/// Lets a bond count for its sequencer from now on.
	pub(crate) fn add_weight(bond: &mut Bond<T::AccountId>) -> Result<(), Error<T>> {
		let all = BondedTotal::<T>::get().checked_add(bond.value);
		let all = all.ok_or(Error::<T>::BooksBroken)?;
		// What takes over the coin of another bond takes over what that one answers for.
		let extended = bond.extends.and_then(Bonds::<T>::get);
		bond.counts_from = extended.map_or_else(T::CurrentSession::get, |old| old.counts_from);
		let own = if bond.owner == bond.sequencer { bond.value } else { Sats::ZERO };
		let shares = Self::change(&bond.sequencer, |sequencer| {
			let sum = |a: Sats, b| a.checked_add(b).ok_or(Error::<T>::BooksBroken);
			sequencer.total = sum(sequencer.total, bond.value)?;
			sequencer.own = sum(sequencer.own, own)?;
			Ok(sequencer.earned)
		})?;
		bond.collected = Collected { shares, ..Collected::default() };
		BondedTotal::<T>::put(all);
		Ok(())
	}

	/// Lets a bond that counts do so no more. What it has earned can be collected without it.
	pub(crate) fn remove_weight(bond: &mut Bond<T::AccountId>) {
		let own = if bond.owner == bond.sequencer { bond.value } else { Sats::ZERO };
		// A sequencer for whom a bond counts is on record, and who leaves the ranking needs no room there.
		let earned = Self::change(&bond.sequencer, |sequencer| {
			sequencer.total = sequencer.total.saturating_sub(bond.value);
			sequencer.own = sequencer.own.saturating_sub(own);
			Ok(sequencer.earned)
		});
		if let Ok(earned) = earned {
			Self::credit(&bond.owner, bond.collected.settle(&earned, bond.value));
		}
		BondedTotal::<T>::mutate(|all| *all = all.saturating_sub(bond.value));
	}

	pub(crate) fn do_stake(who: T::AccountId, amount: Ent) -> DispatchResult {
		ensure!(amount > 0, Error::<T>::ZeroAmount);
		let known = Sequencers::<T>::get(&who);
		let sequencer = known.unwrap_or_else(|| Sequencer::new(T::Bitcoin::clock()));
		ensure!(!sequencer.is_banned(), Error::<T>::Banned);
		let stake = sequencer.stake.checked_add(amount).ok_or(Error::<T>::InsufficientBalance)?;
		let least = CurrentPolicy::<T>::get().min_stake;
		ensure!(stake >= least, Error::<T>::BelowMinimumStake);
		T::Currency::hold(&HoldReason::Stake.into(), &who, amount)
			.map_err(|_| Error::<T>::InsufficientBalance)?;
		Sequencers::<T>::insert(&who, sequencer);
		Self::change(&who, |sequencer| {
			sequencer.stake = stake;
			Ok(())
		})?;
		Self::deposit_event(Event::StakeChanged { sequencer: who, stake });
		Ok(())
	}

	pub(crate) fn do_unstake(who: &T::AccountId, amount: Ent) -> DispatchResult {
		ensure!(amount > 0, Error::<T>::ZeroAmount);
		let policy = CurrentPolicy::<T>::get();
		let until = T::Bitcoin::clock().after(policy.unstake_blocks, policy.unstake_own_blocks);
		let stake = Self::change(who, |sequencer| {
			let rest = sequencer.stake.checked_sub(amount).ok_or(Error::<T>::InsufficientStake)?;
			let enough = sequencer.status != SequencerStatus::Candidate || rest >= policy.min_stake;
			ensure!(enough, Error::<T>::BelowMinimumStake);
			sequencer.stake = rest;
			let room = sequencer.unlocking.try_push((amount, until));
			room.map_err(|_| Error::<T>::TooManyUnlocking)?;
			Ok(rest)
		})?;
		Self::deposit_event(Event::StakeChanged { sequencer: who.clone(), stake });
		Ok(())
	}

	pub(crate) fn do_withdraw_stake(who: &T::AccountId) -> DispatchResult {
		let now = T::Bitcoin::clock();
		let (amount, spent) = Self::change(who, |sequencer| {
			let before = sequencer.held().ok_or(Error::<T>::BooksBroken)?;
			sequencer.unlocking.retain(|(_, until)| !now.has_passed(*until));
			let after = sequencer.held().ok_or(Error::<T>::BooksBroken)?;
			let amount = before.checked_sub(after).ok_or(Error::<T>::BooksBroken)?;
			ensure!(amount > 0, Error::<T>::NothingUnlocked);
			Ok((amount, sequencer.is_spent()))
		})?;
		T::Currency::release(&HoldReason::Stake.into(), who, amount, Precision::Exact)?;
		if spent {
			Sequencers::<T>::remove(who);
		}
		Self::deposit_event(Event::StakeReleased { sequencer: who.clone(), amount });
		Ok(())
	}

	pub(crate) fn do_set_commission(who: &T::AccountId, commission: Ppm) -> DispatchResult {
		let policy = CurrentPolicy::<T>::get();
		let now = T::Bitcoin::clock();
		ensure!(commission <= policy.max_commission, Error::<T>::CommissionTooHigh);
		Self::change(who, |sequencer| {
			// These limits are for those who have bonded for it.
			if sequencer.total > Sats::ZERO {
				let rise = commission.saturating_sub(sequencer.commission);
				let may_again = sequencer.commission_changed.after(0, policy.commission_delay);
				ensure!(rise <= policy.max_commission_rise, Error::<T>::CommissionRisesTooFast);
				ensure!(now.has_passed(may_again), Error::<T>::CommissionTooSoon);
			}
			sequencer.commission = commission;
			sequencer.commission_changed = now;
			Ok(())
		})?;
		Self::deposit_event(Event::CommissionSet { sequencer: who.clone(), commission });
		Ok(())
	}

	pub(crate) fn do_stand(who: &T::AccountId) -> DispatchResult {
		let least = CurrentPolicy::<T>::get().min_stake;
		let now = T::Bitcoin::clock();
		Self::change(who, |sequencer| {
			ensure!(!sequencer.is_banned(), Error::<T>::Banned);
			let stands = sequencer.status == SequencerStatus::Candidate;
			ensure!(!stands, Error::<T>::AlreadyCandidate);
			ensure!(sequencer.is_free(now), Error::<T>::StillJailed);
			ensure!(sequencer.stake >= least, Error::<T>::BelowMinimumStake);
			ensure!(T::Keys::has_keys(who), Error::<T>::NoSessionKeys);
			sequencer.missed_sessions = 0;
			sequencer.missed_signatures = 0;
			sequencer.missed_duties = 0;
			Self::set_status(who, sequencer, SequencerStatus::Candidate);
			Ok(())
		})?;
		Ok(())
	}

	pub(crate) fn do_chill(who: &T::AccountId) -> DispatchResult {
		Self::change(who, |sequencer| {
			let stands = sequencer.status == SequencerStatus::Candidate;
			ensure!(stands, Error::<T>::NotACandidate);
			Self::set_status(who, sequencer, SequencerStatus::Chilled);
			Ok(())
		})?;
		Ok(())
	}
}
