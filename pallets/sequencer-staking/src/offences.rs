//! What it costs to cheat.

use crate::{
	Config, Ent, Error, Event, Founders, HoldReason, Pallet, PendingSlash, PendingSlashes,
	Sequencer, SequencerStatus, Sequencers, WeightInfo, MAX_SLASHES,
};
use pallet_btc_light_client::BitcoinChain;
use polkadot_sdk::{
	frame_support::{
		traits::{
			fungible::{hold::Balanced as _, Balanced},
			ConstU32, Get, Imbalance,
		},
		weights::Weight,
		BoundedVec,
	},
	sp_runtime::{helpers_128bit::multiply_by_rational_with_rounding, Perbill, Rounding},
	sp_staking::{
		offence::{OffenceDetails, OnOffenceHandler},
		SessionIndex,
	},
};

impl<T: Config, Identification>
	OnOffenceHandler<T::AccountId, (T::AccountId, Identification), Weight> for Pallet<T>
{
	fn on_offence(
		offenders: &[OffenceDetails<T::AccountId, (T::AccountId, Identification)>],
		fractions: &[Perbill],
		session: SessionIndex,
	) -> Weight {
		let mut weight = Weight::zero();
		for (details, fraction) in offenders.iter().zip(fractions) {
			let (offender, _) = &details.offender;
			Self::punish(offender, session, *fraction, details.reporters.first());
			weight.saturating_accrue(T::WeightInfo::offence());
		}
		weight
	}
}

impl<T: Config> Pallet<T> {
	/// Punishes a validator for an offence in a session that costs this part of its token stake. It loses
	/// that at once and never makes a block again, and what is bonded for it is slashed on Bitcoin.
	///
	/// Offences do not add up: all together cost as much as the worst.
	pub fn punish(
		offender: &T::AccountId,
		session: SessionIndex,
		fraction: Perbill,
		reporter: Option<&T::AccountId>,
	) {
		if fraction.is_zero() {
			return;
		}
		if !Sequencers::<T>::contains_key(offender) {
			// A founder, or one who has taken everything back. There is a ban on record from now on.
			Sequencers::<T>::insert(offender, Sequencer::new(T::Bitcoin::clock()));
		}
		Founders::<T>::mutate(|founders| founders.retain(|founder| founder != offender));
		// It is on record, and who leaves the ranking needs no room there.
		let _: Result<(), Error<T>> = Self::change(offender, |sequencer| {
			let lost = match sequencer.status {
				SequencerStatus::Banned { cost } => cost,
				_ => Perbill::zero(),
			};
			if fraction > lost {
				Self::slash_stake(offender, sequencer, lost, fraction);
				let status = SequencerStatus::Banned { cost: fraction };
				Self::set_status(offender, sequencer, status);
			}
			Ok(())
		});
		// Nobody is paid for its own offence.
		let reporter = reporter.filter(|reporter| *reporter != offender).cloned();
		Self::queue_slash(offender, session, reporter);
	}

	/// Takes as much of the token stake that with the part that was `lost` before it comes to `fraction`.
	fn slash_stake(
		offender: &T::AccountId,
		sequencer: &mut Sequencer,
		lost: Perbill,
		fraction: Perbill,
	) {
		let part = |of: Perbill| u128::from(of.deconstruct());
		let more = part(fraction).saturating_sub(part(lost));
		let left = part(Perbill::one()).saturating_sub(part(lost));
		let mut slashed: Ent = 0;
		let mut cut = |amount: &mut Ent| {
			let cut = multiply_by_rational_with_rounding(*amount, more, left, Rounding::Up);
			// No part of an amount is more than the amount.
			let cut = cut.unwrap_or(*amount).min(*amount);
			*amount = amount.saturating_sub(cut);
			slashed = slashed.saturating_add(cut);
		};
		cut(&mut sequencer.stake);
		sequencer.unlocking.iter_mut().for_each(|(amount, _)| cut(amount));
		sequencer.unlocking.retain(|(amount, _)| *amount > 0);
		if slashed == 0 {
			return;
		}
		let (credit, _) = T::Currency::slash(&HoldReason::Stake.into(), offender, slashed);
		let amount = credit.peek();
		// What the treasury's account cannot take is burnt.
		let _ = T::Currency::resolve(&T::Treasury::get(), credit);
		Self::deposit_event(Event::StakeSlashed { sequencer: offender.clone(), amount, fraction });
	}

	/// Has the bonds gone through that answer for an offence, unless they are for another one of the same session.
	fn queue_slash(offender: &T::AccountId, session: SessionIndex, reporter: Option<T::AccountId>) {
		PendingSlashes::<T>::mutate(|pending| {
			let covers = |slash: &PendingSlash<_>| {
				slash.offender == *offender && (slash.first..=slash.last).contains(&session)
			};
			if pending.iter().any(covers) {
				return;
			}
			if pending.is_full() {
				merge(pending);
			}
			let offender = offender.clone();
			let slash =
				PendingSlash { offender, first: session, last: session, reporter, cursor: None };
			// There is room for as many as can cheat at once.
			let _ = pending.try_push(slash);
		});
	}
}

/// Makes room among what is to be gone through: of two offences of one sequencer one that covers both. Bonds that
/// counted only in between are slashed with them then.
fn merge<AccountId: PartialEq>(
	pending: &mut BoundedVec<PendingSlash<AccountId>, ConstU32<MAX_SLASHES>>,
) {
	let twice = pending.iter().enumerate().find_map(|(at, slash)| {
		let mut before = pending.iter().take(at);
		before.position(|other| other.offender == slash.offender).map(|first| (first, at))
	});
	let Some((first, second)) = twice else { return };
	let PendingSlash { first: from, last: to, .. } = pending.remove(second);
	if let Some(slash) = pending.get_mut(first) {
		(slash.first, slash.last) = (slash.first.min(from), slash.last.max(to));
		slash.cursor = None;
	}
}
