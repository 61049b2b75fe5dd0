//! The order in which sequencers are elected.
//!
//! All who stand are ranked, those who lack what a candidate must have with no BTC at all, behind everybody
//! else. So the ranking is exact after every change of a bond, a stake or a policy, and to set a policy costs no more
//! than there are places.

use crate::{Config, Error, Pallet, Policy, Ranking, SequencerStatus, Sequencers, MAX_SEQUENCERS};
use core::cmp::Ordering;
use entangled_bitcoin::Sats;
use polkadot_sdk::frame_support::{
	traits::{ConstU32, Get},
	BoundedVec,
};

/// Those who stand, in order.
pub(crate) type Ranked<AccountId, Places = ConstU32<MAX_SEQUENCERS>> =
	BoundedVec<(Sats, AccountId), Places>;

/// Every place is taken, by somebody with no less BTC.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Full;

/// Whoever has more BTC comes first, of equals the smaller account.
pub(crate) fn order<AccountId: Ord>(a: &(Sats, AccountId), b: &(Sats, AccountId)) -> Ordering {
	b.0.cmp(&a.0).then_with(|| a.1.cmp(&b.1))
}

/// Puts somebody in its place who had another one, or none. Gives who had to go for it. Of equals the one
/// who was there first stays.
pub(crate) fn place<AccountId: Ord, Places: Get<u32>>(
	ranked: &mut Ranked<AccountId, Places>,
	weight: Sats,
	who: AccountId,
) -> Result<Option<AccountId>, Full> {
	ranked.retain(|(_, other)| *other != who);
	let mut last = None;
	if ranked.is_full() {
		let beaten = ranked.last().is_some_and(|(least, _)| *least < weight);
		last = ranked.pop().filter(|_| beaten);
		if last.is_none() {
			return Err(Full);
		}
	}
	let entry = (weight, who);
	let at = ranked.partition_point(|other| order(other, &entry).is_lt());
	ranked.try_insert(at, entry).map_err(|_| Full)?;
	Ok(last.map(|(_, out)| out))
}

impl<T: Config> Pallet<T> {
	/// Ranks a sequencer anew, or takes it out. Whoever has to go for it stands no more.
	pub(crate) fn rank(who: &T::AccountId, standing: Option<Sats>) -> Result<(), Error<T>> {
		let out = Ranking::<T>::try_mutate(|ranked| match standing {
			Some(weight) => place(ranked, weight, who.clone()),
			None => {
				ranked.retain(|(_, other)| other != who);
				Ok(None)
			},
		});
		if let Some(out) = out.map_err(|Full| Error::<T>::TooManySequencers)? {
			Sequencers::<T>::mutate(&out, |sequencer| {
				if let Some(sequencer) = sequencer {
					Self::set_status(&out, sequencer, SequencerStatus::Chilled);
				}
			});
		}
		Ok(())
	}

	/// Ranks all who stand anew, under other numbers.
	pub(crate) fn rank_all(policy: &Policy) {
		Ranking::<T>::mutate(|ranked| {
			for (weight, who) in ranked.iter_mut() {
				let standing = Sequencers::<T>::get(who).and_then(|them| them.standing(policy));
				*weight = standing.unwrap_or(Sats::ZERO);
			}
			ranked.sort_by(order);
		});
	}
}
