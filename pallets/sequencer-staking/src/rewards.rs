//! Rewards: who earns what, and how it is collected.
//!
//! Fees are paid into the pallet's account, and new ENT is, and what the peg takes of deposits. When a session ends, all that the account holds and
//! does not owe to anybody is shared among those who made the session's blocks, by their number. Of each
//! share the validator has its commission at once. The rest is divided by the BTC that is bonded for it, and
//! added to what *one satoshi* has earned since the beginning, a number that only rises
//! ([`Sequencer::earned`](crate::Sequencer::earned)). So the end of a session costs the same however many bonds
//! there are.
//!
//! A bond has earned its value times the difference of that number to what it was when the bond began to
//! count, or last collected. Only whole units are paid; what is less stays with the bond for the next time,
//! so that who collects often gets no less than who waits.
//!
//! What one satoshi earns is rounded up, so that equal bonds get equal parts and one alone gets all. By how much this
//! is more than what was shared is kept count of, and taken back before it comes to a unit for all bonds together.
//! So, since only whole units are paid, all that can be collected is never more than what was shared.

use crate::{
	Bond, BondState, Bonds, Collected, Config, CurrentPolicy, Earned, Earnings, Error, Event,
	LastInflation, Owed, Pallet, Policy, Ppm, Sequencer, Sequencers, Shares,
};
use alloc::{collections::BTreeMap, vec::Vec};
use entangled_bitcoin::{OutPoint, Sats, U256};
use polkadot_sdk::{
	frame_support::{
		ensure,
		traits::{
			fungible::{Inspect, Mutate},
			tokens::{DepositConsequence, Preservation, Provenance},
			Get,
		},
	},
	frame_system,
	sp_runtime::{
		helpers_128bit::multiply_by_rational_with_rounding as multiply_by_rational,
		traits::{AccountIdConversion, SaturatedConversion, Saturating},
		DispatchError, DispatchResult, Rounding,
	},
	sp_staking::SessionIndex,
};

/// One unit in the numbers of [`Shares`].
const UNIT: u128 = 1 << 64;

impl Sequencer {
	/// Divides rewards by what is bonded. Gives what was divided: nothing of a number that does not fit.
	pub(crate) fn divide(&mut self, rest: Earnings) -> Earnings {
		let bonded = self.total;
		let divide = |earned: &mut u128, ahead: &mut u128, rest: u128| {
			let raised = raise(*earned, *ahead, rest, bonded);
			(*earned, *ahead) = raised.unwrap_or((*earned, *ahead));
			raised.is_some()
		};
		let Self { earned, ahead, .. } = self;
		let ent = divide(&mut earned.ent, &mut ahead.ent, rest.ent);
		let ebtc = divide(&mut earned.ebtc, &mut ahead.ebtc, rest.ebtc.0.into());
		Earnings {
			ent: if ent { rest.ent } else { 0 },
			ebtc: if ebtc { rest.ebtc } else { Sats::ZERO },
		}
	}
}

/// What each satoshi has earned when `rest` is divided too, and by how much more than was shared that is for
/// all. `None` when it does not fit, or nothing is bonded.
fn raise(earned: u128, ahead: u128, rest: u128, bonded: Sats) -> Option<(u128, u128)> {
	let bonded = U256::from(bonded.0);
	let round_up = |due: U256| {
		let each = due.checked_add(bonded)?.checked_sub(U256::one())?.checked_div(bonded)?;
		let more = each.checked_mul(bonded)?.checked_sub(due)?;
		Some((u128::try_from(each).ok()?, u128::try_from(more).ok()?))
	};
	let rest = U256::from(rest) << 64;
	let (each, more) = round_up(rest)?;
	let sum = ahead.checked_add(more)?;
	let (each, ahead) =
		if sum < UNIT { (each, sum) } else { round_up(rest.checked_sub(ahead.into())?)? };
	Some((earned.checked_add(each)?, ahead))
}

impl Collected {
	/// What a bond of this value has earned since, in whole units, now that each satoshi has earned this much. It
	/// is collected then.
	pub(crate) fn settle(&mut self, earned: &Shares, value: Sats) -> Earnings {
		let settle = |before: &mut u128, rest: &mut u128, earned: u128| {
			let since = U256::from(earned.saturating_sub(*before));
			// Of 64 bits and 128, so it fits.
			let all = since.saturating_mul(value.0.into()).saturating_add((*rest).into());
			(*before, *rest) = (earned, all.low_u64().into());
			u128::try_from(all >> 64).unwrap_or(u128::MAX)
		};
		let Self { shares, rest } = self;
		let ent = settle(&mut shares.ent, &mut rest.ent, earned.ent);
		let ebtc = settle(&mut shares.ebtc, &mut rest.ebtc, earned.ebtc);
		Earnings { ent, ebtc: sats(ebtc) }
	}
}

impl Earnings {
	/// This part of it, rounded down.
	fn part(self, part: u32, whole: u32) -> Self {
		let of = |amount| {
			multiply_by_rational(amount, part.into(), whole.into(), Rounding::Down).unwrap_or(0)
		};
		Self { ent: of(self.ent), ebtc: sats(of(self.ebtc.0.into())) }
	}

	/// So many parts per million, rounded down.
	fn ppm(self, ppm: Ppm) -> Self {
		self.part(ppm, 1_000_000)
	}
}

/// An amount of eBTC. There is never more than fits.
fn sats(amount: u128) -> Sats {
	Sats(u64::try_from(amount).unwrap_or(u64::MAX))
}

impl<T: Config> Pallet<T> {
	/// The account that rewards are paid from, and that fees may be paid into.
	pub fn pot() -> T::AccountId {
		T::PalletId::get().into_account_truncating()
	}

	/// What the account holds and does not owe to anybody. It keeps what it needs to exist.
	pub(crate) fn unshared() -> Earnings {
		let free = |balance: u128, least: u128| balance.saturating_sub(least);
		let pot = Self::pot();
		let ent = free(T::Currency::balance(&pot), T::Currency::minimum_balance());
		let ebtc = free(T::Ebtc::balance(&pot), T::Ebtc::minimum_balance());
		Earnings { ent, ebtc: sats(ebtc) }.saturating_sub(Owed::<T>::get())
	}

	/// Makes the new ENT of the blocks since the last time.
	pub(crate) fn inflate() {
		let policy = CurrentPolicy::<T>::get();
		let now = frame_system::Pallet::<T>::block_number();
		let blocks = now.saturating_sub(LastInflation::<T>::get()).saturated_into::<u32>();
		let part = u128::from(policy.inflation).saturating_mul(blocks.into());
		let whole = u128::from(policy.year).saturating_mul(1_000_000);
		let issued = T::Currency::total_issuance();
		let new = multiply_by_rational(issued, part, whole, Rounding::Down).unwrap_or(0);
		// What is too little for an account to exist is made with the next.
		if new == 0 || T::Currency::mint_into(&Self::pot(), new).is_ok() {
			LastInflation::<T>::put(now);
		}
	}

	/// Shares what there is among those who made the session's blocks, except who has cheated.
	pub(crate) fn share_rewards(session: SessionIndex, authored: &BTreeMap<T::AccountId, u32>) {
		Self::inflate();
		let policy = CurrentPolicy::<T>::get();
		let pot = Self::unshared();
		let authors = authored
			.iter()
			.map(|(who, blocks)| (who, *blocks, Sequencers::<T>::get(who)))
			.filter(|(.., them)| !them.as_ref().is_some_and(Sequencer::is_banned))
			.collect::<Vec<_>>();
		let all = authors.iter().fold(0u32, |all, (_, blocks, _)| all.saturating_add(*blocks));
		let shared = authors.into_iter().fold(Earnings::ZERO, |shared, (who, blocks, them)| {
			shared.saturating_add(Self::reward(who, them, pot.part(blocks, all), &policy))
		});
		if shared != Earnings::ZERO {
			Owed::<T>::mutate(|owed| *owed = owed.saturating_add(shared));
			Self::deposit_event(Event::RewardsShared { session, earnings: shared });
		}
	}

	/// Gives a validator its share, and those who bonded for it theirs. Gives what was given.
	fn reward(
		who: &T::AccountId,
		sequencer: Option<Sequencer>,
		share: Earnings,
		policy: &Policy,
	) -> Earnings {
		let Some(mut sequencer) = sequencer.filter(|them| them.total > Sats::ZERO) else {
			Self::credit(who, share);
			return share;
		};
		let commission = share.ppm(sequencer.commission.min(policy.max_commission));
		let rest = share.saturating_sub(commission);
		let divided = sequencer.divide(rest);
		Sequencers::<T>::insert(who, sequencer);
		Self::credit(who, commission);
		commission.saturating_add(divided)
	}

	/// Lets somebody collect this without any bond.
	pub(crate) fn credit(who: &T::AccountId, earnings: Earnings) {
		if earnings != Earnings::ZERO {
			Earned::<T>::mutate(who, |earned| *earned = earned.saturating_add(earnings));
		}
	}

	/// What a bond has earned since it last collected. It is collected then.
	pub(crate) fn settle(bond: &mut Bond<T::AccountId>) -> Result<Earnings, Error<T>> {
		// A bond that counts no more has been settled.
		if !matches!(bond.state, BondState::Active { .. }) {
			return Ok(Earnings::ZERO);
		}
		let sequencer = Sequencers::<T>::get(&bond.sequencer).ok_or(Error::<T>::BooksBroken)?;
		Ok(bond.collected.settle(&sequencer.earned, bond.value))
	}

	pub(crate) fn do_collect(who: &T::AccountId, bonds: &[OutPoint]) -> DispatchResult {
		let mut earned = Earned::<T>::get(who);
		for outpoint in bonds {
			let mut bond = Bonds::<T>::get(outpoint).ok_or(Error::<T>::UnknownBond)?;
			ensure!(bond.owner == *who, Error::<T>::NotOwner);
			let settled = Self::settle(&mut bond)?;
			if settled != Earnings::ZERO {
				earned = earned.saturating_add(settled);
				Bonds::<T>::insert(outpoint, bond);
			}
		}
		let paid = Earnings {
			ent: Self::pay::<T::Currency>(who, earned.ent)?,
			ebtc: sats(Self::pay::<T::Ebtc>(who, earned.ebtc.0.into())?),
		};
		ensure!(paid != Earnings::ZERO, Error::<T>::NothingToCollect);
		match earned.saturating_sub(paid) {
			Earnings::ZERO => Earned::<T>::remove(who),
			rest => Earned::<T>::insert(who, rest),
		}
		Owed::<T>::mutate(|owed| *owed = owed.saturating_sub(paid));
		Self::deposit_event(Event::RewardsCollected { who: who.clone(), earnings: paid });
		Ok(())
	}

	/// Pays an amount out, and gives what was paid: nothing when it is too little for the account to exist.
	fn pay<Asset>(who: &T::AccountId, amount: u128) -> Result<u128, DispatchError>
	where
		Asset: Inspect<T::AccountId, Balance = u128> + Mutate<T::AccountId>,
	{
		let fits = Asset::can_deposit(who, amount, Provenance::Extant);
		if amount == 0 || fits != DepositConsequence::Success {
			return Ok(0);
		}
		Asset::transfer(&Self::pot(), who, amount, Preservation::Preserve)
	}
}
