//! Who makes blocks, and who holds the peg's keys.

use crate::{
	ranking::order, Config, CurrentPolicy, Event, Founders, Pallet, Ranking, RegisteredKeys,
	Sequencers, WeightInfo,
};
use alloc::vec::Vec;
use entangled_bitcoin::Sats;
use pallet_btc_light_client::BitcoinChain;
use polkadot_sdk::{
	frame_support::dispatch::DispatchClass, frame_system, sp_staking::SessionIndex,
};

impl<T: Config> Pallet<T> {
	/// The validators of a session: those with the most BTC; and while there are too few, founders, and then those who
	/// were validators until now. There may be nobody who can.
	///
	/// Costs as much as there are places in the ranking, however many bonds there are.
	pub fn elect(session: SessionIndex, until_now: Vec<T::AccountId>) -> Vec<T::AccountId> {
		let policy = CurrentPolicy::<T>::get();
		let ranking = Ranking::<T>::get();
		let candidates = u32::try_from(ranking.len()).unwrap_or(u32::MAX);
		let mut elected = ranking
			.into_iter()
			.take_while(|(weight, _)| *weight > Sats::ZERO)
			.map(|(_, who)| who)
			.filter(T::Keys::has_keys)
			.take(usize::try_from(policy.validators).unwrap_or(usize::MAX))
			.collect::<Vec<_>>();
		let by_btc = elected.len();
		let wanted = usize::try_from(policy.min_validators).unwrap_or(usize::MAX);
		for other in Founders::<T>::get().into_iter().chain(until_now) {
			if elected.len() < wanted && !elected.contains(&other) && Self::may_fill(&other) {
				elected.push(other);
			}
		}
		let count = |of: usize| u32::try_from(of).unwrap_or(u32::MAX);
		let (validators, filling) =
			(count(elected.len()), count(elected.len().saturating_sub(by_btc)));
		frame_system::Pallet::<T>::register_extra_weight_unchecked(
			T::WeightInfo::elect(candidates),
			DispatchClass::Mandatory,
		);
		Self::deposit_event(Event::Elected { session, validators, filling });
		elected
	}

	/// Whether somebody can make blocks now who was not elected for it.
	fn may_fill(who: &T::AccountId) -> bool {
		let now = T::Bitcoin::clock();
		T::Keys::has_keys(who)
			&& Sequencers::<T>::get(who).is_none_or(|sequencer| sequencer.is_free(now))
	}

	/// Who of these validators should hold the peg's keys, the best first: those for whom the most BTC is
	/// bonded, then founders. Not those who have cheated or sit in jail.
	pub fn committee_order(validators: Vec<T::AccountId>) -> Vec<T::AccountId> {
		let now = T::Bitcoin::clock();
		let mut ordered = validators
			.into_iter()
			.filter_map(|who| match Sequencers::<T>::get(&who) {
				Some(sequencer) => sequencer.is_free(now).then_some((sequencer.total, who)),
				None => Some((Sats::ZERO, who)),
			})
			.collect::<Vec<_>>();
		ordered.sort_by(order);
		ordered.into_iter().map(|(_, who)| who).collect()
	}
}
