//! Bonds before they are on Bitcoin.
//!
//! Everything that the network will ever need of the staker is given here: the terms, the transaction that is
//! to fund the bond, and the staker's signatures of the transactions that slash it. What a transaction
//! is, is derived from the terms, to the byte; so there is one unbonding transaction, and a signature fits or
//! does not.

use crate::{
	Asked, Bond, BondState, Bonds, Collected, Config, CovenantId, Covenants, CurrentPolicy, Duty,
	Error, Event, HoldReason, Outcome, Pallet, Policy, Presigned, Registration, Rules, Sequencers,
	KEPT_PLACES, MAX_BONDS,
};
use entangled_bitcoin::{
	bond::{
		check_funding, slashing_transaction, BondRules, BondTerms, FundedBond, FundingError,
		Slashable, TermsError,
	},
	OutPoint, XOnlyKey,
};
use pallet_btc_light_client::{our_chain, BitcoinChain, Host};
use polkadot_sdk::{
	frame_support::{ensure, traits::fungible::hold::Mutate},
	sp_runtime::DispatchResult,
};

/// Whose bond it is to be, and what else is written down with it.
pub(crate) struct Entry<AccountId> {
	pub(crate) owner: AccountId,
	pub(crate) sequencer: AccountId,
	pub(crate) covenant: CovenantId,
	pub(crate) extends: Option<OutPoint>,
	pub(crate) presigned: Presigned,
}

impl<T: Config> Pallet<T> {
	/// The rules of bonds that are registered now.
	pub(crate) fn rules_now() -> Option<BondRules> {
		let height = T::Bitcoin::clock().bitcoin_height;
		let rules = Rules::<T>::get();
		rules.iter().rev().find(|version| version.from <= height).map(|version| version.rules)
	}

	/// Whether another bond may be registered for a sequencer: one of those that places are kept for, or any.
	pub(crate) fn ensure_place(sequencer: &T::AccountId, kept: bool) -> Result<(), Error<T>> {
		let sequencer = Sequencers::<T>::get(sequencer).ok_or(Error::<T>::UnknownSequencer)?;
		ensure!(!sequencer.is_banned(), Error::<T>::Banned);
		let places = if kept { MAX_BONDS } else { MAX_BONDS.saturating_sub(KEPT_PLACES) };
		ensure!(sequencer.bonds < places, Error::<T>::TooManyBonds);
		Ok(())
	}

	/// What a bond of an account's would be made from if it were registered now.
	pub(crate) fn terms_now(
		owner: &T::AccountId,
		staker: XOnlyKey,
		timelock: u16,
		covenant: CovenantId,
		policy: &Policy,
	) -> Result<BondTerms, Error<T>> {
		let (serving, keys) = T::Covenants::serving().ok_or(Error::<T>::UnknownCovenant)?;
		ensure!(serving == covenant, Error::<T>::UnknownCovenant);
		let range = policy.min_timelock..=policy.max_timelock;
		ensure!(range.contains(&timelock), Error::<T>::TimelockOutOfRange);
		let rules = Self::rules_now().ok_or(Error::<T>::UnsoundRules)?;
		let chain = our_chain::<T>().ok_or(Error::<T>::BooksBroken)?;
		Ok(BondTerms {
			chain,
			owner: owner.clone().into(),
			staker,
			covenant: keys,
			timelock,
			rules,
		})
	}

	pub(crate) fn do_register(
		owner: T::AccountId,
		registration: Registration<T::AccountId>,
	) -> DispatchResult {
		let Registration { sequencer, staker, timelock, covenant, funding, vout, .. } =
			registration;
		let policy = CurrentPolicy::<T>::get();
		Self::ensure_place(&sequencer, owner == sequencer)?;
		let terms = Self::terms_now(&owner, staker, timelock, covenant, &policy)?;
		let coin = check_funding::<Host>(&funding, vout, &terms, policy.min_bond)
			.map_err(Error::<T>::from)?;
		let presigned = registration.presigned;
		let entry = Entry { owner, sequencer, covenant, extends: None, presigned };
		Self::write_down(entry, &terms, coin, &policy)
	}

	/// Writes a bond down that is not on Bitcoin yet, and asks the covenant to sign its way out.
	pub(crate) fn write_down(
		entry: Entry<T::AccountId>,
		terms: &BondTerms,
		coin: FundedBond,
		policy: &Policy,
	) -> DispatchResult {
		let FundedBond { outpoint, value } = coin;
		let Entry { owner, sequencer, covenant, extends, presigned } = entry;
		ensure!(!Bonds::<T>::contains_key(outpoint), Error::<T>::AlreadyRegistered);
		let signed = |which, signature| {
			slashing_transaction::<Host>(which, terms, &coin)
				.is_some_and(|spend| spend.is_signed_by::<Host>(&terms.staker, signature))
		};
		let good = signed(Slashable::Bond, &presigned.bond);
		ensure!(good, Error::<T>::WrongBondSlashSignature);
		let good = signed(Slashable::Unbonding, &presigned.unbonding);
		ensure!(good, Error::<T>::WrongUnbondingSlashSignature);

		let deposit = policy.registration_deposit;
		T::Currency::hold(&HoldReason::Registration.into(), &owner, deposit)
			.map_err(|_| Error::<T>::InsufficientBalance)?;
		let now = T::Bitcoin::clock();
		let deadline = now.after(policy.registration_blocks, policy.registration_own_blocks);
		let bond = Bond {
			owner: owner.clone(),
			sequencer: sequencer.clone(),
			staker: terms.staker,
			covenant,
			timelock: terms.timelock,
			rules: terms.rules,
			value,
			presigned,
			extends,
			deposit,
			registered: now,
			counts_from: 0,
			collected: Collected::default(),
			state: BondState::Registered { deadline },
		};
		Self::attach(&outpoint, &bond)?;
		Asked::<T>::insert(outpoint, Duty::Unbonding, ());
		Bonds::<T>::insert(outpoint, bond);
		Self::deposit_event(Event::BondRegistered { outpoint, owner, sequencer, value });
		Ok(())
	}

	/// Gives up a bond that did not come to count in time. Whose fault that is decides over the deposit: the
	/// covenant's while it has not signed; then the owner's, unless nobody would fund a bond for that sequencer any
	/// more.
	pub(crate) fn do_drop(outpoint: OutPoint) -> DispatchResult {
		let mut bond = Self::open_bond(&outpoint)?;
		let (BondState::Registered { deadline } | BondState::Approved { deadline }) = bond.state
		else {
			return Err(Error::<T>::AlreadyActive.into());
		};
		let late = T::Bitcoin::clock().has_passed(deadline);
		ensure!(late && !Self::may_take_over(&outpoint, &bond), Error::<T>::NotDropped);
		if !Self::is_banned(&bond.sequencer) {
			if matches!(bond.state, BondState::Approved { .. }) {
				Self::forfeit_deposit(outpoint, &mut bond);
			} else if Asked::<T>::contains_key(outpoint, Duty::Unbonding) {
				Self::note_duty(&outpoint, Duty::Unbonding, bond.covenant, false);
			}
		}
		Self::close(outpoint, bond, Outcome::Dropped);
		Ok(())
	}

	/// Whether the transaction that makes this bond of another one's coin may come to be mined yet: from when the
	/// old covenant is asked for it, for its members may have signed what no block has yet. If it were given up before,
	/// whoever cheats could move the coin where nobody looks for it.
	fn may_take_over(outpoint: &OutPoint, bond: &Bond<T::AccountId>) -> bool {
		let approved = matches!(bond.state, BondState::Approved { .. });
		(approved || Asked::<T>::contains_key(outpoint, Duty::Extension))
			&& Self::extended(bond).is_some_and(|(_, old)| old.may_be_unspent())
	}
}

impl<T> From<TermsError> for Error<T> {
	fn from(error: TermsError) -> Self {
		match error {
			TermsError::Rules(_) => Error::UnsoundRules,
			TermsError::NoSuchKey | TermsError::StakerInCovenant => Error::InvalidKey,
			TermsError::TimelockTooShort => Error::TimelockOutOfRange,
			TermsError::UnbondingFeeTooLow { .. } | TermsError::SlashingFeeTooLow { .. } => {
				Error::FeesTooLow
			},
		}
	}
}

impl<T> From<FundingError> for Error<T> {
	fn from(error: FundingError) -> Self {
		match error {
			FundingError::Terms(error) => error.into(),
			FundingError::Malformed | FundingError::HasWitness => Error::NotATransaction,
			FundingError::Coinbase => Error::Coinbase,
			FundingError::NoSuchOutput => Error::NoSuchOutput,
			FundingError::NoBondOutput => Error::WrongScript,
			FundingError::SeveralBondOutputs => Error::SeveralOutputs,
			FundingError::TooLittle { .. } => Error::BelowMinimum,
			FundingError::TooMuch => Error::AboveMaximum,
		}
	}
}
