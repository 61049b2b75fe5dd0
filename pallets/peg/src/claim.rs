//! Deposits: from a proof that a coin lies under a committee's script to eBTC.
//!
//! The rule, [`Pallet::plan_claim`], reads and decides; the call applies what it gives.

use crate::{
	coin::spend_weight, found::Found, CoinOrigin, Committee, Config, CurrentPolicy, DepositRecord,
	DepositTerms, Deposits, Error, Event, Honoured, Pallet, Policy, RollupInbox, UnsweptDeposits,
	MAX_UNSWEPT,
};
use codec::Decode;
use entangled_bitcoin::{
	custody::transaction_weight, Destination, FeeRate, Multisig, OutPoint, Sats, Weight,
};
use pallet_btc_light_client::{our_chain, BitcoinChain, Host, InclusionClaim};
use polkadot_sdk::{
	frame_support::{
		ensure,
		traits::{fungible::Mutate, Get},
	},
	sp_runtime::{DispatchError, DispatchResult},
};

/// Places among the unswept deposits that are kept for what goes to the reserve: while the peg is
/// halted nothing is swept, and only a gift may let it go on.
const KEPT_FOR_GIFTS: usize = 16;

/// What a valid claim changes.
pub(crate) struct ClaimPlan {
	found: Found,
	record: DepositRecord,
	minted: Sats,
}

/// How a deposit is divided.
#[derive(Default)]
pub(crate) struct DepositPrice {
	/// What is kept to pay for sweeping it.
	pub(crate) fee: Sats,
	/// What is minted for those who stand for custody.
	pub(crate) peg_fee: Sats,
	/// What is minted for the destination.
	pub(crate) minted: Sats,
}

impl<T: Config> Pallet<T> {
	/// The rate that a transaction of custody should pay now: the median of the validators'
	/// estimates, or governance's number where there is none.
	pub(crate) fn fee_rate(policy: &Policy) -> FeeRate {
		T::Bitcoin::fee_rate().unwrap_or(policy.default_fee_rate).min(policy.fees.ceiling)
	}

	/// What is kept of a deposit to pay for sweeping it: enough to sweep it alone, even when fees
	/// for spending it have risen by half.
	pub(crate) fn sweep_fee(committee: &Multisig, deposit: Weight, rate: FeeRate) -> Option<Sats> {
		let main = CoinOrigin::Change.output::<Host>(committee)?;
		let alone = transaction_weight(2, spend_weight(committee, &main)?, 0, Weight::ZERO)?;
		let raised = Weight(deposit.0.checked_mul(3)?.div_ceil(2));
		rate.fee_for(alone.checked_add(raised)?)
	}

	/// The committee of these terms, if deposits to it are honoured.
	pub(crate) fn honoured(
		terms: &DepositTerms,
		height: u32,
		policy: &Policy,
	) -> Result<Committee<T::AccountId>, Error<T>> {
		let committee = Self::able(terms.committee())?;
		let honoured = Honoured::<T>::get().contains(&terms.committee())
			&& committee.honoured_until(policy).is_none_or(|until| height <= until);
		ensure!(honoured, Error::<T>::CommitteeRetired);
		Ok(committee)
	}

	/// Whether deposits on these terms are taken: a depositor could take the coin back neither too
	/// early nor too late, and what nobody may take back comes by a fixed address.
	pub(crate) fn check_terms(terms: &DepositTerms, policy: &Policy) -> Result<(), Error<T>> {
		let DepositTerms::Own { destination, refund, .. } = terms else { return Ok(()) };
		ensure!(mints(destination), Error::<T>::ReserveTakesFixedOnly);
		let range = policy.min_refund_delay..=policy.max_refund_delay;
		ensure!(range.contains(&refund.delay), Error::<T>::RefundDelayOutOfRange);
		ensure!(refund.key.is_on_curve::<Host>(), Error::<T>::InvalidRefundKey);
		Ok(())
	}

	/// What a claim changes, if it is good now.
	pub(crate) fn plan_claim(
		claim: &InclusionClaim,
		vout: u32,
		terms: &DepositTerms,
	) -> Result<ClaimPlan, Error<T>> {
		// The cheap refusals first: anybody may ask, and pays nothing.
		if let DepositTerms::Own { .. } = terms {
			Self::ensure_running()?;
		}
		Self::ensure_reliable()?;
		let outpoint = OutPoint { txid: Self::claimed_txid(claim)?, vout };
		ensure!(!Deposits::<T>::contains_key(outpoint), Error::<T>::AlreadyClaimed);
		let policy = CurrentPolicy::<T>::get();
		let tip = T::Bitcoin::clock().bitcoin_height;
		let committee = Self::honoured(terms, tip, &policy)?;
		let keys = committee.multisig().ok_or(Error::<T>::UnknownCommittee)?;
		Self::check_terms(terms, &policy)?;

		let chain = our_chain::<T>().ok_or(Error::<T>::WrongScript)?;
		let origin = terms.origin::<Host>(chain);
		let found = Self::find(claim, vout, (terms.committee(), &keys), origin, &policy)?;
		let destination = match terms {
			DepositTerms::Own { destination, .. } => *destination,
			DepositTerms::Fixed { .. } => Destination::from_outputs(&found.transaction.output)
				.ok_or(Error::<T>::NoDestination)?,
		};
		let mut places = MAX_UNSWEPT as usize;
		if mints(&destination) {
			Self::ensure_running()?;
			places = places.saturating_sub(KEPT_FOR_GIFTS);
		}
		let waiting = UnsweptDeposits::<T>::decode_len().unwrap_or(0);
		ensure!(waiting < places, Error::<T>::TooManyUnswept);
		Self::holder(&destination)?;

		let amount = found.coin.value;
		// What cannot be taken back is not refused for being too much.
		let too_much = terms.refund().is_some() && amount > policy.max_deposit;
		ensure!(!too_much, Error::<T>::AboveMaximum);
		let fee = Self::sweep_fee(&keys, found.weight, Self::fee_rate(&policy));
		let DepositPrice { fee, peg_fee, minted } =
			Self::price_deposit(&destination, amount, fee, &policy)?;
		let record = DepositRecord { height: found.height, amount, fee, peg_fee, destination };
		Ok(ClaimPlan { found, record, minted })
	}

	/// What is kept of a deposit, and what is minted for it.
	pub(crate) fn price_deposit(
		destination: &Destination,
		amount: Sats,
		sweep_fee: Option<Sats>,
		policy: &Policy,
	) -> Result<DepositPrice, Error<T>> {
		ensure!(amount >= policy.min_deposit, Error::<T>::BelowMinimum);
		if !mints(destination) {
			// A gift to custody. No cap stands in the way of covering a loss.
			return Ok(DepositPrice::default());
		}
		let fee = sweep_fee.ok_or(Error::<T>::BelowMinimum)?;
		let peg_fee = u128::from(amount.0).saturating_mul(policy.fee_ppm.into()) / 1_000_000;
		// A part of the amount, so it fits.
		let peg_fee = Sats(u64::try_from(peg_fee).unwrap_or(u64::MAX));
		let covered = amount.checked_sub(fee).ok_or(Error::<T>::BelowMinimum)?;
		let minted = covered.checked_sub(peg_fee).filter(|minted| *minted > Sats::ZERO);
		let minted = minted.ok_or(Error::<T>::BelowMinimum)?;
		let supply = Self::supply().checked_add(covered);
		let cap = Self::cap(policy);
		ensure!(supply.is_some_and(|supply| supply <= cap), Error::<T>::OverCap);
		Ok(DepositPrice { fee, peg_fee, minted })
	}

	pub(crate) fn do_claim(
		claim: &InclusionClaim,
		vout: u32,
		terms: &DepositTerms,
	) -> DispatchResult {
		let ClaimPlan { found, record, minted } = Self::plan_claim(claim, vout, terms)?;
		Self::book(found.outpoint, &found.coin, found.height)?;
		Self::await_sweep(found.unswept())?;
		let outpoint = found.outpoint;
		Self::mint(&record.destination, minted, outpoint)?;
		if record.peg_fee > Sats::ZERO {
			T::Ebtc::mint_into(&T::FeesTo::get(), record.peg_fee.0.into())?;
		}
		Self::deposit_event(Event::DepositClaimed {
			outpoint,
			amount: record.amount,
			minted,
			destination: record.destination,
			peg_fee: record.peg_fee,
		});
		Deposits::<T>::insert(outpoint, record);
		Self::guard_invariant();
		Ok(())
	}

	/// Mints for a destination. Whether it takes deposits is part of the plan; should the asset
	/// refuse all the same, nothing has changed, for a call is one storage layer, whoever brings it.
	fn mint(destination: &Destination, minted: Sats, outpoint: OutPoint) -> DispatchResult {
		if let Some(holder) = Self::holder(destination)? {
			T::Ebtc::mint_into(&holder, minted.0.into())?;
		}
		if let Destination::Rollup { rollup, recipient } = destination {
			T::Rollups::deposited(*rollup, *recipient, minted, outpoint);
		}
		Ok(())
	}

	/// The account that what is minted goes to; `None` when nothing is minted.
	fn holder(destination: &Destination) -> Result<Option<T::AccountId>, Error<T>> {
		match destination {
			Destination::Account(bytes) => T::AccountId::decode(&mut &bytes[..])
				.map(Some)
				.map_err(|_| Error::<T>::UnknownAccount),
			Destination::Rollup { rollup, .. } => {
				T::Rollups::escrow(*rollup).map(Some).ok_or(Error::<T>::UnknownRollup)
			},
			Destination::Reserve => Ok(None),
		}
	}
}

/// Whether eBTC is minted for a deposit. What is a gift to the reserve comes in while the peg is
/// halted as well: nothing else covers a loss that it has halted for.
fn mints(destination: &Destination) -> bool {
	*destination != Destination::Reserve
}

/// Turns amounts of the asset into satoshi. Nothing above 64 bits can exist: the cap is below.
pub(crate) fn sats(amount: u128) -> Result<Sats, DispatchError> {
	u64::try_from(amount)
		.map(Sats)
		.map_err(|_| DispatchError::Arithmetic(polkadot_sdk::sp_runtime::ArithmeticError::Overflow))
}
