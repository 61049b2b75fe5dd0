//! Bonds on record, and what their transactions are made from.

use crate::{
	Asked, Bond, BondState, Bonds, BondsOf, Config, CovenantBonds, CovenantId, Covenants, Error,
	Event, HoldReason, Pallet, Sequencers, SlashOrders,
};
use entangled_bitcoin::{
	bond::{BondTerms, FundedBond},
	script::multisig::MAX_KEYS,
	ChainId, Multisig, OutPoint,
};
use pallet_btc_light_client::our_chain;
use polkadot_sdk::{
	frame_support::{
		ensure,
		traits::{
			fungible::{
				hold::{Balanced as _, Mutate as _},
				Balanced as _,
			},
			tokens::Precision,
			Imbalance,
		},
	},
	sp_staking::SessionIndex,
};

/// The most signatures that a covenant gives for a bond: one of each member for each duty.
pub(crate) const MAX_SIGNATURES: u32 = 3 * MAX_KEYS as u32;

impl<AccountId: Clone + Into<[u8; 32]>> Bond<AccountId> {
	/// What its scripts are made from.
	pub fn terms(&self, chain: ChainId, covenant: Multisig) -> BondTerms {
		BondTerms {
			chain,
			owner: self.owner.clone().into(),
			staker: self.staker,
			covenant,
			timelock: self.timelock,
			rules: self.rules,
		}
	}
}

impl<AccountId> Bond<AccountId> {
	/// The coin that it is, or is to be.
	pub fn coin(&self, outpoint: OutPoint) -> FundedBond {
		FundedBond { outpoint, value: self.value }
	}

	/// Whether nothing will follow from it any more.
	pub fn has_ended(&self) -> bool {
		matches!(self.state, BondState::Closed(_))
	}

	/// Whether the output may be on Bitcoin and not spent yet, as far as the chain knows.
	pub(crate) fn may_be_unspent(&self) -> bool {
		!matches!(self.state, BondState::Leaving { unbonded: Some(_), .. } | BondState::Closed(_))
	}

	/// Height of Bitcoin's tip from which on the staker can have the coin, so that whoever slashes may come
	/// too late. `None` of a bond that never counted or has ended.
	pub fn slashable_until(&self) -> Option<u32> {
		let (from, blocks) = match self.state {
			BondState::Leaving { unbonded: Some(unbonded), .. } => {
				(unbonded, self.rules.unbonding_time)
			},
			BondState::Active { included, .. } | BondState::Leaving { included, .. } => {
				(included, self.timelock)
			},
			_ => return None,
		};
		Some(from.saturating_add(blocks.into()))
	}

	/// Whether it answers for what its sequencer does in these sessions, both included. Who was elected by
	/// it when it left makes blocks in the session after that too.
	pub fn answers_for(&self, first: SessionIndex, last: SessionIndex) -> bool {
		let counted = match self.state {
			BondState::Active { .. } => true,
			BondState::Leaving { left, .. } => left.saturating_add(1) >= first,
			_ => false,
		};
		counted && self.counts_from <= last
	}
}

impl<T: Config> Pallet<T> {
	/// A bond that has not ended.
	pub(crate) fn open_bond(outpoint: &OutPoint) -> Result<Bond<T::AccountId>, Error<T>> {
		let bond = Bonds::<T>::get(outpoint).ok_or(Error::<T>::UnknownBond)?;
		ensure!(!bond.has_ended(), Error::<T>::Ended);
		Ok(bond)
	}

	/// The keys of a committee that bonds depend on.
	pub(crate) fn covenant(id: CovenantId) -> Result<Multisig, Error<T>> {
		T::Covenants::get(id).ok_or(Error::<T>::UnknownCovenant)
	}

	/// What a bond's scripts are made from.
	pub(crate) fn terms_of(bond: &Bond<T::AccountId>) -> Result<BondTerms, Error<T>> {
		let chain = our_chain::<T>().ok_or(Error::<T>::BooksBroken)?;
		Ok(bond.terms(chain, Self::covenant(bond.covenant)?))
	}

	/// Counts a new bond among its sequencer's and its covenant's.
	pub(crate) fn attach(outpoint: &OutPoint, bond: &Bond<T::AccountId>) -> Result<(), Error<T>> {
		BondsOf::<T>::insert(&bond.sequencer, outpoint, ());
		CovenantBonds::<T>::mutate(bond.covenant, |bonds| *bonds = bonds.saturating_add(1));
		Self::change(&bond.sequencer, |sequencer| {
			sequencer.bonds = sequencer.bonds.saturating_add(1);
			Ok(())
		})
	}

	/// Counts a bond no more that ends, and asks nobody to sign for it.
	pub(crate) fn detach(outpoint: &OutPoint, bond: &Bond<T::AccountId>) {
		BondsOf::<T>::remove(&bond.sequencer, outpoint);
		CovenantBonds::<T>::mutate_exists(bond.covenant, |bonds| {
			*bonds = bonds.and_then(|bonds| bonds.checked_sub(1)).filter(|bonds| *bonds > 0);
		});
		Sequencers::<T>::mutate_exists(&bond.sequencer, |sequencer| {
			if let Some(them) = sequencer {
				them.bonds = them.bonds.saturating_sub(1);
			}
			*sequencer = sequencer.take().filter(|them| !them.is_spent());
		});
		SlashOrders::<T>::remove(outpoint);
		let _ = Asked::<T>::clear_prefix(outpoint, MAX_SIGNATURES, None);
	}

	/// Takes what was on hold, to be shared among those who make blocks.
	pub(crate) fn forfeit_deposit(outpoint: OutPoint, bond: &mut Bond<T::AccountId>) {
		let deposit = core::mem::take(&mut bond.deposit);
		let reason = HoldReason::Registration.into();
		let (credit, _) = T::Currency::slash(&reason, &bond.owner, deposit);
		let amount = credit.peek();
		// What the account cannot take is burnt.
		let _ = T::Currency::resolve(&Self::pot(), credit);
		let owner = bond.owner.clone();
		Self::deposit_event(Event::DepositForfeited { outpoint, owner, amount });
	}

	/// Gives back what was on hold until a bond was on Bitcoin.
	pub(crate) fn return_deposit(bond: &mut Bond<T::AccountId>) {
		let deposit = core::mem::take(&mut bond.deposit);
		let reason = HoldReason::Registration.into();
		// It is on hold, so there is nothing that could refuse.
		let _ = T::Currency::release(&reason, &bond.owner, deposit, Precision::BestEffort);
	}
}
