//! Deposits: from a proof that a coin lies under a committee's script to eBTC.
//!
//! The rule, [`Pallet::plan_claim`], reads and decides; the call applies what it gives.

use crate::{
	coin::spend_weight,
	committee::{fixed_output, output},
	CoinOrigin, Coins, Committee, Committees, Config, CurrentPolicy, CustodyCoin, CustodyTotal,
	DepositRecord, DepositTerms, Deposits, Error, Event, Honoured, Pallet, Policy, RollupInbox,
	Unswept, UnsweptDeposits, MAX_TRANSACTION, MAX_UNSWEPT,
};
use alloc::collections::BTreeSet;
use codec::Decode;
use entangled_bitcoin::{
	custody::transaction_weight, script::fixed_commitment, taproot::TaprootOutput, ChainId,
	Destination, FeeRate, Multisig, OutPoint, Sats, Sha256, Txid, Weight,
};
use pallet_btc_light_client::{BitcoinChain, ClaimError, Host, InclusionClaim, NotFinal};
use polkadot_sdk::{
	frame_support::{ensure, traits::fungible::Mutate},
	sp_runtime::{DispatchError, DispatchResult},
};

/// A coinbase output can be spent from the hundredth block after its own (`COINBASE_MATURITY`).
const COINBASE_MATURITY: u32 = 100;

/// Places among the unswept deposits that are kept for what goes to the reserve: while the peg is
/// halted nothing is swept, and only a gift may let it go on.
const KEPT_FOR_GIFTS: usize = 16;

/// What a valid claim changes.
pub(crate) struct ClaimPlan {
	outpoint: OutPoint,
	record: DepositRecord,
	coin: CustodyCoin,
	unswept: Unswept,
	minted: Sats,
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
		let main = output(committee, &CoinOrigin::Change)?;
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
		let committee =
			Committees::<T>::get(terms.committee()).ok_or(Error::<T>::UnknownCommittee)?;
		let honoured = Honoured::<T>::get().contains(&terms.committee())
			&& committee.honoured_until(policy).is_none_or(|until| height <= until);
		ensure!(honoured && Self::can_sign(&committee), Error::<T>::CommitteeRetired);
		Ok(committee)
	}

	/// Whether enough members of a committee are in the serving one, so that what it holds can be
	/// expected to move. A coin that needs those who have left would hold up everybody's batch.
	fn can_sign(committee: &Committee<T::AccountId>) -> bool {
		let Some((_, serving)) = Self::current_committee() else { return false };
		let accounts =
			serving.members.iter().map(|member| &member.account).collect::<BTreeSet<_>>();
		let able = committee.members.iter().filter(|member| accounts.contains(&member.account));
		u32::try_from(able.count()).is_ok_and(|able| able >= committee.threshold)
	}

	/// Whether a depositor could take the coin back neither too early nor too late.
	pub(crate) fn check_refund(terms: &DepositTerms, policy: &Policy) -> Result<(), Error<T>> {
		let Some(refund) = terms.refund() else { return Ok(()) };
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
		if let DepositTerms::Own { destination, .. } = terms {
			Self::ensure_running()?;
			ensure!(mints(destination), Error::<T>::ReserveTakesFixedOnly);
		}
		Self::ensure_reliable()?;
		let outpoint = OutPoint { txid: Self::claimed_txid(claim)?, vout };
		ensure!(!Deposits::<T>::contains_key(outpoint), Error::<T>::AlreadyClaimed);
		let policy = CurrentPolicy::<T>::get();
		let tip = T::Bitcoin::clock().bitcoin_height;
		let committee = Self::honoured(terms, tip, &policy)?;
		Self::check_refund(terms, &policy)?;

		let included = T::Bitcoin::verify(claim).map_err(Error::<T>::from)?;
		let transaction = &included.transaction;
		let depth = tip.saturating_sub(claim.block.height).saturating_add(1);
		let mature = !transaction.is_coinbase() || depth >= COINBASE_MATURITY;
		ensure!(mature, Error::<T>::ImmatureCoinbase);
		let paid = usize::try_from(vout)
			.ok()
			.and_then(|vout| transaction.output.get(vout))
			.ok_or(Error::<T>::NoSuchOutput)?;

		let chain = Self::chain().ok_or(Error::<T>::WrongScript)?;
		let (destination, origin) = match terms {
			DepositTerms::Own { destination, refund, .. } => {
				let commitment = destination.commitment::<Host>(chain);
				(*destination, CoinOrigin::Deposit { commitment, refund: Some(*refund) })
			},
			DepositTerms::Fixed { .. } => {
				let destination = Destination::from_outputs(&transaction.output)
					.ok_or(Error::<T>::NoDestination)?;
				let commitment = fixed_commitment::<Host>(chain);
				(destination, CoinOrigin::Deposit { commitment, refund: None })
			},
		};
		let mut places = MAX_UNSWEPT as usize;
		if mints(&destination) {
			Self::ensure_running()?;
			places = places.saturating_sub(KEPT_FOR_GIFTS);
		}
		let waiting = UnsweptDeposits::<T>::decode_len().unwrap_or(0);
		ensure!(waiting < places, Error::<T>::TooManyUnswept);
		Self::holder(&destination)?;
		let multisig = committee.multisig().ok_or(Error::<T>::UnknownCommittee)?;
		let output = output(&multisig, &origin).ok_or(Error::<T>::WrongScript)?;
		let expected = output.script_pubkey().to_bytes();
		ensure!(paid.script_pubkey.as_bytes() == expected, Error::<T>::WrongScript);

		let refund_height = terms
			.refund()
			.map_or(u32::MAX, |refund| claim.block.height.saturating_add(refund.delay.into()));
		let margin = refund_height.saturating_sub(tip);
		ensure!(margin >= policy.claim_margin, Error::<T>::InsufficientMargin);

		let amount = Sats(paid.value.to_sat());
		// What cannot be taken back is not refused for being too much.
		let too_much = terms.refund().is_some() && amount > policy.max_deposit;
		ensure!(!too_much, Error::<T>::AboveMaximum);
		let weight = spend_weight(&multisig, &output).ok_or(Error::<T>::WrongScript)?;
		let fee = Self::sweep_fee(&multisig, weight, Self::fee_rate(&policy));
		let (fee, minted) = Self::price_deposit(&destination, amount, fee, &policy)?;
		Ok(ClaimPlan {
			outpoint,
			record: DepositRecord { height: claim.block.height, amount, fee, destination },
			coin: CustodyCoin { value: amount, committee: terms.committee(), origin },
			unswept: Unswept { refund_height, outpoint, committee: terms.committee() },
			minted,
		})
	}

	/// What is kept of a deposit, and what is minted for it.
	pub(crate) fn price_deposit(
		destination: &Destination,
		amount: Sats,
		sweep_fee: Option<Sats>,
		policy: &Policy,
	) -> Result<(Sats, Sats), Error<T>> {
		ensure!(amount >= policy.min_deposit, Error::<T>::BelowMinimum);
		if !mints(destination) {
			// A gift to custody. No cap stands in the way of covering a loss.
			return Ok((Sats::ZERO, Sats::ZERO));
		}
		let fee = sweep_fee.ok_or(Error::<T>::BelowMinimum)?;
		let minted = amount.checked_sub(fee).filter(|minted| *minted > Sats::ZERO);
		let minted = minted.ok_or(Error::<T>::BelowMinimum)?;
		let supply = Self::supply().checked_add(minted);
		let cap = Self::cap(policy);
		ensure!(supply.is_some_and(|supply| supply <= cap), Error::<T>::OverCap);
		Ok((fee, minted))
	}

	/// The id of a claim's transaction, which the proof has yet to show.
	pub(crate) fn claimed_txid(claim: &InclusionClaim) -> Result<Txid, Error<T>> {
		let bytes = &claim.proof.transaction;
		ensure!(bytes.len() <= MAX_TRANSACTION as usize, Error::<T>::TransactionTooLong);
		Ok(Self::txid_of(claim))
	}

	/// The id of a claim's transaction, however long it is.
	pub(crate) fn txid_of(claim: &InclusionClaim) -> Txid {
		Txid(Host::sha256d(&claim.proof.transaction))
	}

	pub(crate) fn do_claim(
		claim: &InclusionClaim,
		vout: u32,
		terms: &DepositTerms,
	) -> DispatchResult {
		let plan = Self::plan_claim(claim, vout, terms)?;
		let ClaimPlan { outpoint, record, coin, unswept, minted } = plan;
		let custody = CustodyTotal::<T>::get().checked_add(coin.value);
		CustodyTotal::<T>::put(custody.ok_or(Error::<T>::AboveMaximum)?);
		Coins::<T>::insert(outpoint, coin);
		UnsweptDeposits::<T>::try_mutate(|waiting| {
			let place = waiting.binary_search(&unswept).unwrap_or_else(|place| place);
			waiting.try_insert(place, unswept).map_err(|_| Error::<T>::TooManyUnswept)
		})?;
		Self::rely_on(record.height);
		Self::mint(&record.destination, minted, outpoint)?;
		Self::deposit_event(Event::DepositClaimed {
			outpoint,
			amount: record.amount,
			minted,
			destination: record.destination,
		});
		Deposits::<T>::insert(outpoint, record);
		Self::guard_invariant();
		Ok(())
	}

	fn mint(destination: &Destination, minted: Sats, outpoint: OutPoint) -> DispatchResult {
		if let Some(holder) = Self::holder(destination)? {
			T::Ebtc::mint_into(&holder, minted.0.into())?;
		}
		if let Destination::Rollup { rollup, recipient } = destination {
			T::Rollups::deposited(*rollup, *recipient, minted, outpoint)?;
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

/// What an address on these terms is on this chain, for quotes.
pub(crate) fn quoted_output(
	committee: &Multisig,
	terms: &DepositTerms,
	chain: ChainId,
) -> Option<TaprootOutput> {
	match terms {
		DepositTerms::Own { destination, refund, .. } => output(
			committee,
			&CoinOrigin::Deposit {
				commitment: destination.commitment::<Host>(chain),
				refund: Some(*refund),
			},
		),
		DepositTerms::Fixed { .. } => fixed_output(committee, chain),
	}
}

impl<T> From<ClaimError> for Error<T> {
	fn from(error: ClaimError) -> Self {
		match error {
			ClaimError::Block(NotFinal::Frozen) => Error::Frozen,
			ClaimError::Block(NotFinal::Stale) => Error::Stale,
			ClaimError::Block(_) => Error::BlockNotFinal,
			ClaimError::Proof(_) => Error::WrongProof,
		}
	}
}

/// Turns amounts of the asset into satoshi. Nothing above 64 bits can exist: the cap is below.
pub(crate) fn sats(amount: u128) -> Result<Sats, DispatchError> {
	u64::try_from(amount)
		.map(Sats)
		.map_err(|_| DispatchError::Arithmetic(polkadot_sdk::sp_runtime::ArithmeticError::Overflow))
}
