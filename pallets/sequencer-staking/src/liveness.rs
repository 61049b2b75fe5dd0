//! Who is there, and who is not.

use crate::{
	Authored, Config, CurrentPolicy, Error, Pallet, Sequencer, SequencerStatus, Sequencers,
	WeightInfo,
};
use alloc::collections::BTreeMap;
use pallet_btc_light_client::BitcoinChain;
use polkadot_sdk::{
	frame_support::dispatch::DispatchClass,
	frame_system::{self, pallet_prelude::BlockNumberFor},
	pallet_authorship::EventHandler,
	sp_staking::SessionIndex,
};

impl<T: Config> EventHandler<T::AccountId, BlockNumberFor<T>> for Pallet<T> {
	/// A validator has made a block.
	fn note_author(author: T::AccountId) {
		Authored::<T>::mutate(author, |blocks| *blocks = blocks.saturating_add(1));
	}
}

impl<T: Config> Pallet<T> {
	/// Ends a session in which these were the validators: shares its rewards, and jails who was absent.
	pub fn end_session(session: SessionIndex, validators: &[T::AccountId]) {
		let authored = Authored::<T>::drain().collect::<BTreeMap<_, _>>();
		Self::share_rewards(session, &authored);
		Self::judge_presence(validators, &authored);
		frame_system::Pallet::<T>::register_extra_weight_unchecked(
			T::WeightInfo::end_session(u32::try_from(validators.len()).unwrap_or(u32::MAX)),
			DispatchClass::Mandatory,
		);
	}

	/// Notes whether a sequencer gave a signature that it owed to the peg. Whoever has owed too many is jailed
	/// when the session ends in which it is a validator.
	pub fn note_signature(who: &T::AccountId, gave: bool) {
		Sequencers::<T>::mutate_extant(who, |sequencer| {
			let missed = sequencer.missed_signatures.saturating_add(1);
			sequencer.missed_signatures = if gave { 0 } else { missed };
		});
	}

	/// Jails validators that have been absent for too long, the first of them first. Of all validators never
	/// more than a third sits in jail or is banned: if more are absent, it may not be their fault, and those who are left
	/// must be able to go on.
	fn judge_presence(validators: &[T::AccountId], authored: &BTreeMap<T::AccountId, u32>) {
		let now = T::Bitcoin::clock();
		let kept = |who: &&T::AccountId| Sequencers::<T>::get(who).is_some_and(|s| !s.is_free(now));
		let kept = validators.iter().filter(kept).count();
		let mut cells = (validators.len() / 3).saturating_sub(kept);
		for who in validators {
			let there = authored.contains_key(who);
			// A founder without stake has no record, and nothing to lose.
			let _: Result<(), Error<T>> = Self::change(who, |sequencer| {
				// Who fills the set again after its time in jail is judged as everybody else is.
				let absent = sequencer.is_free(now) && Self::is_absent(sequencer, there);
				if absent && cells > 0 {
					cells = cells.saturating_sub(1);
					Self::jail(who, sequencer);
				}
				Ok(())
			});
		}
	}

	/// Counts a session of a validator, and gives whether it has been absent for too long.
	fn is_absent(sequencer: &mut Sequencer, there: bool) -> bool {
		let missed = sequencer.missed_sessions.saturating_add(1);
		sequencer.missed_sessions = if there { 0 } else { missed };
		let policy = CurrentPolicy::<T>::get();
		sequencer.missed_sessions >= policy.offline_sessions
			|| sequencer.missed_signatures.max(sequencer.missed_duties) >= policy.missed_signatures
	}

	fn jail(who: &T::AccountId, sequencer: &mut Sequencer) {
		let policy = CurrentPolicy::<T>::get();
		let until = T::Bitcoin::clock().after(policy.jail_blocks, policy.jail_own_blocks);
		// What led here has been paid for.
		sequencer.missed_sessions = 0;
		sequencer.missed_signatures = 0;
		sequencer.missed_duties = 0;
		Self::set_status(who, sequencer, SequencerStatus::Jailed { until });
	}
}
