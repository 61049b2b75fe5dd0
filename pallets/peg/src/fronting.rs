//! Withdrawals that somebody pays at once, from coins of their own.
//!
//! Whoever reserves a withdrawal has the right to pay it alone for a while, and a bond at stake. The
//! payment on Bitcoin names this chain, the withdrawal and the account that the eBTC goes to, so one
//! payment serves one withdrawal only, and nobody can take another's. A payment that is proven late still
//! counts while the withdrawal waits. The payer's risk is that it is in a batch by then, or has been
//! taken back. A withdrawal is reserved once at the most, and not beyond its expiry, so that
//! reservations hold nothing up for long.

use crate::{
	claim::sats, Config, CurrentPolicy, Error, Event, Pallet, Policy, Reservation, Withdrawal,
	WithdrawalId, WithdrawalState, Withdrawals,
};
use codec::Decode;
use entangled_bitcoin::{script::Fronted, Sats, Txid};
use pallet_btc_light_client::{our_chain, BitcoinChain, InclusionClaim};
use polkadot_sdk::{frame_support::ensure, sp_runtime::DispatchResult};

/// By so many blocks a payment may seem older than the request, for a reorganisation can move it down.
const FRONT_SLACK: u32 = 2;

/// What a valid proof of a fronted payment changes.
pub(crate) struct FrontPlan<AccountId> {
	withdrawal: Withdrawal<AccountId>,
	payer: AccountId,
	reward: Sats,
	bond: Option<(AccountId, Sats)>,
	txid: Txid,
	height: u32,
}

impl<T: Config> Pallet<T> {
	/// What who pays a withdrawal earns: what it would cost in a batch of its own, if the owner
	/// pays as much.
	fn reward(withdrawal: &Withdrawal<T::AccountId>, policy: &Policy) -> Option<Sats> {
		let quote = Self::price_withdrawal(&withdrawal.script, policy)?;
		Some(quote.alone.min(withdrawal.max_fee))
	}

	pub(crate) fn do_reserve(who: T::AccountId, id: WithdrawalId) -> DispatchResult {
		Self::ensure_operational()?;
		let mut withdrawal = Self::waiting(id)?;
		ensure!(!withdrawal.lapsed, Error::<T>::ReservedBefore);
		let policy = CurrentPolicy::<T>::get();
		let share = u128::from(withdrawal.amount.0)
			.saturating_mul(policy.reservation_bond_ppm.into())
			.div_ceil(1_000_000);
		let bond = sats(share)?;
		let reward = Self::reward(&withdrawal, &policy).ok_or(Error::<T>::NoCommittee)?;
		let until =
			T::Bitcoin::clock().after(policy.reservation_blocks, policy.reservation_own_blocks);
		// Who has waited until it expires must be able to have it back then.
		ensure!(!until.has_passed(withdrawal.expires), Error::<T>::ExpiresTooSoon);
		Self::lock(&who, bond)?;
		withdrawal.state =
			WithdrawalState::Reserved(Reservation { by: who.clone(), bond, reward, until });
		Withdrawals::<T>::insert(id, withdrawal);
		Self::deposit_event(Event::WithdrawalReserved { id, by: who, bond, reward });
		Ok(())
	}

	pub(crate) fn do_release(id: WithdrawalId) -> DispatchResult {
		// While proofs are not taken, nobody can show that a payment was made, and own blocks do not
		// count. A halt of the peg's does not keep proofs out, so it need not keep the owner waiting.
		Self::ensure_reliable()?;
		let mut withdrawal = Self::open(id)?;
		let WithdrawalState::Reserved(reservation) = &withdrawal.state else {
			return Err(Error::<T>::NotReserved.into());
		};
		let lapsed = T::Bitcoin::clock().has_passed(reservation.until);
		ensure!(lapsed, Error::<T>::ReservationActive);
		let (by, bond) = (reservation.by.clone(), reservation.bond);
		Self::unlock(&withdrawal.owner, bond)?;
		withdrawal.state = WithdrawalState::Pending;
		withdrawal.lapsed = true;
		Withdrawals::<T>::insert(id, withdrawal);
		Self::deposit_event(Event::ReservationForfeited { id, by, bond });
		Ok(())
	}

	/// What the proof of a fronted payment changes, if it is good now.
	pub(crate) fn plan_front(
		claim: &InclusionClaim,
		id: WithdrawalId,
	) -> Result<FrontPlan<T::AccountId>, Error<T>> {
		Self::ensure_reliable()?;
		Self::claimed_txid(claim)?;
		let withdrawal = Self::open(id)?;
		// Numbers can be foreseen. A payment for something else must not be made out as one for a
		// withdrawal that nobody had asked for yet.
		let asked = withdrawal.requested.bitcoin_height;
		let block = claim.block.height.saturating_add(FRONT_SLACK);
		ensure!(block > asked, Error::<T>::NotThePayment);
		let included = T::Bitcoin::verify(claim)?;
		let outputs = &included.transaction.output;
		let named = Fronted::from_outputs(outputs)
			.filter(|fronted| fronted.id == id && Some(fronted.chain) == our_chain::<T>())
			.ok_or(Error::<T>::NotThePayment)?;
		let payer = T::AccountId::decode(&mut &named.account[..])
			.map_err(|_| Error::<T>::UnknownAccount)?;
		let script = withdrawal.script.to_script();
		let paid = outputs.iter().any(|output| {
			output.script_pubkey.as_bytes() == script
				&& output.value.to_sat() == withdrawal.amount.0
		});
		ensure!(paid, Error::<T>::NotThePayment);

		let (reward, bond) = match &withdrawal.state {
			WithdrawalState::Reserved(reservation) if reservation.by == payer => {
				(reservation.reward, Some((payer.clone(), reservation.bond)))
			},
			// Whoever relies on a reservation must not pay in vain.
			WithdrawalState::Reserved(_) => return Err(Error::<T>::ReservedByOther),
			WithdrawalState::Pending => {
				let policy = CurrentPolicy::<T>::get();
				let reward = Self::reward(&withdrawal, &policy).ok_or(Error::<T>::NoCommittee)?;
				(reward, None)
			},
			_ => return Err(Error::<T>::NotPending),
		};
		let (txid, height) = (included.txid, claim.block.height);
		Ok(FrontPlan { withdrawal, payer, reward, bond, txid, height })
	}

	pub(crate) fn do_front(claim: &InclusionClaim, id: WithdrawalId) -> DispatchResult {
		let plan = Self::plan_front(claim, id)?;
		let FrontPlan { withdrawal, payer, reward, bond, txid, height } = plan;
		let locked = withdrawal.locked().ok_or(Error::<T>::InsufficientBalance)?;
		let earned =
			withdrawal.amount.checked_add(reward).ok_or(Error::<T>::InsufficientBalance)?;
		Self::unlock(&payer, earned)?;
		Self::unlock(&withdrawal.owner, locked.saturating_sub(earned))?;
		if let Some((by, bond)) = bond {
			Self::unlock(&by, bond)?;
		}
		Self::rely_on(height);
		let end = WithdrawalState::Fronted { by: payer.clone(), txid, fee: reward };
		Self::close(id, withdrawal, end);
		Self::deposit_event(Event::WithdrawalFronted { id, by: payer, txid, reward });
		Ok(())
	}
}
