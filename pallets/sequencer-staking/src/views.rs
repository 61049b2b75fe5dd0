//! What people and nodes ask.

mod bonds;

use crate::{
	BondedTotal, Config, Covenants, CurrentPolicy, Earned, Founders, Owed, Pallet, Policy, Ranking,
	Rules, RulesVersion, SequencerView, Sequencers, StakingStatus, TermsRefusal, TermsView,
};
use alloc::{collections::BTreeSet, vec::Vec};
use entangled_bitcoin::{bond::bond_output, Sats, XOnlyKey};
use pallet_btc_light_client::{BitcoinChain, Host};

/// The validators of a session and of the one after it.
pub struct Elected<AccountId> {
	/// Of this session.
	pub now: BTreeSet<AccountId>,
	/// Of the next.
	pub next: BTreeSet<AccountId>,
}

impl<T: Config> Pallet<T> {
	/// Staking at a glance.
	pub fn status() -> StakingStatus<T::AccountId> {
		let height = T::Bitcoin::clock().bitcoin_height;
		let in_force = |version: &&RulesVersion| version.from <= height;
		StakingStatus {
			policy: CurrentPolicy::<T>::get(),
			rules: Rules::<T>::get().iter().rev().find(in_force).copied(),
			covenant: T::Covenants::serving().map(|(id, _)| id),
			bonded: BondedTotal::<T>::get(),
			standing: Ranking::<T>::decode_len()
				.and_then(|standing| u32::try_from(standing).ok())
				.unwrap_or(0),
			founders: Founders::<T>::get().into_inner(),
			unshared: Self::unshared(),
			owed: Owed::<T>::get(),
		}
	}

	/// Those who stand for election, in order; then the other validators of this session and the next.
	pub fn sequencers(elected: &Elected<T::AccountId>) -> Vec<SequencerView<T::AccountId>> {
		let standing = Ranking::<T>::get().into_iter().map(|(_, who)| who).collect::<Vec<_>>();
		let known = standing.iter().cloned().collect::<BTreeSet<_>>();
		let others = elected.now.union(&elected.next).filter(|who| !known.contains(who)).cloned();
		let policy = CurrentPolicy::<T>::get();
		let founders = Founders::<T>::get();
		let ranked = (0u32..).zip(&standing).map(|(rank, who)| (who.clone(), Some(rank)));
		let others = others.collect::<Vec<_>>().into_iter().map(|who| (who, None));
		ranked
			.collect::<Vec<_>>()
			.into_iter()
			.chain(others)
			.map(|(who, rank)| Self::view(who, rank, &policy, &founders, elected))
			.collect()
	}

	/// A sequencer or a founder.
	pub fn sequencer(
		who: T::AccountId,
		elected: &Elected<T::AccountId>,
	) -> Option<SequencerView<T::AccountId>> {
		let founders = Founders::<T>::get();
		let known = Sequencers::<T>::contains_key(&who) || founders.contains(&who);
		let ranking = Ranking::<T>::get();
		let rank = (0u32..).zip(&ranking).find(|(_, (_, other))| *other == who);
		let rank = rank.map(|(rank, _)| rank);
		let policy = CurrentPolicy::<T>::get();
		known.then(|| Self::view(who, rank, &policy, &founders, elected))
	}

	fn view(
		account: T::AccountId,
		rank: Option<u32>,
		policy: &Policy,
		founders: &[T::AccountId],
		elected: &Elected<T::AccountId>,
	) -> SequencerView<T::AccountId> {
		let record = Sequencers::<T>::get(&account);
		SequencerView {
			rank,
			weight: record.as_ref().and_then(|them| them.standing(policy)).unwrap_or(Sats::ZERO),
			founder: founders.contains(&account),
			validator: elected.now.contains(&account),
			next: elected.next.contains(&account),
			earned: Earned::<T>::get(&account),
			record,
			account,
		}
	}

	/// What a bond would be made from if this account registered it for this sequencer now.
	pub fn bond_terms(
		owner: &T::AccountId,
		sequencer: &T::AccountId,
		staker: XOnlyKey,
		timelock: u16,
	) -> Result<TermsView, TermsRefusal> {
		let (covenant, _) = T::Covenants::serving().ok_or(TermsRefusal::UnknownCovenant)?;
		let policy = CurrentPolicy::<T>::get();
		Self::ensure_place(sequencer, owner == sequencer)?;
		let terms = Self::terms_now(owner, staker, timelock, covenant, &policy)?;
		terms.check::<Host>().map_err(crate::Error::<T>::from)?;
		let output = bond_output::<Host>(&terms).ok_or(TermsRefusal::TimelockOutOfRange)?;
		let least = terms.rules.min_value().ok_or(TermsRefusal::UnsoundRules)?;
		Ok(TermsView {
			covenant,
			script: output.script_pubkey(),
			least: least.max(policy.min_bond),
			deposit: policy.registration_deposit,
			terms,
		})
	}
}

impl<T> From<crate::Error<T>> for TermsRefusal {
	/// Of those errors that the rules shared with the calls give.
	fn from(error: crate::Error<T>) -> Self {
		match error {
			crate::Error::UnknownSequencer => Self::UnknownSequencer,
			crate::Error::Banned => Self::Banned,
			crate::Error::TooManyBonds => Self::TooManyBonds,
			crate::Error::TimelockOutOfRange => Self::TimelockOutOfRange,
			crate::Error::InvalidKey => Self::InvalidKey,
			crate::Error::FeesTooLow => Self::FeesTooLow,
			crate::Error::UnsoundRules => Self::UnsoundRules,
			_ => Self::UnknownCovenant,
		}
	}
}
