//! Coins that custody's keys hold and the books do not know: governance takes them in.
//!
//! They come about in two ways. A deep reorganisation took a settled attempt away and another was
//! mined in its place, so that what custody has is the other's change. Or somebody paid to custody's
//! own address, or to the fixed one without naming who is to have it. Nothing is minted for them:
//! they belong to the reserve.
//!
//! An inclusion proof shows that there was an output, not that it is unspent. So what the books know
//! already decides with it: no output is booked twice, what was spent from the books stays spent, and
//! a transaction that spends coins on the books is settled, or they are struck off, before an output
//! of it is booked.

use crate::{
	found::Found, CoinOrigin, Coins, CommitteeId, Config, CurrentPolicy, Departure, DepositRecord,
	Deposits, Error, Event, FormerCoins, InFlight, MainCoin, Pallet, UnsweptDeposits,
};
use alloc::collections::BTreeSet;
use entangled_bitcoin::{custody::CHANGE_VOUT, Destination, OutPoint, Sats};
use pallet_btc_light_client::InclusionClaim;
use polkadot_sdk::{frame_support::ensure, sp_runtime::DispatchResult};

/// What a good adoption changes.
struct AdoptionPlan {
	found: Found,
	/// Whether it becomes custody's main coin.
	main: bool,
}

impl<T: Config> Pallet<T> {
	fn plan_adoption(
		claim: &InclusionClaim,
		vout: u32,
		committee: CommitteeId,
		origin: CoinOrigin,
	) -> Result<AdoptionPlan, Error<T>> {
		let outpoint = OutPoint { txid: Self::claimed_txid(claim)?, vout };
		ensure!(!Self::is_booked(outpoint), Error::<T>::AlreadyBooked);
		let keys = Self::able(committee)?.multisig().ok_or(Error::<T>::UnknownCommittee)?;
		let policy = CurrentPolicy::<T>::get();
		let found = Self::find(claim, vout, (committee, &keys), origin, &policy)?;

		let main = MainCoin::<T>::get().map(|(outpoint, _)| outpoint);
		let unswept = UnsweptDeposits::<T>::get();
		let held = unswept.iter().map(|waiting| waiting.outpoint).chain(main);
		let held = held.collect::<BTreeSet<_>>();
		let inputs = &found.transaction.input;
		let spends = inputs.iter().any(|input| held.contains(&input.previous_output.into()));
		ensure!(!spends, Error::<T>::SpendsBookedCoin);

		// The change of a batch in flight will be the main coin, so until then nothing else can.
		let change = found.coin.origin == CoinOrigin::Change;
		let main = change && main.is_none() && !InFlight::<T>::exists();
		ensure!(main || found.coin.value >= policy.min_deposit, Error::<T>::BelowMinimum);
		Ok(AdoptionPlan { found, main })
	}

	/// Whether an output is on the books, or was and may not return to them. What was struck off
	/// may, and so may what was spent by a transaction whose change was struck off: it is not in
	/// Bitcoin's chain.
	pub(crate) fn is_booked(outpoint: OutPoint) -> bool {
		let abandoned = |outpoint| FormerCoins::<T>::get(outpoint) == Some(Departure::Abandoned);
		match FormerCoins::<T>::get(outpoint) {
			None => Coins::<T>::contains_key(outpoint),
			Some(Departure::Abandoned) => false,
			Some(Departure::Spent { by }) => !abandoned(OutPoint { txid: by, vout: CHANGE_VOUT }),
		}
	}

	pub(crate) fn do_adopt(
		claim: &InclusionClaim,
		vout: u32,
		committee: CommitteeId,
		origin: CoinOrigin,
	) -> DispatchResult {
		let AdoptionPlan { found, main } = Self::plan_adoption(claim, vout, committee, origin)?;
		Self::book(found.outpoint, &found.coin, found.height)?;
		if main {
			MainCoin::<T>::put((found.outpoint, committee));
		} else {
			Self::await_sweep(found.unswept())?;
		}
		let Found { outpoint, coin, height, .. } = found;
		FormerCoins::<T>::remove(outpoint);
		if let CoinOrigin::Deposit { .. } = coin.origin {
			// Nobody claims it any more. Where somebody has, it stays theirs.
			let gift = DepositRecord {
				height,
				amount: coin.value,
				fee: Sats::ZERO,
				peg_fee: Sats::ZERO,
				destination: Destination::Reserve,
			};
			let record = Deposits::<T>::get(outpoint).unwrap_or(gift);
			Deposits::<T>::insert(outpoint, DepositRecord { height, ..record });
		}
		Self::deposit_event(Event::CoinAdopted {
			outpoint,
			value: coin.value,
			committee,
			origin: coin.origin,
		});
		Ok(())
	}
}
